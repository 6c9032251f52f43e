// Who gets a URI of a relay, for how long, and what it is good for.

#include "msrp/relay_parties.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

const std::string kRelay = "msrps://relay.example:2855;tcp";
const std::string kAlice = "msrps://alice.example:9000/alice1;tcp";

struct Stage {
  explicit Stage(RelayConfig config = {}) : relay(net, "relay.example", std::move(config)), alice(net) {}
  StreamNet net;
  RelayParty relay;
  TextPeer alice;
};

std::string with(const std::string& authorization) { return "Authorization: " + authorization + "\r\n"; }

}  // namespace

TEST_CASE("MSRP-100, MSRP-101, MSRP-102: an AUTH is challenged, and then gets a URI that peers can use") {
  Stage stage;
  const auto id = stage.alice.dial("relay.example");
  const auto challenged = TextPeer::one(stage.alice.ask(id, request("tid1", "AUTH", kRelay, kAlice, "")));
  CHECK(challenged.head.status == 401);
  CHECK(challenged.head.transaction_id == "tid1");
  CHECK(challenged.head.to_path == kAlice);
  CHECK(challenged.head.from_path == kRelay);
  const auto challenge = rcs::core::parse_digest_challenge(header(challenged, "WWW-Authenticate"));
  REQUIRE(challenge);
  CHECK(challenge->realm == "relay.example");
  CHECK(challenge->qops == std::vector{rcs::core::DigestQop::auth});

  const auto done = stage.alice.auth(id, kRelay, kAlice);
  CHECK(done.head.status == 200);
  CHECK(header(done, "Expires") == "3600");
  const auto uri = parse_uri(header(done, "Use-Path"));
  REQUIRE(uri);
  CHECK(uri->host == "relay.example");
  CHECK(uri->port == 2855);
  CHECK(uri->secure);
  CHECK(uri->session_id.size() >= 16);  // 5 bits each
  CHECK(stage.relay.relay.uris() == 1);
}

TEST_CASE("MSRP-100: AUTH is for TLS, and no WebSocket without it") {
  Stage stage;
  for (const auto kind : {node::StreamKind::tcp, node::StreamKind::ws}) {
    const auto id = stage.alice.dial("relay.example", kind);
    CHECK(stage.alice.auth(id, kRelay, kAlice).head.status == 403);
  }
  CHECK(stage.alice.auth(stage.alice.dial("relay.example", node::StreamKind::wss), kRelay, kAlice)
            .head.status == 200);
  RelayConfig config;
  config.auth_without_tls = true;
  Stage open(config);
  const auto id = open.alice.dial("relay.example", node::StreamKind::tcp);
  CHECK(open.alice.auth(id, kRelay, kAlice).head.status == 200);
}

TEST_CASE("MSRP-101: wrong answers get no URI, and after a few the connection is closed") {
  RelayConfig config;
  config.max_refusals = 3;
  Stage stage(config);
  const auto id = stage.alice.dial("relay.example");
  CHECK(stage.alice.auth(id, kRelay, kAlice, "nobody").head.status == 401);
  CHECK(stage.relay.relay.uris() == 0);
  rcs::core::Random random(3);
  rcs::core::DigestClient guesser({"alice", "a guess"}, random);
  const auto challenged = TextPeer::one(stage.alice.ask(id, request("tid1", "AUTH", kRelay, kAlice, "")));
  REQUIRE(guesser.challenged(header(challenged, "WWW-Authenticate")));
  for (int i = 0; i < 2; ++i) {
    const auto text = request("tid2", "AUTH", kRelay, kAlice, with(*guesser.authorize({"AUTH", kRelay, {}})));
    CHECK(TextPeer::one(stage.alice.ask(id, text)).head.status == 401);
  }
  CHECK_FALSE(stage.alice.is_open(id));
  CHECK(stage.relay.relay.connections() == 0);
}

TEST_CASE("MSRP-101: what is no Digest is 400, a stale nonce is told as such, and none is taken twice") {
  Stage stage;
  const auto id = stage.alice.dial("relay.example");
  const auto ask = [&](const std::string& lines) {
    return TextPeer::one(stage.alice.ask(id, request("tid1", "AUTH", kRelay, kAlice, lines)));
  };
  CHECK(ask("Authorization: Basic YWxpY2U6cHc=\r\n").head.status == 400);
  rcs::core::Random random(3);
  rcs::core::DigestClient client({"alice", "password of alice"}, random);
  REQUIRE(client.challenged(header(ask(""), "WWW-Authenticate")));
  const auto first = with(*client.authorize({"AUTH", kRelay, {}}));
  CHECK(ask(first).head.status == 200);
  const auto replayed = ask(first);
  CHECK(replayed.head.status == 401);
  CHECK(rcs::core::parse_digest_challenge(header(replayed, "WWW-Authenticate"))->stale);
  stage.net.run(301s);
  const auto stale = ask(with(*client.authorize({"AUTH", kRelay, {}})));
  CHECK(stale.head.status == 401);
  REQUIRE(client.challenged(header(stale, "WWW-Authenticate")));
  CHECK(ask(with(*client.authorize({"AUTH", kRelay, {}}))).head.status == 200);
}

