#include <boost/asio/io_context.hpp>

#include "net/raw_peer.hpp"
#include "net/sip_transport.hpp"
#include "net/sip_words.hpp"
#include "net/tcp_flows.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::net::Loop;
using rcs::net::TcpFlows;
using rcs::net::TcpLimits;
using rcs::sip::Hop;
using rcs::sip::Transport;
using rcs::test::message_request;
using rcs::test::RawSocket;
using rcs::test::Station;

TEST_CASE("two messages in one TCP segment, and one in segments of one octet") {
  Loop loop;
  Station bob(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(bob.transport->local().port));
  const auto first = message_request("t1", "TCP");
  const auto second = message_request("t2", "TCP");
  SECTION("together") {
    REQUIRE(peer.send(rcs::sip::encode(first) + rcs::sip::encode(second)));
    REQUIRE(loop.run_until([&] { return bob.got.size() == 2; }, 5s));
    CHECK(bob.got[0].message == first);
    CHECK(bob.got[1].message == second);
    CHECK(bob.got[0].octets == rcs::sip::encode(first));
    CHECK(bob.got[0].from.port == peer.port());
    CHECK(bob.got[0].from.flow);
    CHECK(bob.got[0].from == bob.got[1].from);
  }
  SECTION("octet by octet") {
    for (const char octet : rcs::sip::encode(first)) {
      REQUIRE(peer.send(std::string(1, octet)));
      loop.context().poll();
    }
    REQUIRE(loop.run_until([&] { return bob.got.size() == 1; }, 5s));
    CHECK(bob.got[0].message == first);
  }
}

TEST_CASE("both directions use one connection, and an open one is used again") {
  Loop loop;
  Station alice(loop, true);
  Station bob(loop, true);
  alice.transport->send(bob.hop(Transport::tcp), message_request("f1", "TCP"));
  REQUIRE(loop.run_until([&] { return alice.got.size() == 1; }, 5s));
  const Hop flow = bob.got[0].from;
  CHECK(flow.port != alice.transport->local().port);

  bob.transport->send(flow, message_request("f2", "TCP"));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 2; }, 5s));
  CHECK(bob.got[1].message.status == 200);
  CHECK(alice.got[1].from == alice.got[0].from);

  alice.transport->send(bob.hop(Transport::tcp), message_request("f3", "TCP"));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 3; }, 5s));
  CHECK(bob.got[2].from == flow);
}

TEST_CASE("PGR-31: a dead flow falls back to the address of the hop") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  Hop to = alice.hop(Transport::tcp);
  to.flow.value = 4711;
  bob.transport->send(to, message_request("g1", "TCP"));
  REQUIRE(loop.run_until([&] { return alice.got.size() == 1; }, 5s));
}

TEST_CASE("a refused TCP connection is told once for each hop") {
  Loop loop;
  Station alice(loop);
  std::uint16_t dead = 0;
  {
    RawSocket gone(SOCK_STREAM);
    dead = gone.bind();
  }
  const Hop nobody{Transport::tcp, "127.0.0.1", dead, {}};
  alice.transport->send(nobody, message_request("r1", "TCP"));
  alice.transport->send(nobody, message_request("r2", "TCP"));
  CHECK(alice.unreachable.empty());
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
  CHECK(alice.unreachable.size() == 1);
  CHECK(alice.unreachable[0].first == nobody);
  CHECK(alice.unreachable[0].second == "Connection refused");
}

TEST_CASE("a large message crosses TCP whole, both ways") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  std::string body;
  for (std::size_t i = 0; i < 200'000; ++i) body += static_cast<char>('a' + i % 26);
  alice.transport->send(bob.hop(Transport::tcp), message_request("l1", "TCP", body));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 1; }, 10s));
  CHECK(bob.got[0].message.body == body);
  for (int i = 0; i < 10; ++i) bob.transport->send(bob.got[0].from, message_request("l2", "TCP", body));
  REQUIRE(loop.run_until([&] { return alice.got.size() == 10; }, 20s));
  CHECK(alice.got[9].message.body == body);
}

TEST_CASE("a keep-alive on TCP is answered") {
  Loop loop;
  Station bob(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(bob.transport->local().port));
  REQUIRE(peer.send("\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return peer.received() == "\r\n"; }, 5s));
  REQUIRE(peer.send(rcs::sip::encode(message_request("k1", "TCP"))));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 1; }, 5s));
}

