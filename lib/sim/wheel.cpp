#include "sim/wheel.hpp"

#include <algorithm>

namespace rcs::sim {

Wheel::Ticket Wheel::after(Duration delay, std::function<void()> work) {
  const auto ticket = ++last_;
  const auto when = now_ + std::max(delay, Duration::zero());
  queue_.emplace(Place{when, ticket}, std::move(work));
  when_.emplace(ticket, when);
  return ticket;
}

void Wheel::cancel(Ticket ticket) {
  const auto found = when_.find(ticket);
  if (found == when_.end()) return;
  queue_.erase(Place{found->second, ticket});
  when_.erase(found);
}

bool Wheel::step() {
  if (queue_.empty()) return false;
  auto next = queue_.extract(queue_.begin());
  now_ = next.key().first;
  when_.erase(next.key().second);
  ++steps_;
  next.mapped()();
  return true;
}

bool Wheel::run_until(const std::function<bool()>& done, Duration limit) {
  const auto end = limit >= Instant::max() - now_ ? Instant::max() : now_ + limit;
  while (!done()) {
    if (queue_.empty()) return false;
    if (queue_.begin()->first.first > end) {
      now_ = end;
      return false;
    }
    step();
  }
  return true;
}

void Wheel::run_for(Duration span) {
  const auto end = now_ + span;
  while (!queue_.empty() && queue_.begin()->first.first <= end) step();
  now_ = end;
}

void NodeTimers::arm(node::TimerKey key, Duration after) {
  cancel(key);
  tickets_[key] = wheel_.after(after, [this, key] {
    tickets_.erase(key);
    on_fire_(wheel_.now(), key);
  });
}

void NodeTimers::cancel(node::TimerKey key) {
  const auto found = tickets_.find(key);
  if (found == tickets_.end()) return;
  wheel_.cancel(found->second);
  tickets_.erase(found);
}

void NodeTimers::cancel_all() {
  for (const auto& [key, ticket] : tickets_) wheel_.cancel(ticket);
  tickets_.clear();
}

}  // namespace rcs::sim
