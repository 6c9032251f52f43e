#include "core/random.hpp"

#include <cstddef>
#include <set>
#include <span>
#include <utility>

#include "core/hash.hpp"
#include "support/catch.hpp"

using rcs::core::Hash;
using rcs::core::Random;
using rcs::core::RandomSource;

TEST_CASE("The same seed gives the same numbers everywhere") {
  // Computed with an independent implementation of splitmix64 and xoshiro256**: a change here changes every
  // recorded run.
  Random random(1);
  CHECK(random.next() == 0xB3F2AF6D0FC710C5ULL);
  CHECK(random.next() == 0x853B559647364CEAULL);
  CHECK(random.next() == 0x92F89756082A4514ULL);
}

TEST_CASE("Streams of a seed differ by node and by purpose") {
  std::set<std::uint64_t> first;
  for (const auto* node : {"a", "b", ""}) {
    for (const auto* purpose : {"x", "y", ""}) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) first.insert(Random(seed, node, purpose).next());
    }
  }
  CHECK(first.size() == 27);
  CHECK(Random(1, "ab", "c").next() != Random(1, "a", "bc").next());
  CHECK(Random(1, "a", "x").next() == Random(1, "a", "x").next());
}

TEST_CASE("below is in its range and reaches all of it evenly") {
  Random random(2);
  CHECK(random.below(1) == 0);
  int hits[7] = {};
  for (int i = 0; i < 70000; ++i) {
    const auto x = random.below(7);
    REQUIRE(x < 7);
    ++hits[x];
  }
  for (const int n : hits) {
    CHECK(n > 9500);
    CHECK(n < 10500);
  }
  // A bound of more than half the range is where a plain remainder shows its bias.
  const std::uint64_t bound = 0xC000000000000000ULL;
  int low = 0;
  for (int i = 0; i < 30000; ++i) {
    const auto x = random.below(bound);
    REQUIRE(x < bound);
    if (x < bound / 3) ++low;
  }
  CHECK(low > 9500);
  CHECK(low < 10500);
}

TEST_CASE("unit is in [0, 1) with mean one half, exponential has its mean") {
  Random random(3);
  double sum = 0;
  double waits = 0;
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double u = random.unit();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    const double e = random.exponential(4);
    REQUIRE(e >= 0);
    waits += e;
  }
  CHECK(sum / n > 0.49);
  CHECK(sum / n < 0.51);
  CHECK(waits / n > 3.9);
  CHECK(waits / n < 4.1);
}

TEST_CASE("Tokens and hexadecimal digits have their length and alphabet") {
  Random random(4);
  CHECK(random.token(0).empty());
  CHECK(random.token().size() == 16);
  CHECK(random.token(500).find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos);
  CHECK(random.hex(500).find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(random.hex(31).size() == 31);
  CHECK(random.token() != random.token());
  const auto many = random.token(2000);
  CHECK(std::set<char>(many.begin(), many.end()).size() == 36);
}

TEST_CASE("Hash tells apart what was joined differently") {
  CHECK(Hash().value() == 0xcbf29ce484222325ULL);
  CHECK(Hash().add("ab").add("c").value() != Hash().add("a").add("bc").value());
  CHECK(Hash().add("").value() != Hash().value());
  CHECK(Hash().add(std::uint64_t{1}).value() != Hash().add(std::uint64_t{256}).value());
  CHECK(Hash().add("x").value() == Hash().add("x").value());
}

namespace {

std::size_t asked = 0;

// Counts up, so that a word given twice shows.
void count_up(std::span<std::byte> octets) {
  for (auto& octet : octets) octet = static_cast<std::byte>(asked++ / sizeof(std::uint64_t) % 256);
}

}  // namespace

TEST_CASE("A stream over an entropy gives each word of it once, across moves too") {
  asked = 0;
  Random random(count_up);
  std::set<std::uint64_t> given = {random.next(), random.next()};
  Random moved(std::move(random));
  for (int i = 0; i < 98; ++i) given.insert(moved.next());
  CHECK(given.size() == 100);
  CHECK(asked >= 100 * sizeof(std::uint64_t));
}

TEST_CASE("A source makes streams of a seed, or of the system") {
  const RandomSource seeded(7);
  CHECK(seeded.stream("a", "x").next() == Random(7, "a", "x").next());
  asked = 0;
  const RandomSource system(count_up);
  system.stream("a", "x").next();
  CHECK(asked > 0);
}
