// The actors of a scenario: who takes part, under which id, and how a standard client is made.

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxActorName = 32;
constexpr std::size_t kMaxRcsId = 64;

constexpr std::string_view kActorKeys[] = {"kind", "id", "first-text", "transport", "host", "services"};
constexpr std::string_view kFirstTexts[] = {"invite", "msrp"};
constexpr std::string_view kActorKinds[] = {"api", "sip"};
constexpr std::string_view kReserved[] = {"o-cscf",  "o-imas", "t-cscf", "t-imas", "options-as", "ps",
                                          "gateway", "core",   "wait",   "stop",   "start"};
/// What only a client has that speaks SIP itself.
constexpr std::string_view kSipKeys[] = {"first-text", "transport", "host", "services"};

/// Digits, +digits, or a name that needs no escaping in a URI's user part.
bool is_rcs_id(std::string_view text) {
  if (is_number(text)) return text.size() <= kMaxRcsId;
  return !text.empty() && text.size() <= kMaxRcsId && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

class ActorReader {
 public:
  ActorReader(Complaints& complaints, const Network& network) : complaints_(complaints), network_(network) {}

  std::vector<Actor> read(const YamlNode& node) {
    std::vector<Actor> actors;
    if (!node.is_map() || node.entries.empty()) {
      complaints_.expected(node, "actors",
                           "a map of at least one actor, such as jack: {kind: api, id: \"01087654321\"}");
      return actors;
    }
    if (node.entries.size() > kMaxActors) {
      complaints_.add(node.line, "actors: expected at most " + std::to_string(kMaxActors) + ", got " +
                                     std::to_string(node.entries.size()));
      return actors;
    }
    for (const auto& entry : node.entries) {
      if (is_free_name(entry)) actors.push_back(read_actor(entry));
    }
    return actors;
  }

 private:
  bool is_free_name(const YamlEntry& entry) {
    const bool reserved =
        std::find(std::begin(kReserved), std::end(kReserved), entry.key) != std::end(kReserved);
    if (!is_actor_name(entry.key) || reserved) {
      complaints_.add(entry.line, "actors: expected a name of a-z, 0-9 and - that is none of " +
                                      listed(kReserved) + ", got " + core::quoted(entry.key));
      return false;
    }
    const auto [first, is_new] = names_.emplace(entry.key, &entry);
    if (is_new) return true;
    complaints_.add(entry.line, "actors: expected each name once, got " + entry.key +
                                    " again, first in line " + std::to_string(first->second->line));
    return false;
  }

  Actor read_actor(const YamlEntry& entry) {
    Actor actor;
    actor.name = entry.key;
    actor.line = entry.line;
    actor.tcp = network_.tcp;
    const Fields fields(complaints_, entry.value, entry.key, kActorKeys);
    if (const auto* kind = fields.require("kind", listed(kActorKinds))) {
      std::string word;
      if (read_word(complaints_, *kind, fields.path("kind"), kActorKinds, word)) {
        actor.kind = word == "api" ? ActorKind::api : ActorKind::sip;
        if (actor.kind == ActorKind::api) refuse_sip_keys(fields, actor);
      }
    }
    if (const auto* id = fields.require("id", "an RCS ID")) read_id(*id, fields, actor);
    read_client(fields, actor);
    return actor;
  }

  void read_id(const YamlNode& id, const Fields& fields, Actor& actor) {
    if (!id.is_scalar() || !is_rcs_id(id.text)) {
      complaints_.expected(id, fields.path("id"),
                           "digits, + and digits, or a name of letters, digits, - _ and .");
      return;
    }
    actor.id = id.text;
    if (const auto [other, is_new] = ids_.emplace(actor.id, actor.name); !is_new)
      complaints_.add(actor.line,
                      actor.name + ".id: expected an id of its own, got that of " + other->second);
  }

  void refuse_sip_keys(const Fields& fields, const Actor& actor) {
    for (const auto key : kSipKeys) {
      if (const auto* node = fields.find(key))
        complaints_.add(node->line, fields.path(key) + ": expected an actor of kind sip, got " + actor.name +
                                        " of kind api");
    }
  }

  void read_client(const Fields& fields, Actor& actor) {
    std::string word;
    if (const auto* first = fields.find("first-text");
        first != nullptr && read_word(complaints_, *first, fields.path("first-text"), kFirstTexts, word))
      actor.text_in_invite = word == "invite";
    if (const auto* transport = fields.find("transport"))
      read_transport(complaints_, *transport, fields.path("transport"), actor.tcp);
    if (const auto* host = fields.find("host")) {
      if (host->is_scalar() && is_domain(host->text)) {
        actor.host = host->text;
      } else {
        complaints_.expected(*host, fields.path("host"), "a host name such as pc1.home.net");
      }
    }
    if (const auto* services = fields.find("services"))
      read_services(complaints_, *services, fields.path("services"), actor.services);
  }

  Complaints& complaints_;
  const Network& network_;
  std::map<std::string_view, const YamlEntry*> names_;
  std::map<std::string, std::string> ids_;
};

}  // namespace

bool is_actor_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxActorName && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || core::is_digit(c) || c == '-'; });
}

bool is_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), core::is_digit);
}

std::vector<std::string_view> actor_names(const Scenario& scenario, std::span<const std::string_view> more) {
  std::vector<std::string_view> names;
  for (const auto& actor : scenario.actors) names.push_back(actor.name);
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

std::vector<Actor> read_actors(Complaints& complaints, const YamlNode& node, const Network& network) {
  return ActorReader(complaints, network).read(node);
}

}  // namespace rcs::scenario
