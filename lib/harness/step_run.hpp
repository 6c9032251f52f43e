#pragma once
// What the steps of all kinds of actors share while a scenario runs: the world, the failures so far, and
// waiting for something to happen.

#include <functional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "harness/runner.hpp"
#include "harness/world.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

class StepRun {
 public:
  /// SAFETY: scenario and world outlive this.
  StepRun(const scenario::Scenario& scenario, World& world, std::uint64_t seed)
      : scenario_(scenario), world_(world), random_(seed, scenario.name, "message ids") {}

  const scenario::Scenario& scenario() const { return scenario_; }
  World& world() { return world_; }
  std::vector<Failure>& failures() { return failures_; }
  void fail(int line, std::string text) { failures_.push_back({line, std::move(text)}); }
  /// As the step's actor.
  void fail(const scenario::Step& step, const std::string& text) {
    fail(step.line, step.actor + ": " + text);
  }

  const scenario::Actor& actor(const scenario::Step& step) const { return *scenario_.actor(step.actor); }
  /// The URI of an RCS ID.
  std::string identity(const std::string& id) const;
  /// That of the step, or a new one.
  std::string message_id(const scenario::Step& step);
  /// True when it is there within the time of the step, and not before it was to come; else the step has
  /// failed, with what was wished and what there is instead.
  bool expect(const scenario::Step& step, const std::string& wish, const std::function<bool()>& there,
              const std::function<std::string()>& instead);
  /// Breaks the MSRP connections of `name`.
  void cut_media(const scenario::Step& step, const std::string& name);

 private:
  const scenario::Scenario& scenario_;
  World& world_;
  core::Random random_;
  std::vector<Failure> failures_;
};

/// "message: \"hi\", sender: \"0108\"", or any.
std::string fields_text(const scenario::Step& step);

}  // namespace rcs::harness
