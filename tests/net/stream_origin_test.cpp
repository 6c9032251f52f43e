// Whose pages may open a WebSocket with their reader's browser.

#include "net/raw_peer.hpp"
#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using test::lacks;

namespace {

std::string handshake(const std::string& more) {
  return "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: msrp\r\n" +
         more + "\r\n";
}

/// The status of the answer to a handshake with these lines, at a place that takes these origins.
std::string answered(std::vector<std::string> origins, const std::string& lines) {
  net::Loop loop;
  test::StreamStation bob(loop);
  net::StreamListen what;
  what.kind = node::StreamKind::ws;
  what.origins = std::move(origins);
  const auto at = bob.streams.listen(what);
  REQUIRE(at);
  test::RawSocket browser(SOCK_STREAM);
  REQUIRE(browser.connect(at->port));
  REQUIRE(browser.send(handshake(lines)));
  const bool refused = [&] {
    REQUIRE(loop.run_until([&] { return browser.closed() || bob.guest() != nullptr; }, 20s));
    return bob.guest() == nullptr;
  }();
  REQUIRE(loop.run_until([&] { return browser.has("\r\n\r\n"); }, 20s));
  const auto status = browser.received().substr(9, 3);
  CHECK(refused == (status != "101"));
  if (refused) CHECK(lacks(browser.received(), {"pages of ", " are not allowed here"}) == "");
  return status;
}

}  // namespace

TEST_CASE("MSRP-126: a browser is taken with pages of the origins that are listed, and with no others") {
  const std::vector<std::string> listed = {"https://app.example", "https://test.example:8443"};
  CHECK(answered(listed, "Origin: https://app.example\r\n") == "101");
  CHECK(answered(listed, "Origin: HTTPS://APP.example\r\n") == "101");
  CHECK(answered(listed, "Origin: https://test.example:8443\r\n") == "101");
  for (const auto* origin : {"http://app.example", "https://app.example:8443",
                             "https://app.example.evil.example", "https://evil.example", "null", ""}) {
    CAPTURE(origin);
    CHECK(answered(listed, "Origin: " + std::string(origin) + "\r\n") == "403");
  }
}

TEST_CASE("MSRP-126: without a list no page is taken, not even of the place itself, with `*` every one") {
  CHECK(answered({}, "Origin: https://app.example\r\n") == "403");
  CHECK(answered({}, "Origin: http://127.0.0.1\r\n") == "403");
  CHECK(answered({"*"}, "Origin: https://app.example\r\n") == "101");
  CHECK(answered({"*"}, "Origin: null\r\n") == "101");
}

TEST_CASE("MSRP-126: who names no origin is no browser, and is taken") {
  CHECK(answered({}, "") == "101");
  CHECK(answered({"https://app.example"}, "Cookie: a=b\r\n") == "101");
}
