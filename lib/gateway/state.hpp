#pragma once
// What the gateway is made of, wired: its tables, and the turns of a request, a chat event and a timer. Its
// functions are spread over gateway.cpp (turns), gateway_chats.cpp, gateway_texts.cpp, gateway_messages.cpp,
// gateway_capabilities.cpp and gateway_events.cpp (resources), gateway_calls.cpp (what the chat client
// tells).

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gateway/awaiting.hpp"
#include "gateway/chats.hpp"
#include "gateway/event_text.hpp"
#include "gateway/gateway.hpp"
#include "gateway/identity.hpp"
#include "gateway/posting.hpp"
#include "gateway/readers.hpp"
#include "gateway/route.hpp"
#include "gateway/step.hpp"
#include "gateway/texts.hpp"
#include "gateway/threads.hpp"
#include "gateway/tokens.hpp"

namespace rcs::gateway {

inline constexpr std::size_t kMaxUsers =
    1'000'000;  // known at one time; a wildcard token could name any number
inline constexpr std::size_t kListedContacts = 1'000;  ///< that a user subscribes to, or blocks
inline constexpr std::size_t kDevicesPerUser = 64;     // as many as the log keeps positions for

/// One request on its way: what it names, who asks, what its body holds.
struct Request {
  const core::WebRequest& raw;  ///< SAFETY: for the turn
  Target target;
  Exchange exchange;
  Identity user;
  Caller caller;
  const nlohmann::json* body = nullptr;  ///< null: none was sent. SAFETY: for the turn

  /// ?device=, else the token's (API-66); nullopt: not a device name.
  std::optional<std::string> device() const;
};

struct Gateway::State {
  State(Config config_in, core::Random& random_in, store::EventLog& log_in);
  ~State();

  struct User {
    Identity identity;
    bool registering = false;                  ///< the chat client keeps it registered, or is about to
    bool off = false;                          ///< the user does not want to be, until it is again
    std::optional<chat::ServiceSet> services;  ///< what it offers; none: what the chat client does by itself
    std::set<std::string> subscriptions;       ///< contacts whose capabilities are kept up to date, as shown
    std::set<std::string> blocked;             ///< contacts that are not told of its own, as shown
    chat::ChatId mailbox;  ///< its messages outside of chats among the texts, once there are any
    std::map<std::string, core::Instant, std::less<>> devices;  ///< last heard of
  };

  Step step(core::Instant now, GatewayOutbox& out) const { return {now, config.wall.at(now), out}; }

  // gateway.cpp
  void on_request(Step& step, WebId id, const core::WebRequest& raw);
  void serve(Step& step, Request& request);
  void serve_as_user(Step& step, Request& request);
  void serve_chat(Step& step, Request& request);
  void redirect(Step& step, const Request& request);
  core::WebReply versions() const;
  core::WebReply version() const;
  void refuse(Step& step, const Exchange& exchange, const Problem& problem) {
    answer(step, exchange, problem, config);
  }
  void refuse(Step& step, const Request& request, const Problem& problem) {
    refuse(step, request.exchange, problem);
  }
  /// Too many wait for the network.
  void refuse_crowd(Step& step, const Request& request);
  /// Reads the body and finds who asks; nullopt: it has been answered. `body` is what request.body points to.
  bool authenticate(Step& step, Request& request, nlohmann::json& body);
  bool authenticate_ticket(Step& step, Request& request, const std::string& ticket);
  /// The user, made at its first use; nullptr: there are too many.
  User* user_of(Step& step, const Identity& identity);
  void recover(Step& step, const Identity& identity);
  void keep_registered(Step& step, User& user);
  bool has_siblings(const std::string& user) const { return users.at(user).devices.size() > 1; }
  void see_device(Step& step, User& user, const std::string& device);
  void sweep(Step& step);
  /// Puts one event into the user's log and before its readers; the sequence number it got.
  std::uint64_t publish(Step& step, const std::string& user, std::string_view type, std::string json,
                        bool pinned);
  /// An event of an instance with these members of data, the status first.
  void publish(Step& step, Instance& instance, std::string_view status, EventData more);
  std::string next_cursor(const std::string& user) const { return cursors.text(log.last_seq(user) + 1); }

  // gateway_chats.cpp
  void post_chat(Step& step, Request& request);
  /// Says no to whoever posts too fast; true: it has.
  bool refuse_haste(Step& step, Request& request);
  /// Under which a POST is remembered; makes a message_id where there is none. nullopt: it has been refused.
  std::optional<Posting::Key> key_of_post(Step& step, Request& request, std::string& message_id);
  /// Is this the first POST of its key? Otherwise it has been answered, or will be with the first.
  bool is_first_post(Step& step, Request& request, const Posting::Key& key, std::uint64_t body);
  Instance* new_instance(Step& step, chat::ChatId chat, const Identity& owner);
  /// Lets go what belonged to instances that are gone.
  void forget_gone(Step& step);
  void answer_post(Step& step, Instance& instance);
  void list_chats(Step& step, Request& request);
  void get_chat(Step& step, Request& request, const Instance& instance);
  void put_chat(Step& step, Request& request, Instance& instance);
  void accept(Step& step, Request& request, Instance& instance);
  void decline(Step& step, Request& request, Instance& instance, int code, const std::string& reason);
  void delete_chat(Step& step, Request& request, Instance& instance);
  std::string describe(const Instance& instance) const;

