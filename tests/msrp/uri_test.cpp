#include "msrp/uri.hpp"

#include <set>

#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;

namespace {

Uri parse(const std::string& text) {
  const auto uri = parse_uri(text);
  INFO(text);
  REQUIRE(uri);
  return *uri;
}

bool equal(const std::string& a, const std::string& b) {
  const bool forth = equivalent(parse(a), parse(b));
  CHECK(equivalent(parse(b), parse(a)) == forth);
  return forth;
}

}  // namespace

TEST_CASE(
    "MSRP-20: a URI has a scheme, perhaps a user, a host, a port, a session id, a transport, parameters") {
  const auto uri = parse("msrps://alice:x@a.example:2855/s/1+=~;tcp;x=1;y");
  CHECK(uri.secure);
  CHECK(uri.userinfo == "alice:x");
  CHECK(uri.host == "a.example");
  CHECK(uri.port == 2855);
  CHECK(uri.session_id == "s/1+=~");
  CHECK(uri.transport == "tcp");
  CHECK(uri.parameters == ";x=1;y");
  for (const std::string text : {"msrp://a.example:2/s;tcp", "msrps://u@[2001:db8::1]:0/s;ws;a;b=c",
                                 "msrp://a.example;tcp", "msrp://127.0.0.1:65535/x;tcp"}) {
    CHECK(parse(text).to_string() == text);
  }
  CHECK(parse("MSRP://a.example:2/s;TCP").to_string() == "msrp://a.example:2/s;TCP");
}

TEST_CASE("MSRP-20: what is no URI is refused") {
  for (const std::string text : {"",
                                 "msrp:",
                                 "msrp://",
                                 "sip://a:1/s;tcp",
                                 "msrp://a:1/s",
                                 "msrp://a:1/s;",
                                 "msrp://a:1/;tcp",
                                 "msrp://:1/s;tcp",
                                 "msrp://a:/s;tcp",
                                 "msrp://a:65536/s;tcp",
                                 "msrp://a:x/s;tcp",
                                 "msrp://@a:1/s;tcp",
                                 "msrp://a b:1/s;tcp",
                                 "msrp://a:1/s s;tcp",
                                 "msrp://a:1/s%41;tcp",
                                 "msrp://[::1/s;tcp",
                                 "msrp://[x]:1/s;tcp",
                                 "msrp://[::1]x:1/s;tcp",
                                 "msrp://a%4:1/s;tcp",
                                 "msrp://a:1/s;t-p",
                                 "msrp://a:1/s;tcp;",
                                 "msrp://a:1/s;tcp;=x",
                                 "msrp://a:1/s;tcp;x=",
                                 "msrp://a:1/s;tcp\r\n",
                                 "msrp://a:1:2/s;tcp",
                                 "msrp://a\"b:1/s;tcp"}) {
    CAPTURE(text);
    const auto uri = parse_uri(text);
    CHECK_FALSE(uri);
    if (!uri) CHECK(uri.error().code() == Errc::malformed);
  }
  CHECK(parse_uri("msrp://a:1/" + std::string(kMaxUriOctets, 's') + ";tcp").error().code() ==
        Errc::too_large);
}

TEST_CASE("MSRP-20: equal URIs") {
  CHECK(equal("msrp://a.example:1/s;tcp", "MSRP://A.Example:1/s;TCP"));
  CHECK(equal("msrp://u@a.example:1/s;tcp", "msrp://v:w@a.example:1/s;tcp"));
  CHECK(equal("msrp://a.example:1/s;tcp", "msrp://a.example:01/s;tcp"));
  CHECK(equal("msrp://a.example:1/s;tcp;x=1", "msrp://a.example:1/s;tcp;y"));
  CHECK(equal("msrp://[2001:DB8:0::1]:1/s;tcp", "msrp://[2001:db8::0:1]:1/s;tcp"));
  CHECK(equal("msrp://%61.ex%61mple:1/s;tcp", "msrp://a.example:1/s;tcp"));
  CHECK(equal("msrp://%41.example:1/s;tcp", "msrp://a.example:1/s;tcp"));
  CHECK(equal("msrp://a%2fb:1/s;tcp", "msrp://a%2Fb:1/s;tcp"));
  CHECK(equal("msrp://a.example;tcp", "msrp://a.example;tcp"));
}

