// Capabilities and registration through the API.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

using Answer = chat::CapabilityRecord::Answer;
using chat::Service;
using Words = std::vector<std::string>;

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";
const std::string kJackUri = "sip:01087654321@domain.com";
const std::string kFriendUri = "sip:01012345678@domain.com";

chat::CapabilityRecord friends_record(core::Instant told) {
  chat::CapabilityRecord record;
  record.rcs_user = record.registered = Answer::yes;
  record.capabilities.services = {Service::chat, Service::standalone};
  record.capabilities.other_tags = {"+g.x=\"y\""};
  record.capabilities_at = record.asked_at = told;
  return record;
}

/// The answer to the latest query.
chat::CapabilitiesFound answer_to(const Driver& driver, chat::CapabilityRecord record) {
  const auto ask = driver.commands<chat::QueryCapabilities>().back();
  return {ask.query, ask.user, ask.contact, std::move(record), true, 200, {}};
}

core::WebId ask(Driver& driver, const std::string& more = {}) {
  return driver.as(kJack, "GET", "/Capability/" + kFriend + more);
}

}  // namespace

TEST_CASE("API-37: what a contact can do is answered when the chat client knows it") {
  Driver driver;
  const auto id = ask(driver);
  CHECK(driver.status(id) == 0);
  const auto query = driver.commands<chat::QueryCapabilities>().at(0);
  CHECK(query.user == kJackUri);
  CHECK(query.contact == kFriendUri);
  CHECK_FALSE(query.fresh);
  driver.advance(90s);
  auto answer = answer_to(driver, friends_record(driver.now() - 61500ms));
  answer.raw_tags = {"+g.oma.sip-im", "+g.x=\"y\""};
  driver.chat(answer);
  REQUIRE(driver.status(id) == 200);
  const auto body = driver.body(id);
  CHECK(body["type"] == "capability");
  auto data = body["data"];
  const auto statuses = data["serviceCapability"];
  data.erase("serviceCapability");
  CHECK(data == json({{"contact", kFriend},
                      {"rcs", "yes"},
                      {"registered", "yes"},
                      {"age", 61},
                      {"cached", false},
                      {"services", {"Chat", "Standalone"}},
                      {"tags", {"+g.x=\"y\""}},
                      {"raw_tags", {"+g.oma.sip-im", "+g.x=\"y\""}}}));
  CHECK(statuses.size() == chat::kServices);
  CHECK(statuses[0] == json({{"capabilityId", "Chat"}, {"status", "Enabled"}}));
  CHECK(statuses[1] == json({{"capabilityId", "GroupChat"}, {"status", "Disabled"}}));
}

TEST_CASE("API-37: fresh asks the network; what was known says so") {
  Driver driver;
  ask(driver, "?fresh=1");
  CHECK(driver.commands<chat::QueryCapabilities>().at(0).fresh);
  const auto id = ask(driver, "?fresh=0");
  auto found = answer_to(driver, friends_record({}));
  CHECK_FALSE(driver.commands<chat::QueryCapabilities>().at(1).fresh);
  found.asked = false;
  driver.chat(found);
  CHECK(driver.body(id)["data"]["cached"] == true);
  CHECK(driver.code(ask(driver, "?fresh=yes")) == "bad-parameter");
}

TEST_CASE("API-37 CAP-50: the contact's device is asked, or the presence server") {
  Driver driver;
  ask(driver);
  CHECK(driver.commands<chat::QueryCapabilities>().back().by == chat::Discovery::options);
  ask(driver, "?by=options");
  CHECK(driver.commands<chat::QueryCapabilities>().back().by == chat::Discovery::options);
  const auto id = ask(driver, "?by=presence&fresh=1");
  CHECK(driver.commands<chat::QueryCapabilities>().back().by == chat::Discovery::presence);
  CHECK(driver.commands<chat::QueryCapabilities>().back().fresh);
  driver.chat(answer_to(driver, friends_record({})));
  CHECK(driver.body(id)["data"]["services"] == json({"Chat", "Standalone"}));
  const auto asked = driver.commands<chat::QueryCapabilities>().size();
  for (const auto* wrong : {"?by=", "?by=Presence", "?by=mail"}) {
    const auto refused = ask(driver, wrong);
    CHECK(driver.code(refused) == "bad-parameter");
    CHECK(driver.body(refused)["detail"] == "by: expected options or presence");
  }
  CHECK(driver.commands<chat::QueryCapabilities>().size() == asked);
}

TEST_CASE("API-37 CAP-51: where nobody could tell anything, that is the answer") {
  Driver driver;
  const auto id = ask(driver, "?by=presence");
  driver.chat(answer_to(driver, {}));
  const auto data = driver.body(id)["data"];
  CHECK(data["rcs"] == "unknown");
  CHECK(data["registered"] == "unknown");
  CHECK(data["age"].is_null());
  CHECK(data["services"].empty());
}

