// Idempotent POSTs, reading chats, ids of instances.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";

}  // namespace

TEST_CASE("API-70: the same message twice is sent once and answered alike") {
  Driver driver;
  const auto first = driver.post(kJack, kFriend, "Hi", "m1");
  const auto while_waiting = driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  const auto later = driver.post(kJack, "sip:01012345678@domain.com", "Hi", "m1");
  CHECK(driver.commands<chat::StartChat>().size() == 1);
  REQUIRE(driver.status(first) == 200);
  CHECK(driver.seen(while_waiting).reply()->body == driver.seen(first).reply()->body);
  CHECK(driver.seen(later).reply()->body == driver.seen(first).reply()->body);
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying"});
}

TEST_CASE("API-70: the token is no part of what is compared") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  auto body = json::parse(Driver::post_body(kFriend, "Hi", "m1"));
  body["oauth_token"] = "dev-01087654321";
  CHECK(driver.status(driver.send("POST", "/1.0/RCS/01087654321/Chat", body.dump())) == 200);
}

TEST_CASE("API-70: the same id for something else is refused, answered or not") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  const auto early = driver.post(kJack, kFriend, "Ho", "m1");
  CHECK(driver.code(early) == "message-id-reused");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  const auto late = driver.post(kJack, "01000000000", "Hi", "m1");
  CHECK(driver.status(late) == 409);
  CHECK(driver.status(driver.post(kFriend, kJack, "Hi", "m1")) == 0);
  CHECK(driver.commands<chat::StartChat>().size() == 2);
}

TEST_CASE("API-70: a refusal stands, but a busy network may be tried again") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatFailed{chat::outgoing_chat(1), 603, "Decline", {}});
  CHECK(driver.code(driver.post(kJack, kFriend, "Hi", "m1")) == "declined");
  driver.post(kJack, kFriend, "Hi", "m2");
  driver.chat(chat::ChatFailed{chat::outgoing_chat(2), 503, "Busy", {}});
  CHECK(driver.status(driver.post(kJack, kFriend, "Hi", "m2")) == 0);
  CHECK(driver.commands<chat::StartChat>().size() == 3);
}

TEST_CASE("API-70: after its time an id is free again") {
  auto config = paper_config();
  config.idempotency = 1h;
  Driver driver(config);
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  driver.advance(59min);
  CHECK(driver.status(driver.post(kJack, kFriend, "Hi", "m1")) == 200);
  driver.advance(2min);
  CHECK(driver.status(driver.post(kJack, kFriend, "Hi", "m1")) == 0);
}

TEST_CASE("API-71: Idempotency-Key stands in for a message_id") {
  Driver driver;
  const auto post = [&](const std::string& key, const std::string& text) {
    const auto body = ordered_json{{"data", {{"recipient", {kFriend}}, {"subject", text}}}}.dump();
    return driver.as(kJack, "POST", "/Chat", body, {{"Idempotency-Key", key}});
  };
  const auto first = post("k1", "Hi");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  CHECK(driver.body(first)["data"]["message_id"].get<std::string>().size() == 20);
  CHECK(driver.seen(post("k1", "Hi")).reply()->body == driver.seen(first).reply()->body);
  CHECK(driver.code(post("k1", "Ho")) == "message-id-reused");
  CHECK(driver.status(post("", "Hi")) == 400);
  CHECK(driver.status(driver.post(kJack, kFriend, "Hi", "k1")) == 0);
  CHECK(driver.commands<chat::StartChat>().size() == 2);
}

TEST_CASE("API-71: without any key every POST is a message of its own") {
  Driver driver;
  const auto body = ordered_json{{"data", {{"recipient", {kFriend}}, {"subject", "Hi"}}}}.dump();
  driver.as(kJack, "POST", "/Chat", body);
  driver.as(kJack, "POST", "/Chat", body);
  const auto starts = driver.commands<chat::StartChat>();
  REQUIRE(starts.size() == 2);
  CHECK(starts[0].text->message_id != starts[1].text->message_id);
}

TEST_CASE("API-70: repeats of one POST have an end, and those who left are not answered") {
  Driver driver;
  std::vector<core::WebId> ids;
  for (int i = 0; i < 16; ++i) ids.push_back(driver.post(kJack, kFriend, "Hi", "m1"));
  CHECK(driver.status(driver.post(kJack, kFriend, "Hi", "m1")) == 429);
  driver.gone(ids[0]);
  driver.gone(ids[3]);
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  CHECK(driver.status(ids[0]) == 0);
  CHECK(driver.status(ids[3]) == 0);
  CHECK(driver.status(ids[15]) == 200);
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying"});
}

TEST_CASE("API-05: instance ids count per user and are not given twice") {
  Driver driver;
  for (int i = 1; i <= 3; ++i) {
    driver.post(kJack, kFriend, "Hi", "m" + std::to_string(i));
    driver.chat(chat::ChatAnswered{chat::outgoing_chat(static_cast<std::uint64_t>(i)), true});
  }
  driver.invite(kFriend, "x");
  CHECK(driver.event(kJack, 3)["instance"] == "http://1.1.1.1:1001/1.0/RCS/01087654321/Chat/01087654321-003");
  CHECK(driver.event(kFriend, 1)["instance"] ==
        "http://1.1.1.1:1001/1.0/RCS/01012345678/Chat/01012345678-001");

  Driver again(paper_config(), driver.log());
  again.post(kJack, kFriend, "Hi", "m9");
  again.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  CHECK(again.event(kJack, 4)["instance"] == "http://1.1.1.1:1001/1.0/RCS/01087654321/Chat/01087654321-004");
}

