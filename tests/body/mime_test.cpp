#include "body/mime.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;

TEST_CASE("MIME-7: type and parameter names have no case, values keep theirs") {
  const auto type = parse_media_type("Message/CPIM; Charset=\"UTF-8\" ;X=aB");
  REQUIRE(type);
  CHECK(type->type == "message/cpim");
  CHECK(type->param("charset") == "UTF-8");
  CHECK(type->param("CHARSET") == "UTF-8");
  CHECK(type->param("x") == "aB");
  CHECK_FALSE(type->param("y"));
}

TEST_CASE("A media type is read with quotes, escapes and missing quotes") {
  CHECK(parse_media_type("multipart/mixed;boundary=boundary1")->param("boundary") == "boundary1");
  CHECK(parse_media_type("multipart/mixed;boundary=\"a b;c\"")->param("boundary") == "a b;c");
  CHECK(parse_media_type("a/b;n=\"q\\\"s\\\\\"")->param("n") == "q\"s\\");
  CHECK(parse_media_type("multipart/related; type=application/sdp; start=x=y")->param("start") == "x=y");
  CHECK(parse_media_type(" text/plain ;; ")->type == "text/plain");
  CHECK(parse_media_type("session;handling=optional")->type == "session");
  CHECK(parse_media_type("a/b;n=\"\"")->param("n") == "");
  CHECK(parse_media_type("a/b;n=1;N=2")->param("n") == "1");
}

TEST_CASE("What is no media type is refused in words that show it") {
  for (const char* text : {"", ";", "/", "a/", "/b", "a/b/c", "a b/c", "a/b;x", "a/b;=y", "a/b;x=",
                           "a/b;x=\"y", "a/b;x=\"y\\", "a/b;x=\"y\"z", "a/b;x y=z", "a/b\r\nEvil: 1",
                           "a/b;x=\"\r\nEvil: 1\"", "\"a\"/b", "a/b,c/d", "t\xc3\xa9xt/plain"}) {
    CAPTURE(text);
    const auto type = parse_media_type(text);
    REQUIRE_FALSE(type);
    CHECK(type.error().code() == Errc::malformed);
    CHECK(type.error().detail().find("media type") != std::string::npos);
  }
  std::string many = "a/b";
  for (int i = 0; i < 33; ++i) many += ";p" + std::to_string(i) + "=1";
  CHECK(parse_media_type(many).error().code() == Errc::too_large);
}

TEST_CASE("to_string quotes where characters ask for it and can not be made to inject a line") {
  CHECK(MediaType{"text/plain", {{"charset", "UTF-8"}}}.to_string() == "text/plain;charset=UTF-8");
  CHECK(MediaType{"a/b", {{"n", "x y"}}}.to_string() == "a/b;n=\"x y\"");
  CHECK(MediaType{"a/b", {{"n", ""}}}.to_string() == "a/b;n=\"\"");
  CHECK(MediaType{"a/b", {{"n", "\"\\"}}}.to_string() == "a/b;n=\"\\\"\\\\\"");
  CHECK(MediaType{"a/b", {{"n", "x\r\nEvil: 1"}}}.to_string() == "a/b;n=\"xEvil: 1\"");
}

TEST_CASE("A media type read, written and read again is the same") {
  rcs::core::Random random(7);
  const std::string alphabet = "ab;=\"\\ /\t\xc3\xa9,<>";
  for (int i = 0; i < 2000; ++i) {
    MediaType type{"text/x-y", {}};
    for (auto n = random.below(4); n > 0; --n) {
      std::string value;
      for (auto k = random.below(12); k > 0; --k) value += alphabet[random.below(alphabet.size())];
      type.params.emplace_back("p" + std::to_string(n), value);
    }
    CAPTURE(i, type.to_string());
    const auto again = parse_media_type(type.to_string());
    REQUIRE(again);
    REQUIRE(*again == type);
  }
}

TEST_CASE("MIME headers end at the empty line and leave the content") {
  std::string_view text =
      "Content-Type: text/plain\r\ncontent-length :  5 \nX-Long: one\r\n  "
      "two\r\n\tthree\r\n\r\nbody\r\n\r\nmore";
  const auto headers = take_mime_headers(text);
  REQUIRE(headers);
  REQUIRE(headers->size() == 3);
  CHECK(*find_mime(*headers, "CONTENT-TYPE") == "text/plain");
  CHECK(*find_mime(*headers, "Content-Length") == "5");
  CHECK(*find_mime(*headers, "X-Long") == "one two three");
  CHECK(find_mime(*headers, "X-None") == nullptr);
  CHECK(text == "body\r\n\r\nmore");
}

TEST_CASE("MIME headers without an empty line are all there is") {
  std::string_view text = "A: 1\r\nB:";
  const auto headers = take_mime_headers(text);
  REQUIRE(headers);
  CHECK(*headers == MimeHeaders{{"A", "1"}, {"B", ""}});
  CHECK(text.empty());
  std::string_view none;
  CHECK(take_mime_headers(none)->empty());
}

TEST_CASE("Bad MIME headers are refused") {
  for (const std::string input : {"no colon here\r\n\r\n", " folded first: x\r\n\r\n", ": nameless\r\n\r\n",
                                  "a b: x\r\n\r\n", "A: x\ry\r\n\r\n"}) {
    CAPTURE(input);
    std::string_view text = input;
    const auto headers = take_mime_headers(text);
    REQUIRE_FALSE(headers);
    CHECK(headers.error().code() == Errc::malformed);
  }
  const std::string nul("A: x\0y\r\n\r\n", 10);
  std::string_view text = nul;
  CHECK_FALSE(take_mime_headers(text));
  std::string many;
  for (int i = 0; i < 64; ++i) many += "A: 1\r\n";
  text = many;
  CHECK(take_mime_headers(text)->size() == 64);
  many += "A: 1\r\n";
  text = many;
  CHECK(take_mime_headers(text).error().code() == Errc::too_large);
}

TEST_CASE("Formatted MIME headers can not be made to inject another one") {
  CHECK(format_mime_headers({{"A", "1\r\nEvil: 2"}, {"B\r\nEvil", "3"}, {"", "4"}, {"C", "x\ty"}}) ==
        "A: 1  Evil: 2\r\nC: x\ty\r\n\r\n");
  CHECK(format_mime_headers({}) == "\r\n");
}

TEST_CASE("MIME-3: a part without Content-Type is text/plain in US-ASCII") {
  CHECK(Part{}.media_type()->to_string() == "text/plain;charset=us-ascii");
  CHECK(Part{{{"content-type", "Application/SDP"}}, {}}.media_type()->type == "application/sdp");
  CHECK_FALSE(Part{{{"Content-Type", "nonsense;"}}, {}}.media_type()->param("charset"));
  CHECK(Part{{{"Content-Type", "<>"}}, {}}.media_type().error().code() == Errc::malformed);
}
