// Sessions of endpoints behind relays: they get a path, and use it on the connection that it is good for.

#include "msrp/endpoint.hpp"
#include "msrp/relay_parties.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

struct EndpointParty : StreamNet::Party {
  EndpointParty(StreamNet& net_in, std::string host_in, std::uint64_t seed)
      : net(&net_in), host(std::move(host_in)), random(seed), endpoint({}, random) {}

  template <class Act>
  void act(Act&& what) {
    EndpointOutbox out;
    what(net->now(), out);
    for (const auto& effect : out.effects()) {
      const auto* emit = std::get_if<EndpointOutbox::Emit>(&effect);
      if (emit != nullptr) take(emit->event);
    }
    net->carry_out(*this, out);
  }
  void hear(node::ConnectionId id, const node::StreamNews& news) override {
    act([&](auto now, auto& out) { endpoint.on_stream(now, id, news, out); });
  }
  void ring(node::TimerKey key) override {
    act([&](auto now, auto& out) { endpoint.on_timer(now, key, out); });
  }

  SessionId open(const std::string& session_id) {
    local.uri = parse_uri("msrps://" + host + ":9000/" + session_id + ";tcp").value();
    local.relays.clear();
    local.types.accepted = {"text/plain"};
    return endpoint.open(local).value();
  }
  void authorize(SessionId session, const std::string& relay,
                 const std::string& password = "password of alice") {
    RelayLogin login{parse_uri("msrps://" + relay + ":2855;tcp").value(), {"alice", password}, {}, true};
    act([&](auto now, auto& out) { endpoint.authorize(now, session, login, out); });
    net->run(1s);
  }
  void start(SessionId session, const Path& peer, bool we_dial) {
    RemoteEnd remote;
    remote.path = peer;
    remote.types.accepted = {"text/plain"};
    remote.we_dial = we_dial;
    act([&](auto now, auto& out) { endpoint.start(now, session, remote, out); });
    net->run(1s);
  }
  /// Its text, with a success report asked for.
  void send(SessionId session, const std::string& text) {
    Outgoing message;
    message.content = text;
    message.content_type = "text/plain";
    message.success_report = true;
    act([&](auto now, auto& out) { CHECK(endpoint.send(now, session, std::move(message), out)); });
    net->run(1s);
  }
  /// a=path of its SDP.
  Path path() const {
    Path out(relays.rbegin(), relays.rend());
    out.push_back(local.uri);
    return out;
  }
  void take(const EndpointEvent& event) {
    if (const auto* got = std::get_if<RelayReady>(&event)) {
      relays = got->relays;
      ++paths;
    }
    if (std::holds_alternative<SessionReady>(event)) ++ready;
    if (const auto* arrived = std::get_if<MessageArrived>(&event)) texts.push_back(arrived->message.content);
    if (const auto* fate = std::get_if<MessageFate>(&event))
      fates += fate->kind == MessageFate::Kind::delivered ? "d"
               : fate->kind == MessageFate::Kind::sent    ? "s"
                                                          : "f";
    if (const auto* over = std::get_if<SessionLost>(&event)) lost.push_back(over->code);
  }

  StreamNet* net;
  std::string host;
  rcs::core::Random random;
  Endpoint endpoint;
  LocalEnd local;
  Path relays;
  int paths = 0;
  int ready = 0;
  std::vector<std::string> texts;
  std::string fates;
  std::vector<int> lost;
};

struct Stage {
  Stage()
      : relay(net, "relay.example", {}, 1),
        second(net, "second.example", {}, 2),
        alice(net, "alice.invalid", 3),
        bob(net, "bob.example", 4) {
    net.listen("bob.example", 9000, bob);
  }
  void converse(SessionId at_alice, SessionId at_bob) {
    alice.send(at_alice, "hello");
    bob.send(at_bob, "hi");
    CHECK(bob.texts == std::vector<std::string>{"hello"});
    CHECK(alice.texts == std::vector<std::string>{"hi"});
    CHECK(alice.fates.find('d') != std::string::npos);
    CHECK(bob.fates.find('d') != std::string::npos);
    CHECK(alice.fates.find('f') == std::string::npos);
    CHECK(alice.ready == 1);
    CHECK(bob.ready == 1);
    CHECK(alice.lost.empty());
    CHECK(bob.lost.empty());
  }
  StreamNet net;
  RelayParty relay;
  RelayParty second;
  EndpointParty alice;
  EndpointParty bob;
};

}  // namespace

TEST_CASE("MSRP-88, MSRP-104, MSRP-105: who is behind a relay and begins reaches the peer by it") {
  Stage stage;
  const auto session = stage.alice.open("alice1");
  stage.alice.authorize(session, "relay.example");
  REQUIRE(stage.alice.relays.size() == 1);
  const auto at_bob = stage.bob.open("bob1");
  stage.bob.start(at_bob, stage.alice.path(), false);
  stage.alice.start(session, stage.bob.path(), true);
  stage.converse(session, at_bob);
  CHECK(stage.net.dials().size() == 2);  // the relay is dialled once, for AUTH
}

TEST_CASE("MSRP-82, MSRP-88, MSRP-104: who is behind a relay and does not begin waits for the peer") {
  Stage stage;
  const auto session = stage.alice.open("alice1");
  stage.alice.authorize(session, "relay.example");
  stage.bob.host = "bob.invalid";  // where nobody can connect to
  const auto at_bob = stage.bob.open("bob1");
  stage.alice.start(session, stage.bob.path(), false);
  CHECK(stage.alice.ready == 0);
  stage.bob.start(at_bob, stage.alice.path(), true);
  stage.converse(session, at_bob);
  CHECK(stage.net.dials().size() == 2);
}

