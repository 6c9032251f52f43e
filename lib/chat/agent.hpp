#pragma once
// One or many RCS clients behind one socket: registration and its refresh, 1-1 chat sessions as caller and
// callee, the messages in them over MSRP with their notifications and typing, answers to OPTIONS. A node: SIP
// messages, news of MSRP connections, timers and commands in; SIP messages, timers and events out, among them
// what it asks of its MSRP connections.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "chat/capability_book.hpp"
#include "chat/command.hpp"
#include "core/digest_access.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "msrp/listening.hpp"
#include "node/outbox.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"
#include "sip/transaction.hpp"

namespace rcs::chat {

using core::Instant;
using AgentOutbox = node::Outbox<sip::Message, sip::Hop, Event>;

struct AgentConfig {
  std::string host = "127.0.0.1";  ///< of our Contact and Via: the bound address
  std::uint16_t port = 5070;
  sip::Hop core;  ///< where requests go first (P-CSCF); UDP unless the transport says otherwise
  std::string user_agent = "rcsgw/0.1 (RCS chat toolkit)";
  std::uint32_t register_expires = 600000;  ///< seconds asked for (REG-11)
  bool expect_registered = true;            ///< INVITE only after a successful REGISTER
  bool accept_unknown_users =
      false;  ///< take invitations for users nobody registered here (a bare receiver); else 404
  core::Duration invite_timeout =
      std::chrono::seconds(180);  ///< an alerted, unanswered invitation is then answered 480 and expires
  sip::TimerValues timers;
  core::WallClock wall;  ///< for CPIM DateTime
  /// Where MSRP connections reach us; none: no session carries messages, as for a client that only sets up.
  std::optional<msrp::ListeningAt> msrp;
  ServiceSet services{Service::chat, Service::standalone,
                      Service::standalone_large};  ///< of each user until OfferServices
  /// The name and password with which a user of ours answers challenges (401, 407); none, where it has none.
  std::function<std::optional<core::DigestCredentials>(const sip::Uri& identity)> login_of;
  CapabilityTimes capability_times;
  std::size_t parallel_inquiries = 50;  ///< OPTIONS on their way at once; others wait in line
  /// Octets of a whole SIP MESSAGE; a larger text gets a session (PGR-9, PGR-40).
  std::size_t pager_limit = sip::kMaxDatagramRequest;
  /// Over TCP, where that is not refused (PGR-11); matters with a core that is reached over UDP.
  bool messages_by_tcp = false;
  bool text_in_invite = true;  ///< the first text goes in the INVITE (SIMPLE IM); else by MSRP after the ACK
                               ///< (CPM)
};

inline constexpr std::uint32_t kAgentTransactionTimers = 10;  ///< TimerKey::kind of the transaction layer
inline constexpr std::uint32_t kAgentSessionTimers = 11;
inline constexpr std::uint32_t kAgentRegistrationTimers = 12;
inline constexpr std::uint32_t kAgentMsrpTimers = 13;
inline constexpr std::uint32_t kAgentComposingTimers = 14;
inline constexpr std::uint32_t kAgentPollingTimers = 15;
inline constexpr std::uint32_t kAgentPresenceTimers = 16;
inline constexpr std::uint32_t kAgentHeldQueryTimers = 17;
inline constexpr std::size_t kMaxChatsPerAgent = 200'000;  ///< over: invitations get 486

class Agent {
 public:
  /// SAFETY: `random` outlives the agent.
  Agent(AgentConfig config, core::Random& random);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  void execute(Instant now, Command command, AgentOutbox& out);
  void on_message(Instant now, const sip::Hop& from, sip::Message message, AgentOutbox& out);
  void on_timer(Instant now, node::TimerKey key, AgentOutbox& out);
  void on_unreachable(Instant now, const sip::Hop& to, const std::string& why, AgentOutbox& out);
  void on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news, AgentOutbox& out);

  bool is_registered(const std::string& user) const;
  std::size_t open_chats() const;
  std::size_t open_messages() const;  ///< by SIP MESSAGE, without their answer yet

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::chat
