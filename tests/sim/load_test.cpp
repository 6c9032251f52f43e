#include "sim/load.hpp"

#include <cmath>
#include <numeric>

#include "sim/pairs.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using sim::Flow;
using sim::Hop;
using sim::LoadModel;
using sim::LoadShards;
using sim::LoadTally;

namespace {

/// Sender -> node -> receiver, and the answer back; the node also answers at once.
Flow relay(const std::string& name) {
  Flow flow;
  flow.name = name;
  flow.actors = {"sender", "receiver", "node"};
  flow.hops = {
      Hop{.from = 0, .to = 2, .cause = -1, .counted = 1, .access = true, .label = "ask"},
      Hop{.from = 2, .to = 0, .cause = 0, .counted = 0, .access = true, .label = "trying"},
      Hop{.from = 2, .to = 1, .cause = 0, .counted = 1, .access = true, .label = "ask"},
      Hop{.from = 1, .to = 2, .cause = 2, .wait = 7ms, .counted = 1, .access = true, .label = "yes"},
      Hop{.from = 2, .to = 0, .cause = 3, .counted = 1, .access = true, .label = "yes"},
  };
  flow.answered = 4;
  flow.invited = 2;
  return flow;
}

LoadModel small_model() {
  LoadModel model;
  model.population = {.users = 1000, .share_open_api = 0.5, .zipf_exponent = 0, .seed = 3};
  model.mean_per_day = 25;
  model.access = *sim::parse_delay("10ms");
  model.core = *sim::parse_delay("1ms");
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) model.flows[kind] = relay(std::to_string(kind));
  model.shards = 8;
  model.seed = 3;
  return model;
}

struct Ran {
  LoadTally tally;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};

Ran run(const LoadModel& model, bool one_by_one_backwards = false) {
  REQUIRE(sim::check(model));
  const LoadShards shards(model);
  sim::DeviceCounts devices(model.population.users);
  Ran out;
  std::vector<std::uint32_t> all(model.shards);
  std::iota(all.begin(), all.end(), 0u);
  if (!one_by_one_backwards) shards.run(all, out.tally, devices);
  for (auto shard = all.rbegin(); one_by_one_backwards && shard != all.rend(); ++shard)
    shards.run({&*shard, 1}, out.tally, devices);
  for (std::uint64_t user = 0; user < devices.users(); ++user) {
    out.sent += devices.as_sender(user);
    out.received += devices.as_receiver(user);
  }
  return out;
}

