#include "body/inflate.hpp"

#include "support/packed.hpp"

using namespace rcs;
using rcs::test::packed;
using rcs::test::Packing;

TEST_CASE("packed content comes out as it was, whichever head it has") {
  for (const auto packing : {Packing::zlib, Packing::gzip, Packing::bare}) {
    INFO(static_cast<int>(packing));
    for (const std::string& text : {std::string(), std::string("hello"), std::string(100'000, 'x')}) {
      const auto out = body::inflate(packed(text, packing));
      REQUIRE(out);
      CHECK(*out == text);
    }
  }
}

TEST_CASE("content that unpacks to more than the limit is refused, however small it was") {
  const auto bomb = packed(std::string(50'000'000, '\0'), Packing::gzip);
  CHECK(bomb.size() < 100'000);
  const auto out = body::inflate(bomb);
  REQUIRE_FALSE(out);
  CHECK(out.error().code() == core::Errc::too_large);
  for (const auto packing : {Packing::zlib, Packing::gzip, Packing::bare}) {
    INFO(static_cast<int>(packing));
    CHECK(body::inflate(packed(std::string(1000, 'x'), packing), 1000));
    const auto over = body::inflate(packed(std::string(1001, 'x'), packing), 1000);
    REQUIRE_FALSE(over);
    CHECK(over.error().code() == core::Errc::too_large);
  }
}

TEST_CASE("a coding is taken off by its name") {
  for (const auto* name : {"gzip", " X-GZip", "deflate"}) {
    const auto out = body::without_coding(name, packed("hello", Packing::gzip));
    REQUIRE(out);
    CHECK(*out == "hello");
  }
  CHECK(*body::without_coding("", "hello") == "hello");
  CHECK(*body::without_coding("Identity", "hello") == "hello");
  const auto other = body::without_coding("br", "hello");
  REQUIRE_FALSE(other);
  CHECK(other.error().code() == core::Errc::unsupported);
  CHECK(other.error().detail() == "Content-Encoding: expected gzip or deflate, got \"br\"");
  CHECK(body::without_coding("gzip", "hello").error().code() == core::Errc::malformed);
}

TEST_CASE("what is not packed, or cut short, is an error") {
  CHECK(body::inflate("").error().code() == core::Errc::malformed);
  CHECK(body::inflate("hello world, I am no gzip").error().code() == core::Errc::malformed);
  const auto whole = packed("hello world", Packing::gzip);
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(body::inflate(whole.substr(0, size)));
  auto spoilt = whole;
  spoilt[spoilt.size() - 5] = static_cast<char>(spoilt[spoilt.size() - 5] + 1);  // of its checksum
  CHECK_FALSE(body::inflate(spoilt));
}
