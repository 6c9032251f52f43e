#pragma once
// What one session makes everybody say: the messages of a chat set-up as a tree of causes. It is recorded
// once from the nodes themselves and then replayed for each session of a population, hop by hop in time
// order. That is exact as long as no decision of a node depends on another session: no loss, no full queue,
// no receiver without a registration.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::sim {

using core::Duration;
using core::Instant;

inline constexpr std::uint16_t kSender = 0;    ///< Flow::actors: the device that starts the session
inline constexpr std::uint16_t kReceiver = 1;  ///< ... and the one that is asked

/// Of all hops of a flow together: a session's time is counted in 32 bits of microseconds.
inline constexpr Duration kMaxWaits = std::chrono::minutes(30);

/// What a hop is to the transactions of SIP (RFC 3261 section 17).
enum class Part : std::uint8_t {
  plain,        ///< nothing: an event, a poll, an answer on the web
  web_request,  ///< a POST or a PUT
  invite,
  request,      ///< any other request of SIP but ACK
  provisional,  ///< response to an INVITE or another request
  final,
  ack,  ///< of a 2xx
};
constexpr bool is_request(Part part) { return part == Part::invite || part == Part::request; }

struct Hop {
  std::uint16_t from = kSender;  ///< index into Flow::actors
  std::uint16_t to = kReceiver;
  std::int32_t cause = -1;    ///< the hop whose arrival made this one be sent; -1: the session's beginning
  Duration wait{};            ///< from that arrival to the sending
  std::uint32_t size = 0;     ///< octets on the wire
  std::uint32_t counted = 0;  ///< bit i: it counts as a message by rule i of whoever recorded the flow
  bool access = false;        ///< crosses the link between a user's device and the network
  bool datagram = false;      ///< may be lost on the way
  Part part = Part::plain;
  std::int32_t answers = -1;  ///< of responses (of the web too): the hop of the request
  std::string label;          ///< "INVITE", "200 POST" ...
};

/// What a hop's arrival means to the session as a whole.
enum class Mark : std::uint8_t { none, answered, invited };

struct Flow {
  std::string name;
  std::vector<std::string> actors;  ///< sender, receiver, then the nodes of the network
  std::vector<Hop> hops;            ///< a cause stands before what it causes
  std::int32_t answered = -1;       ///< the hop that tells the sender's device of success
  std::int32_t invited = -1;        ///< the hop that brings the text to the receiver's device

  /// Messages that `actor` sends or gets in one session, by the rule.
  std::uint32_t messages(std::uint16_t actor, unsigned rule) const;
  Mark mark(std::size_t hop) const {
    const auto at = static_cast<std::int32_t>(hop);
    return at == answered ? Mark::answered : at == invited ? Mark::invited : Mark::none;
  }
};

/// Errors: malformed, names the hop: a cause that does not stand before it, an actor that is not there, a
/// response to what is no request, or that does not go back to who sent it.
core::Result<void> check(const Flow& flow);

}  // namespace rcs::sim
