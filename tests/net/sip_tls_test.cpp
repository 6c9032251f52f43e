// SIP over TLS: what crosses, who is trusted, and what is said of each failure.

#include <boost/asio/io_context.hpp>

#include "net/certificates.hpp"
#include "net/raw_peer.hpp"
#include "net/sip_words.hpp"
#include "net/tcp_flows.hpp"

using namespace std::chrono_literals;
using rcs::net::Loop;
using rcs::net::SipTls;
using rcs::net::TcpFlows;
using rcs::net::TcpLimits;
using rcs::sip::Hop;
using rcs::sip::Transport;
using rcs::test::Authority;
using rcs::test::CertificateWish;
using rcs::test::message_request;
using rcs::test::RawSocket;
using rcs::test::Station;

namespace {

constexpr const char* kLocalNames = "DNS:localhost,IP:127.0.0.1";

SipTls server(std::shared_ptr<const rcs::net::Tls> tls) {
  return {std::move(tls), rcs::net::Address{"127.0.0.1", 0}, false};
}
SipTls client(std::shared_ptr<const rcs::net::Tls> tls) { return {std::move(tls), std::nullopt, false}; }

CertificateWish local() {
  CertificateWish wish;
  wish.alternatives = kLocalNames;
  return wish;
}

Hop tls_hop(const Station& station, const std::string& host = "127.0.0.1") {
  return {Transport::tls, host, station.transport->local_tls().port, {}};
}

/// What a client is told of a server with such a certificate.
std::string refusal(Loop& loop, Authority& authority, const CertificateWish& wish, const std::string& host) {
  Station bob(loop, true, server(authority.tls(wish)));
  Station alice(loop, false, client(authority.client()));
  const Hop to = tls_hop(bob, host);
  alice.transport->send(to, message_request("w1", "TLS"));
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 10s));
  CHECK(alice.unreachable.size() == 1);
  CHECK(alice.unreachable[0].first == to);
  CHECK(bob.got.empty());
  const auto place = to.to_string() + ": ";
  const auto& why = alice.unreachable[0].second;
  REQUIRE(why.substr(0, place.size()) == place);
  return why.substr(place.size());
}

}  // namespace

TEST_CASE("SIP over TLS crosses both ways over one connection, which is used again") {
  Loop loop;
  Authority authority;
  Station bob(loop, true, server(authority.tls(local())));
  Station alice(loop, true, client(authority.client()));
  const std::string host = GENERATE("127.0.0.1", "localhost");
  CHECK(alice.transport->local_tls().port == 0);
  alice.transport->send(tls_hop(bob, host), message_request("s1", "TLS"));
  REQUIRE(loop.run_until([&] { return alice.got.size() == 1; }, 10s));
  const Hop flow = bob.got[0].from;
  CHECK(flow.transport == Transport::tls);
  CHECK(flow.flow);
  CHECK(alice.got[0].message.status == 200);

  bob.transport->send(flow, message_request("s2", "TLS"));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 2; }, 10s));
  CHECK(bob.got[1].message.status == 200);
  CHECK(bob.got[1].from == flow);

  alice.transport->send(tls_hop(bob, host), message_request("s3", "TLS"));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 3; }, 10s));
  CHECK(bob.got[2].from == flow);
  CHECK(alice.unreachable.empty());
  CHECK(bob.warnings.empty());
}

