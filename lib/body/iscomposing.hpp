#pragma once
// "Is typing" (RFC 3994 section 6, rules ISC-1 and ISC-6): application/im-iscomposing+xml to values and back.
// The machines that send and believe it are the client's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::body {

using core::Result;

inline constexpr std::string_view kComposingType = "application/im-iscomposing+xml";
inline constexpr std::size_t kMaxComposingOctets = 16 << 10;  ///< real ones have about 300
inline constexpr std::uint32_t kMinComposingRefresh = 60;     ///< seconds (ISC-1)

struct Composing {
  bool active = false;
  std::optional<core::UnixMs> last_active;
  std::string content_type;  ///< a media type, "text/plain", or a word of old clients; empty: not told
  std::optional<std::uint32_t> refresh;  ///< seconds, as written
  friend bool operator==(const Composing&, const Composing&) = default;
};

/// Any state but `active` is idle; any namespace prefix, schemaLocation and what is unknown are passed over;
/// a lastactive or refresh that can not be read counts as not told. Errors: malformed without a state;
/// too_large.
Result<Composing> parse_composing(std::string_view xml);
std::string format_composing(const Composing& composing);

}  // namespace rcs::body
