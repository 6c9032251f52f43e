#pragma once
// MIME header fields, media types and their parameters (RFC 2045 section 5, RFC 2183), as far as bodies in
// SIP, MSRP and CPIM use them.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace rcs::body {

using core::Result;

/// A media type or disposition: `type/subtype` (lower case) and parameters (names lower case, values
/// unquoted).
struct MediaType {
  std::string type;  ///< "text/plain", "multipart/mixed"; for a disposition one word: "render"
  std::vector<std::pair<std::string, std::string>> params;

  std::optional<std::string> param(std::string_view name) const;
  /// Quotes a parameter value where its characters ask for it; control characters are left out.
  std::string to_string() const;
  friend bool operator==(const MediaType&, const MediaType&) = default;
};

/// MIME-7: types and parameter names without case. Errors: malformed, names the text.
Result<MediaType> parse_media_type(std::string_view text);

struct MimeHeader {
  std::string name;
  std::string value;
  friend bool operator==(const MimeHeader&, const MimeHeader&) = default;
};
using MimeHeaders = std::vector<MimeHeader>;
const std::string* find_mime(const MimeHeaders& headers, std::string_view name);
/// Parses `Name: value` lines up to and including an empty line; folded lines are joined; LF alone is taken.
/// What follows is left in `text`. Without an empty line all of it is headers. Errors: malformed on a line
/// without a colon, too_large past 64 fields.
Result<MimeHeaders> take_mime_headers(std::string_view& text);
/// `Name: value` lines and the empty line behind them. Control characters in a value become blanks and a
/// field whose name is no token is left out, so that no value can start a header of its own.
std::string format_mime_headers(const MimeHeaders& headers);

/// A typed body: its header fields (Content-Type first where we make it) and its octets.
struct Part {
  MimeHeaders headers;
  std::string content;

  /// text/plain;charset=us-ascii when there is no Content-Type (MIME-3); malformed when it can not be read.
  Result<MediaType> media_type() const;
  friend bool operator==(const Part&, const Part&) = default;
};

}  // namespace rcs::body
