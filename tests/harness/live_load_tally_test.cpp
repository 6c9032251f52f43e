#include "harness/live_load_tally.hpp"

#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using core::Duration;
using harness::LiveMark;
using harness::LiveRun;
using harness::LiveSession;

namespace {

constexpr Duration kBound = 10ms;

/// Everything is reached `took` after the sending.
LiveSession completed(Duration intended, Duration sent, Duration took) {
  LiveSession session;
  session.sender = 1;
  session.receiver = 2;
  session.intended = intended;
  session.sent = sent;
  for (auto& reached : session.reached) reached = sent + took;
  session.over = sent + took;
  return session;
}

LiveSession failed(Duration intended, Duration after, const std::string& words, bool waited) {
  LiveSession session;
  session.intended = session.sent.emplace(intended);
  session.over = intended + after;
  session.failure = words;
  session.waited = waited;
  return session;
}

/// A session every 100 ms, answered in 1 ms each; but the one of 300 ms is held for 400 ms, and the generator
/// with it: those of 400, 500 and 600 ms leave at 700 ms.
LiveRun stalled() {
  LiveRun run;
  run.window = 1s;
  run.users = 2;
  for (int i = 0; i < 10; ++i) {
    const Duration due = i * 100ms;
    run.sessions.push_back(completed(due, due, 1ms));
  }
  run.sessions[3] = completed(300ms, 300ms, 400ms);
  for (int i = 4; i <= 6; ++i) run.sessions[static_cast<std::size_t>(i)] = completed(i * 100ms, 700ms, 1ms);
  return run;
}

/// `late` of `count` sessions are sent one nanosecond later than the bound allows, the others just within it.
LiveRun partly_late(int count, int late) {
  LiveRun run;
  run.window = count * 1s;
  for (int i = 0; i < count; ++i) {
    const Duration due = i * 1s;
    run.sessions.push_back(completed(due, due + kBound + (i < late ? 1ns : 0ns), 1ms));
  }
  return run;
}

const harness::Latency& of(const std::array<harness::Latency, 3>& latencies, LiveMark mark) {
  return latencies[static_cast<std::size_t>(mark)];
}

}  // namespace

TEST_CASE("latencies from the intended time count those who had to wait in a stall") {
  const auto tally = harness::tally_live_load(stalled(), kBound);
  for (const auto mark : harness::kLiveMarks) {
    // Seen from the sending one session of ten was slow: 1 ms nine times, and 400.
    const auto& naive = of(tally.from_sent, mark);
    REQUIRE(naive.sorted.size() == 10);
    CHECK(naive.quantile(0.5).time == 1ms);
    CHECK(naive.quantile(0.9).time == 1ms);
    CHECK(naive.quantile(1).time == 400ms);
    // Their users waited 1 ms six times, then 101, 201, 301 and 400.
    const auto& waited = of(tally.from_intended, mark);
    REQUIRE(waited.sorted.size() == 10);
    CHECK(waited.quantile(0.6).time == 1ms);
    CHECK(waited.quantile(0.7).time == 101ms);
    CHECK(waited.quantile(0.8).time == 201ms);
    CHECK(waited.quantile(0.9).time == 301ms);
    CHECK(waited.quantile(0.99).time == 400ms);
    CHECK_FALSE(waited.quantile(1).at_least);
  }
}

TEST_CASE("a generator that was late makes a live load invalid and says by how much") {
  const auto tally = harness::tally_live_load(stalled(), kBound);
  CHECK(tally.lateness.late == 3);
  CHECK(tally.lateness.allowed == 0);
  CHECK(tally.lateness.worst == 300ms);
  CHECK(tally.lateness.median == 0ms);
  CHECK_FALSE(tally.valid());
  CHECK(
      tally.invalid ==
      "the generator was late: 3 of 10 sessions were sent more than 10.0 ms after they were due, the latest "
      "300.0 ms; at most 0 may be");
  CHECK(harness::tally_live_load(stalled(), 300ms).valid());
}

TEST_CASE("one session in a thousand may be late, and being late by the bound is in time") {
  CHECK(harness::tally_live_load(partly_late(999, 0), kBound).valid());
  CHECK_FALSE(harness::tally_live_load(partly_late(999, 1), kBound).valid());
  CHECK(harness::tally_live_load(partly_late(1000, 1), kBound).valid());
  CHECK_FALSE(harness::tally_live_load(partly_late(1000, 2), kBound).valid());
  CHECK(harness::tally_live_load(partly_late(2000, 2), kBound).valid());
}

TEST_CASE("sessions without an answer count with the time they waited, which is a lower bound") {
  LiveRun run;
  run.window = 1s;
  for (int i = 0; i < 9; ++i) run.sessions.push_back(completed(i * 1ms, i * 1ms, 5ms));
  run.sessions.push_back(failed(9ms, 60s, "POST not answered in time", true));
  const auto tally = harness::tally_live_load(run, kBound);
  const auto& latency = of(tally.from_intended, LiveMark::accepted);
  CHECK(latency.sorted.size() == 10);
  CHECK(latency.unanswered == 1);
  CHECK(latency.quantile(0.9).time == 5ms);
  CHECK_FALSE(latency.quantile(0.9).at_least);
  CHECK(latency.quantile(0.91).time == 60s);
  CHECK(latency.quantile(0.91).at_least);
  CHECK(tally.completed == 9);
  CHECK(tally.failed == 1);
  CHECK(tally.valid());  // it is the gateway that failed
}

