#pragma once
// Arrivals of each hop in each virtual minute, counted in a short row that stays in the nearest cache.

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "sim/load.hpp"

namespace rcs::sim {

inline constexpr std::uint64_t kMinute = 60'000'000;  // microseconds

class MinuteCounts {
 public:
  /// SAFETY: `tally` outlives this.
  MinuteCounts(LoadTally& tally, std::size_t hops) : MinuteCounts(tally, each_its_own(hops), hops) {}
  /// What is counted are `places`, at each of which those hops arrive that `place_of_hop` says.
  MinuteCounts(LoadTally& tally, std::vector<std::uint32_t> place_of_hop, std::size_t places)
      : tally_(tally), place_of_hop_(std::move(place_of_hop)), row_(places) {
    tally_.hop_count = place_of_hop_.size();
  }

  /// Time never goes back. True when another minute has begun.
  bool pass(std::uint64_t now) {
    if (now < minute_end_) return false;
    flush();
    minute_ = now / kMinute;
    minute_end_ = (minute_ + 1) * kMinute;
    return true;
  }
  void arrived(std::uint32_t place) { ++row_[place]; }
  /// At the end.
  void flush() {
    const std::size_t at = minute_ * place_of_hop_.size();
    if (tally_.by_minute.size() < at + place_of_hop_.size())
      tally_.by_minute.resize(at + place_of_hop_.size());
    for (std::size_t hop = 0; hop < place_of_hop_.size(); ++hop) {
      tally_.by_minute[at + hop] += row_[place_of_hop_[hop]];
      tally_.hops += row_[place_of_hop_[hop]];
    }
    row_.assign(row_.size(), 0);
  }

 private:
  static std::vector<std::uint32_t> each_its_own(std::size_t hops) {
    std::vector<std::uint32_t> out(hops);
    std::iota(out.begin(), out.end(), 0u);
    return out;
  }

  LoadTally& tally_;
  std::vector<std::uint32_t> place_of_hop_;
  std::vector<std::uint32_t> row_;
  std::uint64_t minute_ = 0;
  std::uint64_t minute_end_ = kMinute;
};

}  // namespace rcs::sim
