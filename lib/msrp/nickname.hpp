#pragma once
// Nicknames in chat rooms (RFC 7701 section 7, rule MSRP-163): as they stand in Use-Nickname, and when two of
// them are the same.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::msrp {

inline constexpr std::size_t kMaxNickname = 1023;  ///< octets (RFC 7701 section 7.1)

/// The value of Use-Nickname, without its quotes and escapes. Empty: the sender gives its nickname up.
/// Errors: malformed (424).
core::Result<std::string> parse_nickname(std::string_view value);

/// The value of Use-Nickname. Errors: malformed, where it could not be read back.
core::Result<std::string> format_nickname(std::string_view nickname);

/// Equal for nicknames that a person could take for one another. RFC 7700 folds the case of all letters and
/// normalises them, for which it takes the tables of Unicode; here it is the case of ASCII letters, and
/// blanks: those at the ends do not count, and several count as one. Empty: nothing of it can be seen.
std::string nickname_key(std::string_view nickname);

}  // namespace rcs::msrp
