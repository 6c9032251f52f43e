#include "harness/decode.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using rcs::harness::decode_to_json;
using rcs::harness::guess_kind;

namespace {

const std::string kSdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP "
    "*\r\na=path:msrp://127.0.0.1:9/x;tcp\r\na=accept-types:text/plain\r\n";
const std::string kCpim =
    "From: <sip:a@d>\r\nTo: <sip:b@d>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: "
    "m1\r\n\r\nContent-Type: text/plain\r\n\r\nhello";

std::string invite() {
  const std::string body = "--b1\r\nContent-Type: message/cpim\r\n\r\n" + kCpim +
                           "\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n" + kSdp + "\r\n--b1--\r\n";
  return "INVITE sip:b@d SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@d>;tag=1\r\nTo: "
         "<sip:b@d>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
         "Subject: hello\r\nContent-Type: multipart/mixed;boundary=b1\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("an INVITE is decoded down to the text in its CPIM part") {
  const auto kind = guess_kind(invite());
  CHECK(kind == "sip");
  const auto text = decode_to_json(kind, invite(), "x");
  REQUIRE(text);
  const auto json = nlohmann::json::parse(*text);
  CHECK(json["method"] == "INVITE");
  CHECK(json["body"]["parts"][0]["body"]["cpim"]["content"]["body"] == "hello");
  CHECK(json["body"]["parts"][1]["body"]["sdp"]["media"][0]["protocol"] == "TCP/MSRP");
}

TEST_CASE("kinds are guessed from the first line") {
  CHECK(guess_kind(kSdp) == "sdp");
  CHECK(guess_kind(kCpim) == "cpim");
  CHECK(guess_kind("--x\r\n") == "multipart");
  CHECK(guess_kind("tel:+8210\n") == "uri");
  CHECK(guess_kind("SIP/2.0 200 OK\r\n") == "sip");
  CHECK(guess_kind("???").empty());
}

TEST_CASE("what is refused says why, and an unknown kind names the known ones") {
  const auto bad = decode_to_json("sdp", "v=1\r\n", "x");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code() == rcs::core::Errc::malformed);
  const auto unknown = decode_to_json("pdf", "x", "x");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().detail().find("expected one of sip, sdp") != std::string::npos);
}

TEST_CASE("octets that are no UTF-8 come out as base64") {
  const auto text = decode_to_json("uri", "sip:%ff@d", "x");
  REQUIRE(text);
  CHECK(nlohmann::json::parse(*text)["user"]["base64"] == "/w==");
}

TEST_CASE("a stream of MSRP is decoded down to the notification in its CPIM") {
  const std::string imdn =
      "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>m1</message-id>"
      "<display-notification><status><displayed/></status></display-notification></imdn>";
  const std::string cpim =
      "From: <sip:a@d>\r\nTo: <sip:b@d>\r\n\r\nContent-Type: message/imdn+xml\r\n\r\n" + imdn;
  const std::string stream =
      "MSRP abcd1234 SEND\r\nTo-Path: msrp://a:1/s;tcp\r\nFrom-Path: msrp://b:2/t;tcp\r\nMessage-ID: m2m2\r\n"
      "Byte-Range: 1-*/*\r\nContent-Type: message/cpim\r\n\r\n" +
      cpim +
      "\r\n-------abcd1234$\r\n"
      "MSRP abcd1234 200 OK\r\nTo-Path: msrp://b:2/t;tcp\r\nFrom-Path: "
      "msrp://a:1/s;tcp\r\n-------abcd1234$\r\n";
  CHECK(guess_kind(stream) == "msrp");
  const auto text = decode_to_json("msrp", stream, "x");
  INFO((text ? std::string() : text.error().detail()));
  REQUIRE(text);
  const auto json = nlohmann::json::parse(*text)["messages"];
  REQUIRE(json.size() == 2);
  CHECK(json[0]["method"] == "SEND");
  CHECK(json[0]["flag"] == "$");
  CHECK(json[0]["body"]["cpim"]["content"]["body"]["imdn"]["status"] == "displayed");
  CHECK(json[1]["status"] == 200);

  const auto cut = decode_to_json("msrp", stream.substr(0, stream.size() - 4), "x");
  REQUIRE_FALSE(cut);
  CHECK(cut.error().detail().find("expected an end-line") != std::string::npos);
}

TEST_CASE("notifications and typing states are decoded, and their kinds guessed") {
  const std::string composing =
      "<isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing'><state>active</state><refresh>90</refresh>"
      "</isComposing>";
  CHECK(guess_kind(composing) == "iscomposing");
  const auto text = decode_to_json("iscomposing", composing, "x");
  REQUIRE(text);
  CHECK(nlohmann::json::parse(*text)["refresh"] == 90);
  const std::string list =
      "<resource-lists><list><entry uri='sip:a@x' copyControl='cc'/></list></resource-lists>";
  CHECK(guess_kind(list) == "resource-lists");
  const auto recipients = decode_to_json("resource-lists", list, "x");
  REQUIRE(recipients);
  CHECK(nlohmann::json::parse(*recipients)["recipients"][0] ==
        nlohmann::json({{"uri", "sip:a@x"}, {"copy", "cc"}}));
  const std::string presence =
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:a@x'><tuple "
      "id='t'><status><basic>open</basic>"
      "</status></tuple></presence>";
  CHECK(guess_kind(presence) == "pidf");
  const auto tuples = decode_to_json("pidf", presence, "x");
  REQUIRE(tuples);
  CHECK(nlohmann::json::parse(*tuples)["tuples"][0] == nlohmann::json({{"id", "t"}, {"basic", "open"}}));
  const std::string members_xml =
      "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='sip:l@x' version='3' fullState='true'><resource "
      "uri='sip:a@x'><instance id='1' state='active' cid='c@x'/></resource></list>";
  CHECK(guess_kind(members_xml) == "rlmi");
  const auto members = decode_to_json("rlmi", members_xml, "x");
  REQUIRE(members);
  const nlohmann::json instance{{"id", "1"}, {"state", "active"}, {"cid", "c@x"}};
  const auto resource = nlohmann::json::parse(*members)["resources"][0];
  CHECK(resource == nlohmann::json({{"uri", "sip:a@x"}, {"instances", nlohmann::json::array({instance})}}));
  CHECK(nlohmann::json::parse(*members)["version"] == 3);
  CHECK(nlohmann::json::parse(*members)["full"] == true);
  CHECK_FALSE(decode_to_json("rlmi", "<list/>", "x"));
  CHECK(guess_kind("<?xml version='1.0'?><imdn xmlns='urn:ietf:params:xml:ns:imdn'/>") == "imdn");
  CHECK_FALSE(decode_to_json("imdn", "<imdn xmlns='urn:ietf:params:xml:ns:imdn'/>", "x"));
}
