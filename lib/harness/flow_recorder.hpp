#pragma once
// Records the flow of a chat set-up from the nodes themselves: one session in virtual time, every hop as SIP
// or HTTP text, turned into the tree of causes that a population replays.

#include <string>
#include <vector>

#include "core/result.hpp"
#include "sim/flow.hpp"
#include "trace/count.hpp"

namespace rcs::harness {

struct FlowKind {
  bool api_sender = true;
  bool api_receiver = true;
  std::string transport = "poll";  ///< of events: poll, iframe, sse, ndjson, ws
};

/// Flow::actors of every recorded flow: these, in this order.
const std::vector<std::string>& flow_actors();

/// Hop::counted has bit i for trace::kCountRules[i]. Errors: refused, when the set-up does not come about.
core::Result<sim::Flow> record_flow(const FlowKind& kind);

}  // namespace rcs::harness
