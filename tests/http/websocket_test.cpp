#include <boost/asio/io_context.hpp>

#include "http/client.hpp"
#include "http/web_station.hpp"
#include "net/raw_peer.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace rcs::core;
using rcs::http::ServerLimits;
using rcs::http::Url;
using rcs::http::WebSocketClient;
using rcs::net::Loop;
using rcs::test::RawSocket;
using rcs::test::text_reply;
using rcs::test::WebStation;

namespace {

struct Browser {
  Browser(Loop& loop, std::uint16_t port, const std::string& subprotocol = "",
          const WebHeaders& headers = {}) {
    WebSocketClient::Handlers handlers;
    handlers.on_open = [this](Result<void> result) {
      opened += result ? 1 : 0;
      if (!result) refused = result.error();
    };
    handlers.on_text = [this](std::string text) { texts.push_back(std::move(text)); };
    handlers.on_close = [this](int with, const std::string& why) {
      ++closes;
      code = with;
      reason = why;
    };
    client = std::make_unique<WebSocketClient>(loop, Url{"127.0.0.1", port, "/ws?x=1"}, headers, subprotocol,
                                               std::move(handlers));
  }
  int opened = 0;
  Error refused{Errc::unknown, ""};
  std::vector<std::string> texts;
  int closes = 0;
  int code = 0;
  std::string reason;
  std::unique_ptr<WebSocketClient> client;
};

void accept_all(WebStation& station) {
  station.answer = [&station](WebId id, const WebRequest&) { station.server->act(id, WebAccept{}); };
}

const std::string kHandshake =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A masked client frame, with a mask of zeros.
std::string frame(int opcode, const std::string& payload) {
  std::string octets;
  octets += static_cast<char>(0x80 | opcode);
  octets += static_cast<char>(0x80 | payload.size());
  octets += std::string(4, '\0');
  return octets + payload;
}

}  // namespace

