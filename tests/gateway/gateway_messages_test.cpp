// Messages outside of chats through the API: sending to one or many, what became of them, reading, typing.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";
const std::string kRose = "01055556666";
const std::string kBase = "http://1.1.1.1:1001/1.0/RCS/";
constexpr auto kCalled = chat::incoming_chat(1);

using Words = std::vector<std::string>;

std::string message_body(const json& recipient, const std::string& text, const std::string& id) {
  return json{{"data", {{"message_id", id}, {"recipient", recipient}, {"message", text}}}}.dump();
}

core::WebId send(Driver& driver, const json& recipient, const std::string& text, const std::string& id) {
  return driver.as(kJack, "POST", "/Message", message_body(recipient, text, id));
}

/// A thread that Jack has opened to Rose by himself.
void called(Driver& driver, const std::string& user = kFriend, const std::string& from = kJack,
            chat::ChatId thread = kCalled) {
  driver.chat(
      chat::ThreadOpened{thread, "sip:" + user + "@domain.com", "sip:" + from + "@domain.com", "Jack"});
}

json data_of(Driver& driver, const std::string& user, std::uint64_t seq) {
  return driver.event(user, seq)["data"];
}

}  // namespace

TEST_CASE("API-29 API-47: a message is answered at once and sent in a thread of its own") {
  Driver driver;
  const auto id = send(driver, {kFriend}, "Hello", "m1");
  CHECK(driver.order == Words{"Register", "reply 1 200", "OpenThread", "SendText"});
  CHECK(driver.seen(id).reply()->body ==
        R"({"type":"message","instance":"http://1.1.1.1:1001/1.0/RCS/01087654321/Message/m1",)"
        R"("data":{"status":"trying","message_id":"m1"}})");
  const auto opened = driver.commands<chat::OpenThread>().at(0);
  CHECK(opened.from == "sip:01087654321@domain.com");
  CHECK(opened.to == "sip:01012345678@domain.com");
  const auto sent = driver.commands<chat::SendText>().at(0);
  CHECK(sent.chat == opened.chat);
  CHECK(sent.text.message_id == "m1");
  CHECK(sent.text.text == "Hello");
  CHECK(sent.text.content_type == "text/plain;charset=UTF-8");
  CHECK_FALSE(sent.expires);
  CHECK(driver.event(kJack, 1).is_null());

  send(driver, "tel:01012345678", "again", "m2");
  CHECK(driver.commands<chat::OpenThread>().size() == 1);
  CHECK(driver.commands<chat::SendText>().at(1).chat == opened.chat);
}

TEST_CASE("API-29 PGR-5: what became of a message is told with its code") {
  Driver driver;
  send(driver, {kFriend}, "Hello", "m1");
  const auto thread = driver.commands<chat::OpenThread>().at(0).chat;
  driver.chat(chat::TextState{thread, "m1", chat::MessageState::sent, 202, {}});
  driver.chat(chat::TextState{thread, "m1", chat::MessageState::delivered, 0, {}});
  driver.chat(chat::TextState{thread, "m1", chat::MessageState::displayed, 0, {}});
  const auto sent = driver.event(kJack, 1);
  CHECK(sent["type"] == "message");
  CHECK(sent["instance"] == kBase + "01087654321/Message/m1");
  CHECK(sent["data"] ==
        json({{"status", "sent"}, {"message_id", "m1"}, {"recipient", kFriend}, {"code", 202}}));
  CHECK(data_of(driver, kJack, 2) ==
        json({{"status", "delivered"}, {"message_id", "m1"}, {"recipient", kFriend}}));
  CHECK(data_of(driver, kJack, 3)["status"] == "displayed");
  CHECK(driver.body(driver.as(kJack, "GET", "/Message/m1"))["data"]["state"] == "displayed");

  send(driver, {kFriend}, "no", "m2");
  driver.chat(chat::TextState{thread, "m2", chat::MessageState::failed, 404, "Not Found"});
  CHECK(data_of(driver, kJack, 4) == json({{"status", "failed"},
                                           {"message_id", "m2"},
                                           {"recipient", kFriend},
                                           {"code", 404},
                                           {"reason", "Not Found"}}));
}