TEST_CASE("a large message, and many at once, cross TLS whole and in order") {
  Loop loop;
  Authority authority;
  Station bob(loop, false, server(authority.tls(local())));
  Station alice(loop, false, client(authority.client()));
  std::string body;
  for (std::size_t i = 0; i < 200'000; ++i) body += static_cast<char>('a' + i % 26);
  for (int i = 0; i < 10; ++i)
    alice.transport->send(tls_hop(bob), message_request("l" + std::to_string(i), "TLS", body));
  for (int i = 10; i < 510; ++i)
    alice.transport->send(tls_hop(bob), message_request("l" + std::to_string(i), "TLS"));
  REQUIRE(loop.run_until([&] { return bob.got.size() == 510; }, 30s));
  for (int i = 0; i < 510; ++i) {
    CHECK(bob.got[static_cast<std::size_t>(i)].message.call_id == "l" + std::to_string(i));
  }
  CHECK(bob.got[9].message.body == body);
}

TEST_CASE(
    "RFC 5922: a certificate is held against the name that was dialled and the authorities that are "
    "trusted") {
  Loop loop;
  Authority authority;
  CertificateWish wish;
  std::string words;
  SECTION("for somebody else") { words = "its certificate is for core.example, not for 127.0.0.1"; }
  SECTION("for nobody") {
    wish.alternatives = "email:core@core.example";
    words = "its certificate is for nobody, not for 127.0.0.1";
  }
  SECTION("of an authority that nobody knows") {
    wish = local();
    wish.by_itself = true;
    words = "its certificate is signed by an unknown authority";
  }
  SECTION("of the past") {
    wish = local();
    wish.valid_to = -60;
    words = "its certificate has expired";
  }
  SECTION("of the future") {
    wish = local();
    wish.valid_from = 3600;
    words = "its certificate is not valid yet";
  }
  CHECK(refusal(loop, authority, wish, "127.0.0.1") == words);
}

TEST_CASE("RFC 5922: it is the name in the URI that counts, not the address it led to") {
  Loop loop;
  Authority authority;
  CertificateWish wish;
  wish.alternatives = "IP:127.0.0.1";
  CHECK(refusal(loop, authority, wish, "localhost") == "its certificate is for 127.0.0.1, not for localhost");
}

TEST_CASE("RFC 5923: a connection that was trusted under one name is not used under another") {
  Loop loop;
  Authority authority;
  CertificateWish wish;
  wish.alternatives = "IP:127.0.0.1";
  Station bob(loop, true, server(authority.tls(wish)));
  Station alice(loop, false, client(authority.client()));
  alice.transport->send(tls_hop(bob), message_request("n1", "TLS"));
  REQUIRE(loop.run_until([&] { return alice.got.size() == 1; }, 10s));
  alice.transport->send(tls_hop(bob, "localhost"), message_request("n2", "TLS"));
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 10s));
  CHECK(alice.unreachable[0].first.host == "localhost");
  CHECK(bob.got.size() == 1);
}

TEST_CASE("a TLS client at a peer that speaks none is told so") {
  Loop loop;
  Authority authority;
  Station alice(loop, false, client(authority.client()));
  RawSocket peer(SOCK_STREAM);
  const Hop to{Transport::tls, "127.0.0.1", peer.bind(), {}};
  peer.listen();
  alice.transport->send(to, message_request("p1", "TLS"));
  REQUIRE(loop.run_until([&] { return peer.accept(); }, 5s));
  std::string words = to.to_string() + ": ";
  SECTION("it answers in plain SIP") {
    peer.send("SIP/2.0 400 Bad Request\r\n\r\n");
    words += "the peer speaks no TLS";
  }
  SECTION("it hangs up") {
    REQUIRE(loop.run_until([&] { return !peer.received().empty(); }, 5s));
    peer.close();
    words += "the peer closed the connection during the TLS handshake";
  }
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
  CHECK(alice.unreachable[0].first == to);
  CHECK(alice.unreachable[0].second == words);
}

TEST_CASE("a plain client on the TLS port, and one without TLS set up") {
  Loop loop;
  Authority authority;
  Station bob(loop, false, server(authority.tls(local())));
  SECTION("plain octets are no handshake") {
    RawSocket peer(SOCK_STREAM);
    REQUIRE(peer.connect(bob.transport->local_tls().port));
    REQUIRE(peer.send(rcs::sip::encode(message_request("p1", "TCP"))));
    REQUIRE(loop.run_until([&] { return peer.closed() && !bob.warnings.empty(); }, 5s));
    CHECK(bob.got.empty());
    CHECK(bob.warnings[0] == "tls 127.0.0.1:" + std::to_string(peer.port()) + ": the peer speaks no TLS");
  }
  SECTION("nothing to speak TLS with") {
    Station alice(loop);
    alice.transport->send(tls_hop(bob), message_request("p2", "TLS"));
    CHECK(alice.unreachable.empty());
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
    CHECK(alice.unreachable[0].second == "TLS is not set up here");
  }
  SECTION("nothing to take TLS with") {
    rcs::net::SipTransport::Handlers handlers;
    const auto opened =
        rcs::net::SipTransport::open(loop, {"127.0.0.1", 0}, handlers, server(authority.client()));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().detail().find("TLS needs a certificate") != std::string::npos);
  }
}

