#include "msrp/characters.hpp"

#include <string>

#include "support/catch.hpp"

using namespace rcs::msrp;

TEST_CASE("MSRP-1: the characters of an id") {
  for (int c = 0; c < 256; ++c) {
    CAPTURE(c);
    const auto character = static_cast<char>(c);
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool mark = c == '.' || c == '-' || c == '+' || c == '%' || c == '=';
    CHECK(is_ident(std::string("abc") + character) == (alnum || mark));
    CHECK(is_ident(character + std::string("abc")) == alnum);
  }
  CHECK_FALSE(is_ident(""));
  CHECK_FALSE(is_ident("abc"));
  CHECK(is_ident(std::string(32, 'a')));
  CHECK_FALSE(is_ident(std::string(33, 'a')));
}

TEST_CASE("MSRP-3: a control character is found wherever it stands, and nothing else is taken for one") {
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, at % 2 == 0 ? 'x' : '\xff');
        text[at] = static_cast<char>(c);
        const bool control = (c < 32 && c != '\t') || c == 127;
        if (has_control(text) != control) FAIL("octet " << c << " at " << at << " of " << size);
      }
    }
  }
  CHECK(has_control("\tabcdef\n"));
  CHECK_FALSE(has_control(""));
}
