// The five ways events leave: each complete, in order, unchanged, however connections break.

#include <map>
#include <set>

#include "gateway/event_client.hpp"
#include "gateway/reader.hpp"

using namespace gateway_test;

namespace {

const std::string kMe = "01012345678";

std::string id_of(const std::string& event) { return json::parse(event)["id"].get<std::string>(); }

/// Comes back until nothing is new, taking `ids` further.
void catch_up(Driver& driver, const std::string& transport, std::string cursor,
              std::vector<std::string>& ids) {
  for (;;) {
    const auto id = open_events(driver, kMe, transport, cursor);
    const auto read = read_wire(transport, wire(driver, id, transport));
    driver.gone(id);
    if (read.events.empty()) return;
    for (const auto& event : read.events) {
      if (std::find(ids.begin(), ids.end(), id_of(event)) == ids.end()) ids.push_back(id_of(event));
    }
    cursor = read.cursor;
  }
}

}  // namespace

TEST_CASE("CMT-01 CMT-05 CMT-07 CMT-08 CMT-09 API-69: heads and first bytes of the streams") {
  Driver driver;
  const auto iframe = open_events(driver, kMe, "iframe", "");
  CHECK(driver.header(iframe, "Content-Type") == "text/html;charset=utf-8");
  CHECK(driver.seen(iframe).stream().size() >= 2048);
  const auto sse = open_events(driver, kMe, "sse", "");
  CHECK(driver.header(sse, "Content-Type") == "text/event-stream");
  CHECK(driver.seen(sse).stream() == ":ok\nretry: 2000\nid: e1.0\ndata:\n\n");
  const auto ndjson = open_events(driver, kMe, "ndjson", "");
  CHECK(driver.header(ndjson, "Content-Type") == "application/x-ndjson");
  CHECK(driver.seen(ndjson).stream() == "\n");
  for (const auto id : {iframe, sse, ndjson}) {
    CHECK(driver.header(id, "Cache-Control") == "no-store");
    CHECK(driver.header(id, "X-Accel-Buffering") == "no");
    CHECK(driver.header(id, "Content-Length").empty());
    CHECK(driver.header(id, "RCS-Next-Cursor") == "e1.0");
  }
  const auto ws = open_events(driver, kMe, "ws", "");
  REQUIRE(driver.seen(ws).last<core::WebAccept>() != nullptr);
  CHECK(driver.seen(ws).last<core::WebAccept>()->subprotocol == "rcs.event.v1");
}

TEST_CASE("CMT-01 CMT-12: one event is the same object over all, one write each") {
  for (const auto& transport : transports()) {
    CAPTURE(transport);
    Driver driver;
    const auto id = open_events(driver, kMe, transport, "", transport == "poll" ? "&timeout=9" : "");
    const auto before = driver.seen(id).actions.size();
    driver.invite(kMe, "Hi");
    CHECK(driver.seen(id).actions.size() == before + 1);
    const auto read = read_wire(transport, wire(driver, id, transport));
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0] == driver.log().read(kMe, 0, 1)[0].json);
    CHECK(read.cursor == "e1.1");
  }
}

TEST_CASE("CMT-100 API-64: cut at every octet, resumed with the last whole id, nothing is lost or doubled") {
  for (const auto& transport : transports()) {
    CAPTURE(transport);
    Driver driver;
    open_events(driver, kMe, transport, "");
    for (int i = 1; i <= 4; ++i) driver.invite(kMe, "text " + std::to_string(i) + " </script> \n {\"a\":1}");
    const std::vector<std::string> all = {"e1.1", "e1.2", "e1.3", "e1.4"};
    const auto whole = open_events(driver, kMe, transport, "e1.0");
    const auto bytes = wire(driver, whole, transport);
    REQUIRE(bytes.size() > 100);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      const auto read = read_wire(transport, bytes.substr(0, cut));
      std::vector<std::string> ids;
      for (const auto& event : read.events) ids.push_back(id_of(event));
      catch_up(driver, transport, read.cursor.empty() ? "e1.0" : read.cursor, ids);
      if (ids != all) FAIL("lost or doubled when cut at " << cut);
    }
  }
}

