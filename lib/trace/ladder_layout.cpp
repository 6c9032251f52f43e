#include "trace/ladder_layout.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include "trace/escape.hpp"

namespace rcs::trace {
namespace {

constexpr std::size_t kMinGap = 9;  ///< between two life lines; an arrow still looks like one
constexpr std::size_t kAroundLabel =
    5;  ///< of an arrow: two dashes before its label, one and the head after it, one line
constexpr std::size_t kAroundSelf = 7;  ///< of a message to oneself: "|-. label  "
constexpr std::string_view kOthers = "others";

/// Columns by name, in the order asked for and then of appearance.
class Columns {
 public:
  std::size_t of(const std::string& actor) {
    const auto found = places_.find(actor);
    if (found != places_.end()) return found->second;
    if (names_.size() == kMaxColumns) {
      names_.back() = kOthers;
      return kMaxColumns - 1;
    }
    places_.emplace(actor, names_.size());
    names_.push_back(line_text(actor, kMaxActorText));
    return names_.size() - 1;
  }
  std::vector<std::string> names() && { return std::move(names_); }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<std::string> names_;
};

std::string relative_ms(core::Instant time, core::Instant start) {
  const auto us = static_cast<std::uint64_t>((time - start).count() / 1000);
  const auto fraction = std::to_string(us % 1000);
  return std::to_string(us / 1000) + '.' + std::string(3 - fraction.size(), '0') + fraction;
}

/// The gap to the right of each column; that of the last holds only messages to itself.
std::vector<std::size_t> fitted_gaps(const LadderLayout& plan) {
  const auto half = [&](std::size_t column) { return character_count(plan.actors[column]) / 2 + 1; };
  std::vector<std::size_t> gaps(plan.actors.size(), kMinGap);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    gaps[i] = i + 1 == gaps.size() ? half(i) : std::max(kMinGap, half(i) + half(i + 1) + 1);
  }
  // Short arrows first: a long one mostly has the room it needs by then.
  for (std::size_t span = 0; span < gaps.size(); ++span) {
    for (const auto& arrow : plan.arrows) {
      const auto left = std::min(arrow.from, arrow.to);
      const auto right = std::max(arrow.from, arrow.to);
      if (right - left != span) continue;
      if (span == 0) {
        gaps[left] = std::max(gaps[left], character_count(arrow.label) + kAroundSelf);
        continue;
      }
      std::size_t have = 0;
      for (auto i = left; i < right; ++i) have += gaps[i];
      const auto need = character_count(arrow.label) + kAroundLabel;
      if (have < need) gaps[left] += need - have;
    }
  }
  return gaps;
}

/// The characters a label may have between two life lines.
std::size_t room_for(const LadderLayout& plan, const LadderArrow& arrow) {
  if (arrow.from == arrow.to) {
    const auto next = arrow.from + 1 < plan.centers.size() ? plan.centers[arrow.from + 1] : plan.width;
    return next - plan.centers[arrow.from] - std::min(next - plan.centers[arrow.from], kAroundSelf - 1);
  }
  const auto left = plan.centers[std::min(arrow.from, arrow.to)];
  const auto right = plan.centers[std::max(arrow.from, arrow.to)];
  return right - left - std::min(right - left, kAroundLabel);
}

}  // namespace

LadderLayout ladder_layout(const std::vector<Record>& records, const LadderOptions& options) {
  LadderLayout plan;
  Columns columns;
  for (const auto& actor : options.actors) columns.of(actor);
  const auto first = std::min_element(records.begin(), records.end(),
                                      [](const Record& a, const Record& b) { return a.time < b.time; });
  for (const auto& record : records) {
    LadderArrow arrow;
    arrow.from = columns.of(record.from);
    arrow.to = columns.of(record.to);
    const auto step = options.step_labels.find(record.id);
    const auto prefix = step == options.step_labels.end() ? std::string() : step->second + ' ';
    arrow.label = line_text(prefix + record.label, kMaxLabelText);
    arrow.time = relative_ms(record.time, first->time);
    arrow.record = &record;
    plan.time_width = std::max(plan.time_width, arrow.time.size());
    plan.arrows.push_back(std::move(arrow));
  }
  plan.actors = std::move(columns).names();
  if (plan.actors.empty()) return plan;

  const auto gaps =
      options.column_width == 0
          ? fitted_gaps(plan)
          : std::vector<std::size_t>(plan.actors.size(), std::max(options.column_width, kMinGap));
  std::size_t at = character_count(plan.actors.front()) / 2 + 1;
  for (const auto gap : gaps) {
    plan.centers.push_back(at);
    at += gap;
  }
  plan.width = at + 1;
  for (auto& arrow : plan.arrows) arrow.label = line_text(arrow.label, room_for(plan, arrow));
  return plan;
}

bool is_failure(const Record& record) {
  if (record.protocol == Protocol::event) {
    return record.label == "declined" || record.label == "expired" || record.label == "error" ||
           record.label == "failed";
  }
  const auto& label = record.label;
  return label.size() > 3 && label[0] >= '4' && label[0] <= '6' && label[3] == ' ';
}

}  // namespace rcs::trace
