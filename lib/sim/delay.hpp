#pragma once
// How long a message takes on a link, as a law of chance: constant, uniform, or exponential above a floor.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.hpp"
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
  friend bool operator==(const DelayModel&, const DelayModel&) = default;
  Duration mean() const;
};

/// One delay by the law itself; for many, see DelayTable. A constant one takes nothing from `random`.
Duration draw(const DelayModel& model, core::Random& random);

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

/// One drawn word serves several look-ups of a DelayTable.
class TableBits {
 public:
  explicit TableBits(core::Random random) : random_(std::move(random)) {}
  std::uint64_t next() {
    if (left_ < DelayTable::kBits) {
      word_ = random_.next();
      left_ = 64;
    }
    const std::uint64_t out = word_;
    word_ >>= DelayTable::kBits;
    left_ -= DelayTable::kBits;
    return out;
  }

 private:
  core::Random random_;
  std::uint64_t word_ = 0;
  unsigned left_ = 0;
};

}  // namespace rcs::sim
