// Sessions of two endpoints on a line: who dials, what binds, what is lost and told.

#include "msrp/endpoint.hpp"

#include "msrp/endpoint_bench.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;
using namespace std::chrono_literals;
namespace node = rcs::node;

TEST_CASE("MSRP-81, MSRP-84: who dials binds the session at once, and nothing of that is shown") {
  Talk talk;
  talk.start();
  CHECK(talk.a.told() == "ready 1");
  CHECK(talk.b.told() == "ready 1");
  CHECK(talk.a.timers.empty());
  CHECK(talk.b.timers.empty());
}

TEST_CASE("MSRP-82: who is dialled says nothing before the first request has come") {
  Bench b;
  const auto session = b.open(local_end("bob"));
  b.start(session, remote_end(local_end("alice"), false));
  const auto connection = b.accept();
  CHECK(b.sent(session, text("early")).size() >= 4);
  b.wait(10s);
  CHECK(b.written(connection).empty());
  b.feed(connection,
         "MSRP tid1abcd SEND\r\nTo-Path: msrp://host.example:7000/bob;tcp\r\nFrom-Path: "
         "msrp://host.example:7000/alice;tcp\r\nMessage-ID: abcd1\r\n-------tid1abcd$\r\n");
  const auto seen = b.seen(connection);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].head.status == 200);
  CHECK(seen[1].head.to_path == "msrp://host.example:7000/alice;tcp");
  CHECK(seen[1].head.from_path == "msrp://host.example:7000/bob;tcp");
  CHECK(seen[1].body == "early");
  CHECK(b.told() == "ready 1");
}

TEST_CASE("MSRP-86: messages go both ways along the whole path of the peer, and are told as sent") {
  Talk talk;
  CHECK(talk.a.send(talk.alice_session, text("x")).error().code() == Errc::unknown);
  talk.start();
  talk.a.told();
  talk.b.told();
  talk.a.sent(talk.alice_session, text("Hi"));
  talk.b.sent(talk.bob_session, text("Ho"));
  talk.line.carry();
  CHECK(talk.a.told() == "arrived 1 Ho, sent 1");
  CHECK(talk.b.told() == "arrived 1 Hi, sent 1");
  CHECK(talk.b.arrived[0].message.content_type == "text/plain");
}

TEST_CASE("MSRP-81: what is sent before the session is ready waits, keeps its order, and is what binds") {
  Talk talk;
  talk.b.start(talk.bob_session, remote_end(talk.alice_end, false));
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  const auto first = talk.a.sent(talk.alice_session, text("1"));
  talk.a.sent(talk.alice_session, text("2"));
  auto same = text("1");
  same.message_id = first;
  CHECK(talk.a.send(talk.alice_session, std::move(same)).error().code() == Errc::refused);
  talk.a.sent(talk.alice_session, text("3"));
  talk.b.sent(talk.bob_session, text("4"));
  talk.line.carry();
  CHECK(talk.b.told() == "ready 1, arrived 1 1, arrived 1 2, arrived 1 3, sent 1");
  CHECK(talk.a.told() == "ready 1, sent 1, sent 1, sent 1, arrived 1 4");
  CHECK(talk.b.arrived[0].message.message_id == first);
}

TEST_CASE("MSRP-51: a peer that is faster than its SDP is heard, and answered when its SDP is there") {
  Talk talk;
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  talk.a.sent(talk.alice_session, text("fast"));
  talk.line.carry();
  CHECK(talk.b.told() == "arrived 1 fast");
  CHECK(talk.b.send(talk.bob_session, text("x")).error().code() == Errc::unknown);
  talk.b.start(talk.bob_session, remote_end(talk.alice_end, false));
  talk.b.sent(talk.bob_session, text("now"));
  talk.line.carry();
  CHECK(talk.b.told() == "ready 1, sent 1");
  CHECK(talk.a.told() == "ready 1, sent 1, arrived 1 now");
}

TEST_CASE("MSRP-51: without SDP the From-Path of the first request is the peer's path") {
  Talk talk;
  RemoteEnd anybody;
  anybody.types.accepted = {"*"};
  talk.b.start(talk.bob_session, anybody);
  CHECK(talk.b.timers.empty());  // for however long that takes
  talk.b.sent(talk.bob_session, text("hello, whoever you are"));
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  talk.line.carry();
  CHECK(talk.a.told() == "ready 1, arrived 1 hello, whoever you are");
  CHECK(talk.b.told() == "ready 1, sent 1");
}