std::uint64_t sessions(const LoadTally& tally) {
  return std::accumulate(tally.sessions.begin(), tally.sessions.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("Every session replays all hops of its flow, at the delays of its links") {
  const auto model = small_model();
  const auto out = run(model);
  const auto n = sessions(out.tally);
  CHECK(n > 24'000);
  CHECK(n < 26'000);
  CHECK(out.tally.hops == n * 5);
  CHECK(out.sent == n * 2);  // "ask" and "yes"; "trying" does not count
  CHECK(out.received == n * 2);
  CHECK(std::accumulate(out.tally.by_minute.begin(), out.tally.by_minute.end(), std::uint64_t{0}) == n * 5);
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    CHECK(out.tally.answered[kind].count() == out.tally.sessions[kind]);
    CHECK(out.tally.answered[kind].min() == 47'000);
    CHECK(out.tally.answered[kind].max() == 47'000);
    CHECK(out.tally.invited[kind].min() == 20'000);
    CHECK(out.tally.invited[kind].max() == 20'000);
  }
}

TEST_CASE("What shards yield adds up to the same in any order, and only the seed decides it") {
  for (const auto* delay : {"10ms", "2ms+exp(8ms)"}) {
    auto model = small_model();
    model.access = *sim::parse_delay(delay);
    const auto first = run(model);
    CHECK(run(model, true).tally == first.tally);
    model.seed = 4;
    CHECK_FALSE(run(model).tally == first.tally);
  }
}

TEST_CASE("Constant delays as a law of chance without spread count and time the same") {
  auto model = small_model();
  const auto constant = run(model);
  model.access = *sim::parse_delay("10ms..10ms");
  const auto spread = run(model);
  CHECK(spread.tally.sessions == constant.tally.sessions);
  CHECK(spread.tally.by_minute == constant.tally.by_minute);
  CHECK(spread.tally.answered == constant.tally.answered);
}

TEST_CASE("Random delays have the mean of their law, and a session's hops add up") {
  auto model = small_model();
  model.access = *sim::parse_delay("10ms+exp(10ms)");
  const auto out = run(model);
  sim::Histogram answered;
  for (const auto& part : out.tally.answered) answered.add(part);
  // Four links of 20 ms and 7 ms of waiting; standard error sqrt(4 * 10^2 / 25000) = 0.13 ms.
  CHECK(std::abs(answered.mean() / 1000 - 87) < 4 * 0.13);
  CHECK(answered.min() >= 47'000);
}

TEST_CASE("Sessions begin within the length only, and are followed to their end") {
  auto model = small_model();
  model.population.users = 100'000;
  model.length = 1min;
  const auto out = run(model);
  const auto n = sessions(out.tally);
  CHECK(n > 1'500);
  CHECK(out.tally.hops == n * 5);
  CHECK(out.tally.minutes() == 2);  // the last ones end in the next minute
}

TEST_CASE("A model out of bounds is refused by name") {
  const auto fault = [](auto&& change) {
    auto model = small_model();
    change(model);
    const auto checked = sim::check(model);
    return checked ? std::string("taken") : checked.error().detail();
  };
  sim::PairsReader pairs(5'000);
  REQUIRE(pairs.feed("4000 2000\n"));
  const auto known = std::make_shared<const sim::Pairs>(pairs.finish().value());
  CHECK(fault([&](auto& m) { m.population.pairs = known; }) ==
        "receivers: user 4000 is none of the 1000 users");
  CHECK(fault([](auto& m) { m.population.users = 1; }).find("users: expected 2 to") == 0);
  CHECK(fault([](auto& m) { m.mean_per_day = 0; }).find("mean: expected") == 0);
  CHECK(fault([](auto& m) { m.mean_per_day = std::nan(""); }).find("mean: expected") == 0);
  CHECK(fault([](auto& m) { m.population.share_open_api = 1.5; }).find("share-open-api: expected") == 0);
  CHECK(fault([](auto& m) { m.population.zipf_exponent = -1; }).find("zipf: expected") == 0);
  CHECK(fault([](auto& m) { m.length = 0s; }).find("hours: expected") == 0);
  CHECK(fault([](auto& m) { m.shards = 0; }).find("shards: expected") == 0);
  CHECK(fault([](auto& m) { m.flows[2].hops.clear(); }).find("flow 2: expected a hop") == 0);
  CHECK(fault([](auto& m) { m.flows[0].hops[1].cause = 1; }).find("flow 0: hop 1: its cause") == 0);
  CHECK(fault([](auto& m) { m.flows[0].hops[1].to = 9; }).find("flow 0: hop 1: an actor") == 0);
  CHECK(fault([](auto& m) { m.flows[0].hops[3].wait = -1ms; }).find("flow 0: hop 3: sent before") == 0);
  CHECK(fault([](auto& m) { m.flows[0].hops[3].wait = 2h; }).find("flow 0: its waits add up") == 0);
}

TEST_CASE("Delays as users write them") {
  using Shape = sim::DelayModel::Shape;
  CHECK(sim::parse_delay("5ms")->low == 5ms);
  CHECK(sim::parse_delay("0.5ms")->low == 500us);
  const auto uniform = sim::parse_delay("3ms..8ms");
  REQUIRE(uniform);
  CHECK((uniform->shape == Shape::uniform && uniform->low == 3ms && uniform->high == 8ms));
  const auto tail = sim::parse_delay("200us+exp(1s)");
  REQUIRE(tail);
  CHECK((tail->shape == Shape::exponential && tail->low == 200us && tail->high == 1s));
  for (const auto* bad :
       {"", "5", "ms", "-1ms", "8ms..3ms", "1ms+exp(2ms", "1ms..", "nanms", "1h", "61s", "5ms "}) {
    const auto parsed = sim::parse_delay(bad);
    INFO(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().detail().find("expected a delay such as 5ms") == 0);
  }
}
