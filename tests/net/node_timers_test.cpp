#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "net/loop.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Instant;
using rcs::net::Loop;
using rcs::net::NodeTimers;
using rcs::node::TimerKey;

TEST_CASE("timers fire in the order of their times, equal times in the order they were armed") {
  Loop loop;
  std::vector<std::uint64_t> fired;
  NodeTimers timers(loop, [&](Instant, TimerKey key) { fired.push_back(key.id); });
  timers.arm({1, 3}, 15ms);
  timers.arm({1, 1}, 2ms);
  timers.arm({1, 2}, 8ms);
  CHECK(timers.armed() == 3);
  REQUIRE(loop.run_until([&] { return fired.size() == 3; }, 5s));
  CHECK(fired == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(timers.armed() == 0);
}

TEST_CASE("arming an armed key moves it") {
  Loop loop;
  std::vector<std::uint64_t> fired;
  NodeTimers timers(loop, [&](Instant, TimerKey key) { fired.push_back(key.id); });
  SECTION("to a later time") {
    timers.arm({1, 1}, 1ms);
    timers.arm({1, 2}, 10ms);
    timers.arm({1, 1}, 20ms);
    CHECK(timers.armed() == 2);
    REQUIRE(loop.run_until([&] { return fired.size() == 2; }, 5s));
    CHECK(fired == std::vector<std::uint64_t>{2, 1});
  }
  SECTION("to an earlier time") {
    timers.arm({1, 1}, 1h);
    timers.arm({1, 1}, 1ms);
    REQUIRE(loop.run_until([&] { return fired.size() == 1; }, 5s));
    CHECK(timers.armed() == 0);
  }
}

TEST_CASE("a cancelled timer does not fire, also when it is due in the same turn") {
  Loop loop;
  std::vector<std::uint64_t> fired;
  std::unique_ptr<NodeTimers> timers;
  timers = std::make_unique<NodeTimers>(loop, [&](Instant, TimerKey key) {
    fired.push_back(key.id);
    if (key.id == 1) timers->cancel({1, 2});
  });
  timers->arm({1, 1}, 0ms);
  timers->arm({1, 2}, 0ms);
  timers->arm({1, 3}, 1ms);
  timers->cancel({7, 7});  // unknown: nothing happens
  REQUIRE(loop.run_until([&] { return !fired.empty() && fired.back() == 3; }, 5s));
  CHECK(fired == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("keys of different kinds do not meet") {
  Loop loop;
  int fired = 0;
  NodeTimers timers(loop, [&](Instant, TimerKey) { ++fired; });
  timers.arm({1, 5}, 0ms);
  timers.arm({2, 5}, 0ms);
  REQUIRE(loop.run_until([&] { return fired == 2; }, 5s));
}

TEST_CASE("a timer that arms itself again at once does not hold the loop") {
  Loop loop;
  int fired = 0;
  std::unique_ptr<NodeTimers> timers;
  timers = std::make_unique<NodeTimers>(loop, [&](Instant, TimerKey key) {
    ++fired;
    timers->arm(key, 0ms);
  });
  timers->arm({1, 1}, 0ms);
  bool other = false;
  loop.post([&] { other = true; });
  REQUIRE(loop.run_until([&] { return other && fired >= 3; }, 5s));
}

TEST_CASE("the owner may go while a timer fires, and before one fires") {
  Loop loop;
  int fired = 0;
  std::unique_ptr<NodeTimers> timers;
  timers = std::make_unique<NodeTimers>(loop, [&](Instant, TimerKey) {
    ++fired;
    timers.reset();
  });
  timers->arm({1, 1}, 0ms);
  timers->arm({1, 2}, 0ms);
  NodeTimers others(loop, [&](Instant, TimerKey) { ++fired; });
  {
    NodeTimers short_lived(loop, [&](Instant, TimerKey) { fired += 100; });
    short_lived.arm({1, 1}, 0ms);
  }
  others.arm({1, 1}, 5ms);
  REQUIRE(loop.run_until([&] { return fired >= 2; }, 5s));
  CHECK(fired == 2);
}

TEST_CASE("ten thousand timers are armed, moved and cancelled quickly") {
  Loop loop;
  std::uint64_t fired = 0;
  NodeTimers timers(loop, [&](Instant, TimerKey) { ++fired; });
  constexpr std::uint64_t kCount = 10'000;
  const Instant began = loop.now();
  for (int round = 0; round < 5; ++round) {
    for (std::uint64_t id = 0; id < kCount; ++id) timers.arm({1, id}, 1h - std::chrono::seconds(round));
  }
  for (std::uint64_t id = 0; id < kCount; id += 2) timers.cancel({1, id});
  for (std::uint64_t id = 1; id < kCount; id += 2) timers.arm({1, id}, 0ms);
  CHECK(timers.armed() == kCount / 2);
  REQUIRE(loop.run_until([&] { return fired == kCount / 2; }, 30s));
  CHECK(loop.now() - began < 10s);  // far from it; a list walked for each key would take minutes
}
