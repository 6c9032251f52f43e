#pragma once
// Ladder diagrams of records: text for a terminal, SVG for a report.

#include <map>
#include <string>
#include <vector>

#include "trace/record.hpp"

namespace rcs::trace {

struct LadderOptions {
  std::vector<std::string>
      actors;  ///< columns left to right; actors not named are added in order of appearance
  std::map<RecordId, std::string> step_labels;  ///< "(1)" ... printed at the arrow
  bool color = false;                           ///< ANSI colours (text)
  std::size_t column_width = 0;                 ///< 0: fitted
  std::string title;
};

/// One line an arrow, a header line with the actors, life lines between.
std::string ladder_text(const std::vector<Record>& records, const LadderOptions& options);
/// A self-contained SVG: actors on top, arrows with labels, a tooltip (title element) with size, transport,
/// time and cause; text escaped.
std::string ladder_svg(const std::vector<Record>& records, const LadderOptions& options);

}  // namespace rcs::trace