TEST_CASE("a lower bound below answers makes their quantiles lower bounds too") {
  const harness::Latency latency({{9ms, false}, {3ms, true}, {5ms, false}, {3ms, false}});
  CHECK(latency.unanswered == 1);
  CHECK_FALSE(latency.quantile(0.25).at_least);  // of equal times those that were answered come first
  CHECK(latency.quantile(0.25).time == 3ms);
  CHECK(latency.quantile(0.5).at_least);
  CHECK(latency.quantile(0.75).time == 5ms);
  CHECK(latency.quantile(0.75).at_least);
  CHECK(latency.quantile(1).time == 9ms);
}

TEST_CASE("refused sessions are failures by their words and no latencies") {
  LiveRun run;
  run.window = 1s;
  run.sessions.push_back(completed(0ms, 0ms, 5ms));
  run.sessions.push_back(failed(1ms, 1ms, "POST 429 rate-limited", false));
  run.sessions.push_back(failed(2ms, 1ms, "POST 429 rate-limited", false));
  auto refused_accept = failed(3ms, 4ms, "PUT 409 chat-over", false);
  refused_accept.reached[0] = 5ms;
  refused_accept.reached[1] = 6ms;
  run.sessions.push_back(refused_accept);
  const auto tally = harness::tally_live_load(run, kBound);
  CHECK(tally.failed == 3);
  CHECK(tally.failures.at("POST 429 rate-limited") == 2);
  CHECK(tally.failures.at("PUT 409 chat-over") == 1);
  CHECK(of(tally.from_intended, LiveMark::answered).sorted.size() == 2);
  CHECK(of(tally.from_intended, LiveMark::answered).quantile(0.5).time == 2ms);
  CHECK(of(tally.from_intended, LiveMark::invited).sorted.size() == 2);
  CHECK(of(tally.from_intended, LiveMark::accepted).sorted.size() == 1);
}

TEST_CASE("rates of a live load go by its window, or by how long the work took") {
  LiveRun run;
  run.window = 2s;
  for (int i = 0; i < 8; ++i) run.sessions.push_back(completed(i * 250ms, i * 250ms, 100ms));
  auto tally = harness::tally_live_load(run, kBound);
  CHECK(tally.offered_per_second == Approx(4));
  CHECK(tally.begun_per_second == Approx(4));
  CHECK(tally.completed_per_second == Approx(4));
  run.sessions[7] = completed(1750ms, 2500ms, 700ms);
  run.sessions[0] = failed(0ms, 60s, "POST not answered in time", true);
  tally = harness::tally_live_load(run, kBound);
  CHECK(tally.offered_per_second == Approx(4));
  CHECK(tally.begun_per_second == Approx(8 / 2.5));
  CHECK(tally.completed_per_second == Approx(7 / 3.2));  // the minute of the one that failed does not count
}

TEST_CASE("a stopped live load and one without connections are invalid") {
  auto run = stalled();
  run.stopped = true;
  run.sessions[9].sent.reset();
  auto tally = harness::tally_live_load(run, 1s);
  CHECK(tally.invalid == "stopped after 9 of 10 sessions");
  CHECK(tally.begun == 9);
  run = stalled();
  run.out_of_connections = true;
  tally = harness::tally_live_load(run, 1s);
  CHECK(tally.invalid.find("no connection left") != std::string::npos);
}

TEST_CASE("a live load without sessions has rates and quantiles of nothing") {
  LiveRun run;
  run.window = 1s;
  const auto tally = harness::tally_live_load(run, kBound);
  CHECK(tally.valid());
  CHECK(tally.offered_per_second == 0);
  CHECK(of(tally.from_intended, LiveMark::answered).quantile(0.99).time == 0ms);
  CHECK(harness::slice_live_load(run, 10).size() == 1);
}

TEST_CASE("slices of a live load hold each session once, at the time it was due") {
  LiveRun run;
  run.window = 10s;
  for (int i = 0; i < 100; ++i) run.sessions.push_back(completed(i * 100ms, i * 100ms, i < 50 ? 1ms : 2ms));
  const auto slices = harness::slice_live_load(run, 50);
  REQUIRE(slices.size() == 5);  // of twenty sessions each, rather than fifty of two
  for (const auto& slice : slices) CHECK(slice.accepted.sorted.size() == 20);
  CHECK(slices[0].begin == 0s);
  CHECK(slices[4].end == 10s);
  CHECK(slices[1].accepted.quantile(1).time == 1ms);
  CHECK(slices[3].accepted.quantile(0.01).time == 2ms);
  CHECK(harness::slice_live_load(run, 2).size() == 2);
}
