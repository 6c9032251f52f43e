#pragma once
// Foreign text made safe for the three places a record is shown in: a JSON string, an XML text or attribute,
// a terminal. Octets that are not UTF-8 never leave here as they came: each becomes U+FFFD.

#include <cstddef>
#include <string>
#include <string_view>

namespace rcs::trace {

/// The octets of the character `text` starts with: 1-4, or 0 where they are not UTF-8 (and for an empty
/// text).
std::size_t character_length(std::string_view text);
/// How many characters `text` shows; an octet that is not UTF-8 is one. East Asian width is not looked at.
std::size_t character_count(std::string_view text);

/// A JSON string (RFC 8259 section 7) with its quotes; controls, U+2028 and U+2029 are escaped, so it may
/// stand in a script too.
std::string json_string(std::string_view text);
/// Text for XML content and quoted attributes; controls that XML 1.0 forbids become U+FFFD.
std::string xml_text(std::string_view text);
/// One line for a terminal of at most `max` characters: every control (so every escape sequence) becomes
/// U+FFFD, and what is cut off shows as "~" at the end.
std::string line_text(std::string_view text, std::size_t max);

}  // namespace rcs::trace
