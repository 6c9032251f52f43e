#include "net/sip_transport.hpp"

#include <boost/asio/io_context.hpp>
#include <set>

#include "net/raw_peer.hpp"
#include "net/sip_words.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::net::Address;
using rcs::net::Loop;
using rcs::net::SipTransport;
using rcs::sip::Hop;
using rcs::sip::Transport;
using rcs::test::message_request;
using rcs::test::RawSocket;
using rcs::test::Station;

TEST_CASE("a message goes over UDP and its answer comes back to the port it came from") {
  Loop loop;
  Station alice(loop);
  Station bob(loop, true);
  REQUIRE(alice.transport);
  REQUIRE(bob.transport);
  const auto message = message_request("u1");
  alice.transport->send(bob.hop(), message);
  REQUIRE(loop.run_until([&] { return !alice.got.empty(); }, 5s));
  REQUIRE(bob.got.size() == 1);
  CHECK(bob.got[0].message == message);
  CHECK(bob.got[0].octets == alice.sent[0]);
  CHECK(bob.got[0].from == alice.hop());
  CHECK(alice.got[0].message.status == 200);
  CHECK(alice.unreachable.empty());
}

TEST_CASE("CHAT-20: a UDP port listens on TCP too") {
  Loop loop;
  Station station(loop);
  REQUIRE(station.transport);
  RawSocket tcp(SOCK_STREAM);
  REQUIRE(tcp.connect(station.transport->local().port));
  SipTransport::Handlers handlers;
  handlers.on_message = [](const Hop&, rcs::sip::Message, std::string_view) {};
  handlers.on_unreachable = [](const Hop&, const std::string&) {};
  const auto second = SipTransport::open(loop, station.transport->local(), handlers);
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == rcs::core::Errc::unreachable);
  CHECK(second.error().detail().find(station.transport->local().to_string()) != std::string::npos);
  for (const auto* any : {"0.0.0.0", "::"}) {
    const auto refused = SipTransport::open(loop, Address{any, 0}, handlers);
    REQUIRE(!refused);
    CHECK(refused.error().code() == rcs::core::Errc::malformed);
  }
  const auto nowhere = SipTransport::open(loop, Address{"no-such-host.invalid", 0}, handlers);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().detail().find("no-such-host.invalid") != std::string::npos);
}

TEST_CASE("a burst of 2,000 datagrams arrives whole and in order") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  // The system may have given less than we ask for; then there is a warning, and the burst is not promised.
  if (!bob.warnings.empty()) {
    WARN(bob.warnings.front());
    return;
  }
  constexpr std::size_t kBurst = 2000;
  const std::string body(1000, 'x');
  for (std::size_t i = 0; i < kBurst; ++i)
    alice.transport->send(bob.hop(), message_request("b" + std::to_string(i), "UDP", body));
  REQUIRE(loop.run_until([&] { return bob.got.size() == kBurst; }, 60s));
  for (std::size_t i = 0; i < kBurst; ++i) REQUIRE(bob.got[i].message.call_id == "b" + std::to_string(i));
}

TEST_CASE("what was sent before close() still goes out, in order") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  constexpr std::size_t kSent = 5;
  for (std::size_t i = 0; i < kSent; ++i)
    alice.transport->send(bob.hop(), message_request("c" + std::to_string(i)));
  alice.transport->close();
  REQUIRE(loop.run_until([&] { return bob.got.size() == kSent; }, 5s));
  for (std::size_t i = 0; i < kSent; ++i) CHECK(bob.got[i].message.call_id == "c" + std::to_string(i));
}

TEST_CASE("a refused UDP destination is told at once, and only that one") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  std::uint16_t dead = 0;
  {
    RawSocket gone(SOCK_DGRAM);
    dead = gone.bind();
  }
  const Hop nobody{Transport::udp, "127.0.0.1", dead, {}};
  alice.transport->send(nobody, message_request("d1"));
  alice.transport->send(bob.hop(), message_request("d2"));
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty() && !bob.got.empty(); }, 5s));
  CHECK(alice.unreachable.size() == 1);
  CHECK(alice.unreachable[0].first == nobody);
  CHECK(alice.unreachable[0].second == "Connection refused");

  // Refusals between sends do not swallow the messages to others.
  for (int i = 0; i < 50; ++i) {
    alice.transport->send(nobody, message_request("x" + std::to_string(i)));
    alice.transport->send(bob.hop(), message_request("y" + std::to_string(i)));
  }
  REQUIRE(loop.run_until([&] { return bob.got.size() == 51; }, 5s));
  for (const auto& [hop, why] : alice.unreachable) CHECK(hop == nobody);
}

TEST_CASE("IPv6 works as IPv4 does") {
  Loop loop;
  Station alice(loop, false, "::1");
  if (!alice.transport) {
    WARN("no IPv6 loopback here");
    return;
  }
  Station bob(loop, true, "::1");
  REQUIRE(bob.transport);
  const auto over = GENERATE(Transport::udp, Transport::tcp);
  SECTION("messages go both ways") {
    Hop to = bob.hop(over);
    to.host = GENERATE("::1", "[::1]");
    alice.transport->send(to, message_request("v6"));
    REQUIRE(loop.run_until([&] { return !alice.got.empty(); }, 5s));
    CHECK(bob.got[0].from.host == "::1");
  }
  SECTION("a refusal is told") {
    const Hop nobody = bob.hop(over);
    bob.transport->close();
    alice.transport->send(nobody, message_request("v6"));
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
    CHECK(alice.unreachable[0].first == nobody);
  }
}

