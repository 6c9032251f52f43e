#pragma once
// Where a live tool's random numbers come from.

#include <cstdint>

#include "core/random.hpp"

namespace rcs::harness {

/// 0: the operating system, so that nobody can guess a tag or a ticket. Any other seed gives the same numbers
/// each time: for tests and for replays, never towards strangers.
core::RandomSource random_source(std::uint64_t seed);

}  // namespace rcs::harness
