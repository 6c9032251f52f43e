#include "sim/delay.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include "core/text.hpp"

namespace rcs::sim {
namespace {

constexpr std::string_view kForms = "expected a delay such as 5ms, 3ms..8ms or 2ms+exp(3ms), got ";

std::optional<Duration> parse_span(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0)) return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const double seconds = unit == "us" ? 1e-6 : unit == "ms" ? 1e-3 : unit == "s" ? 1.0 : -1.0;
  if (seconds < 0 || value * seconds > core::to_seconds(kMaxDelay)) return std::nullopt;
  return Duration(std::llround(value * seconds * 1e9));
}

}  // namespace

Duration DelayModel::mean() const {
  switch (shape) {
    case Shape::constant:
      return low;
    case Shape::uniform:
      return (low + high) / 2;
    case Shape::exponential:
      return low + high;
  }
  return low;
}

Duration draw(const DelayModel& model, core::Random& random) {
  switch (model.shape) {
    case DelayModel::Shape::constant:
      return model.low;
    case DelayModel::Shape::uniform:
      return model.low + Duration(static_cast<Duration::rep>(
                             random.below(static_cast<std::uint64_t>((model.high - model.low).count()) + 1)));
    case DelayModel::Shape::exponential:
      return model.low + Duration(std::llround(random.exponential(static_cast<double>(model.high.count()))));
  }
  return model.low;
}

core::Result<DelayModel> parse_delay(std::string_view text) {
  const auto bad = [text] { return core::malformed(std::string(kForms) + core::quoted(text)); };
  DelayModel model;
  std::string_view low = text;
  std::string_view high;
  if (const auto dots = text.find(".."); dots != std::string_view::npos) {
    model.shape = DelayModel::Shape::uniform;
    low = text.substr(0, dots);
    high = text.substr(dots + 2);
  } else if (const auto plus = text.find("+exp("); plus != std::string_view::npos && text.ends_with(')')) {
    model.shape = DelayModel::Shape::exponential;
    low = text.substr(0, plus);
    high = text.substr(plus + 5, text.size() - plus - 6);
  }
  const auto first = parse_span(low);
  if (!first) return bad();
  model.low = *first;
  if (!model.random()) return model;
  const auto second = parse_span(high);
  if (!second || (model.shape == DelayModel::Shape::uniform && *second < *first)) return bad();
  model.high = *second;
  return model;
}

DelayTable::DelayTable(const DelayModel& model) {
  constexpr std::size_t kSteps = std::size_t{1} << kBits;
  const auto us = [](Duration d) { return static_cast<double>(d.count()) / 1e3; };
  micros_.reserve(kSteps);
  for (std::size_t i = 0; i < kSteps; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(kSteps);
    double value = us(model.low);
    if (model.shape == DelayModel::Shape::uniform) value += p * us(model.high - model.low);
    if (model.shape == DelayModel::Shape::exponential) value -= us(model.high) * std::log1p(-p);
    micros_.push_back(static_cast<std::uint32_t>(std::llround(value)));
  }
}

}  // namespace rcs::sim
