// Frames of JSON signalling as text and as values.

#include "gateway/jsonrtc_frame.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace rcs::gateway;
using nlohmann::json;

namespace {

Frame good(const std::string& text) {
  const auto read = read_frame(text);
  INFO(text);
  INFO((read.fault ? read.fault->reason : std::string()));
  REQUIRE_FALSE(read.fault);
  return read.frame;
}

std::string fault_of(const std::string& text) {
  const auto read = read_frame(text);
  if (!read.fault) return {};
  CHECK(read.fault->code == 400);
  return read.fault->reason;
}

std::string with_control(const std::string& members) {
  return R"({"control":{)" + members + R"(},"header":{"action":"enquiry"}})";
}
std::string with_header(const std::string& members) {
  return R"({"control":{"type":"request","package_type":"capability","sequence":1},"header":{)" + members +
         "}}";
}

const std::string kEnquiry =
    R"({"control":{"type":"request","package_type":"capability","sequence":2,"ack_sequence":1,)"
    R"("session_id":"s-7Kq2","subsession_id":"1f0c"},"header":{"action":"enquiry",)"
    R"("initiator":"sip:mira@ims.example","target":"tel:+49301234567","enquiry_data":"IM/CHAT,FT"}})";

}  // namespace

TEST_CASE("CAP-43: a query's ssid, initiator, target and capability are in its frame") {
  const auto frame = good(kEnquiry);
  CHECK(frame.type == FrameType::request);
  CHECK(frame.package == "capability");
  CHECK(frame.session == "s-7Kq2");
  CHECK(frame.subsession == "1f0c");
  CHECK(frame.sequence == 2u);
  CHECK(frame.ack == 1u);
  CHECK(frame.action == "enquiry");
  CHECK(frame.initiator == "sip:mira@ims.example");
  CHECK(frame.target == "tel:+49301234567");
  CHECK(frame.enquiry_data == "IM/CHAT,FT");
  CHECK(state_of(frame) == FrameState::initial);
}

TEST_CASE("WSC-10: numbers may come as decimal strings, and leave as numbers") {
  auto frame = good(with_control(R"("type":"request","package_type":"x","sequence":"2","ack_sequence":"0")"));
  CHECK(frame.sequence == 2u);
  CHECK(frame.ack == 0u);
  const auto written = json::parse(write_frame(frame));
  CHECK(written["control"]["sequence"] == 2);
  CHECK(written["control"]["sequence"].is_number());
  for (const auto* bad : {"0", "-1", "1.5", "\"x\"", "\"\"", "true", "9007199254740993", "1e30"}) {
    INFO(bad);
    CHECK(fault_of(with_control(R"("type":"request","package_type":"x","sequence":)" + std::string(bad))) ==
          "control.sequence: expected a whole number from 1 to 2^53");
  }
}

TEST_CASE("CAP-45 WSC-11: initator is taken where initiator is missing, and never written") {
  CHECK(good(with_header(R"("action":"enquiry","initator":"sip:a@b")")).initiator == "sip:a@b");
  const auto both = good(with_header(R"("action":"enquiry","initator":"sip:a@b","initiator":"sip:c@d")"));
  CHECK(both.initiator == "sip:c@d");
  const auto written = write_frame(both);
  CHECK(written.find("initator") == std::string::npos);
  CHECK(written.find(R"("initiator":"sip:c@d")") != std::string::npos);
}

TEST_CASE("WSC-12: a message state is taken in any case, written in lower case, and implied") {
  const auto frame =
      good(with_control(R"("type":"response","package_type":"x","sequence":1,"message_state":"SUBSEQUENT")"));
  CHECK(frame.state == FrameState::subsequent);
  CHECK(json::parse(write_frame(frame))["control"]["message_state"] == "subsequent");
  for (const auto& [type, implied] :
       {std::pair("request", FrameState::initial), std::pair("response", FrameState::final),
        std::pair("message", FrameState::final), std::pair("error", FrameState::final)}) {
    CHECK(state_of(good(with_control(R"("package_type":"x","sequence":1,"type":")" + std::string(type) +
                                     "\""))) == implied);
  }
  CHECK_FALSE(
      fault_of(with_control(R"("type":"request","package_type":"x","sequence":1,"message_state":"late")"))
          .empty());
}

TEST_CASE("WSC-13: a version is a number or a string") {
  const std::string begin = R"("type":"request","package_type":"x","sequence":1,"version":)";
  CHECK(good(with_control(begin + "\"1.0\"")).version == "1.0");
  CHECK(good(with_control(begin + "1.5")).version == "1.5");
  CHECK(good(with_control(begin + "2")).version == "2");
  CHECK_FALSE(fault_of(with_control(begin + "[]")).empty());
}

TEST_CASE("WSC-14: what is no JSON object is refused") {
  for (const auto* bad :
       {"", "x", "[]", "1", "{", R"({"control":{},})", R"({"control":{"type":"request",}})",
        R"({"control" {"type":"request"}})", R"({"control":{},"control":{}})", "{\"a\":\"\xff\"}"}) {
    INFO(bad);
    CHECK_FALSE(fault_of(bad).empty());
  }
}

