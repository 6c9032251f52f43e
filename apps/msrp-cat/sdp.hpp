#pragma once
// SDP as msrp-cat hands it over: our own on standard output, the peer's from a file or standard input, each
// ended by an empty line, so that content can follow it.

#include <string>

#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace rcs::cat {

/// Waits for all of it. Errors: unknown (no such file), malformed (names the place and the line), unsupported
/// (no message session in it).
core::Result<body::MsrpMedia> read_sdp(const std::string& path, body::Setup unsaid);
/// As text, ready to be written out.
std::string sdp_text(const body::MsrpMedia& media, core::Random& random);

}  // namespace rcs::cat
