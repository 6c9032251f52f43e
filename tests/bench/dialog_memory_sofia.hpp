#pragma once
// The reference of dialog_memory, and what both stacks are given to do.

#include <cstddef>
#include <string>

namespace bench {

struct DialogOctets {
  double caller = 0;
  double callee = 0;
};

inline std::string caller_of(std::size_t i) { return std::to_string(1'000'000'000 + 2 * i); }
inline std::string callee_of(std::size_t i) { return std::to_string(1'000'000'001 + 2 * i); }
inline std::string text_of(std::size_t i) { return "Hello, this is chat " + std::to_string(i); }

/// Sets up `count` dialogs between two processes and waits until their heaps have come to rest. Ends the
/// program with 1 when one is lost.
DialogOctets sofia_dialogs(std::size_t count);

}  // namespace bench
