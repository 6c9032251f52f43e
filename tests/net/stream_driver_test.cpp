#include "net/stream_driver.hpp"

#include "net/raw_peer.hpp"
#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using net::Loop;
using test::RawSocket;

namespace {

struct Heard {
  std::string octets;
};
using Outbox = node::Outbox<node::StreamAction, node::ConnectionId, Heard>;

/// Tells what it hears, then answers it; greets when its timer fires.
class Parrot {
 public:
  void on_stream(core::Instant, node::ConnectionId from, const node::StreamNews& news, Outbox& out) {
    if (std::holds_alternative<node::Accepted>(news)) {
      guest = from;
      out.arm({1, from.value}, 1ms);
    }
    const auto* octets = std::get_if<node::Octets>(&news);
    if (octets == nullptr) return;
    out.emit(Heard{std::string(octets->octets)});
    node::Write answer;
    answer.octets = octets->octets;
    out.send(from, std::move(answer));
  }
  void on_timer(core::Instant, node::TimerKey key, Outbox& out) {
    node::Write greeting;
    greeting.octets = "hello ";
    out.send(node::ConnectionId{key.id}, std::move(greeting));
  }
  node::ConnectionId guest;
};
using Driver = net::StreamDriver<Parrot, Heard>;

}  // namespace

TEST_CASE("a node of connections hears, answers and is woken, and what it does is watched") {
  Loop loop;
  Parrot parrot;
  std::string heard;
  int news = 0;
  int actions = 0;
  Driver::Watch watch;
  watch.on_news = [&](node::ConnectionId, const node::StreamNews&) { ++news; };
  watch.on_action = [&](node::ConnectionId, const node::StreamAction&) { ++actions; };
  Driver driver(
      loop, {}, [&](const Heard& event) { heard += event.octets; }, std::move(watch));
  const auto at = driver.streams().listen({});
  REQUIRE(at);
  driver.attach(parrot);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(at->port));
  REQUIRE(loop.run_until([&] { return peer.has("hello "); }, 20s));
  REQUIRE(peer.send("who is there"));
  REQUIRE(loop.run_until([&] { return peer.has("hello who is there"); }, 20s));
  CHECK(heard == "who is there");
  CHECK(actions == 2);
  CHECK(news >= 2);
}

TEST_CASE("what a handler of an event asks for comes after all that the node has said") {
  Loop loop;
  Parrot parrot;
  Driver* self = nullptr;
  Driver driver(loop, {}, [&](const Heard&) {
    self->act([&](core::Instant, Parrot& node, Outbox& out) { out.send(node.guest, node::HangUp()); });
  });
  self = &driver;
  const auto at = driver.streams().listen({});
  REQUIRE(at);
  driver.attach(parrot);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(at->port));
  REQUIRE(loop.run_until([&] { return peer.has("hello "); }, 20s));
  REQUIRE(peer.send("the answer to this is written before the end"));
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 20s));
  CHECK(peer.has("the answer to this is written before the end"));
}
