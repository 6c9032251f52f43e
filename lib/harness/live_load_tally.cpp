#include "harness/live_load_tally.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/load_tables.hpp"

namespace rcs::harness {
namespace {

constexpr std::size_t kSessionsASlice = 20;  // fewer have no p90 worth a point

/// Since `from`; nothing for a session that neither got to the mark nor waited for it in vain.
std::optional<Waited> waited(const LiveSession& session, LiveMark mark, core::Duration from) {
  if (const auto& at = session.reached[static_cast<std::size_t>(mark)]) return Waited{*at - from, false};
  if (session.waited && session.over) return Waited{*session.over - from, true};
  return std::nullopt;
}

Latency latency(const std::vector<LiveSession>& sessions, LiveMark mark, bool from_sent) {
  std::vector<Waited> times;
  times.reserve(sessions.size());
  for (const auto& session : sessions) {
    if (!session.sent) continue;
    if (const auto time = waited(session, mark, from_sent ? *session.sent : session.intended))
      times.push_back(*time);
  }
  return Latency(std::move(times));
}

Lateness lateness_of(const std::vector<LiveSession>& sessions, core::Duration bound) {
  std::vector<Waited> times;
  Lateness out;
  out.bound = bound;
  for (const auto& session : sessions) {
    if (!session.sent) continue;
    times.push_back({*session.sent - session.intended});
    if (times.back().time > bound) ++out.late;
  }
  out.allowed = times.size() / kOneLateOf;
  const Latency all(std::move(times));
  out.median = all.quantile(0.5).time;
  out.p99 = all.quantile(0.99).time;
  out.worst = all.quantile(1).time;
  return out;
}

double rate(std::size_t count, core::Duration time) {
  return time > core::Duration::zero() ? static_cast<double>(count) / core::to_seconds(time) : 0;
}

std::string ms_text(core::Duration time) { return number_text(core::to_seconds(time) * 1000, 1) + " ms"; }
std::string count_text(std::size_t n) { return number_text(static_cast<double>(n)); }

std::string why_invalid(const LiveRun& run, const LiveTally& tally) {
  if (run.stopped) {
    return "stopped after " + count_text(tally.begun) + " of " + count_text(tally.planned) + " sessions";
  }
  if (run.out_of_connections)
    return "the generator had no connection left for all sessions that waited at one time";
  const auto& lateness = tally.lateness;
  if (lateness.late <= lateness.allowed) return {};
  return "the generator was late: " + count_text(lateness.late) + " of " + count_text(tally.begun) +
         " sessions were sent more than " + ms_text(lateness.bound) + " after they were due, the latest " +
         ms_text(lateness.worst) + "; at most " + count_text(lateness.allowed) + " may be";
}

}  // namespace

std::string_view name(LiveMark mark) {
  switch (mark) {
    case LiveMark::answered:
      return "answered";
    case LiveMark::invited:
      return "initiate";
    case LiveMark::accepted:
      return "accepted";
  }
  return "?";
}

Latency::Latency(std::vector<Waited> times) : sorted(std::move(times)) {
  std::sort(sorted.begin(), sorted.end(), [](const Waited& a, const Waited& b) {
    return std::pair(a.time, a.unanswered) < std::pair(b.time, b.unanswered);
  });
  const auto is_unanswered = [](const Waited& w) { return w.unanswered; };
  unanswered = static_cast<std::size_t>(std::count_if(sorted.begin(), sorted.end(), is_unanswered));
  first_unanswered_ =
      static_cast<std::size_t>(std::find_if(sorted.begin(), sorted.end(), is_unanswered) - sorted.begin());
}

LatencyQuantile Latency::quantile(double p) const {
  if (sorted.empty()) return {};
  const auto wanted = static_cast<std::size_t>(std::ceil(p * static_cast<double>(sorted.size())));
  const auto rank = std::clamp<std::size_t>(wanted, 1, sorted.size());
  return {sorted[rank - 1].time, first_unanswered_ < rank};
}

LiveTally tally_live_load(const LiveRun& run, core::Duration late_bound) {
  LiveTally out;
  out.planned = run.sessions.size();
  auto last_begun = run.window;
  auto last_completed = run.window;
  for (const auto& session : run.sessions) {
    if (!session.sent) continue;
    ++out.begun;
    last_begun = std::max(last_begun, *session.sent);
    if (!session.failure.empty()) {
      ++out.failed;
      ++out.failures[session.failure];
    } else if (session.completed()) {
      ++out.completed;
      last_completed = std::max(last_completed, session.over.value_or(run.window));
    }
  }
  for (const auto mark : kLiveMarks) {
    out.from_intended[static_cast<std::size_t>(mark)] = latency(run.sessions, mark, false);
    out.from_sent[static_cast<std::size_t>(mark)] = latency(run.sessions, mark, true);
  }
  out.lateness = lateness_of(run.sessions, late_bound);
  out.offered_per_second = rate(out.planned, run.window);
  out.begun_per_second = rate(out.begun, last_begun);
  out.completed_per_second = rate(out.completed, last_completed);
  out.invalid = why_invalid(run, out);
  return out;
}

std::vector<LatencySlice> slice_live_load(const LiveRun& run, std::size_t most) {
  const auto count =
      std::clamp<std::size_t>(run.sessions.size() / kSessionsASlice, 1, std::max<std::size_t>(most, 1));
  std::vector<std::vector<Waited>> times(count);
  for (const auto& session : run.sessions) {
    if (!session.sent) continue;
    const auto time = waited(session, LiveMark::accepted, session.intended);
    if (!time || run.window <= core::Duration::zero()) continue;
    const double share = core::to_seconds(session.intended) / core::to_seconds(run.window);
    times[std::min(count - 1, static_cast<std::size_t>(share * static_cast<double>(count)))].push_back(*time);
  }
  std::vector<LatencySlice> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto edge = [&](std::size_t n) {
      return run.window * static_cast<std::int64_t>(n) / static_cast<std::int64_t>(count);
    };
    out.push_back({edge(i), edge(i + 1), Latency(std::move(times[i]))});
  }
  return out;
}

}  // namespace rcs::harness
