#pragma once
// Records the flow of a chat set-up from the nodes themselves: one session in virtual time, every hop as SIP
// or HTTP text, turned into the tree of causes that a population replays.

#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "scenario/scenario.hpp"
#include "sim/flow.hpp"
#include "trace/count.hpp"
#include "trace/record.hpp"

namespace rcs::harness {

struct FlowKind {
  bool api_sender = true;
  bool api_receiver = true;
  std::string transport = "poll";  ///< of events: poll, iframe, sse, ndjson, ws
};

/// Two users of the kinds set up a chat, the receiver takes it, and `settle` passes.
scenario::Scenario chat_set_up(const FlowKind& kind, core::Duration settle);
/// Did a record begin the set-up?
bool begins_set_up(const trace::Record& record);

/// Flow::actors of every recorded flow: these, in this order.
const std::vector<std::string>& flow_actors();

/// Which bit of Hop::counted stands for a rule.
unsigned rule_bit(trace::CountRule rule);

/// Errors: refused, when the set-up does not come about.
core::Result<sim::Flow> record_flow(const FlowKind& kind);

}  // namespace rcs::harness
