#pragma once
// Where everything of a ladder stands, in characters: columns, arrows and their labels. The text and the SVG
// are drawn from this one plan.

#include <cstddef>
#include <string>
#include <vector>

#include "trace/ladder.hpp"
#include "trace/record.hpp"

namespace rcs::trace {

inline constexpr std::size_t kMaxColumns =
    40;  ///< strangers get columns too; past this they share the last one, "others"
inline constexpr std::size_t kMaxActorText = 24;  ///< characters of a name that are shown
inline constexpr std::size_t kMaxLabelText =
    40;  ///< characters of an arrow's label that are shown; a method is foreign text

struct LadderArrow {
  std::size_t from = 0;  ///< columns
  std::size_t to = 0;
  std::string label;  ///< "(1) INVITE", safe for a terminal, cut to fit
  std::string time;   ///< ms since the first of the records: "12.345"
  /// SAFETY: points into the records the plan was made from.
  const Record* record = nullptr;
};

struct LadderLayout {
  std::vector<std::string> actors;   ///< safe for a terminal
  std::vector<std::size_t> centers;  ///< of the life lines, from the left
  std::size_t width = 0;
  std::size_t time_width = 0;  ///< of the widest time
  std::vector<LadderArrow> arrows;
};

LadderLayout ladder_layout(const std::vector<Record>& records, const LadderOptions& options);

/// What a label says about how it went: "486 INVITE", "404 POST", "declined" are failures.
bool is_failure(const Record& record);

}  // namespace rcs::trace
