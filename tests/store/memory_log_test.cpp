#include "store/memory_log.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::store;
using rcs::core::UnixMs;

namespace {

StoredEvent event(std::uint64_t seq, std::int64_t time = 0, bool pinned = false) {
  return {seq, UnixMs{time}, "chat", "{\"n\":" + std::to_string(seq) + "}", pinned};
}

MemoryLog filled(std::uint64_t count) {
  MemoryLog log("e1");
  for (std::uint64_t seq = 1; seq <= count; ++seq)
    log.append("u", event(seq, static_cast<std::int64_t>(seq) * 10));
  return log;
}

std::vector<std::uint64_t> numbers(const std::vector<StoredEvent>& events) {
  std::vector<std::uint64_t> out;
  for (const auto& e : events) out.push_back(e.seq);
  return out;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("A log knows nothing of a user it never saw, and asking leaves no trace") {
  MemoryLog log("e1");
  CHECK(log.last_seq("u") == 0);
  CHECK(log.dropped_seq("u") == 0);
  CHECK(log.read("u", 0, 10).empty());
  CHECK(log.pinned("u").empty());
  CHECK_FALSE(log.position("u", "d"));
  log.unpin("u", 1);
  log.unpin("u", 0);
  log.trim("u", 0, UnixMs{1});
  log.forget_devices("u", UnixMs{1});
  CHECK(log.last_seq("u") == 0);
}

TEST_CASE("CMT-30: the epoch is the one the log was made with") {
  CHECK(MemoryLog("e1").epoch() == "e1");
  CHECK(MemoryLog("e2").epoch() == "e2");
}

TEST_CASE("Events are read in order, after a number, at most so many") {
  const auto log = filled(5);
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{1, 2, 3, 4, 5});
  CHECK(numbers(log.read("u", 2, 2)) == Numbers{3, 4});
  CHECK(log.read("u", 5, 10).empty());
  CHECK(log.read("u", 99, 10).empty());
  CHECK(log.read("u", 0, 0).empty());
  CHECK(log.read("u", 1, 1)[0] == event(2, 20));
  CHECK(log.last_seq("u") == 5);
}

TEST_CASE("Users do not see each other's events") {
  auto log = filled(3);
  log.append("v", event(1));
  CHECK(log.last_seq("v") == 1);
  log.trim("v", 0, UnixMs{});
  CHECK(log.dropped_seq("u") == 0);
  CHECK(log.read("u", 0, 10).size() == 3);
}

TEST_CASE("trim keeps the newest and says up to where it dropped") {
  auto log = filled(5);
  log.trim("u", 5, UnixMs{});
  CHECK(log.dropped_seq("u") == 0);
  log.trim("u", 2, UnixMs{});
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{4, 5});
  CHECK(log.dropped_seq("u") == 3);
  log.trim("u", 0, UnixMs{});
  CHECK(log.read("u", 0, 10).empty());
  CHECK(log.dropped_seq("u") == 5);
  CHECK(log.last_seq("u") == 5);
  log.append("u", event(6));
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{6});
}

TEST_CASE("trim drops what is older than asked") {
  auto log = filled(5);
  log.trim("u", 100, UnixMs{30});
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{3, 4, 5});
  CHECK(log.dropped_seq("u") == 2);
}

TEST_CASE("trim leaves an unbroken run where times went backwards") {
  MemoryLog log("e1");
  log.append("u", event(1, 100));
  log.append("u", event(2, 50));
  log.append("u", event(3, 100));
  log.trim("u", 100, UnixMs{75});
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{1, 2, 3});
  CHECK(log.dropped_seq("u") == 0);
}

