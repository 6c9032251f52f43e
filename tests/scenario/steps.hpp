#pragma once
// Steps of two actors, read out of a file around them: jack is behind the API, rose a standard client.

#include <string>
#include <utility>
#include <vector>

#include "scenario/scenario.hpp"
#include "support/catch.hpp"

namespace rcs::scenario::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Words = std::vector<std::string>;

/// `before`: steps that come first. What follows them begins in line 6, and one later for each of them.
class StepFile {
 public:
  explicit StepFile(std::string before = {}) : before_(std::move(before)) {}

  std::string text(const std::string& steps) const {
    return "scenario: x\nactors:\n  jack: {kind: api, id: \"0108\"}\n  rose: {kind: sip, id: "
           "\"0101\"}\nsteps:\n" +
           before_ + steps;
  }
  std::string complaints(const std::string& steps) const {
    return format_diagnostics(parse_scenario(text(steps), "s.yaml").diagnostics);
  }
  void complains(const std::string& steps, const std::string& words) const {
    const auto got = complaints(steps);
    INFO(got);
    CHECK(got.find(words) != std::string::npos);
  }
  /// The last one.
  Step step(const std::string& line) const {
    const auto parsed = parse_scenario(text(line), "s.yaml");
    INFO(format_diagnostics(parsed.diagnostics));
    REQUIRE(parsed.diagnostics.empty());
    return parsed.scenario.steps.back();
  }

 private:
  std::string before_;
};

}  // namespace rcs::scenario::test
