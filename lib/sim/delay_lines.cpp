#include "sim/delay_lines.hpp"

#include <algorithm>

namespace rcs::sim {
namespace {

constexpr std::size_t kChildren = 4;

}  // namespace

std::uint64_t DelayLines::pending() const {
  std::uint64_t sum = 0;
  for (const Line& line : lines_) sum += line.size();
  return sum;
}

// Full: its tail has come round to its head.
void DelayLines::Line::grow() {
  const std::uint32_t size = mask_ + 1;
  auto larger = std::make_unique<InFlight[]>(std::size_t{2} * size);
  for (std::uint32_t i = 0; i < size; ++i) larger[i] = slots_[(head_ + i) & mask_];
  slots_ = std::move(larger);
  head_ = 0;
  tail_ = size;
  mask_ = 2 * size - 1;
}

void ArrivalHeap::push(const InFlight& message) {
  const Entry entry{message, serial_++};
  std::size_t at = entries_.size();
  entries_.push_back(entry);
  while (at > 0) {
    const std::size_t parent = (at - 1) / kChildren;
    if (!entry.before(entries_[parent])) break;
    entries_[at] = entries_[parent];
    at = parent;
  }
  entries_[at] = entry;
}

InFlight ArrivalHeap::pop() {
  const InFlight out = entries_.front().message;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (entries_.empty()) return out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t first = at * kChildren + 1;
    if (first >= entries_.size()) break;
    std::size_t least = first;
    const std::size_t end = std::min(first + kChildren, entries_.size());
    for (std::size_t child = first + 1; child < end; ++child) {
      if (entries_[child].before(entries_[least])) least = child;
    }
    if (!entries_[least].before(last)) break;
    entries_[at] = entries_[least];
    at = least;
  }
  entries_[at] = last;
  return out;
}

}  // namespace rcs::sim
