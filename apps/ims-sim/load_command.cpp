// ims-sim load: a population's day.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "cli/progress.hpp"
#include "harness/load_report.hpp"
#include "harness/load_run.hpp"
#include "harness/load_sweep.hpp"
#include "ims-sim/commands.hpp"
#include "ims-sim/load_options.hpp"
#include "ims-sim/pictures.hpp"

namespace rcs::ims_sim {
namespace {

using cli::Exit;

core::Error named(const char* option, const core::Error& error) {
  return core::Error(error.code(), std::string(option) + ": " + error.detail());
}

/// Shows how far a run is and how fast it went.
class Watch {
 public:
  Watch(const cli::CommonOptions& common, bool shown)
      : progress_(shown && !common.quiet && !common.json), start_(std::chrono::steady_clock::now()) {}

  /// `share`: of the whole work; `hops`: so far.
  void show(double share, std::uint64_t hops) {
    hops_ = hops;
    char words[64];
    std::snprintf(words, sizeof words, "%.1f M hops/s", static_cast<double>(hops) / seconds() / 1e6);
    progress_.show(share, seconds(), words);
  }
  void stop() {
    took_ = seconds();
    progress_.clear();
  }
  /// After stop().
  std::string words(unsigned threads) const {
    char text[160];
    const auto hops = static_cast<double>(std::max<std::uint64_t>(1, hops_));
    std::snprintf(text, sizeof text, "%.1f s for %.3g hops: %.1f million a second, %.1f ns each and thread",
                  took_, hops, hops / took_ / 1e6, took_ * threads * 1e9 / hops);
    return text;
  }

 private:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  cli::Progress progress_;
  std::chrono::steady_clock::time_point start_;
  std::uint64_t hops_ = 0;
  double took_ = 0;
};

double share_of(const harness::LoadProgress& progress) {
  return progress.shards == 0
             ? 0
             : static_cast<double>(progress.shards_done) / static_cast<double>(progress.shards);
}

Exit run_day(const LoadCommandOptions& options, const cli::CommonOptions& common) {
  Watch watch(common, options.load.ranks->first());
  const auto result = harness::run_load(options.load, [&](const harness::LoadProgress& progress) {
    watch.show(share_of(progress), progress.hops);
    return true;
  });
  watch.stop();
  if (!result) return cli::fail(result.error());
  if (!options.load.ranks->first()) return Exit::ok;  // the first has it all
  if (!options.out.empty()) {
    const auto written = harness::write_load_report(*result, options.node_capacity, options.out);
    if (!written) return cli::fail(named("--out", written.error()));
    draw_pictures(*written, common);
  }
  if (common.json) {
    std::printf("%s\n", harness::load_json(*result, options.node_capacity).c_str());
  } else {
    std::printf("%s", harness::load_text(*result, options.node_capacity).c_str());
  }
  if (!common.quiet) cli::say(watch.words(result->options.threads));
  return Exit::ok;
}

Exit run_grid(const LoadCommandOptions& options, const cli::CommonOptions& common) {
  Watch watch(common, options.load.ranks->first());
  std::uint64_t hops_before = 0;
  std::size_t point = 0;
  harness::LoadProgress last;
  const auto result =
      harness::run_sweep(options.load, options.sweeps, [&](const harness::SweepProgress& progress) {
        if (progress.points_done != point) hops_before += last.hops;
        point = progress.points_done;
        last = progress.point;
        watch.show((static_cast<double>(point) + share_of(last)) / static_cast<double>(progress.points),
                   hops_before + last.hops);
        return true;
      });
  watch.stop();
  if (!result) return cli::fail(named("--sweep", result.error()));
  if (!options.load.ranks->first()) return Exit::ok;
  if (!options.out.empty()) {
    const auto written = harness::write_sweep(*result, options.out);
    if (!written) return cli::fail(named("--out", written.error()));
    draw_pictures(*written, common);
  }
  if (common.json) {
    for (const auto& each : result->points)
      std::printf("%s\n", harness::load_json(each.result, options.node_capacity).c_str());
  } else {
    std::printf("%s", harness::sweep_text(*result).c_str());
  }
  if (!common.quiet) cli::say(watch.words(result->points.front().result.options.threads));
  return Exit::ok;
}

/// What is wrong with the file is told on standard error.
Exit read_config(CLI::App& command, LoadCommandOptions& options) {
  const auto text = cli::read_input(options.config, scenario::kMaxFileBytes);
  if (!text) return cli::fail(named("--config", text.error()));
  const auto wrong = apply_load_config(*text, options.config, command, options);
  if (wrong.empty()) return Exit::ok;
  std::fprintf(stderr, "%s\n", scenario::format_diagnostics(wrong).c_str());
  return Exit::usage;
}

Exit run(CLI::App& command, LoadCommandOptions& options, const cli::CommonOptions& common) {
  if (!options.config.empty()) {
    if (const auto read = read_config(command, options); read != Exit::ok) return read;
  }
  const auto& live = options.live;
  if (!live.wanted() && !common.trace_file.empty())
    return cli::fail(core::malformed("--trace: a population leaves no records; use it with ims-sim run"));
  if (const auto fits = check_live_options(command, live, common); !fits) return cli::fail(fits.error());
  if (const auto read = read_receivers(options); !read) return cli::fail(named("--receivers", read.error()));
  if (live.wanted()) return run_live(live, options.load, options.out, common);
  const auto ranks = harness::make_ranks();
  if (!ranks) return cli::fail(ranks.error());
  options.load.ranks = ranks->get();
  return options.sweeps.empty() ? run_day(options, common) : run_grid(options, common);
}

}  // namespace

Run add_load_command(CLI::App& app, const cli::CommonOptions& common) {
  const auto options = std::make_shared<LoadCommandOptions>();
  auto* command = app.add_subcommand("load", "Simulate the traffic of a population over a day");
  add_load_options(*command, *options);
  return [command, options, &common] { return run(*command, *options, common); };
}

}  // namespace rcs::ims_sim
