// The fidelities of the population simulation against each other: flow replays what was recorded once,
// transaction adds timers, loss and queues, wire runs the nodes themselves on text for every session.

#include <map>
#include <numeric>

#include "harness/flow_recorder.hpp"
#include "harness/wire_load.hpp"
#include "sim/transaction_load.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;

namespace {

sim::LoadModel recorded(const std::string& transport = "poll") {
  sim::LoadModel model;
  model.population = {.users = 60, .share_open_api = 0.5, .zipf_exponent = 0, .seed = 5};
  model.length = 1h;
  model.access = *sim::parse_delay("25ms");
  model.core = *sim::parse_delay("5ms");
  model.shards = 2;
  model.seed = 5;
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind)
    model.flows[kind] =
        harness::record_flow({sim::has_api_sender(kind), sim::has_api_receiver(kind), transport}).value();
  return model;
}

struct Ran {
  sim::LoadTally tally;
  std::vector<std::uint32_t> sent;
  std::vector<std::uint32_t> received;

  /// Arrivals of each hop of the flows and, last, of all that only failures bring.
  std::vector<std::uint64_t> by_hop(const sim::LoadModel& model) const {
    std::vector<std::uint64_t> out(sim::first_hop(model, sim::kKinds) + 1);
    for (std::size_t i = 0; i < tally.by_minute.size(); ++i)
      out[std::min(i % tally.hop_count, out.size() - 1)] += tally.by_minute[i];
    return out;
  }
};

Ran run(const sim::LoadModel& model, const sim::ShardRunner& shards) {
  sim::DeviceCounts devices(model.population.users);
  Ran out;
  std::vector<std::uint32_t> all(model.shards);
  std::iota(all.begin(), all.end(), 0u);
  shards.run(all, out.tally, devices);
  for (std::uint64_t user = 0; user < devices.users(); ++user) {
    out.sent.push_back(devices.as_sender(user));
    out.received.push_back(devices.as_receiver(user));
  }
  return out;
}

void check_same(const sim::LoadModel& model, const Ran& a, const Ran& b, bool with_times) {
  CHECK(a.tally.sessions == b.tally.sessions);
  CHECK(a.by_hop(model) == b.by_hop(model));
  CHECK(a.sent == b.sent);
  CHECK(a.received == b.received);
  CHECK(a.tally.repeats == b.tally.repeats);
  CHECK(a.tally.lost == b.tally.lost);
  CHECK(a.tally.timed_out == b.tally.timed_out);
  if (!with_times) return;
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    INFO(model.flows[kind].name);
    INFO(a.tally.answered[kind].mean()
         << " and " << b.tally.answered[kind].mean() << "; " << a.tally.invited[kind].mean() << " and "
         << b.tally.invited[kind].mean());
    CHECK(a.tally.answered[kind] == b.tally.answered[kind]);
    CHECK(a.tally.invited[kind] == b.tally.invited[kind]);
  }
}

}  // namespace

TEST_CASE(
    "SIM-20: where nothing is lost, nobody waits and all is answered within T1, all three fidelities count "
    "and time the same") {
  for (const auto* transport : {"poll", "sse", "ws"}) {
    INFO(transport);
    const auto model = recorded(transport);
    const auto flow = run(model, sim::LoadShards(model));
    const auto transaction = run(model, sim::TransactionShards(model));
    const auto wire = run(model, harness::WireShards(model, transport));
    CHECK(std::accumulate(flow.tally.sessions.begin(), flow.tally.sessions.end(), 0u) > 40);
    check_same(model, flow, transaction, true);
    check_same(model, flow, wire, true);
    CHECK(wire.tally.repeats == 0);
    CHECK(flow.by_hop(model).back() == 0);
  }
}

TEST_CASE("SIM-20: with random delays they count the same") {
  auto model = recorded();
  model.access = *sim::parse_delay("10ms..60ms");
  model.core = *sim::parse_delay("1ms+exp(4ms)");
  const auto flow = run(model, sim::LoadShards(model));
  check_same(model, flow, run(model, sim::TransactionShards(model)), false);
  check_same(model, flow, run(model, harness::WireShards(model, "poll")), false);
}

TEST_CASE("SIM-20: an ACK that takes longer than T1 finds its 2xx sent again, as from the nodes") {
  auto model = recorded();
  model.core = *sim::parse_delay("80ms");
  const auto transaction = run(model, sim::TransactionShards(model));
  check_same(model, transaction, run(model, harness::WireShards(model, "poll")), true);
  CHECK(transaction.tally.repeats > 0);
  CHECK(transaction.tally.lost == 0);
  CHECK(transaction.by_hop(model) != run(model, sim::LoadShards(model)).by_hop(model));
}

TEST_CASE(
    "SIM-21: whatever datagram is lost, and however often, the transactions make up for it as the nodes do") {
  auto model = recorded();
  model.population.users = 4;
  model.population.share_open_api = GENERATE(0.0, 1.0);
  model.mean_per_day = 120;
  model.shards = 1;
  const auto kind = static_cast<std::uint32_t>(model.population.share_open_api > 0 ? 3 : 0);
  const auto& hops = model.flows[kind].hops;
  for (std::uint32_t hop = 0; hop < hops.size(); ++hop) {
    if (!hops[hop].datagram) continue;
    for (const auto copies : std::initializer_list<std::uint8_t>{1, 2, 5, 20}) {
      // A node that never gets its ACK goes on in its own way, which is not in the flow.
      if (copies > 5 && hops[hop].part == sim::Part::ack) continue;
      INFO(model.flows[kind].name << ": " << int(copies) << " copies of hop " << hop << ", "
                                  << hops[hop].label << " from " << model.flows[kind].actors[hops[hop].from]
                                  << " to " << model.flows[kind].actors[hops[hop].to]);
      model.transactions.drops = {{kind, hop, copies}};
      const auto transaction = run(model, sim::TransactionShards(model));
      const auto wire = run(model, harness::WireShards(model, "poll"));
      CHECK(transaction.tally.lost > 0);
      check_same(model, transaction, wire, true);
    }
  }
}

TEST_CASE("SIM-22: with random loss the transactions send as often again, and take as long, as the nodes") {
  auto model = recorded();
  model.population.users = 600;
  model.transactions.loss = 0.05;
  const auto transaction = run(model, sim::TransactionShards(model));
  const auto wire = run(model, harness::WireShards(model, "poll"));
  REQUIRE(transaction.tally.sessions == wire.tally.sessions);
  // Two draws of one law: differences within four standard errors of some 600 sessions.
  const auto near = [](double a, double b, double share) { return std::abs(a - b) < share * (a + b) / 2; };
  CHECK(near(double(transaction.tally.lost), double(wire.tally.lost), 0.15));
  CHECK(near(double(transaction.tally.repeats), double(wire.tally.repeats), 0.2));
  sim::Histogram delivered[2];
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    delivered[0].add(transaction.tally.invited[kind]);
    delivered[1].add(wire.tally.invited[kind]);
  }
  INFO(delivered[0].mean() << " and " << delivered[1].mean());
  CHECK(near(double(delivered[0].count()), double(delivered[1].count()), 0.02));
  CHECK(near(delivered[0].mean(), delivered[1].mean(), 0.3));
  CHECK(delivered[0].quantile(0.5) == delivered[1].quantile(0.5));
}
