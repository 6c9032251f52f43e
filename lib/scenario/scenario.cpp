#include "scenario/scenario.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxActorName = 32;
constexpr std::size_t kMaxRcsId = 64;
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxExpected = 10'000;
constexpr std::uint64_t kMaxMessages = 1'000'000'000;

constexpr std::string_view kTopKeys[] = {"scenario", "title", "network", "actors", "steps", "expect"};
constexpr std::string_view kActorKeys[] = {"kind", "id", "first-text"};
constexpr std::string_view kFirstTexts[] = {"invite", "msrp"};
constexpr std::string_view kActorKinds[] = {"api", "sip"};
constexpr std::string_view kReserved[] = {"o-cscf",  "o-imas", "t-cscf", "t-imas", "options-as",
                                          "gateway", "core",   "wait",   "stop",   "start"};
constexpr std::string_view kExpectKeys[] = {"sequence", "counts"};
constexpr std::string_view kSequenceKeys[] = {"step", "from", "to", "label"};
constexpr std::string_view kCountKeys[] = {"actor", "rule", "messages"};
constexpr std::string_view kRules[] = {"paper", "rfc3261", "wire"};
constexpr std::string_view kRecordedNodes[] = {"gateway", "o-cscf", "o-imas",
                                               "t-cscf",  "t-imas", "options-as"};

/// Digits, +digits, or a name that needs no escaping in a URI's user part.
bool is_rcs_id(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    return !text.empty() && text.size() < kMaxRcsId && std::all_of(text.begin(), text.end(), core::is_digit);
  }
  return !text.empty() && text.size() <= kMaxRcsId && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_scenario_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

class FileReader {
 public:
  FileReader(Complaints& complaints, Scenario& scenario) : complaints_(complaints), scenario_(scenario) {}

  void read(const YamlNode& root) {
    const Fields top(complaints_, root, "", kTopKeys);
    if (!root.is_map()) return;
    if (const auto* name = top.require("scenario", "the name of the scenario")) {
      if (name->is_scalar() && is_scenario_name(name->text)) {
        scenario_.name = name->text;
      } else {
        complaints_.expected(*name, "scenario", "a name of letters, digits, - _ and .");
      }
    }
    scenario_.title = scenario_.name;
    top.text("title", scenario_.title);
    if (const auto* network = top.find("network")) scenario_.network = read_network(complaints_, *network);
    if (const auto* actors = top.require("actors", "who takes part")) read_actors(*actors);
    if (const auto* steps = top.require("steps", "what they do"))
      scenario_.steps = read_steps(complaints_, *steps, scenario_);
    if (const auto* expect = top.find("expect")) read_expect(*expect);
  }

 private:
  void read_actors(const YamlNode& node) {
    if (!node.is_map() || node.entries.empty()) {
      complaints_.expected(node, "actors",
                           "a map of at least one actor, such as jack: {kind: api, id: \"01087654321\"}");
      return;
    }
    if (node.entries.size() > kMaxActors) {
      complaints_.add(node.line, "actors: expected at most " + std::to_string(kMaxActors) + ", got " +
                                     std::to_string(node.entries.size()));
      return;
    }
    std::map<std::string_view, const YamlEntry*> names;
    std::map<std::string, std::string> ids;
    for (const auto& entry : node.entries) {
      const bool reserved =
          std::find(std::begin(kReserved), std::end(kReserved), entry.key) != std::end(kReserved);
      if (!is_actor_name(entry.key) || reserved) {
        complaints_.add(entry.line, "actors: expected a name of a-z, 0-9 and - that is none of " +
                                        listed(kReserved) + ", got " + core::quoted(entry.key));
        continue;
      }
      if (const auto [first, is_new] = names.emplace(entry.key, &entry); !is_new) {
        complaints_.add(entry.line, "actors: expected each name once, got " + entry.key +
                                        " again, first in line " + std::to_string(first->second->line));
        continue;
      }
      auto actor = read_actor(entry);
      if (!actor.id.empty()) {
        if (const auto [other, is_new] = ids.emplace(actor.id, actor.name); !is_new) {
          complaints_.add(entry.line,
                          entry.key + ".id: expected an id of its own, got that of " + other->second);
        }
      }
      scenario_.actors.push_back(std::move(actor));
    }
  }