TEST_CASE("text goes both ways over a WebSocket, in order") {
  Loop loop;
  WebStation station(loop);
  station.answer = [&](WebId id, const WebRequest&) {
    station.server->act(id, WebAccept{"rcs.event.v1"});
    station.server->act(id, WebText{"hello"});
  };
  station.on_text = [&](WebId id, std::string text) { station.server->act(id, WebText{"echo " + text}); };
  Browser browser(loop, station.port(), "rcs.event.v1", {{"Authorization", "Bearer x"}});
  browser.client->send("early");
  REQUIRE(loop.run_until([&] { return browser.texts.size() == 2; }, 5s));
  CHECK(browser.opened == 1);
  CHECK(browser.texts == std::vector<std::string>{"hello", "echo early"});
  CHECK(station.requests[0].upgrade);
  CHECK(station.requests[0].target == "/ws?x=1");
  CHECK(*find_header(station.requests[0].headers, "Sec-WebSocket-Protocol") == "rcs.event.v1");
  CHECK(*find_header(station.requests[0].headers, "Authorization") == "Bearer x");

  const std::string large(200'000, 'y');
  for (int i = 0; i < 20; ++i) browser.client->send(std::to_string(i));
  browser.client->send(large);
  REQUIRE(loop.run_until([&] { return browser.texts.size() == 23; }, 10s));
  for (int i = 0; i < 20; ++i)
    CHECK(browser.texts[static_cast<std::size_t>(i) + 2] == "echo " + std::to_string(i));
  CHECK(browser.texts.back() == "echo " + large);
}

TEST_CASE("a handshake may be accepted later, or refused with an ordinary answer") {
  Loop loop;
  WebStation station(loop);
  Browser browser(loop, station.port());
  REQUIRE(loop.run_until([&] { return station.ids.size() == 1; }, 5s));
  CHECK(browser.opened == 0);
  SECTION("accepted") {
    station.server->act(station.ids[0], WebAccept{});
    station.server->act(station.ids[0], WebText{"at last"});
    REQUIRE(loop.run_until([&] { return browser.texts.size() == 1; }, 5s));
    CHECK(browser.opened == 1);
  }
  SECTION("accepted and closed in one breath") {
    station.server->act(station.ids[0], WebAccept{});
    station.server->act(station.ids[0], WebClose{4401, "no"});
    REQUIRE(loop.run_until([&] { return browser.closes == 1; }, 5s));
    CHECK(browser.code == 4401);
    CHECK(station.gone.empty());
  }
  SECTION("refused") {
    station.server->act(station.ids[0], text_reply("no token", 401));
    REQUIRE(loop.run_until([&] { return browser.refused.code() == Errc::refused; }, 5s));
    CHECK(browser.refused.detail().find("401") != std::string::npos);
    CHECK(browser.closes == 0);
  }
}

TEST_CASE("a subprotocol that was not offered is not taken") {
  Loop loop;
  WebStation station(loop);
  station.answer = [&](WebId id, const WebRequest&) { station.server->act(id, WebAccept{"other"}); };
  Browser browser(loop, station.port(), "mine");
  REQUIRE(loop.run_until([&] { return browser.refused.code() == Errc::malformed; }, 5s));
  REQUIRE(loop.run_until([&] { return station.gone.size() == 1; }, 5s));
}

TEST_CASE("a WebSocket is closed by either side, and the server hears of the client's close once") {
  Loop loop;
  WebStation station(loop);
  accept_all(station);
  Browser browser(loop, station.port());
  REQUIRE(loop.run_until([&] { return browser.opened == 1; }, 5s));
  SECTION("by the server, after what it sent") {
    station.server->act(station.ids[0], WebText{"last words"});
    station.server->act(station.ids[0], WebClose{4408, "idle"});
    station.server->act(station.ids[0], WebText{"too late"});
    REQUIRE(loop.run_until([&] { return browser.closes == 1 && station.server->connections() == 0; }, 5s));
    CHECK(browser.texts == std::vector<std::string>{"last words"});
    CHECK(browser.code == 4408);
    CHECK(browser.reason == "idle");
    CHECK(station.gone.empty());
  }
  SECTION("by the client") {
    browser.client->send("last words");
    browser.client->close(1001);
    REQUIRE(loop.run_until([&] { return browser.closes == 1 && station.gone.size() == 1; }, 5s));
    CHECK(station.texts == std::vector<std::string>{"last words"});
    CHECK(station.server->connections() == 0);
  }
  SECTION("by the client going away") {
    browser.client.reset();
    REQUIRE(loop.run_until([&] { return station.gone.size() == 1; }, 5s));
  }
  SECTION("by the server going away") {
    station.server->close();
    REQUIRE(loop.run_until([&] { return browser.closes == 1; }, 5s));
    CHECK(browser.code == 1006);
    CHECK(station.gone.empty());
  }
  for (int i = 0; i < 10; ++i) loop.context().poll();
  CHECK(browser.closes <= 1);
  CHECK(station.gone.size() <= 1);
}

TEST_CASE("what a WebSocket client may not do ends it with the right code") {
  Loop loop;
  ServerLimits limits;
  limits.websocket_message_bytes = 100;
  WebStation station(loop, limits);
  accept_all(station);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(kHandshake));
  REQUIRE(loop.run_until([&] { return peer.has("\r\n\r\n"); }, 5s));
  CHECK(peer.received().starts_with("HTTP/1.1 101 "));
  CHECK(peer.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  const auto start = peer.received().size();
  int code = 0;
  SECTION("a message over the limit") {
    code = 1009;
    REQUIRE(peer.send(frame(1, std::string(120, 'x'))));
  }
  SECTION("text that is not UTF-8") {
    code = 1007;
    REQUIRE(peer.send(frame(1, "\xff\xfe")));
  }
  SECTION("binary") {
    code = 1003;
    REQUIRE(peer.send(frame(2, "x")));
  }
  SECTION("a frame without a mask") {
    code = 1002;
    REQUIRE(peer.send(std::string("\x81\x01x", 3)));
  }
  REQUIRE(loop.run_until([&] { return peer.received().size() >= start + 4; }, 5s));
  const auto& text = peer.received();
  CHECK(static_cast<unsigned char>(text[start]) == 0x88);
  CHECK(static_cast<unsigned char>(text[start + 2]) * 256 + static_cast<unsigned char>(text[start + 3]) ==
        code);
  peer.close();
  REQUIRE(loop.run_until([&] { return station.gone.size() == 1; }, 5s));
  CHECK(station.texts.empty());
}

TEST_CASE("pings are sent, answers keep a WebSocket alive, two missed ones end it") {
  Loop loop;
  ServerLimits limits;
  limits.websocket_ping = 20ms;
  WebStation station(loop, limits);
  accept_all(station);
  SECTION("a silent client") {
    RawSocket peer(SOCK_STREAM);
    REQUIRE(peer.connect(station.port()));
    REQUIRE(peer.send(kHandshake));
    REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
    CHECK(peer.count(std::string("\x89\x00", 2)) == 2);
    REQUIRE(loop.run_until([&] { return station.gone.size() == 1; }, 5s));
  }
  SECTION("a client that answers") {
    Browser browser(loop, station.port());
    REQUIRE(loop.run_until([&] { return browser.opened == 1; }, 5s));
    bool later = false;
    loop.after(200ms, [&] { later = true; });
    REQUIRE(loop.run_until([&] { return later; }, 5s));
    CHECK(browser.closes == 0);
    CHECK(station.gone.empty());
  }
}

TEST_CASE("CMT-70: a WebSocket reader that does not keep up is cut") {
  Loop loop;
  ServerLimits limits;
  limits.queue_chunks = 50;
  limits.queue_bytes = 10'000'000;
  SECTION("by the number of messages") { limits.queue_bytes = 100'000'000; }
  SECTION("by the time of a write") {
    limits.write_timeout = 20ms;
    limits.queue_chunks = 100'000;
    limits.queue_bytes = 100'000'000;
  }
  WebStation station(loop, limits);
  accept_all(station);
  RawSocket peer(SOCK_STREAM, 4096);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(kHandshake));
  REQUIRE(loop.run_until([&] { return peer.has("\r\n\r\n"); }, 5s));
  for (int i = 0; i < 100; ++i) station.server->act(station.ids[0], WebText{std::string(100'000, 'x')});
  REQUIRE(loop.run_until([&] { return !station.gone.empty(); }, 5s));
  CHECK(station.gone == station.ids);
  CHECK(station.server->connections() == 0);
}

TEST_CASE("octets behind the handshake that are too early end the connection") {
  Loop loop;
  WebStation station(loop);
  accept_all(station);
  RawSocket peer(SOCK_STREAM);
  REQUIRE(peer.connect(station.port()));
  REQUIRE(peer.send(kHandshake + frame(1, "x")));
  REQUIRE(loop.run_until([&] { return peer.closed(); }, 5s));
  CHECK(station.texts.empty());
}

TEST_CASE("a WebSocket that can not be had says why") {
  Loop loop;
  std::uint16_t dead = 0;
  {
    RawSocket gone(SOCK_STREAM);
    dead = gone.bind();
  }
  Browser browser(loop, dead);
  REQUIRE(loop.run_until([&] { return browser.refused.code() == Errc::unreachable; }, 5s));
  CHECK(browser.refused.detail().find("127.0.0.1:" + std::to_string(dead)) != std::string::npos);
  CHECK(browser.closes == 0);
}