TEST_CASE("CMT-39: after a restart invitations of the old process are over") {
  Driver driver;
  driver.invite(kFriend, "x");
  Driver again(paper_config(), driver.log());
  const auto poll = again.as(kFriend, "GET", "/Event?since=earliest&max=10");
  CHECK(again.body(poll)["events"].size() == 2);
  CHECK(again.body(poll)["events"][1]["data"]["status"] == "expired");
  CHECK(again.body(poll)["events"][1]["instance"] == again.body(poll)["events"][0]["instance"]);
  CHECK(again.log().pinned(kFriend).empty());
}

TEST_CASE("API-20 API-21: reading chats") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  CHECK(driver.body(driver.as(kJack, "GET", "/Chat"))["chats"].empty());
  CHECK(driver.status(driver.as(kJack, "GET", "/Chat/01087654321-001")) == 404);
  CHECK(driver.status(driver.as(kJack, "DELETE", "/Chat/01087654321-001")) == 404);
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  driver.invite(kJack, "Ho");
  driver.invite(kJack, "Hu");
  const auto one = driver.body(driver.as(kJack, "GET", "/Chat/01087654321-001"));
  CHECK(one["type"] == "chat");
  CHECK(one["data"] == json({{"status", "trying"},
                             {"peer", kFriend},
                             {"direction", "out"},
                             {"message_id", "m1"},
                             {"created", "2012-01-01T10:10:10.000Z"},
                             {"last_seq", "e1.1"}}));
  CHECK(driver.body(driver.as(kJack, "GET", "/Chat"))["chats"].size() == 3);
  CHECK(driver.body(driver.as(kJack, "GET", "/Chat?status=initiate"))["chats"].size() == 2);
  CHECK(driver.body(driver.as(kJack, "GET", "/Chat?status=ended"))["chats"].empty());
  const auto page = driver.body(driver.as(kJack, "GET", "/Chat?limit=2"));
  CHECK(page["chats"].size() == 2);
  const auto rest =
      driver.body(driver.as(kJack, "GET", "/Chat?limit=2&after=" + page["next"].get<std::string>()));
  CHECK(rest["chats"].size() == 1);
  CHECK_FALSE(rest.contains("next"));
  for (const auto* bad : {"?status=x", "?limit=0", "?limit=101", "?limit=x", "?after=x"}) {
    CHECK(driver.code(driver.as(kJack, "GET", std::string("/Chat") + bad)) == "bad-parameter");
  }
  CHECK(driver.status(driver.as(kFriend, "GET", "/Chat/01087654321-001")) == 404);
  for (const auto* other : {"x-001", "01087654321-1", "01087654321-0001", "-001", "1"}) {
    CHECK(driver.status(driver.as(kJack, "GET", std::string("/Chat/") + other)) == 404);
  }
}

TEST_CASE("API-21: a finished chat can be read until the retention is over") {
  Driver driver;
  driver.invite(kJack, "Ho");
  driver.chat(chat::ChatExpired{chat::incoming_chat(1), 487, "gone"});
  driver.advance(23h);
  const auto data = driver.body(driver.as(kJack, "GET", "/Chat/01087654321-001"))["data"];
  CHECK(data["status"] == "expired");
  CHECK(data["code"] == 487);
  CHECK(data["reason"] == "gone");
  driver.advance(2h);
  CHECK(driver.status(driver.as(kJack, "GET", "/Chat/01087654321-001")) == 404);
}

TEST_CASE("API-22 API-23: a PUT that makes no sense changes nothing") {
  Driver driver;
  driver.invite(kFriend, "x");
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  const auto put = [&](const std::string& body) {
    return driver.status(driver.as(kFriend, "PUT", "/Chat/01012345678-001", body));
  };
  CHECK(put(R"({"data":{}})") == 400);
  CHECK(put(R"({"data":[]})") == 400);
  CHECK(put(R"({"data":{"status":"accepted"}})") == 400);
  CHECK(put(R"({"data":{"status":["accept"]}})") == 400);
  CHECK(put(R"({"data":{"status":"decline","code":"603"}})") == 400);
  CHECK(put(R"({"data":{"status":"decline","code":200}})") == 400);
  CHECK(put(R"({"data":{"status":"decline","code":603.5}})") == 400);
  CHECK(put(R"({"data":{"status":"decline","code":99999999999999999999}})") == 400);
  CHECK(put(R"({"data":{"status":"decline","reason":1}})") == 400);
  CHECK(driver.status(driver.as(kFriend, "PUT", "/Chat/01012345678-001?device=a%20b")) == 400);
  CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate"});
  CHECK(driver.code(driver.as(kJack, "PUT", "/Chat/01087654321-001")) == "not-invited");
  CHECK(driver.status(driver.as(kFriend, "PUT", "/Chat/01012345678-002")) == 404);
  CHECK(driver.commands<chat::AcceptChat>().empty());
}

TEST_CASE("late and unknown chat events find nothing and change nothing") {
  Driver driver;
  driver.chat(chat::ChatConnected{chat::outgoing_chat(9)});
  driver.chat(chat::ChatEnded{chat::incoming_chat(9), 200, "", false});
  driver.chat(chat::ChatFailed{chat::outgoing_chat(9), 500, "", {}});
  driver.chat(chat::Unregistered{"not a uri"});
  CHECK(driver.order.empty());
  auto invited = Driver::invitation(1, kFriend, kJack, "x", "y");
  invited.user = "sip:*%0D@domain.com";
  driver.chat(invited);
  CHECK(driver.commands<chat::DeclineChat>().at(0).status == 480);
}
