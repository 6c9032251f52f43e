#include "sim/wheel.hpp"

#include <string>
#include <vector>

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Instant;
using rcs::node::TimerKey;
using rcs::sim::NodeTimers;
using rcs::sim::Wheel;

TEST_CASE("work is done by time, and within one instant in the order it was asked for") {
  Wheel wheel;
  std::string order;
  wheel.after(2s, [&] { order += 'c'; });
  wheel.after(1s, [&] { order += 'a'; });
  wheel.after(1s, [&] { order += 'b'; });
  wheel.after(-5s, [&] { order += '0'; });
  CHECK(wheel.run_until([] { return false; }, 1h) == false);
  CHECK(order == "0abc");
  CHECK(wheel.now() == Instant(1us) + 2s);
  CHECK(wheel.scheduled() == 0);
}

TEST_CASE("work asked for while working is done in its turn") {
  Wheel wheel;
  std::vector<int> order;
  wheel.after(1s, [&] {
    order.push_back(1);
    wheel.after(0s, [&] { order.push_back(3); });
  });
  wheel.after(1s, [&] { order.push_back(2); });
  wheel.run_for(1s);
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("cancelled work is not done, and cancelling twice or after the fact does nothing") {
  Wheel wheel;
  int done = 0;
  const auto first = wheel.after(1s, [&] { ++done; });
  const auto second = wheel.after(2s, [&] { ++done; });
  wheel.cancel(first);
  wheel.cancel(first);
  wheel.run_for(5s);
  wheel.cancel(second);
  CHECK(done == 1);
}

TEST_CASE("a limit stops the clock exactly there") {
  Wheel wheel;
  wheel.after(10s, [] {});
  CHECK_FALSE(wheel.run_until([] { return false; }, 3s));
  CHECK(wheel.now() == Instant(1us) + 3s);
  CHECK(wheel.scheduled() == 1);
  bool seen = false;
  wheel.after(1s, [&] { seen = true; });
  CHECK(wheel.run_until([&] { return seen; }, 2s));
  CHECK(wheel.now() == Instant(1us) + 4s);
}

TEST_CASE("arming an armed timer moves it; a fired key is free again") {
  Wheel wheel;
  std::vector<std::pair<std::int64_t, std::uint64_t>> fired;
  NodeTimers timers(wheel, [&](Instant now, TimerKey key) {
    fired.emplace_back(rcs::core::to_ms(now.time_since_epoch()), key.id);
    if (fired.size() == 1) timers.arm(key, 1s);
  });
  timers.arm({1, 7}, 1s);
  timers.arm({1, 7}, 5s);
  timers.arm({1, 8}, 9s);
  timers.arm({2, 8}, 2s);
  timers.cancel({2, 8});
  wheel.run_for(20s);
  CHECK(fired == std::vector<std::pair<std::int64_t, std::uint64_t>>{{5000, 7}, {6000, 7}, {9000, 8}});
  CHECK(timers.armed() == 0);
}

TEST_CASE("a hundred runs of one pseudo-random schedule do the same work in the same order") {
  const auto run = [] {
    Wheel wheel;
    rcs::core::Random random(42);
    std::vector<std::uint64_t> order;
    std::function<void(std::uint64_t)> spawn = [&](std::uint64_t id) {
      order.push_back(id);
      if (order.size() > 500) return;
      for (std::uint64_t i = 0; i < 2; ++i)
        wheel.after(std::chrono::milliseconds(random.below(5)), [&spawn, id, i] { spawn(id * 2 + i); });
    };
    spawn(1);
    wheel.run_until([&] { return order.size() > 500; }, 1h);
    return order;
  };
  const auto first = run();
  for (int i = 0; i < 99; ++i) REQUIRE(run() == first);
}