TEST_CASE("MSRP-20: different URIs") {
  CHECK_FALSE(equal("msrp://a.example:1/s;tcp", "msrps://a.example:1/s;tcp"));
  CHECK_FALSE(equal("msrp://a.example:1/s;tcp", "msrp://b.example:1/s;tcp"));
  CHECK_FALSE(equal("msrp://a.example:1/s;tcp", "msrp://a.example:2/s;tcp"));
  CHECK_FALSE(equal("msrp://a.example:2855/s;tcp", "msrp://a.example/s;tcp"));
  CHECK_FALSE(equal("msrp://a.example:1/s;tcp", "msrp://a.example:1/S;tcp"));
  CHECK_FALSE(equal("msrp://a.example:1/s;tcp", "msrp://a.example:1;tcp"));
  CHECK_FALSE(equal("msrp://a.example:1/a/../s;tcp", "msrp://a.example:1/s;tcp"));
  CHECK_FALSE(equal("msrp://a.example:1/s;tcp", "msrp://a.example:1/s;ws"));
  CHECK_FALSE(equal("msrp://a%2Fb:1/s;tcp", "msrp://a%2Eb:1/s;tcp"));
  CHECK_FALSE(equal("msrp://127.0.0.1:1/s;tcp", "msrp://127.0.0.2:1/s;tcp"));
  CHECK_FALSE(equal("msrp://127.0.0.1:1/s;tcp", "msrp://[::ffff:127.0.0.1]:1/s;tcp"));
}

TEST_CASE("MSRP-21: an address needs a port, and every URI in SDP does") {
  CHECK_FALSE(parse_uri("msrp://127.0.0.1/s;tcp"));
  CHECK_FALSE(parse_uri("msrp://[::1]/s;tcp"));
  CHECK(parse_uri("msrp://a.example/s;tcp"));
  CHECK(parse_sdp_path("msrp://a.example:1/s;tcp msrp://b.example:2/t;tcp"));
  const auto refused = parse_sdp_path("msrp://a.example:1/s;tcp msrp://b.example/t;tcp");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail() == "MSRP path in SDP: expected a port in \"msrp://b.example/t;tcp\"");
}

TEST_CASE("MSRP-22: msrps is secure, msrp is not") {
  CHECK(parse("msrps://a:1/s;tcp").secure);
  CHECK(parse("MSRPS://a:1/s;tcp").secure);
  CHECK_FALSE(parse("msrp://a:1/s;tcp").secure);
}

TEST_CASE("MSRP-23: a session id has more than 80 bits and fits a URI") {
  rcs::core::Random random(1);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const auto id = new_session_id(random);
    CHECK(id.size() >= 16);  // of 36 characters: 82 bits
    CHECK(parse("msrp://a:1/" + id + ";tcp").session_id == id);
    ids.insert(id);
  }
  CHECK(ids.size() == 1000);
}

TEST_CASE("MSRP-24: unknown transports are fine in a path") {
  const auto path = parse_path("msrps://r.example:1/a;quic msrps://x.invalid:2/b;wss");
  REQUIRE(path);
  REQUIRE(path->size() == 2);
  CHECK((*path)[0].transport == "quic");
  CHECK(format_path(*path) == "msrps://r.example:1/a;quic msrps://x.invalid:2/b;wss");
}

TEST_CASE("MSRP-20: a path is one to sixteen URIs") {
  CHECK(parse_path("  msrp://a:1/s;tcp \t msrp://b:1/s;tcp ")->size() == 2);
  CHECK(parse_path("").error().code() == Errc::malformed);
  CHECK(parse_path(" ").error().code() == Errc::malformed);
  CHECK(parse_path("msrp://a:1/s;tcp,msrp://b:1/s;tcp").error().code() == Errc::malformed);
  std::string many;
  for (std::size_t i = 0; i < kMaxPathUris; ++i) many += "msrp://a:1/s;tcp ";
  CHECK(parse_path(many)->size() == kMaxPathUris);
  CHECK(parse_path(many + "msrp://a:1/s;tcp").error().code() == Errc::too_large);
}