TEST_CASE("CMT-101: another transport for every event, 1,000 events") {
  auto config = paper_config();
  config.limits.retained_events = 10'000;
  Driver driver(config);
  std::string cursor = "e1.0";
  std::size_t got = 0;
  for (int i = 1; i <= 1000; ++i) {
    driver.invite(kMe, std::to_string(i));
    const auto& transport = transports()[static_cast<std::size_t>(i * 7 % 5)];
    const auto id = open_events(driver, kMe, transport, cursor);
    const auto read = read_wire(transport, wire(driver, id, transport));
    REQUIRE(read.events.size() == 1);
    CHECK(json::parse(read.events[0])["data"]["message"] == std::to_string(i));
    ++got;
    cursor = read.cursor;
    if (i % 3 == 0) driver.gone(id);
  }
  CHECK(got == 1000);
}

TEST_CASE("CMT-97 CMT-94 XLAT-2: any text arrives unchanged over all five, and breaks nothing") {
  std::vector<std::string> texts = {"</script><script>alert(1)</script>",
                                    "<!--<script>",
                                    "\"});alert(1);({\"",
                                    "\\\"\\\\",
                                    "a\r\nb\nc\rd\n\ndata: x\nid: 9\n",
                                    "\xE2\x80\xA8\xE2\x80\xA9 & < > ]]>",
                                    "\xF0\x9F\x98\x80 \xED\x95\x9C\xEA\xB8\x80",
                                    std::string("nul\0inside", 10),
                                    "\x01\x1F\x7F\xEF\xBF\xBF",
                                    ""};
  for (const auto& transport : transports()) {
    CAPTURE(transport);
    Driver driver;
    for (const auto& text : texts) driver.invite(kMe, text);
    std::string cursor = "e1.0";
    std::vector<std::string> got;
    while (got.size() < texts.size()) {
      const auto id = open_events(driver, kMe, transport, cursor);
      const auto bytes = wire(driver, id, transport);
      CHECK(bytes.find('\0') == std::string::npos);
      if (transport == "iframe") {
        const auto scripts = bytes.substr(bytes.find("<script"));
        std::size_t open = 0;
        for (auto at = scripts.find('<'); at != std::string::npos; at = scripts.find('<', at + 1)) ++open;
        CHECK(open == 2 * texts.size());
      }
      const auto read = read_wire(transport, bytes);
      REQUIRE_FALSE(read.events.empty());
      for (const auto& event : read.events)
        got.push_back(json::parse(event)["data"]["message"].get<std::string>());
      cursor = read.cursor;
    }
    CHECK(got == texts);
  }
}

