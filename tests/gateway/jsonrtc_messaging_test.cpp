// The package `messaging` of JSON signalling: texts without a session, both ways.

#include "gateway/jsonrtc_client.hpp"

using namespace gateway_test;

namespace {

json sending(const std::string& text, const std::string& type = "message") {
  auto out = frame(type, "messaging", "send", {{"initiator", uri_of(kMira)}, {"target", uri_of(kOtto)}});
  out["control"]["subsession_id"] = "9ab1";
  out["payload"] = {{"content", text}};
  return out;
}

void tell(Driver& driver, chat::MessageState state, int code, const std::string& reason = {}) {
  const auto sent = driver.commands<chat::SendText>().back();
  driver.chat(chat::TextState{sent.chat, sent.text.message_id, state, code, reason});
}

/// A text of otto's to mira, outside of chats.
void arrive(Driver& driver, const std::string& text, const std::string& type = "text/plain") {
  driver.chat(chat::ThreadOpened{chat::incoming_chat(1), uri_of(kMira), uri_of(kOtto), {}});
  auto arrived = Driver::arrival(chat::incoming_chat(1), text, "m1");
  arrived.text.content_type = type;
  driver.chat(arrived);
}

}  // namespace

TEST_CASE("WSC-40: send goes to the network as a text without a session, as message and as request") {
  for (const auto* type : {"message", "request"}) {
    Driver driver;
    Connected client(driver, kMira);
    client.say(sending("Train is late", type));
    CHECK(client.all().empty());
    CHECK(driver.commands<chat::OpenThread>().at(0).to == uri_of(kOtto));
    const auto sent = driver.commands<chat::SendText>().at(0);
    CHECK(sent.chat == driver.commands<chat::OpenThread>()[0].chat);
    CHECK(sent.text.text == "Train is late");
    CHECK(sent.text.content_type.starts_with("text/plain"));
    CHECK_FALSE(sent.text.message_id.empty());
    tell(driver, chat::MessageState::sent, 202);
    const auto answer = client.only();
    CHECK(answer["control"]["type"] == "response");
    CHECK(answer["control"]["correlation_id"] == "c2");
    CHECK(answer["control"]["subsession_id"] == "9ab1");
    CHECK(answer["header"]["action"] == "send");
    CHECK(answer["header"]["response_code"] == 202);
    CHECK(answer["header"]["message_id"] == sent.text.message_id);
    // What becomes of it later is told to those who read events.
    tell(driver, chat::MessageState::delivered, 0);
    CHECK(client.all().empty());
  }
}

TEST_CASE("WSC-42: what the network refuses is an error with its code") {
  Driver driver;
  Connected client(driver, kMira);
  client.say(sending("Hi"));
  tell(driver, chat::MessageState::failed, 480, "Temporarily Unavailable");
  const auto answer = client.only();
  CHECK(Client::error(answer) == 480);
  CHECK(answer["header"]["reason"] == "Temporarily Unavailable");
  CHECK(answer["control"]["correlation_id"] == "c2");
  client.say(sending("Hi"));
  tell(driver, chat::MessageState::failed, 0, "no");
  CHECK(Client::error(client.only()) == 500);
}

TEST_CASE("WSC-15: a text that can not be sent is refused at once") {
  Driver driver;
  Connected client(driver, kMira);
  CHECK(Client::error(client.ask(sending(""))) == 400);
  auto bad = sending("Hi");
  bad["payload"]["content"] = 7;
  CHECK(Client::error(client.ask(bad)) == 400);
  bad.erase("payload");
  CHECK(Client::error(client.ask(bad)) == 400);
  bad = sending("Hi");
  bad["header"]["target"] = "sip:x@evil.com";
  CHECK(Client::error(client.ask(bad)) == 400);
  CHECK(Client::error(client.ask(sending(std::string(64 * 1024 + 1, 'x')))) == 413);
  CHECK(driver.commands<chat::SendText>().empty());
}

