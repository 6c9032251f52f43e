// The load simulation's findings for scripts: JSON and CSV. Nothing in them says how long a run took or by
// how many threads.

#include <nlohmann/json.hpp>

#include "harness/flow_recorder.hpp"
#include "harness/load_by_rule.hpp"
#include "harness/load_report.hpp"
#include "harness/load_summary.hpp"
#include "harness/load_trouble.hpp"
#include "sim/pairs.hpp"

namespace rcs::harness {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kKindNames[sim::kKinds] = {"standard_to_standard", "standard_to_open_api",
                                                      "open_api_to_standard", "open_api_to_open_api"};

double ms(core::Duration d) { return core::to_seconds(d) * 1000; }

std::string_view shape_name(sim::DelayModel::Shape shape) {
  switch (shape) {
    case sim::DelayModel::Shape::constant:
      return "constant";
    case sim::DelayModel::Shape::uniform:
      return "uniform";
    case sim::DelayModel::Shape::exponential:
      return "exponential";
  }
  return "?";
}

ordered_json delay_json(const sim::DelayModel& delay) {
  ordered_json out{{"shape", shape_name(delay.shape)}, {"low_ms", ms(delay.low)}};
  if (delay.shape == sim::DelayModel::Shape::uniform) out["high_ms"] = ms(delay.high);
  if (delay.shape == sim::DelayModel::Shape::exponential) out["added_mean_ms"] = ms(delay.high);
  return out;
}

/// Those whose work takes time.
ordered_json node_models_json(const std::vector<sim::NodeModel>& nodes) {
  auto out = ordered_json::object();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (node.workers == 0) continue;
    auto& json = out[flow_actors()[i]] = {{"workers", node.workers}, {"service", delay_json(node.service)}};
    if (node.queue != UINT32_MAX) json["queue"] = node.queue;
  }
  return out;
}

ordered_json options_json(const LoadOptions& options, double node_capacity) {
  const auto& model = options.model;
  ordered_json hops = ordered_json::object();
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind)
    hops[std::string(kKindNames[kind])] = model.flows[kind].hops.size();
  const auto& pairs = model.population.pairs;
  return {{"users", model.population.users},
          {"share_open_api", model.population.share_open_api},
          {"zipf", model.population.zipf_exponent},
          {"receiver_pairs", pairs == nullptr ? 0 : pairs->count()},
          {"mean_per_day", model.mean_per_day},
          {"profile", model.profile.rates()},
          {"hours", core::to_seconds(model.length) / 3600},
          {"events", options.transport},
          {"access_delay", delay_json(model.access)},
          {"core_delay", delay_json(model.core)},
          {"rule", trace::name(options.rule)},
          {"fidelity", name(options.fidelity)},
          {"loss", model.transactions.loss},
          {"nodes", node_models_json(model.transactions.nodes)},
          {"sites", model.shards},
          {"seed", options.seed},
          {"replications", options.replications},
          {"node_capacity", node_capacity},
          {"hops_a_set_up", std::move(hops)}};
}

ordered_json rules_json(const LoadResult& result) {
  const auto roles = [](const std::array<std::uint32_t, 2>& messages) {
    return ordered_json{{"sender", messages[0]}, {"receiver", messages[1]}};
  };
  auto out = ordered_json::array();
  for (const auto& count : result.rules) {
    out.push_back({{"rule", trace::name(count.rule)},
                   {"events", count.transport},
                   {"standard", roles(count.standard)},
                   {"open_api", roles(count.open_api)},
                   {"ratio", count.ratio()}});
  }
  return out;
}

ordered_json sessions_json(const std::function<std::uint64_t(std::size_t)>& of_kind) {
  auto out = ordered_json::object();
  std::uint64_t total = 0;
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    out[std::string(kKindNames[kind])] = of_kind(kind);
    total += of_kind(kind);
  }
  out["total"] = total;
  return out;
}

/// `mean` stands for that of `load`.
ordered_json user_json(const sim::Histogram& load, ordered_json mean) {
  return {{"users", load.count()},     {"mean", std::move(mean)},    {"variance", load.variance()},
          {"p50", load.quantile(0.5)}, {"p95", load.quantile(0.95)}, {"p99", load.quantile(0.99)},
          {"max", load.max()}};
}

