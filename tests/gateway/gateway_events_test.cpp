// Cursors, long polling, devices, retention: what does not depend on how events are framed.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kMe = "01012345678";

std::string message(const json& event) { return event["data"]["message"].get<std::string>(); }

std::vector<std::string> messages(const json& body) {
  std::vector<std::string> out;
  for (const auto& event : body["events"]) out.push_back(message(event));
  return out;
}

/// Answers an invitation, so that it is no longer pinned: its event only.
void close_chats(Driver& driver, std::uint64_t first, std::uint64_t last) {
  for (auto n = first; n <= last; ++n) driver.chat(chat::ChatExpired{chat::incoming_chat(n), 487, ""});
}

}  // namespace

TEST_CASE("API-60 API-62 CMT-05 CMT-06 CMT-09 CMT-20: an empty poll ends with 204 and the next cursor") {
  Driver driver;
  const auto poll = driver.as(kMe, "GET", "/Event?device=a&timeout=1&last_event_id=e1.0&types=chat,file");
  driver.advance(999ms);
  CHECK(driver.status(poll) == 0);
  driver.advance(1ms);
  CHECK(driver.status(poll) == 204);
  CHECK(driver.seen(poll).reply()->body.empty());
  CHECK(driver.header(poll, "RCS-Next-Cursor") == "e1.0");
  CHECK(driver.header(poll, "Link") ==
        "<http://1.1.1.1:1001/1.0/RCS/01012345678/Event?device=a&timeout=1&types=chat%2Cfile&since=e1.0>; "
        "rel=\"next\"");
  CHECK(driver.header(poll, "Cache-Control") == "no-store");
  CHECK(driver.header(poll, "X-Accel-Buffering") == "no");
}

TEST_CASE("API-62 CMT-22: how long a poll is held") {
  auto config = paper_config();
  config.poll_default = 20s;
  config.poll_max = 40s;
  Driver driver(config);
  const auto held = [&](const std::string& query) {
    const auto id = driver.as(
        kMe, "GET", "/Event?device=" + std::to_string(driver.now().time_since_epoch().count()) + query);
    int tenths = 0;
    while (driver.status(id) == 0 && tenths < 1000) {
      driver.advance(100ms);
      ++tenths;
    }
    return tenths;
  };
  CHECK(held("") == 200);
  CHECK(held("&timeout=60") == 400);
  CHECK(held("&timeout=2") == 20);
  CHECK(held("&timeout=0.5") == 5);
  CHECK(held("&timeout=0") == 0);
  for (const auto* bad : {"x", "-1", "1s", "1.", "1.0000000001", "99999999999"}) {
    CHECK(driver.code(driver.as(kMe, "GET", std::string("/Event?timeout=") + bad)) == "bad-parameter");
  }
}

TEST_CASE("CMT-11: HEAD and conditional requests never block; HEAD pins a start") {
  Driver driver;
  driver.invite(kMe, "old");
  const auto head = driver.as(kMe, "HEAD", "/Event?since=latest&device=a");
  CHECK(driver.status(head) == 204);
  CHECK(driver.header(head, "RCS-Next-Cursor") == "e1.1");
  driver.invite(kMe, "new");
  const auto again = driver.as(kMe, "HEAD", "/Event?since=e1.1&device=a");
  CHECK(driver.status(again) == 200);
  CHECK(driver.header(again, "RCS-Next-Cursor") == "e1.1");
  CHECK(driver.seen(again).reply()->body.empty());
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?since=e1.1&device=a"))) == "new");
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?since=latest", {}, {{"If-None-Match", "x"}})) == 204);
  const auto sse = driver.as(kMe, "HEAD", "/Event?since=latest", {}, {{"Accept", "text/event-stream"}});
  CHECK(driver.status(sse) == 204);
}

TEST_CASE("section 3: a poll with a request behind it on the same connection is not held") {
  Driver driver;
  core::WebRequest request;
  request.method = "GET";
  request.target = "/1.0/RCS/01012345678/Event";
  request.headers = {{"Authorization", "Bearer dev-01012345678"}};
  request.pipelined = true;
  CHECK(driver.status(driver.send(request)) == 204);
}

