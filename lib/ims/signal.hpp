#pragma once
// What a network node decides on: a SIP message reduced to a fixed-size value. Users, nodes, calls and
// messages are interned ids, so that the same node runs live (projected from a sip::Message) and inside a
// population simulation (carried as such). Header text is not here: who hosts the node keeps the original
// message under `txn` or `message` and renders decisions onto it.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/id.hpp"

namespace rcs::ims {

/// A 32-bit id: half the population is 10 million users, and every Signal carries a dozen ids.
template <class Tag>
struct SmallId {
  std::uint32_t value = 0;
  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(SmallId, SmallId) = default;
};

using UserId = SmallId<struct UserTag>;         ///< a subscriber, whatever form of its identity was used
using NodeId = SmallId<struct NodeTag>;         ///< a network node or a device
using ContactId = core::Id<struct ContactTag>;  ///< a registered contact URI of one user
using CallKey = core::Id<struct CallTag>;       ///< one leg of one call
using TxnKey = core::Id<struct TxnTag>;         ///< the request in hand at this node
using MessageHandle =
    core::Id<struct MessageTag>;  ///< the original message, kept by the host until message_done

inline constexpr UserId kForeignUser{UINT32_MAX};  ///< anybody outside the domain
inline constexpr NodeId kOutside{UINT32_MAX};      ///< any device, where the host does not tell devices apart

enum class Method : std::uint8_t {
  other,
  invite,
  ack,
  cancel,
  bye,
  update,
  message,
  options,
  register_,
  subscribe,
  notify,
  publish,
  refer,
  info,
  prack
};
Method method_of(std::string_view name);
/// "INVITE"; "OTHER" for one we do not name.
std::string_view name(Method method);

enum class SessionCase : std::uint8_t {
  originating = 0,
  terminating = 1,
  terminating_unregistered = 2,
  originating_unregistered = 3
};

enum class Flag : std::uint32_t {
  chat_tag = 1u << 0,           ///< Accept-Contact names the chat service
  strict_preference = 1u << 1,  ///< ... with require and explicit (REG-41)
  has_sdp = 1u << 2,
  has_cpim = 1u << 3,
  in_dialog = 1u << 4,
  update_allowed = 1u << 5,       ///< Allow lists UPDATE
  store_and_forward = 1u << 6,    ///< an INVITE made by a store-and-forward server
  answered_by_network = 1u << 7,  ///< a 200 that a server gave on behalf of the receiver
  from_local = 1u << 8,           ///< `from` is a known user of the domain
  to_local = 1u << 9,             ///< `to` is a known user of the domain
  trusted = 1u << 10,             ///< came from a node of the core
  marked_originating = 1u << 11,  ///< came with the Route value handed out at registration (REG-33)
  standalone = 1u << 12,          ///< ... or messages without a session (CPM msg, largemsg, deferred)
  originated = 1u << 13,          ///< made by this node, not passed on
  contact_star = 1u << 14,        ///< REGISTER with Contact: *
  short_interval = 1u << 15,      ///< Session-Expires below the minimum (422)
  unusable_offer = 1u << 16,      ///< an SDP offer with no stream we take (488)
  we_refresh = 1u << 17,          ///< the session timer agreed on makes this side the refresher
  bad_contacts = 1u << 18,        ///< REGISTER whose Contact: * does not stand alone
  idle = 1u << 19,                ///< BYE of a session in which nothing was said for long
  to_flow = 1u << 21,             ///< for the device at the end of a connection that this node holds
  transient = 1u << 22,           ///< MESSAGE: true only now, never kept (Expires: 0, typing)
  capabilities_known = 1u << 20,  ///< OPTIONS: the network has heard what a device of `to` can do
  interworks = 1u << 23,      ///< MESSAGE or INVITE: what it brings may go in a chat as well as by MESSAGE
  notification = 1u << 24,    ///< MESSAGE: tells what became of another message
  by_message = 1u << 25,      ///< ... which came by MESSAGE, and so does this
  coding_refused = 1u << 26,  ///< a 415 to the Content-Encoding, not to the type
  owed = 1u << 27,  ///< MESSAGE: this server has taken it from a chat, and nobody waits for an answer
};
using Flags = std::uint32_t;
constexpr Flags operator|(Flag a, Flag b) { return static_cast<Flags>(a) | static_cast<Flags>(b); }
constexpr Flags operator|(Flags a, Flag b) { return a | static_cast<Flags>(b); }

/// At most eight nodes: a MESSAGE through both application servers passes seven.
class NodeStack {
 public:
  static constexpr std::size_t kCapacity = 8;
  bool push(NodeId node) {
    if (size_ == kCapacity) return false;
    nodes_[size_++] = node;
    return true;
  }
  /// Takes the top off; NodeId{} when empty.
  NodeId pop() { return size_ == 0 ? NodeId{} : nodes_[--size_]; }
  NodeId top() const { return size_ == 0 ? NodeId{} : nodes_[size_ - 1]; }
  /// 0 is the bottom.
  NodeId at(std::size_t index) const { return index < size_ ? nodes_[index] : NodeId{}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

 private:
  std::array<NodeId, kCapacity> nodes_{};
  std::uint8_t size_ = 0;
};

struct Signal {
  Method method = Method::other;
  SessionCase session_case = SessionCase::originating;
  std::uint8_t odi = 0;  ///< filter criteria already evaluated: the next one to look at; kOdiDone: none.
                         ///< Of a response: those the server that gave it was asked by; 0: no server gave it,
                         ///< or it is from beyond the server asked
  std::uint16_t status = 0;  ///< 0: a request
  std::uint16_t cause = 0;   ///< of a Reason header (RFC 3326): why a BYE was sent, or a request refused
  Flags flags = 0;
  UserId from;  ///< who asks: the asserted identity
  UserId to;    ///< who is asked: by Request-URI outside, by To within a dialog
  std::uint32_t cseq = 0;
  std::uint32_t expires = 0;  ///< seconds: of a registration, or of the session timer agreed on; of a
                              ///< MESSAGE, what is left of its time, 0: for ever
  std::uint32_t size = 0;     ///< octets of the body
  NodeId target;              ///< the device a request within a dialog ends at; of a response: who made it
  ContactId contact;          ///< of a REGISTER: what is bound; of a request to a device: the binding chosen
  CallKey call;
  TxnKey txn;
  MessageHandle message;
  CallKey about;    ///< of a notification: the chat that brought its text, by the leg of who began it
  NodeStack via;    ///< who sent it on, the latest on top: the way back
  NodeStack route;  ///< of a request: nodes still to visit, next on top; of a response: the request's `via`
                    ///< at its end

