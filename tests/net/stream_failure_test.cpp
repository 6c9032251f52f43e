// Connections that do not come about, or end.

#include <boost/asio/io_context.hpp>

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

node::StreamTarget target(StreamKind kind, std::uint16_t port, std::string host = "localhost") {
  node::StreamTarget to;
  to.kind = kind;
  to.host = std::move(host);
  to.port = port;
  return to;
}

net::StreamsOptions bearing(const std::string& certificate, const std::string& trusted) {
  net::StreamsOptions options;
  options.tls = test::tls_of(certificate, trusted);
  return options;
}

net::StreamsOptions self_signed() {
  net::StreamsOptions options;
  options.tls = *net::Tls::make({});
  return options;
}

/// Why a dial failed.
std::string refusal(Loop& loop, Station& from, node::StreamTarget to) {
  const Peer& line = from.dial(std::move(to));
  REQUIRE(loop.run_until([&] { return line.closed; }, 30s));
  CHECK_FALSE(line.opened);
  return line.why;
}

}  // namespace

TEST_CASE("a refused dial names the place and the reason") {
  const auto kind = GENERATE(StreamKind::tcp, StreamKind::tls, StreamKind::ws, StreamKind::wss);
  Loop loop;
  Station alice(loop, self_signed());
  std::uint16_t dead = 0;
  {
    RawSocket gone(SOCK_STREAM);
    dead = gone.bind();
  }
  CHECK(lacks(refusal(loop, alice, target(kind, dead, "127.0.0.1")),
              {"127.0.0.1:" + std::to_string(dead) + ": Connection refused"}) == "");
  CHECK(alice.streams.connections() == 0);
}

TEST_CASE("MSRP-25: every address of a name is tried in turn") {
  // localhost is ::1 and 127.0.0.1 here or there; the listener has only the second.
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  const Peer& line = alice.dial(target(StreamKind::tcp, bob.listen(StreamKind::tcp).port));
  REQUIRE(loop.run_until([&] { return line.opened; }, 30s));
  const std::string why = refusal(loop, alice, target(StreamKind::tcp, 9, "no.such.host.invalid"));
  CHECK(lacks(why, {"tcp no.such.host.invalid:9: ", "not found"}) == "");
}

TEST_CASE("MSRP-90: a certificate has to bear the name that was dialled, from a trusted authority") {
  const auto kind = GENERATE(StreamKind::tls, StreamKind::wss);
  Loop loop;
  Station other(loop, bearing("other", "other"));
  const std::uint16_t port = other.listen(kind).port;
  SECTION("another name") {
    Station alice(loop, bearing("localhost", "other"));
    const std::string why = refusal(loop, alice, target(kind, port));
    CHECK(lacks(why, {"localhost:" + std::to_string(port), "its certificate: hostname mismatch",
                      "expected one that bears the name localhost"}) == "");
  }
  SECTION("another address") {
    Station alice(loop, bearing("localhost", "other"));
    CHECK(lacks(refusal(loop, alice, target(kind, port, "127.0.0.1")), {"IP address mismatch"}) == "");
  }
  SECTION("an authority that is not trusted") {
    Station alice(loop, bearing("localhost", "localhost"));
    CHECK(lacks(refusal(loop, alice, target(kind, port)),
                {"its certificate: self-signed certificate", "trusted authority"}) == "");
  }
  SECTION("whoever answers is taken where the node looks itself") {
    Station alice(loop, self_signed());
    auto to = target(kind, port);
    to.check_authority = false;
    const Peer& line = alice.dial(to);
    REQUIRE(loop.run_until([&] { return line.opened && other.guest() != nullptr; }, 30s));
    CHECK(line.certificate == test::tls_of("other", "other")->certificate());
    CHECK_FALSE(other.guest()->certificate.empty());
  }
  SECTION("its own name") {
    Station bob(loop, bearing("localhost", "localhost"));
    Station alice(loop, bearing("other", "localhost"));
    const Peer& line = alice.dial(target(kind, bob.listen(kind).port));
    REQUIRE(loop.run_until([&] { return line.opened; }, 30s));
  }
  CHECK(other.peers.size() <= 1);
}

TEST_CASE("MSRP-90: a certificate that was made at the start is refused by who asks for an authority") {
  Loop loop;
  Station bob(loop, self_signed());
  Station alice(loop, self_signed());
  const auto port = bob.listen(StreamKind::tls).port;
  CHECK(lacks(refusal(loop, alice, target(StreamKind::tls, port)), {"self-signed certificate"}) == "");
  CHECK(bob.peers.empty());
}

TEST_CASE("a client without a certificate is taken, and one that speaks no TLS is not told of") {
  Loop loop;
  auto options = self_signed();
  options.limits.greet_time = 200ms;
  Station bob(loop, options);
  const auto port = bob.listen(StreamKind::tls).port;
  RawSocket plain(SOCK_STREAM);
  REQUIRE(plain.connect(port));
  SECTION("it says something else") { REQUIRE(plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); }
  SECTION("it says nothing") {}
  REQUIRE(loop.run_until([&] { return plain.closed(); }, 30s));
  CHECK(bob.peers.empty());
  CHECK(bob.streams.connections() == 0);
}

