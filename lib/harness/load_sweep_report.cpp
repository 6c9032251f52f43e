// What a sweep found, as CSV, a table and a picture.

#include <algorithm>
#include <cstdio>

#include "harness/load_charts.hpp"
#include "harness/load_summary.hpp"
#include "harness/load_sweep.hpp"
#include "harness/load_tables.hpp"
#include "harness/report.hpp"

namespace rcs::harness {
namespace {

const DeviceRole& total() { return kDeviceRoles.back(); }

std::string exact(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

double device_mean(const LoadOutcome& outcome, ClientKind kind) {
  return device_load(outcome, kind, total()).mean();
}

const NodeLoad& busiest_node(const LoadOutcome& outcome) {
  return *std::max_element(outcome.nodes.begin(), outcome.nodes.end(),
                           [](const auto& a, const auto& b) { return a.busiest() < b.busiest(); });
}

/// In how many sessions the sender was told of success, or the receiver got the text.
std::uint64_t told(const LoadOutcome& outcome, Delays which) {
  std::uint64_t sum = 0;
  for (const auto& delays : outcome.tally.*which) sum += delays.count();
  return sum;
}

/// Of the sessions of all replications, in per cent.
std::string share_told(const LoadResult& result, Delays which) {
  double all = 0, some = 0;
  for (const auto& outcome : result.replications) {
    all += static_cast<double>(outcome.sessions());
    some += static_cast<double>(told(outcome, which));
  }
  return all > 0 ? number_text(100 * some / all, 2) + " %" : "-";
}

std::string estimate_text(const Estimate& value) {
  auto out = number_text(value.mean, 2);
  if (value.half_width > 0) out += " +- " + number_text(value.half_width, 2);
  return out;
}

/// The line of a picture that a point lies on: all its values but the first.
std::string series_of(const SweepResult& sweep, const SweepPoint& point, ClientKind kind) {
  std::string out(title(kind));
  for (std::size_t i = 1; i < sweep.axes.size(); ++i)
    out += ", " + sweep.axes[i].parameter + " " + short_text(point.values[i]);
  return out;
}

struct Series {
  std::string name;
  std::vector<Chart::Point> points;
};

std::vector<Series> all_series(const SweepResult& sweep) {
  std::vector<Series> out;
  for (const auto kind : kClientKinds) {
    for (const auto& point : sweep.points) {
      // Of a kind that nobody has there is no line.
      if (device_load(point.result, kind, total()).count() == 0) continue;
      const auto name = series_of(sweep, point, kind);
      auto found = std::find_if(out.begin(), out.end(), [&](const Series& s) { return s.name == name; });
      if (found == out.end()) found = out.insert(out.end(), Series{name, {}});
      const auto mean = estimate(point.result, [kind](const auto& o) { return device_mean(o, kind); }).mean;
      found->points.push_back({point.values[0], mean});
    }
  }
  return out;
}

constexpr std::size_t kMostLines = 8;  // more can not be told apart

}  // namespace

std::string sweep_csv(const SweepResult& sweep) {
  std::string out;
  for (const auto& axis : sweep.axes) out += axis.parameter + ",";
  out +=
      "replication,seed,sessions,standard_mean,standard_variance,open_api_mean,open_api_variance,device_"
      "ratio,"
      "core_messages_per_set_up,busiest_node,busiest_per_second,answered,delivered,sent_again,lost\r\n";
  for (const auto& point : sweep.points) {
    std::size_t replication = 0;
    for (const auto& outcome : point.result.replications) {
      for (const double value : point.values) out += exact(value) + ",";
      out += std::to_string(++replication) + "," + std::to_string(outcome.seed) + "," +
             std::to_string(outcome.sessions());
      for (const auto kind : kClientKinds) {
        const auto& load = device_load(outcome, kind, total());
        out += "," + exact(load.mean()) + "," + exact(load.variance());
      }
      const auto& busiest = busiest_node(outcome);
      out += "," + exact(device_ratio(outcome)) + "," + exact(outcome.core_messages_per_set_up) + "," +
             busiest.name + "," + exact(per_second(busiest.busiest()));
      for (const auto count :
           {told(outcome, &sim::LoadTally::answered), told(outcome, &sim::LoadTally::invited),
            outcome.tally.repeats, outcome.tally.lost})
        out += "," + std::to_string(count);
      out += "\r\n";
    }
  }
  return out;
}

std::string sweep_text(const SweepResult& sweep) {
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& axis : sweep.axes) rows[0].push_back(axis.parameter);
  for (const auto* head :
       {"set-ups", "standard", "open API", "ratio", "busiest node, messages/s", "answered", "delivered"})
    rows[0].emplace_back(head);
  for (const auto& point : sweep.points) {
    auto& row = rows.emplace_back();
    for (const double value : point.values) row.push_back(short_text(value));
    const auto value_of = [&point](auto&& value) { return estimate_text(estimate(point.result, value)); };
    std::uint64_t sessions = 0;
    for (const auto& outcome : point.result.replications) sessions += outcome.sessions();
    row.push_back(number_text(static_cast<double>(sessions)));
    bool both = true;
    for (const auto kind : kClientKinds) {
      const bool somebody = device_load(point.result, kind, total()).count() > 0;
      both = both && somebody;
      row.push_back(somebody ? value_of([kind](const auto& o) { return device_mean(o, kind); }) : "-");
    }
    row.push_back(both ? value_of([](const auto& o) { return device_ratio(o); }) : "-");
    row.push_back(value_of([](const auto& o) { return per_second(busiest_node(o).busiest()); }));
    row.push_back(share_told(point.result, &sim::LoadTally::answered));
    row.push_back(share_told(point.result, &sim::LoadTally::invited));
  }
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out = "Messages at a user's device, and the busiest node\n";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    out += '\n';
  }
  return out;
}