TEST_CASE("A pinned event outlives every trim until it is unpinned") {
  MemoryLog log("e1");
  for (std::uint64_t seq = 1; seq <= 6; ++seq) log.append("u", event(seq, 10, seq == 2 || seq == 4));
  log.trim("u", 1, UnixMs{});
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{2, 4, 6});
  CHECK(log.dropped_seq("u") == 5);
  CHECK(numbers(log.pinned("u")) == Numbers{2, 4});
  CHECK(numbers(log.read("u", 2, 10)) == Numbers{4, 6});
  log.unpin("u", 3);
  log.unpin("u", 7);
  log.unpin("u", 4);
  log.unpin("u", 4);
  CHECK(numbers(log.pinned("u")) == Numbers{2});
  log.trim("u", 1, UnixMs{});
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{2, 6});
  log.trim("u", 100, UnixMs{1000});
  CHECK(numbers(log.read("u", 0, 10)) == Numbers{2});
  log.unpin("u", 2);
  CHECK(log.pinned("u").empty());
  log.trim("u", 0, UnixMs{});
  CHECK(log.read("u", 0, 10).empty());
  CHECK(log.dropped_seq("u") == 6);
}

TEST_CASE("API-63: each device has its own position, taken as it is told") {
  auto log = filled(5);
  log.set_position("u", "a", 3, UnixMs{1});
  log.set_position("u", "b", 5, UnixMs{2});
  CHECK(log.position("u", "a") == 3U);
  CHECK(log.position("u", "b") == 5U);
  CHECK_FALSE(log.position("u", "c"));
  CHECK_FALSE(log.position("v", "a"));
  log.set_position("u", "a", 2, UnixMs{3});
  CHECK(log.position("u", "a") == 2U);
}

TEST_CASE("CMT-84: devices not heard of are forgotten") {
  auto log = filled(1);
  log.set_position("u", "a", 1, UnixMs{10});
  log.set_position("u", "b", 1, UnixMs{20});
  log.set_position("v", "a", 0, UnixMs{5});
  log.forget_devices("u", UnixMs{20});
  CHECK_FALSE(log.position("u", "a"));
  CHECK(log.position("u", "b") == 1U);
  CHECK(log.position("v", "a") == 0U);
}

TEST_CASE("The number of devices has an end: the one not heard of for longest goes") {
  MemoryLog log("e1");
  for (std::size_t i = 0; i < kMaxDevicesPerUser; ++i)
    log.set_position("u", "d" + std::to_string(i), i, UnixMs{static_cast<std::int64_t>(i)});
  log.set_position("u", "d0", 0, UnixMs{1000});
  CHECK(log.position("u", "d1"));
  log.set_position("u", "new", 1, UnixMs{1001});
  CHECK_FALSE(log.position("u", "d1"));
  CHECK(log.position("u", "d0"));
  CHECK(log.position("u", "d2"));
  CHECK(log.position("u", "new"));
}

TEST_CASE("A log under any order of appends, trims and pins agrees with a plain list") {
  rcs::core::Random random(4);
  MemoryLog log("e1");
  std::vector<StoredEvent> model;
  std::uint64_t last = 0;
  for (int step = 0; step < 3000; ++step) {
    CAPTURE(step);
    const auto choice = random.below(10);
    if (choice < 6) {
      ++last;
      const auto e = event(last, static_cast<std::int64_t>(last), random.below(8) == 0);
      log.append("u", e);
      model.push_back(e);
    } else if (choice < 8 && last > 0) {
      const auto seq = 1 + random.below(last);
      log.unpin("u", seq);
      for (auto& e : model) e.pinned = e.pinned && e.seq != seq;
    } else {
      const auto max = random.below(20);
      log.trim("u", max, UnixMs{});
      std::size_t left = 0;
      for (auto i = model.size(); i > 0; --i) {
        if (!model[i - 1].pinned && ++left > max)
          model.erase(model.begin() + static_cast<std::ptrdiff_t>(i) - 1);
      }
    }
    const auto after = random.below(last + 2);
    std::vector<StoredEvent> expected;
    for (const auto& e : model) {
      if (e.seq > after) expected.push_back(e);
    }
    REQUIRE(log.read("u", after, 10000) == expected);
    REQUIRE(log.last_seq("u") == last);
  }
}
