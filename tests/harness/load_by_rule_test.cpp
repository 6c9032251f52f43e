#include "harness/load_by_rule.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace rcs;
using harness::ClientKind;
using harness::kClientKinds;
using harness::kDeviceRoles;
using harness::LoadOptions;
using harness::LoadResult;
using harness::moments_by_rule;
using trace::CountRule;

namespace {

LoadOptions few_users(CountRule rule) {
  LoadOptions options;
  options.rule = rule;
  options.model.population.users = 400;
  options.model.population.share_open_api = 0.4;
  options.model.population.zipf_exponent = 0.7;
  options.model.length = std::chrono::hours(6);
  options.model.shards = 4;
  options.threads = 1;
  options.replications = 2;
  return options;
}

LoadResult run(const LoadOptions& options) {
  auto result = harness::run_load(options, [](const harness::LoadProgress&) { return true; });
  REQUIRE(result);
  return std::move(*result);
}

}  // namespace

TEST_CASE("Mean and variance by every rule are those that a simulation by that rule finds") {
  for (const auto chosen : {CountRule::paper, CountRule::wire}) {
    const auto result = run(few_users(chosen));
    for (const auto rule : trace::kCountRules) {
      INFO("from " << trace::name(chosen) << " to " << trace::name(rule));
      const auto counted = run(few_users(rule));
      for (const auto kind : kClientKinds) {
        const auto all = moments_by_rule(result, kind, rule);
        const auto second = moments_by_rule(result, result.replications[1], kind, rule);
        REQUIRE(all);
        REQUIRE(second);
        for (std::size_t i = 0; i < kDeviceRoles.size(); ++i) {
          INFO(harness::name(kind) << " as " << kDeviceRoles[i].name);
          const auto found = harness::device_load(counted, kind, kDeviceRoles[i]);
          REQUIRE(found.variance() > 0);
          CHECK((*all)[i].mean == Approx(found.mean()));
          CHECK(*(*all)[i].variance == Approx(found.variance()));
          const auto& alone = harness::device_load(counted.replications[1], kind, kDeviceRoles[i]);
          CHECK((*second)[i].mean == Approx(alone.mean()));
          CHECK(*(*second)[i].variance == Approx(alone.variance()));
        }
        CHECK(harness::mean_by_rule(result, kind, rule, 2).half_width ==
              Approx(harness::estimate(counted, [&](const auto& o) {
                       return harness::device_load(o, kind, kDeviceRoles[2]).mean();
                     }).half_width));
      }
    }
  }
}

TEST_CASE("Where a sender's messages depend on the receiver's client there is a mean and no variance") {
  auto result = run(few_users(CountRule::paper));
  // One message less at the sender's device, by rule wire, when an open API user writes to a standard client.
  auto& flow = result.options.model.flows[sim::kind_of(true, false)];
  const auto hop = std::find_if(flow.hops.begin(), flow.hops.end(), [](const sim::Hop& h) {
    return h.from == sim::kSender && (h.counted & 16) != 0;
  });
  REQUIRE(hop != flow.hops.end());
  hop->counted &= ~16u;
  const auto& outcome = result.replications[0];
  const auto moments = moments_by_rule(result, outcome, ClientKind::open_api, CountRule::wire);
  REQUIRE(moments);
  const auto users = static_cast<double>(outcome.devices[1].total.count());
  const auto sessions = [&](bool to_api) {
    return static_cast<double>(outcome.tally.sessions[sim::kind_of(true, to_api)]);
  };
  CHECK((*moments)[0].mean == Approx((5 * sessions(false) + 6 * sessions(true)) / users));
  CHECK_FALSE((*moments)[0].variance);
  CHECK((*moments)[1].variance);
  CHECK_FALSE((*moments)[2].variance);
  CHECK(moments_by_rule(result, outcome, ClientKind::standard, CountRule::wire)->at(2).variance);
}

TEST_CASE("Nothing is made up where nobody is, or where sessions had not just the messages of their flow") {
  auto options = few_users(CountRule::paper);
  options.model.population.share_open_api = 0;
  auto result = run(options);
  CHECK_FALSE(moments_by_rule(result, ClientKind::open_api, CountRule::ack));
  CHECK(moments_by_rule(result, ClientKind::standard, CountRule::ack));
  ++result.replications[0].tally.sessions[0];  // one that left fewer messages than its flow has
  CHECK_FALSE(moments_by_rule(result, ClientKind::standard, CountRule::ack));
}
