#include "sim/pairs.hpp"

#include <map>
#include <string>

#include "sim/chi_square.hpp"
#include "sim/population.hpp"
#include "support/catch.hpp"

using namespace rcs;
using sim::Pairs;
using sim::PairsReader;

namespace {

/// The file in pieces of `size` octets.
core::Result<Pairs> read(std::string_view file, std::uint64_t users, std::size_t size = 1'000'000) {
  PairsReader reader(users);
  for (; !file.empty(); file.remove_prefix(std::min(size, file.size()))) {
    RCS_CHECK_OK(reader.feed(file.substr(0, size)));
  }
  return reader.finish();
}

std::string error_of(std::string_view file, std::uint64_t users = 10) {
  const auto pairs = read(file, users);
  REQUIRE_FALSE(pairs);
  return pairs.error().detail();
}

}  // namespace

TEST_CASE("A sender's receivers are drawn by their weights, however the file is cut") {
  constexpr std::string_view kFile =
      "# who writes to whom\n"
      "3 0 1\n"
      "7\t9\r\n"
      "\n"
      "3 1 2.5   # often\n"
      "3 2 5e-1\n"
      "3 1 2";  // added to 2.5; no line end
  for (const std::size_t size : {1, 2, 7, 1'000}) {
    INFO("pieces of " << size);
    const auto pairs = read(kFile, 10, size);
    REQUIRE(pairs);
    CHECK(pairs->count() == 5);
    CHECK(pairs->last_user() == 9);
    for (std::uint64_t user = 0; user < 20; ++user) CHECK(pairs->has(user) == (user == 3 || user == 7));
    core::Random random(5);
    test::ChiSquare chi({1.0 / 6, 4.5 / 6, 0.5 / 6});
    for (int i = 0; i < 60'000; ++i) chi.count(pairs->draw(3, random));
    CHECK(chi.statistic() < chi.critical_999());
    for (int i = 0; i < 100; ++i) REQUIRE(pairs->draw(7, random) == 9);
  }
}

TEST_CASE("Many receivers of one sender have equal shares, and unequal weights far apart keep theirs") {
  std::string file;
  for (int receiver = 1; receiver <= 1'000; ++receiver) file += "0 " + std::to_string(receiver) + "\n";
  file += "1 2 1000000000\n1 3 0.001\n";
  const auto pairs = read(file, 1'001);
  REQUIRE(pairs);
  core::Random random(1);
  test::ChiSquare chi(std::vector<double>(1'000, 0.001));
  for (int i = 0; i < 200'000; ++i) chi.count(pairs->draw(0, random) - 1);
  CHECK(chi.statistic() < chi.critical_999());
  for (int i = 0; i < 10'000; ++i) REQUIRE(pairs->draw(1, random) == 2);
}

TEST_CASE(
    "A population's senders without pairs pick by popularity, and draw what they drew without any file") {
  auto pairs = read("4 5\n", 10);
  REQUIRE(pairs);
  const sim::PopulationConfig plain{
      .users = 10, .share_open_api = 0.5, .zipf_exponent = 1, .seed = 1, .pairs = {}};
  auto paired = plain;
  paired.pairs = std::make_shared<const Pairs>(std::move(*pairs));
  const sim::Population with(paired), without(plain);
  core::Random one(3), other(3);
  std::map<std::uint64_t, int> seen;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(with.draw_receiver(6, one) == without.draw_receiver(6, other));
    ++seen[with.draw_receiver(4, one)];
    (void)other.next();  // what the pair's draw took
  }
  CHECK(seen == std::map<std::uint64_t, int>{{5, 1'000}});
}

TEST_CASE("What is no pair is named by its line") {
  CHECK(error_of("") == "1: expected a sender and a receiver, got no pair in the whole file");
  CHECK(error_of("# nothing\n\n") == "2: expected a sender and a receiver, got no pair in the whole file");
  CHECK(error_of("1 2\n10 2\n") == "2: sender: expected a user number from 0 to 9, got \"10\"");
  CHECK(error_of("1 2\n\n1 -2\n") == "3: receiver: expected a user number from 0 to 9, got \"-2\"");
  CHECK(error_of("1\n") == "1: receiver: expected a user number from 0 to 9, got nothing");
  CHECK(error_of("1 1") == "1: receiver: expected another user than the sender, got \"1\"");
  for (const auto* weight : {"0", "-1", "nan", "inf", "2000000000", "1x", "1e99"}) {
    CHECK(error_of(std::string("1 2 ") + weight) ==
          "1: weight: expected a number above 0, at most 1000000000, got \"" + std::string(weight) + "\"");
  }
  CHECK(error_of("1 2 3 4\n") == "1: expected a sender, a receiver and a weight, got also \"4\"");
  CHECK(error_of("1 2\n" + std::string(2'000, ' ') + "\n") == "2: expected at most 1000 octets, got more");
  CHECK(error_of(std::string(2'000, '1')) == "1: expected at most 1000 octets, got more");
}
