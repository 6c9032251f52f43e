// Starting, answering and ending chats through the API.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";
constexpr auto kFirst = chat::outgoing_chat(1);

}  // namespace

TEST_CASE("API-01 API-09 Table 1: the POST of the published design becomes the chat it prints") {
  Driver driver;
  const auto body =
      R"({"data":{"message_id":"ASedjkffjksjldf","recipient":["01012345678"],"subject":"Hi, I'm Jack."},)"
      R"("oauth_token":"dev-01087654321"})";
  const auto id = driver.send("POST", "/1.0/RCS/01087654321/Chat", body);
  CHECK(driver.order == std::vector<std::string>{"Register", "StartChat"});
  CHECK(driver.commands<chat::Register>().at(0).user == "sip:01087654321@domain.com");
  const auto start = driver.commands<chat::StartChat>().at(0);
  CHECK(start.chat == kFirst);
  CHECK(start.from == "sip:01087654321@domain.com");
  CHECK(start.to == "sip:01012345678@domain.com");
  CHECK(start.subject == "Hi, I'm Jack.");
  REQUIRE(start.text);
  CHECK(start.text->message_id == "ASedjkffjksjldf");
  CHECK(start.text->text == "Hi, I'm Jack.");
  CHECK(driver.seen(id).actions.empty());
}

TEST_CASE("Table 2, API-15: an invitation becomes the printed event, bare in a poll") {
  Driver driver;
  const auto poll = driver.as(kFriend, "GET", "/Event");
  driver.chat(Driver::invitation(1, kFriend, kJack, "Hi, I'm Jack.", "ASedjkffjksjldf"));
  REQUIRE(driver.status(poll) == 200);
  CHECK(
      driver.seen(poll).reply()->body ==
      R"({"type":"chat","instance":"http://1.1.1.1:1001/1.0/RCS/01012345678/Chat/01012345678-001",)"
      R"("data":{"status":"initiate","type":"text","subject":"Hi, I'm Jack.","message":"Hi, I'm Jack.",)"
      R"("message_id":"ASedjkffjksjldf","sender":"01087654321"},"id":"e1.1","time":"2012-01-01T10:10:10.000Z"})");
  CHECK(driver.header(poll, "Content-Type") == "application/json;charset=utf-8");
  CHECK(driver.header(poll, "RCS-Next-Cursor") == "e1.1");
  CHECK(driver.header(poll, "Link") ==
        "<http://1.1.1.1:1001/1.0/RCS/01012345678/Event?device=default&since=e1.1>; rel=\"next\"");
  CHECK(driver.order == std::vector<std::string>{"Register", "reply 1 200", "AlertUser"});
}

TEST_CASE("CHAT-3 API-10 API-47: the POST is answered after the final response, and only then") {
  Driver driver;
  const auto id = driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatProgress{kFirst, 183});
  CHECK(driver.status(id) == 0);
  driver.chat(chat::ChatAnswered{kFirst, true});
  REQUIRE(driver.status(id) == 200);
  CHECK(driver.seen(id).reply()->body ==
        R"({"type":"chat","instance":"http://1.1.1.1:1001/1.0/RCS/01087654321/Chat/01087654321-001",)"
        R"("data":{"status":"trying","message_id":"m1"}})");
}

TEST_CASE("CHAT-4 API-11 API-14: trying follows the answer once, before anything else of the chat") {
  Driver driver;
  const auto stream = driver.as(kJack, "GET", "/Event", {}, {{"Accept", "application/x-ndjson"}});
  const auto id = driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatProgress{kFirst, 180});
  driver.order.clear();
  driver.chat(chat::ChatAnswered{kFirst, false});
  driver.chat(chat::ChatConnected{kFirst});
  const auto s = std::to_string(stream.value);
  CHECK(driver.order == std::vector<std::string>{"reply " + std::to_string(id.value) + " 200", "chunk " + s,
                                                 "chunk " + s, "chunk " + s});
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", "ringing", "accepted"});
  driver.chat(chat::ChatAnswered{kFirst, false});
  driver.chat(chat::ChatProgress{kFirst, 180});
  driver.chat(chat::ChatConnected{kFirst});
  CHECK(driver.statuses(kJack).size() == 3);
}

