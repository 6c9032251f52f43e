#include "harness/load_summary.hpp"

#include <algorithm>
#include <cmath>

namespace rcs::harness {

std::string_view name(ClientKind kind) { return kind == ClientKind::standard ? "standard" : "open_api"; }
std::string_view title(ClientKind kind) { return kind == ClientKind::standard ? "standard" : "open API"; }

Estimate estimate(const LoadResult& result, const std::function<double(const LoadOutcome&)>& value) {
  std::vector<double> values;
  double sum = 0;
  for (const auto& outcome : result.replications) {
    values.push_back(value(outcome));
    sum += values.back();
  }
  if (values.empty()) return {};
  return {sum / static_cast<double>(values.size()), sim::half_width_95(values)};
}

const sim::Histogram& device_load(const LoadOutcome& outcome, ClientKind kind, const DeviceRole& role) {
  return outcome.devices[static_cast<std::size_t>(kind)].*role.load;
}

sim::Histogram device_load(const LoadResult& result, ClientKind kind, const DeviceRole& role) {
  sim::Histogram sum;
  for (const auto& outcome : result.replications) sum.add(device_load(outcome, kind, role));
  return sum;
}

double device_ratio(const LoadOutcome& outcome) {
  const double standard = outcome.devices[0].total.mean();
  return standard > 0 ? outcome.devices[1].total.mean() / standard : 0;
}

sim::Histogram delays(const LoadResult& result, std::size_t kind, Delays which) {
  sim::Histogram sum;
  for (const auto& outcome : result.replications) sum.add((outcome.tally.*which)[kind]);
  return sum;
}

std::uint64_t sessions(const LoadResult& result, std::size_t kind) {
  std::uint64_t sum = 0;
  for (const auto& outcome : result.replications) sum += outcome.tally.sessions[kind];
  return sum;
}

std::vector<NodeSummary> node_summaries(const LoadResult& result, double node_capacity) {
  std::vector<NodeSummary> out;
  const double seconds = length_in_seconds(result);
  for (std::size_t i = 0; i < result.replications.front().nodes.size(); ++i) {
    NodeSummary summary;
    summary.name = result.replications.front().nodes[i].name;
    const auto messages = [i](const LoadOutcome& o) { return static_cast<double>(o.nodes[i].messages); };
    summary.messages = estimate(result, messages);
    summary.per_second = {summary.messages.mean / seconds, summary.messages.half_width / seconds};
    for (const auto& outcome : result.replications) {
      const double busiest = per_second(outcome.nodes[i].busiest());
      if (busiest <= summary.busiest_per_second) continue;
      summary.busiest_per_second = busiest;
      summary.busiest_minute = outcome.nodes[i].busiest_minute;
    }
    summary.machines = machines_for(summary.busiest_per_second, node_capacity);
    out.push_back(std::move(summary));
  }
  return out;
}

double per_second(std::uint64_t messages_a_minute) { return static_cast<double>(messages_a_minute) / 60; }

std::uint64_t machines_for(double messages_per_second, double node_capacity) {
  if (!(node_capacity > 0)) return 0;
  // Capacities far below one a second would pass what an integer holds.
  return static_cast<std::uint64_t>(std::min(std::ceil(messages_per_second / node_capacity), 1e15));
}

double length_in_seconds(const LoadResult& result) { return core::to_seconds(result.options.model.length); }

double to_ms(std::uint64_t micros) { return static_cast<double>(micros) / 1000; }

}  // namespace rcs::harness
