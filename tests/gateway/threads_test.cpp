// The tables of threads and of waiting exchanges: one thread for two users, and an end to all of them.

#include "gateway/threads.hpp"

#include "gateway/awaiting.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using gateway::AwaitingTable;
using gateway::Threads;

namespace {

core::Instant at(core::Duration when) { return core::Instant{when}; }
constexpr auto id = chat::outgoing_chat;

gateway::Awaiting waiting(std::uint64_t exchange, const std::string& user) {
  return {gateway::Exchange{core::WebId{exchange}, {}}, user, {}};
}

}  // namespace

TEST_CASE("two users have one thread, found by both names") {
  gateway::Config config;
  Threads threads(config);
  threads.open(id(1), "jack", "rose", at(1s));
  threads.open(id(2), "rose", "jack", at(1s));
  threads.open(id(3), "jack", "rose", at(2s));
  CHECK(threads.size() == 2);
  CHECK(threads.find(id(1)) == nullptr);
  REQUIRE(threads.find(id(3)) != nullptr);
  CHECK(threads.find("jack", "rose")->chat == id(3));
  CHECK(threads.find("rose", "jack")->chat == id(2));
  CHECK(threads.find("rose", "jim") == nullptr);
  CHECK(threads.take_gone().empty());
}

TEST_CASE("the thread that was not used for longest goes first") {
  gateway::Config config;
  Threads threads(config, 3);
  for (unsigned n = 1; n <= 3; ++n) threads.open(id(n), "u" + std::to_string(n), "x", at(1s));
  threads.use(id(1), at(2s));
  threads.open(id(4), "u4", "x", at(3s));
  CHECK(threads.take_gone() == std::vector{id(2)});
  CHECK(threads.find("u2", "x") == nullptr);
  threads.sweep(at(24h + 1s));
  CHECK(threads.take_gone() == std::vector{id(3)});
  threads.sweep(at(24h + 3s));
  CHECK(threads.size() == 0);
}

TEST_CASE("one user has so many threads and no more, and takes none of others") {
  gateway::Config config;
  config.limits.recipients = 5;
  Threads threads(config);
  threads.open(id(1), "other", "x", at(0s));
  const auto most = gateway::kThreadsPerUser + 5;
  for (std::size_t n = 0; n <= most; ++n) {
    threads.open(id(2 + n), "jack", std::to_string(n), at(1s + std::chrono::seconds(n)));
  }
  CHECK(threads.size() == most + 1);
  CHECK(threads.take_gone() == std::vector{id(2)});
  CHECK(threads.find("other", "x") != nullptr);
}

TEST_CASE("who waits is bounded for each user and for all") {
  AwaitingTable table(gateway::kAwaitingPerUser + 1);
  for (std::uint64_t n = 1; n <= gateway::kAwaitingPerUser; ++n) CHECK(table.add(waiting(n, "jack")) == n);
  CHECK_FALSE(table.add(waiting(900, "jack")));
  CHECK(table.add(waiting(901, "rose")));
  CHECK_FALSE(table.add(waiting(902, "jim")));
  table.gone(core::WebId{7});
  table.gone(core::WebId{7});
  CHECK_FALSE(table.take(7));
  CHECK(table.add(waiting(903, "jack")));
  const auto all = table.take_all("jack");
  REQUIRE(all.size() == gateway::kAwaitingPerUser);
  CHECK(all.front().exchange.id == core::WebId{1});
  CHECK(all.back().exchange.id == core::WebId{903});
  CHECK(table.take_all("jack").empty());
  CHECK(table.size() == 1);
}
