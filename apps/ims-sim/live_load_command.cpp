#include "ims-sim/live_load_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "cli/progress.hpp"
#include "core/text.hpp"
#include "harness/live_load_report.hpp"
#include "harness/live_load_run.hpp"
#include "harness/live_load_schedule.hpp"
#include "harness/load_tables.hpp"
#include "http/url.hpp"
#include "ims-sim/pictures.hpp"

namespace rcs::ims_sim {
namespace {

using cli::Exit;

constexpr double kMaxLateMs = 3'600'000;  // an hour: nothing is late

/// Options of `load` that a live run goes by; the others belong to the simulation.
constexpr std::string_view kLive[] = {"live", "speed",     "late",  "token",   "users",
                                      "mean", "zipf",      "hours", "profile", "events",
                                      "seed", "receivers", "out",   "config",  "help"};
constexpr std::string_view kOnlyLive[] = {"speed", "late", "token"};

template <class Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

core::Error named(const char* option, const core::Error& error) {
  return core::Error(error.code(), std::string(option) + ": " + error.detail());
}

/// Shows how far a run is.
class Watch {
 public:
  explicit Watch(const cli::CommonOptions& common, core::Duration length)
      : progress_(!common.quiet && !common.json), length_(core::to_seconds(length)), start_(Clock::now()) {}