TEST_CASE("CHAT-1 CHAT-6: an answer by the network is no acceptance") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatAnswered{kFirst, true});
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying"});
  driver.chat(chat::ChatProgress{kFirst, 180});
  driver.chat(chat::ChatConnected{kFirst});
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", "ringing", "accepted"});
}

TEST_CASE("API-75: without a final response in time the POST is answered trying, and the outcome follows") {
  auto config = paper_config();
  config.post_wait = 10s;
  Driver driver(config);
  const auto id = driver.post(kJack, kFriend, "Hi", "m1");
  driver.advance(9999ms);
  CHECK(driver.status(id) == 0);
  driver.advance(1ms);
  REQUIRE(driver.status(id) == 200);
  CHECK(driver.body(id)["data"]["status"] == "trying");
  driver.chat(chat::ChatFailed{kFirst, 603, "Decline", {}});
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", "declined"});
  CHECK(driver.event(kJack, 2)["data"] ==
        json({{"status", "declined"}, {"code", 603}, {"reason", "Decline"}, {"message_id", "m1"}}));
}

TEST_CASE("API-75: a post_wait of 0 has no bound") {
  auto config = paper_config();
  config.post_wait = 0s;
  Driver driver(config);
  const auto id = driver.post(kJack, kFriend, "Hi", "m1");
  driver.advance(1h);
  CHECK(driver.status(id) == 0);
}

TEST_CASE(
    "API-02 API-22 CHAT-5: the PUT is answered before the SIP 200 leaves; the paper's form has a token "
    "only") {
  const auto form = GENERATE(as<std::string>(), R"({"oauth_token":"dev-01012345678"})",
                             R"({"data":{"status":"accept"},"oauth_token":"dev-01012345678"})");
  Driver driver;
  driver.invite(kFriend, "Hi");
  driver.order.clear();
  const auto put = driver.send("PUT", "/1.0/RCS/01012345678/Chat/01012345678-001", form);
  CHECK(driver.order ==
        std::vector<std::string>{"Register", "reply " + std::to_string(put.value) + " 200", "AcceptChat"});
  CHECK(driver.commands<chat::AcceptChat>().at(0).chat == chat::incoming_chat(1));
  CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate"});
  driver.chat(chat::ChatConnected{chat::incoming_chat(1)});
  CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate", "accepted"});
}

TEST_CASE("API-13: an invitation is only answered after the PUT") {
  Driver driver;
  driver.invite(kFriend, "Hi");
  driver.advance(1h);
  CHECK(driver.commands<chat::AcceptChat>().empty());
  CHECK(driver.commands<chat::DeclineChat>().empty());
}

TEST_CASE("CMT-81: the first accept wins; siblings hear of it; a second PUT names the winner") {
  Driver driver;
  driver.as(kFriend, "GET", "/Event?device=phone");
  driver.as(kFriend, "GET", "/Event?device=tablet");
  driver.invite(kFriend, "Hi");
  const std::string path = "/Chat/01012345678-001";
  CHECK(driver.status(driver.as(kFriend, "PUT", path + "?device=tablet")) == 200);
  CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate", "accepted-elsewhere"});
  CHECK(driver.event(kFriend, 2)["data"]["device"] == "tablet");
  const auto second = driver.as(kFriend, "PUT", path + "?device=phone");
  CHECK(driver.status(second) == 409);
  CHECK(driver.code(second) == "already-answered");
  CHECK(driver.body(second)["device"] == "tablet");
  CHECK(driver.commands<chat::AcceptChat>().size() == 1);
}

TEST_CASE("CMT-81: with one known device nobody needs to be told of it") {
  Driver driver;
  driver.as(kFriend, "GET", "/Event?device=phone");
  driver.invite(kFriend, "Hi");
  driver.as(kFriend, "PUT", "/Chat/01012345678-001?device=shell");
  CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate"});
}

