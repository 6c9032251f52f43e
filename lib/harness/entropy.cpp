#include "harness/entropy.hpp"

#include <unistd.h>

#include "core/result.hpp"

namespace rcs::harness {
namespace {

void ask_system(std::span<std::byte> octets) {
  RCS_ASSERT(::getentropy(octets.data(), octets.size()) == 0);  // fails only where the kernel has none
}

}  // namespace

core::RandomSource random_source(std::uint64_t seed) {
  return seed == 0 ? core::RandomSource(ask_system) : core::RandomSource(seed);
}

}  // namespace rcs::harness
