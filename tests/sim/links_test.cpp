#include "sim/links.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Instant;
using rcs::sim::LinkModel;
using rcs::sim::Links;

namespace {

LinkModel constant(rcs::core::Duration delay, double loss = 0) { return {{.low = delay}, loss}; }
LinkModel uniform(rcs::core::Duration low, rcs::core::Duration high) {
  return {{rcs::sim::DelayModel::Shape::uniform, low, high}, 0};
}

}  // namespace

TEST_CASE("a constant link delays by its constant") {
  Links links(constant(3ms), 1);
  CHECK(links.datagram(Instant(1s), "a", "b") == Instant(1s) + 3ms);
  CHECK(links.stream(Instant(1s), "a", "b") == Instant(1s) + 3ms);
}

TEST_CASE("uniform delays stay in their bounds, reach both ends and repeat with the seed") {
  const LinkModel model = uniform(1ms, 2ms);
  Links one(model, 7), same(model, 7), other(model, 8);
  bool differs = false;
  auto least = 10ms + 0ns, most = 0ns;
  for (int i = 0; i < 1000; ++i) {
    const auto arrival = *one.datagram(Instant(0s), "a", "b");
    CHECK(arrival == same.datagram(Instant(0s), "a", "b"));
    differs = differs || arrival != other.datagram(Instant(0s), "a", "b");
    least = std::min(least, arrival.time_since_epoch());
    most = std::max(most, arrival.time_since_epoch());
  }
  CHECK(differs);
  CHECK((least >= 1ms && least < 1050us));
  CHECK((most <= 2ms && most > 1950us));
}

TEST_CASE("a stream never lets later octets overtake earlier ones") {
  Links links(uniform(0ms, 100ms), 3);
  Instant last{};
  for (int i = 0; i < 1000; ++i) {
    const auto arrival = links.stream(Instant(1ms * i), "a", "b");
    REQUIRE(arrival >= last);
    last = arrival;
  }
}

TEST_CASE("loss takes about its share of datagrams and nothing of streams") {
  Links links(constant(1ms, 0.25), 5);
  int lost = 0;
  for (int i = 0; i < 10000; ++i) lost += links.datagram(Instant(0s), "a", "b") ? 0 : 1;
  CHECK((lost > 2300 && lost < 2700));
  CHECK(links.stream(Instant(0s), "a", "b") == Instant(1ms));
}

TEST_CASE("traffic on one link does not change another") {
  Links busy(uniform(0ms, 9ms), 5), quiet(uniform(0ms, 9ms), 5);
  for (int i = 0; i < 50; ++i) busy.datagram(Instant(0s), "x", "y");
  CHECK(busy.datagram(Instant(0s), "a", "b") == quiet.datagram(Instant(0s), "a", "b"));
}

TEST_CASE("links may differ by who is at their ends") {
  Links links([](std::string_view from, std::string_view) { return constant(from == "far" ? 30ms : 1ms); },
              1);
  CHECK(links.datagram(Instant(0s), "far", "b") == Instant(30ms));
  CHECK(links.stream(Instant(0s), "near", "b") == Instant(1ms));
}

TEST_CASE("delays above a floor are exponential in the mean") {
  Links links({{rcs::sim::DelayModel::Shape::exponential, 2ms, 3ms}, 0}, 9);
  auto sum = 0ns;
  for (int i = 0; i < 10'000; ++i) {
    const auto delay = links.datagram(Instant(0s), "a", "b")->time_since_epoch();
    REQUIRE(delay >= 2ms);
    sum += delay;
  }
  CHECK(sum / 10'000 > 4880us);  // four standard errors of 30 us around 5 ms
  CHECK(sum / 10'000 < 5120us);
}