TEST_CASE("MSRP-104: both behind a relay of their own, whoever begins") {
  for (const bool alice_begins : {true, false}) {
    CAPTURE(alice_begins);
    Stage stage;
    stage.net.cut(100, 7);
    const auto session = stage.alice.open("alice1");
    const auto at_bob = stage.bob.open("bob1");
    stage.alice.authorize(session, "relay.example");
    stage.bob.authorize(at_bob, "second.example");
    stage.alice.start(session, stage.bob.path(), alice_begins);
    stage.bob.start(at_bob, stage.alice.path(), !alice_begins);
    stage.converse(session, at_bob);
    CHECK(stage.relay.relay.connections() == 2);
  }
}

TEST_CASE(
    "MSRP-80, MSRP-105: two sessions share the connection to their relay, each with a path of its own") {
  Stage stage;
  const auto first = stage.alice.open("alice1");
  const auto second = stage.alice.open("alice2");
  stage.alice.authorize(first, "relay.example");
  const auto path = stage.alice.relays;
  stage.alice.authorize(second, "relay.example");
  CHECK(stage.alice.relays != path);
  CHECK(stage.net.dials().size() == 1);
  CHECK(stage.relay.relay.uris() == 2);
  const auto at_bob = stage.bob.open("bob1");
  stage.bob.start(at_bob, stage.alice.path(), false);
  stage.alice.start(second, stage.bob.path(), true);
  stage.converse(second, at_bob);
}

TEST_CASE("MSRP-105: a path is renewed as long as the session lives") {
  Stage stage;
  const auto session = stage.alice.open("alice1");
  stage.alice.authorize(session, "relay.example");
  stage.net.run(5h);
  CHECK(stage.alice.paths == 1);
  const auto at_bob = stage.bob.open("bob1");
  stage.bob.start(at_bob, stage.alice.path(), false);
  stage.alice.start(session, stage.bob.path(), true);
  stage.converse(session, at_bob);
}

TEST_CASE("MSRP-101, MSRP-105: no path means no session, until it is asked for anew") {
  Stage stage;
  const auto session = stage.alice.open("alice1");
  stage.alice.authorize(session, "relay.example", "wrong");
  CHECK(stage.alice.lost == std::vector<int>{401});
  stage.alice.authorize(session, "nobody.example");
  CHECK(stage.alice.lost == std::vector<int>{401, 0});
  TextPeer silent(stage.net);
  stage.net.listen("silent.example", 2855, silent);
  stage.alice.authorize(session, "silent.example");
  stage.net.run(31s);
  CHECK(stage.alice.lost == std::vector<int>{401, 0, 408});
  stage.alice.authorize(session, "relay.example");
  CHECK(stage.alice.paths == 1);
  // The relay goes away: so does the path.
  stage.net.kill(stage.alice, node::dialled_connection(stage.net.dials().size()));
  CHECK(stage.alice.lost.size() == 4);
  stage.alice.authorize(session, "relay.example");
  CHECK(stage.alice.paths == 2);
  const auto at_bob = stage.bob.open("bob1");
  stage.bob.start(at_bob, stage.alice.path(), false);
  stage.alice.start(session, stage.bob.path(), true);
  stage.alice.send(session, "hello");
  CHECK(stage.bob.texts == std::vector<std::string>{"hello"});
}

TEST_CASE("MSRP-82, MSRP-105: a peer that never begins is waited for half a minute") {
  Stage stage;
  const auto session = stage.alice.open("alice1");
  stage.alice.authorize(session, "relay.example");
  stage.alice.start(session, *parse_path("msrps://bob.invalid:9000/bob1;tcp"), false);
  stage.net.run(31s);
  CHECK(stage.alice.lost == std::vector<int>{408});
}

TEST_CASE(
    "MSRP-83: a session that is started before its path is there waits for it, and may move to another "
    "peer") {
  Stage stage;
  const auto session = stage.alice.open("alice1");
  const auto at_bob = stage.bob.open("bob1");
  RelayLogin login{
      parse_uri("msrps://relay.example:2855;tcp").value(), {"alice", "password of alice"}, {}, true};
  stage.alice.act([&](auto now, auto& out) {
    stage.alice.endpoint.authorize(now, session, login, out);
    RemoteEnd remote;
    remote.path = stage.bob.path();
    remote.types.accepted = {"text/plain"};
    remote.we_dial = true;
    stage.alice.endpoint.start(now, session, remote, out);
  });
  stage.alice.send(session, "hello");
  CHECK(stage.alice.ready == 1);
  stage.bob.start(at_bob, stage.alice.path(), false);
  CHECK(stage.bob.texts == std::vector<std::string>{"hello"});

  EndpointParty carol(stage.net, "carol.example", 5);
  stage.net.listen("carol.example", 9000, carol);
  const auto at_carol = carol.open("carol1");
  carol.start(at_carol, stage.alice.path(), false);
  stage.alice.start(session, carol.path(), true);
  stage.alice.send(session, "hello carol");
  CHECK(carol.texts == std::vector<std::string>{"hello carol"});
  CHECK(stage.alice.paths == 1);
  CHECK(stage.alice.lost.empty());
}
