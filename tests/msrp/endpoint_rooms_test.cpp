#include "msrp/encoder.hpp"
#include "msrp/endpoint_bench.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
namespace node = rcs::node;
using namespace std::chrono_literals;
using rcs::core::Errc;

namespace {

/// Bob is a room.
Talk talk_to_room(const std::string& tail = "tcp", bool secure = false) {
  auto room = local_end("bob", secure, tail);
  room.takes_nicknames = true;
  return Talk(local_end("alice", secure, tail), room);
}

void started(Talk& talk) {
  talk.start();
  talk.a.told();
  talk.b.told();
}

/// A guest of a door, who came with `request`; what it was answered, in order.
std::string answers(Bench& bench, ConnectionId connection, const std::string& octets) {
  bench.feed(connection, octets);
  std::string all;
  for (const auto& seen : bench.seen(connection)) all += std::to_string(seen.head.status) + " ";
  return all;
}

std::string request(const std::string& method, const std::string& guest, const std::string& headers = {}) {
  return "MSRP d93kswow " + method + "\r\nTo-Path: msrp://host.example:7000/door;tcp\r\nFrom-Path: msrp://" +
         guest + ".example:9000/own;tcp\r\n" + headers + "-------d93kswow$\r\n";
}
std::string opening(const std::string& guest) { return request("SEND", guest, "Message-ID: abcd1\r\n"); }

}  // namespace

TEST_CASE("MSRP-163: a nickname is asked for, and told when the room has answered") {
  for (const std::string tail : {"tcp", "ws"}) {
    auto talk = talk_to_room(tail, tail == "ws");
    started(talk);
    REQUIRE(talk.a.use_nickname(talk.alice_session, "Alice \"A\""));
    talk.line.carry();
    CHECK(talk.b.told() == "asked 1 Alice \"A\"");
    CHECK(talk.a.told().empty());
    talk.b.answer(talk.bob_session, talk.b.tickets.at(0), 200);
    talk.line.carry();
    CHECK(talk.a.told() == "named 1 Alice \"A\" 200");
    REQUIRE(talk.a.use_nickname(talk.alice_session, ""));
    talk.line.carry();
    CHECK(talk.b.told() == "asked 1 ");
    talk.b.answer(talk.bob_session, talk.b.tickets.at(1), 425);
    talk.line.carry();
    CHECK(talk.a.told() == "named 1  425");
    CHECK(talk.a.timers.empty());
  }
}

TEST_CASE("MSRP-163: one nickname is asked for at a time, and none that can not be written") {
  auto talk = talk_to_room();
  CHECK(talk.a.use_nickname(talk.alice_session, "Alice").error().code() == Errc::unknown);
  started(talk);
  CHECK(talk.a.use_nickname(talk.alice_session, "a\nb").error().code() == Errc::malformed);
  REQUIRE(talk.a.use_nickname(talk.alice_session, "Alice"));
  CHECK(talk.a.use_nickname(talk.alice_session, "Al").error().code() == Errc::refused);
}

TEST_CASE("MSRP-163: a nickname that is not answered is told so, by time or by the end of the session") {
  auto talk = talk_to_room();
  started(talk);
  REQUIRE(talk.a.use_nickname(talk.alice_session, "Alice"));
  talk.line.carry();
  talk.a.wait(29s);
  CHECK(talk.a.told().empty());
  talk.a.wait(2s);
  CHECK(talk.a.told() == "named 1 Alice 408");
  REQUIRE(talk.a.use_nickname(talk.alice_session, "Al"));
  talk.line.carry();
  talk.line.break_all();
  CHECK(talk.a.told() == "named 1 Al 0, lost 1 0");
}

TEST_CASE("MSRP-12, MSRP-163: who is no room answers NICKNAME with 501, and goes on") {
  Talk talk;
  started(talk);
  REQUIRE(talk.a.use_nickname(talk.alice_session, "Alice"));
  talk.line.carry();
  CHECK(talk.a.told() == "named 1 Alice 501");
  talk.a.sent(talk.alice_session, text("still here"));
  talk.line.carry();
  CHECK(talk.b.told() == "arrived 1 still here");
}

TEST_CASE("MSRP-51: by a door many come in with one URI, each by a SEND and with a session of its own") {
  Bench bench;
  auto local = local_end("door");
  local.is_door = local.takes_nicknames = true;
  const auto door = bench.open(local);
  bench.start(door, {});
  const auto first = bench.accept();
  CHECK(answers(bench, first, request("NICKNAME", "a", "Use-Nickname: \"A\"\r\n")) == "481 ");
  CHECK(answers(bench, first, opening("a")) == "200 ");
  CHECK(bench.told() == "entered 2 by 1, ready 2");
  const auto second = bench.accept();
  CHECK(answers(bench, second, opening("b") + opening("b")) == "200 200 ");
  CHECK(bench.told() == "entered 3 by 1, ready 3");
  CHECK(answers(bench, first, request("NICKNAME", "a", "Use-Nickname: \"A\"\r\n")).empty());
  CHECK(bench.told() == "asked 2 A");
  bench.hear(first, node::Closed{"gone"});
  bench.close(SessionId{2});
  CHECK(bench.told() == "lost 2 0");
  CHECK(bench.endpoint.sessions() == 2);
  CHECK(answers(bench, bench.accept(), opening("c")) == "200 ");  // the door is still there
  CHECK(bench.told() == "entered 4 by 1, ready 4");
}

TEST_CASE("MSRP-50: who comes to a door when there are as many sessions as may be is answered 481") {
  EndpointConfig config;
  config.max_sessions = 2;
  Bench bench(config);
  auto local = local_end("door");
  local.is_door = true;
  bench.start(bench.open(local), {});
  CHECK(answers(bench, bench.accept(), opening("a")) == "200 ");
  CHECK(answers(bench, bench.accept(), opening("b")) == "481 ");
}

TEST_CASE("MSRP-50: a connection with other sessions finds its own one behind the door") {
  Bench bench;
  auto local = local_end("door");
  local.is_door = true;
  bench.start(bench.open(local), {});
  const auto other = bench.open(local_end("other"));
  bench.start(other, {});
  const auto connection = bench.accept();
  auto to_other = opening("a");
  to_other.replace(to_other.find("/door"), 5, "/other");
  CHECK(answers(bench, connection, to_other + opening("a") + opening("a")) == "200 200 200 ");
  CHECK(bench.told() == "ready 2, entered 3 by 1, ready 3");
}
