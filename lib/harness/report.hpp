#pragma once
// What a run leaves behind: a JSON line, JUnit XML for CI, and a folder with the ladder to look at.

#include <string>
#include <vector>

#include "core/result.hpp"
#include "harness/runner.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

struct FinishedRun {
  scenario::Scenario scenario;
  RunResult result;
  bool live = false;
  std::uint64_t seed = 0;
};

/// One object: scenario, file, mode, seed, passed, hash, counts by rule and actor, failures with their lines.
std::string run_json(const FinishedRun& run);
/// One test suite, one case a scenario.
std::string junit_xml(const std::vector<FinishedRun>& runs);
/// The ladder of a run, its figure's step numbers at the arrows, the actors in the order of the network.
std::string run_ladder(const FinishedRun& run, bool color);
/// The messages each user's device handled, by every rule, one line a user; with several runs, how each
/// compares with the first.
std::string device_table(const std::vector<FinishedRun>& runs);
/// DIR/<scenario>/ladder.svg, ladder.txt, records.jsonl, capture.pcap, result.json. Errors: unknown, names
/// the file and the reason.
core::Result<void> write_report(const std::string& directory, const FinishedRun& run);
/// Writes a whole file. Errors: unknown, names the file and the reason.
core::Result<void> write_file(const std::string& path, const std::string& content);

struct ReportFile {
  const char* name;
  std::string content;
};
/// Writes files into a folder, which is made if need be, and gives back the paths of the pictures (.svg)
/// among them. Errors: as of write_file.
core::Result<std::vector<std::string>> write_files(const std::string& folder,
                                                   const std::vector<ReportFile>& files);

}  // namespace rcs::harness
