#include "chat/contact_polling.hpp"

#include <algorithm>

namespace rcs::chat {

using core::Duration;
using core::Instant;

namespace {

/// Of the time between two questions, so much may be taken off.
constexpr std::int64_t kSpreadPart = 4;

/// Who is no RCS user becomes one seldom.
bool is_stranger(const CapabilityRecord& known) { return known.rcs_user == CapabilityRecord::Answer::no; }

}  // namespace

bool ContactPolling::add(const Key& key, const CapabilityRecord& known, Instant now, core::Random& random) {
  if (contains(key)) return true;
  if (size() >= kMaxWatchedContacts) return false;
  due_.emplace(key, std::nullopt);
  place(key, !known.empty(), known.empty() ? now : std::max(now, due_after(known, known.asked_at, random)));
  return true;
}

bool ContactPolling::remove(const Key& key) {
  const auto found = due_.find(key);
  if (found == due_.end()) return false;
  if (found->second) line_.erase(*found->second);
  due_.erase(found);
  return true;
}

std::optional<Instant> ContactPolling::next() const {
  if (times_.polling <= Duration::zero() || line_.empty()) return std::nullopt;
  Instant when = std::get<Instant>(line_.begin()->first);
  // The first of those that are known may be due before all that are not.
  if (const auto known = line_.lower_bound(Turn{true, Instant{}, 0}); known != line_.end())
    when = std::min(when, std::get<Instant>(known->first));
  return std::max(when, not_before_);
}

std::optional<ContactPolling::Key> ContactPolling::take(Instant now) {
  const auto when = next();
  if (!when || *when > now) return std::nullopt;
  auto first = line_.begin();
  if (std::get<Instant>(first->first) > now) first = line_.lower_bound(Turn{true, Instant{}, 0});
  const Key key = first->second;
  line_.erase(first);
  due_.at(key).reset();
  not_before_ = now + times_.pace;
  return key;
}

void ContactPolling::put_back(const Key& key, const CapabilityRecord& known, Instant now,
                              core::Random& random) {
  if (contains(key)) place(key, !known.empty(), due_after(known, now, random));
}

bool ContactPolling::is_young(const CapabilityRecord& known, Instant now) const {
  if (known.empty()) return false;
  const Duration least = is_stranger(known) ? std::max(times_.polling, times_.expiry)
                                            : times_.polling - times_.polling / kSpreadPart;
  return now - known.asked_at < least;
}

void ContactPolling::put_off(const Key& key, Instant now, Duration pause) {
  if (!contains(key)) return;
  const auto& turn = due_.at(key);
  place(key, turn && std::get<bool>(*turn), now + pause);
}

Instant ContactPolling::due_after(const CapabilityRecord& known, Instant now, core::Random& random) const {
  if (is_stranger(known)) return now + std::max(times_.polling, times_.expiry);
  const auto spread = static_cast<std::uint64_t>(times_.polling.count() / kSpreadPart);
  return now + times_.polling - Duration(spread == 0 ? 0 : random.below(spread));
}

void ContactPolling::place(const Key& key, bool known, Instant when) {
  auto& turn = due_.at(key);
  if (turn) line_.erase(*turn);
  turn = Turn{known, when, ++arrivals_};
  line_.emplace(*turn, key);
}

}  // namespace rcs::chat