TEST_CASE("API-29: one message to several goes to each once, and each tells its own state") {
  Driver driver;
  const auto id = send(driver, {kFriend, kRose, "sip:01012345678@domain.com"}, "All", "m1");
  CHECK(driver.status(id) == 200);
  const auto threads = driver.commands<chat::OpenThread>();
  REQUIRE(threads.size() == 2);
  CHECK(driver.commands<chat::SendText>().empty());
  const auto many = driver.commands<chat::SendToMany>();
  REQUIRE(many.size() == 1);
  CHECK(many[0].from == "sip:01087654321@domain.com");
  CHECK(many[0].text.message_id == "m1");
  CHECK(many[0].text.text == "All");
  REQUIRE(many[0].to.size() == 2);
  CHECK(many[0].to[0].thread == threads[0].chat);
  CHECK(many[0].to[1].copy == body::CopyControl::to);
  driver.chat(chat::TextState{threads[0].chat, "m1", chat::MessageState::sent, 200, {}});
  CHECK(data_of(driver, kJack, 1)["recipient"] == kFriend);
  const auto all = driver.body(driver.as(kJack, "GET", "/Message/m1"))["data"];
  CHECK(all["recipients"] == json::array({{{"recipient", kFriend}, {"state", "sent"}},
                                          {{"recipient", kRose}, {"state", "trying"}}}));
  const auto one = driver.body(driver.as(kJack, "GET", "/Message/m1?contact=" + kFriend))["data"];
  CHECK(one["recipient"] == kFriend);
  CHECK(one["state"] == "sent");
}

TEST_CASE("API-29 PGR-43: a message says who is to see that others got it") {
  Driver driver;
  const auto post = [&](json data) {
    data["message"] = "All";
    return driver.as(kJack, "POST", "/Message", json{{"data", data}}.dump());
  };
  CHECK(driver.status(post({{"message_id", "m1"},
                            {"recipient", kFriend},
                            {"cc", json::array({kRose})},
                            {"bcc", json::array({"alice", "sip:01012345678@domain.com"})}})) == 200);
  const auto sent = driver.commands<chat::SendToMany>().at(0);
  REQUIRE(sent.to.size() == 3);
  CHECK(sent.to[0].copy == body::CopyControl::to);
  CHECK(sent.to[1].copy == body::CopyControl::cc);
  CHECK(sent.to[2].copy == body::CopyControl::bcc);
  // The same message again, but shown to others: no repetition.
  CHECK(driver.status(post(
            {{"message_id", "m1"}, {"recipient", kFriend}, {"cc", json::array({kRose, "alice"})}})) == 409);

  const auto refusal = [&](const json& data) { return driver.body(post(data)).dump(); };
  CHECK(refusal({{"recipient", kFriend}, {"cc", 5}}).find("data.cc: expected an array") != std::string::npos);
  CHECK(refusal({{"recipient", kFriend}, {"bcc", json::array({"a b"})}}).find("data.bcc[0]") !=
        std::string::npos);
  CHECK(refusal({{"cc", json::array({kRose})}}).find("data.recipient: expected an array") !=
        std::string::npos);
  json many = json::array();
  for (int i = 0; i < 60; ++i) many.push_back(std::to_string(10000 + i));
  CHECK(refusal({{"recipient", many}, {"cc", many}}).find("at most 100 entries in all") != std::string::npos);
}

TEST_CASE("API-72: a message to many is charged for each of them") {
  auto config = paper_config();
  config.limits.messages_per_second = 5;
  Driver driver(config);
  json many = json::array();
  for (int i = 0; i < 20; ++i) many.push_back(std::to_string(1000 + i));
  CHECK(driver.status(send(driver, many, "x", "m1")) == 200);
  const auto late = send(driver, {kFriend}, "x", "m2");
  CHECK(driver.status(late) == 429);
  CHECK(driver.header(late, "Retry-After") == "4");
  driver.advance(4s);
  CHECK(driver.status(send(driver, {kFriend}, "x", "m2")) == 200);
}

