#pragma once
// msrp-cat --anchor: a media anchor between two peers whose offer and answer go through it by hand.

#include "msrp-cat/options.hpp"
#include "net/loop.hpp"
#include "trace/recorder.hpp"

namespace rcs::cat {

/// `recorder` may be null. SAFETY: all outlive the call.
cli::Exit run_anchor(net::Loop& loop, const Options& options, trace::Recorder* recorder);

}  // namespace rcs::cat
