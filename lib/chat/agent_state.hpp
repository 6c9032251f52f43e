#pragma once
// The inside of Agent: its users, its chats and what their pending requests are for. One struct whose
// functions are spread over registering.cpp (users), caller.cpp and callee.cpp (set-up), session.cpp and
// refresh.cpp (life of a dialog), media.cpp (SDP, and what its Messaging asks for), pager.cpp (SIP
// MESSAGE), inquiries.cpp (OPTIONS), watching.cpp (contacts asked now and then), authenticating.cpp (401,
// 407), agent.cpp (dispatch); and three parts with a header of their own. Only those files include it.

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/agent.hpp"
#include "chat/capability_book.hpp"
#include "chat/contact_polling.hpp"
#include "chat/credentials.hpp"
#include "chat/identity.hpp"
#include "chat/invite.hpp"
#include "chat/messaging.hpp"
#include "chat/registration.hpp"
#include "sip/dialog.hpp"
#include "sip/transaction.hpp"

namespace rcs::chat {

/// One call of the agent: its time, where effects go, and what it asks of the transaction layer meanwhile.
struct Step {
  Instant now;
  AgentOutbox& out;
  sip::TxnOutbox& txn;
  MessagingOutbox& messages;
};

using UserId = core::Id<struct UserTag>;
using PageId = core::Id<struct PageTag>;
using InquiryId = core::Id<struct InquiryTag>;

struct User {
  /// Its REGISTER with Expires 0 is on its way, or waits for what is published to be taken back.
  bool is_leaving() const { return !wanted && (txn || registered); }

