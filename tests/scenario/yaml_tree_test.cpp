#include "scenario/yaml_tree.hpp"

#include <string>

#include "core/random.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

using rcs::scenario::kMaxYamlDepth;
using rcs::scenario::kMaxYamlValues;
using rcs::scenario::read_yaml;
using rcs::scenario::YamlNode;

namespace {

constexpr std::size_t kBytes = 1024 * 1024;

std::string problems(const std::string& yaml, std::size_t max = kBytes) {
  std::string out;
  for (const auto& problem : read_yaml(yaml, max).problems)
    out += std::to_string(problem.line) + ": " + problem.text + "\n";
  return out;
}

std::size_t count(const YamlNode& node) {
  std::size_t sum = 1;
  for (const auto& item : node.items) sum += count(item);
  for (const auto& entry : node.entries) sum += count(entry.value);
  return sum;
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("maps, lists and scalars keep the text and the line of the file") {
  const auto tree = read_yaml("a: 0108\nb:\n  - \"x y\"\n  - {c: ~, d: null}\ne:\n", kBytes);
  REQUIRE(tree.problems.empty());
  REQUIRE(tree.root.is_map());
  const auto& entries = tree.root.entries;
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].key == "a");
  CHECK(entries[0].value.text == "0108");
  CHECK(entries[1].line == 2);
  REQUIRE(entries[1].value.items.size() == 2);
  CHECK(entries[1].value.items[0].text == "x y");
  CHECK(entries[1].value.items[1].line == 4);
  CHECK(entries[1].value.items[1].entries[0].value.is_null());
  CHECK(entries[1].value.items[1].entries[1].value.is_null());
  CHECK(entries[2].value.is_null());
  CHECK(entries[2].value.line == 5);
}

TEST_CASE("a key that stands twice is there twice") {
  const auto tree = read_yaml("a: 1\na: 2\n", kBytes);
  REQUIRE(tree.root.entries.size() == 2);
  CHECK(tree.root.entries[1].value.text == "2");
}

TEST_CASE("nothing at all is a null root") {
  for (const auto* text : {"", "\n\n", "# only words", "# only words\n", "---\n", "---\n...\n", "...\n"}) {
    CAPTURE(text);
    CHECK(read_yaml(text, kBytes).problems.empty());
    CHECK(read_yaml(text, kBytes).root.is_null());
  }
}

TEST_CASE("aliases are copies") {
  const auto tree = read_yaml("a: &x [1, 2]\nb: *x\n", kBytes);
  REQUIRE(tree.problems.empty());
  CHECK(tree.root.entries[1].value.items.size() == 2);
}

TEST_CASE("broken YAML names its line") {
  CHECK(problems("a: 1\nb: [1, 2\nc: 3\n").starts_with("3: YAML: "));
  CHECK(problems("a: 1\n b: 2\n").starts_with("2: YAML: "));
  CHECK(problems("a: *nobody\n").starts_with("1: YAML: "));
  CHECK(problems("a: \"x\nb: 1\nc: 2\n") == "3: YAML: expected a closing quote, got the end of the file\n");
  CHECK(problems("a: 1\nb: 'x") == "2: YAML: expected a closing quote, got the end of the file\n");
  CHECK(problems("a: \"x\n...\n") == "2: YAML: illegal document indicator in scalar\n");
  CHECK(problems("a: !!binary AA==\n") ==
        "1: YAML: expected values without tags, got \"tag:yaml.org,2002:binary\"\n");
  CHECK(problems("a: 1\n---\nb: 2\n") == "2: YAML: expected one document a file, got a second one\n");
  CHECK(problems("? [a, b]\n: 1\n") == "1: YAML: expected a word before the colon, got something else\n");
}

