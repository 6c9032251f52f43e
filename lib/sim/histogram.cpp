#include "sim/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace rcs::sim {

std::uint64_t Histogram::bucket(std::uint64_t value) {
  if (value < (1u << (kBits + 1))) return value;
  const auto octave = static_cast<unsigned>(std::bit_width(value)) - (kBits + 1);
  return (static_cast<std::uint64_t>(octave) << kBits) + (value >> octave);
}

std::uint64_t Histogram::low_of(std::uint64_t bucket) {
  if (bucket < (1u << (kBits + 1))) return bucket;
  const auto octave = (bucket >> kBits) - 1;
  return (bucket - (octave << kBits)) << octave;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
  squares_ += other.squares_;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double Histogram::variance() const {
  if (count_ == 0) return 0;
  const double average = mean();
  return std::max(0.0, static_cast<double>(squares_) / static_cast<double>(count_) - average * average);
}

std::uint64_t Histogram::quantile(double p) const {
  if (count_ == 0) return 0;
  const auto rank = std::clamp<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(count_))), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(low_of(i), min_, max_);
  }
  return max_;
}

std::vector<Histogram::Bar> Histogram::bars() const {
  std::vector<Bar> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) out.push_back({low_of(i), low_of(i + 1) - 1, counts_[i]});
  }
  return out;
}

void Histogram::put(std::vector<std::uint64_t>& words) const {
  const auto halves = [&words](Wide wide) {
    words.push_back(static_cast<std::uint64_t>(wide));
    words.push_back(static_cast<std::uint64_t>(wide >> 64));
  };
  words.insert(words.end(), {count_, min_, max_});
  halves(sum_);
  halves(squares_);
  words.push_back(counts_.size());
  words.insert(words.end(), counts_.begin(), counts_.end());
}

core::Result<Histogram> Histogram::take(std::span<const std::uint64_t>& words) {
  constexpr std::size_t kHead = 8;
  if (words.size() < kHead || words[kHead - 1] > words.size() - kHead)
    return core::malformed("a histogram that is cut off");
  const auto wide = [&words](std::size_t at) { return static_cast<Wide>(words[at + 1]) << 64 | words[at]; };
  Histogram out;
  out.count_ = words[0];
  out.min_ = words[1];
  out.max_ = words[2];
  out.sum_ = wide(3);
  out.squares_ = wide(5);
  const auto counts = words.subspan(kHead, words[kHead - 1]);
  out.counts_.assign(counts.begin(), counts.end());
  words = words.subspan(kHead + counts.size());
  return out;
}

double half_width_95(const std::vector<double>& values) {
  const auto n = values.size();
  if (n < 2) return 0;
  // 97.5 % quantiles of Student's t by degrees of freedom; past the table the next smaller one is on the safe
  // side.
  static constexpr std::array<double, 30> kStudent = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                                      2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                                      2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                                      2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(n);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(n - 1));
  return kStudent[std::min(n - 1, kStudent.size()) - 1] * deviation / std::sqrt(static_cast<double>(n));
}

}  // namespace rcs::sim
