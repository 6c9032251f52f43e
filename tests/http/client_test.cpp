#include "http/client.hpp"

#include <boost/asio/io_context.hpp>
#include <optional>

#include "http/web_station.hpp"
#include "net/raw_peer.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace rcs::core;
using rcs::http::Client;
using rcs::http::Url;
using rcs::net::Loop;
using rcs::test::RawSocket;
using rcs::test::text_reply;
using rcs::test::WebStation;

namespace {

WebRequest request(const std::string& method, const std::string& target, const std::string& body = {}) {
  WebRequest made;
  made.method = method;
  made.target = target;
  made.body = body;
  return made;
}

/// Keeps the answer; the error code's words where there is none.
struct Answers {
  Client::OnReply keep() {
    return [this](Result<WebReply> reply) {
      all.push_back(reply ? std::to_string(reply->status) + " " + reply->body : "error");
      last = std::move(reply);
    };
  }
  std::vector<std::string> all;
  std::optional<Result<WebReply>> last;
};

}  // namespace

TEST_CASE("requests go over one connection, in order") {
  Loop loop;
  WebStation station(loop);
  station.answer_all();
  Client client(loop, Url{"127.0.0.1", station.port()});
  Answers answers;
  client.request(request("GET", "/1"), 5s, answers.keep());
  client.request(request("POST", "/2", "body"), 5s, answers.keep());
  client.request(request("DELETE", "/3"), 5s, answers.keep());
  REQUIRE(loop.run_until([&] { return answers.all.size() == 3; }, 5s));
  CHECK(answers.all == std::vector<std::string>{"200 GET /1 ", "200 POST /2 body", "200 DELETE /3 "});
  CHECK(*find_header(answers.last->value().headers, "content-type") == "text/plain");
  CHECK(station.server->connections() == 1);
  CHECK(*find_header(station.requests[0].headers, "Host") == "127.0.0.1:" + std::to_string(station.port()));
  CHECK(find_header(station.requests[0].headers, "Content-Length") == nullptr);
}

TEST_CASE("answers of every framing are read") {
  const bool by_octet = GENERATE(false, true);
  Loop loop;
  RawSocket server(SOCK_STREAM);
  const auto port = server.bind();
  server.listen();
  Client client(loop, Url{"127.0.0.1", port});
  Answers answers;
  std::string method = "GET";
  std::string answer;
  std::string wish;
  bool close = false;
  SECTION("length") {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    wish = "200 hi";
  }
  SECTION("chunks") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n...\r\n0\r\n\r\n";
    wish = "200 hi...";
  }
  SECTION("the end of the connection") {
    answer = "HTTP/1.0 200 OK\r\n\r\nhi";
    wish = "200 hi";
    close = true;
  }
  SECTION("nothing after 204") {
    answer = "HTTP/1.1 204 No Content\r\n\r\n";
    wish = "204 ";
  }
  SECTION("nothing after HEAD") {
    method = "HEAD";
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    wish = "200 ";
  }
  SECTION("after 100 Continue") {
    answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno";
    wish = "404 no";
  }
  SECTION("garbage") {
    answer = "SIP/2.0 200 OK\r\n\r\n";
    wish = "error";
  }
  SECTION("cut short") {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi";
    wish = "error";
    close = true;
  }
  client.request(request(method, "/"), 5s, answers.keep());
  REQUIRE(loop.run_until([&] { return server.accept(); }, 5s));
  REQUIRE(loop.run_until([&] { return server.has("\r\n\r\n"); }, 5s));
  if (by_octet) {
    for (const char octet : answer) {
      server.send(std::string(1, octet));
      loop.context().poll();
    }
  } else {
    server.send(answer);
  }
  if (close) server.close();
  REQUIRE(loop.run_until([&] { return answers.all.size() == 1; }, 5s));
  CHECK(answers.all[0] == wish);
}

TEST_CASE("failures say what happened and where") {
  Loop loop;
  RawSocket server(SOCK_STREAM);
  const auto port = server.bind();
  Answers answers;
  const std::string place = "127.0.0.1:" + std::to_string(port);
  SECTION("nobody listens") {
    Client client(loop, Url{"127.0.0.1", port});
    client.request(request("GET", "/"), 5s, answers.keep());
    REQUIRE(loop.run_until([&] { return answers.last.has_value(); }, 5s));
    CHECK(answers.last->error().code() == Errc::unreachable);
    CHECK(answers.last->error().detail().find(place) != std::string::npos);
  }
  SECTION("no answer in time, and the next request is not harmed") {
    server.listen();
    Client client(loop, Url{"127.0.0.1", port});
    client.request(request("GET", "/"), 20ms, answers.keep());
    REQUIRE(loop.run_until([&] { return answers.last.has_value(); }, 5s));
    CHECK(answers.last->error().code() == Errc::timed_out);
    CHECK(answers.last->error().detail().find(place) != std::string::npos);
  }
  SECTION("a request that would break its own line") {
    Client client(loop, Url{"127.0.0.1", port});
    client.request(request("GET", "/\r\nEvil: yes"), 5s, answers.keep());
    REQUIRE(loop.run_until([&] { return answers.last.has_value(); }, 5s));
    CHECK(answers.last->error().code() == Errc::malformed);
  }
  SECTION("a name that does not exist") {
    Client client(loop, Url{"no-such-host.invalid", port});
    client.request(request("GET", "/"), 30s, answers.keep());
    REQUIRE(loop.run_until([&] { return answers.last.has_value(); }, 30s));
    CHECK(answers.last->error().code() == Errc::unreachable);
    CHECK(answers.last->error().detail().find("no-such-host.invalid") != std::string::npos);
  }
  SECTION("garbage") {
    server.listen();
    Client client(loop, Url{"127.0.0.1", port});
    client.request(request("GET", "/"), 5s, answers.keep());
    REQUIRE(loop.run_until([&] { return server.accept(); }, 5s));
    server.send("what?\r\n\r\n");
    REQUIRE(loop.run_until([&] { return answers.last.has_value(); }, 5s));
    CHECK(answers.last->error().code() == Errc::malformed);
  }
}

