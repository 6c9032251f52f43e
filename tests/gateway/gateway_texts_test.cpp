// Texts in a chat through the API: sending, reading, what became of them, typing, chats that are opened
// again.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";
constexpr auto kFirst = chat::outgoing_chat(1);
constexpr auto kInvited = chat::incoming_chat(1);

using Words = std::vector<std::string>;

/// Rose's end of a chat that she has accepted.
std::string accepted(Driver& driver) { return driver.accept_chat(kFriend); }

}  // namespace

TEST_CASE("API-25: a text is answered once the chat client has it; sent follows") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.order.clear();
  const auto id = driver.as(kJack, "POST", path + "/Message", text_body("Are you there?", "m2"));
  CHECK(driver.order == Words{"reply " + std::to_string(id.value) + " 200", "SendText"});
  CHECK(driver.seen(id).reply()->body ==
        R"({"type":"chat","instance":"http://1.1.1.1:1001/1.0/RCS/01087654321/Chat/01087654321-001",)"
        R"("data":{"status":"trying","message_id":"m2"}})");
  const auto sent = driver.commands<chat::SendText>().at(0);
  CHECK(sent.chat == kFirst);
  CHECK(sent.text.message_id == "m2");
  CHECK(sent.text.text == "Are you there?");
  CHECK(sent.text.content_type == "text/plain;charset=UTF-8");
  driver.chat(chat::TextState{kFirst, "m2", chat::MessageState::sent, 0, {}});
  CHECK(driver.event(kJack, 3)["data"] == json({{"status", "sent"}, {"message_id", "m2"}}));
}

TEST_CASE("API-25: a message_id is made where none is given; subject is an alias of message") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  const auto id = driver.as(kJack, "POST", path + "/Message", R"({"data":{"subject":"yes"}})");
  const auto sent = driver.commands<chat::SendText>().at(0);
  CHECK(sent.text.text == "yes");
  CHECK(sent.text.message_id.size() == 20);
  CHECK(driver.body(id)["data"]["message_id"] == sent.text.message_id);
}

TEST_CASE("API-25: content of other types goes with its type, as UTF-8") {
  struct Row {
    std::string type;
    std::string sent;
  };
  const auto row = GENERATE(
      Row{"text", "text/plain;charset=UTF-8"}, Row{"text/html", "text/html;charset=UTF-8"},
      Row{"Text/HTML; charset=\"utf-8\"", "text/html;charset=utf-8"},
      Row{"application/json", "application/json"}, Row{"application/x;a=\"b c\"", "application/x;a=\"b c\""});
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  CHECK(driver.status(driver.as(kJack, "POST", path + "/Message", text_body("x", "m2", row.type))) == 200);
  CHECK(driver.commands<chat::SendText>().at(0).text.content_type == row.sent);
}

