#include "msrp/reassembly.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

constexpr std::uint64_t kRoomForArrived = 8;  // times as much: what a peer that stops can make us hold

Error too_large(const std::string& message_id, std::string_view what, std::uint64_t limit) {
  return Error(Errc::too_large, "MSRP message " + message_id + ": " + std::string(what) + ", at most " +
                                    std::to_string(limit) + " are taken");
}

}  // namespace

void Reassembly::remember(const std::string& message_id, Fate fate) {
  const auto [at, fresh] = known_.insert_or_assign(message_id, fate);
  if (!fresh) return;
  if (known_order_.size() < limits_.max_known) {
    known_order_.push_back(at);
  } else if (known_order_.empty()) {
    known_.erase(at);
  } else {
    known_.erase(std::exchange(known_order_[oldest_], at));
    oldest_ = (oldest_ + 1) % known_order_.size();
  }
}

void Reassembly::drop(const std::string& message_id) {
  if (pending_.erase(message_id) == 0) return;
  if (message_id == message_id_) settled_ = ChunkResult::refused;  // its chunk may be half read
  if (sink_ != nullptr) sink_->on_void(message_id);
}

void Reassembly::drop_all() {
  while (!pending_.empty()) drop(std::string(pending_.begin()->first));
}

void Reassembly::drop_quiet(unsigned calls) {
  std::vector<std::string> quiet;
  for (auto& [id, partial] : pending_) {
    if (++partial.quiet >= calls) quiet.push_back(id);
  }
  for (const auto& id : quiet) {
    drop(id);
    remember(id, Fate::refused);
  }
}

void Reassembly::disown(const std::string& message_id) {
  const auto at = known_.find(message_id);
  if (at != known_.end()) at->second = Fate::refused;
}

Error Reassembly::refuse(Error error) {
  drop(message_id_);
  remember(message_id_, Fate::refused);
  settled_ = ChunkResult::refused;
  return error;
}

std::uint64_t Reassembly::held() const {
  std::uint64_t octets = 0;
  for (const auto& [id, partial] : pending_) octets += partial.content.size() + partial.early_octets;
  return octets;
}

Result<void> Reassembly::begin(const Head& head) {
  message_id_ = head.message_id;
  settled_.reset();
  has_body_ = head.has_body;
  start_ = position_ = head.byte_range ? head.byte_range->start - 1 : 0;
  if (pending_.find(message_id_) != pending_.end()) return check_start();
  // Refused chunks are those that a sender had under way when it learnt of it. A new attempt begins at the
  // first octet.
  const auto done = known_.find(message_id_);
  if (done != known_.end() && (done->second == Fate::whole || start_ > 0)) {
    settled_ = done->second == Fate::whole ? ChunkResult::repeated : ChunkResult::refused;
    return {};
  }
  if (!has_body_) {
    settled_ = ChunkResult::no_content;
    return {};
  }
  if (pending_.size() >= limits_.max_pending)
    return refuse(too_large(message_id_, "too many messages are begun and not ended", limits_.max_pending));
  auto& partial = pending_[message_id_];
  partial.content_type = head.content_type;
  if (head.byte_range) partial.announced = head.byte_range->total.value_or(0);
  return check_start();
}

// Also of a chunk without octets, whose end would be the end of the message.
Result<void> Reassembly::check_start() {
  if (start_ <= limits_.max_message) return {};
  return refuse(too_large(message_id_, "its octets are too many", limits_.max_message));
}

Result<void> Reassembly::add(std::string_view octets) {
  if (settled_ || octets.empty()) return {};
  auto& partial = pending_.find(message_id_)->second;
  partial.quiet = 0;
  const auto at = std::exchange(position_, position_ + octets.size());
  if (position_ > limits_.max_message || position_ < at)
    return refuse(too_large(message_id_, "its octets are too many", limits_.max_message));
  if (partial.total && position_ > *partial.total) {
    return refuse(core::malformed("MSRP message " + message_id_ + ": expected no octets past its end at " +
                                  std::to_string(*partial.total) + ", got up to " +
                                  std::to_string(position_)));
  }
  if (at > partial.in_order) return add_early(partial, at, octets);
  add_in_order(partial, at, octets);
  return {};
}

