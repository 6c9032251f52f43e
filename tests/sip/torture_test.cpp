// The messages of RFC 4475, one file each in tests/data/sip_torture, and what this codec makes of them.
#include <fstream>
#include <iterator>

#include "sip/codec.hpp"
#include "support/catch.hpp"

using namespace rcs::sip;

namespace {

struct Case {
  const char* name;
  const char* section;
  const char* refused;  ///< part of the error; nullptr: it parses
  const char* shows;    ///< part of its text form, encoded again
};

// Where the outcome differs from the text of the RFC, or the RFC leaves a choice, the line says so. Rules
// above the grammar (extensions, schemes, Max-Forwards 0 ...) are for the layers above: such messages parse.
const Case kCases[] = {
    // 3.1.1 valid
    {"wsinv", "3.1.1.1", nullptr, "From: \"J Rosenberg \\\\\\\"\" <sip:jdrosen@example.com>;tag=98asjd8\r\n"},
    // Stricter: the quoted NUL in its display name is legal, but no field with a NUL is taken in.
    {"intmeth", "3.1.1.2", "NUL", nullptr},
    {"intmeth_without_nul", "3.1.1.2", nullptr,
     "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"},
    {"esc01", "3.1.1.3", nullptr, "<sip:caller@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>"},
    {"escnull", "3.1.1.4", nullptr, "Contact: <sip:%00%00@host5.example.com>"},
    {"esc02", "3.1.1.5", nullptr, "C%6Fntact: <sip:alias2@host2.example.com>"},
    {"lwsdisp", "3.1.1.6", nullptr, "From: \"caller\" <sip:caller@example.com>;tag=323"},
    {"longreq", "3.1.1.7", nullptr, "Via: SIP/2.0/TCP sip1.example.com"},
    {"dblreq", "3.1.1.8", nullptr, "REGISTER sip:example.com SIP/2.0"},
    {"semiuri", "3.1.1.9", nullptr, "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0"},
    {"transports", "3.1.1.10", nullptr, "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en"},
    {"mpart01", "3.1.1.11", nullptr, "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655"},
    {"unreason", "3.1.1.12", nullptr, "SIP/2.0 200 = 2**3 * 5**2 \xD0\xBD\xD0\xBE"},
    {"noreason", "3.1.1.13", nullptr, "SIP/2.0 100 \r\n"},
    // 3.1.2 invalid
    {"badinv01", "3.1.2.1", "Contact: ", nullptr},
    {"clerr", "3.1.2.2", "Content-Length: says 9999", nullptr},
    {"ncl", "3.1.2.3", "Content-Length: expected a number", nullptr},
    {"scalar02", "3.1.2.4", "CSeq: expected a number below 2^32", nullptr},
    {"scalarlg", "3.1.2.5", "CSeq: expected a number below 2^32", nullptr},
    {"quotbal", "3.1.2.6", "To: address", nullptr},
    {"ltgtruri", "3.1.2.7", "start line", nullptr},
    {"lwsruri", "3.1.2.8", "start line", nullptr},
    {"lwsstart", "3.1.2.9", "start line", nullptr},  // the RFC lets an element mend it; we do not
    {"trws", "3.1.2.10", "start line", nullptr},     // as above
    {"escruri", "3.1.2.11", "Request-URI may not carry header fields", nullptr},
    // More lenient: a Date that is not GMT is not read by anyone here, and is passed on as it is.
    {"baddate", "3.1.2.12", nullptr, "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n"},
    {"regbadct", "3.1.2.13", "Contact: ", nullptr},
    {"badaspec", "3.1.2.14", "To: ", nullptr},  // may be mended; we do not
    {"baddn", "3.1.2.15", "From: ", nullptr},
    {"badvers", "3.1.2.16", "expected version SIP/2.0, got \"SIP/7.0\"", nullptr},
    {"mismatch01", "3.1.2.17", "CSeq: the method \"INVITE\" is not that of the start line", nullptr},
    {"mismatch02", "3.1.2.18", "CSeq: the method", nullptr},
    {"bigcode", "3.1.2.19", "expected a status from 100 to 699", nullptr},
    // 3.2 transaction layer
    {"badbranch", "3.2.1", nullptr, ";branch=z9hG4bK\r\n"},
    // 3.3 application layer
    {"insuf", "3.3.1", "From: expected this field, it is missing", nullptr},
    {"unkscm", "3.3.2", nullptr, "OPTIONS nobodyknowsthisscheme:totallyopaquecontent SIP/2.0"},
    {"novelsc", "3.3.3", nullptr, "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"},
    {"unksm2", "3.3.4", nullptr, "To: <isbn:2983792873>"},
    {"bext01", "3.3.5", nullptr, "Require: nothingSupportsThis, nothingSupportsThisEither"},
    {"invut", "3.3.6", nullptr, "Content-Type: application/unknownformat"},
    {"regaut01", "3.3.7", nullptr, "Authorization: NoOneKnowsThisScheme opaque-data=here"},
    {"multi01", "3.3.8", "From: expected one field, got 2", nullptr},
    {"mcl01", "3.3.9", "Content-Length: given twice", nullptr},
    // Its second Via is a response to someone else: for the transaction layer to drop.
    {"bcast", "3.3.10", nullptr, "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23"},
    {"zeromf", "3.3.11", nullptr, "Max-Forwards: 0\r\n"},
    {"cparam01", "3.3.12", nullptr, "Contact: <sip:+19725552222@gw1.example.net>;unknownparam"},
    {"cparam02", "3.3.13", nullptr, "Contact: <sip:+19725552222@gw1.example.net;unknownparam>"},
    {"regescrt", "3.3.14", nullptr, "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>"},
    {"sdp01", "3.3.15", nullptr, "Accept: text/nobodyKnowsThis"},
    // 3.4 backward compatibility
    {"inv2543", "3.4.1", nullptr, "To: <sip:+16505552222@ss1.example.net>;user=phone"},
};

std::string read(const std::string& name) {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/tests/data/sip_torture/" + name + ".dat",
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Message parsed(const char* name) {
  auto message = decode(read(name));
  INFO(name);
  REQUIRE(message);
  return *message;
}

}  // namespace

TEST_CASE("RFC 4475: each message parses or is refused for its defect") {
  for (const auto& one : kCases) {
    const auto octets = read(one.name);
    CAPTURE(one.name, one.section);
    REQUIRE_FALSE(octets.empty());
    const auto message = decode(octets);
    if (one.refused != nullptr) {
      REQUIRE_FALSE(message);
      CAPTURE(message.error().detail());
      CHECK(message.error().detail().find(one.refused) != std::string::npos);
      continue;
    }
    if (!message) FAIL(message.error().detail());
    CHECK(longest_encoding(*message) >= encode(*message).size());
    const auto text = encode(*message);
    CAPTURE(text);
    CHECK(text.find(one.shows) != std::string::npos);
    const auto again = decode(text);
    REQUIRE(again);
    CHECK(*again == *message);
  }
}

TEST_CASE("RFC 4475 3.1.1.1: white space and folding everywhere") {
  const auto m = parsed("wsinv");
  CHECK(m.max_forwards == 68U);
  CHECK(m.cseq == CSeq{9, "INVITE"});
  CHECK(m.to_tag() == "1918181833n");
  REQUIRE(m.vias.size() == 3);
  CHECK(m.vias[0].host == "192.0.2.2");
  CHECK(m.vias[0].branch() == "390skdjuw");
  CHECK(m.vias[1].transport == "TCP");
  CHECK(m.vias[1].branch() == "z9hG4bK9ikj8");
  CHECK(m.vias[2].branch() == "z9hG4bK30239");
  CHECK(*m.header("NewFangledHeader") == "newfangled value continued newfangled value");
  CHECK(*m.header("UnknownHeaderWithUnusualValue") == ";;,,;;,;");
  REQUIRE(m.header("Subject") != nullptr);
  CHECK(m.header("Subject")->empty());
  REQUIRE(m.contacts.size() == 1);
  CHECK(m.contacts[0].display == "Quoted string \"\"");
  CHECK(param_value(m.contacts[0].params, "newparam") == "newvalue");
  CHECK(param_value(m.contacts[0].params, "q") == "0.33");
  REQUIRE(m.routes.size() == 1);
  CHECK(m.routes[0].uri.params.size() == 3);
  CHECK(m.body.size() == 150);
}

TEST_CASE("RFC 4475 3.1.1.2: unusual characters in every token") {
  const auto m = parsed("intmeth_without_nul");
  CHECK(m.request_uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  CHECK(m.request_uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  CHECK(m.to.display == "BEL:\x07 DEL:\x7F");
  CHECK(m.from.display == "token1~` token2'+_ token3*%!.-");
  CHECK(m.max_forwards == 255U);
  REQUIRE(m.headers.size() == 1);
  CHECK(m.headers[0].name == "extensionHeader-!.%*+_`'~");
}

TEST_CASE("RFC 4475 3.1.1.3 to 3.1.1.5: escapes mean something in URIs only") {
  const auto esc01 = parsed("esc01");
  CHECK(esc01.to.uri.user == "user");
  CHECK(esc01.from.uri.user == "I have spaces");
  CHECK(find_param(esc01.contacts[0].uri.params, "lr") == nullptr);
  const auto escnull = parsed("escnull");
  CHECK(escnull.contacts[0].uri.user == std::string(1, '\0'));
  CHECK(escnull.contacts[1].uri.user == std::string(2, '\0'));
  const auto esc02 = parsed("esc02");
  CHECK(esc02.method == "RE%47IST%45R");
  CHECK(esc02.to.display == "%Z%45");
  CHECK(esc02.contacts.size() == 2);
}

TEST_CASE("RFC 4475 3.1.1.8: Content-Length cuts the first of two requests in one datagram") {
  const auto m = parsed("dblreq");
  CHECK(m.method == "REGISTER");
  CHECK(m.body.empty());
  StreamDecoder stream;
  stream.feed(read("dblreq"));
  const auto first = stream.next();
  const auto second = stream.next();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(std::get<Message>(*first).method == "REGISTER");
  CHECK(std::get<Message>(*second).method == "INVITE");
}

TEST_CASE("RFC 4475 3.1.1.11: a binary body comes through whole") {
  const auto octets = read("mpart01");
  const auto m = parsed("mpart01");
  CHECK(m.body == octets.substr(octets.find("\r\n\r\n") + 4));
  CHECK(m.body.find('\0') != std::string::npos);
}

TEST_CASE("RFC 4475: what was refused is answered where it can be") {
  const auto status = [](const char* name) {
    const auto answer = bad_request_response(read(name), "why");
    return answer ? answer->status : 0;
  };
  CHECK(status("clerr") == 400);
  CHECK(status("ncl") == 400);
  CHECK(status("quotbal") == 400);
  CHECK(status("multi01") == 400);
  CHECK(status("mismatch01") == 400);
  CHECK(status("badvers") == 505);
  CHECK(status("badinv01") == 0);  // no Via to answer by
  CHECK(status("bigcode") == 0);   // a response
  CHECK(status("scalarlg") == 0);
}
