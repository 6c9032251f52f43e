#include "http/request_reader.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "http/wire.hpp"
#include "support/catch.hpp"

using rcs::core::WebRequest;
using rcs::http::RequestReader;
using Progress = RequestReader::Progress;

namespace {

/// What a connection does: feeds pieces, keeps what is left over, starts a new reader after each request.
struct Reading {
  std::vector<WebRequest> requests;
  int failed = 0;
  int continues = 0;
  bool keep_alive = true;

  void feed(std::string_view octets) {
    left_ += octets;
    while (failed == 0) {
      if (!reader_) reader_ = std::make_unique<RequestReader>(1024, 4096);
      std::string_view rest = left_;
      const auto progress = reader_->feed(rest);
      left_.erase(0, left_.size() - rest.size());
      if (progress == Progress::need_more) return;
      if (progress == Progress::expects_continue) {
        ++continues;
        return;
      }
      if (progress == Progress::failed) {
        failed = reader_->failure().status;
        return;
      }
      requests.push_back(reader_->take());
      keep_alive = reader_->keep_alive();
      reader_.reset();
    }
  }

 private:
  std::string left_;
  std::unique_ptr<RequestReader> reader_;
};

Reading whole(std::string_view octets) {
  Reading reading;
  reading.feed(octets);
  return reading;
}

constexpr std::string_view kSeries =
    "\r\n\r\nPOST /1.0/RCS/0101/Chat?x=%20 HTTP/1.1\r\nHost: h\r\nContent-Type: "
    "application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
    "PUT /chunky HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n "
    "world\r\n0\r\nX-Trailer: t\r\n\r\n"
    "GET /plain HTTP/1.1\r\nhost: h\r\nX: \r\n\r\n";

void check_series(const Reading& reading) {
  REQUIRE(reading.failed == 0);
  REQUIRE(reading.requests.size() == 3);
  CHECK(reading.requests[0].method == "POST");
  CHECK(reading.requests[0].target == "/1.0/RCS/0101/Chat?x=%20");
  CHECK(reading.requests[0].body == "{\"a\":1}");
  CHECK(*rcs::core::find_header(reading.requests[0].headers, "content-type") == "application/json");
  CHECK(reading.requests[1].body == "hello world");
  CHECK(rcs::core::find_header(reading.requests[1].headers, "X-Trailer") == nullptr);
  CHECK(reading.requests[2].target == "/plain");
  CHECK(reading.requests[2].body.empty());
}

}  // namespace

TEST_CASE("requests are the same whole, octet by octet and in random pieces") {
  SECTION("whole") { check_series(whole(kSeries)); }
  SECTION("octet by octet") {
    Reading reading;
    for (const char octet : kSeries) reading.feed(std::string_view(&octet, 1));
    check_series(reading);
  }
  SECTION("random pieces") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      rcs::core::Random random(seed);
      Reading reading;
      for (std::string_view rest = kSeries; !rest.empty();) {
        const auto piece = rest.substr(0, 1 + random.below(40));
        reading.feed(piece);
        rest.remove_prefix(piece.size());
      }
      check_series(reading);
    }
  }
}

TEST_CASE("what is refused, and how") {
  const auto status = [](std::string_view octets) { return whole(octets).failed; };
  CHECK(status("garbage\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\n\r\n") == 400);  // no Host
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n") == 400);
  CHECK(status("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n") == 505);  // " b" stands where the version belongs
  CHECK(status("GET / HTTP/3.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n") == 400);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n") == 400);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd") == 400);
  CHECK(
      status(
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
      400);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") == 400);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n") ==
        400);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4097\r\n\r\n") == 413);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n" +
               std::string(4097, 'x')) == 413);
  CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'x') + "\r\n\r\n") == 431);
  CHECK(status("GET /" + std::string(4000, 'x')) == 431);
  CHECK(status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
               std::string(4000, 'x')) == 431);
  CHECK(status("GET / HTTP/1.1\r\nHost: h\r\n\r\n") == 0);
}

