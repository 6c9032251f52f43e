#include <sys/resource.h>

#include <boost/asio/io_context.hpp>

#include "http/web_station.hpp"
#include "net/raw_peer.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace rcs::core;
using rcs::http::ServerLimits;
using rcs::net::Loop;
using rcs::test::get;
using rcs::test::RawSocket;
using rcs::test::text_reply;
using rcs::test::WebStation;

TEST_CASE("what is malformed or too large is answered with a problem and the connection is closed") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  std::string status;
  SECTION("garbage") {
    status = "400 Bad Request";
    REQUIRE(peer.send("garbage\r\n\r\n"));
  }
  SECTION("a body over the limit, announced") {
    status = "413 Content Too Large";
    REQUIRE(peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"));
  }
  SECTION("a body over the limit, in chunks, of which more is on its way") {
    status = "413 Content Too Large";
    REQUIRE(peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
    const std::string piece = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
    for (int i = 0; i < 12; ++i) {
      peer.send(piece);
      loop.context().poll();
    }
  }
  SECTION("header fields over the limit") {
    status = "431 Request Header Fields Too Large";
    REQUIRE(peer.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x')));
  }
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.received().starts_with("HTTP/1.1 " + status + "\r\n"));
  CHECK(peer.has("Content-Type: application/problem+json\r\n"));
  CHECK(peer.has("Connection: close\r\n"));
  CHECK(peer.has("\"status\":" + status.substr(0, 3)));
  CHECK(station.requests.empty());
}

TEST_CASE("requests before a malformed one are answered first") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/good") + "garbage\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  station.server->act(station.ids[0], text_reply("fine"));
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.received().find("fine") < peer.received().find("HTTP/1.1 400"));
}

TEST_CASE("CMT-22: connections that say nothing, or too slowly, are closed in time") {
  Loop loop;
  ServerLimits limits;
  limits.header_timeout = 20ms;
  limits.body_timeout = 20ms;
  limits.keep_alive_timeout = 20ms;
  WebStation station(loop, limits);
  station.answer_all();
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  std::string wish;
  SECTION("nothing at all") {}
  SECTION("half a header") {
    wish = "HTTP/1.1 408";
    REQUIRE(peer.send("GET / HTTP/1.1\r\nHos"));
  }
  SECTION("half a body") {
    wish = "HTTP/1.1 408";
    REQUIRE(peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf"));
  }
  SECTION("nothing after an answer") {
    wish = "HTTP/1.1 200";
    REQUIRE(peer.send(get("/")));
  }
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.received().substr(0, wish.size()) == wish);
  CHECK(peer.count("HTTP/1.1") == (wish.empty() ? 0 : 1));
  CHECK(station.gone.empty());
}

TEST_CASE("a held poll outlives every limit of the transport") {
  Loop loop;
  ServerLimits limits;
  limits.header_timeout = limits.body_timeout = limits.keep_alive_timeout = limits.write_timeout = 10ms;
  WebStation station(loop, limits);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/poll")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  bool later = false;
  loop.after(60ms, [&] { later = true; });
  REQUIRE(loop.run_until([&] { return later; }, 5s));
  station.server->act(station.ids[0], text_reply("event"));
  REQUIRE(loop.run_until([&] { return peer.has("event"); }, 5s));
  CHECK(station.gone.empty());
}

