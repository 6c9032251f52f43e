#pragma once
// Which octets of a message are accounted for, as ranges that neither overlap nor touch. Private to Outbound.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>

namespace rcs::msrp {

class Coverage {
 public:
  static constexpr std::size_t kMaxRanges = 1024;  // reports of chunks come in order: usually it is one

  /// From `begin` on, counted from 0, and before `end`. A range too many is not taken.
  void add(std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return;
    auto at = ranges_.upper_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second >= begin) {
      --at;
      at->second = std::max(at->second, end);
    } else {
      if (ranges_.size() == kMaxRanges) return;
      at = ranges_.emplace(begin, end).first;
    }
    for (auto next = std::next(at); next != ranges_.end() && next->first <= at->second;) {
      at->second = std::max(at->second, next->second);
      next = ranges_.erase(next);
    }
  }

  /// All octets of a message of this length.
  bool covers(std::uint64_t length) const {
    return length == 0 ||
           (!ranges_.empty() && ranges_.begin()->first == 0 && ranges_.begin()->second >= length);
  }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // begin, end
};

}  // namespace rcs::msrp
