#include "harness/load_config.hpp"

#include "support/catch.hpp"

using namespace rcs;

namespace {

constexpr std::string_view kKnown[] = {"users", "mean", "sweep"};

harness::LoadConfig read(std::string_view yaml) {
  return harness::read_load_config(yaml, "day.yaml", kKnown);
}

std::string complaints_of(std::string_view yaml) {
  return scenario::format_diagnostics(std::move(read(yaml).complaints).take());
}

}  // namespace

TEST_CASE("Options of a load file are read as text, with their places, lists with each value") {
  auto config = read(
      "# a day\n"
      "load:\n"
      "  users: 0010\n"
      "  sweep:\n"
      "    - mean=1,2\n"
      "    - \"zipf=0..1:1\"\n"
      "  mean: [ 25 ]\n");
  CHECK(std::move(config.complaints).take().empty());
  REQUIRE(config.entries.size() == 3);
  const auto& users = config.entries[0];
  CHECK(users.key == "users");
  CHECK((users.line == 3 && users.column == 3));
  REQUIRE(users.values.size() == 1);
  CHECK(users.values[0].text == "0010");
  CHECK((users.values[0].line == 3 && users.values[0].column == 10));
  const auto& sweep = config.entries[1];
  REQUIRE(sweep.values.size() == 2);
  CHECK(sweep.values[1].text == "zipf=0..1:1");
  CHECK((sweep.values[1].line == 6 && sweep.values[1].column == 7));
  CHECK(config.entries[2].values[0].text == "25");
}

TEST_CASE("Whatever is no option of load is named by line and column, with the nearest known one") {
  CHECK(complaints_of("load:\n  mean: 1\n  meen: 2\n") ==
        "day.yaml:3:3: load: expected one of the keys users, mean or sweep, got \"meen\"; did you mean "
        "\"mean\"?");
  CHECK(complaints_of("load: {users: 1, users: 2}\n") ==
        "day.yaml:1:18: load: expected users once, got it a second time");
  CHECK(complaints_of("load:\n  users:\n  mean: {a: 1}\n  sweep: [a, [b]]\n") ==
        "day.yaml:2:3: load.users: expected a value, got nothing\n"
        "day.yaml:3:9: load.mean: expected a value, got a map\n"
        "day.yaml:4:14: load.sweep: expected a value, got a list");
  CHECK(complaints_of("load: {}\nsteps: []\n") ==
        "day.yaml:2:1: file: expected one of the keys load, got \"steps\"");
  CHECK(complaints_of("load:\n") == "day.yaml:1:1: load: expected a map of options, got nothing");
  CHECK(complaints_of("users: 5\n") ==
        "day.yaml:1:1: file: expected a map with the key load and options below it, got a map");
  CHECK(complaints_of("") ==
        "day.yaml:1:1: file: expected a map with the key load and options below it, got nothing");
  CHECK(complaints_of("load: [1\n").starts_with("day.yaml:"));
}

TEST_CASE("What can not be read keeps the rest") {
  const auto config = read("load:\n  meen: 2\n  users: 7\n");
  REQUIRE(config.entries.size() == 1);
  CHECK(config.entries[0].key == "users");
}

TEST_CASE("A load file is told from a scenario by its key, good or not") {
  CHECK(harness::is_load_config("load:\n"));
  CHECK(harness::is_load_config("load: {meen: 2}\nsteps: []\n"));
  CHECK_FALSE(harness::is_load_config("scenario: load\n"));
  CHECK_FALSE(harness::is_load_config("- load\n"));
  CHECK_FALSE(harness::is_load_config(""));
}
