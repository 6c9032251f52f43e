// What crosses connections of every kind when nothing goes wrong.

#include <algorithm>

#include "core/random.hpp"
#include "net/raw_peer.hpp"
#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using net::Loop;
using node::StreamKind;
using Peer = test::StreamPeer;
using Station = test::StreamStation;

namespace {

std::string octets(core::Random& random, std::size_t size) {
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(random.next());
  return out;
}

net::StreamsOptions with_tls() {
  net::StreamsOptions options;
  options.tls = test::tls_of("localhost", "localhost");
  return options;
}

node::StreamTarget target(StreamKind kind, std::uint16_t port) {
  node::StreamTarget to;
  to.kind = kind;
  to.host = "localhost";
  to.port = port;
  to.resource = "/m";
  return to;
}

/// Writes all of `what` in random pieces, a few of them at once, as the connection drains.
class Writer {
 public:
  Writer(Station& station, node::ConnectionId id, std::string what, std::uint64_t seed)
      : station_(station), id_(id), what_(std::move(what)), random_(seed) {}

  void some() {
    for (int i = 0; i < 5 && at_ < what_.size(); ++i) {
      const std::size_t most = random_.below(4) == 0 ? 200'000 : 3'000;
      const std::size_t size = std::min(1 + random_.below(most), what_.size() - at_);
      station_.write(id_, what_.substr(at_, size));
      sizes.push_back(size);
      at_ += size;
    }
  }
  std::vector<std::size_t> sizes;

 private:
  Station& station_;
  node::ConnectionId id_;
  std::string what_;
  std::size_t at_ = 0;
  core::Random random_;
};

void exchange(StreamKind kind) {
  Loop loop;
  Station alice(loop, with_tls());
  Station bob(loop, with_tls());
  const Peer& line = alice.dial(target(kind, bob.listen(kind).port));
  const auto to_bob = alice.last;
  REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 20s));
  CHECK(bob.guest()->as.kind == kind);
  CHECK(bob.guest()->as.resource == (node::has_messages(kind) ? "/m" : ""));
  CHECK(line.certificate.empty() != node::is_secure(kind));
  CHECK(line.certificate == bob.guest()->certificate);  // both bear the same

  core::Random random(7);
  const std::string one = octets(random, 3 << 20);
  const std::string two = octets(random, 3 << 20);
  Writer from_alice(alice, to_bob, one, 1);
  Writer from_bob(bob, Station::guest_id(), two, 2);
  const auto go_on = [](Writer& writer) {
    return [&writer](node::ConnectionId, const node::StreamNews& news) {
      if (std::holds_alternative<node::Drained>(news)) writer.some();
    };
  };
  alice.on_news = go_on(from_alice);
  bob.on_news = go_on(from_bob);
  from_alice.some();
  from_bob.some();
  REQUIRE(loop.run_until(
      [&] { return bob.guest()->received.size() >= one.size() && line.received.size() >= two.size(); }, 60s));
  CHECK(bob.guest()->received == one);
  CHECK(line.received == two);
  if (node::has_messages(kind)) {
    CHECK(bob.guest()->pieces == from_alice.sizes);
    CHECK(line.pieces == from_bob.sizes);
  }
  alice.write(to_bob, "the last");
  alice.hang_up(to_bob);
  REQUIRE(loop.run_until([&] { return bob.guest()->closed; }, 20s));
  CHECK(bob.guest()->why.empty());
  CHECK(bob.guest()->received.ends_with("the last"));
  CHECK_FALSE(line.closed);
  CHECK(loop.run_until([&] { return alice.streams.connections() + bob.streams.connections() == 0; }, 20s));
}

}  // namespace

TEST_CASE("3 MiB cross a TCP connection both ways at once, whatever the pieces") {
  exchange(StreamKind::tcp);
}
TEST_CASE("3 MiB cross a TLS connection both ways at once, whatever the pieces") {
  exchange(StreamKind::tls);
}
TEST_CASE("MSRP-121: 3 MiB cross a WebSocket both ways at once, each write as one message") {
  exchange(StreamKind::ws);
}
TEST_CASE("MSRP-121: 3 MiB cross a WebSocket over TLS both ways at once, each write as one message") {
  exchange(StreamKind::wss);
}

