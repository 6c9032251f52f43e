#pragma once
// Where a live tool's seed comes from when it is given none.

#include <cstdint>

namespace rcs::harness {

/// `seed` itself, or, for 0, one drawn from the operating system.
std::uint64_t entropy(std::uint64_t seed);

}  // namespace rcs::harness