TEST_CASE("a server that asks for certificates takes those of its authority only") {
  Loop loop;
  Authority authority;
  Authority other;
  SipTls asking = server(authority.tls(local()));
  asking.ask_certificate = true;
  Station bob(loop, true, asking);
  CertificateWish device;
  device.alternatives = "URI:sip:device.example";
  std::string warned;
  SipTls mine;
  SECTION("a good one") { mine.tls = authority.tls(device); }
  SECTION("none") {
    mine.tls = authority.client();
    warned = "the peer shows no certificate";
  }
  SECTION("one of somebody else") {
    rcs::net::TlsOptions options;
    options.certificate = other.issue(device);
    options.authorities = authority.file();
    mine.tls = *rcs::net::Tls::make(options);
    warned = "its certificate is signed by an unknown authority";
  }
  Station alice(loop, false, mine);
  alice.transport->send(tls_hop(bob), message_request("c1", "TLS"));
  if (warned.empty()) {
    REQUIRE(loop.run_until([&] { return alice.got.size() == 1; }, 10s));
    return;
  }
  REQUIRE(loop.run_until([&] { return !alice.unreachable.empty() && !bob.warnings.empty(); }, 10s));
  CHECK(bob.got.empty());
  CHECK(bob.warnings[0].substr(bob.warnings[0].rfind(": ") + 2) == warned);
}

TEST_CASE("over TLS a connection that has ended has no other: nobody is dialled") {
  Loop loop;
  Authority authority;
  Station bob(loop, true, server(authority.tls(local())));
  auto alice = std::make_unique<Station>(loop, false, client(authority.client()));
  alice->transport->send(tls_hop(bob), message_request("e1", "TLS"));
  REQUIRE(loop.run_until([&] { return alice->got.size() == 1; }, 10s));
  const Hop flow = bob.got[0].from;
  alice.reset();
  REQUIRE(loop.run_until([&] { return !bob.unreachable.empty(); }, 10s));
  CHECK(bob.unreachable[0].first == flow);
  CHECK(bob.unreachable[0].second == "the peer closed the connection");
  bob.transport->send(flow, message_request("e2", "TLS"));
  REQUIRE(loop.run_until([&] { return bob.unreachable.size() == 2; }, 10s));
  CHECK(bob.unreachable[1].first == flow);
  CHECK(bob.unreachable[1].second == "the connection over which it was reached has ended");
}

namespace {

struct Flows {
  Flows(Loop& loop, TcpLimits limits, SipTls tls) {
    TcpFlows::Handlers handlers;
    handlers.on_message = [this](const Hop&, rcs::sip::Message, std::string_view) { ++messages; };
    handlers.on_malformed = [](const Hop&, std::string_view, const rcs::core::Error&, bool) {};
    handlers.on_unreachable = [this](const Hop&, const std::string& why) { unreachable.push_back(why); };
    handlers.on_warning = [this](const std::string& words) { warnings.push_back(words); };
    flows = *TcpFlows::open(loop, {"127.0.0.1", 0}, limits, std::move(handlers), std::move(tls));
  }
  int messages = 0;
  std::vector<std::string> unreachable;
  std::vector<std::string> warnings;
  std::unique_ptr<TcpFlows> flows;
};

}  // namespace

