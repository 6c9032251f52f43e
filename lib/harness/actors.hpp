#pragma once
// The actors of a running scenario: what each has seen, and the chats by the names the scenario gives them.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/command.hpp"
#include "core/random.hpp"
#include "harness/api_client.hpp"
#include "harness/world.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

/// A user behind the API.
class ApiActor {
 public:
  ApiActor(World& world, const scenario::Actor& actor, std::uint64_t seed);

  void open_events(const scenario::Step& step);
  ApiClient& client() { return *client_; }
  /// A handler that keeps the answer.
  ApiClient::OnReply keep_reply();
  const std::optional<core::Result<core::WebReply>>& reply() const { return reply_; }
  void forget_reply() { reply_.reset(); }
  /// The first event not taken yet that has all the fields; it is taken. nullptr when there is none.
  const ApiEvent* take_event(const std::vector<std::pair<std::string, std::string>>& fields);
  /// What has come and was not taken, for a failure message.
  std::string pending() const;

 private:
  void make_client(const std::string& device, EventTransport transport);

  World& world_;
  std::string name_;
  std::string rcs_id_;
  core::Random random_;
  std::unique_ptr<ApiClient> client_;
  std::optional<core::Result<core::WebReply>> reply_;
  struct Seen {
    ApiEvent event;
    bool taken = false;
  };
  std::vector<std::unique_ptr<Seen>> events_;
};

/// A standard client.
class SipActor {
 public:
  static core::Result<std::unique_ptr<SipActor>> make(World& world, const scenario::Actor& actor,
                                                      const std::string& domain);

  const std::string& user() const { return user_; }
  SipClient& client() { return *client_; }
  bool registered() const { return registered_; }
  std::optional<chat::RegistrationFailed> registration_failure() const { return registration_failure_; }
  chat::ChatId next_chat() { return chat::outgoing_chat(++chats_); }
  /// The first invitation not taken yet that has all the fields.
  const chat::ChatInvited* take_invitation(const std::vector<std::pair<std::string, std::string>>& fields);
  /// Has the chat reached the state (with that code, if not 0)?
  bool reached(chat::ChatId chat, const std::string& state, int code) const;
  /// The states of a chat so far: "ringing 180, failed 603".
  std::string states_of(chat::ChatId chat) const;

 private:
  explicit SipActor(std::string user) : user_(std::move(user)) {}
  void on_event(const chat::Event& event);

  std::string user_;
  std::unique_ptr<SipClient> client_;
  bool registered_ = false;
  std::optional<chat::RegistrationFailed> registration_failure_;
  std::uint64_t chats_ = 0;
  struct Invitation {
    chat::ChatInvited invited;
    bool taken = false;
  };
  std::vector<std::unique_ptr<Invitation>> invitations_;
  std::map<chat::ChatId, std::vector<std::pair<std::string, int>>> states_;
};

/// "sip:01087654321@domain.com"
std::string public_identity(const std::string& id, const std::string& domain);

}  // namespace rcs::harness
