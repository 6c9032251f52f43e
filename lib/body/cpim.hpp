#pragma once
// message/cpim (RFC 3862), rules CPIM-1 to CPIM-14: headers with namespaces around one MIME content.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body/mime.hpp"

namespace rcs::body {

inline constexpr std::string_view kImdnNamespace = "urn:ietf:params:imdn";
inline constexpr std::string_view kCpimNamespace = "urn:ietf:params:cpim-headers:";

struct CpimHeader {
  std::string ns;    ///< namespace URI, resolved from the prefix (CPIM-10); empty for From, To, cc, DateTime,
                     ///< Subject, NS, Require
  std::string name;  ///< case-sensitive (CPIM-2), without prefix
  std::string params;  ///< ";lang=fr", as written; usually empty
  std::string value;   ///< unescaped
  friend bool operator==(const CpimHeader&, const CpimHeader&) = default;
};

struct CpimAddress {
  std::string display;
  std::string uri;
  friend bool operator==(const CpimAddress&, const CpimAddress&) = default;
};

struct Cpim {
  std::vector<CpimHeader> headers;  ///< in order, NS lines left out (they are made from `ns` when formatting)
  Part content;

  /// The first header of that namespace URI and name; nullptr when absent.
  const std::string* header(std::string_view ns, std::string_view name) const;
  std::optional<CpimAddress> from() const;
  std::optional<CpimAddress> to() const;
  const std::string* imdn(std::string_view name) const { return header(kImdnNamespace, name); }
  void add(std::string_view ns, std::string_view name, std::string_view value);
  friend bool operator==(const Cpim&, const Cpim&) = default;
};

/// Headers under a prefix that was not declared are left out (nobody can say what they mean); `imdn` counts
/// as declared. The value of Require is rewritten to the prefixes that format_cpim declares. Lenient where
/// old peers err (D17: a Content-* line ends the header block; LF alone; D10). Errors: malformed, too_large;
/// unsupported when Require names what we do not know (CPIM-11).
Result<Cpim> parse_cpim(std::string_view text);
/// CRLF lines, escapes of CPIM-5, `NS: imdn <urn:ietf:params:imdn>` before the first header that needs it. A
/// header whose name is no CPIM name is left out.
std::string format_cpim(const Cpim& cpim);

/// `[name ]<URI>` of From, To, cc (CPIM-7).
Result<CpimAddress> parse_cpim_address(std::string_view text);
/// The header value of an address, unescaped as all values are: `"display" <URI>`, or `<URI>` without a
/// display name.
std::string format_cpim_address(const CpimAddress& address);
/// The escapes of CPIM-5 but those of quotes; and all of CPIM-6 undone (a surrogate pair is one character, a
/// lone one U+FFFD).
std::string cpim_escape(std::string_view text);
std::string cpim_unescape(std::string_view text);

}  // namespace rcs::body
