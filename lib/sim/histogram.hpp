#pragma once
// Many whole numbers, kept as counts: exact below 256, within 0.8 % above. Two of them can be added, and the
// sum does not depend on the order.

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace rcs::sim {

class Histogram {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1) {
    const auto at = bucket(value);
    if (at >= counts_.size()) counts_.resize(at + 1);
    counts_[at] += times;
    if (count_ == 0 || value < min_) min_ = value;
    if (value > max_) max_ = value;
    count_ += times;
    sum_ += static_cast<Wide>(value) * times;
    squares_ += static_cast<Wide>(value) * value * times;
  }
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t min() const { return min_; }
  std::uint64_t max() const { return max_; }
  double mean() const;
  /// Of the values as a whole population; 0 without any.
  double variance() const;
  /// The least value that at least the share `p` (0..1) of the values does not exceed; 0 without any.
  std::uint64_t quantile(double p) const;

  struct Bar {
    std::uint64_t low;   ///< the least value that would be counted here; none need be so small
    std::uint64_t high;  ///< and the largest
    std::uint64_t count;
  };
  /// Those that are not empty, rising.
  std::vector<Bar> bars() const;

  /// For another process: appended to `words`, and taken from the front of them. Errors: malformed.
  void put(std::vector<std::uint64_t>& words) const;
  static core::Result<Histogram> take(std::span<const std::uint64_t>& words);

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr unsigned kBits = 7;  ///< 128 buckets an octave
  static std::uint64_t bucket(std::uint64_t value);
  static std::uint64_t low_of(std::uint64_t bucket);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = 0;
  std::uint64_t max_ = 0;
  Wide sum_ = 0;  ///< exact: the order of adding must not show
  Wide squares_ = 0;
};

/// The half width of the 95 % confidence interval of the mean of `values` (Student's t); 0 for fewer than
/// two.
double half_width_95(const std::vector<double>& values);

}  // namespace rcs::sim