  std::string name;  ///< as the command wrote it
  Registration registration;
  sip::ClientTxnId txn;  ///< the REGISTER on its way
  bool leaving = false;  ///< that REGISTER asks for Expires 0
  bool wanted = true;    ///< false: to be unregistered
  bool registered = false;
  bool failing = false;  ///< the last attempt failed
  int last_status = 0;   ///< of that failure
  std::string last_reason;
  Instant registered_until{};
  std::optional<Instant> not_before;  ///< a Retry-After in force
  std::vector<ChatId> waiting;        ///< chats to start when it is registered
  std::vector<PageId> pages;          ///< to send then
  std::vector<InquiryId> inquiries;   ///< to send then
  std::vector<UserKey> aliases;       ///< keys of its implicit set in `aliases`
};

enum class Phase : std::uint8_t {
  registering,  ///< ours: the user's registration comes first
  calling,      ///< ours: INVITE sent
  cancelling,   ///< ours: no longer wanted, no final response yet
  invited,      ///< theirs: not answered yet
  answering,    ///< theirs: our 2xx has no ACK yet
  up,
};

/// What a chat we start needs until it is answered.
struct Calling {
  InvitePlan plan;
  sip::Message invite;  ///< as sent, without Via
  sip::ClientTxnId txn;
  bool min_se_tried = false;
  bool registered_anew = false;  ///< after a 403: once
  int progress = 0;              ///< last provisional status told
  int give_up_status = 487;      ///< what the chat fails with when cancelling gets no answer
};

/// What an invitation needs until it is answered.
struct Invited {
  sip::ServerTxnId txn;
  std::optional<body::MsrpMedia> offer;
  bool alerted = false;
};

/// What we end a chat with.
struct Farewell {
  int code = 200;
  std::string reason;
  bool by_us = true;  ///< our user wants it; false: the peer is gone
};

/// A 2xx of ours that waits for its ACK (CHAT-11).
struct Answer {
  sip::ServerTxnId txn;
  sip::Message response;
  Duration interval{};
  std::optional<Farewell> after_ack;  ///< the chat is to end, but has to wait for that
};

/// Our answer to an offer in a 2xx: of the ACK to it, each time that is sent.
struct AckBody {
  std::uint32_t cseq = 0;
  body::Sdp sdp;
};

enum class ChatTimer : std::uint8_t { answer_again, no_ack, setup, refresh, expiry };
inline constexpr int kChatTimerBits = 3;

/// One chat. What set-up needs is freed when it is up: an idle dialog keeps what its later requests are made
/// of, no message.
struct Chat {
  ChatId id;
  Phase phase = Phase::calling;
  bool we_called = false;
  bool one_message = false;  ///< for a large message of a thread, not a chat
  bool by_network = false;   ///< answered by a store, the receiver not heard of yet
  bool we_refresh = false;
  bool peer_updates = false;  ///< the peer allows UPDATE
  std::uint8_t armed = 0;     ///< ChatTimers that run, one bit each
  std::uint32_t min_se = 0;
  Duration interval{};  ///< of the session timer; 0: none
  LocalMedia media;
  std::string contact_user;
  sip::Dialog dialog;
  sip::ClientTxnId refresh_txn;
  std::unique_ptr<Calling> calling;
  std::unique_ptr<Invited> invited;
  std::unique_ptr<Answer> answer;
  std::unique_ptr<AckBody> ack_body;
};

/// A SIP MESSAGE of ours until its final response.
struct Page {
  MessageOwed owed;
  sip::Uri from;
  sip::Uri to;
  sip::Message request;  ///< as sent, without Via
  sip::ClientTxnId txn;
  bool registered_anew = false;  ///< after a 403: once
};

/// Who waits for the answer to a question about a contact.
struct Asker {
  QueryId query;
  std::string user;
  std::string contact;  ///< as it was asked
};
struct InquiryKey {
  UserId user;
  std::string contact;  ///< its UserKey as text
  friend auto operator<=>(const InquiryKey&, const InquiryKey&) = default;
};
InquiryKey inquiry_key(UserId user, const sip::Uri& contact);
/// A question of ours about a contact: one at a time for a user, a contact and a way to ask (CAP-60).
struct Inquiry {
  InquiryKey key;
  Discovery by = Discovery::options;
  std::string user;  ///< by its name
  sip::Uri from;
  sip::Uri to;
  ChatId chat;                    ///< in whose dialog, if that is up then
  std::optional<ServiceSet> own;  ///< what is told of the user; none: what it offers
  std::vector<Asker> askers;      ///< none: it is time to ask
  bool registered_anew = false;   ///< after a 403: once
};
struct Inquiries {
  std::optional<CapabilityBook> book;  ///< once it is needed
  std::uint64_t last = 0;
  std::map<InquiryId, Inquiry> open;
  std::map<std::pair<InquiryKey, Discovery>, InquiryId> by_contact;
  std::deque<InquiryId> line;  ///< that may be sent, but for others before them
  std::size_t on_way = 0;
  std::size_t askers = 0;
  bool sending = false;
};
/// A contact of a user of ours that is asked now and then.
struct Watched {
  std::string user;  ///< by its name
  sip::Uri from;
  sip::Uri to;
};

/// What a request of ours is for.
struct Purpose {
  enum class Kind : std::uint8_t { registration, invite, refresh, page, inquiry, subscription, publication };
  Kind kind = Kind::invite;
  std::uint64_t id = 0;        ///< UserId, ChatId, PageId, InquiryId, or as the file of its kind has it
  bool authenticated = false;  ///< it answers a challenge
};

/// Supported, Require and Session-Expires of a 2xx to an INVITE or UPDATE (CHAT-16).
void add_timer_answer(sip::Message& response, const sip::SessionTimerAnswer& answer);

struct Agent::State {
  State(AgentConfig config_in, core::Random& random_in);
  ~State();

  // agent.cpp
  void dispatch(Step& step, sip::TxnEvent&& event);
  void on_request(Step& step, sip::RequestArrived&& event);
  void on_response(Step& step, sip::ResponseArrived&& event);
  void on_no_response(Step& step, sip::ClientTxnId txn, int status, const std::string& why);
  void respond(Step& step, sip::ServerTxnId txn, const sip::Message& request, const Refusal& refusal,
               const std::string& to_tag = {});
  void respond(Step& step, sip::ServerTxnId txn, const sip::Message& request, int status);

  // authenticating.cpp
  /// nullptr: it has no password.
  Credentials* credentials_of(const sip::Uri& identity);
  /// With what its user answers challenges, where one came before.
  sip::ClientTxnId send_request(Step& step, sip::Message request, const sip::Hop& hop, Purpose purpose);
  /// True: it was one, and the request is on its way again.
  bool answer_challenge(Step& step, const sip::ResponseArrived& event, Purpose purpose);

