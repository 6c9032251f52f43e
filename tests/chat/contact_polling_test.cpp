// Whom of the watched contacts to ask next, and when (CAP-62).
#include "chat/contact_polling.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace std::chrono_literals;
using core::Instant;
using Answer = CapabilityRecord::Answer;

namespace {

const Instant kStart{100h};

struct Polling {
  CapabilityTimes times;
  core::Random random{7};
  ContactPolling line{times};

  explicit Polling(CapabilityTimes times_in = {}) : times(times_in), line(times_in) {}
  static ContactPolling::Key key(std::uint64_t n) { return {1, "c" + std::to_string(n)}; }
  void add(std::uint64_t n, const CapabilityRecord& known = {}, Instant now = kStart) {
    REQUIRE(line.add(key(n), known, now, random));
  }
};

CapabilityRecord known(Answer rcs_user, Instant asked_at) {
  CapabilityRecord record;
  record.rcs_user = rcs_user;
  record.asked_at = asked_at;
  return record;
}

}  // namespace

TEST_CASE("CAP-62 those of whom nothing is known come first, one at a time with a pause") {
  Polling p;
  p.add(1, known(Answer::yes, kStart - 2h));  // its turn was an hour ago
  p.add(2);
  p.add(3);
  CHECK(p.line.next() == kStart);
  CHECK(p.line.take(kStart - 1ns) == std::nullopt);
  CHECK(p.line.take(kStart)->contact == "c2");
  CHECK(p.line.take(kStart) == std::nullopt);
  CHECK(p.line.next() == kStart + p.times.pace);
  CHECK(p.line.take(kStart + 100ms)->contact == "c3");
  CHECK(p.line.take(kStart + 200ms)->contact == "c1");
  CHECK(p.line.next() == std::nullopt);  // all are being asked
}

TEST_CASE("CAP-62 a known contact is due before one of whom nothing was learned a moment ago") {
  Polling p;
  p.add(1);
  const auto first = *p.line.take(kStart);
  p.line.put_off(first, kStart, 10min);
  p.add(2, known(Answer::yes, kStart - 59min));
  REQUIRE(p.line.next().has_value());
  CHECK(*p.line.next() < kStart + 10min);
  CHECK(p.line.take(*p.line.next())->contact == "c2");
  CHECK(p.line.next() == kStart + 10min);
}

TEST_CASE(
    "CAP-62 turns are spread over the last quarter of the period, who is no RCS user waits for the expiry") {
  Polling p;
  Instant now = kStart;
  for (std::uint64_t n = 1; n <= 100; ++n) {
    p.add(n);
    const auto key = *p.line.take(now);
    p.line.put_back(key, known(n == 100 ? Answer::no : Answer::yes, now), now, p.random);
    now += p.times.pace;
  }
  std::vector<Instant> turns;
  while (turns.size() < 99) {
    const auto next = *p.line.next();
    turns.push_back(next);
    CHECK(p.line.take(next)->contact != "c100");
  }
  CHECK(turns.front() >= kStart + 45min);
  CHECK(turns.back() <= kStart + 1h + 10s);
  CHECK(turns.back() - turns.front() > 10min);
  CHECK(*p.line.next() == now - p.times.pace + 24h);
}

TEST_CASE("CAP-62 what was heard meanwhile puts a turn off") {
  Polling p;
  CHECK(p.line.is_young(known(Answer::yes, kStart - 44min), kStart));
  CHECK_FALSE(p.line.is_young(known(Answer::yes, kStart - 45min), kStart));
  CHECK(p.line.is_young(known(Answer::no, kStart - 23h), kStart));
  CHECK_FALSE(p.line.is_young(known(Answer::no, kStart - 24h), kStart));
  CHECK_FALSE(p.line.is_young({}, kStart));
}

TEST_CASE("CAP-62 a period of 0 asks nobody; whoever is taken out is not asked; there is an end to it") {
  CapabilityTimes off;
  off.polling = 0s;
  Polling none(off);
  none.add(1);
  CHECK(none.line.next() == std::nullopt);
  CHECK(none.line.take(kStart + 48h) == std::nullopt);

  Polling p;
  p.add(1);
  p.add(1);
  CHECK(p.line.size() == 1);
  CHECK(p.line.remove(Polling::key(1)));
  CHECK_FALSE(p.line.remove(Polling::key(1)));
  CHECK(p.line.next() == std::nullopt);
  p.line.put_back(Polling::key(1), {}, kStart, p.random);  // an answer that comes after that
  p.line.put_off(Polling::key(1), kStart, 1s);
  CHECK(p.line.next() == std::nullopt);

  for (std::uint64_t n = 1; n <= kMaxWatchedContacts; ++n) p.add(n);
  CHECK_FALSE(p.line.add(Polling::key(kMaxWatchedContacts + 1), {}, kStart, p.random));
  CHECK(p.line.add(Polling::key(1), {}, kStart, p.random));
}
