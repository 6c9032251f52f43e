#pragma once
// The inside of SipNode, shared by its sources: sip_node.cpp (what comes in), sip_forward.cpp (passing on),
// sip_flow.cpp (devices behind connections of theirs), sip_answer.cpp (answers of the node itself),
// sip_leg.cpp (legs of the back-to-back user agent), sip_leg_media.cpp (their bodies and message sessions),
// sip_notices.cpp (notifications by SIP MESSAGE), pager_text.cpp (messages without a session),
// list_text.cpp (those for several), interwork_text.cpp (those in chats), turned_text.cpp (chats with a side
// that has no session).

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

#include "ims/chat_media.hpp"
#include "ims/invitation.hpp"
#include "ims/presence_text.hpp"
#include "ims/registrar.hpp"
#include "ims/signal_text.hpp"
#include "ims/sip_node.hpp"
#include "sip/dialog.hpp"

namespace rcs::ims {

/// A request in hand, found by its TxnKey (the number of its server transaction).
struct Exchange {
  Signal heard;
  sip::Message request;  ///< as it came, our own Route values taken off
  RouteMarks marks;
  std::optional<sip::Hop> device;  ///< the TLS connection of a device, over which it came
  std::optional<sip::Hop> flow;    ///< ... and of the one that it is for
  bool answered = false;           ///< a final response went out
  bool came_back = false;          ///< from the server it was sent to, which so has done its part (IFC-4)
  std::vector<sip::ClientTxnId> sent;
};

/// A request we sent, on behalf of an exchange or of our own.
struct Sent {
  TxnKey exchange;  ///< 0: our own
  Signal signal;    ///< as the role sent it
};

/// One leg of a back-to-back user agent.
struct Leg {
  std::optional<sip::Dialog> dialog;
  MessageHandle message;
  std::string tag;  ///< ours
  SdpEnd sdp;
  bool offered = false;  ///< our 2xx to an INVITE without an offer made one: the ACK has the answer
  sip::Message invite;   ///< of a leg we made: our INVITE
  sip::ClientTxnId invite_txn;
  sip::SessionTimer timer;  ///< agreed on
  bool we_refresh = false;
  sip::ServerTxnId ok_txn;  ///< of the INVITE whose 2xx waits for its ACK; 0: none
  sip::Message ok;
  Duration ok_interval{};
  Duration ok_waited{};
};

/// The text of a MESSAGE that this node answers for or has passed on.
struct PageText {
  sip::Message request;   ///< as it came, without the way it took
  std::string asked_txn;  ///< kAskedTxn of the way back; empty: none
};

struct BoundContact {
  ContactId id;
  sip::NameAddr contact;
  std::vector<sip::NameAddr> path;  ///< RFC 3327
};

struct SipNode::State {
  State(SipNodeConfig c, std::unique_ptr<Role> r, Directory& d, core::Random& rnd);
  void make_layer();
  void make_media();

  /// What is being handled right now, and where its effects go.
  struct Work {
    Instant now;
    sip::TxnOutbox& txn;
    NodeOutbox& out;
    MediaOutbox media{};
  };
  void drain(Work& work);

  // sip_node.cpp: from the transaction layer, to the role.
  void on(Work& work, sip::RequestArrived&& event);
  void on(Work& work, sip::AckArrived&& event);
  void on(Work& work, sip::CancelArrived&& event);
  void on(Work& work, sip::ResponseArrived&& event);
  void on(Work& work, sip::RequestTimedOut event);
  void on(Work& work, sip::RequestUnsendable event);
  void on(Work& work, sip::ServerTxnEnded event);
  /// What a response to a request of ours starts from.
  Signal signal_back(const Sent& entry);
  void on_failure(Work& work, sip::ClientTxnId txn, int status);
  void on_proxy_timer(Work& work, sip::ClientTxnId txn);
  /// A status to refuse the request with before the role sees it; 0: none. Fills `extra` with header fields
  /// of the refusal.
  int fault_of(const sip::Message& request, std::vector<sip::Header>& extra) const;
  bool is_for_us(const sip::Message& request) const;
  void decide(Work& work, NodeId from, const Signal& heard, std::span<const ContactSpec> contacts);
  void on_role_timer(Work& work, node::TimerKey key);
  void carry_out(Work& work, RoleOutbox& decisions, Step& step);
  void on_notice(Work& work, const Notice& notice);
  void render(Work& work, NodeId to, const Signal& signal);
  Exchange* exchange_of(TxnKey key);
  void forget(TxnKey key);
  /// A request but an INVITE is done with when it is answered; its transaction alone absorbs what is
  /// repeated.
  void forget_answered(const Signal& asked);

