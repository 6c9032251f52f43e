#include "core/random.hpp"

#include <cmath>
#include <utility>

#include "core/hash.hpp"
#include "core/result.hpp"

namespace rcs::core {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = splitmix64(seed);
}

Random::Random(std::uint64_t seed, std::string_view node, std::string_view purpose)
    : Random(Hash().add(seed).add(node).add(purpose).value()) {}

Random::Random(Entropy entropy) : entropy_(entropy) { RCS_ASSERT(entropy != nullptr); }

// Many words a call, for a call may cost a system call.
std::uint64_t Random::draw() {
  if (!pool_) pool_ = std::make_unique<Pool>();
  if (pool_->left == 0) {
    entropy_(std::as_writable_bytes(std::span(pool_->words)));
    pool_->left = pool_->words.size();
  }
  return std::exchange(pool_->words[--pool_->left], 0);  // what was given is not kept
}

std::uint64_t Random::next() {
  if (entropy_ != nullptr) return draw();
  const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  RCS_ASSERT(bound > 0);
  // Rejects the lowest 2^64 mod bound values, so that every remainder is equally likely.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t x = next();
    if (x >= threshold) return x % bound;
  }
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Random::exponential(double mean) { return -mean * std::log1p(-unit()); }

std::string Random::token(std::size_t length) {
  static constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string out(length, '0');
  if (entropy_ == nullptr) {
    for (auto& c : out) c = kAlphabet[below(36)];
    return out;
  }
  // One word gives as many letters as it holds.
  constexpr std::size_t kLetters = 12;
  constexpr std::uint64_t kPower = 4'738'381'338'321'616'896;  // 36^12
  std::uint64_t letters = 0;
  for (std::size_t i = 0; i < length; ++i) {
    letters = i % kLetters == 0 ? below(kPower) : letters / 36;
    out[i] = kAlphabet[letters % 36];
  }
  return out;
}

std::string Random::hex(std::size_t length) {
  static constexpr char kAlphabet[] = "0123456789abcdef";
  std::string out(length, '0');
  if (entropy_ == nullptr) {
    for (auto& c : out) c = kAlphabet[next() >> 60];
    return out;
  }
  constexpr std::size_t kDigits = 16;  // of a word
  std::uint64_t digits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    digits = i % kDigits == 0 ? next() : digits << 4;
    out[i] = kAlphabet[digits >> 60];
  }
  return out;
}

}  // namespace rcs::core
