#pragma once
// The two ways rcs-send reaches the network.

#include "cli/tool.hpp"
#include "net/loop.hpp"
#include "rcs-send/options.hpp"
#include "trace/recorder.hpp"

namespace rcs::send {

/// Through a gateway's API. `recorder` may be null.
cli::Exit run_through_gateway(net::Loop& loop, const Options& options, trace::Recorder* recorder);
/// As a standard client straight over SIP.
cli::Exit run_over_sip(net::Loop& loop, const Options& options, trace::Recorder* recorder);

}  // namespace rcs::send
