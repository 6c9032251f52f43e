#pragma once
// Memory of octets that were written, for those that will be. A node's Write goes away with its string and
// comes back as a spare with later news: else each would be freed and had anew, at sizes for which the system
// takes its pages back and clears them again each time, and that costs more than to fill them.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace rcs::node {

class Spares {
 public:
  static constexpr std::size_t kKept = 8;  ///< two directions, four reads each in a turn
  /// Below, the allocator is as good, and small ones would keep out those that are needed.
  static constexpr std::size_t kLeastOctets = 16 << 10;
  /// What nodes write ahead (256 KiB), in a string that has grown by doubling. So 4 MiB stay at most.
  static constexpr std::size_t kMostOctets = 520 << 10;

  /// Empty; with memory, if there is some.
  std::string take() {
    if (kept_.empty()) return {};
    auto spare = std::move(kept_.back());
    kept_.pop_back();
    return spare;
  }
  /// What was in it is of no use any more.
  void give(std::string&& spent) {
    if (kept_.size() == kKept || spent.capacity() < kLeastOctets || spent.capacity() > kMostOctets) return;
    spent.clear();
    kept_.push_back(std::move(spent));
  }

 private:
  std::vector<std::string> kept_;
};

}  // namespace rcs::node
