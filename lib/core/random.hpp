#pragma once
// Randomness that is handed in: one stream per (seed, node, purpose), with distributions of our own because
// those of the standard library differ between implementations. xoshiro256** seeded through splitmix64. Not
// for secrets.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rcs::core {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  /// The stream of `node` for `purpose`: independent of every other stream of the same seed.
  Random(std::uint64_t seed, std::string_view node, std::string_view purpose);

  std::uint64_t next();
  /// Uniform in 0..bound-1 without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
  /// Exponential with the given mean.
  double exponential(double mean);
  /// `length` characters of [0-9a-z]: about 5.17 bits each; 16 of them carry more than 80 bits.
  std::string token(std::size_t length = 16);
  /// `length` lower-case hexadecimal digits.
  std::string hex(std::size_t length);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace rcs::core
