#pragma once
// How long a message takes on a link, as a law of chance: constant, uniform, or exponential above a floor.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::sim {

using core::Duration;

struct DelayModel {
  enum class Shape : std::uint8_t { constant, uniform, exponential };
  Shape shape = Shape::constant;
  Duration low = std::chrono::milliseconds(5);  ///< constant: it; else the least
  Duration high{};                              ///< uniform: the most; exponential: the mean of what is added

  bool random() const { return shape != Shape::constant; }
  Duration mean() const;
};

inline constexpr Duration kMaxDelay = std::chrono::seconds(60);  ///< of low and high each

/// "5ms", "3ms..8ms" (uniform), "2ms+exp(3ms)"; units us, ms, s. Errors: malformed, says what was expected.
core::Result<DelayModel> parse_delay(std::string_view text);

/// Quantiles of a model at equal steps, so that a draw is one look-up: 0.02 % of the probability a step, and
/// an exponential tail cut at the last of them.
class DelayTable {
 public:
  static constexpr unsigned kBits = 12;
  explicit DelayTable(const DelayModel& model);
  /// Microseconds, by kBits random bits.
  std::uint32_t at(std::uint64_t bits) const { return micros_[bits & ((1u << kBits) - 1)]; }

 private:
  std::vector<std::uint32_t> micros_;
};

}  // namespace rcs::sim
