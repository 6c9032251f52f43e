#pragma once
// Runs a scenario in a world: does its steps in order, waits for what it expects, then holds the records
// against what must have happened.

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "harness/world.hpp"
#include "scenario/scenario.hpp"
#include "trace/count.hpp"
#include "trace/record.hpp"

namespace rcs::harness {

struct Failure {
  int line = 0;      ///< of the scenario file
  std::string text;  ///< what was expected, what there was
};

struct RunResult {
  std::vector<Failure> failures;
  std::vector<trace::Record> records;
  std::map<trace::RecordId, std::string>
      step_labels;        ///< "(1)" ... for the records that matched the sequence
  core::Duration took{};  ///< in the world's time
  core::WallClock wall;   ///< of the records' instants
  std::uint64_t hash = 0;
  bool passed() const { return failures.empty(); }
};

/// SAFETY: the scenario outlives the call.
RunResult run_scenario(const scenario::Scenario& scenario, World& world, std::uint64_t seed);

/// Two runs of one scenario said the same: who said what to whom and because of what, whatever the time, the
/// addresses and the random tokens were. Empty when they agree, else where they first differ.
std::string compare_runs(const std::vector<trace::Record>& a, const std::vector<trace::Record>& b);

}  // namespace rcs::harness
