#include "trace/escape.hpp"

#include <string>

#include "core/random.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

using rcs::trace::character_count;
using rcs::trace::character_length;
using rcs::trace::json_string;
using rcs::trace::line_text;
using rcs::trace::xml_text;

namespace {

constexpr auto kReplacement = "\xEF\xBF\xBD";

std::string random_octets(rcs::core::Random& random) {
  std::string out(random.below(40), '\0');
  for (auto& c : out) c = static_cast<char>(random.below(3) == 0 ? random.below(128) : random.below(256));
  return out;
}

}  // namespace

TEST_CASE("characters are told apart, and what is no UTF-8 is found") {
  CHECK(character_length("a") == 1);
  CHECK(character_length("\xC3\xA9x") == 2);
  CHECK(character_length("\xED\x95\x9C") == 3);
  CHECK(character_length("\xF0\x9F\x98\x80") == 4);
  for (const auto* bad :
       {"", "\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF8\x88\x80\x80", "\xF4\x90\x80\x80"})
    CHECK(character_length(bad) == 0);
  CHECK(character_count("h\xC3\xA9\xFF!") == 4);
}

TEST_CASE("JSON strings escape what they must and what would end a script") {
  CHECK(json_string("a\"\\\n\r\t\x01\x7f/") == "\"a\\\"\\\\\\n\\r\\t\\u0001\\u007f/\"");
  CHECK(json_string("\xE2\x80\xA8\xE2\x80\xA9") == "\"\\u2028\\u2029\"");
  CHECK(json_string(std::string("\0", 1)) == "\"\\u0000\"");
  CHECK(json_string("\xED\x95\x9C") == "\"\xED\x95\x9C\"");
}

TEST_CASE("XML text holds no markup and nothing XML forbids") {
  CHECK(xml_text("</text><script x='\"'>&") == "&lt;/text&gt;&lt;script x=&#39;&quot;&#39;&gt;&amp;");
  CHECK(xml_text("a\nb\t\x1b[31m") == std::string("a\nb\t") + kReplacement + "[31m");
  CHECK(xml_text("\xEF\xBF\xBF") == kReplacement);
}

TEST_CASE("a line for a terminal holds no escape sequence and turns no order around") {
  CHECK(line_text("a\x1b[31mb\nc", 20) == std::string("a") + kReplacement + "[31mb" + kReplacement + "c");
  CHECK(line_text("\xC2\x9B"
                  "31m",
                  20) == std::string(kReplacement) + "31m");
  CHECK(line_text("x\xE2\x80\xAEy", 20) == std::string("x") + kReplacement + "y");
  CHECK(line_text("\xE2\x80\xA6", 20) == "\xE2\x80\xA6");  // an ellipsis is no control
}

TEST_CASE("a line is cut at a character and says so") {
  CHECK(line_text("abcd", 4) == "abcd");
  CHECK(line_text("abcde", 4) == "abc~");
  CHECK(line_text("\xC3\xA9\xC3\xA9\xC3\xA9", 2) == "\xC3\xA9~");
  CHECK(line_text("abc", 0).empty());
}

TEST_CASE("whatever octets come in, what goes out is UTF-8 without controls") {
  rcs::core::Random random(11);
  for (int i = 0; i < 5000; ++i) {
    const auto octets = random_octets(random);
    CAPTURE(rcs::core::quoted(octets));
    const auto json = json_string(octets);
    CHECK(rcs::core::is_utf8(json));
    CHECK_FALSE(rcs::core::has_control(json));
    CHECK(rcs::core::is_utf8(xml_text(octets)));
    CHECK(xml_text(octets).find_first_of("<>\"'") == std::string::npos);
    const auto line = line_text(octets, 10);
    CHECK(rcs::core::is_utf8(line));
    CHECK_FALSE(rcs::core::has_control(line));
    CHECK(character_count(line) <= 10);
  }
}
