// What must have happened: the arrows of a scenario with what the messages at them say, and the counts.

#include <algorithm>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxExpected = 10'000;
constexpr std::size_t kMaxParts = 100;  // of one arrow; a message has a few dozen headers
constexpr std::uint64_t kMaxMessages = 1'000'000'000;

constexpr std::string_view kExpectKeys[] = {"sequence", "counts"};
constexpr std::string_view kSequenceKeys[] = {"step", "from", "to", "label", "has", "lacks", "same"};
constexpr std::string_view kCountKeys[] = {"actor", "rule", "messages"};
constexpr std::string_view kRules[] = {"paper", "rfc3261", "wire"};
constexpr std::string_view kRecordedNodes[] = {"gateway", "o-cscf",     "o-imas", "t-cscf",
                                               "t-imas",  "options-as", "ps"};
constexpr std::string_view kPartWords[] = {"transport", "start-line", "body", "size"};
constexpr std::string_view kPartWish =
    "a header, such as Max-Forwards, or transport, start-line, body or size";
constexpr std::string_view kHeaderWish = "a header, such as Contact";

/// A header begins with a capital letter here, so that a slip in one of the words is seen.
bool is_header(std::string_view name) {
  return core::is_token(name) && name.front() >= 'A' && name.front() <= 'Z';
}

class ExpectationReader {
 public:
  ExpectationReader(Complaints& complaints, Scenario& scenario)
      : complaints_(complaints), scenario_(scenario) {}

  void read(const YamlNode& node) {
    const Fields fields(complaints_, node, "expect", kExpectKeys);
    if (const auto* sequence = fields.find("sequence");
        sequence != nullptr && is_list(*sequence, "expect.sequence", kMaxExpected)) {
      for (const auto& item : sequence->items) read_record(item);
    }
    if (const auto* counts = fields.find("counts");
        counts != nullptr && is_list(*counts, "expect.counts", kMaxExpected)) {
      for (const auto& item : counts->items) read_count(item);
    }
  }

 private:
  bool is_list(const YamlNode& node, std::string_view key, std::size_t max) {
    if (!node.is_list()) {
      complaints_.expected(node, key, "a list");
      return false;
    }
    return is_short(node, key, node.items.size(), max);
  }

  bool is_short(const YamlNode& node, std::string_view key, std::size_t count, std::size_t max) {
    if (count <= max) return true;
    complaints_.add(node.line, std::string(key) + ": expected at most " + std::to_string(max) + ", got " +
                                   std::to_string(count));
    return false;
  }

  void read_party(const Fields& fields, std::string_view key, std::string& out) {
    const auto* node = fields.require(key, "an actor, the gateway or a node of the core");
    if (node == nullptr) return;
    const auto known = actor_names(scenario_, kRecordedNodes);
    if (!node->is_scalar()) {
      complaints_.expected(*node, fields.path(key), "an actor, the gateway or a node of the core");
    } else if (std::find(known.begin(), known.end(), node->text) == known.end()) {
      complaints_.unknown_word(node->line, fields.path(key), node->text, known,
                               "an actor, the gateway or a node of the core");
    } else {
      out = node->text;
    }
  }

  void read_record(const YamlNode& item) {
    ExpectedRecord record;
    record.line = item.line;
    const Fields fields(complaints_, item, "sequence", kSequenceKeys);
    if (!item.is_map()) return;
    std::uint64_t step = 0;
    if (fields.integer("step", 1, 1'000'000, step)) record.step = static_cast<int>(step);
    read_party(fields, "from", record.from);
    read_party(fields, "to", record.to);
    fields.require("label", "what is said, such as INVITE, 200 INVITE, POST or trying");
    if (fields.text("label", record.label) && record.label.empty()) {
      complaints_.expected(*fields.find("label"), fields.path("label"),
                           "what is said, such as INVITE, 200 INVITE, POST or trying");
    }
    read_has(fields, record);
    read_lacks(fields, record);
    read_same(fields, record);
    scenario_.sequence.push_back(std::move(record));
  }

