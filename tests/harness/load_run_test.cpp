#include "harness/load_run.hpp"

#include <array>
#include <cmath>
#include <map>

#include "harness/flow_recorder.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using harness::LoadOptions;
using harness::LoadResult;
using harness::record_flow;
using trace::CountRule;

namespace {

LoadOptions small_options() {
  LoadOptions options;
  options.model.population.users = 2'000;
  options.model.shards = 8;
  options.model.length = 2h;
  options.threads = 1;
  return options;
}

LoadResult run(LoadOptions options) {
  auto result = harness::run_load(std::move(options), [](const auto&) { return true; });
  REQUIRE(result);
  return std::move(*result);
}

const harness::RuleCount& rule_of(const LoadResult& result, CountRule rule, const std::string& transport) {
  for (const auto& row : result.rules) {
    if (row.rule == rule && row.transport == transport) return row;
  }
  FAIL("no such row");
  return result.rules.front();
}

}  // namespace

TEST_CASE("API-17: the recorded flows give the published 3 against 2, and what other rules say") {
  const auto result = run(small_options());
  const auto& paper = rule_of(result, CountRule::paper, "poll");
  CHECK(paper.standard == std::array<std::uint32_t, 2>{2, 2});
  CHECK(paper.open_api == std::array<std::uint32_t, 2>{3, 3});
  CHECK(paper.ratio() == Approx(1.5));
  const auto& with_ack = rule_of(result, CountRule::ack, "poll");
  CHECK(with_ack.standard == std::array<std::uint32_t, 2>{3, 3});
  CHECK(with_ack.open_api == std::array<std::uint32_t, 2>{3, 3});
  // A held poll costs its request and its answer; a stream or a WebSocket the event alone.
  const auto& polled = rule_of(result, CountRule::wire, "poll");
  const auto& streamed = rule_of(result, CountRule::wire, "sse");
  const auto& socket = rule_of(result, CountRule::wire, "ws");
  CHECK(polled.open_api[0] > streamed.open_api[0]);
  CHECK(streamed.open_api == socket.open_api);
  CHECK(polled.standard == streamed.standard);
}

TEST_CASE("A recorded flow is one tree of causes: who got the cause speaks, and at once") {
  for (const bool api_sender : {false, true}) {
    for (const bool api_receiver : {false, true}) {
      const auto flow = record_flow({api_sender, api_receiver, "poll"});
      REQUIRE(flow);
      INFO(flow->name);
      REQUIRE(sim::check(*flow));
      CHECK(flow->hops.front().cause == -1);
      for (std::size_t i = 1; i < flow->hops.size(); ++i) {
        const auto& hop = flow->hops[i];
        REQUIRE(hop.cause >= 0);
        CHECK(hop.from == flow->hops[static_cast<std::size_t>(hop.cause)].to);  // who got the cause speaks
        CHECK(hop.wait == 0ms);  // and at once: no timer is part of it
        CHECK(hop.size > 0);
      }
      std::map<std::string, int> labels;
      for (const auto& hop : flow->hops) ++labels[hop.label];
      CHECK(labels["INVITE"] == 5 + 2);  // to T-IMAS, and from it to the receiver's client
      CHECK(labels["ACK"] >= 6);
      CHECK(labels["POST"] == (api_sender ? 1 : 0));
      CHECK(labels["PUT"] == (api_receiver ? 1 : 0));
    }
  }
}

TEST_CASE("Every session goes through every hop of its flow") {
  const auto result = run(small_options());
  const auto& out = result.replications.front();
  const auto& model = result.options.model;
  std::uint64_t expected = 0;
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind)
    expected += out.tally.sessions[kind] * model.flows[kind].hops.size();
  CHECK(out.tally.hops == expected);
  CHECK(out.sessions() > 3'500);
  // Each hop is at one node as it leaves and at one as it arrives, devices aside.
  std::uint64_t at_nodes = 0;
  std::uint64_t ends = 0;
  for (const auto& node : out.nodes) at_nodes += node.messages;
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    for (const auto& hop : model.flows[kind].hops)
      ends += out.tally.sessions[kind] *
              ((hop.from > sim::kReceiver ? 1u : 0u) + (hop.to > sim::kReceiver ? 1u : 0u));
  }
  CHECK(at_nodes == ends);
}

TEST_CASE("The messages at users' devices have the mean and the variance of the law") {
  auto options = small_options();
  options.model.population.users = 20'000;
  options.model.length = sim::kDay;
  const auto result = run(std::move(options));
  for (const auto kind : {0, 1}) {
    const double each = kind == 0 ? 2 : 3;  // messages for one chat
    const auto& sent = result.replications.front().devices[static_cast<std::size_t>(kind)].as_sender;
    const auto n = static_cast<double>(sent.count());
    CHECK(std::abs(sent.mean() / each - 25) < 4 * std::sqrt(25 / n));
    CHECK(std::abs(sent.variance() / (each * each) - 25) < 4 * std::sqrt((2.0 * 25 * 25 + 25) / n));
  }
}

TEST_CASE("Threads do not change what is found") {
  for (const auto* delay : {"25ms", "10ms..40ms"}) {
    auto options = small_options();
    options.model.access = *sim::parse_delay(delay);
    options.replications = 2;
    const auto alone = run(options);
    options.threads = 3;
    const auto together = run(options);
    for (unsigned k = 0; k < 2; ++k) {
      CHECK(alone.replications[k].tally == together.replications[k].tally);
      for (const auto kind : {0u, 1u}) {
        CHECK(alone.replications[k].devices[kind].total == together.replications[k].devices[kind].total);
      }
    }
    CHECK_FALSE(alone.replications[0].tally == alone.replications[1].tally);
  }
}

TEST_CASE("A run can be stopped, and a wrong model is refused before anything runs") {
  const auto stopped = harness::run_load(small_options(), [](const auto&) { return false; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code() == core::Errc::refused);
  auto options = small_options();
  options.replications = 0;
  CHECK(harness::run_load(options, [](const auto&) { return true; })
            .error()
            .detail()
            .find("replications: expected") == 0);
  options = small_options();
  options.model.population.share_open_api = 2;
  CHECK(
      harness::run_load(options, [](const auto&) { return true; }).error().detail().find("share-open-api:") ==
      0);
}
