#pragma once
// What a chat client is asked to do, and what it tells: values, so that the gateway, a shell tool and a
// scenario drive the same client.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "body/chat_body.hpp"
#include "core/id.hpp"
#include "core/time.hpp"

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
/// comes. Over: nothing.
struct EndChat {
  ChatId chat;
};
using Command = std::variant<Register, Unregister, StartChat, AlertUser, AcceptChat, DeclineChat, EndChat>;

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
using Event = std::variant<Registered, RegistrationFailed, Unregistered, ChatProgress, ChatAnswered,
                           ChatConnected, ChatFailed, ChatInvited, ChatExpired, ChatEnded>;

}  // namespace rcs::chat
