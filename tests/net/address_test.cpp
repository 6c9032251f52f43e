#include "net/address.hpp"

#include "support/catch.hpp"

using rcs::net::Address;
using rcs::net::parse_address;

TEST_CASE("an address is read as users write it") {
  const auto check = [](const char* text, const char* host, int port) {
    CAPTURE(text);
    const auto address = parse_address(text, 5060);
    REQUIRE(address);
    CHECK(address->host == host);
    CHECK(address->port == port);
  };
  check("127.0.0.1:8080", "127.0.0.1", 8080);
  check("127.0.0.1", "127.0.0.1", 5060);
  check("[::1]:0", "::1", 0);
  check("[2001:db8::7]", "2001:db8::7", 5060);
  check(":8080", "127.0.0.1", 8080);
  check("localhost:8080", "localhost", 8080);
  check("core-1.example.test", "core-1.example.test", 5060);
  check("0.0.0.0:65535", "0.0.0.0", 65535);
}

TEST_CASE("a malformed address says what was expected") {
  for (const char* text :
       {"", ":", "8080", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536", "1.2.3.4:-1", "::1", "::1:80", "[::1",
        "[::1]80", "[::g]:1", "[]:1", "a b:1", "host:1:2", "1.2.3.4:80 ", "\x01:5", "[127.0.0.1]:5"}) {
    CAPTURE(text);
    const auto address = parse_address(text);
    REQUIRE_FALSE(address);
    CHECK(address.error().code() == rcs::core::Errc::malformed);
    CHECK(address.error().detail().size() > 10);
  }
}

TEST_CASE("an address writes what it reads") {
  CHECK(Address{"::1", 5070}.to_string() == "[::1]:5070");
  CHECK(Address{"10.0.0.1", 1}.to_string() == "10.0.0.1:1");
  CHECK(parse_address(Address{"::1", 5070}.to_string())->host == "::1");
}

TEST_CASE("loopback is told from the rest of the world") {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"})
    CHECK(Address{host, 1}.is_loopback());
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "localhost.example.test", "128.0.0.1", ""}) {
    CHECK_FALSE(Address{host, 1}.is_loopback());
  }
}
