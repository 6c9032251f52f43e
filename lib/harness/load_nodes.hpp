#pragma once
// How the nodes of the load simulation work, as people write it: one value for all of them, or one for each
// that is named, "o-cscf=4,t-imas=8".

#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/load.hpp"

namespace rcs::harness {

/// Each sets one member of the nodes in `nodes`, which is by flow_actors() and grows as needed; those not
/// named keep what they have. Errors: malformed, says what was expected; unknown (no such node), lists their
/// names.
core::Result<void> set_workers(std::string_view text, std::vector<sim::NodeModel>& nodes);
core::Result<void> set_service(std::string_view text, std::vector<sim::NodeModel>& nodes);
core::Result<void> set_queue(std::string_view text, std::vector<sim::NodeModel>& nodes);

}  // namespace rcs::harness
