#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/loop.hpp"

namespace rcs::net {
namespace {

/// An entry of the heap. Timers of one instant fire in the order they were armed.
struct Due {
  Instant at;
  std::uint64_t order = 0;
  node::TimerKey key;
};

/// For the heap algorithms, which keep the greatest in front.
bool later(const Due& a, const Due& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }

/// A long timer is due on a tick, so up to one late: the thousands that a busy node has in each second then
/// share a few wakeups, each of which costs more than the timer. The longer it is, the longer its tick, up to
/// what nobody feels in seconds; every tick is a multiple of the shorter ones. Short timers are exact.
constexpr Duration kShortestTick = std::chrono::milliseconds(4);
constexpr Duration kLongestTick = std::chrono::milliseconds(128);
constexpr Duration kLong = std::chrono::milliseconds(100);
constexpr int kTicks = 64;  // in the time of a timer, where the bounds let it

Instant due_at(Instant now, Duration after) {
  const Instant at = now + std::max(after, Duration::zero());
  if (after < kLong) return at;
  Duration tick = kShortestTick;
  while (tick < kLongestTick && 2 * tick <= after / kTicks) tick *= 2;
  const Duration past = at.time_since_epoch() % tick;
  return past == Duration::zero() ? at : at + (tick - past);
}

/// Below this many entries the cancelled ones among them are not worth looking for.
constexpr std::size_t kFewEntries = 1024;

}  // namespace

struct NodeTimers::State {
  State(Loop& owner, std::function<void(Instant, node::TimerKey)> handler)
      : loop(owner), timer(owner.context()), on_fire(std::move(handler)) {}

  Loop& loop;
  boost::asio::steady_timer timer;
  std::function<void(Instant, node::TimerKey)> on_fire;
  /// A cancelled or moved entry stays in until it is due or until half of the heap is such: to take it out
  /// of the middle would cost more than the timer did.
  std::vector<Due> heap;
  std::unordered_map<node::TimerKey, std::uint64_t> orders;  // of the entry that counts; never iterated
  std::uint64_t next_order = 0;
  std::optional<Instant> waiting_for;
  bool closed = false;

  bool counts(const Due& due) const {
    const auto found = orders.find(due.key);
    return found != orders.end() && found->second == due.order;
  }

  void arm(node::TimerKey key, Instant at) {
    orders[key] = next_order;
    heap.push_back(Due{at, next_order++, key});
    std::push_heap(heap.begin(), heap.end(), later);
    prune();
  }

  void cancel(node::TimerKey key) {
    orders.erase(key);
    prune();
  }

  void prune() {
    if (heap.size() < kFewEntries || heap.size() / 2 < orders.size()) return;
    std::erase_if(heap, [this](const Due& due) { return !counts(due); });
    std::make_heap(heap.begin(), heap.end(), later);
  }

  Due pop() {
    std::pop_heap(heap.begin(), heap.end(), later);
    const Due first = heap.back();
    heap.pop_back();
    return first;
  }

  /// The system timer is moved only to an earlier time; one that wakes for a cancelled key finds nothing due
  /// and moves on.
  static void schedule(const std::shared_ptr<State>& self) {
    if (self->closed || self->heap.empty()) return;
    const Instant first = self->heap.front().at;
    if (self->waiting_for && *self->waiting_for <= first) return;
    self->waiting_for = first;
    self->timer.expires_after(first - self->loop.now());
    self->timer.async_wait([self](const boost::system::error_code& ec) {
      if (ec || self->closed) return;
      self->waiting_for.reset();
      self->fire_due();
      self->drop_cancelled();
      schedule(self);
    });
  }

  /// Nobody wakes up for the first ones if they are cancelled already.
  void drop_cancelled() {
    while (!heap.empty() && !counts(heap.front())) pop();
  }

  /// What handlers arm meanwhile waits for the next turn, so a timer that re-arms itself with zero can not
  /// hold the loop.
  void fire_due() {
    const Instant now = loop.now();
    const std::uint64_t end = next_order;
    while (!closed && !heap.empty()) {
      if (heap.front().at > now || heap.front().order >= end) return;
      const Due due = pop();
      if (!counts(due)) continue;
      orders.erase(due.key);
      on_fire(loop.now(), due.key);
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
  state_->arm(key, due_at(state_->loop.now(), after));
  State::schedule(state_);
}

void NodeTimers::cancel(node::TimerKey key) { state_->cancel(key); }

std::size_t NodeTimers::armed() const { return state_->orders.size(); }

}  // namespace rcs::net