TEST_CASE("API-15 CMT-90: bare without max, a list with it, batched for 5 ms") {
  Driver driver;
  for (const auto* text : {"1", "2", "3"}) driver.invite(kMe, text);
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?since=earliest"))) == "1");
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?since=e1.1"))) == "2");
  const auto list = driver.body(driver.as(kMe, "GET", "/Event?since=earliest&max=2"));
  CHECK(messages(list) == std::vector<std::string>{"1", "2"});
  CHECK(list["next"] == "e1.2");
  const auto held = driver.as(kMe, "GET", "/Event?since=e1.3&max=100");
  driver.invite(kMe, "4");
  CHECK(driver.status(held) == 0);
  driver.invite(kMe, "5");
  driver.advance(5ms);
  CHECK(messages(driver.body(held)) == std::vector<std::string>{"4", "5"});
  const auto one = driver.as(kMe, "GET", "/Event?since=e1.5&max=1");
  driver.invite(kMe, "6");
  CHECK(messages(driver.body(one)) == std::vector<std::string>{"6"});
  for (const auto* bad : {"0", "101", "x", ""}) {
    CHECK(driver.code(driver.as(kMe, "GET", std::string("/Event?max=") + bad)) == "bad-parameter");
  }
}

TEST_CASE("API-61 CMT-31: where the cursor comes from, the first match wins") {
  Driver driver;
  for (const auto* text : {"1", "2", "3", "4"}) driver.invite(kMe, text);
  const auto got = [&](const std::string& query, const std::string& header) {
    Driver::Headers headers;
    if (!header.empty()) headers.emplace_back("Last-Event-ID", header);
    return message(driver.body(driver.as(kMe, "GET", "/Event?timeout=0" + query, {}, headers)));
  };
  CHECK(got("&since=e1.1&last_event_id=e1.2", "e1.0") == "1");
  CHECK(got("&since=e1.1&last_event_id=e1.2", "") == "2");
  CHECK(got("&last_event_id=e1.2", "") == "3");
  CHECK(got("&since=e1.3", "") == "4");
}

TEST_CASE("CMT-30: what is no cursor of ours is refused") {
  Driver driver;
  driver.invite(kMe, "1");
  for (const auto* bad : {"x", "e1.", "e1.x", ".1", "e1.2", "e1.-1", "e1.99999999999999999999", "a%20b.1",
                          "e1.1%0D%0AX:%20y"}) {
    CAPTURE(bad);
    CHECK(driver.code(driver.as(kMe, "GET", std::string("/Event?timeout=0&since=") + bad)) == "bad-cursor");
  }
  Driver odd(paper_config(), "an epoch/with odd letters, and longer than a cursor may be in all");
  const auto cursor = odd.header(odd.as(kMe, "GET", "/Event?timeout=0"), "RCS-Next-Cursor");
  CHECK(cursor.size() <= 64);
  CHECK(cursor.find_first_not_of("0123456789abcdefABCDEF.") == std::string::npos);
  CHECK(odd.status(odd.as(kMe, "GET", "/Event?timeout=0&since=" + cursor)) == 204);
}

TEST_CASE("API-63 CMT-33 CMT-34: an event is taken only when a later request shows its cursor") {
  Driver driver;
  driver.as(kMe, "GET", "/Event?device=a&timeout=0");
  driver.invite(kMe, "1");
  driver.invite(kMe, "2");
  const auto next = [&](const std::string& query) {
    return message(driver.body(driver.as(kMe, "GET", "/Event?device=a&timeout=0" + query)));
  };
  CHECK(next("") == "1");
  CHECK(next("") == "1");
  CHECK(next("&since=e1.1") == "2");
  CHECK(next("") == "2");
  CHECK(next("&since=e1.0") == "1");
  CHECK(next("") == "2");
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?device=a&timeout=0&since=e1.2")) == 204);
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?device=a&timeout=0")) == 204);
}

TEST_CASE("API-61: a device seen for the first time starts now, with the invitations still open") {
  Driver driver;
  driver.invite(kMe, "over");
  driver.invite(kMe, "open");
  close_chats(driver, 1, 1);
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?device=new&timeout=0"))) == "open");
  const auto list = driver.body(driver.as(kMe, "GET", "/Event?device=newer&timeout=0&max=10"));
  CHECK(messages(list) == std::vector<std::string>{"open"});
  close_chats(driver, 2, 2);
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?device=newest&timeout=0")) == 204);
}

TEST_CASE("API-66 CMT-80 CMT-91: each device has its own place; the second of one replaces the first") {
  Driver driver;
  const auto a1 = driver.as(kMe, "GET", "/Event?device=a");
  const auto b = driver.as(kMe, "GET", "/Event?device=b");
  const auto a2 = driver.as(kMe, "GET", "/Event?device=a");
  CHECK(driver.status(a1) == 204);
  CHECK(driver.header(a1, "RCS-Replaced") == "1");
  driver.invite(kMe, "1");
  CHECK(message(driver.body(a2)) == "1");
  CHECK(message(driver.body(b)) == "1");
  for (const auto* bad : {"", "a%20b", "a/b"}) {
    CHECK(driver.code(driver.as(kMe, "GET", std::string("/Event?device=") + bad)) == "bad-parameter");
  }
}

