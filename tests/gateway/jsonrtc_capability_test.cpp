// The package `capability` of JSON signalling: what the user asks, and what the user is asked.

#include "gateway/jsonrtc_client.hpp"

using namespace gateway_test;

namespace {

using RcsAnswer = chat::CapabilityRecord::Answer;
using chat::Service;

json enquiry(const std::string& target, const std::string& data = {}) {
  auto out = frame("request", "capability", "enquiry", {{"initiator", uri_of(kMira)}, {"target", target}});
  out["control"]["subsession_id"] = "1f0c";
  if (!data.empty()) out["header"]["enquiry_data"] = data;
  return out;
}

/// The network's answer to the latest question.
chat::CapabilitiesFound found(const Driver& driver, int status, chat::ServiceSet services = {}) {
  const auto ask = driver.commands<chat::QueryCapabilities>().back();
  chat::CapabilitiesFound out{ask.query, ask.user, ask.contact, {}, true, status, {}};
  out.record.capabilities.services = services;
  out.record.rcs_user = status == 404      ? RcsAnswer::no
                        : services.empty() ? RcsAnswer::unknown
                                           : RcsAnswer::yes;
  out.record.registered = status == 200 ? RcsAnswer::yes : RcsAnswer::no;
  return out;
}

void arrive(Driver& driver, std::uint64_t query, chat::ServiceSet services) {
  chat::QueryArrived arrived;
  arrived.query = chat::QueryId{query};
  arrived.user = uri_of(kMira);
  arrived.contact = uri_of(kOtto);
  arrived.capabilities.services = services;
  driver.chat(arrived);
}

json answer_to(const json& request, const std::string& data) {
  auto out = frame("response", "capability", "enquiry", {{"enquiry_data", data}});
  out["control"]["correlation_id"] = request["control"]["correlation_id"];
  out["control"]["subsession_id"] = request["control"]["subsession_id"];
  return out;
}

}  // namespace

TEST_CASE("CAP-43 CAP-1: an enquiry asks the network with the user's own capabilities, and has its answer") {
  Driver driver;
  Connected client(driver, kMira);
  client.say(enquiry("tel:010-1234-5678", "IM/CHAT, FT,Teleportation"));
  REQUIRE(driver.commands<chat::QueryCapabilities>().size() == 1);
  const auto query = driver.commands<chat::QueryCapabilities>()[0];
  CHECK(query.user == uri_of(kMira));
  CHECK(query.contact == uri_of(kOtto));
  CHECK(query.fresh);
  REQUIRE(query.own);
  CHECK(*query.own == chat::ServiceSet{Service::chat, Service::file_transfer});
  // What the user offers to the network stays as it is.
  CHECK(driver.commands<chat::OfferServices>().empty());
  CHECK(client.all().empty());

  driver.chat(found(driver, 200, {Service::chat, Service::video_share, Service::image_share}));
  const auto answer = client.only();
  CHECK(answer["control"]["type"] == "response");
  CHECK(answer["control"]["package_type"] == "capability");
  CHECK(answer["control"]["subsession_id"] == "1f0c");
  CHECK(answer["control"]["correlation_id"] == "c2");
  CHECK(answer["control"]["ack_sequence"] == 2);
  CHECK(answer["header"] == json({{"action", "enquiry"},
                                  {"initiator", uri_of(kMira)},
                                  {"target", "tel:010-1234-5678"},
                                  {"enquiry_data", "IM/CHAT,Image share,Video share"}}));
  // Told once.
  driver.chat(found(driver, 200, {Service::chat}));
  CHECK(client.all().empty());
}

TEST_CASE("CAP-45: an enquiry without capabilities of its own, and with a misspelt initiator") {
  Driver driver;
  Connected client(driver, kMira);
  auto asks = enquiry(uri_of(kOtto));
  asks["header"].erase("initiator");
  asks["header"]["initator"] = uri_of(kMira);
  client.say(asks);
  CHECK_FALSE(driver.commands<chat::QueryCapabilities>().at(0).own);
  driver.chat(found(driver, 200, {Service::chat}));
  CHECK(client.only()["header"]["initiator"] == uri_of(kMira));
}

