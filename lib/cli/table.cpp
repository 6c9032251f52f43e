#include "cli/table.hpp"

#include <algorithm>
#include <string_view>

namespace rcs::cli {
namespace {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-%") == std::string_view::npos;
}

}  // namespace

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      const auto& cell = rows[r][i];
      const std::string padding(widths[i] - width_of(cell), ' ');
      if (i != 0) line += "  ";
      line += r != 0 && is_number(cell) ? padding + cell : cell + padding;
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (r == 0) {
      for (std::size_t i = 0; i < widths.size(); ++i)
        out += (i != 0 ? "  " : "") + std::string(widths[i], '-');
      out += "\n";
    }
  }
  return out;
}

}  // namespace rcs::cli
