#pragma once
// Two queues of what is to come. What comes after one constant delay comes in the order in which it was put
// in: a line for each delay replaces the heap. For random delays, a heap of four children a node; a shard of
// a population has some hundred messages in flight, which stay in the nearest cache. Both give equal times in
// the order they were put in, the lines within a line.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace rcs::sim {

inline constexpr std::uint64_t kNever = UINT64_MAX;

/// `Message` has an `arrival` in microseconds, kNever when it is made.
template <class Message>
class DelayLines {
 public:
  explicit DelayLines(std::size_t lines) : lines_(lines), fronts_(lines, kNever) { RCS_ASSERT(lines >= 1); }

  /// When the next message arrives; kNever: none is on its way.
  std::uint64_t next() {
    std::uint64_t least = fronts_[0];
    first_ = 0;
    for (std::size_t i = 1; i < fronts_.size(); ++i) {
      const bool sooner = fronts_[i] < least;  // chosen without a branch: it could not be predicted
      least = sooner ? fronts_[i] : least;
      first_ = sooner ? i : first_;
    }
    return least;
  }
  std::uint64_t pending() const {
    std::uint64_t sum = 0;
    for (const Line& line : lines_) sum += line.size();
    return sum;
  }

  /// Arrivals of one line never decrease.
  void push(std::size_t line, const Message& message) {
    lines_[line].push(message);
    fronts_[line] = std::min(fronts_[line], message.arrival);
  }
  /// What next() saw.
  Message pop() {
    const Message out = lines_[first_].pop();
    fronts_[first_] = lines_[first_].front().arrival;
    return out;
  }

 private:
  /// A ring; behind the last message stands one that never arrives, so that an empty line needs no question.
  class Line {
   public:
    const Message& front() const { return slots_[head_]; }
    Message pop() {
      const Message out = slots_[head_];
      head_ = (head_ + 1) & mask_;
      return out;
    }
    void push(const Message& message) {
      slots_[tail_] = message;
      tail_ = (tail_ + 1) & mask_;
      if (tail_ == head_) grow();
      slots_[tail_].arrival = kNever;
    }
    std::size_t size() const { return (tail_ - head_) & mask_; }

   private:
    // Full: its tail has come round to its head.
    void grow() {
      const std::uint32_t size = mask_ + 1;
      auto larger = std::make_unique<Message[]>(std::size_t{2} * size);
      for (std::uint32_t i = 0; i < size; ++i) larger[i] = slots_[(head_ + i) & mask_];
      slots_ = std::move(larger);
      head_ = 0;
      tail_ = size;
      mask_ = 2 * size - 1;
    }
    static constexpr std::uint32_t kFirstSize = 64;
    std::unique_ptr<Message[]> slots_ = std::make_unique<Message[]>(kFirstSize);
    std::uint32_t mask_ = kFirstSize - 1;  ///< its size, a power of two, less 1
    std::uint32_t head_ = 0;
    std::uint32_t tail_ = 0;
  };

  std::vector<Line> lines_;
  std::vector<std::uint64_t> fronts_;  ///< when the first of each line arrives; kNever: it is empty
  std::size_t first_ = 0;
};

template <class Message>
class ArrivalHeap {
 public:
  std::uint64_t next() const { return entries_.empty() ? kNever : entries_.front().message.arrival; }
  std::uint64_t pending() const { return entries_.size(); }

  void push(const Message& message) {
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

  Message pop() {
    const Message out = entries_.front().message;
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

 private:
  static constexpr std::size_t kChildren = 4;
  struct Entry {
    Message message;
    std::uint64_t serial;
    bool before(const Entry& other) const {
      return message.arrival != other.message.arrival ? message.arrival < other.message.arrival
                                                      : serial < other.serial;
    }
  };
  std::vector<Entry> entries_;
  std::uint64_t serial_ = 0;
};

}  // namespace rcs::sim