TEST_CASE("MSRP-80: two sessions share the connection to one place, each with its own messages") {
  Talk talk;
  talk.start();
  const auto carol = local_end("carol");
  const auto dave = local_end("dave");
  const auto second = talk.a.open(carol);
  const auto other = talk.b.open(dave);
  talk.b.start(other, remote_end(carol, false));
  talk.a.start(second, remote_end(dave, true));
  talk.line.carry();
  CHECK(talk.a.told() == "ready 1, ready 2");
  CHECK(talk.b.told() == "ready 1, ready 2");
  CHECK(talk.a.dials.size() == 1);
  CHECK(talk.line.links() == 1);
  talk.a.sent(talk.alice_session, text("one"));
  talk.a.sent(second, text("two"));
  talk.b.sent(other, text("back"));
  talk.line.carry();
  CHECK(talk.b.told() == "arrived 1 one, arrived 2 two, sent 2");
  CHECK(talk.a.told() == "arrived 2 back, sent 1, sent 2");

  talk.a.close(talk.alice_session);
  talk.line.carry();
  talk.a.wait(1min);
  talk.a.sent(second, text("still here"));
  talk.line.carry();
  CHECK(talk.b.told() == "arrived 2 still here");
}

TEST_CASE("MSRP-80: another place, or another kind of trust, is another connection") {
  Bench a;
  const auto dialled = [&](const std::string& name, const std::string& peer) {
    const auto session = a.open(local_end(name));
    RemoteEnd remote;
    remote.path = *parse_path(peer);
    remote.we_dial = true;
    a.start(session, remote);
    return a.dials.size();
  };
  CHECK(dialled("one", "msrp://b.example:1/x;tcp") == 1);
  CHECK(dialled("two", "msrp://B.example:1/y;tcp") == 1);
  CHECK(dialled("three", "msrp://b.example:2/x;tcp") == 2);
  CHECK(dialled("four", "msrps://b.example:1/x;tcp") == 3);
  CHECK(dialled("five", "msrps://b.example/x;ws") == 4);
  const auto& last = a.dials.rbegin()->second;
  CHECK(last == node::StreamTarget{node::StreamKind::wss, "b.example", 443, "/", true});
}

TEST_CASE("MSRP-80: a connection without sessions is kept a while, and taken again") {
  Talk talk;
  talk.start();
  talk.a.close(talk.alice_session);
  talk.b.close(talk.bob_session);
  talk.a.wait(900ms);
  CHECK(talk.a.endpoint.connections() == 1);
  talk.alice_session = talk.a.open(talk.alice_end);
  talk.bob_session = talk.b.open(talk.bob_end);
  talk.start();
  talk.a.wait(1min);
  talk.a.sent(talk.alice_session, text("again"));
  talk.line.carry();
  CHECK(talk.b.told() == "ready 1, ready 2, arrived 2 again");
  CHECK(talk.a.dials.size() == 1);

  talk.a.close(talk.alice_session);
  talk.a.wait(1s);
  CHECK(talk.a.hung_up.size() == 1);
  CHECK(talk.a.endpoint.connections() == 0);
  CHECK(talk.a.timers.empty());
  talk.line.carry();
  CHECK(talk.b.told() == "lost 2 0");
  CHECK(talk.b.endpoint.connections() == 0);
}

TEST_CASE("MSRP-83: a dial that is refused fails the session and all that waits for it") {
  Talk talk;
  talk.line.refuses = true;
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  talk.a.sent(talk.alice_session, text("1"));
  talk.a.sent(talk.alice_session, text("2"));
  talk.line.carry();
  CHECK(talk.a.told() == "failed 1 0, failed 1 0, lost 1 0");
  CHECK(talk.a.send(talk.alice_session, text("3")).error().code() == Errc::unknown);
  CHECK(talk.a.timers.empty());
  CHECK(talk.a.endpoint.connections() == 0);
}

TEST_CASE("MSRP-83: a dial that nobody answers is given up") {
  Talk talk;
  talk.line.answers = false;
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  talk.a.sent(talk.alice_session, text("1"));
  talk.line.carry();
  talk.a.wait(29s);
  CHECK(talk.a.told().empty());
  talk.a.wait(1s);
  CHECK(talk.a.told() == "failed 1 0, lost 1 408");
  CHECK(talk.a.hung_up.size() == 1);
  CHECK(talk.a.timers.empty());
}