TEST_CASE("garbage on TCP closes the connection; a bad message whose end is known does not") {
  Loop loop;
  Station bob(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(bob.transport->local().port));
  SECTION("no end in sight") {
    peer.send(std::string(100'000, 'x'));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
    CHECK(!bob.warnings.empty());
  }
  SECTION("framed") {
    auto octets = rcs::sip::encode(message_request("m1", "TCP"));
    octets.replace(octets.find("Max-Forwards: 70"), 16, "Max-Forwards: zz");
    REQUIRE(peer.send(octets + rcs::sip::encode(message_request("m2", "TCP"))));
    REQUIRE(loop.run_until([&] { return bob.got.size() == 1; }, 5s));
    CHECK(bob.got[0].message.call_id == "m2");
    REQUIRE(loop.run_until([&] { return peer.has("SIP/2.0 400"); }, 5s));
    CHECK_FALSE(peer.closed());
  }
}

TEST_CASE("a connection that breaks is told to those who sent over it") {
  Loop loop;
  Station alice(loop);
  RawSocket server(SOCK_STREAM, 4096);
  const auto port = server.bind();
  server.listen();
  const Hop to{Transport::tcp, "127.0.0.1", port, {}};
  alice.transport->send(to, message_request("b1", "TCP"));
  REQUIRE(loop.run_until([&] { return server.accept(); }, 5s));
  const std::string body(200'000, 'x');
  SECTION("a reader that stopped is cut when its queue is full") {
    for (int i = 0; i < 200 && alice.unreachable.empty(); ++i) {
      alice.transport->send(to, message_request("b2", "TCP", body));
      loop.context().poll();
    }
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
    CHECK(alice.unreachable[0].first == to);
    CHECK(alice.unreachable[0].second.find("does not read") != std::string::npos);
  }
  SECTION("the peer closes it") {
    REQUIRE(loop.run_until([&] { return server.has("\r\n\r\n"); }, 5s));
    server.close();
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
    CHECK(alice.unreachable.size() == 1);
    CHECK(alice.unreachable[0].first == to);
    CHECK(alice.unreachable[0].second == "the peer closed the connection");
  }
  SECTION("a reset") {
    for (int i = 0; i < 15; ++i) alice.transport->send(to, message_request("b2", "TCP", body));
    server.reset();
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
    CHECK(alice.unreachable[0].first == to);
  }
}

TEST_CASE(
    "what a handler sends leaves in order when it returns, also when it closes the flows or one is refused") {
  Loop loop;
  std::unique_ptr<TcpFlows> flows;
  bool closes = false;
  TcpFlows::Handlers handlers;
  handlers.on_message = [&](const Hop& from, rcs::sip::Message, std::string_view) {
    for (const auto* piece : {"one ", "two ", "three"}) flows->send(from, {from.host}, piece);
    if (closes) flows->close();
  };
  handlers.on_malformed = [&](const Hop& from, std::string_view, const rcs::core::Error&, bool) {
    flows->send(from, {from.host}, "why");
  };
  handlers.on_unreachable = [](const Hop&, const std::string&) {};
  flows = *TcpFlows::open(loop, {"127.0.0.1", 0}, {}, handlers);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(flows->port()));
  SECTION("kept open") {
    REQUIRE(peer.send(rcs::sip::encode(message_request("t1", "TCP")) +
                      rcs::sip::encode(message_request("t2", "TCP"))));
    REQUIRE(loop.run_until([&] { return peer.has("one two threeone two three"); }, 5s));
    CHECK_FALSE(peer.closed());
  }
  SECTION("closed by the handler") {
    closes = true;
    REQUIRE(peer.send(rcs::sip::encode(message_request("t1", "TCP"))));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
    CHECK(peer.has("one two three"));
  }
  SECTION("no message") {
    REQUIRE(peer.send("nonsense without an end \r\n\r\n"));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
    CHECK(peer.has("why"));
  }
}

TEST_CASE("limits of TCP flows: number, idle time, connect time") {
  Loop loop;
  TcpLimits limits;
  std::vector<std::pair<Hop, std::string>> unreachable;
  std::vector<std::string> warnings;
  TcpFlows::Handlers handlers;
  handlers.on_message = [](const Hop&, rcs::sip::Message, std::string_view) {};
  handlers.on_malformed = [](const Hop&, std::string_view, const rcs::core::Error&, bool) {};
  handlers.on_unreachable = [&](const Hop& to, const std::string& why) { unreachable.emplace_back(to, why); };
  handlers.on_warning = [&](const std::string& words) { warnings.push_back(words); };
  SECTION("too many are turned away") {
    limits.connections = 1;
    auto flows = *TcpFlows::open(loop, {"127.0.0.1", 0}, limits, handlers);
    RawSocket first(SOCK_STREAM);
    RawSocket second(SOCK_STREAM);
    REQUIRE(first.connect(flows->port()));
    REQUIRE(loop.run_until([&] { return flows->connections() == 1; }, 5s));
    REQUIRE(second.connect(flows->port()));
    REQUIRE(loop.run_until([&] { return second.closed(); }, 5s));
    CHECK(warnings.size() == 1);
    CHECK_FALSE(first.closed());
    flows->send(Hop{Transport::tcp, "127.0.0.1", 9, {}}, {"127.0.0.1"}, "x");
    REQUIRE(loop.run_until([&] { return !unreachable.empty(); }, 5s));
    CHECK(unreachable[0].second.find("too many") != std::string::npos);
  }
  SECTION("idle ones are closed") {
    limits.idle_timeout = 10ms;
    auto flows = *TcpFlows::open(loop, {"127.0.0.1", 0}, limits, handlers);
    RawSocket peer(SOCK_STREAM);
    REQUIRE(peer.connect(flows->port()));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
    CHECK(flows->connections() == 0);
  }
  SECTION("a peer that does not accept is given up") {
    limits.connect_timeout = 10ms;
    auto flows = *TcpFlows::open(loop, {"127.0.0.1", 0}, limits, handlers);
    RawSocket full(SOCK_STREAM);
    const Hop to{Transport::tcp, "127.0.0.1", full.bind(), {}};
    full.listen(0);
    RawSocket first(SOCK_STREAM);
    RawSocket second(SOCK_STREAM);
    first.start_connecting(to.port);  // fills the queue of a listener that accepts nobody
    second.start_connecting(to.port);
    flows->send(to, {to.host}, "x");
    REQUIRE(loop.run_until([&] { return !unreachable.empty(); }, 10s));
    CHECK(unreachable[0].second == "no connection within 10 ms");
    CHECK(unreachable[0].first == to);
    CHECK(flows->connections() == 0);
  }
}
