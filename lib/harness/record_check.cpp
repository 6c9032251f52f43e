#include "harness/record_check.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "trace/count.hpp"

namespace rcs::harness {
namespace {

constexpr std::size_t kMaxShown = 200;  // octets of a value that a failure quotes

struct Content {
  std::string_view start_line;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
};

/// Events and answers of the API are kept without their head.
bool has_head(const trace::Record& record) {
  const bool answer = !record.label.empty() && core::is_digit(record.label.front());
  return record.protocol == trace::Protocol::sip || record.protocol == trace::Protocol::msrp ||
         (record.protocol == trace::Protocol::http && !answer);
}

Content content_of(const trace::Record& record) {
  Content content;
  std::string_view rest = record.content;
  if (!has_head(record)) {
    content.body = rest;
    return content;
  }
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const auto field = core::split_once(line, ':');
    if (content.start_line.empty()) {
      content.start_line = line;
    } else if (field) {
      content.headers.emplace_back(core::trim(field->first), core::trim(field->second));
    }
  }
  content.body = rest;
  return content;
}

std::string shown(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + core::quoted(value, kMaxShown);
  return out.empty() ? "nothing" : out;
}

/// What is wrong with it; empty: nothing.
std::string fault_of(const scenario::ExpectedPart& part, const trace::Record& record) {
  const auto values = values_of(record, part.name);
  bool good = part.whole ? values.size() == part.patterns.size() : !values.empty();
  for (std::size_t i = 0; good && i < part.patterns.size(); ++i) good = matches(part.patterns[i], values[i]);
  if (good) return {};
  return part.name + ": expected " + (part.whole ? "just " : "") + shown(part.patterns) + ", got " +
         shown(values);
}

class SequenceReader {
 public:
  explicit SequenceReader(const std::vector<trace::Record>& records) : records_(records) {}

  SequenceCheck check(const std::vector<scenario::ExpectedRecord>& sequence) {
    for (const auto& expected : sequence) {
      const auto* record = find(expected);
      if (record == nullptr) continue;
      if (expected.step != 0) {
        result_.step_labels[record->id] = number_of(expected);
        at_step_[expected.step] = record;
      }
      check_content(expected, *record);
    }
    return std::move(result_);
  }

 private:
  static std::string number_of(const scenario::ExpectedRecord& expected) {
    return expected.step == 0 ? std::string() : "(" + std::to_string(expected.step) + ")";
  }

  void fail(int line, const scenario::ExpectedRecord& expected, const std::string& why) {
    result_.failures.push_back({line, "expect.sequence: step " + number_of(expected) + " " + expected.from +
                                          " -> " + expected.to + ": " + expected.label + ": " + why});
  }

  const trace::Record* find(const scenario::ExpectedRecord& expected) {
    const auto is_it = [&](const trace::Record& r) {
      return r.from == expected.from && r.to == expected.to && r.label == expected.label;
    };
    const auto found =
        std::find_if(records_.begin() + static_cast<std::ptrdiff_t>(from_), records_.end(), is_it);
    if (found == records_.end()) {
      const bool earlier = std::any_of(records_.begin(), records_.end(), is_it);
      fail(expected.line, expected, earlier ? "it came before the step it must follow" : "no such message");
      return nullptr;
    }
    from_ = static_cast<std::size_t>(found - records_.begin()) + 1;
    return &*found;
  }

  void check_content(const scenario::ExpectedRecord& expected, const trace::Record& record) {
    for (const auto& part : expected.has) {
      if (const auto fault = fault_of(part, record); !fault.empty()) fail(part.line, expected, fault);
    }
    for (const auto& header : expected.lacks) {
      if (const auto values = values_of(record, header); !values.empty())
        fail(expected.line, expected, header + ": expected none, got " + shown(values));
    }
    for (const auto& same : expected.same) {
      const auto earlier = at_step_.find(same.step);
      if (earlier == at_step_.end()) continue;  // that it is missing has been said
      for (const auto& name : same.parts) {
        const auto then = values_of(*earlier->second, name);
        const auto now = values_of(record, name);
        if (then != now)
          fail(same.line, expected,
               name + ": expected that of step " + std::to_string(same.step) + ", " + shown(then) + ", got " +
                   shown(now));
      }
    }
  }

  const std::vector<trace::Record>& records_;
  std::size_t from_ = 0;
  std::map<int, const trace::Record*> at_step_;
  SequenceCheck result_;
};

}  // namespace

std::vector<std::string> values_of(const trace::Record& record, std::string_view name) {
  if (name == "transport") return {record.transport};
  if (name == "size") return {std::to_string(record.size)};
  const auto content = content_of(record);
  if (name == "start-line") return {std::string(content.start_line)};
  if (name == "body") return {std::string(content.body)};
  std::vector<std::string> values;
  for (const auto& [header, value] : content.headers) {
    if (core::iequals(header, name)) values.emplace_back(value);
  }
  return values;
}

bool matches(std::string_view pattern, std::string_view text) {
  // The first piece begins the text and the last ends it; each between them is found as early as may be.
  const auto pieces = core::split(pattern, '*');
  if (pieces.size() == 1) return pattern == text;
  if (!text.starts_with(pieces.front())) return false;
  text.remove_prefix(pieces.front().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto at = text.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return text.ends_with(pieces.back());
}

SequenceCheck check_sequence(const std::vector<scenario::ExpectedRecord>& sequence,
                             const std::vector<trace::Record>& records) {
  return SequenceReader(records).check(sequence);
}

std::vector<Failure> check_counts(const std::vector<scenario::ExpectedCount>& counts,
                                  const std::vector<trace::Record>& records) {
  std::vector<Failure> failures;
  for (const auto& expected : counts) {
    const auto rule = trace::parse_count_rule(expected.rule);
    if (!rule) {
      failures.push_back({expected.line, "expect.counts: " + rule.error().detail()});
      continue;
    }
    const auto counted = trace::count_messages(records, *rule);
    const auto found = counted.find(expected.actor);
    const auto got = found == counted.end() ? 0 : found->second;
    if (got != expected.messages) {
      failures.push_back({expected.line, "expect.counts: " + expected.actor + " by rule " + expected.rule +
                                             ": expected " + std::to_string(expected.messages) +
                                             " messages, got " + std::to_string(got)});
    }
  }
  return failures;
}

}  // namespace rcs::harness
