#include "sip/codec.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::sip;
using rcs::core::Errc;

namespace {

std::string read(const std::string& name) {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/tests/data/sip/" + name + ".dat", std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), {}};
  REQUIRE_FALSE(out.empty());
  return out;
}

// A request of the lines that every one needs, with `more` after them and a body.
std::string request(const std::string& more = {}, const std::string& body = {}) {
  return "MESSAGE sip:bob@b SIP/2.0\r\nVia: SIP/2.0/UDP a:5070;branch=z9hG4bK1\r\nFrom: "
         "<sip:alice@a>;tag=1\r\n"
         "To: <sip:bob@b>\r\nCall-ID: c1\r\nCSeq: 1 MESSAGE\r\n" +
         more + "\r\n" + body;
}

std::string without(std::string octets, const std::string& field) {
  const auto at = octets.find("\r\n" + field + ":");
  REQUIRE(at != std::string::npos);
  return octets.erase(at, octets.find("\r\n", at + 2) - at);
}

Message decoded(std::string_view octets) {
  auto message = decode(octets);
  if (!message) FAIL(message.error().detail());
  return *message;
}

std::string refusal(std::string_view octets) {
  const auto message = decode(octets);
  return message ? "parsed" : message.error().detail();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a chat INVITE is taken apart") {
  const auto m = decoded(read("chat_invite"));
  CHECK(m.is_request());
  CHECK(m.method == "INVITE");
  CHECK(m.request_uri.to_string() == "sip:01012345678@domain.com;user=phone");
  REQUIRE(m.vias.size() == 1);
  CHECK(m.vias[0].transport == "UDP");
  CHECK(m.vias[0].host == "1.1.1.2");
  CHECK(m.vias[0].port == 1002);
  CHECK(m.vias[0].branch() == "z9hG4bK776asdhds");
  CHECK(find_param(m.vias[0].params, "rport") != nullptr);
  CHECK(m.max_forwards == 70U);
  REQUIRE(m.routes.size() == 1);
  CHECK(find_param(m.routes[0].uri.params, "lr") != nullptr);
  CHECK(m.from.display == "Alice");
  CHECK(m.from_tag() == "abcdef");
  CHECK(m.to_tag().empty());
  CHECK(m.cseq == CSeq{1, "INVITE"});
  REQUIRE(m.contacts.size() == 1);
  CHECK(param_value(m.contacts[0].params, "+sip.instance") ==
        "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>");
  REQUIRE(m.headers.size() == 6);
  CHECK(m.headers[0] == Header{"Accept-Contact", "*;+g.oma.sip-im;explicit;require"});
  CHECK(m.headers[5] == Header{"Content-Type", "multipart/mixed;boundary=\"boundary1\""});
  CHECK(m.header("Content-Length") == nullptr);
  CHECK(contains(m.body, "imdn.Message-ID: ASedjkffjksjldf"));
}

TEST_CASE("a decoded message is the same after encode and decode, and its text is stable") {
  for (const auto* name :
       {"chat_invite", "chat_invite_as_printed", "ok_response", "compact_and_folded", "register"}) {
    CAPTURE(name);
    const auto first = decoded(read(name));
    const auto text = encode(first);
    CHECK(decoded(text) == first);
    CHECK(encode(decoded(text)) == text);
  }
}

TEST_CASE("encode writes the fields in a fixed order") {
  const auto text = encode(decoded(read("chat_invite")));
  std::size_t at = 0;
  for (const auto* name : {"INVITE ", "\r\nVia: ", "\r\nMax-Forwards: ", "\r\nRoute: ", "\r\nFrom: ",
                           "\r\nTo: ", "\r\nCall-ID: ", "\r\nCSeq: ", "\r\nContact: ", "\r\nAccept-Contact: ",
                           "\r\nContent-Type: ", "\r\nContent-Length: ", "\r\n\r\n"}) {
    CAPTURE(name);
    const auto found = text.find(name, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
}

TEST_CASE("XLAT-3: Content-Length is counted from the body") {
  auto m = decoded(request());
  m.body = "\xEC\x98\x81";
  m.add_header("Content-Length", "99");
  m.add_header("l", "98");
  const auto text = encode(m);
  CHECK(contains(text, "Content-Length: 3\r\n\r\n"));
  CHECK_FALSE(contains(text, "99"));
  CHECK_FALSE(contains(text, "98"));
}

TEST_CASE("D1: a request without Call-ID is refused") {
  CHECK(contains(refusal(read("chat_invite_without_call_id")), "Call-ID: expected this field"));
}

TEST_CASE("a message without From, To, CSeq or Via is refused, and the error names it") {
  const std::string response = "SIP/2.0 200 OK" + request().substr(request().find("\r\n"));
  REQUIRE(decode(response));
  for (const auto& whole : {request(), response}) {
    for (const std::string field : {"From", "To", "CSeq", "Via", "Call-ID"}) {
      CAPTURE(field);
      CHECK(contains(refusal(without(whole, field)), field + ": expected this field"));
    }
  }
}

TEST_CASE("D2: Max-Forwards may be absent, but not be no number up to 255") {
  CHECK_FALSE(decoded(request()).max_forwards);
  CHECK(decoded(request("Max-Forwards: 0\r\n")).max_forwards == 0U);
  for (const auto* bad : {"256", "-1", "x", "", "70 71", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(contains(refusal(request("Max-Forwards: " + std::string(bad) + "\r\n")), "Max-Forwards"));
  }
}

TEST_CASE("D3, D4: a Via without branch and a From without tag are taken") {
  const auto m = decoded(read("chat_invite_as_printed"));
  REQUIRE(m.vias.size() == 2);
  CHECK(m.vias[0].branch().empty());
  CHECK(m.from_tag().empty());
}

TEST_CASE("D5, D8, D9: the printed Contact, User-Agent and Session-Expires come through as they are") {
  const auto m = decoded(read("chat_invite_as_printed"));
  CHECK(m.contacts.at(0).uri.user == "1.1.1.4");
  CHECK(*m.header("User-Agent") == "Open API;service=\"RCS-e\"");
  CHECK(*m.header("Session-Expires") == "1800;refresher=uac");
  CHECK_FALSE(m.lists("Supported", "timer"));
}

TEST_CASE("D14, D15, D16: field names without case, two Vias on a line, To without brackets") {
  const auto m = decoded(read("chat_invite_as_printed"));
  CHECK(m.cseq.method == "INVITE");
  CHECK(m.vias.at(0).host == "1.1.1.3");
  CHECK(m.vias.at(1).host == "1.1.1.2");
  CHECK(m.to.uri.user == "01012345678");
  CHECK(contains(encode(m), "To: <sip:01012345678@domain.com>\r\n"));
}

TEST_CASE("compact names are spelled out and folds become one space") {
  const auto m = decoded(read("compact_and_folded"));
  CHECK(m.vias.size() == 2);
  CHECK(m.from.display == "Bob Smith");
  CHECK(m.to.uri.user == "\xEC\x98\x81");
  CHECK(m.cseq == CSeq{7, "MESSAGE"});
  CHECK(m.contact_star);
  CHECK(m.request_uri.scheme == "tel");
  REQUIRE(m.headers.size() == 3);
  CHECK(m.headers[0] == Header{"Supported", "path, gruu"});
  CHECK(m.headers[1] == Header{"Subject", "one two"});
  CHECK(m.headers[2] == Header{"Content-Type", "text/plain"});
}

TEST_CASE("other fields keep their order and their octets") {
  const auto m =
      decoded(request("x-Custom:  a ,b;c=\"d\"  e\t\r\nSUPPORTED: timer,100rel\r\nx-custom: "
                      "second\r\nSubject: \xED\x95\x9C \"q\\\r\n"
                      "P-ASSERTED-IDENTITY: <sip:a@b>, <tel:+1>\r\nEmpty:\r\nContribution-Id: 0aF\r\n"));
  const std::vector<Header> expected = {{"x-Custom", "a ,b;c=\"d\"  e"},
                                        {"Supported", "timer,100rel"},
                                        {"x-custom", "second"},
                                        {"Subject", "\xED\x95\x9C \"q\\"},
                                        {"P-Asserted-Identity", "<sip:a@b>, <tel:+1>"},
                                        {"Empty", ""},
                                        {"Contribution-ID", "0aF"}};
  CHECK(m.headers == expected);
}

TEST_CASE("an unquoted UTF-8 display name is taken and quoted on the way out") {
  const auto octets = without(request("From: \xED\x99\x8D\xEA\xB8\xB8 <sip:alice@a>;tag=1\r\n"), "From");
  const auto m = decoded(octets);
  CHECK(m.from.display == "\xED\x99\x8D\xEA\xB8\xB8");
  CHECK(contains(encode(m), "From: \"\xED\x99\x8D\xEA\xB8\xB8\" <sip:alice@a>;tag=1\r\n"));
}

TEST_CASE("Contact: lists over several fields, and a star that stands alone") {
  CHECK(decoded(request("m: <sip:a>, \"x, y\" <sip:b>;q=1\r\nContact: sip:c\r\n")).contacts.size() == 3);
  CHECK(decoded(request("m: *\r\n")).contact_star);
  CHECK(contains(encode(decoded(request("m: *\r\n"))), "\r\nContact: *\r\n"));
  CHECK(contains(refusal(request("m: *\r\nm: <sip:a>\r\n")), "Contact: * stands alone"));
  CHECK(contains(refusal(request("m: <sip:a>\r\nm: *\r\n")), "Contact: * stands alone"));
  CHECK(contains(refusal(request("m: <sip:a>, *\r\n")), "Contact: "));
  CHECK(contains(refusal(request("m:\r\n")), "Contact: "));
}

TEST_CASE("fields that may stand once are refused twice") {
  for (const std::string line :
       {"From: <sip:x@y>", "To: <sip:x@y>", "i: z", "CSeq: 1 MESSAGE", "f: <sip:x@y>"}) {
    CAPTURE(line);
    CHECK(contains(refusal(request(line + "\r\n")), "expected one field, got 2"));
  }
}

TEST_CASE("start lines that are refused") {
  const auto rest = request().substr(request().find("\r\n"));
  for (const std::string line :
       {"", "MESSAGE", "MESSAGE sip:bob@b", "MESSAGE sip:bob@b SIP/2.0 ", "MESSAGE  sip:bob@b SIP/2.0",
        " MESSAGE sip:bob@b SIP/2.0", "MESSAGE sip:bob@b HTTP/1.1", "MESS<AGE sip:bob@b SIP/2.0",
        "MESSAGE bob SIP/2.0", "MESSAGE sip:bob@b\tSIP/2.0", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 99 x",
        "SIP/2.0 700 x", "SIP/2.0 0200 OK", "SIP/2.0 2x0 OK", "SIP/2.0  200 OK", "SIP/2.0 -20 OK"}) {
    CAPTURE(line);
    CHECK_FALSE(decode(line + rest));
  }
  CHECK(decode("SIP/3.0 200 OK" + rest).error().code() == Errc::unsupported);
  CHECK(decode("MESSAGE sip:bob@b SIP/3.0" + rest).error().code() == Errc::unsupported);
  CHECK(decoded("SIP/2.0 200" + rest).reason.empty());
  CHECK(decoded("sip/2.0 200 OK" + rest).status == 200);
}

TEST_CASE("CSeq must agree with the start line in a request; a response is matched by it") {
  auto octets = request();
  octets.replace(octets.find("1 MESSAGE"), 9, "1 INVITE");
  CHECK(contains(refusal(octets), "CSeq: the method \"INVITE\""));
  CHECK(decoded("SIP/2.0 200 OK" + octets.substr(octets.find("\r\n"))).cseq.method == "INVITE");
  for (const std::string bad :
       {"MESSAGE", "1", "x MESSAGE", "-1 MESSAGE", "4294967296 MESSAGE", "1 MESS AGE", ""}) {
    CAPTURE(bad);
    auto copy = request();
    copy.replace(copy.find("1 MESSAGE"), 9, bad);
    CHECK(contains(refusal(copy), "CSeq: "));
  }
}

TEST_CASE("NUL, a lone CR and lines without a name are refused; LF alone ends a line") {
  CHECK(contains(refusal(request(std::string("Subject: a\0b\r\n", 14))), "line 7: a NUL octet"));
  CHECK(contains(refusal(request("Subject: a\rFrom: x\r\n")), "line 7: a CR without LF"));
  CHECK(contains(refusal(request("no colon here\r\n")), "line 7: expected \"Name: value\""));
  CHECK(contains(refusal(request(": x\r\n")), "line 7"));
  CHECK(contains(refusal(request("Sub ject: x\r\n")), "line 7"));
  CHECK(contains(refusal("MESSAGE sip:bob@b SIP/2.0\r\n Via: x\r\n\r\n"), "line 2: a continuation"));
  auto lf = request("Subject: a\r\n b\r\n", "x\r\ny");
  const auto crlf = decoded(lf);
  lf.erase(std::remove(lf.begin(), lf.begin() + static_cast<std::ptrdiff_t>(lf.find("x\r\ny")), '\r'),
           lf.begin() + static_cast<std::ptrdiff_t>(lf.find("x\r\ny")));
  CHECK(decoded(lf) == crlf);
}

TEST_CASE("Content-Length: absent takes the rest of a datagram, shorter cuts it, longer is refused") {
  CHECK(decoded(request("", "hello")).body == "hello");
  CHECK(decoded(request("Content-Length: 3\r\n", "hello")).body == "hel");
  CHECK(decoded(request("l: 5\r\n", "hello")).body == "hello");
  CHECK(decoded(request("l: 5\r\nContent-Length: 5\r\n", "hello")).body == "hello");
  CHECK(contains(refusal(request("l: 6\r\n", "hello")), "Content-Length: says 6, but 5"));
  CHECK(contains(refusal(request("l: 5\r\nContent-Length: 4\r\n", "hello")), "given twice"));
  for (const std::string bad : {"", "x", "-1", "5 ", "+5", "0x5", "18446744073709551616"}) {
    CAPTURE(bad);
    CHECK((bad == "5 " ? decode(request("l: 5 \r\n", "hello")).has_value()
                       : contains(refusal(request("l: " + bad + "\r\n", "hello")), "Content-Length")));
  }
}

TEST_CASE("limits: size and number of fields are bounded before the grammar") {
  CHECK(decode(request("Subject: " + std::string(kMaxHeaderBytes, 'a') + "\r\n")).error().code() ==
        Errc::too_large);
  std::string many;
  for (std::size_t i = 0; i < kMaxHeaderFields; ++i) many += "x:\r\n";
  CHECK(decode(request(many)).error().code() == Errc::too_large);
  CHECK(decode(request("", std::string(kMaxBodyBytes + 1, 'a'))).error().code() == Errc::too_large);
  CHECK(decoded(request("", std::string(kMaxBodyBytes, 'a'))).body.size() == kMaxBodyBytes);
  CHECK(decode(request("l: 99999999999\r\n")).error().code() == Errc::too_large);
  std::string vias;
  for (int i = 0; i < 128; ++i) vias += "v: SIP/2.0/UDP h\r\n";
  CHECK(decode(request(vias)).error().code() == Errc::too_large);
  std::string routes;
  for (int i = 0; i < 20; ++i)
    routes +=
        "Route: <sip:a>,<sip:a>,<sip:a>,<sip:a>,<sip:a>,<sip:a>,<sip:a>,<sip:a>,<sip:a>,<sip:a>,"
        "<sip:a>,<sip:a>,<sip:a>\r\n";
  CHECK(decode(request(routes)).error().code() == Errc::too_large);
}

TEST_CASE("Vias that are refused") {
  for (const std::string via :
       {"", "SIP/2.0/UDP", "SIP/3.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h;=x", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP h;x=a b", "UDP h"}) {
    CAPTURE(via);
    CHECK(contains(refusal(request("Via: " + via + "\r\n")), "Via"));
  }
}

TEST_CASE("octets cut short anywhere never decode, and nothing breaks") {
  const auto whole = read("chat_invite");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(decode(whole.substr(0, n)));
  }
}

TEST_CASE("XLAT-2: what a user typed never makes a header field") {
  rcs::core::Random random(5);
  const std::vector<std::string> pieces = {"\r\n",
                                           "\n",
                                           "\r",
                                           std::string(1, '\0'),
                                           "\"",
                                           "\\",
                                           "<",
                                           ">",
                                           ";",
                                           ",",
                                           " ",
                                           "\t",
                                           "Via: SIP/2.0/UDP evil",
                                           "X-Evil: 1",
                                           "\r\n\r\nbody",
                                           "%0d%0a",
                                           "\xED\x95\x9C",
                                           "a",
                                           ":",
                                           "="};
  const auto nasty = [&](std::uint64_t most) {
    std::string out;
    for (auto n = random.below(most + 1); n > 0; --n) out += pieces[random.below(pieces.size())];
    return out;
  };
  for (int i = 0; i < 3000; ++i) {
    auto m = decoded(read("ok_response"));
    m.status = 0;
    m.method = m.cseq.method;
    m.request_uri = make_sip_uri("u" + nasty(3), "b");
    m.from.display = nasty(6);
    m.from.uri = make_sip_uri("u" + nasty(4), "a");
    m.from.uri.password = nasty(2);
    set_param(m.to.params, "x", nasty(4));
    set_param(m.vias[0].params, "x", "v" + nasty(4));
    m.contacts[0].display = nasty(6);
    m.add_header("Subject", nasty(8));
    m.add_header("X-A" + nasty(2), "fixed");
    m.add_header("Contribution-ID", nasty(8));
    m.body = nasty(5);
    const auto text = encode(m);
    const auto again = decode(text);
    CAPTURE(text);
    if (!again) FAIL(again.error().detail());
    CHECK(again->vias.size() == m.vias.size());
    CHECK(again->headers.size() == 3);
    CHECK(again->header("X-Evil") == nullptr);
    CHECK(again->body == m.body);
    CHECK(again->request_uri == m.request_uri);
    CHECK(again->from.uri == m.from.uri);
    CHECK(again->from.display.size() == m.from.display.size());
  }
}

TEST_CASE("XLAT-2: start line values stay on their line") {
  auto m = decoded(read("ok_response"));
  m.reason = "OK\r\nX-Evil: 1";
  m.call_id = "a\nb";
  const auto text = encode(m);
  CHECK(contains(text, "SIP/2.0 200 OK  X-Evil: 1\r\n"));
  CHECK(contains(text, "Call-ID: a b\r\n"));
  m.status = 0;
  m.method = m.cseq.method = "IN VI\r\nTE";
  CHECK(contains(encode(m), "IN%20VI%0D%0ATE "));
}

TEST_CASE("a bad request is answered with what of it can be read") {
  const auto octets = request("Max-Forwards: 999\r\nRecord-Route: <sip:p>\r\n");
  REQUIRE_FALSE(decode(octets));
  const auto answer = bad_request_response(octets, "Max-Forwards");
  REQUIRE(answer);
  CHECK(answer->status == 400);
  CHECK(answer->reason == "Max-Forwards");
  CHECK(answer->vias.size() == 1);
  CHECK(answer->from_tag() == "1");
  CHECK_FALSE(answer->to_tag().empty());
  CHECK(answer->call_id == "c1");
  CHECK(answer->cseq == CSeq{1, "MESSAGE"});
  CHECK(decode(encode(*answer)));
  CHECK(bad_request_response(octets, "x")->to_tag() == answer->to_tag());
}

TEST_CASE("a bad request without its fields, or with lines that are none, is still answered by its Via") {
  const auto sparse = bad_request_response(
      "MESSAGE x SIP/2.0\r\ngarbage\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKq\r\nTo: <<\r\n", "");
  REQUIRE(sparse);
  CHECK(sparse->reason == "Bad Request");
  CHECK(sparse->vias.at(0).branch() == "z9hG4bKq");
  const auto text = encode(*sparse);
  CHECK(contains(text, "Via: SIP/2.0/UDP h;branch=z9hG4bKq\r\n"));
  CHECK_FALSE(contains(text, "To:"));
  CHECK_FALSE(contains(text, "CSeq:"));
  CHECK(bad_request_response(request("v: SIP/9.0/UDP x\r\n"), "")->status == 400);
}

TEST_CASE("what may not be answered is not: responses, ACK, and requests without a Via") {
  CHECK_FALSE(bad_request_response(read("ok_response"), ""));
  auto ack = request();
  ack.replace(0, 7, "ACK");
  CHECK_FALSE(bad_request_response(ack, ""));
  CHECK_FALSE(bad_request_response(without(request(), "Via"), ""));
  CHECK_FALSE(bad_request_response("", ""));
  CHECK_FALSE(bad_request_response("\r\n\r\n", ""));
  CHECK_FALSE(bad_request_response("\xFF\xFE rubbish", ""));
}