  // registering.cpp
  UserId add_user(const std::string& name, const sip::Uri& identity);
  UserId find_user(const sip::Uri& identity) const;
  std::optional<UserId> called_user(const sip::Message& request) const;
  void register_user(Step& step, const Register& command);
  void unregister_user(Step& step, const Unregister& command);
  /// Registers now for a chat that waits for it; false (and what it failed with is in the user) when that may
  /// not be tried.
  bool register_for_chat(Step& step, UserId id);
  void send_register(Step& step, UserId id, bool leave);
  /// Takes the registration back, after what is published.
  void leave_core(Step& step, UserId id);
  void on_register_response(Step& step, UserId id, const sip::Message& response);
  void on_register_lost(Step& step, UserId id, int status, const std::string& why);
  void settle_register(Step& step, UserId id, Registration::Outcome outcome);
  void on_registered(Step& step, UserId id, const Registration::Outcome& outcome);
  void on_register_failed(Step& step, UserId id, const Registration::Outcome& outcome);
  void on_left(Step& step, UserId id);
  void learn_aliases(UserId id);
  void fail_waiting(Step& step, UserId id, int status, const std::string& reason,
                    std::optional<std::uint32_t> retry_after_s);
  void on_registration_timer(Step& step, std::uint64_t id);
  /// A request outside of dialogs on its user's Service-Route, with P-Preferred-Identity; no Via.
  sip::Message make_request(std::string_view method, const sip::Uri& from, const sip::Uri& to);
  /// The core may have lost what it knew: all registered users register again, one after the other, from
  /// `after` on.
  void doubt_registrations(Step& step, Duration after, bool failing_too);

  // caller.cpp
  void start_chat(Step& step, StartChat command);
  /// A conversation goes on in a new session (CHAT-42).
  void reopen_chat(Step& step, ChatId id);
  /// Of chats alone: what a session for one message goes through is nobody's business.
  template <class E>
  void tell(Step& step, const Chat& chat, E event) {
    if (!chat.one_message) step.out.emit(std::move(event));
  }
  void place_call(Step& step, ChatId id, const std::string& from, InvitePlan plan);
  void send_invite(Step& step, Chat& chat);
  void send_again(Step& step, Chat& chat);
  void on_invite_response(Step& step, Chat& chat, const sip::Message& response);
  void on_invite_accepted(Step& step, Chat& chat, const sip::Message& response);
  bool retry_with_min_se(Step& step, Chat& chat, const sip::Message& response);
  /// A core that was restarted refuses users it does not know any more: register, then the INVITE once again.
  bool retry_registered_anew(Step& step, Chat& chat);
  void fail_chat(Step& step, Chat& chat, int status, const std::string& reason,
                 std::optional<std::uint32_t> retry_after_s = {});
  /// Its 2xx has come, but no session can be had.
  void drop_call(Step& step, Chat& chat, int status, const std::string& reason);
  void cancel_call(Step& step, Chat& chat, int give_up_status);
  void on_call_timer(Step& step, Chat& chat);
  void give_up(Step& step, Chat& chat);
  void on_stray_2xx(Step& step, const sip::ResponseArrived& event);

  // callee.cpp
  void on_invite(Step& step, const sip::RequestArrived& event);
  bool is_merged(const sip::Message& invite, const std::string& contact_user) const;
  /// Takes it, as nobody is asked about a message.
  void accept_delivery(Step& step, Chat& chat);
  void open_invitation(Step& step, const sip::RequestArrived& event, Offered offered,
                       std::optional<UserId> user);
  sip::Message answer_to(const Chat& chat, const sip::Message& invite, int status) const;
  void alert_user(Step& step, Chat& chat);
  void accept_chat(Step& step, Chat& chat);
  void refuse_chat(Step& step, Chat& chat, int status, const std::string& reason);
  void expire_chat(Step& step, Chat& chat, int status, int code, const std::string& reason);
  void on_cancel(Step& step, const sip::CancelArrived& event);