TEST_CASE("CMT-92: a poll whose client has left takes no event with it") {
  Driver driver;
  const auto poll = driver.as(kMe, "GET", "/Event?device=a");
  driver.gone(poll);
  driver.invite(kMe, "1");
  CHECK(driver.status(poll) == 0);
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?device=a"))) == "1");
}

TEST_CASE("API-72 CMT-74: event connections have an end, per user and in all") {
  auto config = paper_config();
  config.limits.event_connections = 2;
  config.limits.total_event_connections = 3;
  Driver driver(config);
  const auto first = driver.as(kMe, "GET", "/Event?device=a");
  driver.as(kMe, "GET", "/Event?device=b");
  const auto over = driver.as(kMe, "GET", "/Event?device=c");
  CHECK(driver.status(over) == 503);
  CHECK(driver.code(over) == "too-many-connections");
  CHECK(driver.header(over, "Retry-After") == "5");
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?device=b")) == 0);
  CHECK(driver.status(driver.as("01000000001", "GET", "/Event")) == 0);
  CHECK(driver.status(driver.as("01000000002", "GET", "/Event")) == 503);
  driver.gone(first);
  CHECK(driver.status(driver.as("01000000002", "GET", "/Event")) == 0);
}

TEST_CASE("API-64 API-65 CMT-37 CMT-40: behind the retention a poll is told, and goes on at next") {
  auto config = paper_config();
  config.limits.retained_events = 4;
  Driver driver(config);
  for (int i = 1; i <= 5; ++i) driver.invite(kMe, std::to_string(i));
  CHECK(driver.log().dropped_seq(kMe) == 0);
  close_chats(driver, 1, 5);
  CHECK(driver.log().dropped_seq(kMe) == 6);
  const auto poll = driver.as(kMe, "GET", "/Event?since=e1.1&timeout=0");
  CHECK(driver.status(poll) == 410);
  CHECK(driver.code(poll) == "cursor-expired");
  CHECK(driver.body(poll)["next"] == "e1.6");
  CHECK(driver.header(poll, "RCS-Next-Cursor") == "e1.6");
  CHECK(driver.body(driver.as(kMe, "GET", "/Event?since=e1.6&max=9"))["events"].size() == 4);
  CHECK(driver.body(driver.as(kMe, "GET", "/Event?since=earliest&max=9"))["events"].size() == 4);
}

TEST_CASE("CMT-40: an open invitation outlives the retention and is found by all") {
  auto config = paper_config();
  config.limits.retained_events = 2;
  Driver driver(config);
  driver.as(kMe, "GET", "/Event?device=old&timeout=0");
  driver.invite(kMe, "open");
  for (int i = 2; i <= 6; ++i) driver.invite(kMe, std::to_string(i));
  close_chats(driver, 2, 6);
  const auto poll = [&](const std::string& query) {
    return driver.as(kMe, "GET", "/Event?timeout=0" + query);
  };
  CHECK(message(driver.body(poll("&device=fresh"))) == "open");
  CHECK(message(driver.body(poll("&device=old"))) == "open");
  CHECK(message(driver.body(poll("&device=old&since=e1.0"))) == "open");
  CHECK(message(driver.body(poll("&device=old&since=earliest"))) == "open");
  const auto after = poll("&device=old&since=e1.1");
  CHECK(driver.status(after) == 410);
  CHECK(
      driver.body(poll("&device=old&max=9&since=" + driver.body(after)["next"].get<std::string>()))["events"]
          .size() == 2);
}

TEST_CASE("CMT-40: events go with their time") {
  Driver driver;
  driver.invite(kMe, "1");
  close_chats(driver, 1, 1);
  driver.advance(23h);
  CHECK(driver.log().read(kMe, 0, 10).size() == 2);
  driver.advance(2h);
  CHECK(driver.log().read(kMe, 0, 10).empty());
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?since=e1.0&timeout=0")) == 410);
}

TEST_CASE("API-65 CMT-30 CMT-39: a cursor of a store that is gone is a gap") {
  Driver driver(paper_config(), "e2");
  driver.invite(kMe, "1");
  const auto poll = driver.as(kMe, "GET", "/Event?since=e1.7&timeout=0");
  CHECK(driver.status(poll) == 410);
  CHECK(driver.body(poll)["next"] == "e2.0");
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?since=e2.0&timeout=0"))) == "1");
}

TEST_CASE("API-65: a device that shows no cursor is told once where it stood") {
  auto config = paper_config();
  config.limits.retained_events = 1;
  Driver driver(config);
  driver.as(kMe, "GET", "/Event?device=a&timeout=0");
  driver.invite(kMe, "1");
  close_chats(driver, 1, 1);
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?device=a&timeout=0")) == 410);
  CHECK(driver.status(driver.as(kMe, "GET", "/Event?device=a&timeout=0")) == 200);
}

