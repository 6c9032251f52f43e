#pragma once
// A running 64-bit FNV-1a hash: for run hashes and seeds, where the same input must give the same value
// everywhere. Not for hostile keys and not for secrets.

#include <cstdint>
#include <string_view>

namespace rcs::core {

class Hash {
 public:
  Hash& add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    for (const char c : text) byte(static_cast<std::uint8_t>(c));
    return *this;
  }
  Hash& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(number >> shift));
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void byte(std::uint8_t b) { value_ = (value_ ^ b) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace rcs::core