TEST_CASE("the absolute form is served as the origin form") {
  CHECK(whole("GET http://h:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n").requests.at(0).target == "/a?b");
  CHECK(whole("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n").requests.at(0).target == "/");
  CHECK(whole("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n").requests.at(0).target == "/?q");
  CHECK(whole("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").requests.at(0).target == "*");
}

TEST_CASE("keep-alive follows version and Connection") {
  CHECK(whole("GET / HTTP/1.1\r\nHost: h\r\n\r\n").keep_alive);
  CHECK_FALSE(whole("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").keep_alive);
  CHECK_FALSE(whole("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(whole("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  CHECK(whole("GET / HTTP/1.0\r\n\r\n").requests.at(0).http10);
}

TEST_CASE("100 Continue is asked for only where the client waits for it") {
  Reading reading;
  reading.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(reading.continues == 1);
  reading.feed("ok");
  REQUIRE(reading.requests.size() == 1);
  CHECK(reading.requests[0].body == "ok");
  CHECK(
      whole("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok").continues ==
      0);
  CHECK(whole("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n").continues ==
        0);
  CHECK(whole("POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").continues == 0);
}

TEST_CASE("a WebSocket handshake is told from an ordinary GET") {
  const std::string rest =
      "Host: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  CHECK(whole("GET /ws HTTP/1.1\r\n" + rest).requests.at(0).upgrade);
  CHECK_FALSE(whole("POST /ws HTTP/1.1\r\nContent-Length: 0\r\n" + rest).requests.at(0).upgrade);
  CHECK_FALSE(whole("GET /ws HTTP/1.0\r\n" + rest).requests.at(0).upgrade);
  for (const char* missing :
       {"Upgrade: WebSocket", "Connection: keep-alive, Upgrade", "Version: 13", "ZQ=="}) {
    CAPTURE(missing);
    std::string broken = "GET /ws HTTP/1.1\r\n" + rest;
    broken.replace(broken.find(missing), std::string_view(missing).size(), "Version: 8");
    CHECK_FALSE(whole(broken).requests.at(0).upgrade);
  }
}

TEST_CASE("hostile octets never do more than fail") {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    rcs::core::Random random(seed);
    std::string octets(kSeries);
    for (std::uint64_t change = random.below(6) + 1; change > 0; --change) {
      octets[random.below(octets.size())] = static_cast<char>(random.below(256));
    }
    Reading once = whole(octets);
    Reading pieces;
    for (const char octet : octets) pieces.feed(std::string_view(&octet, 1));
    CAPTURE(seed);
    REQUIRE(once.requests.size() == pieces.requests.size());
    for (std::size_t i = 0; i < once.requests.size(); ++i) {
      REQUIRE(once.requests[i].target == pieces.requests[i].target);
      REQUIRE(once.requests[i].body == pieces.requests[i].body);
    }
    // Fed octet by octet, a broken header may be refused only when its end is seen, which these octets may
    // lack.
    if (pieces.failed != 0) REQUIRE(once.failed != 0);
  }
}

TEST_CASE("heads are written so that no value can end a line") {
  rcs::http::ResponseHead head;
  const auto date = rcs::http::http_date(rcs::core::UnixMs{784111777000});
  head.date = date;
  head.length = 5;
  const auto text = rcs::http::response_head(
      head, {{"X-A", "one\r\nEvil: yes"}, {"Bad Name", "x"}, {"Content-Length", "99"}});
  CHECK(text ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-A: one  Evil: yes\r\nContent-Length: "
        "5\r\n\r\n");
  CHECK(rcs::http::chunk(std::string(26, 'x')) == "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST_CASE("a date that is kept follows the clock, also backwards") {
  rcs::http::DateText date;
  for (const std::int64_t ms : {784111777000, 784111777999, 784111778000, 784111776999}) {
    CHECK(date.at(rcs::core::UnixMs{ms}) == rcs::http::http_date(rcs::core::UnixMs{ms}));
  }
}
