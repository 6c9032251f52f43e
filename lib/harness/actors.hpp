#pragma once
// The actors of a running scenario: what each has seen, and the chats by the names the scenario gives them.

#include <deque>
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
  /// The first event not taken yet that has all the fields and, unless that is empty, is of this instance; it
  /// is taken. nullptr when there is none.
  const ApiEvent* take_event(const std::vector<std::pair<std::string, std::string>>& fields,
                             const std::string& instance = {});
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
  /// The first text of a chat not taken yet that has all the fields; a chat of value 0 stands for any.
  bool take_text(chat::ChatId chat, const std::vector<std::pair<std::string, std::string>>& fields);
  /// What has come and was not taken, for a failure message.
  std::string pending_texts() const;
  /// The first news of typing in a chat not taken yet, and all before them, if they say so.
  bool take_composing(chat::ChatId chat, bool active);
  /// Has a text of the chat reached the state (with that code, if not 0)?
  bool text_reached(chat::ChatId chat, const std::string& message_id, const std::string& state,
                    int code) const;
  /// "sent, failed 415"
  std::string states_of_text(chat::ChatId chat, const std::string& message_id) const;
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
  struct Arrived {
    chat::TextArrived arrived;
    bool taken = false;
  };
  std::vector<Arrived> texts_;
  using States = std::vector<std::pair<std::string, int>>;  ///< what was reached, with which code
  std::map<chat::ChatId, States> states_;
  std::map<std::pair<chat::ChatId, std::string>, States> text_states_;
  std::map<chat::ChatId, std::deque<bool>> composing_;  ///< news not taken yet
};

/// "sip:01087654321@domain.com"
std::string public_identity(const std::string& id, const std::string& domain);

}  // namespace rcs::harness
