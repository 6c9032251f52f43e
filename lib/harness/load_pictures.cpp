// The three pictures of a load simulation.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "harness/load_charts.hpp"
#include "harness/load_report.hpp"
#include "harness/load_summary.hpp"
#include "harness/load_tables.hpp"

namespace rcs::harness {
namespace {

constexpr std::size_t kMostPoints = 1'440;  // of a line: the minutes of a day, two a pixel
constexpr std::uint64_t kMostBins = 60;     // of the histogram: some ten pixels each
constexpr std::uint64_t kFewestBins = 15;   // rather than fewer, a comb
constexpr double kDrawn = 0.99;  // share of the users drawn when a few have far more than all others
constexpr double kFarMore = 3;   // ... from which multiple of what those have

double mean_of(const std::array<std::uint32_t, 2>& roles) {
  return (double(roles[0]) + double(roles[1])) / 2;
}

std::string roles_text(std::string_view client, const std::array<std::uint32_t, 2>& roles) {
  return std::string(client) + ": " + std::to_string(roles[0]) + " at the sender's device, " +
         std::to_string(roles[1]) + " at the receiver's";
}

std::string run_text(const LoadResult& result) {
  const auto& model = result.options.model;
  auto out = number_text(static_cast<double>(model.population.users)) + " users, " +
             short_text(model.population.share_open_api * 100) + " % behind the open API";
  if (result.replications.size() > 1)
    out += ", " + std::to_string(result.replications.size()) + " replications";
  return out;
}

/// At most twelve, at full minutes, hours or days.
std::vector<Tick> time_ticks(std::size_t minutes) {
  std::size_t step = 1;
  for (const std::size_t next : {1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320}) {
    step = next;
    if (minutes / step <= 12) break;
  }
  std::vector<Tick> out;
  for (std::size_t at = 0; at <= minutes; at += step)
    out.push_back({static_cast<double>(at), minute_text(at)});
  return out;
}

std::vector<Tick> value_ticks(double low, double high) {
  const double step = std::max(1.0, round_ticks(high - low, 8)[1].at);
  std::vector<Tick> out;
  for (double n = std::max(0.0, std::ceil(low / step)); n * step <= high; ++n)
    out.push_back({n * step, short_text(n * step)});
  return out;
}

/// Messages a second at a node, the mean of the replications, over `bin` minutes each.
std::vector<Chart::Point> node_line(const LoadResult& result, std::size_t node, std::size_t minutes,
                                    std::size_t bin) {
  std::vector<Chart::Point> out;
  for (std::size_t first = 0; first < minutes; first += bin) {
    const auto last = std::min(first + bin, minutes);
    std::uint64_t messages = 0;
    for (const auto& outcome : result.replications) {
      const auto& by_minute = outcome.nodes[node].by_minute;
      for (auto minute = first; minute < std::min(last, by_minute.size()); ++minute)
        messages += by_minute[minute];
    }
    const auto spans = static_cast<double>((last - first) * result.replications.size());
    out.push_back({static_cast<double>(first + last) / 2, per_second(messages) / spans});
  }
  return out;
}

/// The largest number that all exactly known values of `load` are multiples of; 1 without any.
std::uint64_t step_of(const sim::Histogram& load) {
  std::uint64_t step = 0;
  for (const auto& bar : load.bars()) {
    if (bar.low == bar.high) step = std::gcd(step, bar.low);
  }
  return std::max<std::uint64_t>(step, 1);
}

/// Equal bins for both kinds of clients.
struct Bins {
  std::uint64_t first = 0;  ///< the least value of the first
  std::uint64_t width = 1;
  std::size_t count = 1;