TEST_CASE("API-70 API-71: a message is sent once, however often it is posted") {
  Driver driver;
  const auto first = send(driver, {kFriend, kRose}, "Hello", "m1");
  CHECK(driver.seen(send(driver, {kFriend, kRose}, "Hello", "m1")).reply()->body ==
        driver.seen(first).reply()->body);
  CHECK(driver.commands<chat::SendToMany>().size() == 1);
  CHECK(driver.code(send(driver, {kFriend}, "Hello", "m1")) == "message-id-reused");
  CHECK(driver.code(send(driver, {kFriend, kRose}, "other", "m1")) == "message-id-reused");
  CHECK(driver.code(driver.post(kJack, kFriend, "Hello", "m1")) == "message-id-reused");
  const auto keyed = [&] {
    return driver.as(kJack, "POST", "/Message",
                     json{{"data", {{"recipient", kFriend}, {"message", "x"}}}}.dump(),
                     {{"Idempotency-Key", "k1"}});
  };
  const auto id = driver.body(keyed())["data"]["message_id"].get<std::string>();
  CHECK(id.size() == 20);
  CHECK(driver.body(keyed())["data"]["message_id"] == id);
  CHECK(driver.commands<chat::SendText>().size() == 1);
}

TEST_CASE("API-29 API-72 API-80: what is wrong with a message is told, all of it") {
  Driver driver;
  const auto post = [&](const std::string& data) {
    return driver.as(kJack, "POST", "/Message", R"({"data":)" + data + "}");
  };
  CHECK(driver.body(post(R"({"message_id":"","recipient":[],"expires":-1})"))["errors"].size() == 4);
  const auto code = [&](const std::string& data) {
    const auto id = post(data);
    return std::to_string(driver.status(id)) + " " + driver.code(id);
  };
  for (const auto* bad :
       {R"([])", R"({"recipient":"1"})", R"({"recipient":1,"message":"x"})",
        R"({"recipient":[],"message":"x"})", R"({"recipient":[1],"message":"x"})",
        R"({"recipient":"1","message":""})", R"({"recipient":"1","message":"x","expires":"9"})",
        R"({"recipient":"1","message":"x","expires":1.5})",
        R"({"recipient":"1","message":"x","expires":2678401})",
        R"({"recipient":"1","message":"x","type":"message/cpim"})"}) {
    INFO(bad);
    CHECK(code(bad) == "400 bad-request");
  }
  CHECK(code(R"({"recipient":"a b","message":"x"})") == "400 bad-id");
  CHECK(code(R"({"recipient":["1","sip:x@evil.com"],"message":"x"})") == "400 bad-id");
  const json many = std::vector<std::string>(101, "1");
  CHECK(code(json{{"recipient", many}, {"message", "x"}}.dump()) == "400 bad-request");
  CHECK(driver.status(driver.as(kJack, "POST", "/Message")) == 400);
  CHECK(driver.commands<chat::SendText>().empty());
}

TEST_CASE("API-29 PGR-12: a message may have an end") {
  Driver driver;
  const auto post = [&](const std::string& expires) {
    return driver.status(driver.as(kJack, "POST", "/Message",
                                   R"({"data":{"recipient":"1","message":"x","expires":)" + expires + "}}"));
  };
  CHECK(post("0") == 200);
  CHECK(post("2678400") == 200);
  const auto sent = driver.commands<chat::SendText>();
  CHECK(sent.at(0).expires == core::Duration::zero());
  CHECK(sent.at(1).expires == core::Duration(744h));
}

