// The steps of a scenario: who does what, with a check that everybody and every chat named is there by then.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::string_view kBareSteps[] = {"wait", "stop", "start"};
constexpr std::string_view kNodes[] = {"o-cscf", "o-imas", "t-cscf", "t-imas", "gateway"};
constexpr std::string_view kTransports[] = {"poll", "sse", "ndjson", "ws", "iframe"};
constexpr std::string_view kStates[] = {"answered", "connected", "failed", "ended", "expired", "ringing"};

constexpr std::string_view kOpenEventsKeys[] = {"transport", "device"};
constexpr std::string_view kChatKeys[] = {"to", "text", "message-id", "as"};
constexpr std::string_view kChatRefKeys[] = {"chat"};
constexpr std::string_view kDeclineKeys[] = {"chat", "code", "reason"};
constexpr std::string_view kExpectEventKeys[] = {"status", "type",      "message", "message-id",
                                                 "sender", "subject",   "code",    "reason",
                                                 "device", "direction", "as",      "within"};
constexpr std::string_view kExpectInviteKeys[] = {"message", "message-id", "subject", "sender",
                                                  "from",    "deferred",   "as",      "within"};
constexpr std::string_view kExpectStateKeys[] = {"chat", "state", "code", "within"};
constexpr std::string_view kExpectStatusKeys[] = {"status"};

constexpr std::uint64_t kDeclineDefault = 603;  // RFC 3261 section 21.6.2: the user said no
constexpr std::size_t kMaxName = 64;            // of a chat, a device, a message id is 128
constexpr std::size_t kMaxMessageId = 128;

enum class Who { anybody, api, sip };
struct ActionRow {
  std::string_view word;
  Action action;
  Who who;
};
constexpr ActionRow kActions[] = {
    {"register", Action::register_, Who::sip},
    {"open-events", Action::open_events, Who::api},
    {"chat", Action::chat, Who::anybody},
    {"accept", Action::accept, Who::anybody},
    {"decline", Action::decline, Who::anybody},
    {"end", Action::end, Who::anybody},
    {"expect-event", Action::expect_event, Who::api},
    {"expect-invite", Action::expect_invite, Who::sip},
    {"expect-state", Action::expect_state, Who::sip},
    {"expect-status", Action::expect_status, Who::api},
};

std::vector<std::string_view> action_words() {
  std::vector<std::string_view> words;
  for (const auto& row : kActions) words.push_back(row.word);
  return words;
}

/// [A-Za-z0-9] first, then also - _ .
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

class StepReader {
 public:
  StepReader(Complaints& complaints, const Scenario& scenario)
      : complaints_(complaints), scenario_(scenario) {}

  void read(const YamlNode& item) {
    if (!item.is_map() || item.entries.size() != 1) {
      complaints_.expected(item, "steps", "one line such as \"jack: register\" or \"wait: 30s\" an item");
      return;
    }
    const auto& entry = item.entries.front();
    Step step;
    step.line = entry.line;
    if (std::find(std::begin(kBareSteps), std::end(kBareSteps), entry.key) != std::end(kBareSteps)) {
      read_bare(entry, step);
    } else if (const auto* actor = scenario_.actor(entry.key)) {
      step.actor = actor->name;
      read_action(*actor, entry.value, step);
    } else {
      const auto known = actor_names(scenario_, kBareSteps);
      complaints_.unknown_word(entry.line, "steps", entry.key, known, "an actor, wait, stop or start");
      return;
    }
    steps_.push_back(std::move(step));
  }

  std::vector<Step> take() && { return std::move(steps_); }

 private:
  void read_bare(const YamlEntry& entry, Step& step) {
    if (entry.key == "wait") {
      step.action = Action::wait;
      read_duration(complaints_, entry.value, "wait", step.span);
      return;
    }
    step.action = entry.key == "stop" ? Action::stop_node : Action::start_node;
    read_word(complaints_, entry.value, entry.key, kNodes, step.node);
  }

