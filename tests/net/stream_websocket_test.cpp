// The WebSocket handshake of Streams, its limits and its end, held against plain octets.

#include "net/raw_peer.hpp"
#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using net::Loop;
using node::StreamKind;
using test::lacks;
using Peer = test::StreamPeer;
using test::RawSocket;
using Station = test::StreamStation;

namespace {

std::string handshake(const std::string& path, const std::string& more) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more + "\r\n";
}

node::StreamTarget target(std::uint16_t port, std::string resource) {
  node::StreamTarget to;
  to.kind = StreamKind::ws;
  to.host = "127.0.0.1";
  to.port = port;
  to.resource = std::move(resource);
  return to;
}

bool is_there(std::string_view resource) { return resource == "/session/4711"; }

}  // namespace

TEST_CASE("MSRP-120: the subprotocol msrp is offered and answered, and nobody gets in without it") {
  Loop loop;
  Station bob(loop);
  const auto port = bob.listen(StreamKind::ws, is_there).port;
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(port));
  SECTION("offered among others") {
    REQUIRE(peer.send(handshake("/session/4711", "Sec-WebSocket-Protocol: chat, msrp\r\n")));
    REQUIRE(loop.run_until([&] { return peer.has("\r\n\r\n"); }, 20s));
    CHECK(lacks(peer.received(),
                {"HTTP/1.1 101", "Sec-WebSocket-Protocol: msrp\r\n", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}) == "");
    REQUIRE(loop.run_until([&] { return bob.guest() != nullptr; }, 20s));
    CHECK(bob.guest()->as.port == port);
  }
  SECTION("not offered") {
    REQUIRE(peer.send(handshake("/session/4711", "")));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 20s));
    CHECK(lacks(peer.received(), {"HTTP/1.1 400", "Sec-WebSocket-Protocol: msrp"}) == "");
    CHECK(bob.peers.empty());
  }
  SECTION("another is offered") {
    REQUIRE(peer.send(handshake("/session/4711", "Sec-WebSocket-Protocol: sip\r\n")));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 20s));
    CHECK(lacks(peer.received(), {"HTTP/1.1 400"}) == "");
    CHECK(bob.peers.empty());
  }
  SECTION("no WebSocket at all") {
    REQUIRE(peer.send("GET /session/4711 HTTP/1.1\r\nHost: x\r\n\r\n"));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 20s));
    CHECK(lacks(peer.received(), {"HTTP/1.1 400"}) == "");
    CHECK(bob.peers.empty());
  }
  SECTION("a request without end") {
    REQUIRE(peer.send("GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x')));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 20s));
    CHECK(bob.peers.empty());
  }
}

TEST_CASE("MSRP-145: other resources get 404 and no upgrade") {
  Loop loop;
  Station bob(loop);
  Station alice(loop);
  const auto port = bob.listen(StreamKind::ws, is_there).port;
  const Peer& wrong = alice.dial(target(port, "/session/4712"));
  const Peer& query = alice.dial(target(port, "/session/4711?x=1"));
  const Peer& right = alice.dial(target(port, "/session/4711"));
  REQUIRE(loop.run_until([&] { return wrong.closed && query.closed && right.opened; }, 20s));
  CHECK(lacks(wrong.why, {"ws 127.0.0.1:" + std::to_string(port), "HTTP 404", "\"/session/4712\"",
                          "expected 101"}) == "");
  CHECK_FALSE(query.opened);
  CHECK(bob.peers.size() == 1);
}

TEST_CASE("MSRP-120: a server that chooses no subprotocol, or another, is left") {
  Loop loop;
  net::StreamsOptions other;
  other.subprotocol = "sip";
  Station bob(loop, other);
  Station alice(loop);
  const Peer& line = alice.dial(target(bob.listen(StreamKind::ws).port, "/"));
  REQUIRE(loop.run_until([&] { return line.closed; }, 20s));
  CHECK(lacks(line.why, {"HTTP 400"}) == "");

  RawSocket server(SOCK_STREAM);
  const auto port = server.bind();
  server.listen();
  const Peer& silent = alice.dial(target(port, "/"));
  REQUIRE(loop.run_until([&] { return server.accept(); }, 20s));
  REQUIRE(loop.run_until([&] { return server.has("\r\n\r\n"); }, 20s));
  CHECK(lacks(server.received(), {"Sec-WebSocket-Protocol: msrp\r\n"}) == "");
  REQUIRE(
      server.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return silent.closed; }, 20s));
  CHECK_FALSE(silent.opened);
}

TEST_CASE("a message that is too big ends the WebSocket, and is not handed on in part") {
  Loop loop;
  net::StreamsOptions small;
  small.limits.message_bytes = 10'000;
  Station bob(loop, small);
  Station alice(loop);
  const Peer& line = alice.dial(target(bob.listen(StreamKind::ws).port, "/"));
  alice.write(alice.last, std::string(10'000, 'a'));
  REQUIRE(loop.run_until([&] { return bob.guest() != nullptr && bob.guest()->pieces.size() == 1; }, 20s));
  alice.write(alice.last, std::string(10'001, 'a'));
  REQUIRE(loop.run_until([&] { return line.closed && bob.guest()->closed; }, 20s));
  CHECK(bob.guest()->pieces.size() == 1);
  CHECK(lacks(line.why, {"1009"}) == "");
}

TEST_CASE("MSRP-125: an idle WebSocket is kept alive by pings, and a dead one is found") {
  Loop loop;
  net::StreamsOptions brisk;
  brisk.limits.ping_time = 50ms;
  Station bob(loop, brisk);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(bob.listen(StreamKind::ws).port));
  REQUIRE(peer.send(handshake("/", "Sec-WebSocket-Protocol: msrp\r\n")));
  const std::string ping("\x89\x00", 2);
  REQUIRE(loop.run_until([&] { return peer.has("\r\n\r\n" + ping); }, 20s));
  SECTION("answered") {
    for (int pings = 1; pings < 5; ++pings) {
      REQUIRE(peer.send(std::string("\x8A\x80\0\0\0\0", 6)));
      REQUIRE(loop.run_until([&] { return peer.count(ping) > pings; }, 20s));
    }
    CHECK_FALSE(bob.guest()->closed);
  }
  SECTION("not answered") {
    REQUIRE(loop.run_until([&] { return bob.guest()->closed; }, 20s));
    CHECK(lacks(bob.guest()->why, {"ping"}) == "");
  }
}