TEST_CASE("API-29 PGR-13: who gets a message is told by an event, and has it kept") {
  Driver driver;
  called(driver);
  auto arrived = Driver::arrival(kCalled, "Hi", "m9");
  driver.chat(arrived);
  CHECK(driver.event(kFriend, 1)["type"] == "message");
  CHECK(driver.event(kFriend, 1)["instance"] == kBase + "01012345678/Message/m9");
  CHECK(data_of(driver, kFriend, 1) == json({{"status", "message"},
                                             {"type", "text"},
                                             {"message", "Hi"},
                                             {"message_id", "m9"},
                                             {"sender", kJack},
                                             {"direction", "in"}}));
  arrived.expired = true;
  arrived.text.message_id = "late";
  driver.chat(arrived);
  CHECK(data_of(driver, kFriend, 2)["expired"] == true);
  CHECK(driver.body(driver.as(kFriend, "GET", "/Message/late"))["data"]["expired"] == true);
}

TEST_CASE("PGR-4: a message without an id gets one, for it has a URL") {
  Driver driver;
  called(driver);
  driver.chat(Driver::arrival(kCalled, "bare", ""));
  const auto id = data_of(driver, kFriend, 1)["message_id"].get<std::string>();
  CHECK(id.size() == 20);
  CHECK(driver.body(driver.as(kFriend, "GET", "/Message/" + id))["data"]["message"] == "bare");
}

TEST_CASE("API-29: an answer goes in the thread that is there, under the id it has now") {
  Driver driver;
  called(driver);
  driver.as(kFriend, "POST", "/Message", message_body(kJack, "back", "f1"));
  CHECK(driver.commands<chat::OpenThread>().empty());
  CHECK(driver.commands<chat::SendText>().at(0).chat == kCalled);
  const auto anew = chat::incoming_chat(7);
  called(driver, kFriend, kJack, anew);
  driver.as(kFriend, "POST", "/Message", message_body(kJack, "back", "f2"));
  CHECK(driver.commands<chat::SendText>().at(1).chat == anew);
  CHECK(driver.commands<chat::ForgetChat>().empty());
  driver.chat(chat::TextState{anew, "f1", chat::MessageState::sent, 200, {}});
  CHECK(driver.body(driver.as(kFriend, "GET", "/Message/f1"))["data"]["state"] == "sent");
}

TEST_CASE("API-26 API-29: the messages of a user, a page at a time and with one contact") {
  Driver driver;
  called(driver);
  called(driver, kFriend, kRose, chat::incoming_chat(2));
  for (int i = 0; i < 3; ++i) {
    driver.chat(Driver::arrival(kCalled, "j", "j" + std::to_string(i)));
    driver.chat(Driver::arrival(chat::incoming_chat(2), "r", "r" + std::to_string(i)));
  }
  driver.as(kFriend, "POST", "/Message", message_body(kJack, "back", "f1"));
  const auto ids = [&](const std::string& query) {
    const auto body = driver.body(driver.as(kFriend, "GET", "/Message" + query));
    std::string out;
    for (const auto& message : body["messages"]) out += message["message_id"].get<std::string>() + " ";
    return out + (body.contains("next") ? ">" + body["next"].get<std::string>() : "");
  };
  CHECK(ids("") == "j0 r0 j1 r1 j2 r2 f1 ");
  CHECK(ids("?limit=2") == "j0 r0 >2");
  CHECK(ids("?limit=2&after=2") == "j1 r1 >4");
  CHECK(ids("?contact=" + kJack) == "j0 j1 j2 f1 ");
  CHECK(ids("?contact=tel:01087654321&limit=3") == "j0 j1 j2 >5");
  CHECK(ids("?contact=" + kRose + "&limit=3") == "r0 r1 r2 ");
  CHECK(ids("?contact=nobody") == "");
  CHECK(driver.status(driver.as(kFriend, "GET", "/Message?limit=0")) == 400);
  CHECK(driver.status(driver.as(kFriend, "GET", "/Message?after=x")) == 400);
  CHECK(driver.body(driver.as(kJack, "GET", "/Message"))["messages"].empty());
  CHECK(driver.code(driver.as(kJack, "GET", "/Message/j0")) == "not-found");
}