std::string sweep_svg(const SweepResult& sweep) {
  auto series = all_series(sweep);
  const std::size_t lines = series.size();
  if (lines > kMostLines) series.resize(kMostLines);
  double most = 0;
  for (const auto& line : series) {
    for (const auto& point : line.points) most = std::max(most, point.y);
  }
  const auto& first = sweep.axes.front();
  const auto [low, high] = std::minmax_element(first.values.begin(), first.values.end());
  ChartText text;
  text.title = "Messages at a user's device";
  text.subtitle =
      number_text(static_cast<double>(sweep.points.front().result.options.model.population.users)) +
      " users, mean of " + std::to_string(sweep.points.front().result.replications.size()) + " replications";
  if (lines > kMostLines)
    text.subtitle += "; " + std::to_string(kMostLines) + " of " + std::to_string(lines) + " lines";
  text.legend_rows = static_cast<unsigned>(series.size() + 2) / 3;  // some three a line
  text.x = first.parameter;
  text.y = "messages, sent or got";
  const double end = *high > *low ? *high : *low + 1;
  Chart chart(text, *low, end, round_ticks(most));
  std::vector<Tick> ticks;
  const std::size_t every = (first.values.size() + 11) / 12;
  for (std::size_t i = 0; i < first.values.size(); i += every)
    ticks.push_back({first.values[i], short_text(first.values[i])});
  chart.x_ticks(ticks);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < series.size(); ++i) {
    chart.line(i, series[i].points);
    names.push_back(series[i].name);
  }
  chart.legend(names, true);
  if (series.empty()) chart.message("no messages");
  return std::move(chart).finish();
}

core::Result<std::vector<std::string>> write_sweep(const SweepResult& sweep, const std::string& folder) {
  return write_files(folder, {{"sweep.csv", sweep_csv(sweep)}, {"sweep.svg", sweep_svg(sweep)}});
}

}  // namespace rcs::harness