TEST_CASE("octets that are no text are refused with their line, before the parser sees them") {
  CHECK(problems("a: 1\nb: \xff\n") == "2: YAML: expected UTF-8, got \"b: \\xff\"\n");
  CHECK(problems(std::string("a: 1\n\n\x04: 2", 9))
            .starts_with("3: YAML: expected text without control characters"));
  CHECK(problems(std::string("a\0b", 3)).starts_with("1: YAML: expected text without control characters"));
  CHECK(problems("\xff\xfe"
                 "a")
            .starts_with("1: YAML: expected UTF-8"));
  CHECK(problems("a: 1\r\nb: 2\r\n").empty());
}

TEST_CASE("size is bounded") {
  CHECK(problems("a: 123456", 9).empty());
  CHECK(problems("a: 1234567", 9) == "1: file: expected at most 9 octets, got 10\n");
}

TEST_CASE("depth is bounded, however it is reached") {
  const auto nested = [](std::size_t n) { return repeat("[", n) + repeat("]", n); };
  CHECK(problems(nested(kMaxYamlDepth)).empty());
  CHECK(problems(nested(kMaxYamlDepth + 1)) == "1: YAML: expected at most 32 levels of nesting, got more\n");
  CHECK_FALSE(problems(nested(400)).empty());
  CHECK_FALSE(problems(repeat("[", 500'000)).empty());
  CHECK_FALSE(problems(repeat("{a: ", 250'000)).empty());
  CHECK_FALSE(problems(repeat("- ", 500'000)).empty());
  // What is beside the too deep part is still read.
  const auto tree = read_yaml("a: " + nested(40) + "\nb: 2\n", kBytes);
  REQUIRE(tree.root.entries.size() == 2);
  CHECK(tree.root.entries[1].value.text == "2");
  // An alias deep down that would pass the limit with what it brings.
  CHECK(problems("x: &x " + nested(20) + "\ny: " + repeat("[", 20) + "*x" + repeat("]", 20) + "\n") ==
        "2: YAML: expected at most 32 levels of nesting, got more\n");
}

TEST_CASE("an alias of the value it stands in is refused") {
  CHECK_FALSE(problems("a: &a [1, *a]\n").empty());
}

TEST_CASE("aliases can not multiply without end") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const auto last = "*a" + std::to_string(i - 1);
    bomb +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(last + ", ", 9) + last + "]\n";
  }
  const auto tree = read_yaml(bomb, kBytes);
  REQUIRE(tree.problems.size() == 1);
  CHECK(tree.problems[0].text == "YAML: expected at most 300000 values, aliases copied, got more");
  CHECK(count(tree.root) <= kMaxYamlValues);
}

TEST_CASE("a big anchored value that is named over and over costs no time") {
  const auto tree =
      read_yaml("a: &a [" + repeat("x,", 100'000) + "]\nb: [" + repeat("*a,", 200'000) + "]\n", kBytes);
  CHECK(tree.problems.size() == 1);
  CHECK(count(tree.root) <= kMaxYamlValues);
}

TEST_CASE("random mutations of a scenario give a tree or a problem, nothing else") {
  const std::string seed_text =
      "scenario: x\nactors:\n  jack: &j {kind: api, id: \"0108\"}\n  rose: *j\nsteps:\n  - jack: {chat: {to: "
      "rose, text: 'a\"b'}}\n  - wait: 30s # x\n  - |\n   y\n";
  rcs::core::Random random(5);
  for (int i = 0; i < 3000; ++i) {
    auto text = seed_text;
    for (auto n = random.below(6) + 1; n > 0; --n) {
      const auto at = random.below(text.size());
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.below(128));
          break;
        case 1:
          text.erase(at, random.below(8));
          break;
        default:
          text.insert(at, 1, ":-{}[]&*!|>'\"%@`#,? \n"[random.below(21)]);
          break;
      }
      if (text.empty()) text = "x";
    }
    const auto tree = read_yaml(text, kBytes);
    for (const auto& problem : tree.problems) {
      REQUIRE(problem.line >= 1);
      REQUIRE_FALSE(problem.text.empty());
    }
  }
}
