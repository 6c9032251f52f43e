#include "http/server.hpp"

#include <boost/asio/io_context.hpp>

#include "http/web_station.hpp"
#include "net/raw_peer.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace rcs::core;
using rcs::http::Server;
using rcs::net::Loop;
using rcs::test::get;
using rcs::test::RawSocket;
using rcs::test::text_reply;
using rcs::test::WebStation;

TEST_CASE("a request is answered and the connection is kept") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/a", "X-Thing: 1\r\n")));
  REQUIRE(loop.run_until([&] { return peer.has("GET /a "); }, 5s));
  CHECK(peer.received().starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(peer.has("Content-Length: 7\r\n"));
  CHECK(peer.has("\r\nDate: "));
  CHECK_FALSE(peer.has("Server:"));
  CHECK_FALSE(peer.has("Connection:"));
  CHECK(*find_header(station.requests[0].headers, "x-thing") == "1");
  REQUIRE(peer.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"));
  REQUIRE(loop.run_until([&] { return peer.has("POST /b hello"); }, 5s));
  CHECK(station.server->connections() == 1);
  peer.close();
  REQUIRE(loop.run_until([&] { return station.server->connections() == 0; }, 5s));
  CHECK(station.gone.empty());
}

TEST_CASE("a request may come octet by octet") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  for (const char octet : std::string("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")) {
    REQUIRE(peer.send(std::string(1, octet)));
    loop.context().poll();
  }
  REQUIRE(loop.run_until([&] { return peer.has("POST /slow body"); }, 5s));
}

TEST_CASE("pipelined requests are answered in order, and each knows whether another waits") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/1") + get("/2") + get("/3") + "\r\n"));
  SECTION("answered at once") {
    station.answer_all();
    REQUIRE(loop.run_until([&] { return peer.has("GET /3"); }, 5s));
  }
  SECTION("answered later") {
    for (std::size_t i = 0; i < 3; ++i) {
      REQUIRE(loop.run_until([&] { return station.ids.size() == i + 1; }, 5s));
      station.server->act(station.ids[i], text_reply("GET /" + std::to_string(i + 1)));
    }
    REQUIRE(loop.run_until([&] { return peer.has("GET /3"); }, 5s));
  }
  const auto& text = peer.received();
  CHECK(text.find("GET /1") < text.find("GET /2"));
  CHECK(text.find("GET /2") < text.find("GET /3"));
  CHECK(station.requests[0].pipelined);
  CHECK(station.requests[1].pipelined);
  CHECK_FALSE(station.requests[2].pipelined);
}

TEST_CASE("the next request of a connection waits for the answer to the one before") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/held")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  REQUIRE(peer.send(get("/next")));
  for (int i = 0; i < 20; ++i) loop.context().poll();
  CHECK(station.ids.size() == 1);
  station.server->act(station.ids[0], text_reply("late"));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 2; }, 5s));
  CHECK(station.requests[1].target == "/next");
}

TEST_CASE("CMT-92: a client that leaves a held poll is noticed at once, exactly once") {
  Loop loop;
  WebStation station(loop);
  auto peer = std::make_unique<RawSocket>(SOCK_STREAM);
  REQUIRE(peer->connect(station.port()));
  REQUIRE(peer->send(get("/poll")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  SECTION("by closing") { peer->close(); }
  SECTION("by a reset") { peer->reset(); }
  SECTION("by closing after it has sent another request") {
    REQUIRE(peer->send(get("/next")));
    peer->close();
  }
  const auto left = loop.now();
  REQUIRE(loop.run_until([&] { return !station.gone.empty(); }, 5s));
  CHECK(loop.now() - left < 1s);
  CHECK(station.gone == station.ids);
  station.server->act(station.ids[0], text_reply("nobody hears this"));
  for (int i = 0; i < 20; ++i) loop.context().poll();
  CHECK(station.gone.size() == 1);
  CHECK(station.ids.size() == 1);
  CHECK(station.server->connections() == 0);
}

TEST_CASE("a client that has only shut down its side hears what can be answered at once") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/1") + get("/2")));
  peer.shut_down_sending();
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.has("GET /1"));
  CHECK(peer.has("GET /2"));
  CHECK(station.gone.empty());
}