ordered_json delay_quantiles(const sim::Histogram& delay) {
  return {{"mean", delay.mean() / 1000},
          {"p50", to_ms(delay.quantile(0.5))},
          {"p95", to_ms(delay.quantile(0.95))},
          {"p99", to_ms(delay.quantile(0.99))}};
}

ordered_json delays_json(const std::function<std::uint64_t(std::size_t)>& sessions_of,
                         const std::function<sim::Histogram(std::size_t, Delays)>& delays_of) {
  auto out = ordered_json::object();
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    if (sessions_of(kind) == 0) continue;
    out[std::string(kKindNames[kind])] = {
        {"answered_ms", delay_quantiles(delays_of(kind, &sim::LoadTally::answered))},
        {"text_ms", delay_quantiles(delays_of(kind, &sim::LoadTally::invited))}};
  }
  return out;
}

ordered_json estimate_json(const Estimate& estimate) {
  return {{"mean", estimate.mean}, {"half_width_95", estimate.half_width}};
}

/// Of those kinds of clients that have users.
ordered_json devices_json(
    const std::function<ordered_json(ClientKind kind, const DeviceRole& role)>& role_json) {
  auto out = ordered_json::object();
  for (const auto kind : kClientKinds) {
    for (const auto& role : kDeviceRoles) {
      auto value = role_json(kind, role);
      if (value["users"] != 0) out[std::string(name(kind))][role.name] = std::move(value);
    }
  }
  return out;
}

/// `mean_json`: how a mean stands there.
ordered_json by_rule_json(
    const std::function<std::optional<RoleMoments>(ClientKind, trace::CountRule)>& moments_of,
    const std::function<ordered_json(ClientKind, trace::CountRule, std::size_t role, double mean)>&
        mean_json) {
  auto out = ordered_json::object();
  for (const auto rule : trace::kCountRules) {
    for (const auto kind : kClientKinds) {
      const auto moments = moments_of(kind, rule);
      if (!moments) continue;
      auto& users = out[std::string(trace::name(rule))][std::string(name(kind))];
      for (std::size_t i = 0; i < kDeviceRoles.size(); ++i) {
        auto& role = users[kDeviceRoles[i].name];
        role["mean"] = mean_json(kind, rule, i, (*moments)[i].mean);
        if ((*moments)[i].variance) role["variance"] = *(*moments)[i].variance;
      }
    }
  }
  return out;
}

ordered_json node_json(const NodeLoad& node, double seconds, double node_capacity) {
  return {{"node", node.name},
          {"messages", node.messages},
          {"per_second", static_cast<double>(node.messages) / seconds},
          {"busiest_minute", node.busiest_minute},
          {"busiest_per_second", per_second(node.busiest())},
          {"machines", machines_for(per_second(node.busiest()), node_capacity)}};
}

ordered_json outcome_json(const LoadResult& result, const LoadOutcome& outcome, double node_capacity) {
  const auto sessions_of = [&](std::size_t kind) { return outcome.tally.sessions[kind]; };
  ordered_json out{{"seed", outcome.seed},
                   {"sessions", sessions_json(sessions_of)},
                   {"hops", outcome.tally.hops},
                   {"most_pending_in_a_shard", outcome.tally.most_pending},
                   {"core_messages_per_set_up", outcome.core_messages_per_set_up}};
  if (const double ratio = device_ratio(outcome); ratio > 0) out["device_ratio"] = ratio;
  out["devices"] = devices_json([&](ClientKind kind, const DeviceRole& role) {
    const auto& load = device_load(outcome, kind, role);
    return user_json(load, load.mean());
  });
  out["devices_by_rule"] = by_rule_json(
      [&](ClientKind kind, trace::CountRule rule) { return moments_by_rule(result, outcome, kind, rule); },
      [](ClientKind, trace::CountRule, std::size_t, double mean) { return ordered_json(mean); });
  auto& nodes = out["nodes"] = ordered_json::array();
  for (const auto& node : outcome.nodes)
    nodes.push_back(node_json(node, length_in_seconds(result), node_capacity));
  out["delays"] =
      delays_json(sessions_of, [&](std::size_t kind, Delays which) { return (outcome.tally.*which)[kind]; });
  return out;
}