TEST_CASE("API-44: devices are listed and forgotten") {
  Driver driver;
  driver.as(kMe, "GET", "/Event?device=a");
  driver.as(kMe, "GET", "/Event?device=b&timeout=0");
  const auto list = driver.body(driver.as(kMe, "GET", "/Event/Device"))["devices"];
  REQUIRE(list.size() == 2);
  CHECK(list[0] == json({{"device", "a"},
                         {"connected", true},
                         {"last_seen", "2012-01-01T10:10:10.000Z"},
                         {"position", "e1.0"}}));
  CHECK(list[1]["connected"] == false);
  driver.invite(kMe, "1");
  CHECK(driver.status(driver.as(kMe, "DELETE", "/Event/Device?device=b")) == 204);
  CHECK(driver.status(driver.as(kMe, "DELETE", "/Event/Device?device=b")) == 404);
  CHECK(driver.status(driver.as(kMe, "DELETE", "/Event/Device")) == 400);
  CHECK_FALSE(driver.log().position(kMe, "b"));
  CHECK(driver.log().position(kMe, "a"));
}

TEST_CASE("CMT-84: a device not heard of for a day is forgotten, a connected one is not") {
  Driver driver;
  driver.as(kMe, "GET", "/Event?device=a&timeout=0");
  driver.as(kMe, "GET", "/Event?device=b", {}, {{"Accept", "text/event-stream"}});
  for (int i = 0; i < 150; ++i) {
    driver.advance(10min);
    if (!driver.body(driver.as(kMe, "GET", "/Event/Device"))["devices"].back()["connected"].get<bool>()) {
      driver.as(kMe, "GET", "/Event?device=b", {}, {{"Accept", "text/event-stream"}});
    }
  }
  const auto list = driver.body(driver.as(kMe, "GET", "/Event/Device"))["devices"];
  REQUIRE(list.size() == 1);
  CHECK(list[0]["device"] == "b");
  CHECK_FALSE(driver.log().position(kMe, "a"));
}

TEST_CASE("types= lets only some events through, and the cursor moves on all the same") {
  Driver driver;
  const auto none = driver.as(kMe, "GET", "/Event?types=presence,system&timeout=1");
  driver.invite(kMe, "1");
  driver.advance(1s);
  CHECK(driver.status(none) == 204);
  CHECK(driver.header(none, "RCS-Next-Cursor") == "e1.1");
  CHECK(message(driver.body(driver.as(kMe, "GET", "/Event?types=chat&since=e1.0"))) == "1");
  for (const auto* bad : {"a,,b", "a b", "%3Cb%3E", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"}) {
    CHECK(driver.code(driver.as(kMe, "GET", std::string("/Event?types=") + bad)) == "bad-parameter");
  }
}

TEST_CASE("CMT-75: one timer serves all event connections, and none is left when they are gone") {
  Driver driver;
  std::vector<core::WebId> ids;
  for (int i = 0; i < 500; ++i)
    ids.push_back(driver.as("0" + std::to_string(1'000'000 + i), "GET", "/Event"));
  CHECK(driver.timers().size() == 2);
  for (const auto id : ids) driver.gone(id);
  CHECK(driver.timers().size() == 1);
}

TEST_CASE("XLAT-5: an invitation without text has neither message nor message_id") {
  Driver driver;
  auto invited = Driver::invitation(1, kMe, "01087654321", "", "");
  invited.text.reset();
  driver.chat(invited);
  CHECK(driver.event(kMe, 1)["data"] ==
        json({{"status", "initiate"}, {"type", "text"}, {"subject", ""}, {"sender", "01087654321"}}));
}

TEST_CASE("CMT-73: a message over 64 KiB is cut at a character's border and says so") {
  Driver driver;
  const std::string euro = "\xE2\x82\xAC";
  std::string text = "x";
  while (text.size() <= 65'536) text += euro;
  driver.invite(kMe, text);
  const auto data = driver.event(kMe, 1)["data"];
  CHECK(data["truncated"] == true);
  CHECK(data["message"].get<std::string>().size() == 65'536);
  driver.invite(kMe, text.substr(0, 65'536));
  CHECK_FALSE(driver.event(kMe, 2)["data"].contains("truncated"));
}

TEST_CASE("Table 2: other media types are named, ill-formed text is repaired") {
  Driver driver;
  auto invited = Driver::invitation(1, kMe, "01087654321", "a\xFFz", "m\xFF");
  invited.text->content_type = "text/HTML;charset=utf-8";
  driver.chat(invited);
  const auto data = driver.event(kMe, 1)["data"];
  CHECK(data["type"] == "text/html");
  CHECK(data["message"] == "a\xEF\xBF\xBDz");
}
