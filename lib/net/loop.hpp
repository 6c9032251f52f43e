#pragma once
// The one event loop of a process, its clock, its node timers and its signals. Everything runs on the thread
// that calls run().

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>

#include "core/time.hpp"
#include "node/outbox.hpp"

namespace boost::asio {
class io_context;
}

namespace rcs::net {

using core::Duration;
using core::Instant;

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& context();
  /// Since the loop was made (monotonic).
  Instant now() const;
  core::WallClock wall() const;

  /// Runs until stop(), also while nothing is pending.
  void run();
  /// Ends run() or run_until(); when neither runs, the next one returns at once.
  void stop();
  /// Runs until `done()` is true, `limit` has passed or stop(); true when done. `done` is asked after each
  /// piece of work. For tools and tests that wait for a condition.
  bool run_until(const std::function<bool()>& done, Duration limit);
  void post(std::function<void()> work);
  /// Calls `work` once after `delay`. For the few timers that belong to no node.
  void after(Duration delay, std::function<void()> work);
  /// SIGINT and SIGTERM: the first calls `work`, a second ends the process with 130.
  void on_interrupt(std::function<void(int signal)> work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How a detached coroutine ends: what it threw goes on to the caller of Loop::run(), instead of being lost.
void rethrow(std::exception_ptr failure);

/// The armed timers of one node: many keys, one operating-system timer.
class NodeTimers {
 public:
  NodeTimers(Loop& loop, std::function<void(Instant, node::TimerKey)> on_fire);
  ~NodeTimers();
  NodeTimers(const NodeTimers&) = delete;
  NodeTimers& operator=(const NodeTimers&) = delete;

  void arm(node::TimerKey key, Duration after);
  void cancel(node::TimerKey key);
  std::size_t armed() const;

 private:
  struct State;
  std::shared_ptr<State>
      state_;  ///< shared with the pending wait, which may outlive us by one turn of the loop
};

}  // namespace rcs::net
