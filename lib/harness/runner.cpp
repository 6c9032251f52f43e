#include "harness/runner.hpp"

#include <algorithm>

#include "harness/api_steps.hpp"
#include "harness/record_check.hpp"
#include "harness/sip_steps.hpp"
#include "harness/step_run.hpp"

namespace rcs::harness {
namespace {

using scenario::Action;
using scenario::ActorKind;
using scenario::Scenario;
using scenario::Step;

constexpr core::Duration kLeastQuiet = std::chrono::milliseconds(50);
constexpr core::Duration kLongestSettling = std::chrono::seconds(5);

void do_step(const Step& step, StepRun& run, ApiSteps& api, SipSteps& sip) {
  auto& world = run.world();
  switch (step.action) {
    case Action::wait:
      return world.run_for(step.span);
    case Action::stop_node:
    case Action::start_node: {
      const auto done =
          step.action == Action::stop_node ? world.stop_node(step.node) : world.start_node(step.node);
      if (!done) run.fail(step.line, done.error().detail());
      return;
    }
    default:
      return run.actor(step).kind == ActorKind::api ? api.do_step(step) : sip.do_step(step);
  }
}

/// Lets what is under way arrive: until nothing has been said for a while.
void settle(const Scenario& scenario, World& world) {
  const auto quiet = std::max(kLeastQuiet, scenario.network.delay_max * 4);
  const auto end = world.now() + kLongestSettling + quiet;
  std::size_t before = 0;
  do {
    before = world.recorder().records().size();
    world.run_for(quiet);
  } while (world.recorder().records().size() != before && world.now() < end);
}

/// What two runs must agree on.
std::string essence(const trace::Record& record) {
  std::string out = record.from + " -> " + record.to + ": " + std::string(trace::name(record.protocol)) +
                    " " + record.label;
  if (!record.message_id.empty()) out += " [" + record.message_id + "]";
  return out + (record.transport.empty() ? "" : " by " + record.transport);
}

}  // namespace

RunResult run_scenario(const Scenario& scenario, World& world, std::uint64_t seed) {
  StepRun run(scenario, world, seed);
  ApiSteps api(run);
  SipSteps sip(run);
  for (const auto& actor : scenario.actors) {
    if (actor.kind == ActorKind::api) {
      api.add(actor, seed);
    } else if (const auto made = sip.add(actor); !made) {
      run.fail(actor.line, actor.name + ": " + made.error().detail());
    }
  }
  RunResult result;
  const auto start = world.now();
  for (const auto& step : scenario.steps) {
    if (!run.failures().empty()) break;
    do_step(step, run, api, sip);
  }
  result.failures = std::move(run.failures());
  if (result.failures.empty()) {
    settle(scenario, world);
    auto sequence = check_sequence(scenario.sequence, world.recorder().records());
    result.failures = std::move(sequence.failures);
    result.step_labels = std::move(sequence.step_labels);
    for (auto& failure : check_counts(scenario.counts, world.recorder().records()))
      result.failures.push_back(std::move(failure));
  }
  result.took = world.now() - start;
  result.wall = world.wall();
  result.records = world.recorder().records();
  result.hash = trace::hash(result.records);
  return result;
}

std::string compare_runs(const std::vector<trace::Record>& a, const std::vector<trace::Record>& b) {
  const auto left = trace::causal_order(a);
  const auto right = trace::causal_order(b);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const auto l = i < left.size() ? essence(*left[i]) : "nothing more";
    const auto r = i < right.size() ? essence(*right[i]) : "nothing more";
    if (l != r) return "record " + std::to_string(i + 1) + ": " + l + " / " + r;
  }
  return {};
}

}  // namespace rcs::harness
