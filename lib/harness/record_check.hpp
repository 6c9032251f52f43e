#pragma once
// Holds the records of a run against what a scenario expects of them: which message follows which, what they
// say, and how many there are.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/runner.hpp"
#include "scenario/scenario.hpp"
#include "trace/record.hpp"

namespace rcs::harness {

struct SequenceCheck {
  std::vector<Failure> failures;
  std::map<trace::RecordId, std::string> step_labels;  ///< "(1)" ... for the records that matched
};
SequenceCheck check_sequence(const std::vector<scenario::ExpectedRecord>& sequence,
                             const std::vector<trace::Record>& records);
std::vector<Failure> check_counts(const std::vector<scenario::ExpectedCount>& counts,
                                  const std::vector<trace::Record>& records);

/// What a record says under a name: transport, start-line, body, size, or a header, whose values come in
/// order. Empty: nothing.
std::vector<std::string> values_of(const trace::Record& record, std::string_view name);
/// Each * of the pattern stands for any octets, none included.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace rcs::harness
