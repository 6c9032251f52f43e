#pragma once
// The messages of all chats of an agent, over MSRP sessions that come and go with their SIP dialogs: what
// waits, what was sent and what became of it, what has come in, the notifications (RFC 5438) and typing (RFC
// 3994) in both directions. It knows no SIP: it is told when a dialog is there and when it is over, gives and
// takes what SDP says of a session, and asks for a new one where something waits without (CHAT-42). A node
// over connections: node/stream.hpp.
//
// A thread is a conversation without sessions: what leaves it is asked of the owner as a SIP MESSAGE. Only a
// text that is too large for one gets a session, in which nothing else is said.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "body/sdp.hpp"
#include "chat/agent.hpp"
#include "chat/command.hpp"
#include "chat/content.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::chat {

/// Conversations that are kept without a session, so that a later text can open one, and threads in which
/// nothing waits. Over: the one that was used the longest time ago is forgotten.
inline constexpr std::size_t kMaxEndedConversations = 10'000;
/// Texts of a chat that wait for its session: more than anybody types while a session is set up. Over:
/// failed.
inline constexpr std::size_t kMaxWaitingTexts = 200;
/// Sessions that break in a row under one text, until it is given up.
inline constexpr int kMaxAttempts = 3;

/// Two users who write to each other: their URIs.
struct Correspondents {
  std::string us;
  std::string peer;
};

/// Whom a URI names, the same for all its forms: of a telephone number that, else user and domain.
std::string person(const std::string& uri);
/// Two persons, ours first.
using Pair = std::pair<std::string, std::string>;

/// How a session, or the attempt at one, ends.
enum class Ending : std::uint8_t {
  interrupted,  ///< idle, lost, or the peer has gone: what waits asks for a new session
  hung_up,      ///< by our user: what waits fails
  unanswered,   ///< our invitation got no 2xx; so it does
  declined,     ///< by the peer's user: and nothing more can be said
  refused,      ///< by our user: nor does the peer hear what became of its text
  expired       ///< an invitation to us went away
};

// --- asked of the owner
struct SessionWanted {  ///< set one up for this chat
  ChatId chat;
};
struct SessionDone {  ///< the large text of a thread is settled: end the dialog
  ChatId chat;
};
struct SessionBroken {  ///< nothing gets through any more: end its dialog
  ChatId chat;
  int code = 0;  ///< of MSRP; 0: the connection
  std::string why;
};
/// What a SIP MESSAGE of ours is for.
struct PagerItem {
  enum class Kind : std::uint8_t { text, notification, composing, list };
  Kind kind = Kind::notification;
  ChatId thread;           ///< 0: of a notification about a chat that has no session now (IMDN-13)
  std::string message_id;  ///< of a text
  std::uint64_t list = 0;  ///< of one text for several threads: which
};
/// To be sent by SIP MESSAGE.
struct MessageOwed {
  PagerItem item;
  Correspondents between;
  std::string content_type;
  std::string content;
  std::string conversation_id;      ///< of its thread; empty where there is none
  std::optional<Instant> deadline;  ///< of a text: worthless after that (PGR-12)
  bool now_or_never = false;        ///< nobody is to keep it for later: Expires 0
};
using MessagingEvent = std::variant<TextArrived, TextState, PeerComposing, ThreadOpened, SessionWanted,
                                    SessionBroken, SessionDone, MessageOwed>;
using MessagingOutbox = node::Outbox<node::StreamAction, node::ConnectionId, MessagingEvent>;

// --- told by the owner
/// Around a message that came by no session of a chat.
struct Envelope {
  std::vector<std::string> us;     ///< URIs by which our user may be known to the peer; the first is shown
  std::vector<std::string> peers;  ///< URIs of the peer; the first is shown, and written to
  std::string display;
  std::string conversation_id;  ///< of the peer's thread; empty: not told
  std::string request_id;       ///< tells a repetition where the message itself has no id
  bool expired = false;
};

class Messaging {
 public:
  /// SAFETY: both outlive this. Without `config.msrp` there are threads only, and no large texts in them.
  Messaging(const AgentConfig& config, core::Random& random);
  ~Messaging();
  Messaging(const Messaging&) = delete;
  Messaging& operator=(const Messaging&) = delete;