  std::vector<double> shares(const sim::Histogram& load) const {
    std::vector<double> out(count);
    for (const auto& bar : load.bars()) {
      // A bar may lie across an edge: its users are dealt out evenly.
      const auto values = static_cast<double>(bar.high - bar.low + 1);
      for (std::uint64_t low = bar.low; low <= bar.high;) {
        const auto bin = (low - first) / width;
        if (bin >= count) break;
        const auto next = std::min(bar.high + 1, first + (bin + 1) * width);
        out[bin] += static_cast<double>(bar.count) * static_cast<double>(next - low) / values /
                    static_cast<double>(load.count());
        low = next;
      }
    }
    return out;
  }
  std::uint64_t end() const { return first + width * count; }
};

/// Wide enough that each holds as many possible values as its neighbours: with one sum of messages a set-up,
/// only its multiples occur, and narrower bins would show a comb.
Bins bins_for(const std::array<sim::Histogram, 2>& loads) {
  std::uint64_t low = UINT64_MAX, high = 0, drawn = 0, step = 1, larger = 1;
  for (const auto& load : loads) {
    if (load.count() == 0) continue;
    const auto bars = load.bars();
    low = std::min(low, bars.front().low);
    high = std::max(high, bars.back().high);
    drawn = std::max(drawn, load.quantile(kDrawn));
    const auto own = std::min(step_of(load), kMostBins);
    step = std::lcm(step, own);
    larger = std::max(larger, own);
  }
  if (static_cast<double>(high) > kFarMore * static_cast<double>(drawn)) high = drawn;
  if ((high - low) / step < kFewestBins) step = high - low < kMostBins ? 1 : larger;
  Bins out;
  out.width = step * std::max<std::uint64_t>(1, ((high - low) / step + kMostBins) / kMostBins);
  out.first = low / out.width * out.width;
  out.count = (high - out.first) / out.width + 1;
  return out;
}

std::uint64_t users_from(const sim::Histogram& load, std::uint64_t low) {
  std::uint64_t users = 0;
  for (const auto& bar : load.bars()) users += bar.low >= low ? bar.count : 0;
  return users;
}

/// Where bars that meet below a whole number meet: a bar of one value stands over it.
double edge(std::uint64_t value) { return static_cast<double>(value) - 0.5; }

void draw_devices(Chart& chart, const std::array<sim::Histogram, 2>& loads, const Bins& bins) {
  for (std::size_t kind = 0; kind < 2; ++kind) {
    if (loads[kind].count() == 0) continue;
    const auto shares = bins.shares(loads[kind]);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] == 0) continue;
      const auto low = bins.first + i * bins.width;
      const auto tooltip = std::string(title(kClientKinds[kind])) + ", " + std::to_string(low) + " to " +
                           std::to_string(low + bins.width - 1) +
                           " messages: " + number_text(shares[i] * 100, 2) + " % of the users";
      chart.bar(kind, edge(low), edge(low + bins.width), shares[i] * 100, tooltip, 0.6);
    }
  }
  for (std::size_t kind = 0; kind < 2; ++kind) {
    const auto mean = loads[kind].mean();
    if (loads[kind].count() > 0 && mean <= edge(bins.end())) chart.marker(kind, mean);
  }
}

}  // namespace

std::string load_rules_svg(const LoadResult& result) {
  double most = 0;
  for (const auto& count : result.rules)
    most = std::max({most, mean_of(count.standard), mean_of(count.open_api)});
  // Room for the number above the highest bar.
  Chart chart(
      {"Messages at a device for one chat set-up, by what is counted",
       "Mean of the sender's and the receiver's device; both of one kind. Below: open API against standard",
       "rule of counting (wire: by how events travel)", "messages at a device", true},
      0, static_cast<double>(result.rules.size()), round_ticks(most * 1.08));
  chart.legend({"standard clients", "clients of the open API"}, false);
  std::vector<Tick> names;
  for (std::size_t i = 0; i < result.rules.size(); ++i) {
    const auto& count = result.rules[i];
    const double middle = static_cast<double>(i) + 0.5;
    const std::pair<double, double> bars[] = {{middle - 0.33, mean_of(count.standard)},
                                              {middle + 0.01, mean_of(count.open_api)}};
    const std::string tooltips[] = {roles_text("standard", count.standard),
                                    roles_text("open API", count.open_api)};
    for (std::size_t row = 0; row < 2; ++row) {
      chart.bar(row, bars[row].first, bars[row].first + 0.32, bars[row].second, tooltips[row]);
      chart.label_above(bars[row].first + 0.16, bars[row].second, short_text(bars[row].second));
    }
    names.push_back({middle, rule_text(count)});
    chart.x_note(middle, "\u00d7 " + number_text(count.ratio(), 2));
  }
  chart.x_ticks(names, false);
  return std::move(chart).finish();
}

