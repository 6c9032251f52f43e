#include "sim/histogram.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using rcs::sim::half_width_95;
using rcs::sim::Histogram;

TEST_CASE("A histogram is exact below 256 and within 0.8 % above") {
  Histogram h;
  for (std::uint64_t value = 0; value < 256; ++value) h.add(value);
  CHECK(h.count() == 256);
  CHECK(h.mean() == Approx(127.5));
  CHECK(h.variance() == Approx((256.0 * 256 - 1) / 12));
  CHECK(h.quantile(0.5) == 127);
  CHECK(h.quantile(0) == 0);
  CHECK(h.quantile(1) == 255);
  CHECK(h.bars().size() == 256);
  for (std::uint64_t value : {256ULL, 1000ULL, 99'999ULL, 123'456'789ULL, 1ULL << 50}) {
    Histogram one;
    one.add(value);
    one.add(value + value / 300);
    const auto bar = one.bars().front();
    CHECK(bar.low <= value);
    CHECK(value <= bar.high);
    CHECK(static_cast<double>(bar.high - bar.low) <= 0.008 * static_cast<double>(value));
    CHECK(one.quantile(0.5) == value);
  }
}

TEST_CASE("The sum of histograms does not depend on the order") {
  rcs::core::Random random(3);
  Histogram all;
  Histogram parts[3];
  for (int i = 0; i < 3000; ++i) {
    const auto value = random.below(1'000'000);
    all.add(value);
    parts[i % 3].add(value);
  }
  Histogram forward;
  Histogram backward;
  for (int i = 0; i < 3; ++i) forward.add(parts[i]);
  for (int i = 2; i >= 0; --i) backward.add(parts[i]);
  CHECK(forward == all);
  CHECK(backward == all);
}

TEST_CASE("An empty histogram has no values, and nothing is divided by it") {
  const Histogram h;
  CHECK(h.mean() == 0);
  CHECK(h.variance() == 0);
  CHECK(h.quantile(0.5) == 0);
  CHECK(h.bars().empty());
}

TEST_CASE("The confidence interval is Student's") {
  // Mean 3, sample deviation sqrt(2.5), 4 degrees of freedom: 2.776 * sqrt(2.5 / 5).
  CHECK(half_width_95({1, 2, 3, 4, 5}) == Approx(1.963).epsilon(0.001));
  CHECK(half_width_95({7}) == 0);
  CHECK(half_width_95({}) == 0);
}

TEST_CASE("A histogram comes back from words as it was, and cut off ones are told") {
  Histogram one, other;
  for (const std::uint64_t value : {0ull, 3ull, 3ull, 1'000'000ull, 0xffffffffffffull}) one.add(value, 7);
  std::vector<std::uint64_t> words;
  one.put(words);
  other.put(words);
  std::span<const std::uint64_t> rest = words;
  CHECK(Histogram::take(rest).value() == one);
  CHECK(Histogram::take(rest).value() == other);
  CHECK(rest.empty());
  for (std::size_t size = 0; size + 8 < words.size(); ++size) {
    std::span<const std::uint64_t> cut(words.data(), size);
    CHECK_FALSE(Histogram::take(cut));
  }
}
