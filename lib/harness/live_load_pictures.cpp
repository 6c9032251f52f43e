// The two pictures of a load against a live gateway.

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/live_load_report.hpp"
#include "harness/load_charts.hpp"
#include "harness/load_tables.hpp"

namespace rcs::harness {
namespace {

constexpr std::size_t kMostSlices = 120;  // of the time: some six pixels each
constexpr std::size_t kStepsOfTen = 24;   // points of a quantile line from 90 % to 99 %, and so on

double to_ms(core::Duration time) { return core::to_seconds(time) * 1000; }

std::string run_text(const LiveResult& result) {
  const auto& tally = result.tally;
  auto out = number_text(static_cast<double>(tally.begun)) + " sessions, " +
             number_text(tally.offered_per_second, 1) + " offered a second";
  if (!tally.valid()) out += "; INVALID";
  return out;
}

/// Where a share lies on an axis on which 90 %, 99 %, 99.9 % are equally far from each other.
double nines(double share) { return -std::log10(1 - share); }

/// "90 %", "99 %", "99.9 %" ...
std::string share_text(int nine) {
  if (nine == 0) return "0 %";
  if (nine == 1) return "90 %";
  return nine == 2 ? "99 %" : "99." + std::string(static_cast<std::size_t>(nine) - 2, '9') + " %";
}

std::vector<Chart::Point> quantile_line(const Latency& latency, double last) {
  std::vector<Chart::Point> out;
  const auto steps = static_cast<std::size_t>(std::ceil(last * kStepsOfTen));
  for (std::size_t i = 0; i <= steps; ++i) {
    const double at = std::min(last, static_cast<double>(i) / kStepsOfTen);
    out.push_back({at, to_ms(latency.quantile(1 - std::pow(10.0, -at)).time)});
  }
  return out;
}

double highest(const std::vector<std::vector<Chart::Point>>& lines) {
  double out = 0;
  for (const auto& line : lines) {
    for (const auto& point : line) out = std::max(out, point.y);
  }
  return out;
}

}  // namespace

std::string live_quantiles_svg(const LiveResult& result) {
  const auto& tally = result.tally;
  const auto at = [](LiveMark mark) { return static_cast<std::size_t>(mark); };
  const std::pair<std::string, const Latency*> rows[] = {
      {"POST answered", &tally.from_intended[at(LiveMark::answered)]},
      {"initiate", &tally.from_intended[at(LiveMark::invited)]},
      {"accepted", &tally.from_intended[at(LiveMark::accepted)]},
      {"accepted, from the sending", &tally.from_sent[at(LiveMark::accepted)]}};
  // As far as there is a session beyond the share.
  const auto sessions = std::max<std::size_t>(rows[0].second->sorted.size(), 10);
  const double last = nines(1 - 1 / static_cast<double>(sessions));
  std::vector<std::vector<Chart::Point>> lines;
  std::vector<std::string> names;
  for (const auto& [name, latency] : rows) {
    lines.push_back(quantile_line(*latency, last));
    names.push_back(name);
  }
  Chart chart({"Latency from when a session was due", run_text(result),
               "share of the sessions that took no longer", "ms"},
              0, last, round_ticks(highest(lines)));
  chart.legend(names, true);
  std::vector<Tick> ticks;
  for (int nine = 0; nine <= static_cast<int>(last); ++nine)
    ticks.push_back({static_cast<double>(nine), share_text(nine)});
  chart.x_ticks(ticks);
  for (std::size_t row = 0; row < lines.size(); ++row) chart.line(row, lines[row]);
  if (rows[0].second->sorted.empty()) chart.message("no session was answered");
  return std::move(chart).finish();
}

std::string live_latency_svg(const LiveResult& result) {
  const auto slices = slice_live_load(result.run, kMostSlices);
  constexpr double kShares[] = {0.5, 0.9, 1};
  std::vector<std::vector<Chart::Point>> lines(std::size(kShares));
  for (const auto& slice : slices) {
    if (slice.accepted.sorted.empty()) continue;
    const double begin = core::to_seconds(slice.begin);
    const double end = core::to_seconds(slice.end);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const double y = to_ms(slice.accepted.quantile(kShares[i]).time);
      // A single slice is drawn from edge to edge.
      if (slices.size() == 1) lines[i].push_back({begin, y});
      lines[i].push_back({slices.size() == 1 ? end : (begin + end) / 2, y});
    }
  }
  const double window = core::to_seconds(result.run.window);
  Chart chart({"Latency until the sender has the event accepted",
               run_text(result) + "; a point for each " +
                   short_text(window / static_cast<double>(slices.size())) + " s",
               "when the sessions were due, in s from the beginning", "ms"},
              0, window, round_ticks(highest(lines)));
  chart.legend({"p50", "p90", "largest"}, true);
  auto ticks = round_ticks(window, 8);
  std::erase_if(ticks, [&](const Tick& tick) { return tick.at > window * 1.0001; });
  chart.x_ticks(ticks);
  for (std::size_t row = 0; row < lines.size(); ++row) chart.line(row, lines[row]);
  if (lines[0].empty()) chart.message("no session was accepted");
  return std::move(chart).finish();
}

}  // namespace rcs::harness