  // sip_forward.cpp
  void forward(Work& work, NodeId to, const Signal& signal);
  void forward_response(Work& work, Exchange& exchange, const Signal& signal);
  bool route_to_device(sip::Message& copy, const Signal& signal) const;
  void route_to_node(sip::Message& copy, NodeId to, const Signal& signal) const;
  void assert_identity(sip::Message& copy, bool trusted) const;
  sip::NameAddr own_route() const { return directory.route_to(config.self); }

  // sip_flow.cpp
  std::string name_of_flow(const sip::Hop& device);
  /// None for a name that this node has not given.
  std::optional<sip::Hop> flow_named(std::string_view name) const;
  sip::NameAddr route_over(const sip::Hop& device);
  void add_path(sip::Message& copy, const sip::Hop& device);
  void record_route(sip::Message& copy, const Exchange& exchange);

  // sip_answer.cpp
  void answer(Work& work, Exchange& exchange, const Signal& signal);
  void answer_plain(Work& work, sip::ServerTxnId txn, const sip::Message& request, int status,
                    const std::vector<sip::Header>& extra = {});
  void answer_options(Work& work, sip::ServerTxnId txn, const sip::Message& request);
  void add_registration(Work& work, sip::Message& response, const Exchange& exchange, const Signal& signal);
  /// Of a 200 to OPTIONS that the network gives in a device's place.
  void add_capabilities(sip::Message& response, const Signal& signal) const;
  void prune_bindings(Instant now, UserId user);
  sip::NameAddr own_contact() const;

  // sip_leg.cpp
  /// Reads the invitation of an INVITE that begins a leg; or the status to refuse it with, and header fields
  /// of the refusal.
  int begin_leg(const sip::Message& invite, Signal& signal, std::vector<sip::Header>& extra);
  /// The same for a re-INVITE or UPDATE within a leg.
  int check_refresh(const sip::Message& request, Signal& signal, std::vector<sip::Header>& extra);
  static int refuse_body(const core::Error& error, std::vector<sip::Header>& extra);
  CallKey leg_of(const sip::Message& request) const;
  void answer_on_leg(Work& work, Exchange& exchange, const Signal& signal, sip::Message& response);
  void originate(Work& work, NodeId to, const Signal& signal);
  void invite(Work& work, NodeId to, const Signal& signal);
  void third_party_register(Work& work, NodeId to, const Signal& signal);
  void request_in_leg(Work& work, const Signal& signal);
  /// Takes a 2xx to an INVITE of ours. False: it is not of the dialog we have; it has been ended.
  bool take_ok(Work& work, CallKey call, const sip::Message& response);
  void set_timer(Leg& leg, const sip::SessionTimer& timer, bool we_refresh);
  void repeat_ok(Work& work, CallKey call);
  void drop_leg(Work& work, CallKey call);
  void send_own(Work& work, sip::Message request, const Signal& signal);

  // sip_leg_media.cpp
  bool is_answerable(const std::optional<body::Sdp>& offer) const;
  /// Of an INVITE of ours.
  std::string leg_offer(CallKey call, const Leg& leg);
  /// Of a 2xx to a request with an offer; or, to one without, an offer of ours.
  std::string leg_answer(Work& work, CallKey call, const Leg& leg, const std::optional<body::Sdp>& offer);
  /// The SDP of a 2xx to our INVITE, or of the ACK to a 2xx of ours.
  void take_leg_answer(Work& work, CallKey call, const sip::Message& message);
  /// The receiver has the text of this invitation: it is not sent again.
  void drop_delivered(MessageHandle message);
  void renew(Invitation& invitation, MessageHandle message);
  void drain_media(Work& work);

