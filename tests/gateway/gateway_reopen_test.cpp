// Chats that have ended and are opened again by a text, and those that are given up.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";
constexpr auto kFirst = chat::outgoing_chat(1);
constexpr auto kInvited = chat::incoming_chat(1);

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("CHAT-42 API-51: a text opens an ended chat again; each session has its own trying and end") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.chat(chat::ChatEnded{kFirst, 200, "session idle", false});
  driver.chat(chat::ChatEnded{kFirst, 200, "", false});
  driver.order.clear();
  CHECK(driver.status(driver.as(kJack, "POST", path + "/Message", text_body("again", "m2"))) == 200);
  CHECK(driver.order.back() == "SendText");
  CHECK(driver.commands<chat::SendText>().at(0).chat == kFirst);
  CHECK(driver.statuses(kJack) == Words{"trying", "accepted", "ended", "trying"});
  CHECK(driver.body(driver.as(kJack, "GET", path))["data"]["status"] == "trying");
  driver.chat(chat::ChatProgress{kFirst, 180});
  driver.chat(chat::ChatAnswered{kFirst, false});
  driver.chat(chat::TextState{kFirst, "m2", chat::MessageState::sent, 0, {}});
  driver.chat(chat::ChatConnected{kFirst});
  driver.chat(chat::ChatEnded{kFirst, 200, "", false});
  CHECK(driver.statuses(kJack) ==
        Words{"trying", "accepted", "ended", "trying", "ringing", "sent", "accepted", "ended"});
}

TEST_CASE("CHAT-42: an accepted invitation can be opened again from this side, too") {
  Driver driver;
  const auto path = driver.accept_chat(kFriend);
  driver.chat(chat::ChatEnded{kInvited, 408, "gone", false});
  CHECK(driver.statuses(kFriend).back() == "ended");
  CHECK(driver.status(driver.as(kFriend, "POST", path + "/Message", text_body("still there?"))) == 200);
  CHECK(driver.commands<chat::SendText>().at(0).chat == kInvited);
  driver.chat(chat::ChatFailed{kInvited, 480, "Temporarily Unavailable", {}});
  CHECK(driver.statuses(kFriend) == Words{"initiate", "accepted", "ended", "trying", "expired"});
}

TEST_CASE("CHAT-42: where no new session can be had the chat is over again, told once") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.chat(chat::ChatEnded{kFirst, 200, "", false});
  driver.as(kJack, "POST", path + "/Message", text_body("again", "m2"));
  driver.as(kJack, "POST", path + "/Message", text_body("and again", "m3"));
  driver.chat(chat::TextState{kFirst, "m3", chat::MessageState::failed, 503, "too many"});
  CHECK(driver.statuses(kJack).back() == "failed");
  SECTION("the chat client has forgotten it") {
    driver.chat(chat::TextState{kFirst, "m2", chat::MessageState::failed, 481, "the chat is over"});
  }
  SECTION("the invitation failed") {
    driver.chat(chat::TextState{kFirst, "m2", chat::MessageState::failed, 500, "no"});
    driver.chat(chat::ChatFailed{kFirst, 500, "no", {}});
  }
  CHECK(driver.statuses(kJack) ==
        Words{"trying", "accepted", "ended", "trying", "failed", "failed", "error"});
  CHECK(driver.status(driver.as(kJack, "POST", path + "/Message", text_body("once more"))) == 200);
}

TEST_CASE("CHAT-42: a text that fails in the new session does not end it") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.chat(chat::ChatEnded{kFirst, 200, "", false});
  driver.as(kJack, "POST", path + "/Message", text_body("again", "m2"));
  driver.chat(chat::ChatAnswered{kFirst, true});
  driver.chat(chat::TextState{kFirst, "m2", chat::MessageState::failed, 415, "no"});
  CHECK(driver.statuses(kJack) == Words{"trying", "accepted", "ended", "trying", "failed"});
}

TEST_CASE("CHAT-42: a chat that the chat client opens again by itself is shown so") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.chat(chat::ChatEnded{kFirst, 481, "connection lost", false});
  driver.chat(chat::ChatAnswered{kFirst, false});
  driver.chat(chat::ChatConnected{kFirst});
  CHECK(driver.statuses(kJack) == Words{"trying", "accepted", "ended", "trying", "accepted"});
}

TEST_CASE("API-24 CHAT-42: what the user has left stays left until the user writes again") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.as(kJack, "DELETE", path);
  driver.chat(chat::ChatConnected{kFirst});
  driver.chat(chat::ChatEnded{kFirst, 200, "", true});
  CHECK(driver.statuses(kJack) == Words{"trying", "accepted", "ended"});
  CHECK(driver.status(driver.as(kJack, "POST", path + "/Message", text_body("one more thing"))) == 200);
  driver.chat(chat::ChatConnected{kFirst});
  CHECK(driver.statuses(kJack) == Words{"trying", "accepted", "ended", "trying", "accepted"});
}

TEST_CASE("a chat that is dropped is forgotten by the chat client; one opened again is not dropped") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.chat(chat::ChatEnded{kFirst, 200, "", false});
  driver.advance(23h);
  driver.as(kJack, "POST", path + "/Message", text_body("again"));
  driver.chat(chat::ChatConnected{kFirst});
  driver.advance(2h);
  CHECK(driver.commands<chat::ForgetChat>().empty());
  CHECK(driver.status(driver.as(kJack, "GET", path)) == 200);
  driver.chat(chat::ChatEnded{kFirst, 200, "", false});
  driver.advance(23h);
  CHECK(driver.status(driver.as(kJack, "GET", path)) == 200);
  driver.advance(2h);
  CHECK(driver.status(driver.as(kJack, "GET", path)) == 404);
  REQUIRE(driver.commands<chat::ForgetChat>().size() == 1);
  CHECK(driver.commands<chat::ForgetChat>()[0].chat == kFirst);
}

TEST_CASE("a chat that never had a session leaves nothing to forget") {
  Driver driver;
  driver.post(kJack, kFriend, "Hi", "m1");
  driver.chat(chat::ChatFailed{kFirst, 404, "", {}});
  driver.invite(kJack, "Ho");
  driver.chat(chat::ChatExpired{kInvited, 487, ""});
  driver.advance(25h);
  CHECK(driver.commands<chat::ForgetChat>().empty());
}
