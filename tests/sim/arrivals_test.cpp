#include "sim/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/chi_square.hpp"
#include "support/catch.hpp"

using namespace rcs;
using sim::Arrivals;
using sim::DayProfile;

namespace {

constexpr double kDayUs = 86'400e6;

std::vector<double> times(double per_day, const DayProfile& profile, std::uint64_t seed, std::size_t n) {
  Arrivals arrivals(per_day, profile, core::Random(seed));
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<double>(arrivals.next()));
  return out;
}

}  // namespace

TEST_CASE("Gaps of a flat day are exponential (chi-square over 40 classes of equal probability)") {
  constexpr std::size_t kGaps = 200'000;
  constexpr double kPerDay = 1e6;
  const auto at = times(kPerDay, DayProfile(), 11, kGaps + 1);
  test::ChiSquare chi(std::vector<double>(40, 1.0 / 40));
  for (std::size_t i = 0; i < kGaps; ++i) {
    const double p = -std::expm1(-(at[i + 1] - at[i]) * kPerDay / kDayUs);
    chi.count(std::min<std::size_t>(39, static_cast<std::size_t>(p * 40)));
  }
  CHECK(chi.statistic() < chi.critical_999());
}

TEST_CASE("Numbers in equal spans are Poisson: their variance is their mean, and so is each probability") {
  constexpr double kMean = 25;
  constexpr std::size_t kSpans = 50'000;
  // A span is a thousandth of a day.
  Arrivals arrivals(kMean * 1000, DayProfile(), core::Random(5));
  std::vector<unsigned> counts(kSpans);
  for (double at = static_cast<double>(arrivals.next()); at < kDayUs / 1000 * kSpans;
       at = static_cast<double>(arrivals.next()))
    ++counts[static_cast<std::size_t>(at / (kDayUs / 1000))];
  double sum = 0;
  double squares = 0;
  test::ChiSquare chi(test::poisson_classes(kMean, 10, 42));
  for (const unsigned n : counts) {
    sum += n;
    squares += static_cast<double>(n) * n;
    chi.count(n < 10 ? 0 : n > 42 ? 34 : n - 9);
  }
  const double mean = sum / kSpans;
  const double variance = squares / kSpans - mean * mean;
  // Standard errors: sqrt(25 / 50000) = 0.022 and, of a Poisson variance, sqrt((2 * 25^2 + 25) / 50000) =
  // 0.16.
  CHECK(std::abs(mean - kMean) < 4 * 0.022);
  CHECK(std::abs(variance - kMean) < 4 * 0.16);
  CHECK(chi.statistic() < chi.critical_999());
}

TEST_CASE("A day's profile decides how many arrive in which slice") {
  const auto profile = DayProfile::daily();
  REQUIRE(profile.rates().size() == 24);
  std::vector<double> shares;
  for (const double rate : profile.rates()) shares.push_back(rate / 24);
  test::ChiSquare chi(shares);
  for (const double at : times(240'000, profile, 3, 480'000))
    chi.count(static_cast<std::size_t>(std::fmod(at, kDayUs) / (kDayUs / 24)));
  CHECK(chi.statistic() < chi.critical_999());
}

TEST_CASE("A slice without traffic has none, and the day goes on behind it") {
  const auto profile = DayProfile::from_weights({0, 1, 0, 0});
  REQUIRE(profile);
  for (const double at : times(1000, *profile, 3, 5000)) {
    const double of_day = std::fmod(at, kDayUs) / kDayUs;
    REQUIRE((of_day >= 0.25 && of_day < 0.5));
  }
}

TEST_CASE("Arrival times never decrease and depend on the seed alone") {
  const auto a = times(1e9, DayProfile::daily(), 1, 10'000);
  CHECK(std::is_sorted(a.begin(), a.end()));
  CHECK(a == times(1e9, DayProfile::daily(), 1, 10'000));
  CHECK(a != times(1e9, DayProfile::daily(), 2, 10'000));
}

TEST_CASE("Streams of different shards are independent: the joint classes of their gaps are uniform") {
  constexpr std::size_t kSide = 8;
  test::ChiSquare chi(std::vector<double>(kSide * kSide, 1.0 / (kSide * kSide)));
  Arrivals one(1e6, DayProfile(), core::Random(9, "0", "arrivals"));
  Arrivals two(1e6, DayProfile(), core::Random(9, "1", "arrivals"));
  const auto gap_class = [](Arrivals& arrivals, double& last) {
    const auto at = static_cast<double>(arrivals.next());
    const double p = -std::expm1(-(at - last) * 1e6 / kDayUs);
    last = at;
    return std::min<std::size_t>(kSide - 1, static_cast<std::size_t>(p * kSide));
  };
  double last_one = 0;
  double last_two = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto a = gap_class(one, last_one);
    chi.count(a * kSide + gap_class(two, last_two));
  }
  CHECK(chi.statistic() < chi.critical_999());
}

TEST_CASE("A profile file: a number a line, comments, and what is wrong by its line") {
  const auto good = DayProfile::parse("# a quiet night\n1\n\n 3.5 # and a day\r\n");
  REQUIRE(good);
  CHECK(good->rates() == std::vector<double>{1 / 2.25, 3.5 / 2.25});
  const auto fault = [](std::string_view text) {
    const auto parsed = DayProfile::parse(text);
    return parsed ? std::string("taken") : parsed.error().detail();
  };
  CHECK(fault("1\nfast\n") == "2: expected a number, 0 or more, got \"fast\"");
  CHECK(fault("-1").find("1: expected a number") == 0);
  CHECK(fault("inf").find("1: expected a number") == 0);
  CHECK(fault("").find("day profile: expected 1 to 1440 numbers, got 0") == 0);
  CHECK(fault("0\n0").find("day profile: expected one number above 0") == 0);
  CHECK(fault(std::string(2 * 2000, '\n').append([] {
          std::string many;
          for (int i = 0; i < 1500; ++i) many += "1\n";
          return many;
        }())) == "day profile: expected 1 to 1440 numbers, got 1441");
}