TEST_CASE("TLS where it is not set up") {
  Loop loop;
  Station alice(loop);
  CHECK(lacks(refusal(loop, alice, target(StreamKind::tls, 9, "127.0.0.1")),
              {"tls 127.0.0.1:9: TLS is not set up"}) == "");
  net::StreamListen what;
  what.kind = StreamKind::wss;
  const auto refused = alice.streams.listen(what);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == core::Errc::unsupported);
}

TEST_CASE("a peer that is silent in the handshake is given up in time") {
  const auto kind = GENERATE(StreamKind::tls, StreamKind::ws, StreamKind::wss);
  Loop loop;
  auto options = self_signed();
  options.limits.dial_time = 200ms;
  Station alice(loop, options);
  RawSocket silent(SOCK_STREAM);
  const auto port = silent.bind();
  silent.listen();
  CHECK(lacks(refusal(loop, alice, target(kind, port, "127.0.0.1")), {"no connection within 200 ms"}) == "");
}

TEST_CASE("MSRP-25: an address that does not answer is given up in its share of the time") {
  // A listener whose queue is full lets further connections wait.
  Loop loop;
  net::StreamsOptions options;
  options.limits.dial_time = 300ms;
  Station alice(loop, options);
  RawSocket full(SOCK_STREAM);
  const auto port = full.bind();
  full.listen(0);
  RawSocket first(SOCK_STREAM);
  RawSocket second(SOCK_STREAM);
  first.start_connecting(port);
  second.start_connecting(port);
  const std::string why = refusal(loop, alice, target(StreamKind::tcp, port, "127.0.0.1"));
  CHECK((lacks(why, {"timed out"}) == "" || lacks(why, {"no connection within 300 ms"}) == ""));
  CHECK(alice.streams.connections() == 0);
}

TEST_CASE("a peer that closes or resets in the middle of our writing") {
  Loop loop;
  Station alice(loop);
  RawSocket peer(SOCK_STREAM, 4096);
  const auto port = peer.bind();
  peer.listen();
  const Peer& line = alice.dial(target(StreamKind::tcp, port, "127.0.0.1"));
  REQUIRE(loop.run_until([&] { return line.opened && peer.accept(); }, 30s));
  alice.write(alice.last, std::string(3 << 20, 'x'));
  REQUIRE(peer.send("some words before"));
  REQUIRE(loop.run_until([&] { return line.received == "some words before"; }, 30s));
  SECTION("reset") {
    peer.reset();
    REQUIRE(loop.run_until([&] { return line.closed; }, 30s));
    CHECK((lacks(line.why, {"reset"}).empty() || lacks(line.why, {"Broken pipe"}).empty()));
  }
  SECTION("end") {
    peer.shut_down_sending();
    REQUIRE(loop.run_until([&] { return line.closed; }, 30s));
    CHECK(line.why.empty());
  }
  CHECK(line.drained == 0);
  alice.write(alice.last, "nobody hears it");
  alice.hang_up(alice.last);
  CHECK(alice.streams.connections() == 0);
}

TEST_CASE("a TLS peer that vanishes is told apart from one that ends") {
  Loop loop;
  Station bob(loop, self_signed());
  auto to = target(StreamKind::tls, bob.listen(StreamKind::tls).port);
  to.check_authority = false;
  auto alice = std::make_unique<Station>(loop, self_signed());
  const Peer& line = alice->dial(to);
  REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 30s));
  SECTION("vanishes") {
    alice->streams.close();
    REQUIRE(loop.run_until([&] { return bob.guest()->closed; }, 30s));
    CHECK(lacks(bob.guest()->why, {"without an end of TLS"}) == "");
  }
  SECTION("ends") {
    alice->hang_up(alice->last);
    REQUIRE(loop.run_until([&] { return bob.guest()->closed; }, 30s));
    CHECK(bob.guest()->why.empty());
  }
}

TEST_CASE("back pressure: Drained waits for a slow reader, and one that never reads is cut") {
  Loop loop;
  net::StreamsOptions options;
  options.limits.queue_bytes = 8 << 20;
  Station alice(loop, options);
  RawSocket peer(SOCK_STREAM, 4096);
  const auto port = peer.bind();
  peer.listen();
  const Peer& line = alice.dial(target(StreamKind::tcp, port, "127.0.0.1"));
  REQUIRE(loop.run_until([&] { return line.opened && peer.accept(); }, 30s));
  const std::string big(8 << 20, 'b');
  alice.write(alice.last, big);
  loop.context().poll();
  CHECK(line.drained == 0);
  SECTION("read at last") {
    REQUIRE(loop.run_until([&] { return peer.received().size() == big.size() && line.drained == 1; }, 60s));
    CHECK(peer.received() == big);
  }
  SECTION("written to all the same") {
    alice.write(alice.last, big);
    CHECK_FALSE(line.closed);  // told in a turn of its own
    REQUIRE(loop.run_until([&] { return line.closed; }, 30s));
    CHECK(lacks(line.why, {"does not read"}) == "");
  }
  SECTION("what was written before a HangUp still leaves") {
    alice.hang_up(alice.last);
    REQUIRE(loop.run_until([&] { return peer.received().size() == big.size() && peer.closed(); }, 60s));
    peer.close();
    REQUIRE(loop.run_until([&] { return alice.streams.connections() == 0; }, 60s));
    CHECK_FALSE(line.closed);
  }
}