TEST_CASE("API-27 API-29: the sender is told once that its message was displayed") {
  Driver driver;
  called(driver);
  driver.chat(Driver::arrival(kCalled, "Hi", "m9"));
  const auto put = [&](const std::string& id, const std::string& status) {
    return driver.as(kFriend, "PUT", "/Message/" + id + "/Status",
                     R"({"data":{"status":")" + status + "\"}}");
  };
  const auto shown = put("m9", "displayed");
  CHECK(driver.body(shown)["data"] == json({{"status", "displayed"}, {"message_id", "m9"}}));
  CHECK(driver.body(shown)["type"] == "message");
  CHECK(driver.status(put("m9", "displayed")) == 200);
  CHECK(driver.status(put("m9", "delivered")) == 200);
  const auto told = driver.commands<chat::SendState>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].chat == kCalled);
  CHECK(told[0].message_id == "m9");
  CHECK(told[0].state == chat::MessageState::displayed);
  driver.as(kFriend, "POST", "/Message", message_body(kJack, "back", "f1"));
  CHECK(driver.code(put("f1", "displayed")) == "not-received");
  CHECK(driver.code(put("m7", "displayed")) == "not-found");
  CHECK(driver.status(put("m9", "read")) == 400);
}

TEST_CASE("API-27 API-29: equal ids of two senders are two messages") {
  Driver driver;
  called(driver);
  called(driver, kFriend, kRose, chat::incoming_chat(2));
  driver.chat(Driver::arrival(kCalled, "of Jack", "m1"));
  driver.chat(Driver::arrival(chat::incoming_chat(2), "of Rose", "m1"));
  const auto path = "/Message/m1";
  CHECK(driver.body(driver.as(kFriend, "GET", path))["data"]["message"] == "of Rose");
  CHECK(driver.body(driver.as(kFriend, "GET", path + ("?contact=" + kJack)))["data"]["message"] == "of Jack");
  driver.as(kFriend, "PUT", path + ("/Status?contact=" + kJack), R"({"data":{"status":"displayed"}})");
  CHECK(driver.commands<chat::SendState>().at(0).chat == kCalled);
}

TEST_CASE("API-28 API-29: typing outside of chats") {
  Driver driver;
  const auto put = [&](const std::string& contact, const std::string& data) {
    return driver.status(driver.as(kFriend, "PUT", "/Composing/" + contact, R"({"data":)" + data + "}"));
  };
  CHECK(put(kJack, R"({"state":"idle"})") == 204);
  CHECK(driver.commands<chat::SendComposing>().empty());
  CHECK(put(kJack, R"({"state":"active","refresh":90,"type":"text"})") == 204);
  CHECK(put(kJack, R"({"state":"idle"})") == 204);
  const auto told = driver.commands<chat::SendComposing>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].chat == driver.commands<chat::OpenThread>().at(0).chat);
  CHECK(told[0].refresh == 90U);
  CHECK_FALSE(told[1].active);
  CHECK(put(kJack, R"({"state":"busy"})") == 400);
  CHECK(put("a%20b", R"({"state":"active"})") == 400);

  driver.chat(chat::PeerComposing{told[0].chat, true, "text/plain"});
  driver.chat(chat::PeerComposing{told[0].chat, false, {}});
  CHECK(driver.event(kFriend, 1)["instance"] == kBase + "01012345678/Composing/01087654321");
  CHECK(data_of(driver, kFriend, 1) == json({{"status", "composing"}, {"sender", kJack}, {"type", "text"}}));
  CHECK(data_of(driver, kFriend, 2) == json({{"status", "idle"}, {"sender", kJack}}));
}

