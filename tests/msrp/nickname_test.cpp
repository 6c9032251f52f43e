#include "msrp/nickname.hpp"

#include <vector>

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;

TEST_CASE("MSRP-163: a nickname stands in quotes, with those in it and backslashes escaped") {
  CHECK(parse_nickname("\"Alice the great\"").value() == "Alice the great");
  CHECK(parse_nickname("\"\"").value().empty());
  CHECK(parse_nickname(R"("a \"b\" \\ c")").value() == R"(a "b" \ c)");
  CHECK(format_nickname(R"(a "b" \ c)").value() == R"("a \"b\" \\ c")");
  CHECK(parse_nickname("\"\xc3\x84nne\"").value() == "\xc3\x84nne");
}

TEST_CASE("MSRP-163: what is no nickname is refused") {
  const std::vector<std::string> wrong = {"",        "Alice",    "\"",     "\"Alice",  "Alice\"", "\"a\"b\"",
                                          "\"a\\\"", "\"a\\b\"", "\"\\\"", "\"\xff\"", "\"a\tb\""};
  for (const auto& value : wrong) {
    CAPTURE(value);
    CHECK_FALSE(parse_nickname(value));
  }
  CHECK_FALSE(format_nickname("a\r\nb"));
}

TEST_CASE("MSRP-163: a nickname has at most 1023 octets, which its escapes do not count for") {
  const std::string longest(kMaxNickname, '"');
  const auto value = format_nickname(longest);
  REQUIRE(value);
  CHECK(parse_nickname(*value).value() == longest);
  CHECK_FALSE(format_nickname(longest + "x"));
  CHECK_FALSE(parse_nickname("\"" + std::string(kMaxNickname + 1, 'x') + "\""));
}

TEST_CASE("MSRP-163: any nickname that can be written comes back") {
  rcs::core::Random random(1);
  constexpr std::string_view kLetters = "a\"\\ \xc3\xa4";
  for (int i = 0; i < 2000; ++i) {
    std::string name;
    for (auto length = random.below(8); length > 0; --length) name += kLetters[random.below(kLetters.size())];
    const auto value = format_nickname(name);
    if (value) CHECK(parse_nickname(*value).value() == name);
  }
}

TEST_CASE("MSRP-163: nicknames are compared without case and outer blanks, inner ones count as one") {
  CHECK(nickname_key("  Alice  The   Great ") == nickname_key("alice the great"));
  CHECK(nickname_key("Alice") != nickname_key("A lice"));
  CHECK(nickname_key(" \t ").empty());
  CHECK(nickname_key("").empty());
}
