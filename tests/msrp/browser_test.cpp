// A browser as the peer: it dials over WebSocket and TLS, and nobody can dial it.

#include "body/sdp.hpp"
#include "msrp/endpoint_bench.hpp"
#include "msrp/offer.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace body = rcs::body;
namespace node = rcs::node;

namespace {

const std::string kBrowser = "msrps://df7jal23ls0d.invalid:2855/98cjs;ws";

const std::string kOffer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    "m=message 9 TCP/TLS/MSRP *\r\na=setup:active\r\na=accept-types:message/cpim text/plain\r\na=path:" +
    kBrowser + "\r\n";

struct Server : Bench {
  explicit Server(node::StreamKind kind = node::StreamKind::wss) {
    at.host = "10.0.0.1";
    at.port = 7000;
    at.kind = kind;
    local = make_local_end(at, {{"text/plain"}, {}}, random);
    session = open(local);
  }
  std::string request(std::string_view body) const {
    return "MSRP tid1abcd SEND\r\nTo-Path: " + local.uri.to_string() + "\r\nFrom-Path: " + kBrowser +
           "\r\nMessage-ID: abcd1\r\nContent-Type: text/plain\r\n\r\n" + std::string(body) +
           "\r\n-------tid1abcd$\r\n";
  }
  ListeningAt at;
  LocalEnd local;
  SessionId session;
};

}  // namespace

TEST_CASE("MSRP-124: SDP of a place for WebSockets says TCP/TLS/MSRP, its path msrps and ws") {
  Server server;
  const auto offer = offer_media(server.local, server.at);
  const auto text = body::format_sdp(body::make_msrp_sdp(offer, 1, 1));
  CHECK(text.find("\r\nm=message 7000 TCP/TLS/MSRP *\r\n") != std::string::npos);
  CHECK(text.find("\r\na=path:msrps://10.0.0.1:7000/" + server.local.uri.session_id + ";ws\r\n") !=
        std::string::npos);
}

TEST_CASE("MSRP-124: a browser, whose own host is no place, is not dialled but waited for, and talked to") {
  Server server;
  const auto sdp = body::parse_sdp(kOffer);
  REQUIRE(sdp);
  const auto media = body::msrp_media(*sdp);
  REQUIRE(media);
  const auto answered = answer_offer(*media, server.local, server.at);
  REQUIRE(answered);
  CHECK(answered->media.setup == body::Setup::passive);
  CHECK(answered->media.tls);
  CHECK_FALSE(answered->remote.we_dial);
  server.start(server.session, answered->remote);
  CHECK(server.dials.empty());

  const auto connection = server.accept(node::StreamKind::wss);
  server.feed(connection, server.request("hello"));
  CHECK(server.told() == "ready 1, arrived 1 hello");
  server.written(connection);
  server.sent(server.session, text("hello browser"));
  const auto seen = server.seen(connection);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.to_path == kBrowser);
  CHECK(seen[0].body == "hello browser");
  CHECK(server.dials.empty());
}

TEST_CASE("MSRP-22, MSRP-124: a session of msrps is not bound to a connection without TLS") {
  const bool web = GENERATE(true, false);
  Server server(web ? node::StreamKind::wss : node::StreamKind::tls);
  RemoteEnd browser;
  browser.path = *parse_path(kBrowser);
  browser.types.accepted = {"text/plain"};
  server.start(server.session, browser);
  const auto plain = server.accept(web ? node::StreamKind::ws : node::StreamKind::tcp);
  server.feed(plain, server.request("for everybody to read"));
  const auto seen = server.seen(plain);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.status == 481);
  CHECK(server.told().empty());
  const auto secure = server.accept(web ? node::StreamKind::wss : node::StreamKind::tls);
  server.feed(secure, server.request("hello"));
  CHECK(server.told() == "ready 1, arrived 1 hello");
}
