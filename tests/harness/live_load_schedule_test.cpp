#include "harness/live_load_schedule.hpp"

#include <algorithm>
#include <set>

#include "harness/load_run.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;

namespace {

sim::LoadModel few_users() {
  sim::LoadModel model;
  model.population.users = 500;
  model.population.share_open_api = 1;
  model.profile = sim::DayProfile::daily();
  model.length = 6h;
  model.seed = model.population.seed = 7;
  return model;
}

harness::LiveSchedule schedule_of(const sim::LoadModel& model, double speed) {
  auto schedule = harness::make_live_schedule(model, speed);
  REQUIRE(schedule);
  return std::move(*schedule);
}

/// How many users sent how often.
sim::Histogram sessions_by_sender(const harness::LiveSchedule& schedule, std::uint64_t users,
                                  std::uint64_t messages) {
  std::vector<std::uint64_t> sent(users);
  for (const auto& session : schedule.sessions) ++sent[schedule.users[session.sender]];
  sim::Histogram out;
  for (const auto n : sent) out.add(n * messages);
  return out;
}

std::string refusal(const sim::LoadModel& model, double speed) {
  const auto schedule = harness::make_live_schedule(model, speed);
  REQUIRE_FALSE(schedule);
  CHECK(schedule.error().code() == core::Errc::malformed);
  return schedule.error().detail();
}

}  // namespace

TEST_CASE("a live load has the sessions of the simulated one with the same seed") {
  harness::LoadOptions options;
  options.model = few_users();
  options.seed = 7;
  const auto simulated = harness::run_load(options, [](const harness::LoadProgress&) { return true; });
  REQUIRE(simulated);
  const auto& outcome = simulated->replications.front();
  const auto schedule = schedule_of(few_users(), 1);
  REQUIRE(schedule.sessions.size() > 100);
  CHECK(schedule.sessions.size() == outcome.sessions());
  // Each user sends as often in both.
  const auto messages = simulated->rules.front().open_api[0];
  CHECK(sessions_by_sender(schedule, 500, messages) == outcome.devices[1].as_sender);
}

TEST_CASE("the sessions of a live load are in the order of time, inside the window, between two users") {
  const auto schedule = schedule_of(few_users(), 1);
  CHECK(schedule.window == 6h);
  CHECK(std::is_sorted(schedule.sessions.begin(), schedule.sessions.end(),
                       [](const auto& a, const auto& b) { return a.at < b.at; }));
  CHECK(schedule.sessions.front().at >= 0s);
  CHECK(schedule.sessions.back().at < schedule.window);
  std::set<std::uint64_t> users;
  for (const auto& session : schedule.sessions) {
    CHECK(session.sender != session.receiver);
    users.insert(schedule.users.at(session.sender));
    users.insert(schedule.users.at(session.receiver));
  }
  CHECK(std::vector<std::uint64_t>(users.begin(), users.end()) == schedule.users);
}

TEST_CASE("the speed of a live load shrinks its times and nothing else") {
  const auto slow = schedule_of(few_users(), 1);
  const auto fast = schedule_of(few_users(), 500);
  CHECK(fast.window == 43'200ms);
  CHECK(fast.users == slow.users);
  REQUIRE(fast.sessions.size() == slow.sessions.size());
  for (std::size_t i = 0; i < slow.sessions.size(); ++i) {
    CHECK(fast.sessions[i].at == slow.sessions[i].at / 500);
    CHECK(fast.sessions[i].sender == slow.sessions[i].sender);
    CHECK(fast.sessions[i].receiver == slow.sessions[i].receiver);
  }
}

TEST_CASE("another seed gives a live load other sessions") {
  auto other = few_users();
  other.seed = other.population.seed = 8;
  const auto one = schedule_of(few_users(), 1);
  const auto two = schedule_of(other, 1);
  CHECK(one.sessions.front().at != two.sessions.front().at);
}

TEST_CASE("a live load takes a hundred thousand users when few enough of them do anything") {
  auto model = few_users();
  model.population.users = 100'000;
  model.length = 1min;
  const auto schedule = schedule_of(model, 1);
  CHECK(schedule.users.size() > 2);
  CHECK(schedule.users.size() <= 2 * schedule.sessions.size());
  CHECK(schedule.users.back() < 100'000);
}

TEST_CASE("a live load refuses what it can not carry by the name of the option") {
  auto model = few_users();
  model.population.users = 100'000;
  model.length = 24h;
  CHECK(refusal(model, 1).starts_with("users: these would begin more than 1,000,000 chats"));
  model.length = 1h;
  model.profile = {};
  const auto words = refusal(model, 1);
  CHECK(words.starts_with("users: "));
  CHECK(words.find("of them take part, expected at most 20,000") != std::string::npos);
  model.population.users = 1;
  CHECK(refusal(model, 1).starts_with("users: expected 2 to"));
  CHECK(refusal(few_users(), 0).starts_with("speed: "));
  CHECK(refusal(few_users(), 2e6).starts_with("speed: "));
  CHECK(refusal(few_users(), 1e-3).starts_with("speed: expected a run of at most 31 days"));
  model = few_users();
  model.mean_per_day = 0;
  CHECK(refusal(model, 1).starts_with("mean: "));
  model = few_users();
  model.length = 0h;
  CHECK(refusal(model, 1).starts_with("hours: "));
  model = few_users();
  model.population.zipf_exponent = -1;
  CHECK(refusal(model, 1).starts_with("zipf: "));
}
