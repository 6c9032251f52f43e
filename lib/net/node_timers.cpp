#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <compare>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "net/loop.hpp"

namespace rcs::net {
namespace {

/// Timers of one instant fire in the order they were armed.
struct Due {
  Instant at;
  std::uint64_t order = 0;
  friend auto operator<=>(const Due&, const Due&) = default;
};

}  // namespace

struct NodeTimers::State {
  State(Loop& owner, std::function<void(Instant, node::TimerKey)> handler)
      : loop(owner), timer(owner.context()), on_fire(std::move(handler)) {}

  Loop& loop;
  boost::asio::steady_timer timer;
  std::function<void(Instant, node::TimerKey)> on_fire;
  std::map<Due, node::TimerKey> queue;
  std::unordered_map<node::TimerKey, Due> keys;  // looked up only, never iterated
  std::uint64_t next_order = 0;
  std::optional<Instant> waiting_for;
  bool closed = false;

  void cancel(node::TimerKey key) {
    const auto found = keys.find(key);
    if (found == keys.end()) return;
    queue.erase(found->second);
    keys.erase(found);
  }

  /// The system timer is moved only to an earlier time; one that wakes for a cancelled key finds nothing due
  /// and moves on.
  static void schedule(const std::shared_ptr<State>& self) {
    if (self->closed || self->queue.empty()) return;
    const Instant first = self->queue.begin()->first.at;
    if (self->waiting_for && *self->waiting_for <= first) return;
    self->waiting_for = first;
    self->timer.expires_after(first - self->loop.now());
    self->timer.async_wait([self](const boost::system::error_code& ec) {
      if (ec || self->closed) return;
      self->waiting_for.reset();
      self->fire_due();
      schedule(self);
    });
  }

  /// What handlers arm meanwhile waits for the next turn, so a timer that re-arms itself with zero can not
  /// hold the loop.
  void fire_due() {
    const Instant now = loop.now();
    const std::uint64_t end = next_order;
    while (!closed && !queue.empty()) {
      const auto first = queue.begin();
      if (first->first.at > now || first->first.order >= end) return;
      const node::TimerKey key = first->second;
      keys.erase(key);
      queue.erase(first);
      on_fire(loop.now(), key);
    }
  }
};

NodeTimers::NodeTimers(Loop& loop, std::function<void(Instant, node::TimerKey)> on_fire)
    : state_(std::make_shared<State>(loop, std::move(on_fire))) {}

NodeTimers::~NodeTimers() {
  state_->closed = true;
  state_->timer.cancel();
}

void NodeTimers::arm(node::TimerKey key, Duration after) {
  state_->cancel(key);
  const Due due{state_->loop.now() + std::max(after, Duration::zero()), state_->next_order++};
  state_->queue.emplace(due, key);
  state_->keys.emplace(key, due);
  State::schedule(state_);
}

void NodeTimers::cancel(node::TimerKey key) { state_->cancel(key); }

std::size_t NodeTimers::armed() const { return state_->keys.size(); }

}  // namespace rcs::net
