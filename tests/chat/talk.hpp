#pragma once
// Two agents that carry messages, and words for what they are asked and told.

#include <optional>
#include <string>
#include <vector>

#include "chat/lab.hpp"

namespace rcs::chat::test {

inline constexpr std::uint16_t kMsrpPort = 2855;

/// What was told of one message, in order: "sent delivered displayed".
inline std::string states_of(const AgentBox& box, const std::string& message_id) {
  static constexpr const char* kNames[] = {"sent", "delivered", "displayed", "failed"};
  std::string told;
  for (const auto& state : box.all<TextState>()) {
    if (state.message_id != message_id) continue;
    told.append(told.empty() ? "" : " ").append(kNames[static_cast<int>(state.state)]);
  }
  return told;
}

/// A text as a check prints it: of a long one its first character and its length, "x5000".
inline std::string brief(const std::string& text) {
  return text.size() < 100 ? text : text.substr(0, 1) + std::to_string(text.size());
}

/// The texts that were told, those of invitations too, in order: "hello|how are you".
inline std::string texts_of(const AgentBox& box) {
  std::string told;
  const auto add = [&](const std::string& text) { told.append(told.empty() ? "" : "|").append(brief(text)); };
  for (const auto& event : box.events) {
    if (const auto* invited = std::get_if<ChatInvited>(&event); invited != nullptr && invited->text)
      add(invited->text->text);
    if (const auto* arrived = std::get_if<TextArrived>(&event)) add(arrived->text.text);
  }
  return told;
}

/// "typing still typing": what was told of the peer's typing.
inline std::string typing_of(const AgentBox& box) {
  std::string told;
  for (const auto& event : box.all<PeerComposing>())
    told.append(told.empty() ? "" : " ").append(event.active ? "active" : "idle");
  return told;
}

/// Two agents that are each other's core and listen for MSRP. Bob accepts by himself, unless told otherwise.
struct Talk : Pair {
  explicit Talk(std::uint64_t seed = 0, std::function<void(AgentConfig&)> edit = {})
      : Pair(seed, [edit](AgentConfig& config) {
          config.msrp = msrp::ListeningAt{};
          config.msrp->host = config.host;
          config.msrp->port = kMsrpPort;
          if (edit) edit(config);
        }) {}

  void run(Duration duration = 500ms) { lab.run_for(duration); }
  /// Runs in steps, and accepts for bob (and alice) whatever invites.
  void run_accepting(Duration duration = 2s) {
    for (Duration passed{}; passed < duration; passed += 20ms) {
      for (auto* box : {&alice, &bob}) {
        for (const auto& invited : box->all<ChatInvited>()) lab.command(*box, AcceptChat{invited.chat});
      }
      lab.run_for(20ms);
    }
  }
  void text(AgentBox& box, ChatId chat, const std::string& id, const std::string& text) {
    SendText send{chat, {}};
    send.text.message_id = id;
    send.text.text = text;
    lab.command(box, send);
  }
  void say(const std::string& id, const std::string& words) { text(alice, outgoing_chat(1), id, words); }
  void reply(const std::string& id, const std::string& words) { text(bob, invited(), id, words); }
  void display(AgentBox& box, ChatId chat, const std::string& id) {
    lab.command(box, SendState{chat, id, MessageState::displayed});
  }
  void type(AgentBox& box, ChatId chat, bool active = true, std::optional<std::uint32_t> refresh = {}) {
    lab.command(box, SendComposing{chat, active, refresh, "text/plain"});
  }
  /// alice calls with "hello" (m1), bob accepts, all is told.
  void meet() {
    talk();
    run();
    REQUIRE(states_of(alice, "m1") == "sent delivered");
    REQUIRE(texts_of(bob) == "hello");
  }
  ChatId ours() const { return outgoing_chat(1); }
};

}  // namespace rcs::chat::test
