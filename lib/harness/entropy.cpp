#include "harness/entropy.hpp"

#include <random>

namespace rcs::harness {

std::uint64_t entropy(std::uint64_t seed) {
  if (seed != 0) return seed;
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace rcs::harness