TEST_CASE("CMT-70: a reader that does not keep up is cut, and its exchange is gone") {
  Loop loop;
  ServerLimits limits;
  SECTION("when too much waits for it") {
    limits.queue_bytes = 64 * 1024;
    limits.queue_chunks = GENERATE(std::size_t{4}, std::size_t{1000});
    WebStation station(loop, limits);
    RawSocket peer(SOCK_STREAM, 4096);
    REQUIRE(peer.connect(station.port()));
    REQUIRE(peer.send(get("/stream")));
    REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
    station.server->act(station.ids[0], WebStreamHead{});
    for (int i = 0; i < 10'000 && station.server->connections() == 1; ++i) {
      station.server->act(station.ids[0], WebChunk{std::string(16'000, 'x')});
    }
    CHECK(station.server->connections() == 0);
    CHECK(station.gone.empty());  // never from inside act
    REQUIRE(loop.run_until([&] { return !station.gone.empty(); }, 5s));
    CHECK(station.gone == station.ids);
  }
  SECTION("when one write takes too long") {
    limits.write_timeout = 20ms;
    WebStation station(loop, limits);
    RawSocket peer(SOCK_STREAM, 4096);
    REQUIRE(peer.connect(station.port()));
    REQUIRE(peer.send(get("/big")));
    REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
    station.server->act(station.ids[0], WebStreamHead{});
    station.server->act(station.ids[0], WebChunk{std::string(8'000'000, 'x')});
    REQUIRE(loop.run_until([&] { return !station.gone.empty(); }, 5s));
    CHECK(station.gone.size() == 1);
  }
}

TEST_CASE("CMT-71: one slow reader does not delay another") {
  Loop loop;
  WebStation station(loop);
  RawSocket slow(SOCK_STREAM, 4096);
  RawSocket fast(SOCK_STREAM);
  REQUIRE(slow.connect(station.port()));
  REQUIRE(slow.send(get("/slow")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  station.server->act(station.ids[0], text_reply(std::string(8'000'000, 'x')));
  station.answer_all();
  REQUIRE(fast.connect(station.port()));
  for (int i = 0; i < 50; ++i) {
    REQUIRE(fast.send(get("/" + std::to_string(i))));
    REQUIRE(loop.run_until([&] { return fast.has("GET /" + std::to_string(i) + " "); }, 1s));
  }
}

TEST_CASE("a client that pipelines without end while its poll is held is not read without end") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/poll")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  std::string many;
  constexpr std::size_t kCount = 4000;
  for (std::size_t i = 0; i < kCount; ++i)
    many += get("/" + std::to_string(i), "X-Pad: 0123456789012345678901234567890123456789\r\n");
  std::size_t sent = 0;
  station.answer = [&](WebId id, const WebRequest&) { station.server->act(id, text_reply("ok")); };
  station.server->act(station.ids[0], text_reply("first"));
  REQUIRE(loop.run_until(
      [&] {
        const auto part = std::string_view(many).substr(sent, 4096);
        if (!part.empty() && peer.send(part)) sent += part.size();
        peer.received();
        return station.requests.size() == kCount + 1;
      },
      60s));
  for (std::size_t i = 0; i < kCount; ++i) REQUIRE(station.requests[i + 1].target == "/" + std::to_string(i));
}

TEST_CASE("CMT-74: over the limit of connections the answer is 503, and room is used again") {
  Loop loop;
  ServerLimits limits;
  limits.connections = 2;
  WebStation station(loop, limits);
  station.answer_all();
  RawSocket first(SOCK_STREAM);
  RawSocket second(SOCK_STREAM);
  RawSocket third(SOCK_STREAM);
  REQUIRE(first.connect(station.port()));
  REQUIRE(second.connect(station.port()));
  REQUIRE(loop.run_until([&] { return station.server->connections() == 2; }, 5s));
  REQUIRE(third.connect(station.port()));
  REQUIRE(third.send(get("/")));
  REQUIRE(loop.run_until([&] { return third.closed(); }, 5s));
  CHECK(third.received().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(third.has("Retry-After: 1\r\n"));
  CHECK(station.requests.empty());
  third.close();
  first.close();
  REQUIRE(loop.run_until([&] { return station.server->connections() == 1; }, 5s));
  RawSocket fourth(SOCK_STREAM);
  REQUIRE(fourth.connect(station.port()));
  REQUIRE(fourth.send(get("/ok")));
  REQUIRE(loop.run_until([&] { return fourth.has("GET /ok"); }, 5s));
}

TEST_CASE("without a free descriptor accepting pauses and goes on later") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  // A whole exchange first: a sanitizer needs descriptors of its own when it looks at a type for the first
  // time.
  RawSocket first(SOCK_STREAM);
  REQUIRE(first.connect(station.port()));
  REQUIRE(first.send(get("/first")));
  REQUIRE(loop.run_until([&] { return first.has("GET /first"); }, 5s));
  const std::size_t open_before = station.server->connections();
  RawSocket peer(SOCK_STREAM);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  const int highest = ::dup(0);
  REQUIRE(highest >= 0);
  ::close(highest);
  none.rlim_cur = static_cast<rlim_t>(highest);  // the lowest free descriptor is over the limit
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const bool connected = peer.connect(station.port());
  const bool sent = peer.send(get("/late"));
  const std::size_t turns = loop.context().run_for(150ms);
  const std::size_t open = station.server->connections();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(connected);
  REQUIRE(sent);
  CHECK(open == open_before);
  CHECK(turns < 50);  // a spinning accept loop makes thousands
  REQUIRE(loop.run_until([&] { return peer.has("GET /late"); }, 5s));
}
