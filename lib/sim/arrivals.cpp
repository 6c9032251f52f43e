#include "sim/arrivals.hpp"

#include <charconv>
#include <cmath>
#include <numeric>
#include <string>

#include "core/text.hpp"

namespace rcs::sim {

core::Result<DayProfile> DayProfile::from_weights(std::vector<double> weights) {
  if (weights.empty() || weights.size() > kMaxSlices) {
    return core::malformed("day profile: expected 1 to " + std::to_string(kMaxSlices) + " numbers, got " +
                           std::to_string(weights.size()));
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i]) || weights[i] < 0)
      return core::malformed("day profile: number " + std::to_string(i + 1) + ": expected 0 or more");
  }
  const double mean =
      std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  if (!(mean > 0) || !std::isfinite(mean)) return core::malformed("day profile: expected one number above 0");
  for (auto& weight : weights) weight /= mean;
  DayProfile out;
  out.rates_ = std::move(weights);
  return out;
}

DayProfile DayProfile::daily() {
  return *from_weights(
      {6, 4, 2, 1, 1, 2, 5, 12, 20, 24, 26, 28, 32, 30, 28, 28, 30, 34, 38, 42, 44, 38, 26, 14});
}

core::Result<DayProfile> DayProfile::parse(std::string_view text) {
  std::vector<double> weights;
  int line_number = 0;
  for (auto line : core::split(text, '\n')) {
    ++line_number;
    line = core::trim(line.substr(0, line.find_first_of("#\r")));
    if (line.empty()) continue;
    double value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc() || end != line.data() + line.size() || !std::isfinite(value) || value < 0) {
      return core::malformed(std::to_string(line_number) + ": expected a number, 0 or more, got " +
                             core::quoted(line));
    }
    weights.push_back(value);
    if (weights.size() > kMaxSlices) break;
  }
  return from_weights(std::move(weights));
}

Arrivals::Arrivals(double per_day, DayProfile profile, core::Random random)
    : per_us_(per_day / (core::to_seconds(kDay) * 1e6)),
      profile_(std::move(profile)),
      random_(std::move(random)),
      slice_us_(core::to_seconds(profile_.slice()) * 1e6) {}

std::uint64_t Arrivals::next() {
  double work = random_.exponential(1.0);  // expected arrivals until the next one
  for (;;) {
    const double rate = per_us_ * profile_.rates()[slice_ % profile_.rates().size()];
    const double end = static_cast<double>(slice_ + 1) * slice_us_;
    const double room = (end - at_us_) * rate;
    if (work < room) {
      at_us_ += work / rate;
      return static_cast<std::uint64_t>(at_us_);
    }
    work -= room;
    at_us_ = end;
    ++slice_;
  }
}

}  // namespace rcs::sim