TEST_CASE("what can not be sent comes back as unreachable") {
  Loop loop;
  Station alice(loop);
  Hop to{Transport::udp, "127.0.0.1", 5060, {}};
  std::string body = "hi";
  std::string wish;
  SECTION("a datagram that is too large") {
    body.assign(70'000, 'x');
    wish = "does not fit";
  }
  SECTION("TLS") {
    to.transport = Transport::tls;
    wish = "TLS";
  }
  SECTION("an IPv6 address from an IPv4 socket") {
    to.host = "::1";
    wish = "IPv6";
  }
  SECTION("a name that does not exist") {
    to.host = "no-such-host.invalid";
    to.transport = GENERATE(Transport::udp, Transport::tcp);
    wish = "no-such-host.invalid";
  }
  alice.transport->send(to, message_request("f1", "UDP", body));
  CHECK(alice.unreachable.empty());  // never from inside send
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 30s));
  CHECK(alice.unreachable.size() == 1);
  CHECK(alice.unreachable[0].first == to);
  CHECK(alice.unreachable[0].second.find(wish) != std::string::npos);
}

TEST_CASE("a host name is resolved, and failures name the host as it was given") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  Hop to = bob.hop(GENERATE(Transport::udp, Transport::tcp));
  to.host = "localhost";
  alice.transport->send(to, message_request("n1"));
  alice.transport->send(to, message_request("n2"));
  if (!loop.run_until([&] { return bob.got.size() == 2 || !alice.unreachable.empty(); }, 10s) ||
      !alice.unreachable.empty()) {
    WARN("localhost is not 127.0.0.1 here");
    return;
  }
  alice.transport->send(to, message_request("n3"));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 3; }, 5s));
  if (to.transport == Transport::udp) {
    bob.transport->close();
    alice.transport->send(to, message_request("n4"));
    REQUIRE(loop.run_until([&] { return alice.unreachable.size() >= 2; }, 5s));
    CHECK(alice.unreachable[0].first == to);
    CHECK(alice.unreachable[1].first.host == "127.0.0.1");
  }
}

TEST_CASE("a malformed datagram is warned about, and answered when it is a request that can be answered") {
  Loop loop;
  Station bob(loop);
  RawSocket peer(SOCK_DGRAM);
  peer.bind();
  const auto port = bob.transport->local().port;
  SECTION("garbage is not answered") {
    peer.send_to(port, std::string("\x80\x81garbage\r\n\r\n"));
    REQUIRE(loop.run_until([&] { return !bob.warnings.empty(); }, 5s));
    CHECK(bob.warnings[0].find("udp:127.0.0.1:" + std::to_string(peer.port())) != std::string::npos);
    CHECK(bob.sent.empty());
  }
  SECTION("a request with a broken header gets 400") {
    auto octets = rcs::sip::encode(message_request("m1"));
    octets.replace(octets.find("Max-Forwards: 70"), 16, "Max-Forwards: zz");
    peer.send_to(port, octets);
    REQUIRE(loop.run_until([&] { return peer.has("SIP/2.0 400"); }, 5s));
    CHECK(peer.has("Call-ID: m1"));
    CHECK(bob.got.empty());
  }
  SECTION("keep-alives are silence") {
    for (const auto& octets :
         {std::string("\r\n\r\n"), std::string("\r\n"), std::string(4, '\0'), std::string()}) {
      peer.send_to(port, octets);
    }
    peer.send_to(port, rcs::sip::encode(message_request("k1")));
    REQUIRE(loop.run_until([&] { return bob.got.size() == 1; }, 5s));
    CHECK(bob.warnings.empty());
  }
  SECTION("a flood of garbage is not a flood of words") {
    for (int i = 0; i < 200; ++i) peer.send_to(port, "garbage");
    peer.send_to(port, rcs::sip::encode(message_request("k1")));
    REQUIRE(loop.run_until([&] { return bob.got.size() == 1; }, 5s));
    CHECK(bob.warnings.size() >= 10);
    CHECK(bob.warnings.size() <= 30);
  }
}

TEST_CASE("nothing is called after close, and a handler may destroy the transport") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  const auto over = GENERATE(Transport::udp, Transport::tcp);
  SECTION("close with messages on their way") {
    for (int i = 0; i < 10; ++i)
      alice.transport->send(bob.hop(over), message_request("c" + std::to_string(i)));
    bob.transport->close();
    bob.transport->close();
    alice.transport->close();
    alice.transport->send(bob.hop(over), message_request("late"));
    bool turned = false;
    loop.after(5ms, [&] { turned = true; });
    REQUIRE(loop.run_until([&] { return turned; }, 5s));
    CHECK(bob.got.empty());
    CHECK(alice.unreachable.empty());
  }
  SECTION("destroyed by its own handler") {
    std::unique_ptr<SipTransport> fragile;
    int calls = 0;
    SipTransport::Handlers handlers;
    handlers.on_message = [&](const Hop&, rcs::sip::Message, std::string_view) {
      ++calls;
      fragile.reset();
    };
    handlers.on_unreachable = [](const Hop&, const std::string&) {};
    fragile = std::move(*SipTransport::open(loop, Address{"127.0.0.1", 0}, std::move(handlers)));
    const Hop to{over, "127.0.0.1", fragile->local().port, {}};
    alice.transport->send(to, message_request("k1"));
    alice.transport->send(to, message_request("k2"));
    REQUIRE(loop.run_until([&] { return !fragile; }, 5s));
    CHECK(calls == 1);
  }
}