  /// "jack: register" or "jack: {chat: {...}}"
  void read_action(const Actor& actor, const YamlNode& node, Step& step) {
    static const YamlNode kNothing;
    const bool with_value = node.is_map() && node.entries.size() == 1;
    if (!with_value && !node.is_scalar()) {
      complaints_.expected(node, actor.name, "one action: " + listed(action_words()));
      return;
    }
    const auto& word = with_value ? node.entries.front().key : node.text;
    const int line = with_value ? node.entries.front().line : node.line;
    const auto row = std::find_if(std::begin(kActions), std::end(kActions),
                                  [&](const ActionRow& r) { return r.word == word; });
    if (row == std::end(kActions)) {
      complaints_.unknown_word(line, actor.name, word, action_words());
      return;
    }
    if ((row->who == Who::api && actor.kind != ActorKind::api) ||
        (row->who == Who::sip && actor.kind != ActorKind::sip)) {
      complaints_.add(line, word + ": expected an actor of kind " + (row->who == Who::api ? "api" : "sip") +
                                ", got " + actor.name + " of kind " +
                                (actor.kind == ActorKind::api ? "api" : "sip"));
    }
    step.action = row->action;
    YamlNode nothing = kNothing;
    nothing.line = line;
    read_arguments(word, with_value ? node.entries.front().value : nothing, step);
  }

  void read_arguments(const std::string& word, const YamlNode& node, Step& step) {
    switch (step.action) {
      case Action::register_:
        if (!node.is_null()) complaints_.expected(node, word, "nothing after it");
        return;
      case Action::open_events:
        return read_open_events(node, step);
      case Action::chat:
        return read_chat(node, step);
      case Action::accept:
      case Action::end:
        return read_chat_or_map(word, node, kChatRefKeys, step);
      case Action::decline:
        return read_decline(node, step);
      case Action::expect_event:
        return read_expect_event(node, step);
      case Action::expect_invite:
        return read_expect_invite(node, step);
      case Action::expect_state:
        return read_expect_state(node, step);
      case Action::expect_status:
        return read_expect_status(node, step);
      case Action::wait:
      case Action::stop_node:
      case Action::start_node:
        return;
    }
  }

  void read_open_events(const YamlNode& node, Step& step) {
    if (node.is_null()) return;
    if (node.is_scalar()) {
      read_word(complaints_, node, "open-events", kTransports, step.transport);
      return;
    }
    const Fields fields(complaints_, node, "open-events", kOpenEventsKeys);
    if (const auto* transport = fields.find("transport")) {
      read_word(complaints_, *transport, fields.path("transport"), kTransports, step.transport);
    }
    if (const auto* device = fields.find("device")) read_label(*device, fields.path("device"), step.device);
  }

  void read_chat(const YamlNode& node, Step& step) {
    const Fields fields(complaints_, node, "chat", kChatKeys);
    if (const auto* to = fields.require("to", "an actor")) {
      const auto known = actor_names(scenario_);
      if (!to->is_scalar()) {
        complaints_.expected(*to, "chat.to", "an actor");
      } else if (scenario_.actor(to->text) == nullptr) {
        complaints_.unknown_word(to->line, "chat.to", to->text, known, "an actor");
      } else {
        step.to = to->text;
      }
    }
    fields.require("text", "the first message");
    fields.text("text", step.text);
    if (const auto* id = fields.find("message-id")) {
      if (id->is_scalar() && core::is_token(id->text) && id->text.size() <= kMaxMessageId) {
        step.message_id = id->text;
      } else {
        complaints_.expected(*id, "chat.message-id", "at most 128 letters, digits or any of -.!%*_+`'~");
      }
    }
    read_as(fields, step);
  }

  void read_decline(const YamlNode& node, Step& step) {
    step.code = kDeclineDefault;
    read_chat_or_map("decline", node, kDeclineKeys, step);
    if (!node.is_map()) return;
    if (const auto* code = entry_of(node, "code")) {
      std::uint64_t number = 0;
      if (read_integer(complaints_, *code, "decline.code", 400, 699, number))
        step.code = static_cast<int>(number);
    }
    if (const auto* reason = entry_of(node, "reason"))
      read_text(complaints_, *reason, "decline.reason", step.reason);
  }

  void read_expect_event(const YamlNode& node, Step& step) {
    if (node.is_scalar()) {
      step.fields.emplace_back("status", node.text);
      return;
    }
    const Fields fields(complaints_, node, "expect-event", kExpectEventKeys);
    fields.require("status", "the status of the event, such as trying or initiate");
    read_fields(fields, kExpectEventKeys, step);
    read_within(fields, step);
    read_as(fields, step);
  }

  void read_expect_invite(const YamlNode& node, Step& step) {
    if (node.is_null()) return;
    const Fields fields(complaints_, node, "expect-invite", kExpectInviteKeys);
    read_fields(fields, kExpectInviteKeys, step);
    read_within(fields, step);
    read_as(fields, step);
  }