  void show(const harness::LiveProgress& progress) {
    const auto count = [](std::size_t n) { return harness::number_text(static_cast<double>(n)); };
    if (progress.users_open < progress.users) {
      progress_.show(static_cast<double>(progress.users_open) / static_cast<double>(progress.users),
                     seconds(),
                     count(progress.users_open) + " of " + count(progress.users) + " event channels");
      return;
    }
    if (!running_) start_ = Clock::now();
    running_ = true;
    const auto waiting = progress.begun - progress.completed - progress.failed;
    progress_.show(std::min(1.0, seconds() / length_), seconds(),
                   count(progress.begun) + " of " + count(progress.planned) + " begun, " + count(waiting) +
                       " on their way, " + count(progress.failed) + " failed");
  }
  void stop() { progress_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  cli::Progress progress_;
  double length_;
  Clock::time_point start_;
  bool running_ = false;
};

/// Errors: malformed or unsupported, says what was expected.
core::Result<void> check_url(const std::string& text) {
  RCS_TRY(const auto url, http::parse_url(text));
  if (core::iequals(text.substr(0, text.find(':')), "http") && url.target == "/") return {};
  return core::malformed("expected http://HOST[:PORT], got " + core::quoted(text));
}

core::Result<harness::LiveLoadOptions> to_live(const LiveOptions& options, const harness::LoadOptions& load,
                                               const cli::CommonOptions& common) {
  harness::LiveLoadOptions out;
  out.url = options.url;
  out.model = load.model;
  out.model.seed = out.model.population.seed = load.seed;
  out.model.population.share_open_api = 1;
  out.speed = options.speed;
  const auto transport = harness::parse_event_transport(load.transport);
  if (!transport) return named("--events", transport.error());
  out.transport = *transport;
  out.token = options.token;
  out.late_bound =
      std::chrono::duration_cast<core::Duration>(std::chrono::duration<double, std::milli>(options.late_ms));
  out.timeout = common.timeout();
  return out;
}

/// Of the model, which is called as the options are; of the network, which speaks for itself.
Exit fail_run(const core::Error& error) {
  const bool ours = error.code() == core::Errc::malformed || error.code() == core::Errc::too_large;
  return cli::fail(ours ? core::Error(error.code(), "--" + error.detail()) : error);
}

/// What of the run makes it a failure, in words; empty: nothing.
std::string objection(const harness::LiveTally& tally) {
  if (!tally.valid()) return "the run is INVALID: " + tally.invalid;
  if (tally.failed == 0) return {};
  const auto most = std::max_element(tally.failures.begin(), tally.failures.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return std::to_string(tally.failed) + " of " + std::to_string(tally.begun) +
         " sessions failed, most of them so: " + most->first;
}

}  // namespace

void add_live_options(CLI::App& command, LiveOptions& options) {
  command
      .add_option_function<std::string>(
          "--live",
          [&options](const std::string& url) {
            if (const auto good = check_url(url); !good)
              throw CLI::ValidationError("--live", good.error().detail());
            options.url = url;
          },
          "Load this running gateway over its API instead, in real time; all users are behind it")
      ->option_text("URL");
  command
      .add_option_function<double>(
          "--speed",
          [&options](const double& speed) {
            if (!(speed > 0) || speed > harness::kMaxLiveSpeed)
              throw CLI::ValidationError("--speed", "expected more than 0 and at most 1000000");
            options.speed = speed;
          },
          "With --live: virtual seconds in a real one (1)")
      ->option_text("F");
  command
      .add_option_function<double>(
          "--late",
          [&options](const double& ms) {
            if (!(ms >= 0) || ms > kMaxLateMs)
              throw CLI::ValidationError("--late", "expected milliseconds, 0 to an hour");
            options.late_ms = ms;
          },
          "With --live: the run is invalid when more than one of 1000 sessions is sent later than so many ms "
          "after it was due (10)")
      ->option_text("MS");
  command
      .add_option("--token", options.token,
                  "With --live: access token good for any user; dev-<ID> for each when left out")
      ->option_text("TOKEN");
}

core::Result<void> check_live_options(const CLI::App& command, const LiveOptions& options,
                                      const cli::CommonOptions& common) {
  for (const auto* option : command.get_options()) {
    const auto name = option->get_lnames().empty() ? std::string() : option->get_lnames().front();
    if (option->count() == 0) continue;
    if (!options.wanted() && is_among(kOnlyLive, name))
      return core::malformed("--" + name + ": goes with --live only");
    if (!options.wanted() || is_among(kLive, name)) continue;
    if (name == "share-open-api") {
      if (option->as<double>() == 1) continue;
      return core::malformed(
          "--share-open-api: all users of a live gateway are behind its open API, expected 1");
    }
    return core::malformed("--" + name + ": belongs to the simulation and means nothing with --live");
  }
  if (options.wanted() && !common.trace_file.empty())
    return core::malformed("--trace: a load leaves no records; let rcsgw-serve write them");
  return {};
}

Exit run_live(const LiveOptions& options, const harness::LoadOptions& load, const std::string& out,
              const cli::CommonOptions& common) {
  auto live = to_live(options, load, common);
  if (!live) return cli::fail(live.error());
  net::Loop loop;
  bool interrupted = false;
  loop.on_interrupt([&](int) { interrupted = true; });
  Watch watch(common, std::chrono::duration_cast<core::Duration>(load.model.length / options.speed));
  auto run = harness::run_live_load(loop, *live, [&](const harness::LiveProgress& progress) {
    watch.show(progress);
    return !interrupted;
  });
  watch.stop();
  if (!run) return interrupted ? Exit::interrupted : fail_run(run.error());
  const auto late_bound = live->late_bound;
  harness::LiveResult result{std::move(*live), std::move(*run), {}};
  result.tally = harness::tally_live_load(result.run, late_bound);
  if (!out.empty()) {
    const auto pictures = harness::write_live_report(result, out);
    if (!pictures) return cli::fail(named("--out", pictures.error()));
    draw_pictures(*pictures, common);
  }
  const auto text = common.json ? harness::live_json(result) + "\n" : harness::live_text(result);
  std::printf("%s", text.c_str());
  const auto words = objection(result.tally);
  if (!words.empty()) cli::say(words);
  if (interrupted) return Exit::interrupted;
  return words.empty() ? Exit::ok : Exit::refused;
}

}  // namespace rcs::ims_sim
