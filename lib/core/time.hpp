#pragma once
// Time as a value. Clock has no now(): an Instant comes in from a driver (live or virtual), it is never asked
// for. WallClock turns an Instant into civil time (UTC) for the headers and events that need a date.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::core {

struct Clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using Instant = Clock::time_point;

using namespace std::chrono_literals;

constexpr std::int64_t to_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
constexpr double to_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// Milliseconds since 1970-01-01T00:00:00Z.
struct UnixMs {
  std::int64_t value = 0;
  friend auto operator<=>(UnixMs, UnixMs) = default;
};

/// The offset between a driver's Instants and civil time, fixed when the driver starts; a clock step does not
/// move timers.
struct WallClock {
  std::int64_t unix_ms_at_zero = 0;
  UnixMs at(Instant t) const { return UnixMs{unix_ms_at_zero + to_ms(t.time_since_epoch())}; }
};

/// RFC 3339 in UTC with milliseconds: 2012-01-01T10:10:10.000Z
std::string format_rfc3339(UnixMs t);
/// RFC 3339 date-time, any offset, any fraction; a missing zone is read as UTC (lenient towards old peers).
Result<UnixMs> parse_rfc3339(std::string_view text);

}  // namespace rcs::core
