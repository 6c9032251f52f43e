// Time that a hop of the population simulation costs one core at each fidelity, beside plain loops that carry
// messages with the same random delays, but decide and count nothing: over std::priority_queue and, where it
// is installed, in ns-3 with its default scheduler. Their argument is how many messages are in flight.

#include <benchmark/benchmark.h>

#include <numeric>
#include <queue>
#include <vector>

#ifdef RCS_NS3
#include <ns3/nstime.h>
#include <ns3/simulator.h>
#endif

#include "harness/flow_recorder.hpp"
#include "harness/wire_load.hpp"
#include "sim/load.hpp"
#include "sim/transaction_load.hpp"

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

void count_hops(benchmark::State& state, std::int64_t hops) {
  state.SetItemsProcessed(hops);
  state.counters["s_a_hop"] = benchmark::Counter(static_cast<double>(hops),
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Shards>
void run_shards(benchmark::State& state, const char* access, const char* core, double loss = 0) {
  auto load = model(access, core);
  load.transactions.loss = loss;
  const Shards shards(load);
  std::vector<std::uint32_t> together(sim::kShardsTogether);
  std::iota(together.begin(), together.end(), 0u);
  std::int64_t hops = 0;
  sim::DeviceCounts devices(kUsers);
  for (auto _ : state) {
    sim::LoadTally tally;
    shards.run(together, tally, devices);
    hops += static_cast<std::int64_t>(tally.hops);
  }
  count_hops(state, hops);
}

constexpr const char* kConstantAccess = "25ms";
constexpr const char* kConstantCore = "5ms";
constexpr const char* kRandomAccess = "10ms..40ms";
constexpr const char* kRandomCore = "2ms+exp(3ms)";

void flow_constant_delays(benchmark::State& state) {
  run_shards<sim::LoadShards>(state, kConstantAccess, kConstantCore);
}
void flow_random_delays(benchmark::State& state) {
  run_shards<sim::LoadShards>(state, kRandomAccess, kRandomCore);
}
void transaction_constant_delays(benchmark::State& state) {
  run_shards<sim::TransactionShards>(state, kConstantAccess, kConstantCore);
}
void transaction_random_delays_loss(benchmark::State& state) {
  run_shards<sim::TransactionShards>(state, kRandomAccess, kRandomCore, 0.01);
}

void wire_constant_delays(benchmark::State& state) {
  auto load = model(kConstantAccess, kConstantCore);
  load.population.users = 20;
  const harness::WireShards shards(load, "poll");
  std::int64_t hops = 0;
  std::uint32_t shard = 0;
  sim::DeviceCounts devices(load.population.users);
  for (auto _ : state) {
    sim::LoadTally tally;
    shard = (shard + 1) % kShards;
    shards.run({&shard, 1}, tally, devices);
    hops += static_cast<std::int64_t>(tally.hops);
  }
  count_hops(state, hops);
}

struct Later {
  std::uint64_t arrival;
  std::uint64_t serial;
  std::uint32_t hop;
  bool operator<(const Later& other) const {
    return arrival != other.arrival ? arrival > other.arrival : serial > other.serial;
  }
};

/// The delays that a message in flight is given, one after the other.
class NextDelay {
 public:
  std::uint32_t operator()() { return delays_.at(random_.next()); }

 private:
  sim::DelayTable delays_{*sim::parse_delay(kRandomCore)};
  core::Random random_{1};
};

void reference_priority_queue(benchmark::State& state) {
  NextDelay delay;
  std::priority_queue<Later> queue;
  std::uint64_t serial = 0;
  for (; serial < static_cast<std::uint64_t>(state.range(0)); ++serial) queue.push({delay(), serial, 0});
  for (auto _ : state) {
    const Later next = queue.top();
    queue.pop();
    queue.push({next.arrival + delay(), serial++, next.hop + 1});
    benchmark::DoNotOptimize(next.arrival);
  }
  count_hops(state, state.iterations());
}

#ifdef RCS_NS3
constexpr std::int64_t kNs3Hops = 200'000;

struct Ns3Messages {
  NextDelay delay;
  std::int64_t left = 0;
  void arrive() {
    if (left-- == 0) ns3::Simulator::Stop();
    send();
  }
  void send() { ns3::Simulator::Schedule(ns3::MicroSeconds(delay()), &Ns3Messages::arrive, this); }
};

void reference_ns3(benchmark::State& state) {
  Ns3Messages messages;
  for (std::int64_t i = 0; i < state.range(0); ++i) messages.send();
  for (auto _ : state) {
    messages.left = kNs3Hops;
    ns3::Simulator::Run();
  }
  ns3::Simulator::Destroy();
  count_hops(state, state.iterations() * kNs3Hops);
}
#endif

constexpr std::int64_t kInFlight[] = {15, 1'000, 1'000'000};

BENCHMARK(reference_priority_queue)->Arg(kInFlight[0])->Arg(kInFlight[1])->Arg(kInFlight[2]);
#ifdef RCS_NS3
BENCHMARK(reference_ns3)
    ->Arg(kInFlight[0])
    ->Arg(kInFlight[1])
    ->Arg(kInFlight[2])
    ->Unit(benchmark::kMillisecond);
#endif
BENCHMARK(flow_constant_delays)->Unit(benchmark::kMillisecond);
BENCHMARK(flow_random_delays)->Unit(benchmark::kMillisecond);
BENCHMARK(transaction_constant_delays)->Unit(benchmark::kMillisecond);
BENCHMARK(transaction_random_delays_loss)->Unit(benchmark::kMillisecond);
BENCHMARK(wire_constant_delays)->Unit(benchmark::kMillisecond);

}  // namespace
