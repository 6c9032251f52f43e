#pragma once
// Plain tables for a terminal: columns fitted, numbers right-aligned, UTF-8 counted by characters.

#include <string>
#include <vector>

namespace rcs::cli {

/// The first row is the heading, underlined by a rule. Cells that are all digits, '.', '-' or '%' are aligned
/// right.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace rcs::cli