TEST_CASE("small writes of one turn leave together and arrive together") {
  const auto kind = GENERATE(StreamKind::tcp, StreamKind::tls);
  Loop loop;
  Station alice(loop, with_tls());
  Station bob(loop, with_tls());
  const Peer& line = alice.dial(target(kind, bob.listen(kind).port));
  REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 20s));
  for (int i = 0; i < 1000; ++i) alice.write(alice.last, "0123456789");
  REQUIRE(loop.run_until([&] { return bob.guest()->received.size() == 10'000 && line.drained == 1; }, 20s));
  CHECK(bob.guest()->pieces.size() <= 2);
}

TEST_CASE("what answers several reads of one turn leaves when the last of them is told") {
  Loop loop;
  Station bob(loop);
  test::RawSocket alice(SOCK_STREAM);
  alice.start_connecting(bob.listen(StreamKind::tcp).port);
  REQUIRE(loop.run_until([&] { return bob.guest() != nullptr; }, 20s));
  int turn = 0;
  int last_turn = 0;
  std::size_t answers = 0;  // that Alice had when the last read was told
  bool several = false;
  bob.on_news = [&](node::ConnectionId id, const node::StreamNews& news) {
    if (!std::holds_alternative<node::Octets>(news)) return;
    const auto had = std::exchange(answers, alice.received().size());
    if (std::exchange(last_turn, turn) == turn) {
      several = true;
      CHECK(answers == had);
    }
    bob.write(id, "a");
  };
  const std::string much(256 * 1024, 'x');  // more than one read takes
  const auto next_turn = [&] {
    ++turn;
    alice.send(much);  // as much of it as the socket takes
    return several;
  };
  REQUIRE(loop.run_until(next_turn, 20s));
  REQUIRE(loop.run_until([&] { return alice.received().size() > answers; }, 20s));
}

TEST_CASE("Drained is told once for all that was written") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  const Peer& line = alice.dial(target(StreamKind::tcp, bob.listen(StreamKind::tcp).port));
  alice.write(alice.last, "early: it waits for the connection");
  REQUIRE(loop.run_until([&] { return bob.guest() != nullptr && !bob.guest()->received.empty(); }, 20s));
  REQUIRE(loop.run_until([&] { return line.drained == 1; }, 20s));
  alice.write(alice.last, "more");
  alice.write(alice.last, " and more");
  REQUIRE(loop.run_until([&] { return bob.guest()->received.ends_with("more and more"); }, 20s));
  REQUIRE(loop.run_until([&] { return line.drained == 2; }, 20s));
}

TEST_CASE("the memory of what was written is there for what is written next") {
  for (const auto kind : {StreamKind::tcp, StreamKind::tls, StreamKind::ws}) {
    CAPTURE(static_cast<int>(kind));
    Loop loop;
    Station alice(loop, with_tls());
    Station bob(loop, with_tls());
    const Peer& line = alice.dial(target(kind, bob.listen(kind).port));
    REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 20s));
    std::string what(100'000, 'x');
    const auto* memory = what.data();
    std::string spare;
    alice.on_news = [&](node::ConnectionId, const node::StreamNews& news) {
      if (const auto* drained = std::get_if<node::Drained>(&news)) spare = drained->spares->take();
    };
    alice.write(alice.last, std::move(what));
    REQUIRE(loop.run_until([&] { return line.drained > 0 && bob.guest()->received.size() == 100'000; }, 20s));
    CHECK((spare.data() == memory));
    CHECK(spare.empty());

    alice.on_news = [&](node::ConnectionId, const node::StreamNews& news) {
      if (const auto* octets = std::get_if<node::Octets>(&news)) {
        octets->spares->give(std::move(spare));
        spare = octets->spares->take();
      }
    };
    bob.write(Station::guest_id(), "y");
    REQUIRE(loop.run_until([&] { return line.received == "y"; }, 20s));
    CHECK((spare.data() == memory));
  }
}

TEST_CASE("what waits behind other octets takes no more memory than it needs") {
  for (const auto kind : {StreamKind::tcp, StreamKind::ws}) {
    CAPTURE(static_cast<int>(kind));
    Loop loop;
    Station alice(loop);
    Station bob(loop);
    const Peer& line = alice.dial(target(kind, bob.listen(kind).port));
    REQUIRE(loop.run_until([&] { return line.opened && bob.guest() != nullptr; }, 20s));
    std::string roomy;
    roomy.reserve(200'000);
    roomy = "little";
    const auto* memory = roomy.data();
    const char* spared = nullptr;
    bob.on_news = [&](node::ConnectionId, const node::StreamNews& news) {
      if (std::holds_alternative<node::Octets>(news)) bob.write(Station::guest_id(), "go on");
    };
    alice.on_news = [&](node::ConnectionId, const node::StreamNews& news) {
      const auto* octets = std::get_if<node::Octets>(&news);
      if (octets == nullptr || spared != nullptr) return;
      alice.write(alice.last, std::string(20'000, 'x'));
      alice.write(alice.last, std::move(roomy));
      spared = octets->spares->take().data();  // at once, before anything has left
    };
    bob.write(Station::guest_id(), "begin");
    REQUIRE(loop.run_until([&] { return bob.guest()->received.size() == 20'006; }, 20s));
    CHECK((spared == memory));
    CHECK(bob.guest()->received.ends_with("little"));
  }
}

TEST_CASE("MSRP-122: text and binary messages are both read as octets") {
  Loop loop;
  Station alice(loop);
  Station bob(loop);
  const Peer& line = alice.dial(target(StreamKind::ws, bob.listen(StreamKind::ws).port));
  REQUIRE(loop.run_until([&] { return line.opened; }, 20s));
  alice.write(alice.last, "gr\xC3\xBC\xC3\x9F", true);
  alice.write(alice.last, std::string("\xFF\0\xFE", 3), false);
  REQUIRE(loop.run_until([&] { return bob.guest() != nullptr && bob.guest()->pieces.size() == 2; }, 20s));
  CHECK(bob.guest()->received == "gr\xC3\xBC\xC3\x9F" + std::string("\xFF\0\xFE", 3));
}