TEST_CASE("API-25 API-72: a text that makes no sense is refused, member by member, and nothing is sent") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend) + "/Message";
  const auto refused = [&](const std::string& body) {
    return driver.body(driver.as(kJack, "POST", path, body)).value("detail", std::string());
  };
  CHECK(refused("{}") == "data: expected an object");
  CHECK(refused(R"({"data":{}})").find("data.message: expected a string") == 0);
  CHECK(refused(R"({"data":{"message":""}})").find("data.message: expected a string") == 0);
  CHECK(refused(R"({"data":{"message":["x"]}})").find("data.message: expected a string") == 0);
  CHECK(refused(R"({"data":{"message":"x","subject":"x"}})").find("data.message: expected message or") == 0);
  CHECK(refused(text_body("x", std::string(129, 'x'))).find("data.message_id: expected") == 0);
  CHECK(refused(text_body("x", "a\r\nb")).find("data.message_id: expected") == 0);
  for (const auto* type :
       {"html", "text/", "/", "*/*", "text/*", "text/plain\r\nX: y", "text/html;charset=iso-8859-1",
        "message/cpim", "MESSAGE/IMDN+XML", "application/im-iscomposing+xml", "multipart/mixed;boundary=x"}) {
    INFO(type);
    CHECK(refused(text_body("x", "m2", type)).find("data.type: expected") == 0);
  }
  const auto both = driver.body(driver.as(kJack, "POST", path, R"({"data":{"type":7,"message_id":7}})"));
  CHECK(both["errors"].size() == 3);
  CHECK(driver.status(driver.as(kJack, "POST", path)) == 400);
  CHECK(driver.status(driver.as(kJack, "POST", path, text_body(std::string(70'000, 'x')))) == 413);
  CHECK(driver.status(driver.as(kJack, "POST", path + "?device=a%20b", text_body("x"))) == 400);
  CHECK(driver.commands<chat::SendText>().empty());
}

TEST_CASE("API-70: a text posted twice is sent once; its id stands for nothing else, in no chat") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  const auto first = driver.as(kJack, "POST", path + "/Message", text_body("yes", "m2"));
  const auto again = driver.as(kJack, "POST", path + "/Message", text_body("yes", "m2"));
  CHECK(driver.seen(first).reply()->body == driver.seen(again).reply()->body);
  CHECK(driver.commands<chat::SendText>().size() == 1);
  CHECK(driver.code(driver.as(kJack, "POST", path + "/Message", text_body("no", "m2"))) ==
        "message-id-reused");
  CHECK(driver.code(driver.as(kJack, "POST", path + "/Message", text_body("Hi", "m1"))) ==
        "message-id-reused");
  CHECK(driver.code(driver.post(kJack, kFriend, "yes", "m2")) == "message-id-reused");
  const core::WebHeaders key{{"Idempotency-Key", "k1"}};
  driver.as(kJack, "POST", path + "/Message", text_body("more"), key);
  driver.as(kJack, "POST", path + "/Message", text_body("more"), key);
  CHECK(driver.commands<chat::SendText>().size() == 2);
}

TEST_CASE("API-72: texts count towards the rate of their token") {
  auto config = paper_config();
  config.limits.messages_per_second = 3;
  Driver driver(config);
  const auto path = driver.open_chat(kJack, kFriend);
  CHECK(driver.status(driver.as(kJack, "POST", path + "/Message", text_body("1"))) == 200);
  CHECK(driver.status(driver.as(kJack, "POST", path + "/Message", text_body("2"))) == 200);
  const auto over = driver.as(kJack, "POST", path + "/Message", text_body("3"));
  CHECK(driver.status(over) == 429);
  CHECK(driver.header(over, "Retry-After") == "1");
}

TEST_CASE("API-25: who may write: not before the invitation is accepted, never where somebody said no") {
  Driver driver;
  const auto post = [&](const std::string& user) {
    return driver.as(user, "POST", "/Chat/" + user + "-001/Message", text_body("x"));
  };
  SECTION("an invitation waits for its PUT") {
    driver.invite(kFriend, "Hi");
    CHECK(driver.code(post(kFriend)) == "not-accepted");
    driver.as(kFriend, "PUT", "/Chat/01012345678-001");
    CHECK(driver.status(post(kFriend)) == 200);
  }
  SECTION("whoever invited may go on while the other has not answered") {
    driver.post(kJack, kFriend, "Hi", "m1");
    CHECK(driver.status(post(kJack)) == 404);
    driver.chat(chat::ChatAnswered{kFirst, true});
    CHECK(driver.status(post(kJack)) == 200);
  }
  SECTION("declined by the user") {
    driver.invite(kFriend, "Hi");
    driver.as(kFriend, "DELETE", "/Chat/01012345678-001");
    CHECK(driver.code(post(kFriend)) == "chat-over");
  }
  SECTION("declined by the other") {
    driver.open_chat(kJack, kFriend);
    driver.chat(chat::ChatEnded{kFirst, 603, "", false});
    CHECK(driver.code(post(kJack)) == "chat-over");
  }
  SECTION("it never became a chat") {
    driver.post(kJack, kFriend, "Hi", "m1");
    driver.advance(10s);
    driver.chat(chat::ChatFailed{kFirst, 480, "", {}});
    CHECK(driver.code(post(kJack)) == "chat-over");
  }
  SECTION("it expired") {
    driver.invite(kFriend, "Hi");
    driver.chat(chat::ChatExpired{kInvited, 487, ""});
    CHECK(driver.code(post(kFriend)) == "chat-over");
  }
}

TEST_CASE("B.2: a text that arrives is an event as Table 2 has it") {
  Driver driver;
  accepted(driver);
  driver.chat(Driver::arrival(kInvited, "And you?", "m9"));
  const auto event = driver.event(kFriend, 3);
  CHECK(event["type"] == "chat");
  CHECK(event["instance"] == "http://1.1.1.1:1001/1.0/RCS/01012345678/Chat/01012345678-001");
  CHECK(event["data"].dump() == json({{"status", "message"},
                                      {"type", "text"},
                                      {"message", "And you?"},
                                      {"message_id", "m9"},
                                      {"sender", kJack},
                                      {"direction", "in"}})
                                    .dump());
}

TEST_CASE("CMT-73: a long text is cut in its event and can be read whole") {
  Driver driver;
  const auto path = accepted(driver);
  // The cut falls into the character of three octets.
  const auto text = std::string(64 * 1024 - 1, 'x') + "\xE2\x82\xAC" + std::string(100, 'y');
  driver.chat(Driver::arrival(kInvited, text, "m9"));
  const auto data = driver.event(kFriend, 3)["data"];
  CHECK(data["truncated"] == true);
  CHECK(data["message"] == std::string(64 * 1024 - 1, 'x'));
  const auto listed = driver.body(driver.as(kFriend, "GET", path + "/Message?after=1"))["messages"][0];
  CHECK(listed["truncated"] == true);
  const auto whole = driver.body(driver.as(kFriend, "GET", path + "/Message/m9"))["data"];
  CHECK(whole["message"] == text);
  CHECK_FALSE(whole.contains("truncated"));
}

TEST_CASE("what is no text is shown in base64, what is ill-formed text with U+FFFD") {
  Driver driver;
  const auto path = accepted(driver);
  auto arrived = Driver::arrival(kInvited, std::string("\x89PNG\0\xFF", 6), "m9");
  arrived.text.content_type = "image/png; name=x";
  driver.chat(arrived);
  CHECK(driver.event(kFriend, 3)["data"]["message"] == "iVBORwD/");
  CHECK(driver.event(kFriend, 3)["data"]["encoding"] == "base64");
  CHECK(driver.event(kFriend, 3)["data"]["type"] == "image/png");
  driver.chat(Driver::arrival(kInvited, "a\xFFz", "m10"));
  CHECK(driver.event(kFriend, 4)["data"]["message"] == "a\xEF\xBF\xBDz");
  arrived.text.text = std::string(100'000, '\xFF');
  arrived.text.message_id = "m11";
  driver.chat(arrived);
  CHECK(driver.event(kFriend, 5)["data"]["message"].get<std::string>().size() == 64 * 1024);
  CHECK(driver.body(driver.as(kFriend, "GET", path + "/Message/m11"))["data"]["message"]
            .get<std::string>()
            .size() == 133'336);
}

TEST_CASE("B.2 API-67: states of a text are events in their order, and stay with it") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.as(kJack, "POST", path + "/Message", text_body("yes", "m2"));
  for (const auto state :
       {chat::MessageState::sent, chat::MessageState::delivered, chat::MessageState::displayed}) {
    driver.chat(chat::TextState{kFirst, "m2", state, 0, {}});
  }
  CHECK(driver.statuses(kJack) == Words{"trying", "accepted", "sent", "delivered", "displayed"});
  driver.as(kJack, "POST", path + "/Message", text_body("no", "m3"));
  driver.chat(chat::TextState{kFirst, "m3", chat::MessageState::failed, 415, "no such type"});
  CHECK(driver.event(kJack, 6)["data"] ==
        json({{"status", "failed"}, {"message_id", "m3"}, {"code", 415}, {"reason", "no such type"}}));
  const auto texts = driver.body(driver.as(kJack, "GET", path + "/Message"))["messages"];
  REQUIRE(texts.size() == 3);
  CHECK(texts[0]["state"] == "trying");
  CHECK(texts[1]["state"] == "displayed");
  CHECK(texts[2]["state"] == "failed");
}

TEST_CASE("API-14 B.2: the states of the first text come after trying") {
  Driver driver;
  SECTION("told before the answer") {
    const auto id = driver.post(kJack, kFriend, "Hi", "m1");
    driver.chat(chat::TextState{kFirst, "m1", chat::MessageState::sent, 0, {}});
    CHECK(driver.status(id) == 200);
    driver.chat(chat::ChatAnswered{kFirst, true});
    CHECK(driver.statuses(kJack) == Words{"trying", "sent"});
  }
  SECTION("told after it") {
    driver.post(kJack, kFriend, "Hi", "m1");
    driver.chat(chat::ChatAnswered{kFirst, true});
    driver.chat(chat::TextState{kFirst, "m1", chat::MessageState::sent, 0, {}});
    CHECK(driver.statuses(kJack) == Words{"trying", "sent"});
  }
  SECTION("a failure before the answer is in the answer") {
    const auto id = driver.post(kJack, kFriend, "Hi", "m1");
    driver.chat(chat::TextState{kFirst, "m1", chat::MessageState::failed, 404, {}});
    driver.chat(chat::ChatFailed{kFirst, 404, "Not Found", {}});
    CHECK(driver.status(id) == 404);
    CHECK(driver.statuses(kJack).empty());
  }
}

TEST_CASE("API-26: the texts of a chat, both ways, in order, page by page") {
  Driver driver;
  const auto path = driver.open_chat(kJack, kFriend);
  driver.chat(Driver::arrival(kFirst, "Hello Jack", "r1"));
  driver.as(kJack, "POST", path + "/Message", text_body("How are you?", "m2"));
  const auto all = driver.body(driver.as(kJack, "GET", path + "/Message"));
  CHECK_FALSE(all.contains("next"));
  REQUIRE(all["messages"].size() == 3);
  CHECK(all["messages"][0] == json({{"type", "text"},
                                    {"message", "Hi"},
                                    {"message_id", "m1"},
                                    {"sender", kJack},
                                    {"direction", "out"},
                                    {"time", "2012-01-01T10:10:10.000Z"},
                                    {"state", "trying"}}));
  CHECK(all["messages"][1]["sender"] == kFriend);
  CHECK(all["messages"][1]["direction"] == "in");
  CHECK(all["messages"][1]["state"] == "received");
  const auto page = driver.body(driver.as(kJack, "GET", path + "/Message?limit=2"));
  CHECK(page["messages"].size() == 2);
  const auto next = page["next"].get<std::string>();
  const auto rest = driver.body(driver.as(kJack, "GET", path + "/Message?limit=2&after=" + next));
  REQUIRE(rest["messages"].size() == 1);
  CHECK(rest["messages"][0]["message_id"] == "m2");
  CHECK_FALSE(rest.contains("next"));
  for (const auto* bad : {"?limit=0", "?limit=101", "?limit=x", "?after=x", "?after=-1"}) {
    CHECK(driver.code(driver.as(kJack, "GET", path + "/Message" + bad)) == "bad-parameter");
  }
  CHECK(driver.status(driver.as(kJack, "GET", "/Chat/01087654321-002/Message")) == 404);
  CHECK(driver.status(driver.as(kJack, "GET", path + "/Message/m7")) == 404);
  CHECK(driver.body(driver.as(kJack, "GET", path + "/Message/r1"))["data"]["message"] == "Hello Jack");
}

TEST_CASE("API-26: a page of long texts ends by its size") {
  Driver driver;
  const auto path = accepted(driver);
  for (int i = 0; i < 40; ++i)
    driver.chat(Driver::arrival(kInvited, std::string(60'000, 'x'), "r" + std::to_string(i)));
  std::size_t read = 0;
  std::string after = "0";
  int pages = 0;
  for (; !after.empty(); ++pages) {
    const auto page = driver.body(driver.as(kFriend, "GET", path + "/Message?limit=100&after=" + after));
    CHECK(page.dump().size() < 1'200'000);
    read += page["messages"].size();
    after = page.value("next", std::string());
  }
  CHECK(read == 41);
  CHECK(pages == 3);
}

TEST_CASE("API-27: a state is told once, and only of what was received") {
  Driver driver;
  const auto path = accepted(driver) + "/Message/";
  driver.chat(Driver::arrival(kInvited, "And you?", "m9"));
  const auto put = [&](const std::string& id, const std::string& status) {
    return driver.as(kFriend, "PUT", path + id + "/Status", R"({"data":{"status":")" + status + "\"}}");
  };
  const auto shown = put("m9", "displayed");
  CHECK(driver.status(shown) == 200);
  CHECK(driver.body(shown)["data"] == json({{"status", "displayed"}, {"message_id", "m9"}}));
  CHECK(driver.status(put("m9", "displayed")) == 200);
  CHECK(driver.status(put("m9", "delivered")) == 200);
  auto told = driver.commands<chat::SendState>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].chat == kInvited);
  CHECK(told[0].message_id == "m9");
  CHECK(told[0].state == chat::MessageState::displayed);

  CHECK(driver.status(put("m1", "delivered")) == 200);  // the first text, of the invitation
  CHECK(driver.status(put("m1", "displayed")) == 200);
  CHECK(driver.commands<chat::SendState>().size() == 3);

  driver.as(kFriend, "POST", "/Chat/01012345678-001/Message", text_body("mine", "f1"));
  CHECK(driver.code(put("f1", "displayed")) == "not-received");
  CHECK(driver.code(put("m7", "displayed")) == "not-found");
  CHECK(driver.status(put("m9", "read")) == 400);
  CHECK(driver.status(driver.as(kFriend, "PUT", path + "m9/Status")) == 400);
  CHECK(driver.status(driver.as(kFriend, "GET", path + "m9/Status")) == 405);
  CHECK(driver.commands<chat::SendState>().size() == 3);
}

TEST_CASE("API-27 IMDN-13: a state may come after the session, but not before the invitation is accepted") {
  Driver driver;
  driver.invite(kFriend, "Hi");
  const auto put = [&] {
    return driver.as(kFriend, "PUT", "/Chat/01012345678-001/Message/m1/Status",
                     R"({"data":{"status":"displayed"}})");
  };
  CHECK(driver.code(put()) == "not-accepted");
  SECTION("accepted and ended") {
    driver.as(kFriend, "PUT", "/Chat/01012345678-001");
    driver.chat(chat::ChatConnected{kInvited});
    driver.chat(chat::ChatEnded{kInvited, 200, "", false});
    CHECK(driver.status(put()) == 200);
    CHECK(driver.commands<chat::SendState>().size() == 1);
  }
  SECTION("declined") {
    driver.as(kFriend, "DELETE", "/Chat/01012345678-001");
    CHECK(driver.code(put()) == "chat-over");
    CHECK(driver.commands<chat::SendState>().empty());
  }
}

TEST_CASE("API-28: typing is handed on; the chat client's machine decides what is sent") {
  Driver driver;
  const auto path = accepted(driver) + "/Composing";
  const auto put = [&](const std::string& data) {
    return driver.status(driver.as(kFriend, "PUT", path, R"({"data":)" + data + "}"));
  };
  CHECK(put(R"({"state":"active","refresh":90,"type":"text/plain"})") == 204);
  CHECK(put(R"({"state":"active"})") == 204);
  CHECK(put(R"({"state":"idle"})") == 204);
  const auto told = driver.commands<chat::SendComposing>();
  REQUIRE(told.size() == 3);
  CHECK(told[0].chat == kInvited);
  CHECK(told[0].active);
  CHECK(told[0].refresh == 90U);
  CHECK(told[0].content_type == "text/plain");
  CHECK_FALSE(told[1].refresh);
  CHECK(told[1].content_type.empty());
  CHECK_FALSE(told[2].active);
  for (const auto* bad : {R"({})", R"([])", R"({"state":"busy"})", R"({"state":"active","refresh":59})",
                          R"({"state":"active","refresh":"90"})", R"({"state":"active","refresh":86401})",
                          R"({"state":"active","refresh":-90})", R"({"state":"active","refresh":60.5})",
                          R"({"state":"active","type":"x\r\ny"})", R"({"state":"active","type":1})"}) {
    INFO(bad);
    CHECK(put(bad) == 400);
  }
  CHECK(driver.commands<chat::SendComposing>().size() == 3);
  driver.chat(chat::ChatEnded{kInvited, 200, "", false});
  CHECK(put(R"({"state":"active"})") == 409);
}

TEST_CASE("API-28: nobody types in an invitation that is not accepted") {
  Driver driver;
  driver.invite(kFriend, "Hi");
  CHECK(driver.code(driver.as(kFriend, "PUT", "/Chat/01012345678-001/Composing",
                              R"({"data":{"state":"active"}})")) == "not-accepted");
}

TEST_CASE("B.2: the other's typing is composing, then idle") {
  Driver driver;
  accepted(driver);
  driver.chat(chat::PeerComposing{kInvited, true, "text/plain"});
  driver.chat(chat::PeerComposing{kInvited, false, {}});
  CHECK(driver.event(kFriend, 3)["data"] == json({{"status", "composing"}, {"type", "text"}}));
  CHECK(driver.event(kFriend, 4)["data"] == json({{"status", "idle"}}));
}

TEST_CASE("API-51: who was typing when the chat ended is not told idle after it") {
  Driver driver;
  accepted(driver);
  driver.chat(chat::PeerComposing{kInvited, true, "text/plain"});
  driver.chat(chat::ChatEnded{kInvited, 200, {}, false});
  driver.chat(chat::PeerComposing{kInvited, false, {}});
  CHECK(driver.event(kFriend, 4)["data"]["status"] == "ended");
  CHECK(driver.event(kFriend, 5).is_null());
}

TEST_CASE("CMT-80 CMT-82: the user's other devices see what one of them wrote and what it displayed") {
  Driver driver;
  driver.as(kFriend, "GET", "/Event?device=phone");
  driver.as(kFriend, "GET", "/Event?device=tablet");
  driver.invite(kFriend, "Hi");
  driver.as(kFriend, "PUT", "/Chat/01012345678-001?device=phone");
  driver.chat(chat::ChatConnected{kInvited});
  const std::string path = "/Chat/01012345678-001/Message";
  driver.order.clear();
  driver.as(kFriend, "POST", path + "?device=phone", text_body("from my phone", "f1"));
  CHECK(driver.event(kFriend, 4)["data"] == json({{"status", "message"},
                                                  {"type", "text"},
                                                  {"message", "from my phone"},
                                                  {"message_id", "f1"},
                                                  {"sender", kFriend},
                                                  {"direction", "out"},
                                                  {"device", "phone"}}));
  CHECK(driver.order.back() == "SendText");
  driver.as(kFriend, "PUT", path + "/m1/Status?device=tablet", R"({"data":{"status":"displayed"}})");
  CHECK(driver.event(kFriend, 5)["data"] ==
        json({{"status", "displayed"}, {"message_id", "m1"}, {"direction", "self"}, {"device", "tablet"}}));
}

TEST_CASE("texts, states and typing of unknown chats find nothing and change nothing") {
  Driver driver;
  driver.chat(Driver::arrival(kInvited, "x", "y"));
  driver.chat(chat::TextState{kFirst, "m1", chat::MessageState::sent, 0, {}});
  driver.chat(chat::PeerComposing{kInvited, true, {}});
  CHECK(driver.order.empty());
}

TEST_CASE("API-74: methods and paths under a chat") {
  Driver driver;
  const auto path = accepted(driver);
  const auto allow = [&](const std::string& under) {
    return driver.header(driver.as(kFriend, "OPTIONS", path + under), "Allow");
  };
  CHECK(allow("/Message") == "GET, HEAD, POST, OPTIONS");
  CHECK(allow("/Message/m1") == "GET, HEAD, OPTIONS");
  CHECK(allow("/Message/m1/Status") == "PUT, OPTIONS");
  CHECK(allow("/Composing") == "PUT, OPTIONS");
  CHECK(driver.status(driver.as(kFriend, "PUT", path + "/Message")) == 405);
  for (const auto* none : {"/message", "/Message/m1/Other", "/Message/m1/Status/x", "/Composing/x", "/x"}) {
    CHECK(driver.status(driver.as(kFriend, "GET", path + none)) == 404);
  }
  CHECK(driver.status(driver.as(kFriend, "HEAD", path + "/Message/")) == 200);
}

TEST_CASE("an id of a message stands in paths percent-encoded, whatever it is made of") {
  Driver driver;
  const auto path = accepted(driver);
  const std::string id = "a/b?c#d%e\"f";
  driver.chat(Driver::arrival(kInvited, "x", id));
  const auto target = path + "/Message/" + core::percent_encode(id);
  CHECK(driver.body(driver.as(kFriend, "GET", target))["data"]["message_id"] == id);
  CHECK(driver.status(driver.as(kFriend, "PUT", target + "/Status", R"({"data":{"status":"displayed"}})")) ==
        200);
  CHECK(driver.commands<chat::SendState>().at(0).message_id == id);
}
