#pragma once
// msrp-cat --relay-server: an MSRP relay (RFC 4976) for one name and password, until it is interrupted.

#include "msrp-cat/options.hpp"
#include "net/loop.hpp"
#include "trace/recorder.hpp"

namespace rcs::cat {

/// `recorder` may be null. SAFETY: all outlive the call.
cli::Exit run_relay_server(net::Loop& loop, const Options& options, trace::Recorder* recorder);

}  // namespace rcs::cat