TEST_CASE("MSRP-101: credentials without the URI are taken, which is that of the request anyway") {
  Stage stage;
  const auto id = stage.alice.dial("relay.example");
  const auto challenged = TextPeer::one(stage.alice.ask(id, request("tid1", "AUTH", kRelay, kAlice, "")));
  rcs::core::Random random(3);
  rcs::core::DigestClient client({"alice", "password of alice"}, random);
  REQUIRE(client.challenged(header(challenged, "WWW-Authenticate")));
  auto answer = rcs::core::parse_digest_answer(*client.authorize({"AUTH", kRelay, {}}));
  answer->uri.clear();
  const auto text = request("tid2", "AUTH", kRelay, kAlice, with(rcs::core::format(*answer)));
  CHECK(text.find("uri=") == std::string::npos);
  CHECK(TextPeer::one(stage.alice.ask(id, text)).head.status == 200);
}

TEST_CASE("MSRP-103: a time out of bounds is told the bound, and one within is kept") {
  Stage stage;
  const auto id = stage.alice.dial("relay.example");
  const auto expires = [&](const std::string& time) {
    return stage.alice.auth(id, kRelay, kAlice, "alice", "Expires: " + time + "\r\n");
  };
  CHECK(expires("59").head.status == 423);
  CHECK(header(expires("59"), "Min-Expires") == "60");
  CHECK(expires("3601").head.status == 423);
  CHECK(header(expires("3601"), "Max-Expires") == "3600");
  CHECK(expires("soon").head.status == 400);
  CHECK(header(expires("60"), "Expires") == "60");
}

TEST_CASE("MSRP-103: who has too many URIs gets no more") {
  RelayConfig config;
  config.max_uris_each = 2;
  config.max_uris = 3;
  Stage stage(config);
  const auto first = stage.alice.dial("relay.example");
  CHECK(stage.alice.auth(first, kRelay, "msrps://a.example:1/s1;tcp").head.status == 200);
  CHECK(stage.alice.auth(first, kRelay, "msrps://a.example:1/s2;tcp").head.status == 200);
  CHECK(stage.alice.auth(first, kRelay, "msrps://a.example:1/s3;tcp").head.status == 403);
  const auto second = stage.alice.dial("relay.example");
  CHECK(stage.alice.auth(second, kRelay, "msrps://a.example:1/s4;tcp").head.status == 200);
  CHECK(stage.alice.auth(second, kRelay, "msrps://a.example:1/s5;tcp").head.status == 403);
}

TEST_CASE("MSRP-105: the same AUTH again renews its URI, and without it the URI is void when it expires") {
  Stage stage;
  TextPeer bob(stage.net);
  const auto id = stage.alice.dial("relay.example");
  const auto auth = [&] { return stage.alice.auth(id, kRelay, kAlice, "alice", "Expires: 60\r\n"); };
  const auto path = header(auth(), "Use-Path");
  stage.net.run(50s);
  CHECK(header(auth(), "Use-Path") == path);
  CHECK(header(stage.alice.auth(id, path, kAlice, "alice", "Expires: 60\r\n"), "Use-Path") == path);
  CHECK(header(stage.alice.auth(id, kRelay, kAlice, "eve", "Expires: 60\r\n"), "Use-Path") != path);
  stage.net.run(50s);
  const auto from_bob = bob.dial("relay.example");
  const auto text = send("tid1", path + " " + kAlice, "msrp://bob.example:9000/bob1;tcp", "hi");
  CHECK(TextPeer::one(bob.ask(from_bob, text)).head.status == 200);
  stage.net.run(15s);
  CHECK(stage.relay.relay.uris() == 0);
  CHECK(TextPeer::one(bob.ask(from_bob, text)).head.status == 481);
}

TEST_CASE("MSRP-105: a URI is void with the connection that its AUTH came on") {
  Stage stage;
  TextPeer bob(stage.net);
  const auto id = stage.alice.dial("relay.example");
  const auto path = stage.alice.use_path(id, kRelay, kAlice);
  stage.net.act(stage.alice, id, node::HangUp{});
  stage.net.run(1s);
  CHECK(stage.relay.relay.uris() == 0);
  const auto text = send("tid1", path + " " + kAlice, "msrp://bob.example:9000/bob1;tcp", "hi");
  CHECK(TextPeer::one(bob.ask(bob.dial("relay.example"), text)).head.status == 481);
}

TEST_CASE("MSRP-104: an AUTH through a relay to the next one gets the whole path") {
  Stage stage;
  RelayParty second(stage.net, "second.example", {}, 2);
  const auto id = stage.alice.dial("relay.example");
  const auto first_path = stage.alice.use_path(id, kRelay, kAlice);
  const auto done = stage.alice.auth(id, first_path + " msrps://second.example:2855;tcp", kAlice);
  CHECK(done.head.status == 200);
  CHECK(done.head.to_path == kAlice);
  CHECK(done.head.from_path == first_path + " msrps://second.example:2855;tcp");
  const auto path = header(done, "Use-Path");
  CHECK(path.substr(0, path.find(' ')) == first_path);
  CHECK(path.find(" msrps://second.example:2855/") != std::string::npos);

  // A peer's path to her is the other way round.
  TextPeer bob(stage.net);
  const auto from_bob = bob.dial("second.example");
  const auto to = path.substr(path.find(' ') + 1) + " " + first_path + " " + kAlice;
  CHECK(TextPeer::one(bob.ask(from_bob, send("tid1", to, "msrp://bob.example:9000/bob1;tcp", "hi")))
            .head.status == 200);
  CHECK(stage.alice.heard(id).back().body == "hi");
}
