// The steps inside of a chat: texts, what becomes of them, typing, and connections that are cut.

#include <algorithm>

#include "core/text.hpp"
#include "scenario/step_words.hpp"

namespace rcs::scenario {
namespace {

constexpr std::string_view kSendKeys[] = {"chat", "text", "repeat", "type", "message-id"};
constexpr std::string_view kDisplayKeys[] = {"chat", "message-id"};
constexpr std::string_view kTypingKeys[] = {"chat", "state", "refresh", "type"};
constexpr std::string_view kExpectMessageKeys[] = {"chat",       "message", "repeat",    "type",
                                                   "message-id", "size",    "sender",    "expired",
                                                   "as",         "within",  "not-before"};
constexpr std::string_view kExpectComposingKeys[] = {"chat", "state", "within", "not-before"};
constexpr std::string_view kExpectStateKeys[] = {"chat", "state",  "message-id",
                                                 "code", "within", "not-before"};
constexpr std::string_view kChatStates[] = {"answered", "connected", "failed", "ended", "expired", "ringing"};
constexpr std::string_view kTextStates[] = {"sent", "delivered", "displayed", "failed"};
constexpr std::string_view kStates[] = {"answered", "connected", "failed",    "ended",    "expired",
                                        "ringing",  "sent",      "delivered", "displayed"};
constexpr std::string_view kTypingStates[] = {"active", "idle"};

bool among(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void read_send(StepWords& words, const YamlNode& node, Step& step) {
  const Fields fields(words.complaints(), node, "send", kSendKeys);
  words.read_chat(fields, step);
  fields.require("text", "what to say");
  fields.text("text", step.text);
  words.read_repeated(fields, step.text);
  words.read_type(fields, step);
  words.read_message_id(fields, step);
}

void read_display(StepWords& words, const YamlNode& node, Step& step) {
  const Fields fields(words.complaints(), node, "display", kDisplayKeys);
  words.read_chat(fields, step);
  fields.require("message-id", "the id of a message that came in the chat");
  words.read_message_id(fields, step);
}

void read_typing(StepWords& words, const YamlNode& node, Step& step) {
  step.state = kTypingStates[0];
  if (!node.is_map()) return words.refer(node, "typing", step);
  const Fields fields(words.complaints(), node, "typing", kTypingKeys);
  words.read_chat(fields, step);
  if (const auto* state = fields.find("state"))
    read_word(words.complaints(), *state, fields.path("state"), kTypingStates, step.state);
  std::uint64_t refresh = 0;
  if (fields.integer("refresh", 60, 86'400, refresh)) step.refresh = static_cast<std::uint32_t>(refresh);
  words.read_type(fields, step);
}

void read_expect_message(StepWords& words, const YamlNode& node, Step& step) {
  if (node.is_null()) return;
  const Fields fields(words.complaints(), node, "expect-message", kExpectMessageKeys);
  if (const auto* chat = fields.find("chat")) words.refer(*chat, fields.path("chat"), step);
  words.read_fields(fields, kExpectMessageKeys, step);
  for (auto& [name, value] : step.fields) {
    if (name == "message") words.read_repeated(fields, value);
  }
  words.read_within(fields, step);
  words.read_as(fields, step, true);
}

void read_expect_composing(StepWords& words, const YamlNode& node, Step& step) {
  step.state = kTypingStates[0];
  if (!node.is_map()) return words.refer(node, "expect-composing", step);
  const Fields fields(words.complaints(), node, "expect-composing", kExpectComposingKeys);
  words.read_chat(fields, step);
  if (const auto* state = fields.find("state"))
    read_word(words.complaints(), *state, fields.path("state"), kTypingStates, step.state);
  words.read_within(fields, step);
}

void read_expect_state(StepWords& words, const YamlNode& node, Step& step) {
  const Fields fields(words.complaints(), node, "expect-state", kExpectStateKeys);
  words.read_chat(fields, step);
  words.read_message_id(fields, step);
  if (const auto* state = fields.require("state", listed(kStates));
      state != nullptr && read_word(words.complaints(), *state, fields.path("state"), kStates, step.state)) {
    if (step.message_id.empty() && !among(step.state, kChatStates)) {
      words.complaints().add(state->line, fields.path("message-id") + ": expected the text that is to be " +
                                              step.state + ", got nothing");
    } else if (!step.message_id.empty() && !among(step.state, kTextStates)) {
      words.complaints().expected(*state, fields.path("state"),
                                  "a state of a text beside message-id: " + listed(kTextStates));
    }
  }
  std::uint64_t code = 0;
  if (fields.integer("code", 100, 699, code)) step.code = static_cast<int>(code);
  words.read_within(fields, step);
}

}  // namespace

void read_message_step(StepWords& words, const std::string& word, const YamlNode& node, Step& step) {
  switch (step.action) {
    case Action::send:
      return read_send(words, node, step);
    case Action::display:
      return read_display(words, node, step);
    case Action::typing:
      return read_typing(words, node, step);
    case Action::expect_message:
      return read_expect_message(words, node, step);
    case Action::expect_composing:
      return read_expect_composing(words, node, step);
    case Action::expect_state:
      return read_expect_state(words, node, step);
    default:  // hang
      if (!node.is_null()) words.complaints().expected(node, word, "nothing after it");
  }
}

}  // namespace rcs::scenario