TEST_CASE("limits of TLS handshakes: their time and their number") {
  Loop loop;
  Authority authority;
  TcpLimits limits;
  SECTION("who dials us and says nothing is cut") {
    limits.connect_timeout = 10ms;
    Flows bob(loop, limits, server(authority.tls(local())));
    RawSocket silent(SOCK_STREAM);
    REQUIRE(silent.connect(bob.flows->tls_port()));
    REQUIRE(loop.run_until([&] { return silent.closed(); }, 5s));
    CHECK(bob.flows->connections() == 0);
  }
  SECTION("so is whom we dialled") {
    limits.connect_timeout = 50ms;
    Flows alice(loop, limits, client(authority.client()));
    RawSocket silent(SOCK_STREAM);
    const auto port = silent.bind();
    silent.listen();
    alice.flows->send({Transport::tls, "127.0.0.1", port, {}}, {"127.0.0.1"}, "x");
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 5s));
    CHECK(alice.unreachable[0] ==
          "tls:127.0.0.1:" + std::to_string(port) + ": no TLS handshake within 50 ms");
  }
  SECTION("too many at once are turned away, and room comes back") {
    limits.handshakes = 1;
    Flows bob(loop, limits, server(authority.tls(local())));
    auto first = std::make_unique<RawSocket>(SOCK_STREAM);
    RawSocket second(SOCK_STREAM);
    REQUIRE(first->connect(bob.flows->tls_port()));
    REQUIRE(loop.run_until([&] { return bob.flows->connections() == 1; }, 5s));
    REQUIRE(second.connect(bob.flows->tls_port()));
    REQUIRE(loop.run_until([&] { return second.closed(); }, 5s));
    REQUIRE(bob.warnings.size() == 1);
    CHECK(bob.warnings[0].find("too many TLS handshakes at once") != std::string::npos);
    first.reset();
    REQUIRE(loop.run_until([&] { return bob.flows->connections() == 0; }, 5s));
    Flows alice(loop, {}, client(authority.client()));
    const Hop to{Transport::tls, "127.0.0.1", bob.flows->tls_port(), {}};
    alice.flows->send(to, {"127.0.0.1"}, rcs::sip::encode(message_request("m1", "TLS")));
    REQUIRE(loop.run_until([&] { return bob.messages == 1; }, 10s));
  }
}

TEST_CASE(
    "RFC 5626 4.4.1: a TLS connection that we made is kept open by pings, and given up without a pong") {
  Loop loop;
  Authority authority;
  TcpLimits limits;
  limits.ping_after = 20ms;
  const auto dial = [&](Flows& alice, std::uint16_t port) {
    alice.flows->send({Transport::tls, "127.0.0.1", port, {}}, {"127.0.0.1"},
                      rcs::sip::encode(message_request("k1", "TLS")));
  };
  SECTION("a peer that answers would else have cut it") {
    limits.pong_timeout = 5s;
    TcpLimits impatient;
    impatient.idle_timeout = 400ms;
    Flows bob(loop, impatient, server(authority.tls(local())));
    Flows alice(loop, limits, client(authority.client()));
    dial(alice, bob.flows->tls_port());
    REQUIRE(loop.run_until([&] { return bob.messages == 1; }, 10s));
    bool over = false;
    loop.after(1200ms, [&] { over = true; });
    REQUIRE(loop.run_until([&] { return over; }, 10s));
    CHECK(bob.flows->connections() == 1);
    CHECK(alice.unreachable.empty());
  }
  SECTION("a peer that is gone without a word") {
    limits.pong_timeout = 20ms;
    // A listener in a loop that stands still: the handshake is done, and then nobody reads.
    Loop other;
    Flows bob(other, {}, server(authority.tls(local())));
    Flows alice(loop, limits, client(authority.client()));
    dial(alice, bob.flows->tls_port());
    const auto both = [&] {
      other.context().poll();
      return bob.messages == 1;
    };
    REQUIRE(loop.run_until(both, 10s));
    REQUIRE(loop.run_until([&] { return !alice.unreachable.empty(); }, 10s));
    CHECK(alice.unreachable[0] == "the peer does not answer");
  }
}
