#include "harness/live_load_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/load_report.hpp"
#include "harness/load_tables.hpp"
#include "harness/report.hpp"

namespace rcs::harness {
namespace {

using nlohmann::ordered_json;

/// What is waited for, as a person says it.
std::string_view title(LiveMark mark) {
  switch (mark) {
    case LiveMark::answered:
      return "POST answered";
    case LiveMark::invited:
      return "initiate at the receiver";
    case LiveMark::accepted:
      return "accepted at the sender";
  }
  return "?";
}

const Latency& of(const std::array<Latency, kLiveMarks.size()>& latencies, LiveMark mark) {
  return latencies[static_cast<std::size_t>(mark)];
}

double to_ms(core::Duration time) { return core::to_seconds(time) * 1000; }
std::string count_text(std::size_t n) { return number_text(static_cast<double>(n)); }
std::string ms_text(core::Duration time) { return number_text(to_ms(time), 1); }

std::string span_text(double seconds) {
  if (seconds < 120) return short_text(seconds) + " s";
  return seconds < 3600 ? short_text(seconds / 60) + " min" : short_text(seconds / 3600) + " h";
}

LoadTable run_table(const LiveResult& result) {
  const auto& options = result.options;
  const auto& model = options.model;
  const auto slices = model.profile.rates().size();
  LoadTable out{.title = "What was run", .words = 2};
  out.rows = {
      {"gateway", options.url},
      {"users", number_text(static_cast<double>(model.population.users)) + ", " +
                    count_text(result.run.users) + " of them took part"},
      {"behind the open API", "all: a live gateway has no others"},
      {"texts a user sends", short_text(model.mean_per_day) + " a day, a Poisson process each"},
      {"over the day", slices == 1 ? "the same rate all day" : std::to_string(slices) + " slices a day"},
      {"virtual time", span_text(core::to_seconds(model.length)) + ", " + short_text(options.speed) +
                           " times as fast: " + span_text(core::to_seconds(result.run.window))},
      {"events travel by", std::string(name(options.transport))},
      {"seed", std::to_string(model.seed)},
  };
  return out;
}

LoadTable sessions_table(const LiveResult& result) {
  const auto& tally = result.tally;
  const auto& lateness = tally.lateness;
  const auto rate = [](double per_second) { return number_text(per_second, 1); };
  LoadTable out{.title = "Sessions", .head = {"", "sessions", "a second"}};
  out.rows = {{"offered", count_text(tally.planned), rate(tally.offered_per_second)},
              {"begun", count_text(tally.begun), rate(tally.begun_per_second)},
              {"completed", count_text(tally.completed), rate(tally.completed_per_second)},
              {"failed", count_text(tally.failed), ""},
              {"begun late", count_text(lateness.late), ""}};
  out.note =
      "A second: of the time in which sessions are to begin, or, where that is later, until the last was "
      "begun or completed. Late: more than " +
      ms_text(lateness.bound) + " ms after they were due; " + count_text(lateness.allowed) +
      " may be. The generator was behind by " + ms_text(lateness.median) + " ms (p50), " +
      ms_text(lateness.p99) + " ms (p99), " + ms_text(lateness.worst) + " ms at most. ";
  out.note += tally.valid() ? "The run is valid." : "The run is INVALID: " + tally.invalid + ".";
  return out;
}

std::string quantile_text(const LatencyQuantile& quantile) {
  return (quantile.at_least ? "\u2265 " : "") + ms_text(quantile.time);
}

LoadTable latency_table(const LiveResult& result) {
  LoadTable out{.title = "Latency in ms", .head = {"until", "from", "sessions"}, .words = 2};
  for (const auto quantile : kLatencyNames) out.head.emplace_back(quantile);
  const auto add = [&](LiveMark mark, const char* from, const Latency& latency) {
    if (latency.sorted.empty()) return;
    std::vector<std::string> row = {std::string(title(mark)), from, count_text(latency.sorted.size())};
    for (const double share : kLatencyShares) row.push_back(quantile_text(latency.quantile(share)));
    out.rows.push_back(std::move(row));
  };
  for (const auto mark : kLiveMarks) {
    add(mark, "intended", of(result.tally.from_intended, mark));
    add(mark, "sent", of(result.tally.from_sent, mark));
  }
  out.note =
      "Intended: from when the session was due, which is what its user waits. Sent: from when the generator "
      "got round to it, which hides the waiting that a stall causes.";
  const auto& latencies = result.tally.from_intended;
  if (std::any_of(latencies.begin(), latencies.end(), [](const Latency& l) { return l.unanswered > 0; }))
    out.note += " \u2265: some never got an answer; they count with the time they waited.";
  return out;
}

LoadTable failures_table(const LiveResult& result) {
  LoadTable out{.title = "Failures", .head = {"what", "sessions"}};
  for (const auto& [what, count] : result.tally.failures) out.rows.push_back({what, count_text(count)});
  if (result.run.broken_channels > 0)
    out.rows.push_back({"event channels that broke (the first: " + result.run.channel_trouble + ")",
                        count_text(result.run.broken_channels)});
  return out;
}

std::vector<LoadTable> live_tables(const LiveResult& result) {
  std::vector<LoadTable> out = {run_table(result), sessions_table(result), latency_table(result),
                                failures_table(result)};
  std::erase_if(out, [](const LoadTable& table) { return table.rows.empty(); });
  return out;
}

ordered_json latency_json(const Latency& latency) {
  ordered_json out{{"sessions", latency.sorted.size()}, {"unanswered", latency.unanswered}};
  auto at_least = ordered_json::array();
  for (std::size_t i = 0; i < kLatencyShares.size(); ++i) {
    const auto quantile = latency.quantile(kLatencyShares[i]);
    const std::string name(kLatencyNames[i]);
    out[name] = to_ms(quantile.time);
    if (quantile.at_least) at_least.push_back(name);
  }
  out["at_least"] = std::move(at_least);
  return out;
}

ordered_json options_json(const LiveResult& result) {
  const auto& options = result.options;
  const auto& model = options.model;
  return {{"gateway", options.url},
          {"users", model.population.users},
          {"share_open_api", 1},
          {"zipf", model.population.zipf_exponent},
          {"mean_per_day", model.mean_per_day},
          {"profile", model.profile.rates()},
          {"hours", core::to_seconds(model.length) / 3600},
          {"speed", options.speed},
          {"events", name(options.transport)},
          {"timeout_ms", to_ms(options.timeout)},
          {"seed", model.seed}};
}

std::string csv_ms(const std::optional<core::Duration>& time) {
  if (!time) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", to_ms(*time));
  return text;
}

/// RFC 4180: quoted, since words of a gateway may hold anything.
std::string csv_text(const std::string& words) {
  std::string out = "\"";
  for (const char c : words) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string outcome(const LiveSession& session) {
  if (!session.sent) return "not begun";
  if (!session.failure.empty()) return csv_text(session.failure);
  return session.completed() ? "completed" : "unfinished";
}

}  // namespace

std::string live_text(const LiveResult& result) {
  std::string out;
  for (const auto& table : live_tables(result)) out += (out.empty() ? "" : "\n") + table_text(table);
  return out;
}

std::string live_json(const LiveResult& result) {
  const auto& tally = result.tally;
  const auto& lateness = tally.lateness;
  const auto& model = result.options.model;
  ordered_json out{{"options", options_json(result)},
                   {"valid", tally.valid()},
                   {"reason", tally.invalid},
                   {"sessions",
                    {{"offered", tally.planned},
                     {"begun", tally.begun},
                     {"completed", tally.completed},
                     {"failed", tally.failed}}},
                   {"users", result.run.users},
                   {"seconds", core::to_seconds(result.run.window)},
                   {"per_second",
                    {{"mean_of_the_law", static_cast<double>(model.population.users) * model.mean_per_day /
                                             core::to_seconds(sim::kDay) * result.options.speed},
                     {"offered", tally.offered_per_second},
                     {"begun", tally.begun_per_second},
                     {"completed", tally.completed_per_second}}},
                   {"lateness_ms",
                    {{"bound", to_ms(lateness.bound)},
                     {"late", lateness.late},
                     {"allowed", lateness.allowed},
                     {"p50", to_ms(lateness.median)},
                     {"p99", to_ms(lateness.p99)},
                     {"max", to_ms(lateness.worst)}}}};
  for (const auto mark : kLiveMarks) {
    out["latency_ms"][std::string(name(mark))] = {
        {"from_intended", latency_json(of(tally.from_intended, mark))},
        {"from_sent", latency_json(of(tally.from_sent, mark))}};
  }
  out["failures"] = tally.failures;
  out["broken_event_channels"] = result.run.broken_channels;
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string live_sessions_csv(const LiveResult& result) {
  std::string out =
      "session,sender,receiver,intended_ms,sent_ms,answered_ms,initiate_ms,accepted_ms,outcome\r\n";
  std::size_t number = 0;
  for (const auto& session : result.run.sessions) {
    out += std::to_string(++number) + ',' + live_user_id(session.sender) + ',' +
           live_user_id(session.receiver) + ',' + csv_ms(session.intended) + ',' + csv_ms(session.sent);
    for (const auto& reached : session.reached) out += ',' + csv_ms(reached);
    out += ',' + outcome(session) + "\r\n";
  }
  return out;
}

std::string live_html(const LiveResult& result) {
  auto body = live_quantiles_svg(result) + live_latency_svg(result);
  for (const auto& table : live_tables(result)) body += table_html(table);
  return page_html("Load against a live gateway", body);
}

core::Result<std::vector<std::string>> write_live_report(const LiveResult& result,
                                                         const std::string& folder) {
  return write_files(folder, {{"result.json", live_json(result) + "\n"},
                              {"sessions.csv", live_sessions_csv(result)},
                              {"latency.svg", live_latency_svg(result)},
                              {"quantiles.svg", live_quantiles_svg(result)},
                              {"report.html", live_html(result)}});
}

}  // namespace rcs::harness
