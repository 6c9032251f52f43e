#include "trace/count.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "trace/escape.hpp"

namespace rcs::trace {
namespace {

constexpr std::size_t kMaxName = 40;  // an actor's name in the table

/// A label in two: "200 INVITE" is status 200 of INVITE; a request has status 0.
struct Label {
  std::uint32_t status = 0;
  std::string_view method;
};

Label read_label(std::string_view label) {
  const auto parts = core::split_once(label, ' ');
  if (!parts) return {0, label};
  const auto status = core::parse_u32(parts->first, 999);
  return status ? Label{*status, parts->second} : Label{0, label};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool starts_a_chat(const Record& record) {
  return (record.protocol == Protocol::sip && record.label == "INVITE") ||
         (record.protocol == Protocol::http && record.label == "POST");
}

bool in_the_figures(const Record& record, CountRule rule) {
  const auto label = read_label(record.label);
  switch (record.protocol) {
    case Protocol::sip:
      if (label.method == "ACK") return rule != CountRule::paper;
      return label.method == "INVITE" &&
             (label.status == 0 || label.status >= 200 || rule == CountRule::provisional);
    case Protocol::http:
      return is_one_of(label.method, {"POST", "PUT"});
    case Protocol::event:
      return is_one_of(record.label, {"trying", "initiate"});
    case Protocol::msrp:
      return false;
  }
  return false;
}

bool is_poll(const Record& record) {
  if (record.protocol != Protocol::http || record.label != "GET") return false;
  const auto path = record.summary.substr(0, record.summary.find('?'));
  return path.ends_with("/Event") || path.ends_with("/Event/");
}

bool in_the_session(const Record& record, const std::set<RecordId>& polls) {
  const auto label = read_label(record.label);
  switch (record.protocol) {
    case Protocol::sip:
      return !is_one_of(label.method, {"REGISTER", "OPTIONS", "SUBSCRIBE", "NOTIFY", "PUBLISH"});
    case Protocol::http:
      if (label.method != "GET") return true;
      if (label.status == 0) return polls.count(record.id) == 0;
      return label.status != 204 && polls.count(record.cause) == 0;
    case Protocol::event:
      return true;
    case Protocol::msrp:
      return true;
  }
  return true;
}

}  // namespace

std::string_view name(CountRule rule) {
  switch (rule) {
    case CountRule::paper:
      return "paper";
    case CountRule::ack:
      return "ack";
    case CountRule::provisional:
      return "provisional";
    case CountRule::rfc3261:
      return "rfc3261";
    case CountRule::wire:
      return "wire";
  }
  return "?";
}

core::Result<CountRule> parse_count_rule(std::string_view text) {
  for (const auto rule : kCountRules) {
    if (name(rule) == text) return rule;
  }
  return core::Error(
      core::Errc::unknown,
      "counting rule: expected paper, ack, provisional, rfc3261 or wire, got " + core::quoted(text));
}

std::vector<bool> counted(const std::vector<Record>& records, CountRule rule) {
  std::set<RecordId> polls;
  for (const auto& record : records) {
    if (is_poll(record)) polls.insert(record.id);
  }
  std::vector<bool> out;
  out.reserve(records.size());
  bool started = false;
  for (const auto& record : records) {
    started = started || starts_a_chat(record);
    if (rule == CountRule::wire) {
      out.push_back(true);
    } else if (rule == CountRule::rfc3261) {
      out.push_back(in_the_session(record, polls));
    } else {
      out.push_back(started && in_the_figures(record, rule));
    }
  }
  return out;
}

std::map<std::string, std::uint64_t> count_messages(const std::vector<Record>& records, CountRule rule) {
  const auto which = counted(records, rule);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t i = 0; i < records.size(); ++i) {
    counts[records[i].from] += which[i] ? 1 : 0;
    if (records[i].to != records[i].from) counts[records[i].to] += which[i] ? 1 : 0;
  }
  return counts;
}

std::string count_table(const std::vector<Record>& records, const std::vector<std::string>& actors) {
  std::vector<std::map<std::string, std::uint64_t>> counts;
  for (const auto rule : kTableRules) counts.push_back(count_messages(records, rule));

  std::vector<std::string> rows = actors;
  for (const auto& [actor, count] : counts.front()) {
    if (std::find(actors.begin(), actors.end(), actor) == actors.end()) rows.push_back(actor);
  }
  std::size_t width = std::string_view("actor").size();
  for (auto& row : rows) width = std::max(width, character_count(line_text(row, kMaxName)));

  const auto left = [&](const std::string& text) {
    return text + std::string(width - std::min(width, character_count(text)), ' ');
  };
  const auto right = [](const std::string& text) {
    return std::string(11 - std::min<std::size_t>(11, text.size()), ' ') + text;
  };
  std::string out = left("actor");
  for (const auto rule : kTableRules) out += right(std::string(name(rule)));
  out += '\n';
  for (const auto& row : rows) {
    out += left(line_text(row, kMaxName));
    for (const auto& by_actor : counts) {
      const auto found = by_actor.find(row);
      out += right(std::to_string(found == by_actor.end() ? 0 : found->second));
    }
    out += '\n';
  }
  return out;
}

}  // namespace rcs::trace
