#pragma once
// Certificates of peers that no authority vouches for, against what their SDP said (RFC 8122 section 5, rules
// MSRP-90 and MSRP-91).

#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "msrp/listening.hpp"

namespace rcs::msrp {

/// What our SDP says of our own certificate, by SHA-256.
Fingerprint fingerprint_of(std::string_view certificate);

/// Whether the certificate, DER, is one of those that were announced, by the best hash of the list. SHA-1
/// counts only where the list has nothing better; MD5 and MD2 prove nothing any more. Errors: refused.
core::Result<void> check_certificate(std::string_view certificate, const std::vector<Fingerprint>& announced);

}  // namespace rcs::msrp