TEST_CASE("MSRP-83: a peer that has to dial and does not is waited for so long, and no longer") {
  Bench b;
  const auto session = b.open(local_end("bob"));
  b.start(session, remote_end(local_end("alice"), false));
  b.sent(session, text("1"));
  b.wait(29s);
  CHECK(b.told().empty());
  b.wait(1s);
  CHECK(b.told() == "failed 1 0, lost 1 408");
  CHECK(b.timers.empty());
}

TEST_CASE("MSRP-83: a broken connection fails all its sessions, with what is on its way in both directions") {
  Talk talk;
  talk.start();
  talk.line.at_most = 150;  // in the middle of a chunk
  talk.a.sent(talk.alice_session, text(std::string(100'000, 'x')));
  talk.line.carry();
  talk.a.told();
  talk.b.told();
  talk.line.break_all();
  CHECK(talk.a.told() == "failed 1 0, lost 1 0");
  CHECK(talk.b.told() == "lost 1 0");
  CHECK(talk.b.arrived.empty());
  CHECK(talk.a.endpoint.connections() == 0);
  CHECK(talk.a.endpoint.sessions() == 1);
}

TEST_CASE("MSRP-83, MSRP-58: start() anew repairs a session, and what came before is shown no more") {
  Talk talk;
  talk.start();
  auto message = text("once");
  message.message_id = "same-id";
  talk.a.sent(talk.alice_session, std::move(message));
  talk.line.carry();
  talk.line.break_all();
  CHECK(talk.a.told() == "ready 1, sent 1, lost 1 0");
  CHECK(talk.b.told() == "ready 1, arrived 1 once, lost 1 0");
  talk.start();
  auto again = text("once");
  again.message_id = "same-id";
  talk.a.sent(talk.alice_session, std::move(again));
  talk.a.sent(talk.alice_session, text("twice"));
  talk.line.carry();
  CHECK(talk.a.told() == "ready 1, sent 1, sent 1");
  CHECK(talk.b.told() == "ready 1, arrived 1 twice");
}

TEST_CASE("MSRP-83: new SDP of a peer that stays where it was changes nothing but what it takes") {
  Talk talk;
  talk.start();
  auto remote = remote_end(talk.bob_end, true);
  remote.types.accepted = {"image/*"};
  talk.a.start(talk.alice_session, remote);
  CHECK(talk.a.told() == "ready 1");
  CHECK(talk.a.send(talk.alice_session, text("x")).error().code() == Errc::unsupported);
  CHECK(talk.a.dials.size() == 1);

  remote.path = *parse_path("msrp://elsewhere.example:1/bob;tcp");
  talk.a.start(talk.alice_session, remote);
  CHECK(talk.a.dials.size() == 2);
  CHECK(talk.a.dials.rbegin()->second.host == "elsewhere.example");
}

TEST_CASE("MSRP-39: a peer that knows no such session ends it") {
  Talk talk;
  talk.start();
  talk.b.close(talk.bob_session);
  talk.a.told();
  talk.a.sent(talk.alice_session, text("anybody?"));
  talk.a.sent(talk.alice_session, text("hello?"));
  talk.line.carry();
  CHECK(talk.a.told() == "failed 1 481, failed 1 481, lost 1 481");
  talk.a.wait(2s);
  CHECK(talk.a.hung_up.size() == 1);
}

TEST_CASE("MSRP-50, MSRP-39: a session that is bound elsewhere answers 506, and stays where it is") {
  Talk talk;
  talk.start();
  const auto other = talk.b.accept();
  talk.b.feed(other,
              "MSRP tid1abcd SEND\r\nTo-Path: msrp://host.example:7000/bob;tcp\r\nFrom-Path: "
              "msrp://host.example:7000/alice;tcp\r\nMessage-ID: abcd1\r\n-------tid1abcd$\r\n");
  talk.b.told();
  CHECK(talk.b.hung_up.empty());
  talk.b.sent(talk.bob_session, text("here"));
  talk.line.carry();
  CHECK(talk.a.told() == "ready 1, arrived 1 here");
}

TEST_CASE("MSRP-37: a peer that answers nothing fails the message, not the session") {
  Talk talk;
  talk.start();
  talk.a.told();
  talk.line.at_most = 0;
  talk.a.sent(talk.alice_session, text("hello?"));
  talk.line.carry();
  talk.a.wait(30s);
  CHECK(talk.a.told() == "failed 1 408");
  CHECK(talk.a.timers.empty());
}

TEST_CASE("MSRP-38: close() tells the end of everything, and frees the URI") {
  Talk talk;
  talk.start();
  talk.a.told();
  CHECK(talk.a.endpoint.open(talk.alice_end).error().code() == Errc::malformed);
  talk.line.at_most = 0;
  auto reported = text("reported?");
  reported.success_report = true;
  reported.failure_report = FailureReport::partial;
  talk.a.sent(talk.alice_session, std::move(reported));
  talk.a.sent(talk.alice_session, text("answered?"));
  talk.line.carry();
  talk.a.close(talk.alice_session);
  CHECK(talk.a.told() == "sent 1, unconfirmed 1, failed 1 0");
  CHECK(talk.a.endpoint.sessions() == 0);
  CHECK(talk.a.open(talk.alice_end).value == 2);
}

TEST_CASE("MSRP-88: behind a relay we dial the relay, and every message goes through it") {
  Bench a;
  auto local = local_end("alice");
  local.relays = *parse_path("msrps://relay.example:2855/x;tcp");
  const auto session = a.open(local);
  a.start(session, remote_end(local_end("bob"), false));
  REQUIRE(a.dials.size() == 1);
  const auto& [connection, target] = *a.dials.begin();
  CHECK(target == node::StreamTarget{node::StreamKind::tls, "relay.example", 2855, "/", true});
  a.hear(connection, node::Opened{});
  a.sent(session, text("Hi"));
  const auto seen = a.seen(connection);
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].head.to_path == "msrps://relay.example:2855/x;tcp msrp://host.example:7000/bob;tcp");
}

TEST_CASE("MSRP-89: where a middlebox stands between, it is dialled, and the path says what it said") {
  Bench a;
  const auto session = a.open(local_end("alice"));
  auto remote = remote_end(local_end("bob"), true);
  remote.dial = node::StreamTarget{node::StreamKind::tcp, "10.0.0.1", 99, "/", true};
  a.start(session, remote);
  REQUIRE(a.dials.size() == 1);
  CHECK(a.dials.begin()->second == *remote.dial);
}

TEST_CASE("MSRP-24: a transport that is not ours is no way to the peer") {
  Bench a;
  const auto session = a.open(local_end("alice"));
  a.start(session, remote_end(local_end("bob", false, "sctp"), true));
  CHECK(a.told() == "lost 1 0");
  CHECK(a.dials.empty());
}

TEST_CASE("a peer that connects faster than it can be dialled is taken as it comes") {
  Talk talk;
  talk.line.answers = false;
  talk.b.start(talk.bob_session, remote_end(talk.alice_end, true));
  talk.line.carry();
  talk.line.answers = true;
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  talk.line.carry();
  CHECK(talk.b.told() == "ready 1");
  CHECK(talk.b.hung_up.size() == 1);
  CHECK(talk.b.endpoint.connections() == 1);
}

TEST_CASE("there are no more sessions and connections than are allowed") {
  EndpointConfig config;
  config.max_sessions = 1;
  config.max_connections = 1;
  Bench b(config);
  const auto session = b.open(local_end("bob"));
  CHECK(b.endpoint.open(local_end("carol")).error().code() == Errc::too_large);
  b.accept();
  CHECK(b.hung_up.empty());
  const auto second = b.accept();
  CHECK(b.hung_up == std::set<ConnectionId>{second});
  b.start(session, remote_end(local_end("alice"), true));
  CHECK(b.told() == "lost 1 0");
}

TEST_CASE("an accepted connection that no request gives a session is hung up") {
  Bench b;
  const auto connection = b.accept();
  b.wait(29s);
  CHECK(b.hung_up.empty());
  b.wait(1s);
  CHECK(b.hung_up == std::set<ConnectionId>{connection});
  CHECK(b.timers.empty());
}

TEST_CASE("what waits for a connection can be given up, and has limits") {
  EndpointConfig config;
  config.outbound.sender.max_messages = 2;
  config.outbound.sender.max_content = 10;
  Bench a(config);
  const auto session = a.open(local_end("alice"));
  a.start(session, remote_end(local_end("bob"), true));
  const auto id = a.sent(session, text("12345"));
  CHECK(a.send(session, text("123456")).error().code() == Errc::too_large);
  a.sent(session, text("12345"));
  CHECK(a.send(session, text("")).error().code() == Errc::too_large);
  EndpointOutbox out;
  a.endpoint.abort(a.now, session, id, out);
  CHECK(out.empty());
  a.sent(session, text("1234"));
}
