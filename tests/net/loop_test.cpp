#include "net/loop.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::net::Loop;

TEST_CASE("run_until ends with its condition, or with its limit") {
  Loop loop;
  int turns = 0;
  loop.post([&] { ++turns; });
  loop.post([&] { ++turns; });
  CHECK(loop.run_until([&] { return turns == 1; }, 5s));
  CHECK(turns == 1);
  CHECK(loop.run_until([&] { return turns == 2; }, 5s));
  CHECK_FALSE(loop.run_until([] { return false; }, 1ms));
  CHECK(loop.run_until([] { return true; }, 0s));
}

TEST_CASE("stop ends run and run_until, also when it comes first") {
  Loop loop;
  loop.post([&] { loop.stop(); });
  loop.run();
  loop.stop();
  loop.run();
  loop.post([&] { loop.stop(); });
  CHECK_FALSE(loop.run_until([] { return false; }, 60s));
  bool ran = false;
  loop.post([&] { ran = true; });
  CHECK(loop.run_until([&] { return ran; }, 5s));
}

TEST_CASE("work after a delay runs once, in the order of the delays") {
  Loop loop;
  std::vector<int> order;
  const auto began = loop.now();
  loop.after(20ms, [&] { order.push_back(2); });
  loop.after(5ms, [&] { order.push_back(1); });
  REQUIRE(loop.run_until([&] { return order.size() == 2; }, 5s));
  CHECK(order == std::vector<int>{1, 2});
  CHECK(loop.now() - began >= 20ms);
}

TEST_CASE("what work throws reaches the caller of run") {
  Loop loop;
  loop.post([] { throw std::runtime_error("from a handler"); });
  CHECK_THROWS_AS(loop.run(), std::runtime_error);
}

TEST_CASE("work that was not run is dropped with the loop") {
  auto alive = std::make_shared<int>(1);
  {
    Loop loop;
    loop.post([alive] { ++*alive; });
    loop.after(1h, [alive] { ++*alive; });
  }
  CHECK(alive.use_count() == 1);
  CHECK(*alive == 1);
}

TEST_CASE("the first interrupt is handed on, the second ends the process with 130") {
  SECTION("the first") {
    Loop loop;
    int seen = 0;
    loop.on_interrupt([&](int signal) { seen = signal; });
    std::raise(SIGTERM);
    REQUIRE(loop.run_until([&] { return seen != 0; }, 5s));
    CHECK(seen == SIGTERM);
  }
  SECTION("the second") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Loop loop;
      loop.on_interrupt([](int) { std::raise(SIGINT); });
      std::raise(SIGINT);
      loop.run_until([] { return false; }, 10s);
      ::_exit(1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
  }
}

TEST_CASE("the clock starts at zero and civil time follows it") {
  Loop loop;
  CHECK(loop.now() >= rcs::core::Instant{});
  CHECK(loop.now() < rcs::core::Instant{} + 60s);
  CHECK(loop.wall().at(loop.now()).value > 1'600'000'000'000);
}
