#pragma once
// The two ways in which flow fidelity replays sessions, inside the room.

#include <memory>

#include "sim/load.hpp"

namespace rcs::sim {

/// Links with random delays: every hop is an event, and its arrival sets off those that it causes.
std::unique_ptr<ShardRunner> make_random_replay(const LoadModel& model);
/// Constant delays: a session is a row of moments at fixed distances, at each of which one or more of its
/// hops arrive. One event for a moment, which sets off the next.
std::unique_ptr<ShardRunner> make_constant_replay(const LoadModel& model);

}  // namespace rcs::sim
