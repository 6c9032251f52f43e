#include "msrp/header_lines.hpp"

#include "core/text.hpp"

namespace rcs::msrp {
namespace {

std::string number_or_star(const std::optional<std::uint64_t>& number) {
  return number ? std::to_string(*number) : "*";
}

}  // namespace

std::string with_byte_range(std::string_view lines, const ByteRange& range) {
  constexpr std::string_view kName = "Byte-Range:";
  std::string out(kName);
  out.append(" ").append(std::to_string(range.start)).append("-").append(number_or_star(range.end));
  out.append("/").append(number_or_star(range.total)).append("\r\n");
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n') + 1);
    lines.remove_prefix(line.size());
    if (!core::istarts_with(line, kName)) out.append(line);
  }
  return out;
}

}  // namespace rcs::msrp