TEST_CASE("CMT-93 CMT-94: callbacks, nonce and policy of the iframe page") {
  auto config = paper_config();
  config.allowed_origins = {"https://app.example"};
  Driver driver(config);
  driver.invite(kMe, "Hi");
  const auto open = [&](const std::string& query) {
    return driver.as(kMe, "GET", "/Event?mode=iframe&since=earliest" + query);
  };
  const auto page = open("&callback=top.my_app.$on");
  const auto bytes = driver.seen(page).stream();
  const auto begin = bytes.find("<script nonce=\"") + 15;
  const auto nonce = bytes.substr(begin, bytes.find('"', begin) - begin);
  CHECK(nonce.size() >= 16);
  CHECK(driver.header(page, "Content-Security-Policy") ==
        "default-src 'none'; script-src 'nonce-" + nonce + "'; frame-ancestors https://app.example");
  Read read;
  read_iframe(bytes, read, "top.my_app.$on(");
  CHECK(read.events.size() == 1);
  CHECK(driver.seen(open("")).stream().find(nonce) == std::string::npos);
  for (const auto* bad :
       {"alert(1)", "a.b.c.d.e", ".a", "a.", "a..b", "1a", "a%20b", "", "a%3Cb", "\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK(driver.code(open(std::string("&callback=") + bad)) == "bad-parameter");
  }
  CHECK(driver.code(open("&callback=" + std::string(65, 'a'))) == "bad-parameter");
  CHECK(driver.seen(open("&callback=" + std::string(64, 'a'))).last<core::WebStreamHead>() != nullptr);
}

TEST_CASE("CMT-95: a page of another origin is told by postMessage, if it is a known one") {
  auto config = paper_config();
  config.allowed_origins = {"https://app.example"};
  Driver driver(config);
  driver.invite(kMe, "Hi");
  const auto good = driver.as(kMe, "GET", "/Event?mode=iframe&since=earliest&origin=https://app.example");
  Read read;
  read_iframe(driver.seen(good).stream(), read, "parent.postMessage(",
              ",\"https://app.example\");document.currentScript.remove()");
  REQUIRE(read.events.size() == 1);
  CHECK(id_of(read.events[0]) == "e1.1");
  for (const auto* bad : {"https://evil.example", "*", ""}) {
    CHECK(driver.code(driver.as(kMe, "GET", std::string("/Event?mode=iframe&origin=") + bad)) ==
          "bad-parameter");
  }
}

TEST_CASE("CMT-96: an SSE event has an id, a type and its data in lines") {
  Driver driver;
  const auto id = open_events(driver, kMe, "sse", "latest");
  const auto before = driver.seen(id).stream().size();
  driver.invite(kMe, "Hi");
  CHECK(driver.seen(id).stream().substr(before) ==
        "id: e1.1\nevent: chat\ndata: " + driver.log().read(kMe, 0, 1)[0].json + "\n\n");
}

TEST_CASE("CMT-96: line breaks in a text become data lines") {
  gateway::Reader reader;
  reader.delivery = gateway::Delivery::sse;
  CHECK(gateway::stream_frame(reader, "system", "", "a\nb\r\nc\rd\n") ==
        "event: system\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

TEST_CASE("CMT-21 section 4: heartbeats come only into silence, carry no id and move nothing") {
  const std::vector<std::pair<std::string, std::string>> beats = {
      {"sse", ":\n\n"}, {"ndjson", "\n"}, {"iframe", "<!-- -->\n"}};
  for (const auto& [transport, beat] : beats) {
    CAPTURE(transport);
    Driver driver;
    const auto id = open_events(driver, kMe, transport, "");
    const auto start = driver.seen(id).stream();
    driver.advance(24999ms);
    CHECK(driver.seen(id).stream() == start);
    driver.advance(1ms);
    CHECK(driver.seen(id).stream() == start + beat);
    driver.advance(20s);
    driver.invite(kMe, "x");
    const auto after = driver.seen(id).stream();
    driver.advance(24s);
    CHECK(driver.seen(id).stream() == after);
    driver.advance(1s);
    CHECK(driver.seen(id).stream() == after + beat);
    CHECK(read_stream(transport, after + beat).cursor == "e1.1");
  }
  Driver driver;
  const auto id = open_events(driver, kMe, "sse", "", "&ping=1");
  driver.advance(25s);
  CHECK(driver.seen(id).stream().ends_with("event: ping\ndata: {}\n\n"));
}

TEST_CASE("section 4, CMT-56: a stream is recycled after its life with advice, jittered") {
  for (const auto* transport : {"sse", "ndjson", "iframe", "ws"}) {
    CAPTURE(transport);
    Driver driver;
    const auto id = open_events(driver, kMe, transport, "");
    const auto over = [&] {
      return driver.seen(id).last<core::WebEnd>() != nullptr ||
             driver.seen(id).last<core::WebClose>() != nullptr;
    };
    int seconds = 0;
    for (; !over() && seconds < 1000; ++seconds) driver.advance(1s);
    CHECK(seconds >= 480);
    CHECK(seconds <= 720);
    const auto last = json::parse(read_wire(transport, wire(driver, id, transport)).events.back());
    CHECK(last["type"] == "system");
    CHECK(last["data"]["status"] == "reconnect");
    CHECK(last["data"]["in"].get<int>() < 1000);
    CHECK_FALSE(last.contains("id"));
    if (const auto* close = driver.seen(id).last<core::WebClose>()) CHECK(close->code == 1012);
    driver.invite(kMe, "x");
    CHECK(driver.seen(id).texts().size() <= 1);
  }
}

TEST_CASE(
    "CMT-59: at the end of the server streams get advice to reconnect, jittered over ten seconds, and end") {
  std::set<int> advised;
  Driver driver;
  std::map<std::string, std::vector<core::WebId>> ids;
  int users = 0;
  for (const auto* transport : {"sse", "ndjson", "iframe", "ws"}) {
    for (int i = 0; i < 5; ++i) {
      const auto user = "010" + std::to_string(10'000'000 + ++users);
      ids[transport].push_back(open_events(driver, user, transport, ""));
    }
  }
  driver.shut_down();
  for (const auto& [transport, list] : ids) {
    CAPTURE(transport);
    for (const auto id : list) {
      const auto last = json::parse(read_wire(transport, wire(driver, id, transport)).events.back());
      CHECK(last["type"] == "system");
      CHECK(last["data"]["status"] == "reconnect");
      const auto in = last["data"]["in"].get<int>();
      CHECK(in >= 0);
      CHECK(in < 10'000);
      advised.insert(in);
      const auto* close = driver.seen(id).last<core::WebClose>();
      CHECK((close != nullptr) == (transport == "ws"));
      if (close != nullptr) {
        CHECK(close->code == 1012);
      } else {
        CHECK(driver.seen(id).last<core::WebEnd>() != nullptr);
      }
    }
  }
  CHECK(advised.size() > 15);  // of 20: no stampede
  CHECK(*advised.rbegin() > 5000);
  CHECK(driver.timers().count({gateway::kReaderTimer, 0}) == 0);
}

TEST_CASE("CMT-59: at the end of the server a held poll is answered, and what comes then gets 503") {
  Driver driver;
  const auto held = open_events(driver, kMe, "poll", "", "&timeout=30");
  const std::string other = "01099999999";
  const auto batching = open_events(driver, other, "poll", "", "&timeout=30&max=10");
  const auto post = driver.post(kMe, other, "hi", "m1");
  driver.invite(other, "x");
  CHECK(driver.status(batching) == 0);
  driver.shut_down();
  CHECK(driver.status(held) == 204);
  CHECK_FALSE(driver.header(held, "RCS-Next-Cursor").empty());
  CHECK(driver.header(held, "RCS-Replaced").empty());
  CHECK(driver.status(batching) == 200);
  CHECK(driver.body(batching)["events"].size() == 1);
  const auto late = open_events(driver, kMe, "poll", "", "&timeout=30");
  CHECK(driver.status(late) == 503);
  CHECK(driver.code(late) == "shutting-down");
  const auto retry = std::stoi(driver.header(late, "Retry-After"));
  CHECK(retry >= 1);
  CHECK(retry <= 10);
  CHECK(driver.status(post) == 0);
  driver.chat(chat::ChatAnswered{driver.commands<chat::StartChat>().front().chat});
  CHECK(driver.status(post) == 200);
}

TEST_CASE("API-66: a stream that is replaced is told so and ends; events go to the newer one") {
  for (const auto* transport : {"sse", "ndjson", "iframe", "ws"}) {
    CAPTURE(transport);
    Driver driver;
    const auto old = open_events(driver, kMe, transport, "");
    const auto fresh = open_events(driver, kMe, "poll", "", "&timeout=9");
    const auto bytes = wire(driver, old, transport);
    driver.invite(kMe, "x");
    CHECK(driver.status(fresh) == 200);
    CHECK(wire(driver, old, transport) == bytes);
    const auto read = read_wire(transport, wire(driver, old, transport));
    REQUIRE(read.events.size() == 1);
    CHECK(json::parse(read.events[0])["data"]["status"] == "replaced");
    if (const auto* close = driver.seen(old).last<core::WebClose>()) {
      CHECK(close->code == 4409);
    } else {
      CHECK(driver.seen(old).last<core::WebEnd>() != nullptr);
    }
  }
}

TEST_CASE("API-65: a stream from behind the retention gets open invitations, the gap, and goes on") {
  auto config = paper_config();
  config.limits.retained_events = 2;
  for (const auto* transport : {"sse", "ndjson", "iframe", "ws"}) {
    CAPTURE(transport);
    Driver driver(config);
    driver.invite(kMe, "lost");
    driver.invite(kMe, "open");
    for (int i = 3; i <= 5; ++i) driver.invite(kMe, std::to_string(i));
    for (const std::uint64_t n : {1, 3, 4, 5})
      driver.chat(chat::ChatExpired{chat::incoming_chat(n), 487, ""});
    driver.invite(kMe, "open too");
    REQUIRE(driver.log().dropped_seq(kMe) == 7);
    const auto id = open_events(driver, kMe, transport, "e1.0");
    const auto read = read_wire(transport, wire(driver, id, transport));
    REQUIRE(read.events.size() == 5);
    CHECK(id_of(read.events[0]) == "e1.2");
    const auto gap = json::parse(read.events[1]);
    CHECK(gap["type"] == "system");
    CHECK(gap["data"] == json({{"status", "gap"}, {"from", "e1.0"}, {"to", "e1.7"}}));
    CHECK(gap["id"] == "e1.7");
    CHECK(id_of(read.events[2]) == "e1.8");
    CHECK(id_of(read.events[3]) == "e1.9");
    CHECK(id_of(read.events[4]) == "e1.10");
    const auto foreign = open_events(driver, kMe, transport, "old.77");
    CHECK(read_wire(transport, wire(driver, foreign, transport)).events.size() == 5);
  }
}

TEST_CASE("API-63: a WebSocket client may acknowledge") {
  Driver driver;
  const auto id = open_events(driver, kMe, "ws", "");
  driver.invite(kMe, "1");
  driver.invite(kMe, "2");
  CHECK(driver.log().position(kMe, "d") == 0);
  driver.text(id, R"({"ack":"e1.1"})");
  CHECK(driver.log().position(kMe, "d") == 1);
  driver.text(id, R"({"ack":"old.9","x":1})");
  driver.text(id, R"({"hello":1})");
  driver.text(id, R"({"ack":"e1.0"})");
  CHECK(driver.log().position(kMe, "d") == 1);
  CHECK(driver.seen(id).last<core::WebClose>() == nullptr);
}

TEST_CASE("CMT-76: what a WebSocket client may not say ends its connection") {
  struct Row {
    std::string text;
    int code;
  };
  const auto row =
      GENERATE(Row{"", 1007}, Row{"x", 1007}, Row{"[]", 1007}, Row{R"({"ack":7})", 1007},
               Row{R"({"ack":"e1.5"})", 1008}, Row{R"({"ack":"x"})", 1008},
               Row{R"({"ack":"e1.1","ack":"e1.1"})", 1007}, Row{std::string(256 * 1024 + 1, ' '), 1009});
  Driver driver;
  const auto id = open_events(driver, kMe, "ws", "");
  driver.text(id, row.text);
  REQUIRE(driver.seen(id).last<core::WebClose>() != nullptr);
  CHECK(driver.seen(id).last<core::WebClose>()->code == row.code);
  driver.invite(kMe, "1");
  driver.text(id, "{}");
  CHECK(driver.seen(id).texts().empty());
}

TEST_CASE("CMT-76: 100 texts a second, 200 at once") {
  Driver driver;
  const auto id = open_events(driver, kMe, "ws", "");
  for (int i = 0; i < 200; ++i) driver.text(id, "{}");
  driver.advance(100ms);
  for (int i = 0; i < 10; ++i) driver.text(id, "{}");
  CHECK(driver.seen(id).last<core::WebClose>() == nullptr);
  driver.text(id, "{}");
  REQUIRE(driver.seen(id).last<core::WebClose>() != nullptr);
  CHECK(driver.seen(id).last<core::WebClose>()->code == 1008);
}

TEST_CASE("B.3: the way is chosen by mode, Accept and upgrade") {
  Driver driver;
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?mode=ws")) == 426);
  CHECK(driver.header(driver.as(kMe, "GET", "/Event?mode=ws"), "Upgrade") == "websocket");
  CHECK(driver.code(driver.as(kMe, "GET", "/Event?mode=carrier-pigeon")) == "bad-parameter");
  const auto type = [&](const std::string& query, const std::string& accept) {
    return driver.header(driver.as(kMe, "GET", "/Event?timeout=0" + query, {}, {{"Accept", accept}}),
                         "Content-Type");
  };
  CHECK(type("", "text/html, text/event-stream;q=0.9") == "text/event-stream");
  CHECK(type("&mode=ndjson", "text/event-stream") == "application/x-ndjson");
  CHECK(type("&mode=poll", "text/event-stream").empty());
  CHECK(type("", "*/*").empty());
  core::WebRequest request;
  request.method = "GET";
  request.target = "/1.0/RCS/01012345678/Event";
  request.headers = {{"Authorization", "Bearer dev-01012345678"}, {"Sec-WebSocket-Protocol", "chat, soap"}};
  request.upgrade = true;
  CHECK(driver.status(driver.send(request)) == 400);
  request.headers.pop_back();
  CHECK(driver.seen(driver.send(request)).last<core::WebAccept>()->subprotocol.empty());
}

TEST_CASE("CMT-70 CMT-71: a long backlog is written in turns, live events wait for their place in it") {
  auto config = paper_config();
  config.limits.retained_events = 10'000;
  for (const auto* transport : {"sse", "ws"}) {
    CAPTURE(transport);
    Driver driver(config);
    for (int i = 1; i <= 600; ++i) driver.invite(kMe, std::string(2000, 'x'));
    const auto id = open_events(driver, kMe, transport, "earliest");
    const auto first = driver.seen(id).actions.size();
    CHECK(first < 200);
    driver.invite(kMe, "late");
    CHECK(driver.seen(id).actions.size() == first);
    driver.advance(1s);
    const auto read = read_wire(transport, wire(driver, id, transport));
    REQUIRE(read.events.size() == 601);
    for (std::size_t i = 0; i < 601; ++i) CHECK(id_of(read.events[i]) == "e1." + std::to_string(i + 1));
    driver.invite(kMe, "live");
    CHECK(read_wire(transport, wire(driver, id, transport)).events.size() == 602);
  }
}

TEST_CASE("section 4: a stream is recycled after 50 MB") {
  auto config = paper_config();
  config.limits.retained_events = 100'000;
  config.stream_life = 24h;
  config.heartbeat = 1s;
  Driver driver(config);
  const auto id = open_events(driver, kMe, "ndjson", "");
  for (int i = 0; i < 400; ++i) driver.invite(kMe, std::string(65'536, 'x'));
  CHECK(driver.seen(id).last<core::WebEnd>() == nullptr);
  for (int i = 0; i < 400; ++i) driver.invite(kMe, std::string(65'536, 'x'));
  driver.advance(2s);
  CHECK(driver.seen(id).last<core::WebEnd>() != nullptr);
}
