#pragma once
// The messages of all chats of an agent, over MSRP sessions that come and go with their SIP dialogs: what
// waits, what was sent and what became of it, what has come in, the notifications (RFC 5438) and typing (RFC
// 3994) in both directions. It knows no SIP: it is told when a dialog is there and when it is over, gives and
// takes what SDP says of a session, and asks for a new one where something waits without (CHAT-42). A node
// over connections: node/stream.hpp.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "body/cpim.hpp"
#include "body/sdp.hpp"
#include "chat/agent.hpp"
#include "chat/command.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::chat {

/// Conversations that are kept without a session, so that a later text can open one. Over: the one that ended
/// first is forgotten.
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
struct SessionBroken {  ///< nothing gets through any more: end its dialog
  ChatId chat;
  int code = 0;  ///< of MSRP; 0: the connection
  std::string why;
};
/// A notification for the peer of a chat that has no session: by SIP MESSAGE (IMDN-13).
struct NoticeOwed {
  Correspondents between;
  std::string cpim;
};
using MessagingEvent =
    std::variant<TextArrived, TextState, PeerComposing, SessionWanted, SessionBroken, NoticeOwed>;
using MessagingOutbox = node::Outbox<node::StreamAction, node::ConnectionId, MessagingEvent>;

class Messaging {
 public:
  /// SAFETY: both outlive this. `config.msrp` is there.
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
  Correspondents correspondents(ChatId chat) const;
  std::size_t conversations() const;

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
  /// A notification by SIP MESSAGE, for a user of ours who may be called by any of `us`, from somebody who is
  /// any of `peers`; about what the two have never written it says nothing.
  void on_notice(Instant now, const std::vector<std::string>& us, const std::vector<std::string>& peers,
                 const body::Cpim& cpim, MessagingOutbox& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::chat
