#pragma once
// One network node on SIP: hosts a role, projects what comes in to Signals, lets the role decide, and renders
// its decisions onto real messages: a stateful proxy (RFC 3261 section 16), a registrar's answers, or the
// legs of a back-to-back user agent, with their message sessions where it has an address for those. A node
// over sip::Message and MSRP connections, live and in virtual time alike.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "ims/authentication.hpp"
#include "ims/directory.hpp"
#include "ims/role.hpp"
#include "msrp/listening.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"
#include "sip/transaction.hpp"

namespace rcs::ims {

/// One decision: what the role was told, and what it sent on.
struct Step {
  NodeId node;
  Signal heard;          ///< of a timer: all zero
  node::TimerKey timer;  ///< kind 0: it was a message
  std::vector<std::pair<NodeId, Signal>> said;
};
/// A node::StreamEffect is for the driver of its connections.
using NodeEvent = std::variant<Notice, Step, node::StreamEffect>;
using NodeOutbox = node::Outbox<sip::Message, sip::Hop, NodeEvent>;

/// A line for a person, and for comparing runs: "t-cscf: INVITE 1>2 -> t-imas INVITE 1>2".
std::string describe(const Step& step, const Directory& directory);

inline constexpr std::uint32_t kNodeTransactionTimers = 1;  ///< TimerKey::kind of the transaction layer
inline constexpr std::uint32_t kOkTimer = 30;               ///< a 2xx of ours is sent again; id: CallKey
inline constexpr std::uint32_t kProxyTimer = 31;            ///< timer C; id: client transaction
inline constexpr std::uint32_t kMediaTimers = 32;           ///< of the MSRP sessions
inline constexpr std::size_t kMaxOwnVias =
    6;  ///< a call through all servers passes a node three times; more is a loop (482)

struct SipNodeConfig {
  NodeId self;                   ///< its name and address are in the directory
  NodeId o_cscf;                 ///< whose address goes into Service-Route
  NodeId t_cscf;                 ///< through which a back-to-back node sends notifications
  bool back_to_back = false;     ///< the role takes chat INVITEs itself
  bool serves_presence = false;  ///< the role takes PUBLISH and SUBSCRIBE
  bool serves_lists = false;     ///< the role sends messages for several to each of them
  /// Where a back-to-back node takes MSRP connections; none: its SDP names no place, and it carries no
  /// messages.
  std::optional<msrp::ListeningAt> msrp;
  bool interworking = true;     ///< messages without a session may go in chats, and back
  bool stores_messages = true;  ///< answers for the receiver; else a message is answered when that has it
  /// Of devices whose requests enter here; none: everybody is believed.
  std::optional<AuthenticationConfig> authentication;
  sip::TimerValues timers;
  Duration invite_timeout =
      std::chrono::seconds(360);  ///< timer C: over 3 minutes, and over any ring timeout
  core::WallClock wall;           ///< for Date
  std::string server = "rcsgw/0.1 (simulated IMS core)";
  bool record_steps = false;  ///< emit a Step for each decision
};

class SipNode {
 public:
  /// SAFETY: `directory` and `random` outlive the node.
  SipNode(SipNodeConfig config, std::unique_ptr<Role> role, Directory& directory, core::Random& random);
  ~SipNode();
  SipNode(const SipNode&) = delete;
  SipNode& operator=(const SipNode&) = delete;

  void on_message(Instant now, const sip::Hop& from, sip::Message message, NodeOutbox& out);
  void on_timer(Instant now, node::TimerKey key, NodeOutbox& out);
  void on_unreachable(Instant now, const sip::Hop& to, const std::string& why, NodeOutbox& out);
  void on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news, NodeOutbox& out);

  /// The directory has a new address for this node: to be called before its first message.
  void address_changed();
  /// MSRP connections are taken there: to be called before its first message too. Does nothing at a node that
  /// is not back-to-back.
  void take_msrp_at(msrp::ListeningAt at);
  const std::string& name() const;
  const NodeAddress& address() const;
  const Role& role() const;
  /// Transactions, exchanges and legs still held; 0 when everything has come to its end.
  std::size_t open() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::ims