  // session.cpp
  ChatId chat_of(const sip::Message& message, bool as_uas) const;
  void on_dialog_request(Step& step, sip::RequestArrived&& event);
  void on_bye(Step& step, Chat& chat, const sip::RequestArrived& event);
  void on_ack(Step& step, const sip::Message& ack);
  void end_chat(Step& step, Chat& chat);
  /// BYE goes out and the chat is over.
  void hang_up(Step& step, Chat& chat, int code, const std::string& reason, bool by_us);
  /// Of a 2xx; for `chat` with our answer in it, where that is owed.
  void send_ack(Step& step, const sip::Dialog& dialog, std::uint32_t cseq, const Chat* chat = nullptr);
  void start_answer(Step& step, Chat& chat, sip::ServerTxnId txn, sip::Message&& response);
  void on_answer_timer(Step& step, Chat& chat);
  void on_chat_timer(Step& step, std::uint64_t id);
  void arm(Step& step, Chat& chat, ChatTimer timer, Duration after);
  void disarm(Step& step, Chat& chat, ChatTimer timer);
  /// Forgets the chat, after telling its messages how it ends. `chat` is gone afterwards.
  void close(Step& step, Chat& chat, Ending ending, int code, const std::string& reason);
  sip::Hop hop_for(const sip::Uri& uri) const;
  Duration give_up_after() const { return 64 * config.timers.t1; }

  // refresh.cpp
  void apply_timer(Step& step, Chat& chat, const sip::SessionTimer& timer, bool as_uac);
  void send_refresh(Step& step, Chat& chat);
  void on_refresh_response(Step& step, Chat& chat, const sip::Message& response);
  void on_session_request(Step& step, Chat& chat, const sip::RequestArrived& event);

  // media.cpp
  void send_text(Step& step, SendText command);
  /// Our offer, as it was before if there was one. Errors: as Messaging::offer.
  core::Result<body::Sdp> make_offer(Chat& chat);
  /// Our answer. Errors: as Messaging::answer.
  core::Result<body::Sdp> make_answer(Step& step, Chat& chat, const body::MsrpMedia& offer);
  /// The SDP in the 2xx to our INVITE: an answer, or from a peer that did not understand ours an offer.
  /// Errors: malformed, unsupported.
  core::Result<void> take_media(Step& step, Chat& chat, const sip::Message& response);
  /// The answer to our offer in a 2xx, in an ACK. Errors: likewise.
  core::Result<void> take_answer(Step& step, Chat& chat, const sip::Message& message);
  /// 488 for an offer that can not be answered.
  std::optional<Refusal> refuse_media(const Chat& invited);
  void on_messaging(Step& step, MessagingEvent&& event);
  void on_broken(Step& step, const SessionBroken& event);
  void on_done(Step& step, ChatId id);

  // pager.cpp
  void open_thread(Step& step, const OpenThread& command);
  void close_thread(Step& step, ChatId name);
  void on_message(Step& step, const sip::RequestArrived& event);
  Envelope envelope_of(Step& step, const sip::Message& request, std::optional<UserId> user,
                       std::string_view cpim_from) const;
  /// One after the other from a user to a peer (PGR-10).
  void queue_page(Step& step, MessageOwed&& owed);
  void send_page(Step& step, PageId id);
  /// Makes its request. False: it was dropped, as it has to leave in another way.
  bool write_page(Step& step, PageId id, Page& page);
  /// Its user registers first, if that may be tried now.
  void wait_for_registration(Step& step, PageId id);
  void on_page_response(Step& step, PageId id, const sip::Message& response);
  void finish_page(Step& step, PageId id, int status, const std::string& reason);
  /// Tells what has become of it.
  void settle_page(Step& step, const PagerItem& item, int status, const std::string& reason);
  /// All that a user who can not register has written; what is told of messages waits.
  void fail_pages(Step& step, UserId id, int status, const std::string& reason);
  /// What its user tells of messages waits until it is registered, also where it has just left.
  void park_notice(Step& step, PageId id);
  void send_parked(Step& step, UserId id);
  bool is_first(PageId id) const;
  bool is_parked(PageId id) const;
  void unpark(PageId id, const sip::Uri& from);
  /// Takes it off its line, and the next one leaves.
  void drop_page(Step& step, PageId id);
  void send_next(Step& step, PageId id);