TEST_CASE("a HangUp while it is being dialled, and limits of connections") {
  Loop loop;
  net::StreamsOptions options;
  options.limits.connections = 1;
  Station alice(loop, options);
  Station bob(loop, options);
  const auto port = bob.listen(StreamKind::tcp).port;
  const Peer& first = alice.dial(target(StreamKind::tcp, port));
  const auto first_id = alice.last;
  CHECK(lacks(refusal(loop, alice, target(StreamKind::tcp, port)), {"too many connections"}) == "");
  alice.hang_up(first_id);
  CHECK(alice.streams.connections() == 0);
  const Peer& third = alice.dial(target(StreamKind::tcp, port));
  REQUIRE(loop.run_until([&] { return third.opened && bob.streams.connections() == 1; }, 30s));
  CHECK_FALSE(first.closed);
  RawSocket late(SOCK_STREAM);
  REQUIRE(late.connect(port));
  REQUIRE(loop.run_until([&] { return late.closed(); }, 30s));
  bob.streams.stop_listening(port);
  RawSocket later(SOCK_STREAM);
  CHECK_FALSE(later.connect(port));
  CHECK(bob.streams.connections() == 1);
}

TEST_CASE("two addresses may share a port, and are left together") {
  Loop loop;
  Station bob(loop);
  net::StreamListen what;
  what.bind.port = bob.listen(StreamKind::tcp).port;
  const auto port = what.bind.port;
  what.bind.host = "127.0.0.2";
  REQUIRE(bob.streams.listen(what));
  Station alice(loop);
  const Peer& one = alice.dial(target(StreamKind::tcp, port, "127.0.0.1"));
  const Peer& two = alice.dial(target(StreamKind::tcp, port, "127.0.0.2"));
  REQUIRE(loop.run_until([&] { return one.opened && two.opened; }, 30s));
  bob.streams.stop_listening(port);
  CHECK(lacks(refusal(loop, alice, target(StreamKind::tcp, port, "127.0.0.1")), {"refused"}) == "");
  CHECK(lacks(refusal(loop, alice, target(StreamKind::tcp, port, "127.0.0.2")), {"refused"}) == "");
}

TEST_CASE("addresses that can not be listened on") {
  Loop loop;
  Station bob(loop);
  net::StreamListen what;
  what.bind.port = bob.listen(StreamKind::tcp).port;
  const auto taken = bob.streams.listen(what);
  REQUIRE_FALSE(taken);
  CHECK(lacks(taken.error().detail(), {"127.0.0.1:" + std::to_string(what.bind.port), "in use"}) == "");
}

TEST_CASE("a paused connection leaves the octets with the peer until it goes on") {
  const auto kind = GENERATE(StreamKind::tcp, StreamKind::tls, StreamKind::ws, StreamKind::wss);
  Loop loop;
  auto options = bearing("localhost", "localhost");
  options.limits.queue_bytes = 64 << 20;
  Station alice(loop, options);
  Station bob(loop, options);
  const Peer& line = alice.dial(target(kind, bob.listen(kind).port));
  REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 30s));
  bob.streams.act(Station::guest_id(), node::Pause{true});
  const std::string piece(64 * 1024, 'p');
  for (int i = 0; i < 512; ++i) alice.write(alice.last, piece);
  // Something else runs long enough: a whole exchange over another connection.
  Station carol(loop, options);
  const Peer& other = carol.dial(target(kind, alice.listen(kind).port));
  REQUIRE(loop.run_until([&] { return other.opened; }, 30s));
  carol.write(carol.last, std::string(piece));
  REQUIRE(loop.run_until([&] { return alice.guest() != nullptr && alice.guest()->received == piece; }, 30s));
  CHECK(bob.guest()->received.size() <= piece.size());  // a message that was being read
  CHECK(line.drained == 0);
  SECTION("goes on") {
    bob.streams.act(Station::guest_id(), node::Pause{false});
    REQUIRE(loop.run_until([&] { return bob.guest()->received.size() == 512 * piece.size(); }, 60s));
    REQUIRE(loop.run_until([&] { return line.drained == 1; }, 30s));
  }
  SECTION("is hung up") {
    bob.hang_up(Station::guest_id());
    REQUIRE(loop.run_until([&] { return line.closed; }, 60s));
    REQUIRE(loop.run_until([&] { return bob.streams.connections() == 0; }, 30s));
  }
}
