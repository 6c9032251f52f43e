#pragma once
// When each chat of a load against a live gateway begins, and between whom: the sessions that ims-sim load
// simulates for the same population and the same seed, all shards in one order of time, sped up. Pure: the
// clock is the generator's (live_load_run.hpp).

#include <cstdint>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "sim/load.hpp"

namespace rcs::harness {

inline constexpr std::size_t kMaxLiveUsers = 20'000;        ///< an event connection each
inline constexpr std::size_t kMaxLiveSessions = 1'000'000;  ///< each is kept, some 200 octets
inline constexpr double kMaxLiveSpeed = 1'000'000;          ///< a day in 86 ms: all at once

struct PlannedSession {
  core::Duration at{};         ///< real time from the beginning of the run
  std::uint32_t sender = 0;    ///< index into LiveSchedule::users
  std::uint32_t receiver = 0;  ///< another one
};

struct LiveSchedule {
  std::vector<PlannedSession> sessions;  ///< the earliest first
  std::vector<std::uint64_t> users;      ///< who sends or receives, by the population's numbers, rising
  core::Duration window{};               ///< real time in which sessions begin
};

/// Of the model counts who there is, how much they send and when; delays and flows are the live network's
/// own. `speed`: virtual seconds in a real one. Errors: malformed, names the parameter (users, mean, zipf,
/// hours, speed).
core::Result<LiveSchedule> make_live_schedule(const sim::LoadModel& model, double speed);

}  // namespace rcs::harness
