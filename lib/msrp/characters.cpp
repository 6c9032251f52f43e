#include "msrp/characters.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "core/text.hpp"

namespace rcs::msrp {
namespace {

constexpr std::array<bool, 256> ident_characters() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 128; ++c) table[c] = core::is_alnum(static_cast<char>(c));
  for (const char c : std::string_view(".-+%=")) table[static_cast<unsigned char>(c)] = true;
  return table;
}

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet < 32 && c != '\t') || octet == 127;
}

/// Is any of eight octets below 32, or 127? A tab is too: who asks looks again.
bool may_hold_control(const char* text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  std::uint64_t octets = 0;
  std::memcpy(&octets, text, sizeof octets);
  const auto zero_where_delete = octets ^ (kOnes * 127);
  return ((((octets - kOnes * 32) & ~octets) | ((zero_where_delete - kOnes) & ~zero_where_delete)) & kTops) !=
         0;
}

}  // namespace

bool is_ident(std::string_view text) {
  static constexpr auto kTable = ident_characters();
  if (text.size() < 4 || text.size() > 32 || !core::is_alnum(text.front())) return false;
  bool good = true;
  for (const char c : text) good = good && kTable[static_cast<unsigned char>(c)];
  return good;
}

bool has_control(std::string_view text) {
  constexpr std::size_t kStep = 8;
  const auto holds = [&](std::size_t at) {
    const auto* octets = text.data() + at;
    return may_hold_control(octets) && std::any_of(octets, octets + kStep, is_control);
  };
  if (text.size() < kStep) return std::any_of(text.begin(), text.end(), is_control);
  for (std::size_t at = 0; at + kStep <= text.size(); at += kStep) {
    if (holds(at)) return true;
  }
  return holds(text.size() - kStep);  // the rest, and a few octets once more
}

}  // namespace rcs::msrp
