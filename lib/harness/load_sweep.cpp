#include "harness/load_sweep.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "core/text.hpp"
#include "sim/arrivals.hpp"

namespace rcs::harness {
namespace {

using core::quoted;

void set_users(LoadOptions& options, double value) {
  options.model.population.users = static_cast<std::uint64_t>(value);
}
void set_mean(LoadOptions& options, double value) { options.model.mean_per_day = value; }
void set_share(LoadOptions& options, double value) { options.model.population.share_open_api = value; }
void set_zipf(LoadOptions& options, double value) { options.model.population.zipf_exponent = value; }
void set_loss(LoadOptions& options, double value) { options.model.transactions.loss = value; }
void set_hours(LoadOptions& options, double value) {
  options.model.length =
      std::chrono::duration_cast<core::Duration>(std::chrono::duration<double, std::ratio<3600>>(value));
}

struct Parameter {
  std::string_view name;
  double most;
  void (*set)(LoadOptions&, double);
};
constexpr Parameter kParameters[] = {{"users", static_cast<double>(sim::kMaxUsers), set_users},
                                     {"mean", sim::kMaxMeanPerDay, set_mean},
                                     {"share-open-api", 1, set_share},
                                     {"zipf", sim::kMaxZipf, set_zipf},
                                     {"loss", 1, set_loss},
                                     {"hours", 744, set_hours}};

const Parameter* find_parameter(std::string_view name) {
  for (const auto& parameter : kParameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

std::optional<double> parse_number(std::string_view text, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) || value > most)
    return std::nullopt;
  return value;
}

/// "5..50:5"; empty when it is not of that form or has too many values.
std::vector<double> parse_range(std::string_view text, double most) {
  const auto dots = text.find("..");
  const auto colon = text.find(':');
  if (dots == std::string_view::npos || colon == std::string_view::npos || colon < dots) return {};
  const auto from = parse_number(text.substr(0, dots), most);
  const auto to = parse_number(text.substr(dots + 2, colon - dots - 2), most);
  const auto step = parse_number(text.substr(colon + 1), most);
  if (!from || !to || !step || *step <= 0 || *to < *from) return {};
  const double count = std::floor((*to - *from) / *step + 1e-9) + 1;
  if (count > static_cast<double>(kMaxSweepPoints)) return {};
  std::vector<double> out;
  for (double i = 0; i < count; ++i) out.push_back(*from + i * *step);  // not by adding: errors would add up
  return out;
}

std::vector<double> parse_list(std::string_view text, double most) {
  std::vector<double> out;
  for (const auto piece : core::split(text, ',')) {
    const auto value = parse_number(piece, most);
    if (!value || out.size() == kMaxSweepPoints) return {};
    out.push_back(*value);
  }
  return out;
}

core::Result<std::size_t> grid_size(const std::vector<SweepAxis>& axes) {
  if (axes.empty() || axes.size() > kMaxSweepAxes)
    return core::malformed("sweep: expected 1 to " + std::to_string(kMaxSweepAxes) + " parameters");
  std::size_t points = 1;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (axes[j].parameter == axes[i].parameter)
        return core::malformed("sweep: " + axes[i].parameter + ": stands twice");
    }
    points *= axes[i].values.size();
    if (points > kMaxSweepPoints)
      return core::malformed("sweep: more than " + std::to_string(kMaxSweepPoints) + " points");
  }
  return points;
}

/// Of the point number `index`.
std::vector<double> values_at(const std::vector<SweepAxis>& axes, std::size_t index) {
  std::vector<double> out(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    out[i] = axes[i].values[index % axes[i].values.size()];
    index /= axes[i].values.size();
  }
  return out;
}

}  // namespace

core::Result<SweepAxis> parse_sweep(std::string_view text) {
  const auto parts = core::split_once(text, '=');
  const auto* parameter = parts ? find_parameter(parts->first) : nullptr;
  if (parameter == nullptr) {
    return core::malformed(
        "expected users, mean, share-open-api, zipf, loss or hours, then = and values, got " + quoted(text));
  }
  SweepAxis axis{std::string(parts->first), parse_range(parts->second, parameter->most)};
  if (axis.values.empty()) axis.values = parse_list(parts->second, parameter->most);
  if (axis.values.empty()) {
    return core::malformed(axis.parameter + ": expected FROM..TO:STEP or values with commas between, got " +
                           quoted(parts->second));
  }
  return axis;
}

core::Result<SweepResult> run_sweep(const LoadOptions& base, std::vector<SweepAxis> axes,
                                    const std::function<bool(const SweepProgress&)>& on_progress) {
  SweepProgress progress;
  RCS_TRY(progress.points, grid_size(axes));
  SweepResult out;
  for (std::size_t point = 0; point < progress.points; ++point) {
    auto values = values_at(axes, point);
    LoadOptions options = base;
    std::string name;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      find_parameter(axes[i].parameter)->set(options, values[i]);
      char text[64];
      std::snprintf(text, sizeof text, "%s%s=%g", i == 0 ? "" : ", ", axes[i].parameter.c_str(), values[i]);
      name += text;
    }
    progress.points_done = point;
    auto result = run_load(std::move(options), [&](const LoadProgress& p) {
      progress.point = p;
      return on_progress(progress);
    });
    if (!result) return core::Error(result.error().code(), "at " + name + ": " + result.error().detail());
    out.points.push_back({std::move(values), std::move(*result)});
  }
  out.axes = std::move(axes);
  return out;
}

}  // namespace rcs::harness