/// Of all replications; only where messages can be lost or wait.
ordered_json trouble_json(const LoadResult& result) {
  auto fates = ordered_json::object();
  for (const auto& fate : session_fates(result)) {
    fates[std::string(kKindNames[fate.kind])] = {{"sessions", fate.sessions},
                                                 {"answered", fate.answered},
                                                 {"delivered", fate.delivered},
                                                 {"refused", fate.refused},
                                                 {"timed_out", fate.timed_out}};
  }
  auto works = ordered_json::object();
  for (const auto& work : node_works(result)) {
    works[work.name] = {{"utilisation", work.utilisation},
                        {"waited_ms", delay_quantiles(work.waits)},
                        {"longest_queue", work.longest_queue},
                        {"refused", work.refused}};
  }
  return {{"lost", lost(result)},
          {"sent_again", repeats(result)},
          {"sessions", std::move(fates)},
          {"nodes", std::move(works)}};
}

ordered_json summary_json(const LoadResult& result, double node_capacity) {
  const auto sessions_of = [&](std::size_t kind) { return sessions(result, kind); };
  const auto of = [&](const std::function<double(const LoadOutcome&)>& value) {
    return estimate_json(estimate(result, value));
  };
  ordered_json out{
      {"sessions", sessions_json(sessions_of)},
      {"sessions_a_replication", of([](const auto& o) { return static_cast<double>(o.sessions()); })},
      {"hops_a_replication", of([](const auto& o) { return static_cast<double>(o.tally.hops); })},
      {"core_messages_per_set_up", of([](const auto& o) { return o.core_messages_per_set_up; })}};
  if (const auto ratio = estimate(result, device_ratio); ratio.mean > 0)
    out["device_ratio"] = estimate_json(ratio);
  out["devices"] = devices_json([&](ClientKind kind, const DeviceRole& role) {
    return user_json(device_load(result, kind, role),
                     of([&](const LoadOutcome& o) { return device_load(o, kind, role).mean(); }));
  });
  out["devices_by_rule"] = by_rule_json(
      [&](ClientKind kind, trace::CountRule rule) { return moments_by_rule(result, kind, rule); },
      [&](ClientKind kind, trace::CountRule rule, std::size_t role, double) {
        return estimate_json(mean_by_rule(result, kind, rule, role));
      });
  auto& nodes = out["nodes"] = ordered_json::array();
  for (const auto& node : node_summaries(result, node_capacity)) {
    nodes.push_back({{"node", node.name},
                     {"messages", estimate_json(node.messages)},
                     {"per_second", estimate_json(node.per_second)},
                     {"busiest_minute", node.busiest_minute},
                     {"busiest_per_second", node.busiest_per_second},
                     {"machines", node.machines}});
  }
  out["delays"] =
      delays_json(sessions_of, [&](std::size_t kind, Delays which) { return delays(result, kind, which); });
  if (result.options.fidelity != Fidelity::flow) out["trouble"] = trouble_json(result);
  return out;
}

}  // namespace

std::string load_json(const LoadResult& result, double node_capacity) {
  ordered_json out{{"options", options_json(result.options, node_capacity)}, {"rules", rules_json(result)}};
  auto& replications = out["replications"] = ordered_json::array();
  for (const auto& outcome : result.replications)
    replications.push_back(outcome_json(result, outcome, node_capacity));
  out["summary"] = summary_json(result, node_capacity);
  return out.dump();
}

std::string load_by_minute_csv(const LoadResult& result) {
  std::string out = "replication,node,minute,messages\r\n";
  for (std::size_t i = 0; i < result.replications.size(); ++i) {
    for (const auto& node : result.replications[i].nodes) {
      for (std::size_t minute = 0; minute < node.by_minute.size(); ++minute) {
        out += std::to_string(i + 1) + ',' + node.name + ',' + std::to_string(minute) + ',' +
               std::to_string(node.by_minute[minute]) + "\r\n";
      }
    }
  }
  return out;
}

std::string load_devices_csv(const LoadResult& result) {
  std::string out = "client,role,low,high,users\r\n";
  for (const auto kind : kClientKinds) {
    for (const auto& role : kDeviceRoles) {
      const auto start = std::string(name(kind)) + ',' + role.name + ',';
      for (const auto& bar : device_load(result, kind, role).bars()) {
        out += start + std::to_string(bar.low) + ',' + std::to_string(bar.high) + ',' +
               std::to_string(bar.count) + "\r\n";
      }
    }
  }
  return out;
}

}  // namespace rcs::harness