TEST_CASE("API-37 NUM-1: forms of a contact, and what is none") {
  Driver driver;
  for (const auto* form :
       {"tel:010-1234-5678", "sip:01012345678@domain.com", "sip%3A01012345678%40domain.com"}) {
    driver.as(kJack, "GET", std::string("/Capability/") + form);
    CHECK(driver.commands<chat::QueryCapabilities>().back().contact == kFriendUri);
  }
  const auto asked = driver.commands<chat::QueryCapabilities>().size();
  for (const auto* bad : {"a%20b", "sip:x@evil.com", "tel:x", "%C3%A9"}) {
    INFO(bad);
    CHECK(driver.code(driver.as(kJack, "GET", std::string("/Capability/") + bad)) == "bad-id");
  }
  CHECK(driver.commands<chat::QueryCapabilities>().size() == asked);
}

TEST_CASE("CAP-20 CAP-21: an error leaves what was known, with its age and with the error") {
  Driver driver;
  const auto id = ask(driver, "?fresh=1");
  driver.advance(100s);
  auto found = answer_to(driver, friends_record({}));
  found.status = 408;
  found.error = "no answer";
  driver.chat(found);
  const auto data = driver.body(id)["data"];
  CHECK(data["services"] == json({"Chat", "Standalone"}));
  CHECK(data["age"] == 100);
  CHECK(data["cached"] == true);
  CHECK(data["error"] == json({{"code", 408}, {"reason", "no answer"}}));
}

TEST_CASE("CAP-20: not registered keeps the capabilities and their age") {
  Driver driver;
  const auto id = ask(driver, "?fresh=1");
  driver.advance(100s);
  auto record = friends_record({});
  record.registered = Answer::no;
  record.asked_at = driver.now();
  auto found = answer_to(driver, record);
  found.status = 480;
  driver.chat(found);
  const auto data = driver.body(id)["data"];
  CHECK(data["rcs"] == "yes");
  CHECK(data["registered"] == "no");
  CHECK(data["age"] == 100);
  CHECK_FALSE(data.contains("error"));
}

TEST_CASE("CAP-21 API-80: an error where nothing is known is a problem") {
  struct Row {
    int status;
    int http;
    std::string code;
  };
  const auto row = GENERATE(Row{408, 504, "network-timeout"}, Row{503, 503, "network-busy"},
                            Row{403, 403, "forbidden-by-network"}, Row{500, 502, "network-error"});
  Driver driver;
  const auto id = ask(driver);
  auto found = answer_to(driver, {});
  found.status = row.status;
  found.error = "why";
  driver.chat(found);
  CHECK(driver.status(id) == row.http);
  CHECK(driver.code(id) == row.code);
  CHECK(driver.body(id)["sip_reason"] == "why");
}

TEST_CASE("API-37: who is no RCS user has no capabilities; who was never heard of has no age") {
  Driver driver;
  const auto id = ask(driver);
  chat::CapabilityRecord record;
  record.rcs_user = Answer::no;
  record.asked_at = driver.now();
  driver.advance(3s);
  driver.chat(answer_to(driver, record));
  CHECK(driver.body(id)["data"]["rcs"] == "no");
  CHECK(driver.body(id)["data"]["registered"] == "unknown");
  CHECK(driver.body(id)["data"]["age"] == 3);
  CHECK(driver.body(id)["data"]["services"].empty());
  const auto unknown = ask(driver);
  driver.chat(answer_to(driver, {}));
  CHECK(driver.body(unknown)["data"]["age"].is_null());
}

TEST_CASE("API-37: an answer finds only who still waits for it, and once") {
  Driver driver;
  const auto gone = ask(driver);
  const auto first = answer_to(driver, friends_record({}));
  const auto stays = ask(driver);
  const auto second = answer_to(driver, friends_record({}));
  CHECK(first.query != second.query);
  driver.gone(gone);
  driver.chat(second);
  driver.chat(second);
  driver.chat(first);
  CHECK(driver.status(gone) == 0);
  CHECK(driver.seen(stays).actions.size() == 1);
}

TEST_CASE("API-72: those who wait for capabilities have an end") {
  Driver driver;
  core::WebId last;
  for (int i = 0; i < 256; ++i) last = ask(driver);
  const auto over = ask(driver);
  CHECK(driver.status(over) == 429);
  CHECK(driver.header(over, "Retry-After") == "1");
  CHECK(driver.status(driver.as(kFriend, "GET", "/Capability/1")) == 0);
  driver.gone(last);
  CHECK(driver.status(ask(driver)) == 0);
}

