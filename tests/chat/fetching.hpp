#pragma once
// An agent that asks by presence, and the presence server a test plays.

#include <string>
#include <utility>
#include <vector>

#include "body/pidf.hpp"
#include "chat/lab.hpp"

namespace rcs::chat::test {

inline constexpr const char* kBob = "sip:bob@domain.com";
inline constexpr const char* kCarol = "sip:carol@domain.com";
inline constexpr const char* kChatId = "org.openmobilealliance:IM-session";
inline constexpr const char* kFileId = "org.openmobilealliance:File-Transfer";
inline constexpr const char* kEnded = "terminated;reason=timeout";

inline body::PresenceTuple tuple_of(std::string service_id, bool open = true,
                                    std::optional<core::UnixMs> timestamp = {}) {
  body::PresenceTuple tuple;
  tuple.id = service_id;
  tuple.open = open;
  tuple.service_id = std::move(service_id);
  tuple.version = "1.0";
  tuple.timestamp = timestamp;
  return tuple;
}
inline std::string pidf(std::vector<body::PresenceTuple> tuples) {
  return body::format_pidf({kCarol, std::move(tuples)});
}

/// Whose users have a password.
inline void with_login(AgentConfig& config) {
  config.login_of = [](const sip::Uri& identity) {
    return std::optional(core::DigestCredentials{identity.user, "open sesame"});
  };
}
/// A 407 to what carries no answer to one; false: it does.
inline bool challenge(Core& core, const Message& request) {
  if (request.header("Proxy-Authorization") != nullptr) return false;
  core.reply(request, 407, [](Message& m) {
    m.add_header("Proxy-Authenticate", "Digest realm=\"domain.com\", nonce=\"n\", qop=\"auth\"");
  });
  return true;
}

struct Fetching : Behind {
  explicit Fetching(std::function<void(AgentConfig&)> edit = {}) : Behind(std::move(edit)) {
    core.on_other = [this](const Message& m) {
      if (m.method == "SUBSCRIBE") accept(m);
    };
    register_user(kBob);
  }
  void ask(std::uint64_t n, Discovery by = Discovery::presence, const std::string& contact = kCarol,
           bool fresh = true) {
    lab.command(agent, QueryCapabilities{QueryId{n}, kBob, contact, fresh, {}, by});
    lab.run_for(100ms);
  }
  CapabilitiesFound found(std::uint64_t n) const {
    for (const auto& event : agent.all<CapabilitiesFound>()) {
      if (event.query == QueryId{n}) return event;
    }
    FAIL("query " << n << " has no answer");
    return {};
  }
  bool is_answered(std::uint64_t n) const {
    for (const auto& event : agent.all<CapabilitiesFound>()) {
      if (event.query == QueryId{n}) return true;
    }
    return false;
  }

  void accept(const Message& subscribe) {
    core.reply(
        subscribe, 200,
        [&](Message& m) {
          m.contacts.push_back(Core::contact("ps"));
          m.add_header("Expires", "0");
        },
        "ps-tag");
  }
  void refuse(int status, std::function<void(Message&)> edit = {}) {
    core.on_other = [this, status, edit = std::move(edit)](const Message& m) {
      if (m.method == "SUBSCRIBE") core.reply(m, status, edit);
    };
  }
  Message make_notify(const Message& subscribe, const std::string& state, const std::string& content = {},
                      const std::string& type = "application/pidf+xml") {
    Message m;
    m.method = "NOTIFY";
    m.request_uri = subscribe.contacts.front().uri;
    m.from.uri = subscribe.to.uri;
    sip::set_param(m.from.params, "tag", "ps-tag");
    m.to = subscribe.from;
    m.call_id = subscribe.call_id;
    m.cseq = {++notifies, "NOTIFY"};
    m.max_forwards = 70;
    m.contacts = {Core::contact("ps")};
    m.add_header("Event", "presence");
    m.add_header("Subscription-State", state);
    if (!content.empty()) m.add_header("Content-Type", type);
    if (type.starts_with("multipart/related")) m.add_header("Require", "eventlist");
    m.body = content;
    return m;
  }
  /// Answers the last SUBSCRIBE, and lets the agent answer that.
  void notify(const std::string& state, const std::string& content = {},
              const std::string& type = "application/pidf+xml") {
    core.send(make_notify(core.last("SUBSCRIBE"), state, content, type));
    lab.run_for(50ms);
  }
  Message answer_to_notify() const {
    REQUIRE_FALSE(core.responses("NOTIFY").empty());
    return core.responses("NOTIFY").back();
  }
  core::UnixMs agent_time(Duration ago) const { return Behind::config({}).wall.at(lab.now - ago); }
  /// The contact can do this, by an OPTIONS of its own.
  void tell_by_options(const ServiceSet& services) {
    auto options = core.invite();
    options.method = "OPTIONS";
    options.cseq = {++notifies, "OPTIONS"};
    options.call_id = "options-" + std::to_string(notifies);
    options.body.clear();
    options.headers.clear();
    options.from.uri = *sip::parse_uri(kCarol);
    options.contacts = {Core::contact("carol")};
    add_tags(options.contacts.front().params, services);
    core.send(options);
    lab.run_for(50ms);
  }

  std::uint32_t notifies = 0;
};

}  // namespace rcs::chat::test
