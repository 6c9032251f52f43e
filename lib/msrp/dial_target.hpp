#pragma once
// Where to connect for a URI (RFC 4975 section 6, RFC 7977 section 5.2; rules MSRP-22, MSRP-24, MSRP-123).

#include "core/result.hpp"
#include "msrp/uri.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

/// Errors: unsupported where we do not speak its transport.
core::Result<node::StreamTarget> dial_target(const Uri& uri);

/// All that tells one target from another, as text.
std::string place_of(const node::StreamTarget& target);

/// The same transport, where some write `wss` for a `ws` that is secure (MSRP-123).
bool same_transport(const Uri& a, const Uri& b);

}  // namespace rcs::msrp
