// ims-sim run and lint: scenario files, live or in virtual time.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "core/text.hpp"
#include "harness/load_config.hpp"
#include "harness/report.hpp"
#include "harness/runner.hpp"
#include "ims-sim/commands.hpp"
#include "ims-sim/load_options.hpp"

namespace rcs::ims_sim {
namespace {

using cli::Exit;

struct RunOptions {
  bool live = false;
  bool virtual_time = false;
  bool ladder = false;
  bool check_replay = false;
  std::uint64_t seed = 1;
  std::string junit;
  std::string report;
  std::vector<std::string> files;
};

/// A profile of its own file, named from the scenario's folder.
void read_profile_file(scenario::Parsed& parsed) {
  auto& network = parsed.scenario.network;
  if (network.profile_file.empty()) return;
  const auto path =
      (std::filesystem::path(parsed.scenario.file).parent_path() / network.profile_file).string();
  const auto text = cli::read_input(path, scenario::kMaxFileBytes);
  if (!text) {
    parsed.diagnostics.push_back(
        {parsed.scenario.file, network.profile_line, "network.profile: " + text.error().detail()});
    return;
  }
  auto profile = scenario::parse_profile(*text, path);
  network.profile = std::move(profile.rows);
  parsed.diagnostics = std::move(profile.diagnostics);
}

void complain(const std::vector<scenario::Diagnostic>& diagnostics) {
  std::fprintf(stderr, "%s\n", scenario::format_diagnostics(diagnostics).c_str());
}

/// What becomes of a file of ims-sim load among the scenarios; false: it is not good.
using OnLoadFile = std::function<bool(const std::string& yaml, const std::string& file)>;

/// Reads and checks all files before anything runs; complaints go to standard error.
bool read_scenarios(const std::vector<std::string>& files, const OnLoadFile& on_load_file,
                    std::vector<scenario::Scenario>& out) {
  bool good = true;
  for (const auto& file : files) {
    const auto text = cli::read_input(file, scenario::kMaxFileBytes);
    if (!text) {
      cli::say(text.error().detail());
      good = false;
      continue;
    }
    if (harness::is_load_config(*text)) {
      good = on_load_file(*text, file) && good;
      continue;
    }
    auto parsed = scenario::parse_scenario(*text, file);
    if (parsed.diagnostics.empty()) read_profile_file(parsed);
    if (!parsed.diagnostics.empty()) {
      complain(parsed.diagnostics);
      good = false;
    } else {
      out.push_back(std::move(parsed.scenario));
    }
  }
  return good;
}

core::Result<harness::FinishedRun> run_one(const scenario::Scenario& scenario, bool live,
                                           std::uint64_t seed) {
  RCS_TRY(const auto world,
          live ? harness::make_live_world(scenario, seed) : harness::make_virtual_world(scenario, seed));
  auto result = harness::run_scenario(scenario, *world, seed);
  return harness::FinishedRun{scenario, std::move(result), live, seed};
}

/// --check-replay: the same seed again must give the same hash, and a live run must say what a virtual one
/// says.
core::Result<void> check_replay(harness::FinishedRun& run) {
  RCS_TRY(const auto again, run_one(run.scenario, false, run.seed));
  if (run.live) {
    const auto difference = harness::compare_runs(again.result.records, run.result.records);
    if (!difference.empty())
      run.result.failures.push_back(
          {1, "--check-replay: the virtual and the live run differ: " + difference});
  } else if (again.result.hash != run.result.hash) {
    run.result.failures.push_back({1, "--check-replay: the same seed gave another run"});
  }
  return {};
}

void print_run(const harness::FinishedRun& run, const RunOptions& options, const cli::CommonOptions& common) {
  if (common.json) {
    std::printf("%s\n", harness::run_json(run).c_str());
    return;
  }
  const bool color = cli::wants_color(common.color, 1);
  if (options.ladder) std::printf("%s\n", harness::run_ladder(run, color).c_str());
  const char* verdict = run.result.passed() ? (color ? "\x1b[32mPASS\x1b[0m" : "PASS")
                                            : (color ? "\x1b[31mFAIL\x1b[0m" : "FAIL");
  std::printf("%s %s: %zu of %zu numbered steps, %zu messages, %.3f s %s, seed %llu, hash %016llx\n", verdict,
              run.scenario.name.c_str(), run.result.step_labels.size(), run.scenario.sequence.size(),
              run.result.records.size(), core::to_seconds(run.result.took), run.live ? "live" : "virtual",
              static_cast<unsigned long long>(run.seed), static_cast<unsigned long long>(run.result.hash));
  for (const auto& failure : run.result.failures)
    std::printf("%s:%d: %s\n", run.scenario.file.c_str(), failure.line, failure.text.c_str());
}

/// --trace: the records of all runs, one JSON object a line.
core::Result<void> write_trace(const std::string& path, const std::vector<harness::FinishedRun>& runs) {
  std::string lines;
  for (const auto& run : runs) {
    for (const auto& record : run.result.records) lines += trace::to_json(record) + "\n";
  }
  if (path != "-") return harness::write_file(path, lines);
  std::fwrite(lines.data(), 1, lines.size(), stdout);
  return {};
}

Exit run_all(const RunOptions& options, const cli::CommonOptions& common) {
  std::vector<scenario::Scenario> scenarios;
  // It may stand among scenarios, so that a folder of both can be named as a whole.
  const auto leave_out = [&](const std::string&, const std::string& file) {
    if (!common.quiet) cli::say(file + ": no scenario but for ims-sim load --config; left out");
    return true;
  };
  if (!read_scenarios(options.files, leave_out, scenarios)) return Exit::usage;
  if (scenarios.empty())
    return cli::fail(core::malformed("expected a scenario, got only files for ims-sim load --config"));
  std::vector<harness::FinishedRun> runs;
  for (const auto& scenario : scenarios) {
    auto run = run_one(scenario, options.live, options.seed);
    if (!run) return cli::fail(run.error());
    if (options.check_replay) {
      if (const auto checked = check_replay(*run); !checked) return cli::fail(checked.error());
    }
    print_run(*run, options, common);
    if (!options.report.empty()) {
      if (const auto written = harness::write_report(options.report, *run); !written)
        return cli::fail(written.error());
    }
    runs.push_back(std::move(*run));
  }
  if (!common.json && !common.quiet) std::printf("\n%s", harness::device_table(runs).c_str());
  if (!options.junit.empty()) {
    if (const auto written = harness::write_file(options.junit, harness::junit_xml(runs)); !written)
      return cli::fail(written.error());
  }
  if (!common.trace_file.empty()) {
    if (const auto written = write_trace(common.trace_file, runs); !written)
      return cli::fail(written.error());
  }
  for (const auto& run : runs) {
    if (!run.result.passed()) return Exit::refused;
  }
  return Exit::ok;
}

Exit lint(const std::vector<std::string>& files, const cli::CommonOptions& common) {
  const auto check_load = [&](const std::string& yaml, const std::string& file) {
    const auto wrong = check_load_config(yaml, file);
    if (!wrong.empty()) {
      complain(wrong);
    } else if (!common.quiet) {
      std::printf("%s: good: options of ims-sim load\n", file.c_str());
    }
    return wrong.empty();
  };
  std::vector<scenario::Scenario> scenarios;
  const bool good = read_scenarios(files, check_load, scenarios);
  if (!common.quiet) {
    for (const auto& scenario : scenarios) {
      std::printf("%s: good: %zu actors, %zu steps, %zu expected messages\n", scenario.file.c_str(),
                  scenario.actors.size(), scenario.steps.size(), scenario.sequence.size());
    }
  }
  return good ? Exit::ok : Exit::usage;
}

}  // namespace

Run add_run_command(CLI::App& app, const cli::CommonOptions& common) {
  const auto options = std::make_shared<RunOptions>();
  auto* command =
      app.add_subcommand("run", "Run scenario files and hold what was said against what they expect");
  auto* live = command->add_flag("--live", options->live, "On loopback sockets, in real time");
  command->add_flag("--virtual", options->virtual_time, "In one process and virtual time (the default)")
      ->excludes(live);
  command->add_option("--seed", options->seed, "Decides every random number of a run (1)")->option_text("N");
  command->add_flag("--ladder", options->ladder, "Print the ladder of every message");
  command->add_flag("--check-replay", options->check_replay,
                    "Run again in virtual time: the same seed must say the same");
  command->add_option("--junit", options->junit, "Write a JUnit XML file")->option_text("FILE");
  command
      ->add_option("--report", options->report,
                   "Write ladder.svg, ladder.txt, records.jsonl and result.json of each scenario")
      ->option_text("DIR");
  command->add_option("scenario", options->files, "Scenario files")->required()->option_text("SCENARIO...");
  return [options, &common] { return run_all(*options, common); };
}

Run add_lint_command(CLI::App& app, const cli::CommonOptions& common) {
  const auto files = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("lint", "Check scenario files, and those of load, without running them");
  command->add_option("scenario", *files, "Scenario files")->required()->option_text("SCENARIO...");
  return [files, &common] { return lint(*files, common); };
}

}  // namespace rcs::ims_sim