std::string load_day_svg(const LoadResult& result) {
  const auto length = static_cast<std::size_t>(std::ceil(length_in_seconds(result) / 60));
  const auto minutes = std::max<std::size_t>(length, 1);
  const auto bin = (minutes + kMostPoints - 1) / kMostPoints;
  std::vector<std::vector<Chart::Point>> lines;
  std::vector<std::string> names;
  double most = 0;
  for (std::size_t node = 0; node < result.replications.front().nodes.size(); ++node) {
    lines.push_back(node_line(result, node, minutes, bin));
    names.push_back(result.replications.front().nodes[node].name);
    for (const auto& point : lines.back()) most = std::max(most, point.y);
  }
  const auto each = bin == 1 ? std::string("minute") : std::to_string(bin) + " minutes";
  Chart chart({"Load of the nodes over the time simulated", run_text(result) + "; a point for each " + each,
               "time, hh:mm", "messages a second, sent or got"},
              0, static_cast<double>(minutes), round_ticks(most));
  chart.legend(names, true);
  for (std::size_t row = 0; row < lines.size(); ++row) {
    // One minute is no line yet.
    if (lines[row].size() == 1)
      lines[row] = {{0, lines[row][0].y}, {static_cast<double>(minutes), lines[row][0].y}};
    chart.line(row, lines[row]);
  }
  chart.x_ticks(time_ticks(minutes));
  if (most == 0) chart.message("no chat was set up");
  return std::move(chart).finish();
}

std::string load_devices_svg(const LoadResult& result) {
  std::array<sim::Histogram, 2> loads;
  std::vector<std::string> names;
  for (std::size_t kind = 0; kind < 2; ++kind) {
    loads[kind] = device_load(result, kClientKinds[kind], kDeviceRoles[2]);
    names.push_back(
        std::string(title(kClientKinds[kind])) +
        (loads[kind].count() == 0 ? ": no users" : ": mean " + number_text(loads[kind].mean(), 2)));
  }
  const auto bins = bins_for(loads);
  double most = 0;
  std::uint64_t beyond = 0;
  for (const auto& load : loads) {
    if (load.count() == 0) continue;
    for (const double share : bins.shares(load)) most = std::max(most, share * 100);
    beyond += users_from(load, bins.end());
  }
  auto subtitle = run_text(result) + "; dashed: mean";
  if (beyond > 0) {
    subtitle += "; " + number_text(static_cast<double>(beyond)) + " with more, up to " +
                number_text(static_cast<double>(std::max(loads[0].max(), loads[1].max())));
  }
  const auto each = bins.width == 1 ? std::string() : "; bars of " + std::to_string(bins.width) + " messages";
  const double first = edge(bins.first);
  const double end = edge(bins.end());
  Chart chart({"Messages at a user's device, by rule " + std::string(trace::name(result.options.rule)),
               subtitle, "messages at the device, sent or got" + each, "% of the users of the kind"},
              first, end, round_ticks(most));
  chart.legend(names, false);
  draw_devices(chart, loads, bins);
  chart.x_ticks(value_ticks(first, end));
  return std::move(chart).finish();
}

}  // namespace rcs::harness