  void read_expect_state(const YamlNode& node, Step& step) {
    const Fields fields(complaints_, node, "expect-state", kExpectStateKeys);
    if (const auto* chat = fields.require("chat", "the name of a chat"))
      refer(*chat, "expect-state.chat", step);
    if (const auto* state = fields.require("state", listed(kStates))) {
      read_word(complaints_, *state, fields.path("state"), kStates, step.state);
    }
    std::uint64_t code = 0;
    if (fields.integer("code", 100, 699, code)) step.code = static_cast<int>(code);
    read_within(fields, step);
  }

  void read_expect_status(const YamlNode& node, Step& step) {
    std::uint64_t code = 0;
    const YamlNode* value = &node;
    if (node.is_map()) {
      const Fields fields(complaints_, node, "expect-status", kExpectStatusKeys);
      value = fields.require("status", "an HTTP status from 100 to 599");
    }
    if (value != nullptr && read_integer(complaints_, *value, "expect-status", 100, 599, code))
      step.code = static_cast<int>(code);
  }

  /// "accept: c2", or a map with the key `chat`.
  void read_chat_or_map(const std::string& word, const YamlNode& node, std::span<const std::string_view> keys,
                        Step& step) {
    if (!node.is_map()) return refer(node, word, step);
    const Fields fields(complaints_, node, word, keys);
    if (const auto* chat = fields.require("chat", "the name of a chat"))
      refer(*chat, fields.path("chat"), step);
  }

  static const YamlNode* entry_of(const YamlNode& map, std::string_view key) {
    for (const auto& entry : map.entries) {
      if (entry.key == key) return &entry.value;
    }
    return nullptr;
  }

  void read_fields(const Fields& fields, std::span<const std::string_view> keys, Step& step) {
    for (const auto key : keys) {
      if (key == "as" || key == "within") continue;
      std::string value;
      if (!fields.text(key, value)) continue;
      std::string member(key);
      std::replace(member.begin(), member.end(), '-', '_');
      step.fields.emplace_back(std::move(member), std::move(value));
    }
  }

  void read_within(const Fields& fields, Step& step) { fields.duration("within", step.within); }

  bool read_label(const YamlNode& node, std::string_view key, std::string& out) {
    if (node.is_scalar() && is_label(node.text)) {
      out = node.text;
      return true;
    }
    complaints_.expected(node, key, "a name of letters, digits, - _ and .");
    return false;
  }

  void read_as(const Fields& fields, Step& step) {
    const auto* node = fields.find("as");
    if (node == nullptr || !read_label(*node, fields.path("as"), step.as)) return;
    const auto [place, is_new] = chats_.emplace(step.as, Named{step.actor, node->line});
    if (!is_new) {
      complaints_.add(node->line, fields.path("as") + ": expected a new name, got " + core::quoted(step.as) +
                                      ", which " + place->second.actor + " uses since line " +
                                      std::to_string(place->second.line));
    }
  }

  /// A chat that an earlier step of the same actor has named.
  void refer(const YamlNode& node, std::string_view key, Step& step) {
    const auto wish = "a chat that an earlier step of " + step.actor + " names with \"as\"";
    if (!node.is_scalar()) {
      complaints_.expected(node, key, wish);
      return;
    }
    const auto found = chats_.find(node.text);
    if (found != chats_.end() && found->second.actor == step.actor) {
      step.chat = node.text;
    } else if (found != chats_.end()) {
      complaints_.add(node.line, std::string(key) + ": expected " + wish + ", got " +
                                     core::quoted(node.text) + " of " + found->second.actor);
    } else {
      std::vector<std::string_view> known;
      for (const auto& [name, named] : chats_) {
        if (named.actor == step.actor) known.push_back(name);
      }
      complaints_.unknown_word(node.line, key, node.text, known, wish);
    }
  }

  struct Named {
    std::string actor;
    int line = 0;
  };
  Complaints& complaints_;
  const Scenario& scenario_;
  std::vector<Step> steps_;
  std::map<std::string, Named> chats_;  ///< one name, one chat of one actor, in the whole file
};

}  // namespace

std::vector<Step> read_steps(Complaints& complaints, const YamlNode& node, const Scenario& scenario) {
  if (!node.is_list() || node.items.empty()) {
    complaints.expected(node, "steps", "a list of at least one step");
    return {};
  }
  if (node.items.size() > kMaxSteps) {
    complaints.add(node.line, "steps: expected at most " + std::to_string(kMaxSteps) + " steps, got " +
                                  std::to_string(node.items.size()));
    return {};
  }
  StepReader reader(complaints, scenario);
  for (const auto& item : node.items) reader.read(item);
  return std::move(reader).take();
}

}  // namespace rcs::scenario
