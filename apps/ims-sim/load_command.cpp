// ims-sim load: a population's day.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "cli/progress.hpp"
#include "core/text.hpp"
#include "harness/load_report.hpp"
#include "harness/load_run.hpp"
#include "harness/load_sweep.hpp"
#include "ims-sim/commands.hpp"

namespace rcs::ims_sim {
namespace {

using cli::Exit;

struct Options {
  harness::LoadOptions load;
  double hours = 24;
  std::string profile = "flat";
  std::string access = "25ms";
  std::string core = "5ms";
  std::string rule = "paper";
  std::string out;
  std::vector<std::string> sweeps;
  double node_capacity = 20'000;
};

core::Result<sim::DayProfile> read_profile(const std::string& name) {
  if (name == "flat") return sim::DayProfile();
  if (name == "daily") return sim::DayProfile::daily();
  RCS_TRY(const auto text, cli::read_input(name));
  auto profile = sim::DayProfile::parse(text);
  if (!profile) return core::Error(profile.error().code(), name + ":" + profile.error().detail());
  return profile;
}

core::Error named(const char* option, const core::Error& error) {
  return core::Error(error.code(), std::string(option) + ": " + error.detail());
}

core::Result<harness::LoadOptions> read_options(const Options& options) {
  auto load = options.load;
  if (!(options.hours > 0) || options.hours > 744)
    return core::malformed("--hours: expected more than 0 and at most 744");
  load.model.length = std::chrono::duration_cast<core::Duration>(
      std::chrono::duration<double, std::ratio<3600>>(options.hours));
  RCS_TRY(load.model.profile, read_profile(options.profile));
  const auto access = sim::parse_delay(options.access);
  if (!access) return named("--access-delay", access.error());
  load.model.access = *access;
  const auto core_delay = sim::parse_delay(options.core);
  if (!core_delay) return named("--core-delay", core_delay.error());
  load.model.core = *core_delay;
  const auto rule = trace::parse_count_rule(options.rule);
  if (!rule) return named("--count-rule", rule.error());
  load.rule = *rule;
  return load;
}

/// Shows how far a run is and how fast it went.
class Watch {
 public:
  explicit Watch(const cli::CommonOptions& common)
      : progress_(!common.quiet && !common.json), start_(std::chrono::steady_clock::now()) {}

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

Exit run_day(const Options& options, harness::LoadOptions load, const cli::CommonOptions& common) {
  Watch watch(common);
  const auto result = harness::run_load(std::move(load), [&](const harness::LoadProgress& progress) {
    watch.show(share_of(progress), progress.hops);
    return true;
  });
  watch.stop();
  if (!result) return cli::fail(result.error());
  if (!options.out.empty()) {
    const auto written = harness::write_load_report(*result, options.node_capacity, options.out);
    if (!written) return cli::fail(named("--out", written.error()));
  }
  if (common.json) {
    std::printf("%s\n", harness::load_json(*result, options.node_capacity).c_str());
  } else {
    std::printf("%s", harness::load_text(*result, options.node_capacity).c_str());
  }
  if (!common.quiet) cli::say(watch.words(result->options.threads));
  return Exit::ok;
}

Exit run_grid(const Options& options, const harness::LoadOptions& load, const cli::CommonOptions& common) {
  std::vector<harness::SweepAxis> axes;
  for (const auto& text : options.sweeps) {
    auto axis = harness::parse_sweep(text);
    if (!axis) return cli::fail(named("--sweep", axis.error()));
    axes.push_back(std::move(*axis));
  }
  Watch watch(common);
  std::uint64_t hops_before = 0;
  std::size_t point = 0;
  harness::LoadProgress last;
  const auto result = harness::run_sweep(load, std::move(axes), [&](const harness::SweepProgress& progress) {
    if (progress.points_done != point) hops_before += last.hops;
    point = progress.points_done;
    last = progress.point;
    watch.show((static_cast<double>(point) + share_of(last)) / static_cast<double>(progress.points),
               hops_before + last.hops);
    return true;
  });
  watch.stop();
  if (!result) return cli::fail(named("--sweep", result.error()));
  if (!options.out.empty()) {
    if (const auto written = harness::write_sweep(*result, options.out); !written)
      return cli::fail(named("--out", written.error()));
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

Exit run(const Options& options, const cli::CommonOptions& common) {
  if (!common.trace_file.empty())
    return cli::fail(core::malformed("--trace: a population leaves no records; use it with ims-sim run"));
  auto load = read_options(options);
  if (!load) return cli::fail(load.error());
  return options.sweeps.empty() ? run_day(options, std::move(*load), common)
                                : run_grid(options, *load, common);
}

void add_model_options(CLI::App& command, Options& options) {
  auto& model = options.load.model;
  command.add_option("--users", model.population.users, "Subscribers (10000000)")->option_text("N");
  command
      .add_option("--mean", model.mean_per_day, "Texts a user sends in a day, the mean of a Poisson law (25)")
      ->option_text("X");
  command
      .add_option("--share-open-api", model.population.share_open_api,
                  "Share of the users behind the open API, 0..1; the others are standard clients (0.5)")
      ->option_text("S");
  command
      .add_option("--zipf", model.population.zipf_exponent,
                  "Popularity of receivers: exponent of a Zipf law; 0: all alike (0)")
      ->option_text("E");
  command
      .add_option("--profile", options.profile,
                  "How a day's traffic is spread: flat, daily or a file of weights (flat)")
      ->option_text("NAME|FILE");
  command.add_option("--hours", options.hours, "Virtual time in which chats begin (24)")->option_text("H");
  command.add_option("--events", options.load.transport, "How events travel: poll, sse or ws (poll)")
      ->option_text("TRANSPORT")
      ->check(CLI::IsMember({"poll", "sse", "ws"}));
  command
      .add_option("--access-delay", options.access,
                  "Link of a device: 25ms, 10ms..40ms (uniform) or 10ms+exp(15ms) (25ms)")
      ->option_text("DELAY");
  command.add_option("--core-delay", options.core, "Link between nodes, in the same forms (5ms)")
      ->option_text("DELAY");
}

}  // namespace

Run add_load_command(CLI::App& app, const cli::CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("load", "Simulate the traffic of a population over a day");
  add_model_options(*command, *options);
  command
      ->add_option("--seed", options->load.seed, "Decides every random number; replication K uses N + K (1)")
      ->option_text("N");
  command
      ->add_option("--replications", options->load.replications,
                   "Runs with different seeds, for confidence intervals (1)")
      ->option_text("N");
  command
      ->add_option("--threads", options->load.threads,
                   "Threads; they do not change the result (all processors)")
      ->option_text("N");
  command
      ->add_option("--count-rule", options->rule,
                   "What counts at a user's device: paper, ack, provisional, rfc3261 or wire (paper)")
      ->option_text("RULE");
  command
      ->add_option("--node-capacity", options->node_capacity,
                   "Messages a second that one machine of a node takes (20000)")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  command
      ->add_option(
          "--sweep", options->sweeps,
          "Run at each value of users, mean, share-open-api, zipf or hours: mean=5..50:5 or mean=5,25; "
          "repeat for a grid")
      ->option_text("NAME=VALUES");
  command
      ->add_option(
          "--out", options->out,
          "Write report.html, result.json, CSV files and pictures; of a sweep sweep.csv and sweep.svg")
      ->option_text("DIR");
  return [options, &common] { return run(*options, common); };
}

}  // namespace rcs::ims_sim