TEST_CASE("a kept connection that the server has closed is made anew") {
  Loop loop;
  rcs::http::ServerLimits limits;
  limits.keep_alive_timeout = 10ms;
  WebStation station(loop, limits);
  station.answer_all();
  Client client(loop, Url{"127.0.0.1", station.port()});
  Answers answers;
  client.request(request("GET", "/1"), 5s, answers.keep());
  REQUIRE(loop.run_until([&] { return answers.all.size() == 1; }, 5s));
  REQUIRE(loop.run_until([&] { return station.server->connections() == 0; }, 5s));
  client.request(request("POST", "/2", "x"), 5s, answers.keep());
  REQUIRE(loop.run_until([&] { return answers.all.size() == 2; }, 5s));
  CHECK(answers.all[1] == "200 POST /2 x");
}

TEST_CASE("an early refusal of a large body is heard") {
  Loop loop;
  WebStation station(loop);
  Client client(loop, Url{"127.0.0.1", station.port()});
  Answers answers;
  client.request(request("POST", "/", std::string(900'000, 'x')), 5s, answers.keep());
  REQUIRE(loop.run_until([&] { return answers.all.size() == 1; }, 5s));
  CHECK(answers.all[0].starts_with("413 "));
}

TEST_CASE("a stream is handed on as it comes and ends once") {
  Loop loop;
  WebStation station(loop);
  Client client(loop, Url{"127.0.0.1", station.port()});
  int status = 0;
  int ends = 0;
  std::string data;
  std::optional<Result<void>> end;
  client.stream(
      request("GET", "/events"), [&](int with, const WebHeaders&) { status = with; },
      [&](std::string_view octets) { data += octets; },
      [&](Result<void> result) {
        ++ends;
        end = result;
      });
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  station.server->act(station.ids[0], WebStreamHead{});
  REQUIRE(loop.run_until([&] { return status == 200; }, 5s));
  CHECK(data.empty());
  station.server->act(station.ids[0], WebChunk{"one"});
  REQUIRE(loop.run_until([&] { return data == "one"; }, 5s));
  station.server->act(station.ids[0], WebChunk{"two"});
  REQUIRE(loop.run_until([&] { return data == "onetwo"; }, 5s));
  CHECK(ends == 0);
  SECTION("with its last chunk") {
    station.server->act(station.ids[0], WebEnd{});
    REQUIRE(loop.run_until([&] { return ends == 1; }, 5s));
    CHECK(end->has_value());
    Answers answers;
    station.answer_all();
    client.request(request("GET", "/next"), 5s, answers.keep());
    REQUIRE(loop.run_until([&] { return answers.all.size() == 1; }, 5s));
    CHECK(answers.all[0] == "200 GET /next ");
  }
  SECTION("cut") {
    station.server->close();
    REQUIRE(loop.run_until([&] { return ends == 1; }, 5s));
    CHECK(end->error().code() == Errc::unreachable);
  }
  SECTION("dropped by the client") {
    client.close();
    REQUIRE(loop.run_until([&] { return station.gone.size() == 1; }, 5s));
    CHECK(ends == 0);
  }
}

TEST_CASE("no callback comes after close, and a callback may destroy the client") {
  Loop loop;
  WebStation station(loop);
  auto client = std::make_unique<Client>(loop, Url{"127.0.0.1", station.port()});
  int calls = 0;
  SECTION("close with requests pending") {
    for (int i = 0; i < 3; ++i)
      client->request(request("GET", "/"), 5s, [&](const Result<WebReply>&) { ++calls; });
    REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
    client->close();
    REQUIRE(loop.run_until([&] { return station.gone.size() == 1; }, 5s));
    CHECK(calls == 0);
  }
  SECTION("destroyed by its own callback") {
    station.answer_all();
    for (int i = 0; i < 3; ++i) {
      client->request(request("GET", "/"), 5s, [&](const Result<WebReply>&) {
        ++calls;
        client.reset();
      });
    }
    REQUIRE(loop.run_until([&] { return calls == 1; }, 5s));
    REQUIRE(loop.run_until([&] { return station.server->connections() == 0; }, 5s));
    CHECK(calls == 1);
  }
}