TEST_CASE("API-23: decline by PUT or DELETE") {
  Driver driver;
  driver.invite(kFriend, "Hi");
  const std::string path = "/Chat/01012345678-001";
  SECTION("PUT with its own code") {
    const auto id =
        driver.as(kFriend, "PUT", path, R"({"data":{"status":"decline","code":486,"reason":"busy"}})");
    CHECK(driver.status(id) == 200);
    const auto command = driver.commands<chat::DeclineChat>().at(0);
    CHECK(command.status == 486);
    CHECK(command.reason == "busy");
    CHECK(driver.event(kFriend, 2)["data"]["code"] == 486);
  }
  SECTION("PUT, default 603") {
    CHECK(driver.status(driver.as(kFriend, "PUT", path, R"({"data":{"status":"decline"}})")) == 200);
    CHECK(driver.commands<chat::DeclineChat>().at(0).status == 603);
  }
  SECTION("DELETE") {
    CHECK(driver.status(driver.as(kFriend, "DELETE", path)) == 204);
    CHECK(driver.commands<chat::DeclineChat>().at(0).status == 603);
    CHECK(driver.status(driver.as(kFriend, "DELETE", path)) == 204);
  }
  CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate", "declined"});
  CHECK(driver.commands<chat::DeclineChat>().size() == 1);
  const auto late = driver.as(kFriend, "PUT", path);
  CHECK(driver.status(late) == 409);
  CHECK(driver.code(late) == "already-answered");
}

TEST_CASE("API-24 API-51: DELETE ends an accepted chat; the repeat is 204; the final event comes once") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatAnswered{kFirst, false});
  driver.chat(chat::ChatConnected{kFirst});
  const std::string path = "/Chat/01087654321-001";
  CHECK(driver.status(driver.as(kJack, "DELETE", path)) == 204);
  CHECK(driver.status(driver.as(kJack, "DELETE", path)) == 204);
  CHECK(driver.commands<chat::EndChat>().size() == 1);
  driver.chat(chat::ChatEnded{kFirst, 200, "", true});
  driver.chat(chat::ChatEnded{kFirst, 603, "", false});
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", "accepted", "ended"});
}

TEST_CASE("API-51: how a chat ends decides its final status") {
  struct Row {
    int code;
    std::string status;
  };
  SECTION("ended") {
    const auto row = GENERATE(Row{200, "ended"}, Row{603, "declined"}, Row{486, "declined"},
                              Row{480, "expired"}, Row{408, "expired"}, Row{500, "ended"});
    Driver driver;
    driver.post(kJack, kFriend, "Hi", "m1");
    driver.chat(chat::ChatAnswered{kFirst, true});
    driver.chat(chat::ChatEnded{kFirst, row.code, "why", false});
    CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", row.status});
    CHECK(driver.event(kJack, 2)["data"]["code"] == row.code);
    CHECK(driver.event(kJack, 2)["data"]["reason"] == "why");
  }
  SECTION("API-82: failed after its answer") {
    const auto row =
        GENERATE(Row{603, "declined"}, Row{486, "declined"}, Row{600, "declined"}, Row{408, "expired"},
                 Row{480, "expired"}, Row{487, "expired"}, Row{500, "error"}, Row{404, "error"});
    Driver driver;
    driver.post(kJack, kFriend, "Hi", "m1");
    driver.advance(10s);
    driver.chat(chat::ChatFailed{kFirst, row.code, "why", {}});
    CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", row.status});
  }
  SECTION("an invitation that goes away") {
    Driver driver;
    driver.invite(kFriend, "Hi");
    driver.chat(chat::ChatExpired{chat::incoming_chat(1), 487, "cancelled"});
    CHECK(driver.statuses(kFriend) == std::vector<std::string>{"initiate", "expired"});
    CHECK(driver.log().pinned(kFriend).empty());
    const auto late = driver.as(kFriend, "PUT", "/Chat/01012345678-001");
    CHECK(driver.status(late) == 409);
    CHECK(driver.code(late) == "chat-over");
  }
}

TEST_CASE("API-08: an event connection comes before any chat and registers the user, once") {
  Driver driver;
  driver.as(kFriend, "GET", "/Event");
  driver.as(kFriend, "GET", "/Chat");
  REQUIRE(driver.commands<chat::Register>().size() == 1);
  const auto name = driver.commands<chat::Register>().at(0).user;
  driver.chat(chat::RegistrationFailed{name, 503, "busy", true});
  driver.as(kFriend, "GET", "/Chat");
  CHECK(driver.commands<chat::Register>().size() == 1);
  driver.chat(chat::RegistrationFailed{name, 403, "no", false});
  CHECK(driver.commands<chat::Register>().size() == 1);
  driver.as(kFriend, "GET", "/Chat");
  CHECK(driver.commands<chat::Register>().size() == 2);
}