  Actor read_actor(const YamlEntry& entry) {
    Actor actor;
    actor.name = entry.key;
    actor.line = entry.line;
    const Fields fields(complaints_, entry.value, entry.key, kActorKeys);
    if (const auto* kind = fields.require("kind", listed(kActorKinds))) {
      std::string word;
      if (read_word(complaints_, *kind, fields.path("kind"), kActorKinds, word)) {
        actor.kind = word == "api" ? ActorKind::api : ActorKind::sip;
      }
    }
    if (const auto* id = fields.require("id", "an RCS ID")) {
      if (id->is_scalar() && is_rcs_id(id->text)) {
        actor.id = id->text;
      } else {
        complaints_.expected(*id, fields.path("id"),
                             "digits, + and digits, or a name of letters, digits, - _ and .");
      }
    }
    if (const auto* first = fields.find("first-text")) read_first_text(*first, fields, actor);
    return actor;
  }

  void read_first_text(const YamlNode& node, const Fields& fields, Actor& actor) {
    std::string word;
    if (!read_word(complaints_, node, fields.path("first-text"), kFirstTexts, word)) return;
    actor.text_in_invite = word == "invite";
    if (actor.kind == ActorKind::api)
      complaints_.add(node.line, fields.path("first-text") + ": expected an actor of kind sip, got " +
                                     actor.name + " of kind api");
  }

  void read_expect(const YamlNode& node) {
    const Fields fields(complaints_, node, "expect", kExpectKeys);
    if (const auto* sequence = fields.find("sequence");
        sequence != nullptr && is_list(*sequence, "expect.sequence")) {
      for (const auto& item : sequence->items) read_record(item);
    }
    if (const auto* counts = fields.find("counts"); counts != nullptr && is_list(*counts, "expect.counts")) {
      for (const auto& item : counts->items) read_count(item);
    }
  }

  bool is_list(const YamlNode& node, std::string_view key) {
    if (!node.is_list()) {
      complaints_.expected(node, key, "a list");
    } else if (node.items.size() > kMaxExpected) {
      complaints_.add(node.line, std::string(key) + ": expected at most " + std::to_string(kMaxExpected) +
                                     " items, got " + std::to_string(node.items.size()));
    } else {
      return true;
    }
    return false;
  }

  /// An actor, a node of the core or the gateway.
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
    scenario_.sequence.push_back(std::move(record));
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

void add_problems(Complaints& complaints, const YamlTree& tree) {
  for (const auto& problem : tree.problems) complaints.add(problem.line, problem.text);
}

}  // namespace

bool is_actor_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxActorName && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || core::is_digit(c) || c == '-'; });
}

std::vector<std::string_view> actor_names(const Scenario& scenario, std::span<const std::string_view> more) {
  std::vector<std::string_view> names;
  for (const auto& actor : scenario.actors) names.push_back(actor.name);
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

std::string format_diagnostics(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const auto& d : diagnostics) {
    if (!out.empty()) out += '\n';
    out += d.file + ':' + std::to_string(d.line);
    if (d.column > 0) out += ':' + std::to_string(d.column);
    out += ": " + d.text;
  }
  return out;
}

const Actor* Scenario::actor(std::string_view name_) const {
  const auto found =
      std::find_if(actors.begin(), actors.end(), [&](const Actor& a) { return a.name == name_; });
  return found == actors.end() ? nullptr : &*found;
}

Parsed parse_scenario(std::string_view yaml, const std::string& file) {
  Parsed parsed;
  parsed.scenario.file = file;
  Complaints complaints(file);
  const auto tree = read_yaml(yaml, kMaxFileBytes);
  add_problems(complaints, tree);
  // What the parser made of a file it refuses would only be complained about twice.
  if (complaints.empty()) FileReader(complaints, parsed.scenario).read(tree.root);
  parsed.diagnostics = std::move(complaints).take();
  return parsed;
}

ParsedProfile parse_profile(std::string_view yaml, const std::string& file) {
  static constexpr std::string_view kKeys[] = {"profile"};
  ParsedProfile parsed;
  Complaints complaints(file);
  const auto tree = read_yaml(yaml, kMaxFileBytes);
  add_problems(complaints, tree);
  if (complaints.empty()) {
    if (tree.root.is_map()) {
      const Fields fields(complaints, tree.root, "", kKeys);
      if (const auto* rows = fields.require("profile", "a list of rows"))
        parsed.rows = read_profile(complaints, *rows);
    } else {
      parsed.rows = read_profile(complaints, tree.root);
    }
  }
  parsed.diagnostics = std::move(complaints).take();
  return parsed;
}

}  // namespace rcs::scenario