TEST_CASE("API-37: a change of what a contact can do is an event") {
  Driver driver;
  driver.as(kJack, "GET", "/Chat");
  driver.chat(chat::CapabilitiesChanged{kJackUri, kFriendUri, friends_record({})});
  const auto event = driver.event(kJack, 1);
  CHECK(event["type"] == "capability");
  CHECK(event["instance"] == "http://1.1.1.1:1001/1.0/RCS/01087654321/Capability/01012345678");
  CHECK(event["data"] == json({{"status", "changed"},
                               {"contact", kFriend},
                               {"rcs", "yes"},
                               {"registered", "yes"},
                               {"services", {"Chat", "Standalone"}}}));
  driver.chat(chat::CapabilitiesChanged{"sip:nobody@domain.com", kFriendUri, friends_record({})});
  CHECK(driver.log().last_seq("nobody") == 0);
}

TEST_CASE("API-38: what a user offers, read and written") {
  Driver driver;
  const auto services = [&] {
    return driver.body(driver.as(kJack, "GET", "/Capability"))["data"]["services"];
  };
  const auto put = [&](const std::string& data) {
    return driver.as(kJack, "PUT", "/Capability", R"({"data":)" + data + "}");
  };
  CHECK(services() == json({"Chat", "Standalone", "StandaloneLarge"}));
  const auto all = put(R"({"services":["Chat","file transfer","IS"]})");
  CHECK(driver.status(all) == 200);
  CHECK(driver.body(all)["data"]["services"] == json({"Chat", "FileTransfer", "ImageShare"}));
  CHECK(driver.body(all)["data"]["serviceCapability"].size() == chat::kServices);
  put(R"({"serviceCapability":[{"capabilityId":"Chat","status":"Disabled"},
                               {"capabilityId":"VideoShare","status":"Enabled"}]})");
  CHECK(services() == json({"FileTransfer", "ImageShare", "VideoShare"}));
  const auto offers = driver.commands<chat::OfferServices>();
  REQUIRE(offers.size() == 2);
  CHECK(offers[0].user == kJackUri);
  CHECK(offers[1].services ==
        chat::ServiceSet{Service::file_transfer, Service::image_share, Service::video_share});
  CHECK(driver.body(put(R"({"services":[]})"))["data"]["services"].empty());
}

TEST_CASE("API-38: what can not be offered is named, and so is what could be") {
  Driver driver;
  const auto put = [&](const std::string& data) {
    return driver.as(kJack, "PUT", "/Capability", R"({"data":)" + data + "}");
  };
  const auto id = put(R"({"services":["Chat","Telepathy"]})");
  CHECK(driver.status(id) == 400);
  const auto detail = driver.body(id)["detail"].get<std::string>();
  CHECK(detail.find("data.services[1]: no such service: \"Telepathy\"") != std::string::npos);
  CHECK(detail.find("FileTransfer") != std::string::npos);
  for (const auto* bad :
       {R"([])", R"({})", R"({"services":"Chat"})", R"({"services":[1]})",
        R"({"services":[],"serviceCapability":[]})", R"({"serviceCapability":[{"capabilityId":"Chat"}]})",
        R"({"serviceCapability":["Chat"]})", R"({"serviceCapability":[{"status":"Enabled"}]})",
        R"({"serviceCapability":[{"capabilityId":"Chat","status":"on"}]})"}) {
    INFO(bad);
    CHECK(driver.code(put(bad)) == "bad-request");
  }
  CHECK(driver.status(put(json{{"services", std::vector<std::string>(1000, "Chat")}}.dump())) == 400);
  CHECK(driver.status(driver.as(kJack, "PUT", "/Capability")) == 400);
  CHECK(driver.commands<chat::OfferServices>().empty());
}

TEST_CASE("CAP-62: a subscription keeps what a contact can do up to date, until it is taken back") {
  Driver driver;
  const auto listed = [&] {
    return driver.body(driver.as(kJack, "GET", "/Capability"))["data"]["subscriptions"];
  };
  const std::string path = "/Capability/" + kFriend + "/Subscription";
  CHECK(listed() == json::array());
  const auto id = driver.as(kJack, "PUT", path);
  const auto watch = driver.commands<chat::WatchContact>().at(0);
  CHECK(watch.user == kJackUri);
  CHECK(watch.contact == kFriendUri);
  CHECK(driver.status(id) == 0);
  driver.chat(
      chat::CapabilitiesFound{watch.query, kJackUri, kFriendUri, friends_record(driver.now()), false, 0, {}});
  CHECK(driver.status(id) == 200);
  CHECK(driver.body(id)["data"]["rcs"] == "yes");
  CHECK(listed() == json({kFriend}));

  CHECK(driver.status(driver.as(kJack, "DELETE", path)) == 204);
  CHECK(driver.commands<chat::UnwatchContact>().at(0).contact == kFriendUri);
  CHECK(listed() == json::array());
  CHECK(driver.status(driver.as(kJack, "GET", path)) == 405);
  CHECK(driver.code(driver.as(kJack, "PUT", "/Capability/%20/Subscription")) == "bad-id");
}

