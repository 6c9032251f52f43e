#pragma once
// Randomness that is handed in: one stream per (seed, node, purpose), with distributions of our own because
// those of the standard library differ between implementations. A seeded stream is xoshiro256** through
// splitmix64: the same run again, and nothing secret. A stream over the operating system's source is good for
// what nobody may guess: tags, session ids, tickets, nonces.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rcs::core {

/// Fills the octets with what can not be foretold; lives at the rim, where the operating system may be asked.
using Entropy = void (*)(std::span<std::byte>);

class Random {
 public:
  explicit Random(std::uint64_t seed);
  explicit Random(Entropy entropy);
  // A copy would give the same numbers.
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  Random(Random&&) = default;
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
  /// Words of an entropy, drawn and not yet given.
  struct Pool {
    std::array<std::uint64_t, 32> words{};  // the 256 octets that a system call gives at most without waiting
    std::size_t left = 0;
  };
  std::uint64_t draw();

  std::array<std::uint64_t, 4> state_{};  ///< of the generator
  Entropy entropy_ = nullptr;             ///< null: seeded
  std::unique_ptr<Pool> pool_;            ///< over an entropy, once asked
};

/// Where the streams of one run come from: a seed, or the operating system.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : seed_(seed) {}
  explicit RandomSource(Entropy entropy) : entropy_(entropy) {}

  Random stream(std::string_view node, std::string_view purpose) const {
    return entropy_ != nullptr ? Random(entropy_) : Random(seed_, node, purpose);
  }

 private:
  std::uint64_t seed_ = 0;
  Entropy entropy_ = nullptr;
};

}  // namespace rcs::core
