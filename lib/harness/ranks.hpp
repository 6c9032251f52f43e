#pragma once
// Several processes that share one computation: started by mpirun, each has a rank, and what they found comes
// together at the first. A process of its own is the only rank.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace rcs::harness {

class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual unsigned rank() const = 0;  ///< from 0
  virtual unsigned count() const = 0;
  bool first() const { return rank() == 0; }

  // All ranks call the same in the same order.
  /// At the first rank what every rank gave, by rank; empty at the others.
  virtual std::vector<std::vector<std::uint64_t>> gather(const std::vector<std::uint64_t>& words) = 0;
  /// At the first rank each value becomes the sum of all ranks'; the others keep theirs.
  virtual void sum(std::span<std::uint32_t> values) = 0;
};

/// This process among those that mpirun started it with, or alone. Errors: refused, when mpirun started it
/// but it was built without MPI: every process would do, and print, the whole.
core::Result<std::unique_ptr<Ranks>> make_ranks();

}  // namespace rcs::harness
