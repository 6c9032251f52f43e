#include "body/multipart.hpp"

#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::Random;

namespace {

std::vector<Part> parse(std::string_view body, std::string_view boundary = "b") {
  const auto parts = parse_multipart(body, boundary);
  REQUIRE(parts);
  return *parts;
}

}  // namespace

TEST_CASE("MIME-2: the line break before a delimiter belongs to it") {
  const auto parts = parse("--b\r\nA: 1\r\n\r\none\r\n\r\n--b  \t\r\n\r\ntwo\r\n--b--\r\n");
  REQUIRE(parts.size() == 2);
  CHECK(parts[0] == Part{{{"A", "1"}}, "one\r\n"});
  CHECK(parts[1] == Part{{}, "two"});
}

TEST_CASE("MIME-2: line feeds alone are taken as line ends") {
  const auto parts = parse("--b\nA: 1\n\none\n--b\n\ntwo\n\n--b--\n");
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].content == "one");
  CHECK(parts[1].content == "two\n");
}

TEST_CASE("MIME-2: a missing close delimiter is the end of the body") {
  const auto parts = parse("--b\r\n\r\none\r\n--b\r\nA: 1\r\n\r\ntwo");
  REQUIRE(parts.size() == 2);
  CHECK(parts[1] == Part{{{"A", "1"}}, "two"});
}

TEST_CASE("MIME-3: preamble and epilogue are ignored, part headers may be empty") {
  const auto parts =
      parse("look here --b\r\n -b\r\n--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\nnot a part\r\n--b--\r\n");
  REQUIRE(parts.size() == 1);
  CHECK(parts[0] == Part{{}, "one"});
  CHECK(parse("--b\r\n\r\n\r\n--b--")[0] == Part{});
  CHECK(parse("--b\r\n--b--")[0] == Part{});
  CHECK(parse("--b\r\nA: 1\r\n--b--")[0] == Part{{{"A", "1"}}, ""});
  CHECK(parse("--b--").empty());
}

TEST_CASE("MIME-4: the delimiter is matched by the prefix of a line") {
  const auto parts = parse("--b\r\n\r\none --b\r\n -- b\r\n-b\r\n--boundary\r\n\r\ntwo\r\n--b--more");
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].content == "one --b\r\n -- b\r\n-b");
  CHECK(parts[1].content == "two");
}

TEST_CASE("MIME-1: a boundary has 1 to 70 printable characters and no blank at its end") {
  for (const std::string boundary : {"", "x ", "x\r\n", "x\x7f", "\xc3\xa9"}) {
    CAPTURE(boundary);
    CHECK(parse_multipart("--" + boundary + "\r\n\r\n", boundary).error().code() == Errc::malformed);
  }
  CHECK(parse_multipart("--" + std::string(70, 'x') + "--", std::string(70, 'x')));
  CHECK_FALSE(parse_multipart("--" + std::string(71, 'x') + "--", std::string(71, 'x')));
  CHECK(parse("--=_a (b)'+,/:?\r\n\r\nx\r\n--=_a (b)'+,/:?--", "=_a (b)'+,/:?").size() == 1);
}

TEST_CASE("MIME-1: a made boundary stands in none of the parts") {
  Random foretold(3);
  Random random(3);
  const auto first = make_boundary({}, foretold);
  const auto second = make_boundary({}, foretold);
  const auto third = make_boundary({}, foretold);
  CHECK(first.size() <= 70);
  // The first draw is quoted by a text, the second by a header: the third is taken.
  CHECK(make_boundary({Part{{}, "see\r\n--" + first + "--\r\n"}, Part{{{"X", second}}, {}}}, random) ==
        third);
}

TEST_CASE("A multipart that is none, or too much, is refused") {
  CHECK(parse_multipart("", "b").error().code() == Errc::malformed);
  CHECK(parse_multipart("--c\r\n\r\n--c--", "b").error().code() == Errc::malformed);
  CHECK(parse_multipart("--b\r\nno colon\r\n--b--", "b").error().code() == Errc::malformed);
  std::string many;
  for (std::size_t i = 0; i < kMaxParts; ++i) many += "--b\r\n\r\nx\r\n";
  CHECK(parse(many + "--b--").size() == kMaxParts);
  CHECK(parse_multipart(many + "--b\r\n\r\nx\r\n--b--", "b").error().code() == Errc::too_large);
}

TEST_CASE("XLAT-2: parts of any octets come back as they were") {
  Random random(11);
  static const char* const kPieces[] = {"\r\n", "\r",   "\n", "--",       "b",        "--b",  "--b--",
                                        ":",    "A: 1", " ",  "\r\n\r\n", "\xc3\xa9", "\xff", "x"};
  for (int round = 0; round < 1000; ++round) {
    std::vector<Part> parts(1 + random.below(4));
    for (auto& part : parts) {
      for (auto n = random.below(3); n > 0; --n)
        part.headers.push_back({"X-" + std::to_string(n), random.token(random.below(9))});
      for (auto n = random.below(24); n > 0; --n) part.content += kPieces[random.below(std::size(kPieces))];
      if (random.below(4) == 0) part.content += '\0';
    }
    const auto boundary = make_boundary(parts, random);
    CAPTURE(round, boundary);
    const auto again = parse_multipart(format_multipart(parts, boundary), boundary);
    REQUIRE(again);
    REQUIRE(*again == parts);
  }
}
