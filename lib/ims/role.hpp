#pragma once
// What a network node decides, without a word of SIP text: a node over Signals. Who hosts it (sip_node.hpp
// live and in virtual time, a population simulation without text) carries its decisions out.

#include <cstdint>
#include <span>

#include "core/time.hpp"
#include "ims/signal.hpp"
#include "node/outbox.hpp"

namespace rcs::ims {

using core::Duration;
using core::Instant;

/// Something worth telling the host or a person.
struct Notice {
  enum class Kind : std::uint8_t {
    registered,        ///< `to` has bindings now
    unregistered,      ///< the last binding of `to` is gone
    bindings_changed,  ///< some binding of `to` went away; others are left
    chat_answered,     ///< the sender got its 200 from the network
    chat_accepted,     ///< the receiver took the chat
    chat_declined,     ///< the receiver said no: `status`
    chat_stored,       ///< the receiver can not be reached; the message waits
    chat_lost,         ///< given up: too many stored, or too old
    message_kept,      ///< one without a session: the receiver can not be reached, it waits
    message_lost,      ///< likewise, given up: too old, or refused with `status`
    message_done,      ///< the text of `message` is not needed any more
    page_to_session,  ///< `message`, which the device of `to` does not take, becomes the first text of a chat
    chat_by_message,  ///< what is for `to` in the chat `message` goes by MESSAGE: its device takes no session
    page_to_chat,     ///< `message` goes to `to` in `chat`, behind what waits there; `call`: in which leg
    page_overdue,     ///< it is not sent there any more, unless it is under way
    pages_released,   ///< messages without a session that wait in the chat `message` go by MESSAGE
    leg_done,         ///< nor that of the leg `call`
  };
  Kind kind = Kind::registered;
  UserId from;
  UserId to;
  CallKey call;
  MessageHandle message;
  int status = 0;
  MessageHandle chat;
};

using RoleOutbox = node::Outbox<Signal, NodeId, Notice>;

/// What goes on in the message sessions of a chat, as far as it decides about the legs.
enum class MediaNews : std::uint8_t {
  began,         ///< the leg has a session, whose peer may be on its way
  traffic,       ///< something went over a leg, from whoever is at its end
  text_waits,    ///< a text of the sender waits for the receiver
  notice_waits,  ///< a notification does: nobody is invited for that
  notice_left,   ///< one for the sender, who has no session
  all_taken,     ///< the receiver's leg has taken all that waited
  lost,          ///< the leg carries nothing any more, and will not again
  for_message,   ///< something in the chat is to go by MESSAGE
  page_taken,    ///< the peer's hop has a message that came by MESSAGE
  page_left,     ///< ... will not have it from here
  page_released  ///< ... nor was it tried
};

/// Those three as the server sees them that answers for the message.
enum class PageFate : std::uint8_t { taken, left, released };

/// One contact of a REGISTER.
struct ContactSpec {
  ContactId contact;
  NodeId node;                  ///< the device it leads to
  std::uint64_t instance = 0;   ///< hash of +sip.instance and reg-id; 0: none
  std::uint32_t expires = 0;    ///< seconds asked for
  std::uint16_t q = 1000;       ///< in thousandths
  bool has_features = false;    ///< registered any feature tag
  bool has_chat = false;        ///< ... the chat service's
  bool has_standalone = false;  ///< ... one of messages without a session
};

class Registrar;

class Role {
 public:
  virtual ~Role() = default;
  virtual void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) = 0;
  virtual void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) = 0;
  /// A REGISTER with any number of contacts; on_message takes one with exactly the contact of its Signal.
  virtual void on_register(Instant now, NodeId from, const Signal& signal,
                           std::span<const ContactSpec> contacts, RoleOutbox& out) {
    (void)contacts;
    on_message(now, from, signal, out);
  }
  /// A message for several, and what is to be sent to each of them.
  virtual void on_list(Instant now, const Signal& request, std::span<const Signal> copies, RoleOutbox& out) {
    (void)now, (void)request, (void)copies, (void)out;
  }
  /// Of the leg `call`, where the host carries messages.
  virtual void on_media(Instant now, CallKey call, MediaNews news, RoleOutbox& out) {
    (void)now, (void)call, (void)news, (void)out;
  }
  /// What became of a message without a session that went to a chat.
  virtual void on_page_carried(Instant now, MessageHandle page, PageFate fate, RoleOutbox& out) {
    (void)now, (void)page, (void)fate, (void)out;
  }
  /// The location service of a node that has one.
  virtual const Registrar* registrar() const { return nullptr; }
};

// TimerKey::kind of the roles' timers; 1-9 belong to the transaction layer, 30-39 to the host.
inline constexpr std::uint32_t kAckTimer = 20;      ///< no ACK for our 2xx; id: chat
inline constexpr std::uint32_t kRingTimer = 21;     ///< the receiver does not answer; id: chat
inline constexpr std::uint32_t kIdleTimer = 22;     ///< nothing said in a session; id: chat
inline constexpr std::uint32_t kStoredTimer = 23;   ///< a stored message is too old; id: chat
inline constexpr std::uint32_t kSessionTimer = 24;  ///< RFC 4028; id: chat * 2 + (0 sender, 1 receiver)
inline constexpr std::uint32_t kBindingTimer = 25;  ///< a registration runs out; id: user
inline constexpr std::uint32_t kRetryTimer = 26;    ///< a receiver whose leg broke is asked again; id: chat
inline constexpr std::uint32_t kOptionsTimer = 27;  ///< no answer about capabilities; id: txn
inline constexpr std::uint32_t kPageAnswerTimer = 28;   ///< nor to a message; id: page
inline constexpr std::uint32_t kPageTimer = 29;         ///< a kept message is too old; id: page
inline constexpr std::uint32_t kPublicationTimer = 41;  ///< published state runs out; id: user
inline constexpr std::uint32_t kWatchTimer = 42;        ///< a subscription does; id: call
inline constexpr std::uint32_t kNotifyTimer = 43;       ///< its watcher may be told again; id: call

/// RFC 5626 section 5.3.1: the connection over which the device was reached has ended.
inline constexpr int kFlowFailed = 430;

/// Where the nodes of one core are.
struct Places {
  NodeId self;
  NodeId o_cscf;
  NodeId o_imas;
  NodeId t_cscf;
  NodeId t_imas;
};

}  // namespace rcs::ims
