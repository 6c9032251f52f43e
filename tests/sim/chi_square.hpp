#pragma once
// Tests of a law of chance with fixed seeds: Pearson's chi-square against its 99.9 % quantile. A seed that
// passes passes for ever; one in a thousand would not.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rcs::test {

class ChiSquare {
 public:
  /// Probabilities of the classes; their sum is 1.
  explicit ChiSquare(std::vector<double> expected)
      : expected_(std::move(expected)), counts_(expected_.size()) {}

  void count(std::size_t index) {
    ++counts_.at(index);
    ++total_;
  }
  double statistic() const {
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const double wanted = expected_[i] * static_cast<double>(total_);
      const double off = static_cast<double>(counts_[i]) - wanted;
      if (wanted > 0 || off != 0) sum += off * off / wanted;
    }
    return sum;
  }
  /// By the approximation of Wilson and Hilferty, within 1 % for 5 and more degrees of freedom.
  double critical_999() const {
    double freedom = -1;
    for (const double p : expected_) freedom += p > 0 ? 1 : 0;
    const double t = 2.0 / (9.0 * freedom);
    return freedom * std::pow(1 - t + 3.0902 * std::sqrt(t), 3);
  }

 private:
  std::vector<double> expected_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

/// Below `low`, each of low..high, above `high`.
inline std::vector<double> poisson_classes(double mean, unsigned low, unsigned high) {
  std::vector<double> out(high - low + 3);
  double seen = 0;
  for (unsigned n = 0; n <= high; ++n) {
    const double p = std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0));
    out[n < low ? 0 : n - low + 1] += p;
    seen += p;
  }
  out.back() = 1 - seen;
  return out;
}

}  // namespace rcs::test
