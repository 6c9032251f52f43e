#include "harness/load_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/text.hpp"
#include "harness/load_by_rule.hpp"
#include "harness/load_report.hpp"
#include "harness/load_summary.hpp"
#include "harness/load_trouble.hpp"
#include "sim/pairs.hpp"
#include "trace/escape.hpp"

namespace rcs::harness {
namespace {

constexpr std::size_t kNoteWidth = 98;  // of a terminal's line, what 100 columns leave beside the indent

using Row = std::vector<std::string>;

std::string length_text(double seconds) {
  return seconds < 3600 ? short_text(seconds / 60) + " min" : short_text(seconds / 3600) + " h";
}

std::string delay_text(const sim::DelayModel& delay) {
  const auto ms = [](core::Duration d) { return short_text(core::to_seconds(d) * 1000) + " ms"; };
  switch (delay.shape) {
    case sim::DelayModel::Shape::constant:
      return ms(delay.low) + ", always";
    case sim::DelayModel::Shape::uniform:
      return ms(delay.low) + " to " + ms(delay.high) + ", uniform";
    case sim::DelayModel::Shape::exponential:
      return ms(delay.low) + " and an exponential part with mean " + ms(delay.high);
  }
  return "?";
}

std::string profile_text(const sim::DayProfile& profile) {
  const auto& rates = profile.rates();
  const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
  if (*least == *most) return "the same rate all day";
  return std::to_string(rates.size()) + " slices a day, from " + short_text(*least) + " to " +
         short_text(*most) + " times the mean rate";
}

std::string popularity_text(const sim::PopulationConfig& people) {
  const double exponent = people.zipf_exponent;
  const auto popularity = exponent > 0 ? "Zipf's law, exponent " + short_text(exponent) : "all users alike";
  if (people.pairs == nullptr) return popularity;
  return number_text(static_cast<double>(people.pairs->count())) +
         " pairs from a file; other senders: " + popularity;
}

std::string fidelity_text(const LoadOptions& options) {
  std::string out(name(options.fidelity));
  if (options.fidelity == Fidelity::flow) return out + ": every hop, as recorded once from the nodes";
  const double loss = options.model.transactions.loss;
  return out + (loss > 0 ? ", " + short_text(100 * loss) + " % of datagrams lost" : ", nothing lost");
}

/// "12.34", with several replications "12.34 +- 0.05".
std::string estimate_text(const Estimate& estimate, int decimals, bool several) {
  auto text = number_text(estimate.mean, decimals);
  if (several) text += " +- " + number_text(estimate.half_width, decimals);
  return text;
}

bool has_several(const LoadResult& result) { return result.replications.size() > 1; }

std::uint64_t all_sessions(const LoadResult& result) {
  std::uint64_t sum = 0;
  for (const auto& outcome : result.replications) sum += outcome.sessions();
  return sum;
}

std::uint64_t all_hops(const LoadResult& result) {
  std::uint64_t sum = 0;
  for (const auto& outcome : result.replications) sum += outcome.tally.hops;
  return sum;
}

LoadTable run_table(const LoadResult& result) {
  const auto& options = result.options;
  const auto& model = options.model;
  const auto runs = result.replications.size();
  const auto whole = [](std::uint64_t n) { return number_text(static_cast<double>(n)); };
  LoadTable out{.title = "What was run", .words = 2};
  out.rows = {
      {"users", whole(model.population.users)},
      {"behind the open API", short_text(model.population.share_open_api * 100) + " % of them"},
      {"texts a user sends", short_text(model.mean_per_day) + " a day, a Poisson process each"},
      {"over the day", profile_text(model.profile)},
      {"receivers", popularity_text(model.population)},
      {"simulated time", length_text(length_in_seconds(result))},
      {"events travel by", options.transport},
      {"delay to a device", delay_text(model.access)},
      {"delay between nodes", delay_text(model.core)},
      {"counted by", std::string(trace::name(options.rule))},
      {"fidelity", fidelity_text(options)},
      {"seed", std::to_string(options.seed) + ", " + std::to_string(model.shards) + " sites"},
      {"replications", std::to_string(runs)},
      {"chat set-ups", whole(all_sessions(result))},
      {"messages simulated", whole(all_hops(result)) + ", each from one actor to the next"},
  };
  if (runs > 1) {
    out.note =
        "Set-ups and messages are of all replications; +- is half of a 95 % confidence interval (Student's "
        "t).";
  }
  return out;
}

LoadTable rules_table(const LoadResult& result) {
  LoadTable out{.title = "Messages at a device for one chat set-up",
                .head = {"rule", "events", "standard sender", "standard receiver", "open API sender",
                         "open API receiver", "ratio"},
                .words = 2,
                .note =
                    "Events: how they travel; only rule wire counts what differs. Ratio: open API against "
                    "standard, sender and receiver together."};
  for (const auto& count : result.rules) {
    out.rows.push_back({std::string(trace::name(count.rule)),
                        count.rule == trace::CountRule::wire ? count.transport : "any",
                        std::to_string(count.standard[0]), std::to_string(count.standard[1]),
                        std::to_string(count.open_api[0]), std::to_string(count.open_api[1]),
                        number_text(count.ratio(), 2)});
  }
  return out;
}

LoadTable devices_table(const LoadResult& result) {
  LoadTable out{.title = "Messages at a user's device, rule " +
                         std::string(trace::name(result.options.rule)) + ", in " +
                         length_text(length_in_seconds(result)),
                .head = {"client", "as", "users", "mean", "variance", "p50", "p95", "p99", "max"},
                .words = 2};
  for (const auto kind : kClientKinds) {
    for (const auto& role : kDeviceRoles) {
      const auto load = device_load(result, kind, role);
      if (load.count() == 0) continue;
      const auto mean =
          estimate(result, [&](const LoadOutcome& o) { return device_load(o, kind, role).mean(); });
      const auto at = [&](double p) { return number_text(static_cast<double>(load.quantile(p))); };
      const bool both = role.load == &DeviceLoad::total;
      out.rows.push_back({std::string(title(kind)), both ? "both" : role.name,
                          number_text(static_cast<double>(load.count())),
                          estimate_text(mean, 2, has_several(result)), number_text(load.variance(), 1),
                          at(0.5), at(0.95), at(0.99), number_text(static_cast<double>(load.max()))});
    }
  }
  const auto ratio = estimate(result, device_ratio);
  if (ratio.mean > 0) {
    out.note = "A user behind the open API has " + estimate_text(ratio, 3, has_several(result)) +
               " times the messages of a standard one.";
  }
  if (has_several(result))
    out.note += (out.note.empty() ? "" : " ") + std::string("Users are of all replications.");
  return out;
}

LoadTable by_rule_table(const LoadResult& result) {
  LoadTable out{.title = "Messages at a user's device by every rule",
                .head = {"rule", "client", "sender mean", "variance", "receiver mean", "variance",
                         "both mean", "variance"},
                .words = 2};
  for (const auto rule : trace::kCountRules) {
    for (const auto kind : kClientKinds) {
      const auto moments = moments_by_rule(result, kind, rule);
      if (!moments) continue;
      Row row = {std::string(trace::name(rule)), std::string(title(kind))};
      for (std::size_t role = 0; role < moments->size(); ++role) {
        row.push_back(estimate_text(mean_by_rule(result, kind, rule, role), 2, has_several(result)));
        const auto& variance = (*moments)[role].variance;
        row.push_back(variance ? number_text(*variance, 1) : "-");
      }
      out.rows.push_back(std::move(row));
    }
  }
  return out;
}

LoadTable nodes_table(const LoadResult& result, double node_capacity) {
  LoadTable out{
      .title = "Load of the nodes",
      .head = {"node", "messages", "mean a second", "busiest minute", "a second in it", "machines"}};
  for (const auto& node : node_summaries(result, node_capacity)) {
    out.rows.push_back({node.name, estimate_text(node.messages, 0, has_several(result)),
                        estimate_text(node.per_second, 1, has_several(result)),
                        node.busiest_per_second > 0 ? minute_text(node.busiest_minute) : "-",
                        number_text(node.busiest_per_second, 1),
                        node_capacity > 0 ? number_text(static_cast<double>(node.machines)) : "-"});
  }
  const auto core = estimate(result, [](const LoadOutcome& o) { return o.core_messages_per_set_up; });
  out.note = "Messages of any kind that a node sends or gets. ";
  if (node_capacity > 0)
    out.note += "Machines: for the busiest minute, each taking " + short_text(node_capacity) + " a second. ";
  out.note += "By rule " + std::string(trace::name(result.options.rule)) +
              " the four core nodes together have " + estimate_text(core, 2, has_several(result)) +
              " messages a chat set-up.";
  return out;
}

LoadTable delays_table(const LoadResult& result) {
  LoadTable out{.title = "Set-up delay in ms",
                .head = {"chat", "sessions", "answered p50", "p95", "p99", "text there p50", "p95", "p99"},
                .note =
                    "From the sending: until the sender's device has its success, and until the receiver's "
                    "device has the text."};
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    const auto count = sessions(result, kind);
    if (count == 0) continue;
    Row row = {kind_text(kind), number_text(static_cast<double>(count))};
    for (const Delays which : {&sim::LoadTally::answered, &sim::LoadTally::invited}) {
      const auto delay = delays(result, kind, which);
      for (const double p : {0.5, 0.95, 0.99}) row.push_back(number_text(to_ms(delay.quantile(p)), 1));
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

/// In lines for a terminal.
std::string note_text(const std::string& note) {
  std::string out, line;
  for (const auto word : core::split(note, ' ')) {
    if (!line.empty() && line.size() + 1 + word.size() > kNoteWidth) {
      out += "  " + std::exchange(line, {}) + "\n";
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  return out + "  " + line + "\n";
}

}  // namespace

std::string table_text(const LoadTable& table) {
  std::vector<Row> rows;
  if (!table.head.empty()) rows.push_back(table.head);
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], trace::character_count(row[i]));
  }
  std::string out = table.title + "\n";
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - trace::character_count(row[i]), ' ');
      line += "  " + (i < table.words ? row[i] + fill : fill + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  if (!table.note.empty()) out += note_text(table.note);
  return out;
}

std::string number_text(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  char text[400];  // the largest double has 309 digits
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string out = text;
  const auto first = static_cast<std::size_t>(out[0] == '-');
  for (auto at = std::min(out.find('.'), out.size()); at > first + 3;) out.insert(at -= 3, 1, ',');
  return out;
}

std::string short_text(double value) {
  std::string text = number_text(value, 3);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string minute_text(std::size_t minute) {
  char text[32];
  std::snprintf(text, sizeof text, "%02zu:%02zu", minute / 60, minute % 60);
  return text;
}

std::string rule_text(const RuleCount& count) {
  const std::string rule(trace::name(count.rule));
  return count.rule == trace::CountRule::wire ? rule + ", " + count.transport : rule;
}

std::string kind_text(std::size_t kind) {
  const auto client = [](bool api) { return title(api ? ClientKind::open_api : ClientKind::standard); };
  return std::string(client(sim::has_api_sender(kind))) + " to " +
         std::string(client(sim::has_api_receiver(kind)));
}

std::vector<LoadTable> load_tables(const LoadResult& result, double node_capacity) {
  std::vector<LoadTable> out = {run_table(result),
                                rules_table(result),
                                devices_table(result),
                                by_rule_table(result),
                                nodes_table(result, node_capacity),
                                delays_table(result)};
  for (auto& table : trouble_tables(result)) out.push_back(std::move(table));
  std::erase_if(out, [](const LoadTable& table) { return table.rows.empty(); });
  return out;
}

std::string load_text(const LoadResult& result, double node_capacity) {
  std::string out;
  for (const auto& table : load_tables(result, node_capacity)) {
    if (!out.empty()) out += '\n';
    out += table_text(table);
  }
  return out;
}

}  // namespace rcs::harness
