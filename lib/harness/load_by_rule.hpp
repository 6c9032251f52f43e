#pragma once
// Messages at the users' devices by every rule of counting, from a simulation that counted by one. A session
// has the messages of its flow, so a user's messages by any rule follow from how many sessions the user took
// part in; and where what a device has does not depend on the other user's client, they are those by the
// chosen rule times a constant for each role, which gives the variance too.

#include <array>
#include <optional>
#include <vector>

#include "harness/load_run.hpp"
#include "harness/load_summary.hpp"

namespace rcs::harness {

/// Over the users of one kind.
struct Moments {
  double mean = 0;
  std::optional<double> variance;  ///< of the users as a whole population; none where it can not be told
};

using RoleMoments = std::array<Moments, kDeviceRoles.size()>;  ///< in the order of kDeviceRoles

/// nullopt where nobody is of the kind, or where sessions did not all have the messages of their flow,
/// because some were lost, repeated or refused.
std::optional<RoleMoments> moments_by_rule(const LoadResult& result, const LoadOutcome& outcome,
                                           ClientKind kind, trace::CountRule rule);
/// The users of all replications in one.
std::optional<RoleMoments> moments_by_rule(const LoadResult& result, ClientKind kind, trace::CountRule rule);

/// `role`: index into kDeviceRoles. Of a rule and kind for which there are moments.
Estimate mean_by_rule(const LoadResult& result, ClientKind kind, trace::CountRule rule, std::size_t role);

}  // namespace rcs::harness
