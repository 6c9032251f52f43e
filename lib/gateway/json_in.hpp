#pragma once
// JSON as the API takes it (API-73): one object, UTF-8, no member twice, nesting bounded. Unknown members are
// the caller's to ignore.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::gateway {

inline constexpr int kMaxJsonDepth = 32;

/// Errors: malformed, says where; the text itself is never quoted, for a token may be in it.
core::Result<nlohmann::json> parse_object(std::string_view text);

/// A member of `object`; nullptr where there is none (or `object` is no object).
const nlohmann::json* member(const nlohmann::json& object, const char* name);

/// Text that is good UTF-8: what is ill-formed becomes U+FFFD.
std::string to_utf8(std::string_view text);
/// At most `max` octets of UTF-8, cut at a character's border.
std::string_view cut_utf8(std::string_view text, std::size_t max);
/// `text` as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace rcs::gateway
