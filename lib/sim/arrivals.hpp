#pragma once
// When the sessions of many users begin. Each user sends as a Poisson process of its own; all of them
// together are one Poisson process with uniformly chosen senders, and that is what is drawn here: the same
// law, and one pending arrival instead of ten million. Over the day the rate follows a profile (a
// non-homogeneous process, by the time change of its cumulative rate).

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::sim {

using core::Duration;

inline constexpr Duration kDay = std::chrono::hours(24);
inline constexpr std::size_t kMaxSlices = 1440;  ///< of a day: a minute each

/// How the traffic of a day is spread: the rate in equal slices of it, relative to the mean (their average
/// is 1).
class DayProfile {
 public:
  /// Flat.
  DayProfile() : rates_{1.0} {}
  /// Weights of equal slices of the day. Errors: malformed, when there is none, too many, one is negative or
  /// all are 0.
  static core::Result<DayProfile> from_weights(std::vector<double> weights);
  /// A day of people: least before dawn, most in the evening. Hourly, of our own making, not measured.
  static DayProfile daily();
  /// One number a line, # starts a comment. Errors: malformed, names the line.
  static core::Result<DayProfile> parse(std::string_view text);

  const std::vector<double>& rates() const { return rates_; }
  Duration slice() const { return kDay / static_cast<Duration::rep>(rates_.size()); }

 private:
  std::vector<double> rates_;
};

class Arrivals {
 public:
  /// `per_day`: the mean number of arrivals in a whole day.
  Arrivals(double per_day, DayProfile profile, core::Random random);
  /// Microseconds from the beginning; never decreasing. The day repeats.
  std::uint64_t next();

 private:
  double per_us_;  ///< the mean rate
  DayProfile profile_;
  core::Random random_;
  double slice_us_;
  double at_us_ = 0;
  std::size_t slice_ = 0;  ///< counted on over the days
};

}  // namespace rcs::sim