  // pager_text.cpp
  /// Keeps the text of a MESSAGE outside of dialogs until its message_done.
  void begin_page(Instant now, const sip::Message& request, Signal& signal);
  /// Until when it is worth something, from now on said in it (PGR-12).
  void read_expiry(Instant now, sip::Message& page, Signal& signal);
  void send_page(Work& work, NodeId to, const Signal& signal);
  void tell_page_lost(Work& work, MessageHandle message);

  // list_text.cpp
  /// Keeps what each of those gets whom a message to the list server is for, until its message_done. Or the
  /// status to refuse it with, and header fields of the refusal.
  int read_list(Instant now, const sip::Message& request, const Signal& heard, std::vector<Signal>& copies,
                std::vector<sip::Header>& extra);
  void take_list(Work& work, Exchange exchange, const Signal& heard);

  // interwork_text.cpp
  /// What decides on the way of a new MESSAGE, or a new chat, when the two users have both.
  void meet_page(const sip::Message& request, Signal& signal);
  void meet_chat(const sip::Message& invite, Signal& signal);
  void carry_page(Work& work, const Notice& notice);
  void send_for_message(Work& work, MessageHandle chat);
  /// A MESSAGE becomes the invitation to a chat; and what is said in one becomes MESSAGEs.
  void page_to_session(Work& work, const Notice& notice);
  void chat_by_message(Work& work, MessageHandle chat);
  void owe_message(Work& work, const Invitation& invitation, ForMessage message, bool is_first);
  sip::Message text_message(const Invitation& invitation, Side to, bool is_first);
  std::size_t message_room(const Invitation& invitation, Side to);
  void give_conversation(Invitation& invitation);
  void on_page_news(Work& work, const MediaEvent& event);

  // sip_notices.cpp
  /// Notifications for which there is no session go by SIP MESSAGE (IMDN-13).
  void send_left_notices(Work& work, MessageHandle message, bool is_over);
  /// Nobody will have the text of this invitation: its sender is told, where it asked for that (IMDN-8).
  void tell_failure(Work& work, MessageHandle message);
  void send_notice(Work& work, const Invitation& invitation, LeftNotice notice);
  /// From the one to the other, without a body and without a way.
  sip::Message message_between(const Invitation& invitation, Side to);
  void send_first_notice(Work& work, UserId user);
  /// That one has been answered, or never will be.
  void send_next_notice(Work& work, UserId user);

  SipNodeConfig config;
  std::unique_ptr<Role> role;
  Directory& directory;
  core::Random& random;
  std::unique_ptr<sip::TransactionLayer> layer;
  std::optional<Authentication> authentication;
  PassedTexts passed_texts;
  std::unique_ptr<ChatMedia> media;        ///< null where no messages are carried
  std::unique_ptr<PresenceText> presence;  ///< null but at the presence server

  std::unordered_map<TxnKey, Exchange> exchanges;
  std::unordered_map<sip::ClientTxnId, Sent> sent;
  std::unordered_map<UserId, std::vector<BoundContact>> bindings;
  std::unordered_map<CallKey, Leg> legs;
  std::map<sip::DialogId, CallKey> dialogs;
  std::unordered_map<MessageHandle, Invitation> invitations;
  std::unordered_map<MessageHandle, PageText> pages;
  /// By whom they are for; the first is under way, and the others wait for its answer (PGR-10).
  std::unordered_map<UserId, std::deque<sip::Message>> notices;
  std::uint64_t last_call = 0;
  std::uint64_t last_message = 0;

  sip::Message* response_in_hand = nullptr;  ///< until passed on. SAFETY: set only while its event is handled
  const sip::Message* ack_in_hand = nullptr;  ///< SAFETY: likewise
  std::optional<sip::Hop> ack_flow;           ///< of the device it is for
  std::string flow_key;                       ///< proves names of connections; drawn when the first is needed
};

inline constexpr std::string_view kAllow = "INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS, MESSAGE, REGISTER";
inline constexpr std::string_view kLegAllow = "INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS";

}  // namespace rcs::ims