TEST_CASE(
    "CMT-80 CMT-82: the user's other devices see what one of them sent and displayed outside of chats") {
  Driver driver;
  driver.as(kFriend, "GET", "/Event?device=phone");
  driver.as(kFriend, "GET", "/Event?device=tablet");
  called(driver);
  driver.chat(Driver::arrival(kCalled, "Hi", "m1"));
  driver.as(kFriend, "POST", "/Message?device=phone", message_body(kJack, "from my phone", "f1"));
  CHECK(data_of(driver, kFriend, 2) == json({{"status", "message"},
                                             {"type", "text"},
                                             {"message", "from my phone"},
                                             {"message_id", "f1"},
                                             {"sender", kFriend},
                                             {"recipient", kJack},
                                             {"direction", "out"},
                                             {"device", "phone"}}));
  driver.as(kFriend, "PUT", "/Message/m1/Status?device=tablet", R"({"data":{"status":"displayed"}})");
  CHECK(data_of(driver, kFriend, 3) == json({{"status", "displayed"},
                                             {"message_id", "m1"},
                                             {"sender", kJack},
                                             {"direction", "self"},
                                             {"device", "tablet"}}));
}

TEST_CASE("a thread that was not used for the retention is let go, and opened anew when it is wanted") {
  auto config = paper_config();
  config.limits.retention = 1h;
  Driver driver(config);
  send(driver, {kFriend}, "x", "m1");
  driver.advance(50min);
  send(driver, {kFriend}, "x", "m2");
  driver.advance(50min);
  CHECK(driver.commands<chat::ForgetChat>().empty());
  driver.advance(20min);
  REQUIRE(driver.commands<chat::ForgetChat>().size() == 1);
  const auto gone = driver.commands<chat::ForgetChat>()[0].chat;
  CHECK(gone == driver.commands<chat::OpenThread>().at(0).chat);
  driver.chat(chat::TextState{gone, "m2", chat::MessageState::delivered, 0, {}});
  CHECK(driver.event(kJack, 1).is_null());
  send(driver, {kFriend}, "x", "m3");
  CHECK(driver.commands<chat::OpenThread>().at(1).chat != gone);
}

TEST_CASE("API-05: ids of chats do not grow by what messages are called") {
  store::MemoryLog log("e1");
  {
    Driver before(paper_config(), log);
    called(before);
    before.chat(Driver::arrival(kCalled, "Hi", "x-18446744073709551615"));
  }
  Driver driver(paper_config(), log);
  driver.invite(kFriend, "Hi");
  CHECK(driver.event(kFriend, 2)["instance"] == kBase + "01012345678/Chat/01012345678-001");
}

TEST_CASE("a thread of somebody who is not known here is let go") {
  Driver driver;
  driver.chat(chat::ThreadOpened{kCalled, "nonsense@@", "sip:x@domain.com", {}});
  CHECK(driver.commands<chat::ForgetChat>().size() == 1);
  driver.chat(Driver::arrival(kCalled, "Hi", "m9"));
  CHECK(driver.order == Words{"ForgetChat"});
}

TEST_CASE("API-74: methods and paths of messages, capabilities and registration") {
  Driver driver;
  const auto allow = [&](const std::string& path) {
    return driver.header(driver.as(kJack, "OPTIONS", path), "Allow");
  };
  CHECK(allow("/Message") == "GET, HEAD, POST, OPTIONS");
  CHECK(allow("/Message/m1") == "GET, HEAD, OPTIONS");
  CHECK(allow("/Message/m1/Status") == "PUT, OPTIONS");
  CHECK(allow("/Composing/1") == "PUT, OPTIONS");
  CHECK(allow("/Capability") == "GET, HEAD, PUT, OPTIONS");
  CHECK(allow("/Capability/1") == "GET, HEAD, OPTIONS");
  CHECK(allow("/Registration") == "POST, DELETE, OPTIONS");
  for (const auto* none : {"/Composing", "/Message/m1/Other", "/Message/m1/Status/x", "/Capability/1/x",
                           "/Registration/x", "/capability"}) {
    CHECK(driver.status(driver.as(kJack, "GET", none)) == 404);
  }
}