TEST_CASE("WSC-43: who writes too fast is told when to go on") {
  auto config = paper_config();
  config.limits.messages_per_second = 2;
  Driver driver(config);
  Connected client(driver, kMira);
  client.say(sending("1"));
  client.say(sending("2"));
  const auto answer = client.ask(sending("3"));
  CHECK(Client::error(answer) == 429);
  CHECK(answer["header"]["retry_after"] == 1);
  CHECK(driver.commands<chat::SendText>().size() == 2);
}

TEST_CASE("WSC-40: a message from the network is shown to the sessions of its user, and in the events") {
  Driver driver;
  Connected client(driver, kMira);
  Connected other(driver, kOtto);
  arrive(driver, "Come here");
  const auto shown = client.only();
  CHECK(shown["control"]["type"] == "message");
  CHECK(shown["control"]["package_type"] == "messaging");
  CHECK(shown["control"]["subsession_id"].get<std::string>().size() == 36);
  CHECK(shown["header"] == json({{"action", "send"},
                                 {"initiator", uri_of(kOtto)},
                                 {"target", uri_of(kMira)},
                                 {"message_id", "m1"}}));
  CHECK(shown["payload"] == json({{"content", "Come here"}}));
  CHECK(other.all().empty());
  CHECK(driver.statuses(kMira) == std::vector<std::string>{"message"});
}

TEST_CASE("WSC-40: content that is no plain text says what it is, and too much of it is cut") {
  Driver driver;
  Connected client(driver, kMira);
  arrive(driver, "<a/>", "application/xml");
  auto shown = client.only();
  CHECK(shown["header"]["content_type"] == "application/xml");
  CHECK(shown["payload"]["content"] == "<a/>");
  arrive(driver, std::string(70'000, 'x'));
  shown = client.only();
  CHECK(shown["header"]["truncated"] == true);
  CHECK(shown["payload"]["content"].get<std::string>().size() == 64 * 1024);
}

TEST_CASE("PGR-50: accept and reject of a message are taken and go no further") {
  Driver driver;
  Connected client(driver, kMira);
  for (const auto* type : {"response", "error"}) {
    arrive(driver, "Hi");
    const auto shown = client.only();
    const auto before = driver.order;
    auto answer = frame(type, "messaging", "send", {{"error_code", 603}, {"reason", "Decline"}});
    answer["control"]["subsession_id"] = shown["control"]["subsession_id"];
    answer["control"]["correlation_id"] =
        "c" + std::to_string(shown["control"]["sequence"].get<std::uint64_t>());
    client.say(answer);
    CHECK(driver.order == before);
    // It is acknowledged like any other frame.
    driver.advance(500ms);
    const auto ack = client.only();
    CHECK(ack["control"]["type"] == "acknowledgement");
    CHECK(ack["control"]["ack_sequence"] == client.sequence);
  }
}

TEST_CASE("WSC-25: a message that comes into a cut is there after it; one after the session's end is not") {
  Driver driver;
  Connected client(driver, kMira);
  driver.gone(client.id);
  arrive(driver, "Hi");
  client.dial();
  client.say({{"control",
               {{"type", "request"},
                {"package_type", "register"},
                {"session_id", client.session},
                {"ack_sequence", 1}}},
              {"header", {{"action", "connect"}}}});
  const auto came = client.all();
  REQUIRE(came.size() == 2);
  CHECK(came[1]["payload"]["content"] == "Hi");
  driver.gone(client.id);
  driver.advance(61s);
  arrive(driver, "Late");
  CHECK(driver.statuses(kMira) == std::vector<std::string>{"message", "message"});
}

TEST_CASE("WSC-40: other devices of the user see what a session has sent") {
  Driver driver;
  driver.as(kMira, "GET", "/Event?device=phone");
  driver.as(kMira, "GET", "/Event?device=tablet");
  Connected client(driver, kMira);
  client.say(sending("Hi"));
  CHECK(driver.statuses(kMira) == std::vector<std::string>{"message"});
  CHECK(driver.event(kMira, 1)["data"]["direction"] == "out");
}
