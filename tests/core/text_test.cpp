#include "core/text.hpp"

#include "core/random.hpp"
#include "core/web.hpp"
#include "support/catch.hpp"

using namespace rcs::core;

TEST_CASE("Comparing without case is for ASCII letters only") {
  CHECK(iequals("Content-Type", "cONTENT-tYPE"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK_FALSE(iequals("[", "{"));
  CHECK_FALSE(iequals("\xc3\x89", "\xc3\xa9"));
  CHECK(istarts_with("Content-Type", "content-"));
  CHECK(istarts_with("x", ""));
  CHECK_FALSE(istarts_with("con", "content-"));
  CHECK(to_lower("AZ@[\xc3\x89") == "az@[\xc3\x89");
}

TEST_CASE("trim takes blanks and tabs from both ends, nothing else") {
  CHECK(trim(" \t a b\t ") == "a b");
  CHECK(trim(" \t ").empty());
  CHECK(trim("").empty());
  CHECK(trim("\r\nx\n") == "\r\nx\n");
}

TEST_CASE("split keeps empty pieces") {
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split(",a,,b", ',') == std::vector<std::string_view>{"", "a", "", "b"});
  CHECK(split("a,", ',') == std::vector<std::string_view>{"a", ""});
  CHECK(split_once("a:b:c", ':') == std::pair<std::string_view, std::string_view>("a", "b:c"));
  CHECK(split_once(":", ':') == std::pair<std::string_view, std::string_view>("", ""));
  CHECK_FALSE(split_once("abc", ':'));
}

TEST_CASE("Numbers are all digits and fit") {
  CHECK(parse_u64("0") == 0U);
  CHECK(parse_u64("007") == 7U);
  CHECK(parse_u64("18446744073709551615") == 18446744073709551615ULL);
  for (const auto* text : {"", "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x1",
                           "1.0", "\xd9\xa1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_u64(text));
  }
  CHECK(parse_u32("65535", 65535) == 65535U);
  CHECK_FALSE(parse_u32("65536", 65535));
  CHECK(parse_u32("4294967295") == 4294967295U);
  CHECK_FALSE(parse_u32("4294967296"));
}

TEST_CASE("UTF-8 is well formed or is not") {
  for (const std::string text :
       {"", "abc", "\xc3\xa9", "\xed\x95\x9c", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  CHECK(is_utf8(std::string(1, '\0')));
  for (const std::string text : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                                 "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                 "\xff", "\xe2\x82", "\xe2\x82x", "\xf0\x9f\x98", "a\xc3\x28"}) {
    CAPTURE(quoted(text));
    CHECK_FALSE(is_utf8(text));
    CHECK_FALSE(is_utf8("ok" + text));
  }
}

TEST_CASE("Controls and tokens") {
  CHECK(has_control("a\tb"));
  CHECK(has_control("\x7f"));
  CHECK(has_control(std::string("\0", 1)));
  CHECK_FALSE(has_control("abc \xc3\xa9"));
  CHECK(is_token("-.!%*_+`'~aZ09"));
  for (const std::string text : {"", "a b", "a;b", "a\"", "a\xc3\xa9", "a/b", "a@b"})
    CHECK_FALSE(is_token(text));
  CHECK_FALSE(is_token(std::string("a\0", 2)));
}

TEST_CASE("Percent coding") {
  CHECK(percent_encode("a-._~ /\xc3\xa9%") == "a-._~%20%2F%C3%A9%25");
  CHECK(percent_encode("a/b:c", "/:") == "a/b:c");
  CHECK(percent_encode(std::string(1, '\0')) == "%00");
  CHECK(*percent_decode("%41%7e%7E%00+") == std::string("A~~\0+", 5));
  CHECK(*percent_decode("").operator->() == "");
  for (const auto* text : {"%", "%4", "%4g", "%g4", "a%", "%%41"}) {
    CAPTURE(text);
    CHECK(percent_decode(text).error().code() == Errc::malformed);
  }
}

TEST_CASE("Percent coding of any octets comes back") {
  Random random(6);
  for (int i = 0; i < 1000; ++i) {
    std::string octets;
    for (auto n = random.below(20); n > 0; --n) octets += static_cast<char>(random.below(256));
    REQUIRE(*percent_decode(percent_encode(octets)) == octets);
  }
}

TEST_CASE("base64 and hexadecimal") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) CHECK(base64_encode(plain) == coded);
  CHECK(base64_encode("\xff\xff\xfe") == "///+");
  CHECK(hex_encode(std::string("\0\x7f\xff", 3)) == "007fff");
}

TEST_CASE("quoted shows foreign bytes without acting on them") {
  CHECK(quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(quoted("a\r\nb\x1b[0m\x7f") == "\"a\\r\\nb\\x1b[0m\\x7f\"");
  CHECK(quoted("\xc3\xa9") == "\"\xc3\xa9\"");
  CHECK(quoted("\xc3\xa9\xff") == "\"\\xc3\\xa9\\xff\"");
  CHECK(quoted("abcdef", 3) == "\"abc...\"");
  CHECK(quoted("abc", 3) == "\"abc\"");
}

TEST_CASE("quoted cuts between characters, not in one") {
  CHECK(quoted("ab\xc3\xa9", 3) == "\"ab...\"");
  CHECK(quoted("ab\xc3\xa9z", 4) == "\"ab\xc3\xa9...\"");
  CHECK(quoted("a\xf0\x9f\x98\x80z", 5) == "\"a\xf0\x9f\x98\x80...\"");
  CHECK(quoted("a\xf0\x9f\x98\x80z", 4) == "\"a...\"");
}

TEST_CASE("Web headers compare without case, the first one counts") {
  const WebHeaders headers = {{"X-One", "1"}, {"x-one", "2"}};
  REQUIRE(find_header(headers, "X-ONE"));
  CHECK(*find_header(headers, "X-ONE") == "1");
  CHECK(find_header(headers, "X-Two") == nullptr);
  CHECK(web_reason(404) == "Not Found");
  CHECK(web_reason(799) == "Unknown");
}