  /// has: {Max-Forwards: 69, Via: ["SIP/2.0/TCP *", "*"]}
  void read_has(const Fields& fields, ExpectedRecord& record) {
    const auto* node = fields.find("has");
    if (node == nullptr) return;
    const auto key = fields.path("has");
    if (!node->is_map() || node->entries.empty()) {
      complaints_.expected(*node, key, "a map of what the message says, such as {Max-Forwards: 69}");
      return;
    }
    if (!is_short(*node, key, node->entries.size(), kMaxParts)) return;
    for (const auto& entry : node->entries) {
      ExpectedPart part;
      part.name = entry.key;
      part.line = entry.line;
      part.whole = entry.value.is_list();
      if (!is_part(entry.key, entry.line, key)) continue;
      const auto at = key + '.' + entry.key;
      if (part.whole && !is_short(entry.value, at, entry.value.items.size(), kMaxParts)) continue;
      for (const auto& value : part.whole ? entry.value.items : std::vector<YamlNode>{entry.value})
        read_pattern(value, at, part);
      record.has.push_back(std::move(part));
    }
  }

  void read_pattern(const YamlNode& value, const std::string& key, ExpectedPart& part) {
    std::string pattern;
    if (!value.is_scalar()) {
      complaints_.expected(value, key, "a text, where * stands for anything, or a list of texts");
    } else if (read_text(complaints_, value, key, pattern)) {
      part.patterns.push_back(std::move(pattern));
    }
  }

  void read_lacks(const Fields& fields, ExpectedRecord& record) {
    const auto* node = fields.find("lacks");
    if (node == nullptr || !is_list(*node, fields.path("lacks"), kMaxParts)) return;
    for (const auto& item : node->items) {
      if (item.is_scalar() && is_header(item.text)) {
        record.lacks.push_back(item.text);
      } else {
        complaints_.expected(item, fields.path("lacks"), kHeaderWish);
      }
    }
  }

  /// same: {1: [Call-ID, body]}
  void read_same(const Fields& fields, ExpectedRecord& record) {
    const auto* node = fields.find("same");
    if (node == nullptr) return;
    const auto key = fields.path("same");
    if (!node->is_map() || node->entries.empty()) {
      complaints_.expected(*node, key, "what is as at an earlier step, such as {1: [Call-ID, body]}");
      return;
    }
    for (const auto& entry : node->entries) {
      SameParts same;
      same.line = entry.line;
      const auto step = core::parse_u32(entry.key);
      const bool known =
          step && std::any_of(scenario_.sequence.begin(), scenario_.sequence.end(),
                              [&](const ExpectedRecord& earlier) {
                                return earlier.step != 0 && static_cast<std::uint32_t>(earlier.step) == *step;
                              });
      if (!known) {
        complaints_.add(entry.line, key + ": expected the step of a message above this one, got " +
                                        core::quoted(entry.key));
        continue;
      }
      same.step = static_cast<int>(*step);
      if (!is_list(entry.value, key + '.' + entry.key, kMaxParts)) continue;
      for (const auto& item : entry.value.items) {
        if (!item.is_scalar()) {
          complaints_.expected(item, key, kPartWish);
        } else if (is_part(item.text, item.line, key)) {
          same.parts.push_back(item.text);
        }
      }
      record.same.push_back(std::move(same));
    }
  }

  bool is_part(const std::string& name, int line, const std::string& key) {
    if (is_header(name) ||
        std::find(std::begin(kPartWords), std::end(kPartWords), name) != std::end(kPartWords))
      return true;
    complaints_.unknown_word(line, key, name, kPartWords, kPartWish);
    return false;
  }

  void read_count(const YamlNode& item) {
    ExpectedCount count;
    count.line = item.line;
    const Fields fields(complaints_, item, "counts", kCountKeys);
    if (!item.is_map()) return;
    read_party(fields, "actor", count.actor);
    if (const auto* rule = fields.require("rule", listed(kRules)))
      read_word(complaints_, *rule, fields.path("rule"), kRules, count.rule);
    fields.require("messages", "how many messages it handles");
    fields.integer("messages", 0, kMaxMessages, count.messages);
    scenario_.counts.push_back(std::move(count));
  }

  Complaints& complaints_;
  Scenario& scenario_;
};

}  // namespace

void read_expectations(Complaints& complaints, const YamlNode& node, Scenario& scenario) {
  ExpectationReader(complaints, scenario).read(node);
}

}  // namespace rcs::scenario
