// What Tls is made of: certificates of files and of its own.

#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using net::Loop;
using net::Tls;
using net::TlsOptions;
using node::StreamKind;
using test::lacks;
using test::StreamStation;

TEST_CASE("a certificate that was made is new each time and bears the name") {
  TlsOptions options;
  options.name = GENERATE(as<std::string>(), "localhost", "127.0.0.1", "::1", "chat.example.com");
  const auto one = Tls::make(options);
  const auto two = Tls::make(options);
  REQUIRE(one);
  REQUIRE(two);
  CHECK((*one)->certificate() != (*two)->certificate());
  const bool address = options.name.find_first_not_of("0123456789.:") == std::string::npos;
  if (!address) CHECK((*one)->certificate().find(options.name) != std::string::npos);
}

TEST_CASE("a name that would be more than one is no name for a certificate") {
  TlsOptions options;
  options.name = GENERATE(as<std::string>(), "a,DNS:b", "a b", "a\nb", "");
  const auto made = Tls::make(options);
  REQUIRE_FALSE(made);
  CHECK(lacks(made.error().detail(), {"certificate for"}) == "");
}

TEST_CASE("files that are no certificates, no keys or no authorities are named") {
  const std::string good = test::tls_file("localhost");
  const std::string other = test::tls_file("other");
  const std::string text = std::string(RCS_SOURCE_DIR) + "/CMakeLists.txt";
  TlsOptions options;
  std::string wish;
  SECTION("no file") {
    options.certificate = "/no/such/file.pem";
    wish = "/no/such/file.pem: expected a certificate in PEM: No such file";
  }
  SECTION("no certificate") {
    options.certificate = text;
    wish = text + ": expected a certificate in PEM";
  }
  SECTION("the key of another") {
    options.certificate = good;
    options.key = other;
    wish = other + ": expected the private key of that certificate";
  }
  SECTION("no authorities") {
    options.authorities = text;
    wish = text + ": expected certificates of authorities";
  }
  const auto made = Tls::make(options);
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == core::Errc::malformed);
  CHECK(lacks(made.error().detail(), {wish}) == "");
}

TEST_CASE("MSRP-90: both ends see the certificate of the other, whoever made it") {
  const auto kind = GENERATE(StreamKind::tls, StreamKind::wss);
  Loop loop;
  net::StreamsOptions mine;
  mine.tls = *Tls::make({});
  net::StreamsOptions yours;
  yours.tls = *Tls::make({});
  StreamStation alice(loop, mine);
  StreamStation bob(loop, yours);
  node::StreamTarget to;
  to.kind = kind;
  to.host = "127.0.0.1";
  to.port = bob.listen(kind).port;
  to.check_authority = false;
  const auto& line = alice.dial(to);
  REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 20s));
  CHECK(line.certificate == yours.tls->certificate());
  CHECK(bob.guest()->certificate == mine.tls->certificate());
}
