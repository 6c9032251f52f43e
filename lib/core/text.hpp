#pragma once
// Text helpers that the protocols share: ASCII case, trimming, numbers, UTF-8, percent and base64 coding, and
// how foreign bytes are quoted in a message for a person.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::core {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }

/// Lets an unordered_map of strings, with std::equal_to<>, be searched by a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

/// ASCII case-insensitive equality.
bool iequals(std::string_view a, std::string_view b);
/// ASCII case-insensitive: does `text` start with `prefix`?
bool istarts_with(std::string_view text, std::string_view prefix);
std::string to_lower(std::string_view text);
/// Without leading and trailing space and tab.
std::string_view trim(std::string_view text);
/// The pieces between separators; never empty: "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Text up to the first `separator`, and what follows it; nullopt where there is none.
std::optional<std::pair<std::string_view, std::string_view>> split_once(std::string_view text,
                                                                        char separator);

/// All of `text` is decimal digits and fits; nothing else (no sign, no blanks).
std::optional<std::uint64_t> parse_u64(std::string_view text);
/// As parse_u64, at most `max`.
std::optional<std::uint32_t> parse_u32(std::string_view text, std::uint32_t max = UINT32_MAX);

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text);
/// Any of the octets 0-31 or 127.
bool has_control(std::string_view text);
/// An RFC 3261 / RFC 2045 style token: one or more of [A-Za-z0-9-.!%*_+`'~].
bool is_token(std::string_view text);

/// %XX for every octet that is not unreserved (RFC 3986 2.3) and not in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});
/// Errors: malformed on a % without two hexadecimal digits.
Result<std::string> percent_decode(std::string_view text);

std::string base64_encode(std::string_view octets);
std::string hex_encode(std::string_view octets);

/// Foreign bytes for a person: in double quotes, controls and non-UTF-8 as \xNN, cut at `max` octets with
/// "...".
std::string quoted(std::string_view text, std::size_t max = 60);

}  // namespace rcs::core
