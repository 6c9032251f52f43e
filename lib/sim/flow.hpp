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

struct Hop {
  std::uint16_t from = kSender;  ///< index into Flow::actors
  std::uint16_t to = kReceiver;
  std::int32_t cause = -1;    ///< the hop whose arrival made this one be sent; -1: the session's beginning
  Duration wait{};            ///< from that arrival to the sending
  std::uint32_t size = 0;     ///< octets on the wire
  std::uint32_t counted = 0;  ///< bit i: it counts as a message by rule i of whoever recorded the flow
  bool access = false;        ///< crosses the link between a user's device and the network
  std::string label;          ///< "INVITE", "200 POST" ...
};

struct Flow {
  std::string name;
  std::vector<std::string> actors;  ///< sender, receiver, then the nodes of the network
  std::vector<Hop> hops;            ///< a cause stands before what it causes
  std::int32_t answered = -1;       ///< the hop that tells the sender's device of success
  std::int32_t invited = -1;        ///< the hop that brings the text to the receiver's device

  /// Messages that `actor` sends or gets in one session, by the rule.
  std::uint32_t messages(std::uint16_t actor, unsigned rule) const;
};

/// Errors: malformed, names the hop: a cause that does not stand before it, an actor that is not there.
core::Result<void> check(const Flow& flow);

}  // namespace rcs::sim
