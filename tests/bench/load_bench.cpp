// Time a hop of the population simulation costs one core, beside a plain loop over std::priority_queue that
// carries the same messages: as many in flight, the same delays, no decisions and no counts.

#include <benchmark/benchmark.h>

#include <queue>

#include "harness/flow_recorder.hpp"
#include "sim/load.hpp"

namespace {

using namespace rcs;

constexpr std::uint64_t kUsers = 20'000;
constexpr std::uint32_t kShards = 16;  // some 15 messages in flight in each

sim::LoadModel model(const char* access, const char* core) {
  sim::LoadModel out;
  out.population.users = kUsers;
  out.shards = kShards;
  out.access = *sim::parse_delay(access);
  out.core = *sim::parse_delay(core);
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind)
    out.flows[kind] = *harness::record_flow({sim::has_api_sender(kind), sim::has_api_receiver(kind), "poll"});
  return out;
}

/// What is reported as items: hops.
void run_flow(benchmark::State& state, const char* access, const char* core) {
  const auto load = model(access, core);
  const sim::LoadShards shards(load);
  std::int64_t hops = 0;
  std::uint32_t shard = 0;
  sim::DeviceCounts devices(kUsers);
  for (auto _ : state) {
    sim::LoadTally tally;
    shards.run(shard++ % kShards, tally, devices);
    hops += static_cast<std::int64_t>(tally.hops);
  }
  state.SetItemsProcessed(hops);
}

void constant_delays(benchmark::State& state) { run_flow(state, "25ms", "5ms"); }
void random_delays(benchmark::State& state) { run_flow(state, "10ms..40ms", "2ms+exp(3ms)"); }

struct Later {
  std::uint64_t arrival;
  std::uint64_t serial;
  std::uint32_t hop;
  bool operator<(const Later& other) const {
    return arrival != other.arrival ? arrival > other.arrival : serial > other.serial;
  }
};

void reference_priority_queue(benchmark::State& state) {
  const sim::DelayTable delays(*sim::parse_delay("2ms+exp(3ms)"));
  core::Random random(1);
  std::priority_queue<Later> queue;
  std::uint64_t serial = 0;
  for (; serial < 15; ++serial) queue.push({serial, serial, 0});
  for (auto _ : state) {
    const Later next = queue.top();
    queue.pop();
    queue.push({next.arrival + delays.at(random.next()), serial++, next.hop + 1});
    benchmark::DoNotOptimize(next.arrival);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(reference_priority_queue);
BENCHMARK(constant_delays)->Unit(benchmark::kMillisecond);
BENCHMARK(random_delays)->Unit(benchmark::kMillisecond);

}  // namespace