void Reassembly::add_in_order(Partial& partial, std::uint64_t at, std::string_view octets) {
  const auto overlap = std::min<std::uint64_t>(octets.size(), partial.in_order - at);
  const auto fresh = octets.substr(overlap);
  if (sink_ == nullptr) {
    std::copy_n(octets.data(), overlap, partial.content.data() + at);  // the last received wins (MSRP-55)
    collect(partial, fresh);
  } else if (!fresh.empty()) {
    sink_->on_content(message_id_, fresh);
  }
  partial.in_order += fresh.size();
  if (!partial.early.empty()) close_gap(partial);
}

// Once a good part of what is announced has arrived, room is made for all of it, which is moved no more then.
// Not before: an announcement costs its sender nothing.
void Reassembly::collect(Partial& partial, std::string_view octets) const {
  auto& content = partial.content;
  const std::uint64_t arrived = content.size() + octets.size();
  const auto all = std::min(partial.announced, limits_.max_message);
  if (arrived > content.capacity() && arrived <= all && all / arrived < kRoomForArrived) {
    std::string larger;  // an empty one: reserve() of another may take twice what it has instead
    larger.reserve(static_cast<std::size_t>(all));
    larger.append(content);
    content = std::move(larger);
  }
  content.append(octets);
}

// What waited behind a gap that is now filled. Where both have an octet, the one that filled it came last.
void Reassembly::close_gap(Partial& partial) {
  while (!partial.early.empty() && partial.early.begin()->first <= partial.in_order) {
    auto piece = partial.early.extract(partial.early.begin());
    partial.early_octets -= piece.mapped().size();
    const auto overlap = std::min<std::uint64_t>(piece.mapped().size(), partial.in_order - piece.key());
    const auto fresh = std::string_view(piece.mapped()).substr(overlap);
    if (sink_ == nullptr) {
      collect(partial, fresh);
    } else if (!fresh.empty()) {
      sink_->on_content(message_id_, fresh);
    }
    partial.in_order += fresh.size();
  }
}

// Kept as pieces that neither overlap nor touch. A chunk that comes in many parts is one piece that grows.
Result<void> Reassembly::add_early(Partial& partial, std::uint64_t at, std::string_view octets) {
  auto& early = partial.early;
  const auto end = at + octets.size();
  auto piece = early.upper_bound(at);
  if (piece != early.begin() && std::prev(piece)->first + std::prev(piece)->second.size() >= at) {
    --piece;
  } else {
    piece = early.emplace(at, std::string()).first;
  }
  auto& text = piece->second;
  const auto inside = at - piece->first;
  const auto before = text.size();
  const auto overlap = std::min<std::uint64_t>(octets.size(), before - inside);
  std::copy_n(octets.data(), overlap, text.data() + inside);
  text.append(octets.substr(overlap));
  partial.early_octets += text.size() - before;
  for (auto next = std::next(piece); next != early.end() && next->first <= end;) {
    const auto covered = std::min<std::uint64_t>(next->second.size(), end - next->first);
    text.append(next->second, covered);
    partial.early_octets -= covered;
    next = early.erase(next);
  }
  if (partial.early_octets > limits_.max_early)
    return refuse(too_large(message_id_, "the octets behind a gap are too many", limits_.max_early));
  if (early.size() > limits_.max_gaps)
    return refuse(too_large(message_id_, "the gaps are too many", limits_.max_gaps));
  return {};
}

Result<ChunkEnd> Reassembly::end(Flag flag) {
  const auto settled = std::exchange(settled_, std::nullopt);
  if (settled) return ChunkEnd{*settled, {}};
  if (flag == Flag::abandoned) {
    drop(message_id_);
    return ChunkEnd{ChunkResult::abandoned, {}};
  }
  const auto at = pending_.find(message_id_);
  auto& partial = at->second;
  // A request without a body says nothing about the content, whatever its flag: it keeps the link alive.
  if (!has_body_) return ChunkEnd{ChunkResult::no_content, {}};
  if (flag == Flag::last) {
    const auto reached = partial.early.empty()
                             ? partial.in_order
                             : partial.early.rbegin()->first + partial.early.rbegin()->second.size();
    if ((partial.total && *partial.total != position_) || reached > position_) {
      auto error = refuse(core::malformed("MSRP message " + message_id_ +
                                          ": expected one end behind all octets, got an end at " +
                                          std::to_string(position_)));
      settled_.reset();
      return error;
    }
    partial.total = position_;
  }
  if (partial.total != partial.in_order) return ChunkEnd{};
  ChunkEnd done{ChunkResult::whole, WholeMessage{message_id_, std::move(partial.content_type),
                                                 std::move(partial.content), partial.in_order}};
  pending_.erase(at);
  remember(message_id_, Fate::whole);
  return done;
}

}  // namespace rcs::msrp
