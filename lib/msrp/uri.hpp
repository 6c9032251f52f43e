#pragma once
// msrp and msrps URIs (RFC 4975 section 6, rules MSRP-20 to MSRP-24) and paths, the lists of them in To-Path,
// From-Path and a=path. Text to values and back; nothing is resolved and nothing connected to here.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"

namespace rcs::msrp {

using core::Result;

inline constexpr std::size_t kMaxUriOctets = 1024;  // real ones have about 80, an address of a relay 120
inline constexpr std::size_t kMaxPathUris = 16;     // two relays on either side make five

struct Uri {
  bool secure = false;                ///< msrps: over TLS (MSRP-22)
  std::string userinfo;               ///< without the @; empty: none
  std::string host;                   ///< as written, an IPv6 address in its brackets
  std::optional<std::uint16_t> port;  ///< 2855 is advice, not a default
  std::string session_id;             ///< empty: none, as in the URI of a relay
  std::string transport = "tcp";      ///< as written; unknown ones are fine in a path (MSRP-24)
  std::string parameters;             ///< ";name=value;name", as written after the transport; usually empty

  std::string to_string() const;
  friend bool operator==(const Uri&, const Uri&) = default;  // the same text; see equivalent()
};

/// The equality of RFC 4975 section 6.1 (MSRP-20).
bool equivalent(const Uri& a, const Uri& b);

/// Errors: malformed; too_large. An address as host needs a port (MSRP-21).
Result<Uri> parse_uri(std::string_view text);

using Path = std::vector<Uri>;

/// One or more URIs with blanks between them. Errors: as parse_uri; too_large when there are too many.
Result<Path> parse_path(std::string_view text);
/// As parse_path; malformed too where a URI has no port, which a path in SDP needs (MSRP-21).
Result<Path> parse_sdp_path(std::string_view text);
std::string format_path(const Path& path);

/// Nobody can guess it (MSRP-23), as far as `random` can not be guessed.
std::string new_session_id(core::Random& random);

}  // namespace rcs::msrp
