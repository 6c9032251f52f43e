#include "sim/population.hpp"

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "sim/chi_square.hpp"
#include "support/catch.hpp"

using namespace rcs;
using sim::Population;
using sim::PopulationConfig;

TEST_CASE("pick is uniform") {
  core::Random random(4);
  test::ChiSquare chi(std::vector<double>(10, 0.1));
  for (int i = 0; i < 100'000; ++i) chi.count(sim::pick(random, 10));
  CHECK(chi.statistic() < chi.critical_999());
}

TEST_CASE("Zipf ranks have their probabilities, for exponents below, at and above 1") {
  for (const double exponent : {0.5, 1.0, 1.7}) {
    INFO("exponent " << exponent);
    constexpr std::uint64_t kRanks = 50;
    std::vector<double> expected;
    double sum = 0;
    for (std::uint64_t k = 1; k <= kRanks; ++k) sum += std::pow(static_cast<double>(k), -exponent);
    for (std::uint64_t k = 1; k <= kRanks; ++k)
      expected.push_back(std::pow(static_cast<double>(k), -exponent) / sum);
    test::ChiSquare chi(expected);
    const sim::Zipf zipf(kRanks, exponent);
    core::Random random(8);
    for (int i = 0; i < 300'000; ++i) chi.count(zipf.draw(random) - 1);
    CHECK(chi.statistic() < chi.critical_999());
  }
}

TEST_CASE("Each user is behind the open API with the share's probability, and stays so") {
  PopulationConfig config{.users = 100'000, .share_open_api = 0.3, .zipf_exponent = 0, .seed = 6};
  const Population population(config);
  std::uint64_t api = 0;
  for (std::uint64_t user = 0; user < config.users; ++user) {
    api += population.is_open_api(user) ? 1 : 0;
    REQUIRE(population.is_open_api(user) == Population(config).is_open_api(user));
  }
  CHECK(std::abs(static_cast<double>(api) - 30'000) < 4 * std::sqrt(100'000 * 0.3 * 0.7));
  config.share_open_api = 0;
  CHECK_FALSE(Population(config).is_open_api(0));
  config.share_open_api = 1;
  for (std::uint64_t user = 0; user < config.users; ++user) REQUIRE(Population(config).is_open_api(user));
}

TEST_CASE("A receiver is uniform over all others") {
  const Population population({.users = 20, .share_open_api = 0.5, .zipf_exponent = 0, .seed = 1});
  core::Random random(2);
  std::vector<double> expected(20, 1.0 / 19);
  expected[7] = 0;
  test::ChiSquare chi(expected);
  for (int i = 0; i < 200'000; ++i) {
    const auto receiver = population.draw_receiver(7, random);
    REQUIRE(receiver != 7);
    chi.count(receiver);
  }
  CHECK(chi.statistic() < chi.critical_999());
}

TEST_CASE("Popularity by Zipf reaches every user, and nobody writes to himself") {
  const Population population({.users = 30, .share_open_api = 0.5, .zipf_exponent = 1.2, .seed = 1});
  core::Random random(2);
  std::map<std::uint64_t, int> received;
  for (int i = 0; i < 100'000; ++i) {
    const auto receiver = population.draw_receiver(3, random);
    REQUIRE(receiver != 3);
    ++received[receiver];
  }
  CHECK(received.size() == 29);
  std::set<int> counts;
  for (const auto& [user, n] : received) counts.insert(n);
  CHECK(*counts.rbegin() > 10 * *counts.begin());
}
