#pragma once
// The Date of SIP (RFC 3261 section 20.17) and of HTTP: "Sat, 13 Nov 2010 23:29:00 GMT", whole seconds of
// UTC.

#include <string>
#include <string_view>

#include "core/time.hpp"

namespace rcs::core {

std::string format_date(UnixMs at);
/// The day of the week is not compared with the rest. Errors: malformed.
Result<UnixMs> parse_date(std::string_view text);

}  // namespace rcs::core
