#include "gateway/translate.hpp"

#include "gateway/event_text.hpp"
#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;
using gateway::Explained;

namespace {

constexpr std::string_view kTable1 =
    R"({"data":{"message_id":"ASedjkffjksjldf","recipient":["01012345678"],"subject":"Hi, I'm Jack."},"oauth_token":"t"})";

const Explained* explained(const std::vector<Explained>& why, std::string_view target) {
  for (const auto& one : why) {
    if (one.target == target) return &one;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("XLAT-1 Table 1: a POST body explained member by member") {
  std::vector<Explained> why;
  const auto start =
      gateway::start_chat_from_post(kTable1, "01087654321", paper_config(), chat::outgoing_chat(1), &why);
  REQUIRE(start);
  CHECK(start->from == "sip:01087654321@domain.com");
  CHECK(start->text->message_id == "ASedjkffjksjldf");
  REQUIRE(explained(why, "SIP From"));
  CHECK(explained(why, "SIP From")->source == "path {RCS ID}");
  CHECK(explained(why, "CPIM imdn.Message-ID")->value == "ASedjkffjksjldf");
  CHECK(explained(why, "CPIM body")->source == "data.subject");
}

TEST_CASE("XLAT-4: no token in what goes to SIP, nor in its explanation") {
  std::vector<Explained> why;
  const std::string body =
      R"({"data":{"recipient":["01012345678"],"subject":"x"},"oauth_token":"SECRET-TOKEN"})";
  REQUIRE(gateway::start_chat_from_post(body, "01087654321", paper_config(), chat::outgoing_chat(1), &why));
  for (const auto& one : why) CHECK((one.value + one.source).find("SECRET") == std::string::npos);
  CHECK(explained(why, "CPIM imdn.Message-ID")->source == "made by the gateway");
}

TEST_CASE("a POST body that can not be translated names the member") {
  const auto fault = [](std::string_view body, std::string_view id = "01087654321") {
    const auto start =
        gateway::start_chat_from_post(body, id, paper_config(), chat::outgoing_chat(1), nullptr);
    return start ? std::string("taken") : start.error().detail();
  };
  CHECK(fault("{}") == "data: expected an object");
  CHECK(fault(R"({"data":{"recipient":["1"]}})").find("data.subject: expected a string") == 0);
  CHECK(fault(R"({"data":{"recipient":["a b"],"subject":"x"}})").find("data.recipient[0]: RCS ID \"a b\"") ==
        0);
  CHECK(fault(kTable1, "a b").find("RCS ID \"a b\"") == 0);
  CHECK(fault(std::string(70'000, ' ')).find("at most 65536") != std::string::npos);
  const auto two = gateway::start_chat_from_post(R"({"data":{"recipient":["1","2"],"subject":"x"}})", "1",
                                                 paper_config(), chat::outgoing_chat(1), nullptr);
  REQUIRE_FALSE(two);
  CHECK(two.error().code() == core::Errc::unsupported);
}

TEST_CASE("XLAT-1 Table 2: an invitation explained member by member") {
  std::vector<Explained> why;
  const auto invited =
      Driver::invitation(1, "01012345678", "01087654321", "Hi, I'm Jack.", "ASedjkffjksjldf");
  const auto json_text = gateway::initiate_event_json(invited, paper_config(), "http://1.1.1.1:1001/x",
                                                      "e1.1", core::UnixMs{1'325'412'610'000}, &why);
  const auto event = ordered_json::parse(json_text);
  std::vector<std::string> names;
  for (const auto& item : event.items()) names.push_back(item.key());
  CHECK(names == std::vector<std::string>{"type", "instance", "data", "id", "time"});
  names.clear();
  for (const auto& item : event["data"].items()) names.push_back(item.key());
  CHECK(names == std::vector<std::string>{"status", "type", "subject", "message", "message_id", "sender"});
  CHECK(explained(why, "data.sender")->source == "SIP From");
  CHECK(explained(why, "data.message_id")->value == "ASedjkffjksjldf");
}

TEST_CASE("XLAT-1: what one user posts is what the other reads, byte for byte") {
  for (const std::string text :
       {"Hi, I'm Jack.", "\xED\x95\x9C\xEA\xB8\x80 \"quoted\" \\ \r\n\t", "\xF0\x9F\x98\x80", " ", ""}) {
    Driver driver;
    driver.post("01087654321", "01012345678", text, "id 1");
    const auto start = driver.commands<chat::StartChat>().at(0);
    chat::ChatInvited invited;
    invited.chat = chat::incoming_chat(1);
    invited.user = start.to;
    invited.from = start.from;
    invited.subject = start.subject;
    invited.text = start.text;
    driver.chat(invited);
    const auto data = driver.event("01012345678", 1)["data"];
    CHECK(data["message"] == text);
    CHECK(data["subject"] == text);
    CHECK(data["message_id"] == "id 1");
    CHECK(data["sender"] == "01087654321");
  }
}

TEST_CASE("CMT-94: JSON escaped for a script is the same JSON") {
  const std::string text = R"({"a":"<>&)"
                           "\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA"
                           R"("})";
  const auto escaped = gateway::escape_for_script(text);
  CHECK(escaped.find_first_of("<>&") == std::string::npos);
  CHECK(escaped.find("\xE2\x80\xA8") == std::string::npos);
  CHECK(json::parse(escaped) == json::parse(text));
}