  // inquiries.cpp
  /// Made at the first use: an agent that hears of no capabilities draws no number for it.
  CapabilityBook& book();
  void query_capabilities(Step& step, const QueryCapabilities& query);
  /// Our user and the contact of a question; nullopt: it was answered with what is wrong with them.
  std::optional<std::pair<sip::Uri, sip::Uri>> read_parties(Step& step, const Asker& asker);
  void tell_refused(Step& step, const Asker& asker, int status, std::string why);
  /// false: it has to be asked.
  bool tell_known(Step& step, const Asker& asker, const InquiryKey& key, bool fresh);
  /// Only while registered (CAP-63).
  bool may_ask(const Inquiry& inquiry) const;
  /// Into the line, or after the registration it needs first.
  void place_inquiry(Step& step, InquiryId id);
  void send_inquiries(Step& step);
  void send_inquiry(Step& step, InquiryId id, Inquiry& inquiry);
  void send_options(Step& step, InquiryId id, const Inquiry& inquiry);
  void on_inquiry_response(Step& step, InquiryId id, const sip::Message& response);
  /// What was learned goes into the book and to all who asked.
  void answer_inquiry(Step& step, InquiryId id, CapabilityNews news, int status);
  bool ask_registered_anew(Step& step, InquiryId id, Inquiry& inquiry);
  void on_inquiry_lost(Step& step, InquiryId id, int status, const std::string& why);
  void fail_inquiry(Step& step, InquiryId id, int status, const std::string& why, bool asked);
  InquiryId open_inquiry(Inquiry inquiry);
  Inquiry close_inquiry(InquiryId id);
  void offer_services(Step& step, const OfferServices& offer);
  const ServiceSet& services_of(UserId id) const;
  /// Our Contact in OPTIONS and its answers: with what is told of the user.
  sip::NameAddr contact_of(const std::string& contact_user, const ServiceSet& services) const;
  void on_options(Step& step, const sip::RequestArrived& event);
  /// A 200 that tells of these services.
  void answer_options(Step& step, sip::ServerTxnId txn, const sip::Message& request, UserId user,
                      const ServiceSet& services);
  /// An OPTIONS tells what its sender can do (CAP-5); nothing is asked back (CAP-64).
  void learn_from(Step& step, const sip::Message& request, std::optional<UserId> user);

  // watching.cpp
  void watch_contact(Step& step, const WatchContact& command);
  void unwatch_contact(Step& step, const UnwatchContact& command);
  void hide_services(const HideServices& command);
  bool is_watched(const InquiryKey& key) const;
  /// It has been asked, whatever came of it.
  void note_asked(Step& step, const InquiryKey& key);
  void on_polling_timer(Step& step);
  void ask_watched(Step& step, const InquiryKey& key);
  void arm_polling(Step& step);

  // Parts with a header of their own.
  struct Lists;        ///< agent_lists.hpp: one text to several
  struct Presence;     ///< agent_presence.hpp: discovery by presence, and what we publish for it
  struct HeldQueries;  ///< agent_held_queries.hpp: OPTIONS that somebody else answers

  AgentConfig config;
  core::Random& random;
  sip::TransactionLayer layer;
  Messaging messaging;

  std::uint64_t last_user = 0;
  std::map<UserId, User> users;
  std::map<UserKey, UserId> user_by_key;
  std::map<UserKey, UserId> aliases;

  std::uint64_t last_incoming = 0;
  std::map<ChatId, Chat> chats;
  std::uint64_t last_page = 0;
  std::map<PageId, Page> pages;
  std::map<UserKey, std::set<PageId>> parked;  ///< notifications of users who are not registered, by their
                                               ///< sender; each is the first of its line
  std::size_t parked_pages = 0;
  std::deque<PageId> next_pages;  ///< that have come first in their line
  bool sending_next = false;
  std::map<Pair, std::list<PageId>> page_queues;  ///< of a user to a peer; the first is on its way, or parked
  Inquiries inquiries;
  ContactPolling polling{config.capability_times};
  std::map<InquiryKey, Watched> watched;
  std::set<InquiryKey> hidden;  ///< contacts that are told of no services
  std::unique_ptr<Lists> lists;
  std::unique_ptr<Presence> presence;
  std::unique_ptr<HeldQueries> held_queries;
  std::map<UserKey, Credentials> credentials;
  std::map<sip::DialogId, ChatId> dialogs;
  std::unordered_map<sip::ClientTxnId, Purpose> purposes;
  std::unordered_map<sip::ServerTxnId, ChatId> invitations;
};

}  // namespace rcs::chat