TEST_CASE("CMT-07 CMT-12: a stream is chunked, each chunk leaves at once") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/stream") + get("/after")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  const auto id = station.ids[0];
  WebStreamHead head;
  head.headers = {{"Content-Type", "text/event-stream"}};
  station.server->act(id, head);
  REQUIRE(loop.run_until([&] { return peer.has("\r\n\r\n"); }, 5s));
  CHECK(peer.has("Transfer-Encoding: chunked\r\n"));
  CHECK_FALSE(peer.has("Content-Length"));
  station.server->act(id, WebChunk{":ok\n"});
  REQUIRE(loop.run_until([&] { return peer.received().ends_with("4\r\n:ok\n\r\n"); }, 5s));
  station.server->act(id, WebChunk{""});
  station.server->act(id, WebReply{});  // out of place: dropped
  station.server->act(id, WebChunk{"data: 0123456789\n"});
  REQUIRE(loop.run_until([&] { return peer.received().ends_with("11\r\ndata: 0123456789\n\r\n"); }, 5s));
  station.server->act(id, WebEnd{});
  station.server->act(id, WebChunk{"too late"});
  REQUIRE(loop.run_until([&] { return station.ids.size() == 2; }, 5s));
  CHECK(peer.received().ends_with("\n\r\n0\r\n\r\n"));
  station.server->act(station.ids[1], text_reply("after"));
  REQUIRE(loop.run_until([&] { return peer.received().ends_with("after"); }, 5s));
}

TEST_CASE("CMT-07: an HTTP/1.0 stream ends with the connection") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  CHECK(station.requests[0].http10);
  station.server->act(station.ids[0], WebStreamHead{});
  station.server->act(station.ids[0], WebChunk{"one"});
  station.server->act(station.ids[0], WebChunk{"two"});
  REQUIRE(loop.run_until([&] { return peer.has("onetwo"); }, 5s));
  CHECK_FALSE(peer.closed());
  station.server->act(station.ids[0], WebEnd{});
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.has("Connection: close\r\n"));
  CHECK_FALSE(peer.has("chunked"));
  CHECK(peer.received().ends_with("\r\n\r\nonetwo"));
  CHECK(station.gone.empty());
}

TEST_CASE("HTTP/1.0 keeps a connection only when asked to") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return peer.has("GET /1"); }, 5s));
  CHECK(peer.has("Connection: keep-alive\r\n"));
  REQUIRE(peer.send("GET /2 HTTP/1.0\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.has("GET /2"));
  CHECK(peer.has("Connection: close\r\n"));
}

TEST_CASE("CMT-11: HEAD has the head of the answer and nothing more") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  SECTION("of a whole answer") { station.server->act(station.ids[0], text_reply("12345")); }
  SECTION("of a stream") {
    station.server->act(station.ids[0], WebStreamHead{});
    station.server->act(station.ids[0], WebChunk{"12345"});
    station.server->act(station.ids[0], WebEnd{});
  }
  station.answer_all();
  REQUIRE(peer.send(get("/next")));
  REQUIRE(loop.run_until([&] { return peer.has("GET /next"); }, 5s));
  CHECK_FALSE(peer.has("12345"));
  CHECK(peer.received().find("\r\n\r\nHTTP/1.1 200") != std::string::npos);
}

TEST_CASE("204 and 304 have no body and no length") {
  Loop loop;
  WebStation station(loop);
  const int status = GENERATE(204, 304);
  station.answer = [&](WebId id, const WebRequest&) {
    station.server->act(id, text_reply("never seen", status));
  };
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/")));
  REQUIRE(loop.run_until([&] { return peer.has("\r\n\r\n"); }, 5s));
  CHECK_FALSE(peer.has("Content-Length"));
  CHECK_FALSE(peer.has("never seen"));
}

TEST_CASE("a client that waits for 100 Continue gets it") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send("POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  REQUIRE(loop.run_until([&] { return peer.received() == "HTTP/1.1 100 Continue\r\n\r\n"; }, 5s));
  REQUIRE(peer.send("body"));
  REQUIRE(loop.run_until([&] { return peer.has("POST /c body"); }, 5s));
}

TEST_CASE("Connection: close is honoured from either side") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  std::string more;
  SECTION("the client's") {
    station.answer_all();
    more = "Connection: close\r\n";
  }
  SECTION("the answer's") {
    station.answer = [&](WebId id, const WebRequest&) {
      auto reply = text_reply("bye");
      reply.headers.emplace_back("Connection", "close");
      station.server->act(id, std::move(reply));
    };
  }
  REQUIRE(peer.send(get("/", more)));
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(peer.count("Connection: close\r\n") == 1);
  CHECK(station.gone.empty());
}

