#include "http/url.hpp"

#include "support/catch.hpp"

using rcs::http::parse_url;

TEST_CASE("a URL is read into host, port and target") {
  const auto check = [](const char* text, const char* host, int port, const char* target) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE(url);
    CHECK(url->host == host);
    CHECK(url->port == port);
    CHECK(url->target == target);
  };
  check("http://127.0.0.1:8080/1.0/RCS/0101/Chat?limit=5", "127.0.0.1", 8080, "/1.0/RCS/0101/Chat?limit=5");
  check("HTTP://example.test", "example.test", 80, "/");
  check("http://example.test?a=b", "example.test", 80, "/?a=b");
  check("ws://[::1]:90/events#here", "::1", 90, "/events");
  check("http://[2001:db8::1]/x", "2001:db8::1", 80, "/x");
}

TEST_CASE("a URL we do not take says what is wrong") {
  for (const char* text : {"", "http:/x", "localhost:8080", "http://", "http:///x", "http://h:0/",
                           "http://h:99999/", "http://h:/", "http://u@h/", "http://[::1", "http://[zz]/",
                           "http://h/a b", "http://h/\x01", "http://h\r\nX: y/", "http://h/\xc3\xa9"}) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code() == rcs::core::Errc::malformed);
  }
  const auto secure = parse_url("https://example.test/");
  REQUIRE_FALSE(secure);
  CHECK(secure.error().code() == rcs::core::Errc::unsupported);
}

TEST_CASE("the authority leaves the default port out") {
  CHECK(parse_url("http://h:80/")->authority() == "h");
  CHECK(parse_url("http://h:81/")->authority() == "h:81");
  CHECK(parse_url("http://[::1]:81/")->authority() == "[::1]:81");
}