TEST_CASE("WSC-52: 480 and 408 are not registered, 404 is no RCS user, 200 of no services is one") {
  Driver driver;
  Connected client(driver, kMira);
  const auto outcome = [&](const chat::CapabilitiesFound& told) {
    driver.chat(told);
    const auto answer = client.only();
    const int code = Client::error(answer);
    if (code == 0) CHECK(answer["header"]["enquiry_data"] == "");
    return code;
  };
  const auto ask = [&] { client.say(enquiry(uri_of(kOtto))); };
  for (const auto& [status, code] :
       {std::pair(200, 0), std::pair(480, 480), std::pair(408, 480), std::pair(404, 404)}) {
    ask();
    CHECK(outcome(found(driver, status)) == code);
  }
  // WSC-42: other answers as they are; what never was answered is a timeout.
  for (const auto& [status, code] :
       {std::pair(403, 403), std::pair(503, 503), std::pair(408, 408), std::pair(0, 500)}) {
    ask();
    auto told = found(driver, status);
    told.error = "no answer";
    CHECK(outcome(told) == code);
  }
  // What was asked a moment ago.
  ask();
  auto known = found(driver, 0);
  known.asked = false;
  known.record.rcs_user = RcsAnswer::no;
  CHECK(outcome(known) == 404);
  ask();
  known = found(driver, 0);
  known.asked = false;
  CHECK(outcome(known) == 480);
  ask();
  known = found(driver, 200);
  known.asked = false;
  known.record.rcs_user = RcsAnswer::yes;
  CHECK(outcome(known) == 0);
}

TEST_CASE("WSC-15: a target that is nobody is refused at once") {
  Driver driver;
  Connected client(driver, kMira);
  for (const auto* bad : {"", "two words", "sip:x@evil.com"}) {
    CHECK(Client::error(client.ask(enquiry(bad))) == 400);
  }
  CHECK(driver.commands<chat::QueryCapabilities>().empty());
}

TEST_CASE("WSC-25: an answer that comes while nobody is there is kept until somebody is") {
  Driver driver;
  Connected client(driver, kMira);
  client.say(enquiry(uri_of(kOtto)));
  driver.gone(client.id);
  driver.chat(found(driver, 200, {Service::chat}));
  client.dial();
  client.sequence = 2;
  auto asks = frame("request", "register", "connect");
  asks["control"].update({{"session_id", client.session}, {"ack_sequence", 1}});
  client.say(asks);
  const auto came = client.all();
  REQUIRE(came.size() == 2);
  CHECK(came[0]["header"]["action"] == "connect");
  CHECK(came[1]["control"]["sequence"] == 2);
  CHECK(came[1]["header"]["enquiry_data"] == "IM/CHAT");
}

TEST_CASE("WSC-27: what comes for a session that is over goes nowhere") {
  Driver driver;
  Connected client(driver, kMira);
  client.say(enquiry(uri_of(kOtto)));
  client.say(frame("request", "register", "shutdown"));
  client.all();
  driver.chat(found(driver, 200, {Service::chat}));
  CHECK(client.all().empty());
}

TEST_CASE("CAP-40 CAP-43: who asks the user is shown, and the client's answer is the user's") {
  Driver driver;
  Connected client(driver, kMira);
  arrive(driver, 7, {Service::chat, Service::file_transfer});
  const auto asked = client.only();
  CHECK(asked["control"]["type"] == "request");
  CHECK(asked["control"]["package_type"] == "capability");
  CHECK(asked["control"]["subsession_id"].get<std::string>().size() == 36);
  CHECK(asked["control"]["message_state"] == "initial");
  CHECK(asked["header"] == json({{"action", "enquiry"},
                                 {"initiator", uri_of(kOtto)},
                                 {"target", uri_of(kMira)},
                                 {"enquiry_data", "IM/CHAT,File transfer"}}));
  client.say(answer_to(asked, "IM/CHAT,VS"));
  REQUIRE(driver.commands<chat::AnswerQuery>().size() == 1);
  CHECK(driver.commands<chat::AnswerQuery>()[0].query == chat::QueryId{7});
  CHECK(driver.commands<chat::AnswerQuery>()[0].services ==
        chat::ServiceSet{Service::chat, Service::video_share});
  // Once.
  client.say(answer_to(asked, ""));
  CHECK(driver.commands<chat::AnswerQuery>().size() == 1);
}

TEST_CASE("CAP-10: an empty answer tells the asker of nothing") {
  Driver driver;
  Connected client(driver, kMira);
  arrive(driver, 1, {Service::chat});
  client.say(answer_to(client.only(), ""));
  CHECK(driver.commands<chat::AnswerQuery>().at(0).services.empty());
}

