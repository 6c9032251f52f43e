#pragma once
// Two queues of coming arrivals, for the two kinds of links. Where delays are constant, messages with one
// delay arrive in the order they were sent: a line for each delay replaces the heap. Where they are random, a
// heap of four children a node; a shard of a population has some hundred messages in flight, which stay in
// the nearest cache. Both give equal times in the order they were put in.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/result.hpp"

namespace rcs::sim {

inline constexpr std::uint64_t kNever = UINT64_MAX;

/// A hop on its way.
struct InFlight {
  std::uint64_t arrival = kNever;  ///< microseconds
  std::uint32_t elapsed = 0;       ///< of the session, when it arrives; microseconds
  std::uint32_t hop = 0;
};

class DelayLines {
 public:
  explicit DelayLines(std::size_t lines) : lines_(lines) { RCS_ASSERT(lines >= 1); }

  /// When the next message arrives; kNever: none is on its way.
  std::uint64_t next() {
    std::uint64_t least = lines_[0].front().arrival;
    first_ = 0;
    for (std::size_t i = 1; i < lines_.size(); ++i) {
      const std::uint64_t arrival = lines_[i].front().arrival;
      const bool sooner = arrival < least;  // chosen without a branch: it could not be predicted
      least = sooner ? arrival : least;
      first_ = sooner ? i : first_;
    }
    return least;
  }
  std::uint64_t pending() const;

  /// Arrivals of one line never decrease.
  void push(std::size_t line, const InFlight& message) { lines_[line].push(message); }
  /// What next() saw.
  InFlight pop() { return lines_[first_].pop(); }

 private:
  /// A ring; behind the last message stands one that never arrives, so that an empty line needs no question.
  class Line {
   public:
    const InFlight& front() const { return slots_[head_]; }
    InFlight pop() {
      const InFlight out = slots_[head_];
      head_ = (head_ + 1) & mask_;
      return out;
    }
    void push(const InFlight& message) {
      slots_[tail_] = message;
      tail_ = (tail_ + 1) & mask_;
      if (tail_ == head_) grow();
      slots_[tail_].arrival = kNever;
    }
    std::size_t size() const { return (tail_ - head_) & mask_; }

   private:
    void grow();
    static constexpr std::uint32_t kFirstSize = 64;
    std::unique_ptr<InFlight[]> slots_ = std::make_unique<InFlight[]>(kFirstSize);
    std::uint32_t mask_ = kFirstSize - 1;  ///< its size, a power of two, less 1
    std::uint32_t head_ = 0;
    std::uint32_t tail_ = 0;
  };

  std::vector<Line> lines_;
  std::size_t first_ = 0;
};

class ArrivalHeap {
 public:
  std::uint64_t next() const { return entries_.empty() ? kNever : entries_.front().message.arrival; }
  std::uint64_t pending() const { return entries_.size(); }
  void push(const InFlight& message);
  InFlight pop();

 private:
  struct Entry {
    InFlight message;
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
