#pragma once
// An actor of a running scenario that is a standard client: the client, and what it has told of.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/command.hpp"
#include "harness/learned.hpp"
#include "harness/world.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

class SipActor {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  static core::Result<std::unique_ptr<SipActor>> make(World& world, const scenario::Actor& actor,
                                                      const std::string& domain);

  const std::string& user() const { return user_; }
  SipClient& client() { return *client_; }
  bool registered() const { return registered_; }
  std::optional<chat::RegistrationFailed> registration_failure() const { return registration_failure_; }
  /// A chat of ours with `peer`.
  chat::ChatId next_chat(const std::string& peer);
  /// The thread of messages with `peer`; one is opened if there is none.
  chat::ChatId thread_with(const std::string& peer);
  /// The first invitation not taken yet that has all the fields.
  const chat::ChatInvited* take_invitation(const Fields& fields);
  /// The first text of a chat not taken yet that has all the fields; a chat of value 0 stands for any.
  const chat::TextArrived* take_text(chat::ChatId chat, const Fields& fields);
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

  /// Asks what a contact can do.
  chat::QueryId ask(const std::string& contact, bool fresh, chat::Discovery by);
  bool answered(chat::QueryId query) const { return answered_ >= query; }
  /// What is known of a contact, by what was answered or by itself told last; nullptr: nothing yet.
  const Learned* learned(const std::string& contact) const;

 private:
  explicit SipActor(std::string user) : user_(std::move(user)) {}
  void state(chat::ChatId chat, std::string name, int code) {
    states_[chat].emplace_back(std::move(name), code);
  }
  std::string field_of(const chat::TextArrived& arrived, const std::string& name) const;

  void on(const chat::Registered&) { registered_ = true; }
  void on(const chat::Unregistered&) { registered_ = false; }
  void on(const chat::RegistrationFailed& failed) { registration_failure_ = failed; }
  void on(const chat::ChatProgress& progress) { state(progress.chat, "ringing", progress.status); }
  void on(const chat::ChatAnswered& answered) { state(answered.chat, "answered", 200); }
  void on(const chat::ChatConnected& connected) { state(connected.chat, "connected", 200); }
  void on(const chat::ChatFailed& failed) { state(failed.chat, "failed", failed.status); }
  void on(const chat::ChatExpired& expired) { state(expired.chat, "expired", expired.code); }
  void on(const chat::ChatEnded& ended) { state(ended.chat, "ended", ended.code); }
  void on(const chat::ChatInvited& invited);
  void on(const chat::ThreadOpened& opened);
  void on(const chat::TextArrived& arrived) { texts_.push_back(std::make_unique<Arrived>(Arrived{arrived})); }
  void on(const chat::TextState& news);
  void on(const chat::PeerComposing& composing) { composing_[composing.chat].push_back(composing.active); }
  void on(const chat::CapabilitiesFound& found);
  void on(const chat::CapabilitiesChanged& changed);
  template <class Other>
  void on(const Other&) {}  ///< of no interest for a scenario

  std::string user_;
  std::unique_ptr<SipClient> client_;
  bool registered_ = false;
  std::optional<chat::RegistrationFailed> registration_failure_;
  std::uint64_t chats_ = 0;
  std::map<std::string, chat::ChatId> threads_;  ///< by the peer's user part
  std::map<chat::ChatId, std::string> peers_;    ///< URIs
  struct Invitation {
    chat::ChatInvited invited;
    bool taken = false;
  };
  std::vector<std::unique_ptr<Invitation>> invitations_;
  struct Arrived {
    chat::TextArrived arrived;
    bool taken = false;
  };
  std::vector<std::unique_ptr<Arrived>> texts_;
  using States = std::vector<std::pair<std::string, int>>;  ///< what was reached, with which code
  std::map<chat::ChatId, States> states_;
  std::map<std::pair<chat::ChatId, std::string>, States> text_states_;
  std::map<chat::ChatId, std::deque<bool>> composing_;  ///< news not taken yet
  chat::QueryId asked_;
  chat::QueryId answered_;                  ///< one at a time is asked
  std::map<std::string, Learned> learned_;  ///< by the contact's user part
};

/// "sip:01087654321@domain.com"; a URI stays as it is.
std::string public_identity(const std::string& id, const std::string& domain);

}  // namespace rcs::harness
