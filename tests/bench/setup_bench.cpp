// CPU of whole chat set-ups in virtual time: every node, every message encoded and decoded. The reference in
// the same run is the figure of standard clients, so that what the gateway adds shows as a ratio.

#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>

#include "harness/runner.hpp"

namespace {

using namespace rcs;

scenario::Scenario read(const std::string& name) {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/scenarios/paper/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return scenario::parse_scenario(text.str(), name).scenario;
}

void run(benchmark::State& state, const std::string& name) {
  const auto scenario = read(name);
  std::uint64_t seed = 0;
  std::size_t messages = 0;
  for (auto _ : state) {
    const auto world = harness::make_virtual_world(scenario, ++seed);
    const auto result = harness::run_scenario(scenario, **world, seed);
    if (!result.passed()) state.SkipWithError("the scenario failed");
    messages += result.records.size();
  }
  state.counters["messages"] = benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kIsRate);
}

void reference_standard_clients(benchmark::State& state) { run(state, "figure-1-standard-client.yaml"); }
BENCHMARK(reference_standard_clients)->Unit(benchmark::kMicrosecond);

void open_api(benchmark::State& state) { run(state, "figure-3-open-api.yaml"); }
BENCHMARK(open_api)->Unit(benchmark::kMicrosecond);

}  // namespace