  // gateway_texts.cpp
  void post_text(Step& step, Request& request, Instance& instance);
  void list_texts(Step& step, Request& request, const Instance& instance);
  void get_text(Step& step, Request& request, const Instance& instance);
  void put_text_status(Step& step, Request& request, Instance& instance);
  void put_composing(Step& step, Request& request, const Instance& instance);
  void reopen(Step& step, Instance& instance);
  /// Answers with a page of the texts kept under `box`, those with `contact` alone unless that is empty.
  void answer_page(Step& step, Request& request, chat::ChatId box, std::string_view contact,
                   const std::function<EventData(const Text&)>& shown);
  EventData text_data(const Instance& instance, const Text& text, std::size_t max_content) const;
  EventData listed_data(const Instance& instance, const Text& text, std::size_t max_content) const;

  // gateway_messages.cpp
  void serve_messages(Step& step, Request& request, User& user);
  void post_message(Step& step, Request& request, User& user);
  void send_message(Step& step, User& user, const Identity& to, chat::SendText send, std::string_view device);
  /// Shows it among what the user has sent; the thread that it goes in.
  chat::ChatId note_message(Step& step, User& user, const Identity& to, const body::ChatText& sent,
                            std::string_view device);
  void list_messages(Step& step, Request& request, const User& user);
  void get_message(Step& step, Request& request, const User& user);
  void put_message_status(Step& step, Request& request, const User& user);
  void put_typing(Step& step, Request& request, const User& user);
  void on_thread_opened(Step& step, const chat::ThreadOpened& opened);
  void on_message_arrived(Step& step, const Thread& thread, const chat::TextArrived& arrived);
  void on_message_state(Step& step, const Thread& thread, const chat::TextState& state);
  void on_typing(Step& step, const Thread& thread, const chat::PeerComposing& composing);
  /// The thread of these two, opened where there is none.
  chat::ChatId thread_with(Step& step, const User& user, const Identity& peer);
  void forget_gone_threads(Step& step);
  chat::ChatId mailbox_of(User& user);
  std::string url_of(const User& user, std::string_view collection, std::string_view id) const;
  EventData message_data(const User& user, const Text& text, std::size_t max_content) const;
  EventData listed_message(const User& user, const Text& text, std::size_t max_content) const;
  /// An event of a user's with these members of data, the status first.
  void publish(Step& step, const User& user, std::string_view type, const std::string& instance,
               std::string_view status, EventData more);

  // gateway_capabilities.cpp
  void get_capability(Step& step, Request& request);
  void get_offer(Step& step, Request& request, const User& user);
  void put_offer(Step& step, Request& request, User& user);
  std::string offer_text(const User& user) const;
  std::optional<Identity> listed_contact(Step& step, Request& request, const std::set<std::string>& listed);
  void change_subscription(Step& step, Request& request, User& user);
  void change_block(Step& step, Request& request, User& user);
  void on_capabilities_found(Step& step, const chat::CapabilitiesFound& found);
  void on_capabilities_changed(Step& step, const chat::CapabilitiesChanged& changed);

  // gateway_registration.cpp
  void post_registration(Step& step, Request& request, User& user);
  void delete_registration(Step& step, Request& request, User& user);
  void on_registered(Step& step, const chat::Registered& registered);
  void on_registration_failed(Step& step, const chat::RegistrationFailed& failed);
  User* known_user(const std::string& uri);

  // gateway_events.cpp
  void get_events(Step& step, Request& request);
  void answer_lost(Step& step, Request& request, Reader& reader, bool by_position);
  void answer_head(Step& step, Request& request, const Reader& reader);
  void post_ticket(Step& step, Request& request);
  void list_devices(Step& step, Request& request, User& user);
  void delete_device(Step& step, Request& request, User& user);
  void on_text(Step& step, WebId id, std::string_view text);
  void acknowledge(Step& step, const std::string& user, const std::string& device, std::uint64_t seq);

  // gateway_calls.cpp
  void on_chat_event(Step& step, const chat::Event& event);
  void on_invited(Step& step, const chat::ChatInvited& invited);
  void on_progress(Step& step, const chat::ChatProgress& progress);
  void on_answered(Step& step, chat::ChatId chat);
  void answer_waiting(Step& step, chat::ChatId chat);
  void on_connected(Step& step, chat::ChatId chat);
  void on_failed(Step& step, const chat::ChatFailed& failed);
  void on_over(Step& step, chat::ChatId chat, int code, const std::string& reason, bool unanswered);
  void on_text_arrived(Step& step, const chat::TextArrived& arrived);
  void on_text_state(Step& step, const chat::TextState& state);
  void on_composing(Step& step, const chat::PeerComposing& composing);
  void on_post_wait(Step& step, chat::ChatId chat);
  void finish(Step& step, Instance& instance, Status status, int code, const std::string& reason);

  const Config config;
  core::Random& random;
  store::EventLog& log;
  Cursors cursors;
  Tokens tokens;
  Chats chats;
  Texts texts;
  Threads threads;
  AwaitingTable queries;        ///< who asked what a contact can do
  AwaitingTable registrations;  ///< who asked to be registered
  Posting posting;
  Readers readers;
  struct JsonRtc;  ///< state_jsonrtc.hpp: JSON signalling
  std::unique_ptr<JsonRtc> jsonrtc;
  std::map<std::string, User, std::less<>> users;
  std::uint64_t last_outgoing = 0;
  bool sweeping = false;
  bool shutting_down = false;
};

}  // namespace rcs::gateway
