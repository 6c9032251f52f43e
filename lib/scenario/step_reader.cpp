// The steps of a scenario: who does what, with a check that everybody and every chat named is there by then.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"
#include "scenario/step_words.hpp"

namespace rcs::scenario {
namespace {

constexpr std::string_view kBareSteps[] = {"wait", "stop", "start"};
constexpr std::string_view kNodes[] = {"o-cscf", "o-imas", "t-cscf", "t-imas", "options-as", "ps", "gateway"};
constexpr std::string_view kTransports[] = {"poll", "sse", "ndjson", "ws", "iframe"};

constexpr std::string_view kOpenEventsKeys[] = {"transport", "device"};
constexpr std::string_view kChatKeys[] = {"to", "text", "message-id", "as"};
constexpr std::string_view kChatRefKeys[] = {"chat"};
constexpr std::string_view kDeclineKeys[] = {"chat", "code", "reason"};
constexpr std::string_view kExpectEventKeys[] = {
    "status", "type",       "message",   "message-id", "sender",    "subject", "code",
    "reason", "device",     "direction", "truncated",  "recipient", "expired", "contact",
    "rcs",    "registered", "services",  "chat",       "as",        "within",  "not-before"};
constexpr std::string_view kExpectInviteKeys[] = {"message",  "message-id", "subject", "sender",    "from",
                                                  "deferred", "as",         "within",  "not-before"};
constexpr std::string_view kExpectStatusKeys[] = {"status"};

constexpr std::uint64_t kDeclineDefault = 603;  // RFC 3261 section 21.6.2: the user said no

enum class Who { anybody, api, sip };
struct ActionRow {
  std::string_view word;
  Action action;
  Who who;
};
constexpr ActionRow kActions[] = {
    {"register", Action::register_, Who::sip},
    {"unregister", Action::unregister, Who::sip},
    {"open-events", Action::open_events, Who::api},
    {"chat", Action::chat, Who::anybody},
    {"accept", Action::accept, Who::anybody},
    {"decline", Action::decline, Who::anybody},
    {"end", Action::end, Who::anybody},
    {"send", Action::send, Who::anybody},
    {"display", Action::display, Who::anybody},
    {"typing", Action::typing, Who::anybody},
    {"hang", Action::hang, Who::anybody},
    {"message", Action::message, Who::anybody},
    {"capability", Action::capability, Who::anybody},
    {"offer", Action::offer, Who::anybody},
    {"expect-capability", Action::expect_capability, Who::anybody},
    {"expect-event", Action::expect_event, Who::api},
    {"expect-invite", Action::expect_invite, Who::sip},
    {"expect-message", Action::expect_message, Who::sip},
    {"expect-composing", Action::expect_composing, Who::sip},
    {"expect-state", Action::expect_state, Who::sip},
    {"expect-status", Action::expect_status, Who::api},
};

std::vector<std::string_view> action_words() {
  std::vector<std::string_view> words;
  for (const auto& row : kActions) words.push_back(row.word);
  return words;
}

class StepReader {
 public:
  StepReader(Complaints& complaints, const Scenario& scenario)
      : complaints_(complaints), scenario_(scenario), words_(complaints, scenario) {}

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
      case Action::unregister:
        if (!node.is_null()) complaints_.expected(node, word, "nothing after it");
        return;
      case Action::open_events:
        return read_open_events(node, step);
      case Action::chat:
        return read_chat(node, step);
      case Action::accept:
      case Action::end:
        return words_.read_chat_or_map(word, node, kChatRefKeys, step);
      case Action::decline:
        return read_decline(node, step);
      case Action::expect_event:
        return read_expect_event(node, step);
      case Action::expect_invite:
        return read_expect_invite(node, step);
      case Action::send:
      case Action::display:
      case Action::typing:
      case Action::hang:
      case Action::expect_message:
      case Action::expect_composing:
      case Action::expect_state:
        return read_message_step(words_, word, node, step);
      case Action::message:
        return read_page_step(words_, node, step);
      case Action::capability:
      case Action::expect_capability:
      case Action::offer:
        return read_capability_step(words_, node, step);
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
    if (const auto* device = fields.find("device"))
      words_.read_label(*device, fields.path("device"), step.device);
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
    words_.read_message_id(fields, step);
    words_.read_as(fields, step);
  }

  void read_decline(const YamlNode& node, Step& step) {
    step.code = kDeclineDefault;
    words_.read_chat_or_map("decline", node, kDeclineKeys, step);
    if (!node.is_map()) return;
    if (const auto* code = StepWords::entry_of(node, "code")) {
      std::uint64_t number = 0;
      if (read_integer(complaints_, *code, "decline.code", 400, 699, number))
        step.code = static_cast<int>(number);
    }
    if (const auto* reason = StepWords::entry_of(node, "reason"))
      read_text(complaints_, *reason, "decline.reason", step.reason);
  }

  void read_expect_event(const YamlNode& node, Step& step) {
    if (node.is_scalar()) {
      step.fields.emplace_back("status", node.text);
      return;
    }
    const Fields fields(complaints_, node, "expect-event", kExpectEventKeys);
    fields.require("status", "the status of the event, such as trying or initiate");
    if (const auto* chat = fields.find("chat")) words_.refer(*chat, fields.path("chat"), step);
    words_.read_fields(fields, kExpectEventKeys, step);
    if (const auto* services = fields.find("services"))
      read_services(complaints_, *services, fields.path("services"), step.services);
    words_.read_within(fields, step);
    words_.read_as(fields, step);
  }

  void read_expect_invite(const YamlNode& node, Step& step) {
    if (node.is_null()) return;
    const Fields fields(complaints_, node, "expect-invite", kExpectInviteKeys);
    words_.read_fields(fields, kExpectInviteKeys, step);
    words_.read_within(fields, step);
    words_.read_as(fields, step);
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

  Complaints& complaints_;
  const Scenario& scenario_;
  StepWords words_;
  std::vector<Step> steps_;
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