TEST_CASE("a large answer arrives whole at a slow reader") {
  Loop loop;
  WebStation station(loop);
  std::string body;
  for (std::size_t i = 0; i < 3'000'000; ++i) body += static_cast<char>('a' + i % 23);
  station.answer = [&](WebId id, const WebRequest&) { station.server->act(id, text_reply(body)); };
  RawSocket peer(SOCK_STREAM, 4096);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/big") + get("/again")));
  for (int i = 0; i < 50; ++i) loop.context().poll();
  CHECK(station.ids.size() == 1);  // the second waits until the first answer has left
  REQUIRE(loop.run_until(
      [&] { return peer.received().size() > 2 * body.size() && peer.received().ends_with(body); }, 60s));
}

TEST_CASE("nothing is called after close, and a handler may destroy the server") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  RawSocket other(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(other.connect(station.port()));
  SECTION("closed with a held poll") {
    REQUIRE(peer.send(get("/poll")));
    REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
    station.server->close();
    station.server->act(station.ids[0], text_reply("x"));
    REQUIRE(loop.run_until([&] { return peer.closed() && other.closed(); }, 5s));
    CHECK(station.gone.empty());
  }
  SECTION("destroyed by its own handler") {
    station.answer = [&](WebId, const WebRequest&) { station.server.reset(); };
    REQUIRE(peer.send(get("/1") + get("/2")));
    REQUIRE(loop.run_until([&] { return peer.closed() && other.closed(); }, 5s));
    CHECK(station.ids.size() == 1);
  }
}

TEST_CASE(
    "CMT-59: a server that drains takes nobody new, ends who is idle, and lets what is open come to its "
    "end") {
  Loop loop;
  WebStation station(loop);
  RawSocket idle(SOCK_STREAM);
  RawSocket poll(SOCK_STREAM);
  RawSocket stream(SOCK_STREAM);
  for (auto* peer : {&idle, &poll, &stream}) REQUIRE(peer->connect(station.port()));
  REQUIRE(poll.send(get("/poll")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  REQUIRE(stream.send(get("/stream")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 2 && station.server->connections() == 3; }, 5s));
  station.server->act(station.ids[1], WebStreamHead{});
  int drained = 0;
  station.server->drain([&] { ++drained; });
  REQUIRE(loop.run_until([&] { return idle.closed(); }, 5s));
  RawSocket late(SOCK_STREAM);
  CHECK_FALSE(late.connect(station.port()));
  CHECK(drained == 0);
  station.server->act(station.ids[0], text_reply("the last"));
  station.server->act(station.ids[1], WebChunk{"bytes"});
  station.server->act(station.ids[1], WebEnd{});
  REQUIRE(loop.run_until([&] { return poll.closed() && stream.closed(); }, 5s));
  CHECK(poll.has("Connection: close"));
  CHECK(poll.has("the last"));
  CHECK(stream.has("bytes\r\n0\r\n\r\n"));
  CHECK(drained == 0);  // the peers have not closed their side: they may still read
  poll.close();
  stream.close();
  REQUIRE(loop.run_until([&] { return drained > 0; }, 5s));
  for (int i = 0; i < 20; ++i) loop.context().poll();
  CHECK(drained == 1);
  CHECK(station.gone.empty());
}

TEST_CASE("CMT-59: a server without connections is drained at once") {
  Loop loop;
  WebStation station(loop);
  int drained = 0;
  station.server->drain([&] { ++drained; });
  CHECK(drained == 0);  // in a turn of its own
  REQUIRE(loop.run_until([&] { return drained == 1; }, 5s));
}

TEST_CASE("an action on an exchange that is over, or never was, is dropped") {
  Loop loop;
  WebStation station(loop);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(get("/")));
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  station.server->act(WebId{}, text_reply("no"));
  station.server->act(WebId{station.ids[0].value + 1}, text_reply("no"));
  station.server->act(station.ids[0], WebChunk{"no"});
  station.server->act(station.ids[0], WebEnd{});
  station.server->act(station.ids[0], WebAccept{});
  station.server->act(station.ids[0], text_reply("yes"));
  station.server->act(station.ids[0], text_reply("no"));
  REQUIRE(loop.run_until([&] { return peer.has("yes"); }, 5s));
  for (int i = 0; i < 10; ++i) loop.context().poll();
  CHECK_FALSE(peer.has("\r\n\r\nno"));
  CHECK(peer.count("HTTP/1.1") == 1);
}

TEST_CASE("an address that can not be had is told by name") {
  Loop loop;
  WebStation first(loop);
  Server::Handlers handlers;
  const auto second = Server::open(loop, first.server->local(), {}, handlers);
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == Errc::unreachable);
  CHECK(second.error().detail().find(first.server->local().to_string()) != std::string::npos);
}
