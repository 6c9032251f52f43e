#pragma once
// What a chat client is asked to do, and what it tells: values, so that the gateway, a shell tool and a
// scenario drive the same client.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "body/chat_body.hpp"
#include "body/recipient_list.hpp"
#include "chat/capabilities.hpp"
#include "core/id.hpp"
#include "core/time.hpp"
#include "node/stream.hpp"

namespace rcs::chat {

/// One chat of one user. Whoever starts a chat names it: odd ids, see outgoing_chat. The client names
/// incoming ones: even ids.
using ChatId = core::Id<struct ChatTag>;
constexpr ChatId outgoing_chat(std::uint64_t n) { return ChatId{2 * n - 1}; }  ///< n from 1
constexpr ChatId incoming_chat(std::uint64_t n) { return ChatId{2 * n}; }      ///< n from 1

// --- commands
// -----------------------------------------------------------------------------------------------------------------
/// Keeps `user` (a public identity, "sip:01087654321@domain.com") registered until told otherwise.
struct Register {
  std::string user;
};
struct Unregister {
  std::string user;
};
struct StartChat {
  ChatId chat;
  std::string from;     ///< our user's public identity; registered first when it is not yet
  std::string to;       ///< the peer's
  std::string subject;  ///< SIP Subject; control characters and what passes 1 KiB are taken out by the client
  std::optional<body::ChatText>
      text;  ///< the first message; its from, to and date_time are filled in by the client
};
/// The user has been told of the invitation: 180 goes out.
struct AlertUser {
  ChatId chat;
};
struct AcceptChat {
  ChatId chat;
};
/// Answers an invitation with a refusal. No event follows: the chat is over.
struct DeclineChat {
  ChatId chat;
  int status = 603;  ///< 480, 486, 603 ...
  std::string reason;
};
/// Ours, unanswered: CANCEL, then ChatFailed 487 (or ChatEnded, when the answer crosses it). Theirs,
/// unanswered: as DeclineChat. Up: BYE and ChatEnded at once; accepted but without its ACK yet: when that
/// comes. Texts that wait are told failed; a later one opens the chat again. Over: as ForgetChat.
struct EndChat {
  ChatId chat;
};
/// What becomes of a message between users; `failed` is told, never sent.
enum class MessageState : std::uint8_t { sent, delivered, displayed, failed };

/// A text, or content of another type, in a chat that was accepted. Waits for its session where that is not
/// up; where the session has ended, it opens a new one (CHAT-42): ChatAnswered, ChatConnected or ChatFailed
/// and ChatEnded are then told again for the same chat. So they are when a session ends under texts that
/// wait.
struct SendText {
  ChatId chat;
  body::ChatText text;  ///< with its message_id; from, to and date_time are filled in by the client
  std::optional<core::Duration> expires;  ///< in a thread: worthless after that (PGR-12); none: never
};
/// Tells the peer what became of a message of its (IMDN): `delivered` where that was not told by itself,
/// `displayed`. Once for each (IMDN-4), and only if the message asked for it.
struct SendState {
  ChatId chat;
  std::string message_id;
  MessageState state = MessageState::displayed;
};
/// The user is typing, or has stopped; the machine of RFC 3994 decides what is sent.
struct SendComposing {
  ChatId chat;
  bool active = true;
  std::optional<std::uint32_t> refresh;  ///< seconds, 60 at least (ISC-1)
  std::string content_type;              ///< of what is being typed; empty: not told
};
/// An ended chat will not be written in again: nothing is kept for that.
struct ForgetChat {
  ChatId chat;
};
/// Messages without a session between a user of ours and a peer (pager mode, RFC 3428). SendText, SendState
/// and SendComposing in a thread go by SIP MESSAGE, one at a time (PGR-10), a text that is too large for that
/// by a session for just this one (PGR-9, PGR-40); TextState, TextArrived and PeerComposing tell of it as of
/// a chat. It is there until ForgetChat or EndChat, which fail what waits; with too many of them the one that
/// was used the longest time ago goes, and texts in it fail with 481. Two users have one thread: opened anew
/// it goes on under the new id. ChatFailed 400: from or to can not be written to or from.
struct OpenThread {
  ChatId chat;
  std::string from;  ///< our user's public identity; registered first when it is not yet
  std::string to;
};

/// One of those whom a text goes to at once.
struct ListedRecipient {
  ChatId thread;  ///< with that one, opened before
  body::CopyControl copy = body::CopyControl::to;
  bool anonymize = false;  ///< the others see that there is somebody, not who
};
/// One text to several, in one SIP MESSAGE to the network's list server (RFC 5365, PGR-42); what becomes of
/// it is told by TextState in each of the threads. A network without one, and a message that is too large for
/// it, has it sent to each by itself.
struct SendToMany {
  std::string from;  ///< our user of all the threads
  std::vector<ListedRecipient> to;
  body::ChatText text;  ///< with its message_id; from, to and date_time are filled in by the client
  std::optional<core::Duration> expires;  ///< worthless after that (PGR-12); none: never
};

/// How a contact is asked what it can do: its device itself, or the presence server for what it has
/// published.
enum class Discovery : std::uint8_t { options, presence };

/// Who asks names it; its answer has the same name. Of a QueryArrived: its client does.
using QueryId = core::Id<struct QueryTag>;
/// What can this contact do? Asked of the network where what is known is too old (CAP-60 to 63); always with
/// `fresh`, unless it was asked within the last second. One CapabilitiesFound follows.
struct QueryCapabilities {
  QueryId query;
  std::string user;  ///< of ours, who asks; registered first when it is not yet
  std::string contact;
  bool fresh = false;
  ChatId chat;  ///< not 0: within the dialog of that chat (CAP-9)
  Discovery by = Discovery::options;
  /// What the contact is told that the user can do now (CAP-35); none: what the user offers.
  std::optional<ServiceSet> own;
};
/// What this contact can do is asked now and then from now on, as CapabilityTimes::polling has it (CAP-62):
/// CapabilitiesChanged tells what is new, the first that is learned included. One CapabilitiesFound follows
/// at once, with what is known, or with the reason why the contact can not be watched.
struct WatchContact {
  QueryId query;
  std::string user;  ///< of ours; nobody is asked while it is not registered (CAP-63)
  std::string contact;
};
struct UnwatchContact {
  std::string user;
  std::string contact;
};
/// This contact is told of no services when it asks what the user can do (CAP-10), or is told again.
struct HideServices {
  std::string user;
  std::string contact;
  bool hidden = true;
};
/// What a user of ours can do from now on: told in REGISTER and OPTIONS, and published where discovery by
/// presence is among it.
struct OfferServices {
  std::string user;
  ServiceSet services;
};
/// Whoever asks this user what it can do, with feature tags of its own, is answered by AnswerQuery (CAP-40),
/// or again by the client itself.
struct HoldQueries {
  std::string user;
  bool hold = true;
};
/// The answer to a QueryArrived; after too long a while the client has given its own (CAP-41).
struct AnswerQuery {
  QueryId query;
  ServiceSet services;  ///< may be none (CAP-10)
};
using Command =
    std::variant<Register, Unregister, StartChat, AlertUser, AcceptChat, DeclineChat, EndChat, SendText,
                 SendState, SendComposing, ForgetChat, OpenThread, SendToMany, QueryCapabilities,
                 WatchContact, UnwatchContact, HideServices, OfferServices, HoldQueries, AnswerQuery>;

// --- events
// -------------------------------------------------------------------------------------------------------------------
struct Registered {  ///< now, or again after a failure; a Register of a user who is, answers with the time
                     ///< left. Refreshes are silent.
  std::string user;
  core::Duration expires{};
};
struct RegistrationFailed {
  std::string user;
  int status = 0;  ///< SIP status; 408 also for no answer, 503 for an unreachable core
  std::string reason;
  bool will_retry = true;
};
struct Unregistered {
  std::string user;
};
struct ChatProgress {  ///< a provisional response over 100
  ChatId chat;
  int status = 180;
};
struct ChatAnswered {  ///< 2xx to our INVITE
  ChatId chat;
  bool by_network = false;  ///< a store-and-forward server answered for the receiver (CHAT-1, CHAT-6): the
                            ///< user has not accepted yet
};
struct ChatConnected {  ///< the other user has accepted: 2xx by the receiver, an UPDATE that says so after a
                        ///< 2xx by the network,
  ChatId chat;          ///< or, at the callee, the ACK of our 2xx
};
struct ChatFailed {  ///< a chat we started got no 2xx
  ChatId chat;
  int status = 0;  ///< final SIP status; 408 for no answer, 503 for an unreachable core
  std::string reason;
  std::optional<std::uint32_t> retry_after;  ///< seconds
};
struct ChatInvited {
  ChatId chat;
  std::string user;  ///< ours
  std::string from;  ///< the sender's URI: From, or Referred-By / CPIM From of a deferred message (CHAT-40)
  std::string display;
  std::string subject;
  std::optional<body::ChatText> text;  ///< none in an SDP-only INVITE (XLAT-5)
  bool deferred = false;
};
struct ChatExpired {  ///< an invitation to us went away unanswered: cancelled by the caller, or our answer
                      ///< came too late
  ChatId chat;
  int code = 487;
  std::string reason;
};
struct ChatEnded {  ///< BYE, by either side, a lost session timer or no ACK
  ChatId chat;
  /// Of the BYE's Reason header (RFC 3326) when it has one: 603 when the network passes on a decline. 408 or
  /// 481 when the peer is gone: no ACK, no refresh, no answer to ours.
  int code = 200;
  std::string reason;
  bool by_us = false;  ///< an EndChat of ours; false when we hang up because the peer is gone
};
/// A text in a chat, after the one that an invitation brought; each message_id once.
struct TextArrived {
  ChatId chat;
  body::ChatText text;
  bool expired = false;  ///< its sender wanted it read earlier (PGR-13)
};
/// What became of a message that was sent in a chat, its first text included: in order, each state once
/// (IMDN-14). `failed` is the last: nobody will deliver it. What a chat's end does to its texts is told after
/// the ChatFailed or ChatEnded.
struct TextState {
  ChatId chat;
  std::string message_id;
  MessageState state = MessageState::sent;
  /// Of a failure: the status of MSRP or SIP; 0: from a notification. Of `sent` in a thread: 200, or 202 when
  /// the network keeps it for later (PGR-5); 0 where its notification was faster than the answer.
  int code = 0;
  std::string reason;  ///< for a person
};
/// The peer is typing, or is not any more (RFC 3994).
struct PeerComposing {
  ChatId chat;
  bool active = false;
  std::string content_type;  ///< of what is typed, where that is told
};
/// A message without a session has come from somebody with whom this user has no thread: there is one now,
/// and what has come follows.
struct ThreadOpened {
  ChatId chat;
  std::string user;  ///< ours
  std::string from;  ///< the sender's URI
  std::string display;
};
/// The answer to a QueryCapabilities.
struct CapabilitiesFound {
  QueryId query;
  std::string user;
  std::string contact;  ///< as it was asked
  CapabilityRecord record;
  bool asked = false;  ///< the network has been asked; else it was known
  int status = 0;      ///< of its answer; 408 for none within the time, 503 for an unreachable core
  /// Why nothing was learned (CAP-21): the record is what was known before. Empty: it was.
  std::string error;
  std::vector<std::string> raw_tags;  ///< the feature tags of that answer, as they came, to be shown
};
/// A contact can do something else than we knew, or has come or gone; told by its own OPTIONS (CAP-5), too.
/// Of one that is watched also what is learned first.
struct CapabilitiesChanged {
  std::string user;
  std::string contact;  ///< a URI
  CapabilityRecord record;
};
/// A contact asks a user whose queries are held: to be answered by AnswerQuery, soon.
struct QueryArrived {
  QueryId query;
  std::string user;           ///< ours
  std::string contact;        ///< a URI: who asks
  Capabilities capabilities;  ///< its own, as it says
};
/// A node::StreamEffect is what the agent asks of its MSRP connections: for the driver, not for a user.
using Event =
    std::variant<Registered, RegistrationFailed, Unregistered, ChatProgress, ChatAnswered, ChatConnected,
                 ChatFailed, ChatInvited, ChatExpired, ChatEnded, TextArrived, TextState, PeerComposing,
                 ThreadOpened, CapabilitiesFound, CapabilitiesChanged, QueryArrived, node::StreamEffect>;

}  // namespace rcs::chat
