#pragma once
// msrp-cat --room: a chat room (RFC 7701) for whoever comes with its URI, until it is interrupted.

#include "msrp-cat/options.hpp"
#include "net/loop.hpp"
#include "trace/recorder.hpp"

namespace rcs::cat {

/// `recorder` may be null. SAFETY: all outlive the call.
cli::Exit run_room(net::Loop& loop, const Options& options, trace::Recorder* recorder);

}  // namespace rcs::cat
