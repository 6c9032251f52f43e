#pragma once
// The load simulation at every point of a grid of parameters, into one table and one picture.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "harness/load_run.hpp"

namespace rcs::harness {

/// A parameter and its values: users, mean, share-open-api, zipf, loss or hours.
struct SweepAxis {
  std::string parameter;
  std::vector<double> values;
};

inline constexpr std::size_t kMaxSweepPoints = 10'000;  ///< of the whole grid
inline constexpr std::size_t kMaxSweepAxes = 3;

/// "mean=5..50:5" (from, to, step) or "mean=5,10,25". Errors: malformed, names the parameter and the wish.
core::Result<SweepAxis> parse_sweep(std::string_view text);

struct SweepPoint {
  std::vector<double> values;  ///< in the order of the axes
  LoadResult result;
};

struct SweepResult {
  std::vector<SweepAxis> axes;
  std::vector<SweepPoint> points;  ///< the last axis changes fastest
};

struct SweepProgress {
  std::size_t points_done = 0;
  std::size_t points = 0;
  LoadProgress point;  ///< of the one at work
};

/// Runs `base` at every point. Errors: as run_load, named by the point.
core::Result<SweepResult> run_sweep(const LoadOptions& base, std::vector<SweepAxis> axes,
                                    const std::function<bool(const SweepProgress&)>& on_progress);

/// A line for each replication of each point: the parameters, then what was found. RFC 4180.
std::string sweep_csv(const SweepResult& result);
/// For a terminal: a row for each point, means over its replications with half widths.
std::string sweep_text(const SweepResult& result);
/// Messages at a device over the first axis, a line for each kind of client and each value of the others.
std::string sweep_svg(const SweepResult& result);
/// Writes sweep.csv and sweep.svg; gives back the path of the picture. Errors: unknown, names the file.
core::Result<std::vector<std::string>> write_sweep(const SweepResult& result, const std::string& folder);

}  // namespace rcs::harness
