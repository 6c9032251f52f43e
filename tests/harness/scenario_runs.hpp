#pragma once
// Scenarios of files and texts, run in virtual time and on sockets.

#include <fstream>
#include <sstream>
#include <string>

#include "harness/runner.hpp"
#include "support/catch.hpp"

namespace rcs::harness::test {

inline scenario::Scenario parse(const std::string& yaml, const std::string& name = "inline.yaml") {
  auto parsed = scenario::parse_scenario(yaml, name);
  INFO(scenario::format_diagnostics(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  return parsed.scenario;
}

/// Of the folder `scenarios`.
inline scenario::Scenario read(const std::string& name) {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/scenarios/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return parse(text.str(), name);
}

inline RunResult run_virtual(const scenario::Scenario& scenario, std::uint64_t seed) {
  const auto world = make_virtual_world(scenario, seed);
  REQUIRE(world);
  return run_scenario(scenario, **world, seed);
}

inline RunResult run_live(const scenario::Scenario& scenario, std::uint64_t seed) {
  const auto world = make_live_world(scenario, seed);
  REQUIRE(world);
  return run_scenario(scenario, **world, seed);
}

inline std::string failures(const RunResult& result) {
  std::string out;
  for (const auto& failure : result.failures)
    out += std::to_string(failure.line) + ": " + failure.text + "\n";
  return out;
}

}  // namespace rcs::harness::test
