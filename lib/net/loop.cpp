#include "net/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

namespace rcs::net {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

// How much ready work is still done when a limit has passed: what piles up in a stall, but not what keeps
// coming.
constexpr int kLastTurns = 10'000;

constexpr int kExitInterrupted = 130;

core::WallClock wall_clock_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return core::WallClock{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

}  // namespace

struct Loop::State {
  asio::io_context context{1};  // one thread; posts from others stay safe
  /// Keeps run() going while nothing is pending: a tool ends by stop(), never because its last socket closed.
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  Steady::time_point started = Steady::now();
  core::WallClock wall = wall_clock_now();
  std::optional<asio::signal_set> signals;
  std::function<void(int)> on_signal;
  bool interrupted = false;

  void await_signal() {
    signals->async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      if (interrupted) std::_Exit(kExitInterrupted);
      interrupted = true;
      await_signal();
      on_signal(signal);
    });
  }
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

asio::io_context& Loop::context() { return state_->context; }

Instant Loop::now() const {
  return Instant(std::chrono::duration_cast<Duration>(Steady::now() - state_->started));
}

core::WallClock Loop::wall() const { return state_->wall; }

void Loop::run() {
  state_->context.run();
  state_->context.restart();
}

void Loop::stop() { state_->context.stop(); }

bool Loop::run_until(const std::function<bool()>& done, Duration limit) {
  const auto start = Steady::now();
  const auto deadline = limit < Steady::time_point::max() - start ? start + limit : Steady::time_point::max();
  bool met = done();
  while (!met && !state_->context.stopped() && Steady::now() < deadline) {
    state_->context.run_one_until(deadline);
    met = done();
  }
  // On a loaded machine the time may be over although work has been ready for long: that work counts.
  for (int turn = 0; turn < kLastTurns && !met && !state_->context.stopped(); ++turn) {
    if (state_->context.poll_one() == 0) break;
    met = done();
  }
  if (state_->context.stopped()) state_->context.restart();
  return met;
}

void Loop::post(std::function<void()> work) { asio::post(state_->context, std::move(work)); }

void Loop::after(Duration delay, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(state_->context, delay);
  auto& waiting = *timer;
  waiting.async_wait([timer = std::move(timer), work = std::move(work)](const boost::system::error_code& ec) {
    if (!ec) work();
  });
}

void Loop::on_interrupt(std::function<void(int signal)> work) {
  state_->on_signal = std::move(work);
  if (state_->signals) return;
  state_->signals.emplace(state_->context, SIGINT, SIGTERM);
  state_->await_signal();
}

void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(std::move(failure));
}

}  // namespace rcs::net