  bool is_request() const { return status == 0; }
  bool has(Flag flag) const { return (flags & static_cast<Flags>(flag)) != 0; }
  void set(Flag flag, bool on = true) {
    flags = on ? flags | static_cast<Flags>(flag) : flags & ~static_cast<Flags>(flag);
  }
};

static_assert(std::is_trivially_copyable_v<Signal>);
static_assert(sizeof(Signal) <= 160);

inline constexpr std::uint8_t kOdiDone = 255;

/// A request on its way: `self` goes onto its Via stack. False: the stack is full, answer 483.
[[nodiscard]] bool pass_through(Signal& request, NodeId self);
/// The response `self` makes to a request: to be sent to `via.top()`.
Signal make_answer(const Signal& request, NodeId self, int status);
/// The request outside a dialog that a response answers, as it was sent.
Signal request_of(const Signal& response);

/// The route set of a dialog: at the callee from the request's `via`, at the caller from the response's
/// `route`; and who is at its end.
struct SignalRoute {
  NodeStack route;
  NodeId target;
};
SignalRoute callee_route(const Signal& invite);
SignalRoute caller_route(const Signal& response);

/// "INVITE 3>4" or "200 INVITE 3>4": a line for a person.
std::string summary(const Signal& signal);

}  // namespace rcs::ims

template <class Tag>
struct std::hash<rcs::ims::SmallId<Tag>> {
  std::size_t operator()(rcs::ims::SmallId<Tag> id) const noexcept {
    return std::hash<std::uint64_t>()(id.value);
  }
};