TEST_CASE("CAP-41: an error of the client leaves it at what the user offers, at once") {
  Driver driver;
  Connected client(driver, kMira);
  arrive(driver, 1, {Service::chat});
  auto error = answer_to(client.only(), "");
  error["control"]["type"] = "error";
  client.say(error);
  CHECK(driver.commands<chat::AnswerQuery>().at(0).services ==
        chat::ServiceSet{Service::chat, Service::standalone, Service::standalone_large});
  driver.as(kMira, "PUT", "/Capability", R"({"data":{"services":["Chat","FileTransfer"]}})");
  arrive(driver, 2, {Service::chat});
  error = answer_to(client.only(), "");
  error["control"]["type"] = "error";
  client.say(error);
  CHECK(driver.commands<chat::AnswerQuery>().at(1).services ==
        chat::ServiceSet{Service::chat, Service::file_transfer});
}

TEST_CASE("CAP-42: two queries at once have each their answer, by subsession where nothing else is said") {
  Driver driver;
  Connected client(driver, kMira);
  arrive(driver, 1, {Service::chat});
  arrive(driver, 2, {Service::chat});
  const auto asked = client.all();
  REQUIRE(asked.size() == 2);
  for (const int n : {1, 0}) {
    auto answer = answer_to(asked[static_cast<std::size_t>(n)], n == 1 ? "VS" : "IS");
    answer["control"].erase("correlation_id");
    client.say(answer);
  }
  const auto answers = driver.commands<chat::AnswerQuery>();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].query == chat::QueryId{2});
  CHECK(answers[0].services == chat::ServiceSet{Service::video_share});
  CHECK(answers[1].query == chat::QueryId{1});
}

TEST_CASE("CAP-42: an answer that has the number of its request, as the patent prints it, is one") {
  Driver driver;
  Connected client(driver, kMira);
  for (std::uint64_t n = 1; n <= 5; ++n) arrive(driver, n, {Service::chat});
  const auto asked = client.all().at(3);
  auto answer = answer_to(asked, "VS");
  answer["control"].erase("correlation_id");
  answer["control"]["sequence"] = asked["control"]["sequence"];
  REQUIRE(answer["control"]["sequence"] == 5);
  client.say(answer);
  REQUIRE(driver.commands<chat::AnswerQuery>().size() == 1);
  CHECK(driver.commands<chat::AnswerQuery>()[0].query == chat::QueryId{4});
  // It is none of the client's own numbers: no gap, and the next one is 2.
  CHECK(Client::error(client.ask(frame("request", "toast", "start"))) == 404);
  CHECK(client.sequence == 2);
  driver.advance(10s);
  CHECK(client.closed() == 0);
}

TEST_CASE("CAP-40: each session of a user is asked, and each may answer") {
  Driver driver;
  Connected one(driver, kMira);
  Connected two(driver, kMira);
  Connected other(driver, kOtto);
  arrive(driver, 5, {Service::chat});
  const auto asked = one.only();
  const auto again = two.only();
  CHECK(other.all().empty());
  two.say(answer_to(again, "VS"));
  one.say(answer_to(asked, "IS"));
  const auto answers = driver.commands<chat::AnswerQuery>();
  REQUIRE(answers.size() == 2);  // the first counts: the chat client knows
  CHECK(answers[0].services == chat::ServiceSet{Service::video_share});
}

TEST_CASE("CAP-44: an enquiry within a subsession of another package is answered there") {
  Driver driver;
  Connected client(driver, kMira);
  auto send = frame("message", "messaging", "send", {{"target", uri_of(kOtto)}});
  send["control"]["subsession_id"] = "9ab1";
  send["payload"] = {{"content", "Hi"}};
  client.say(send);
  auto asks = frame("request", "messaging", "enquiry");
  asks["control"]["subsession_id"] = "9ab1";
  client.say(asks);
  // Of whom the subsession is with.
  CHECK(driver.commands<chat::QueryCapabilities>().at(0).contact == uri_of(kOtto));
  driver.chat(found(driver, 200, {Service::chat}));
  const auto answer = client.only();
  CHECK(answer["control"]["package_type"] == "messaging");
  CHECK(answer["control"]["subsession_id"] == "9ab1");
  CHECK(answer["header"] == json({{"action", "enquiry"},
                                  {"initiator", uri_of(kMira)},
                                  {"target", uri_of(kOtto)},
                                  {"enquiry_data", "IM/CHAT"}}));
  asks["control"]["subsession_id"] = "unknown";
  CHECK(Client::error(client.ask(asks)) == 404);
}

TEST_CASE("CAP-40: a client has only so many questions at once") {
  Driver driver;
  Connected client(driver, kMira);
  int refused = 0;
  for (int i = 0; i < 258; ++i) {
    driver.advance(10ms);
    refused += Client::error(client.ask(enquiry(uri_of(kOtto)))) == 429 ? 1 : 0;
  }
  CHECK(refused == 2);
}
