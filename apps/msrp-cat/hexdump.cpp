#include "msrp-cat/hexdump.hpp"

#include <cstdio>

namespace rcs::cat {
namespace {

constexpr std::size_t kWidth = 16;

}  // namespace

std::string hexdump(char direction, std::uint64_t offset, std::string_view octets) {
  std::string out;
  for (std::size_t at = 0; at < octets.size(); at += kWidth) {
    const auto line = octets.substr(at, kWidth);
    char number[16];
    std::snprintf(number, sizeof(number), "%08llx", static_cast<unsigned long long>(offset + at));
    out.append(1, direction).append(" ").append(number).append(" ");
    for (std::size_t i = 0; i < kWidth; ++i) {
      char hex[4] = "   ";
      if (i < line.size()) std::snprintf(hex, sizeof(hex), " %02x", static_cast<unsigned char>(line[i]));
      out += hex;
    }
    out += "  ";
    for (const char c : line) out += c >= ' ' && c <= '~' ? c : '.';
    out += '\n';
  }
  return out;
}

}  // namespace rcs::cat