  // --- conversations
  /// A chat whose dialog begins.
  void begin(ChatId chat, Correspondents between);
  /// The text of an invitation has come. False: it is not to be shown; it was there in an earlier chat, or is
  /// a notification that the network has kept.
  bool take_first_text(Instant now, ChatId chat, const body::ChatText& text, MessagingOutbox& out);
  /// The dialog of the chat is over, or could not be had.
  void end(Instant now, ChatId chat, Ending ending, int code, const std::string& reason,
           MessagingOutbox& out);
  /// Nothing more will be written in it: it is not kept, or not longer than its dialog.
  void forget(ChatId chat);
  bool knows(ChatId chat) const;
  bool is_thread(ChatId chat) const;
  Correspondents correspondents(ChatId chat) const;
  std::size_t conversations() const;

  // --- threads
  /// Goes on under `name` where the two have one.
  void open_thread(ChatId name, Correspondents between);
  /// What waits fails. The id under which the owner knows it: that of its session, if there is one now.
  ChatId close_thread(Instant now, ChatId name, MessagingOutbox& out);
  /// Kept with every message of the thread, and in the INVITE for a large one.
  std::string conversation_id(ChatId thread) const;
  /// The session of a large message to us: what comes in it belongs to a thread, to one that is opened as
  /// `fresh` where there is none yet.
  void begin_delivery(ChatId session, Envelope envelope, ChatId fresh);
  /// The message does not fit into a SIP MESSAGE: it asks for a session, or fails.
  void too_large(Instant now, const PagerItem& item, const std::string& why, MessagingOutbox& out);
  /// The thread of that name has nothing under way, and its peer takes what others are sent, too.
  bool may_join_list(ChatId name) const;
  /// Its text waits, while a MESSAGE to several brings it; what comes of that is told by on_answer or
  /// send_alone. The id of the thread; 0: the text was refused, which has been told.
  ChatId send_by_list(Instant now, SendText command, MessagingOutbox& out);
  /// Likewise, of a text that was not told failed meanwhile.
  bool waits_for_list(ChatId thread, const std::string& message_id) const;
  /// No MESSAGE to several has brought it: it goes by one of its own.
  void send_alone(Instant now, ChatId thread, const std::string& message_id, MessagingOutbox& out);
  /// The final response to a SIP MESSAGE of ours; 408 for none, 503 where it could not leave.
  void on_answer(Instant now, const PagerItem& item, int status, const std::string& reason,
                 MessagingOutbox& out);
  /// All its texts that wait: its user can not register.
  void fail_thread(Instant now, ChatId thread, int code, const std::string& reason, MessagingOutbox& out);
  /// A message outside of chats. True: it has opened the thread `fresh`. A notification from somebody with
  /// whom the user never wrote says nothing.
  bool on_message(Instant now, const Envelope& envelope, Content content, ChatId fresh, MessagingOutbox& out);
  /// One by SIP MESSAGE within the dialog of a chat (PGR-1).
  void on_message_in(Instant now, ChatId chat, const Envelope& envelope, Content content,
                     MessagingOutbox& out);

  // --- commands
  void send_text(Instant now, SendText command, MessagingOutbox& out);
  void send_state(Instant now, const SendState& command, MessagingOutbox& out);
  void send_composing(Instant now, const SendComposing& command, MessagingOutbox& out);

  // --- set-up
  /// The first text that waits, to go in the INVITE itself; it counts as sent when that is accepted.
  std::optional<body::ChatText> text_for_invite(ChatId chat);
  /// The peer has not read the body of the INVITE: the text in it waits again.
  void take_back_text(ChatId chat);
  /// Our offer, a new one or the one we made. From then on the peer may come. Errors: too_large.
  core::Result<body::MsrpMedia> offer(ChatId chat);
  /// Could this be answered? Errors: unsupported (488), malformed.
  core::Result<void> check(ChatId chat, const body::MsrpMedia& offer);
  /// The answer to an offer of the peer; its session starts, or starts anew where the offer has another path
  /// (MSRP-83). Errors: as check; too_large.
  core::Result<body::MsrpMedia> answer(Instant now, ChatId chat, const body::MsrpMedia& offer,
                                       MessagingOutbox& out);
  /// The peer's answer to our offer; likewise. Errors: as check.
  core::Result<void> take_answer(Instant now, ChatId chat, const body::MsrpMedia& answer,
                                 MessagingOutbox& out);
  /// Has the peer said where it is?
  bool started(ChatId chat) const;
  /// The dialog is there, by the peer's 2xx or ours.
  void accepted(Instant now, ChatId chat, MessagingOutbox& out);

  // --- from outside
  void on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                 MessagingOutbox& out);
  void on_timer(Instant now, node::TimerKey key, MessagingOutbox& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::chat
