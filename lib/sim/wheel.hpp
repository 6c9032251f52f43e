#pragma once
// Virtual time: an event queue ordered by time and, within one instant, by the order of insertion. Nothing
// here waits; an hour of timers takes as long as its work.

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/time.hpp"
#include "node/outbox.hpp"

namespace rcs::sim {

using core::Duration;
using core::Instant;

class Wheel {
 public:
  /// Names a scheduled piece of work; 0 names none.
  using Ticket = std::uint64_t;

  /// Starts at 1 us, so that a zero Instant never looks like a time that was set.
  Instant now() const { return now_; }
  /// A negative delay counts as none.
  Ticket after(Duration delay, std::function<void()> work);
  void cancel(Ticket ticket);

  /// Does the next piece of work; false when there is none.
  bool step();
  /// Steps until `done()` (asked before the first step too), nothing is left, or the next work lies past now
  /// + `limit`; then time stands at the work done last, or, at the limit, exactly there. True when done.
  bool run_until(const std::function<bool()>& done, Duration limit);
  /// Lets `span` pass and does all that falls due in it.
  void run_for(Duration span);
  std::size_t scheduled() const { return queue_.size(); }
  std::uint64_t steps() const { return steps_; }

 private:
  using Place = std::pair<Instant, Ticket>;
  Instant now_{std::chrono::microseconds(1)};
  Ticket last_ = 0;
  std::uint64_t steps_ = 0;
  std::map<Place, std::function<void()>> queue_;
  std::unordered_map<Ticket, Instant> when_;  ///< looked up, never iterated
};

/// The armed timers of one node on a wheel.
class NodeTimers {
 public:
  /// SAFETY: the wheel outlives the timers.
  NodeTimers(Wheel& wheel, std::function<void(Instant, node::TimerKey)> on_fire)
      : wheel_(wheel), on_fire_(std::move(on_fire)) {}
  ~NodeTimers() { cancel_all(); }
  NodeTimers(const NodeTimers&) = delete;
  NodeTimers& operator=(const NodeTimers&) = delete;

  /// Arming an armed key moves it.
  void arm(node::TimerKey key, Duration after);
  void cancel(node::TimerKey key);
  void cancel_all();
  std::size_t armed() const { return tickets_.size(); }

 private:
  Wheel& wheel_;
  std::function<void(Instant, node::TimerKey)> on_fire_;
  std::map<node::TimerKey, Wheel::Ticket> tickets_;
};

}  // namespace rcs::sim