TEST_CASE("CAP-62: a contact that can not be watched is refused, and so is one too many") {
  Driver driver;
  const auto id = driver.as(kJack, "PUT", "/Capability/" + kFriend + "/Subscription");
  const auto watch = driver.commands<chat::WatchContact>().at(0);
  driver.chat(chat::CapabilitiesFound{watch.query, kJackUri, kFriendUri, {}, false, 503, "too many"});
  CHECK(driver.status(id) >= 400);
  CHECK(driver.body(driver.as(kJack, "GET", "/Capability"))["data"]["subscriptions"].empty());

  for (int i = 0; i <= 1000; ++i) {
    const auto put = driver.as(kJack, "PUT", "/Capability/" + std::to_string(49301000000 + i) + "/Block");
    CHECK(driver.status(put) == (i < 1000 ? 204 : 409));
  }
  CHECK(driver.commands<chat::HideServices>().size() == 1000);
}

TEST_CASE("CAP-10: a blocked contact is told of no services, until it is not blocked any more") {
  Driver driver;
  const std::string path = "/Capability/" + kFriend + "/Block";
  CHECK(driver.status(driver.as(kJack, "PUT", path)) == 204);
  CHECK(driver.body(driver.as(kJack, "GET", "/Capability"))["data"]["blocked"] == json({kFriend}));
  CHECK(driver.status(driver.as(kJack, "DELETE", path)) == 204);
  CHECK(driver.body(driver.as(kJack, "GET", "/Capability"))["data"]["blocked"] == json::array());
  const auto hidden = driver.commands<chat::HideServices>();
  REQUIRE(hidden.size() == 2);
  CHECK(hidden[0].user == kJackUri);
  CHECK(hidden[0].contact == kFriendUri);
  CHECK(hidden[0].hidden);
  CHECK_FALSE(hidden[1].hidden);
}

TEST_CASE("API-95: capabilities and messages need their scopes") {
  auto config = paper_config();
  config.tokens = {{"c", kJack, {"capability"}, {}}, {"m", kJack, {"chat"}, {}}};
  Driver driver(config);
  const auto status = [&](const std::string& token, const std::string& path) {
    return driver.status(
        driver.send("GET", "/1.0/RCS/" + kJack + path, {}, {{"Authorization", "Bearer " + token}}));
  };
  CHECK(status("c", "/Capability") == 200);
  CHECK(status("m", "/Capability") == 403);
  CHECK(status("m", "/Capability/1") == 403);
  CHECK(status("m", "/Message") == 200);
  CHECK(status("c", "/Message") == 403);
  CHECK(status("c", "/Message/m1") == 403);
}

TEST_CASE("API-43: registering by hand is answered by the network") {
  Driver driver;
  const auto good = driver.as(kJack, "POST", "/Registration");
  CHECK(driver.order == Words{"Register"});
  driver.chat(chat::Registered{kJackUri, 600s});
  CHECK(driver.body(good) ==
        json({{"type", "registration"}, {"data", {{"status", "registered"}, {"expires", 600}}}}));
  const auto bad = driver.as(kJack, "POST", "/Registration");
  const auto left = driver.as(kJack, "POST", "/Registration");
  driver.gone(left);
  driver.chat(chat::RegistrationFailed{kJackUri, 403, "Forbidden", false});
  CHECK(driver.code(bad) == "forbidden-by-network");
  CHECK(driver.status(left) == 0);
}

TEST_CASE("API-43: who has gone off stays off until it asks for something else than events") {
  Driver driver;
  driver.as(kJack, "GET", "/Event");
  const auto off = driver.as(kJack, "DELETE", "/Registration");
  CHECK(driver.status(off) == 204);
  REQUIRE(driver.commands<chat::Unregister>().size() == 1);
  CHECK(driver.commands<chat::Unregister>()[0].user == kJackUri);
  driver.chat(chat::Unregistered{kJackUri});
  driver.as(kJack, "GET", "/Event");
  CHECK(driver.commands<chat::Register>().size() == 1);
  driver.chat(chat::Registered{kJackUri, 600s});  // for a message that was sent
  driver.chat(chat::Unregistered{kJackUri});
  driver.as(kJack, "GET", "/Event");
  CHECK(driver.commands<chat::Register>().size() == 2);
}
