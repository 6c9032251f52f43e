#pragma once
// Content that was packed on its way (Content-Encoding gzip and deflate) to octets again: some clients pack
// the bodies of their messages. We pack none.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::body {

using core::Result;

/// Octets of a packed body, unpacked: as many as a body may have unpacked (sip::kMaxBodyBytes). A few octets
/// can say a thousand times as many.
inline constexpr std::size_t kMaxInflatedOctets = 256 << 10;

/// gzip (RFC 1952), deflate as HTTP and SIP mean it (RFC 1950), and as many send it (RFC 1951, without a
/// head); which one is seen from the octets. Errors: malformed; too_large past `max`.
Result<std::string> inflate(std::string_view packed, std::size_t max = kMaxInflatedOctets);

/// What `octets` are without their Content-Encoding, as that header has it; empty or "identity": they
/// themselves. Errors: unsupported for another coding than gzip and deflate; as inflate.
Result<std::string> without_coding(std::string_view coding, std::string_view octets);
inline constexpr std::string_view kContentCodings = "gzip, deflate, identity";  ///< that can be taken off

}  // namespace rcs::body
