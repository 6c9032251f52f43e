#pragma once
// Two agents with a thread between them, and a peer that a test plays in SIP MESSAGE.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "body/chat_body.hpp"
#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "chat/talk.hpp"

namespace rcs::chat::test {

inline constexpr const char* kTyping =
    "<?xml version=\"1.0\"?><isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">"
    "<state>active</state><refresh>60</refresh></isComposing>";

/// What became of a text, with codes: "sent 200, delivered 0".
inline std::string fate_of(const AgentBox& box, const std::string& message_id) {
  static constexpr const char* kNames[] = {"sent", "delivered", "displayed", "failed"};
  std::string told;
  for (const auto& state : box.all<TextState>()) {
    if (state.message_id != message_id) continue;
    told.append(told.empty() ? "" : ", ").append(kNames[static_cast<int>(state.state)]);
    if (state.code != 0) told += " " + std::to_string(state.code);
  }
  return told;
}

/// alice has a thread with bob.
struct Threads : Talk {
  explicit Threads(std::uint64_t seed = 0, std::function<void(AgentConfig&)> edit = {})
      : Talk(seed, std::move(edit)) {
    lab.command(alice, OpenThread{ours(), "sip:alice@domain.com", "sip:bob@domain.com"});
  }
  ChatId theirs() const { return bob.only<ThreadOpened>().chat; }
};

/// The CPIM of a text.
inline std::string cpim_of(const std::string& id, const std::string& words) {
  body::ChatText text;
  text.message_id = id;
  text.text = words;
  return body::format_cpim(body::make_chat_cpim(text));
}

/// One agent, bob, and MESSAGEs from a core that the test plays.
struct Pager : Behind {
  explicit Pager(std::function<void(AgentConfig&)> edit = {})
      : Behind([edit](AgentConfig& config) {
          config.expect_registered = false;
          config.accept_unknown_users = true;
          if (edit) edit(config);
        }) {}

  Message message(const std::string& type, const std::string& content) {
    Message m;
    m.method = "MESSAGE";
    m.request_uri = sip::make_sip_uri("bob", kAgentHost, 5070);
    m.from.uri = *sip::parse_uri("sip:alice@domain.com");
    sip::set_param(m.from.params, "tag", "alice-tag");
    m.to.uri = *sip::parse_uri("sip:bob@domain.com");
    m.call_id = "pager-" + std::to_string(++calls);
    m.cseq = {1, "MESSAGE"};
    m.max_forwards = 70;
    m.add_header("Content-Type", type);
    m.body = content;
    return m;
  }
  /// What the agent answers.
  Message answer(const Message& request) {
    core.send(request);
    lab.run_for(50ms);
    REQUIRE_FALSE(core.responses("MESSAGE").empty());
    return core.responses("MESSAGE").back();
  }
  int status(const Message& request) { return answer(request).status; }
  void open(std::uint64_t n = 1, const std::string& to = "sip:alice@domain.com") {
    lab.command(agent, OpenThread{outgoing_chat(n), "sip:bob@domain.com", to});
  }
  void text(const std::string& id, const std::string& words, std::optional<Duration> expires = {},
            std::uint64_t n = 1) {
    SendText send{outgoing_chat(n), {}, expires};
    send.text.message_id = id;
    send.text.text = words;
    lab.command(agent, send);
    lab.run_for(50ms);
  }
  int calls = 0;
};

}  // namespace rcs::chat::test