TEST_CASE("WSC-15: a frame without control, type, package or action is refused, and its number is read") {
  CHECK(fault_of(R"({"header":{"action":"x"}})") == "control: expected an object");
  CHECK(fault_of(R"({"control":{"type":"request","package_type":"x","sequence":1}})") ==
        "header: expected an object");
  CHECK(fault_of(with_header(R"("initiator":"sip:a@b")")) == "header.action: expected the name of an action");
  CHECK(fault_of(with_control(R"("type":"request","sequence":1)")) ==
        "control.package_type: expected the name of a package");
  CHECK(fault_of(with_control(R"("type":"request","package_type":"x")")) ==
        "control.sequence: expected a number");
  CHECK(fault_of(with_header(R"("action":"x","target":7)")).starts_with("header.target: "));
  CHECK(fault_of(with_header(R"("action":"x"},"payload":{"a":[)")) != "");
  CHECK(fault_of(R"({"control":{"type":"request","package_type":"x","sequence":1},)"
                 R"("header":{"action":"x"},"payload":"text"})") == "payload: expected an object");
  const auto strange = read_frame(with_control(R"("type":"shout","package_type":"x","sequence":7)"));
  REQUIRE(strange.fault);
  CHECK(strange.fault->reason ==
        "control.type: expected request, response, message, acknowledgement or error");
  CHECK(strange.frame.sequence == 7u);
  CHECK(strange.frame.action == "enquiry");
}

TEST_CASE("WSC-15: words that name things are bounded") {
  const std::string long_word(kMaxFrameWord + 1, 'x');
  CHECK_FALSE(
      fault_of(with_control(R"("type":"request","sequence":1,"package_type":")" + long_word + "\"")).empty());
  CHECK(
      fault_of(with_control(R"("type":"request","sequence":1,"package_type":")" + long_word.substr(1) + "\""))
          .empty());
  CHECK_FALSE(
      fault_of(with_header(R"("action":"x","target":")" + std::string(kMaxFrameAddress + 1, 'x') + "\""))
          .empty());
}

TEST_CASE("WSC-16: what is not known is kept, and written again") {
  const auto text =
      R"({"control":{"type":"message","package_type":"x","sequence":1,"hint":{"a":[1,null]}},)"
      R"("header":{"action":"send","x-note":"\u00e9","n":1.5},"payload":{"content":"hi","more":true}})";
  const auto frame = good(text);
  CHECK(frame.control == FrameMembers{{"hint", R"({"a":[1,null]})"}});
  CHECK(text_of(frame.header, "x-note") == "\u00e9");
  CHECK_FALSE(text_of(frame.header, "n"));
  CHECK_FALSE(text_of(frame.header, "nothing"));
  CHECK(payload_text(frame, "content") == "hi");
  CHECK_FALSE(payload_text(frame, "more"));
  CHECK(json::parse(write_frame(frame)) == json::parse(text));
  CHECK(read_frame(write_frame(frame)).frame == frame);
}

TEST_CASE("WSC-21: an acknowledgement is its number alone") {
  const auto frame = good(R"({"control":{"type":"acknowledgement","session_id":"s-7Kq2","ack_sequence":5}})");
  CHECK(frame.ack == 5u);
  CHECK(write_frame(frame) ==
        R"({"control":{"type":"acknowledgement","ack_sequence":5,"session_id":"s-7Kq2"}})");
  CHECK(fault_of(R"({"control":{"type":"acknowledgement"}})") ==
        "control.ack_sequence: expected a number in an acknowledgement");
}

TEST_CASE("CAP-42: an answer names what it answers: by the request's own word for it, or its number") {
  auto request = good(kEnquiry);
  CHECK(correlation_of(request) == "c2");
  request.correlation = "c101";
  const auto answer = response_to(request);
  CHECK(answer.correlation == "c101");
  CHECK(answer.type == FrameType::response);
  CHECK(answer.state == FrameState::final);
  CHECK_FALSE(answer.sequence);
  const auto error = json::parse(write_frame(error_to(request, 480, "Temporarily Unavailable")));
  CHECK(error["control"]["type"] == "error");
  CHECK(error["header"]["error_code"] == 480);
  CHECK(error["header"]["reason"] == "Temporarily Unavailable");
}

TEST_CASE("CAP-44: an answer has the package, the subsession, the action and the parties of its request") {
  auto request = good(kEnquiry);
  request.package = "messaging";
  const auto answer = response_to(request);
  CHECK(answer.package == "messaging");
  CHECK(answer.subsession == request.subsession);
  CHECK(answer.action == request.action);
  CHECK(answer.initiator == request.initiator);
  CHECK(answer.target == request.target);
}

TEST_CASE("CAP-42 WSC-20: answers find their request by name, by subsession and action, or by number") {
  const std::vector<AskedFrame> asked = {{4, "aa", "enquiry"}, {7, "bb", "enquiry"}, {9, "bb", "start"}};
  const auto found = [&](const std::string& correlation, const std::string& subsession,
                         std::uint64_t sequence, const std::string& action = "enquiry") {
    Frame answer;
    answer.type = FrameType::response;
    answer.correlation = correlation;
    answer.subsession = subsession;
    answer.sequence = sequence;
    answer.action = action;
    const auto place = find_asked(answer, asked);
    return place ? static_cast<int>(*place) : -1;
  };
  CHECK(found("c7", "aa", 4) == 1);
  CHECK(found("7", "", 1) == 1);
  CHECK(found("c5", "aa", 4) == -1);
  CHECK(found("", "bb", 4) == 1);
  CHECK(found("", "bb", 4, "start") == 2);
  CHECK(found("", "cc", 4) == -1);
  CHECK(found("", "", 4) == 0);
  CHECK(found("", "", 5) == -1);
  CHECK(found("", "", 4, "send") == -1);
}
