#include "body/chat_body.hpp"

#include <algorithm>

#include "body/multipart.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::Random;
using rcs::core::UnixMs;

namespace {

ChatText hello() {
  ChatText text;
  text.message_id = "ASedjkffjksjldf";
  text.from = "sip:01087654321@domain.com";
  text.to = "sip:01012345678@domain.com";
  text.text = "Hi, I'm Jack.";
  text.date_time = UnixMs{1325412610000};
  return text;
}

Sdp offer() {
  return make_msrp_sdp({"1.1.1.2", 9, "msrp://1.1.1.2:9/s1;tcp", "message/cpim",
                        "text/plain message/imdn+xml", Setup::active, false},
                       1, 1);
}

ChatBody read(std::string_view type, std::string_view content) {
  const auto body = read_chat_body(type, content);
  REQUIRE(body);
  return *body;
}

Errc refusal(std::string_view type, std::string_view content) {
  const auto body = read_chat_body(type, content);
  REQUIRE_FALSE(body);
  return body.error().code();
}

std::string mixed(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += "--b\r\n" + part + "\r\n";
  return out + "--b--\r\n";
}

const std::string kCpimPart =
    "Content-Type: message/cpim\r\n\r\nFrom: <sip:a@x>\r\nTo: <sip:b@x>\r\n\r\nContent-Type: "
    "text/plain\r\n\r\nhi";
const std::string kSdpPart =
    "Content-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n";

// The CPIM message as the published example prints it, the line breaks put back: no blank line before
// Content-type, no zone, lengths that fit nothing.
std::string published(const std::string& content_length) {
  return "--boundary1\r\nContent-Type: message/cpim\r\nContent-Length: " + content_length +
         "\r\n\r\nFrom: <sip:01087654321@domain.com>\r\nTo: <sip:01012345678@domain.com>\r\nNS: imdn "
         "<urn:ietf:params:imdn>\r\n"
         "imdn.Message-ID: ASedjkffjksjldf\r\nDateTime: 2012-01-01T10:10:10\r\n"
         "imdn.Disposition-Notification: positive-delivery, display\r\nContent-type: text/plain\r\n\r\nHi, "
         "I'm Jack.\r\n"
         "--boundary1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 1.1.1.2\r\ns=-\r\nt=0 "
         "0\r\n--boundary1--\r\n";
}

// Text out of pieces that look like framing, 1 octet to 64 KiB long.
std::string awkward_text(Random& random) {
  static const char* const kPieces[] = {"\r\n",
                                        "\n",
                                        "\r",
                                        "\"",
                                        "'",
                                        "\\",
                                        "\\n",
                                        "--",
                                        "--b--",
                                        "From: <sip:evil@x>",
                                        "\r\n\r\n",
                                        "Content-Type: text/html",
                                        "m=message 1 TCP/MSRP *",
                                        "<",
                                        ">",
                                        ";",
                                        ": ",
                                        "\t",
                                        "\x01",
                                        "\x7f",
                                        "e",
                                        "\xc3\xa9",
                                        "\xed\x95\x9c",
                                        "\xf0\x9f\x98\x80",
                                        " "};
  std::size_t size = std::size_t{1} << random.below(17);
  size = std::min<std::size_t>(65536, 1 + random.below(size + 1));
  std::string out;
  while (out.size() < size) {
    const std::string_view piece = kPieces[random.below(std::size(kPieces))];
    if (out.size() + piece.size() <= size) {
      out += piece;
    } else {
      out += 'x';
    }
  }
  return out;
}

}  // namespace

TEST_CASE("IMDN-1: a chat text asks with Message-ID, DateTime and Disposition-Notification") {
  CHECK(format_cpim(make_chat_cpim(hello())) ==
        "NS: imdn <urn:ietf:params:imdn>\r\nFrom: <sip:01087654321@domain.com>\r\nTo: "
        "<sip:01012345678@domain.com>\r\n"
        "DateTime: 2012-01-01T10:10:10.000Z\r\nimdn.Message-ID: ASedjkffjksjldf\r\n"
        "imdn.Disposition-Notification: positive-delivery, display\r\n\r\nContent-Type: "
        "text/plain;charset=UTF-8\r\n\r\nHi, I'm Jack.");
}

TEST_CASE("IMDN-1: what is not wanted is not asked for, and nothing without a Message-ID") {
  auto text = hello();
  text.want_delivery = false;
  CHECK(*make_chat_cpim(text).imdn("Disposition-Notification") == "display");
  text.want_display = false;
  CHECK(make_chat_cpim(text).imdn("Disposition-Notification") == nullptr);
  text = hello();
  text.message_id.clear();
  CHECK(make_chat_cpim(text).imdn("Message-ID") == nullptr);
  CHECK(make_chat_cpim(text).imdn("Disposition-Notification") == nullptr);
}

TEST_CASE("CPIM-13 CPIM-14: From and To are always present, anonymous where nobody is named") {
  const auto cpim = make_chat_cpim(ChatText{});
  CHECK(cpim.from()->uri == "sip:anonymous@anonymous.invalid");
  CHECK(cpim.to()->uri == "sip:anonymous@anonymous.invalid");
}

TEST_CASE("CPIM-8: D10, a DateTime without a zone is UTC, one that can not be read is none") {
  const auto date = [](const char* value) {
    Cpim cpim;
    cpim.add("", "DateTime", value);
    return read_chat_cpim(cpim).date_time;
  };
  CHECK(date("2012-01-01T10:10:10") == UnixMs{1325412610000});
  CHECK(date("2012-01-01T19:10:10.5+09:00") == UnixMs{1325412610500});
  CHECK(date("yesterday") == std::nullopt);
}

TEST_CASE("IMDN-7: D11, blanks, case, parameters and unknown values of Disposition-Notification") {
  const auto wants = [](const char* value) {
    Cpim cpim;
    cpim.add(kImdnNamespace, "Disposition-Notification", value);
    const auto text = read_chat_cpim(cpim);
    return std::pair(text.want_delivery, text.want_display);
  };
  CHECK(wants("positive-delivery, display") == std::pair(true, true));
  CHECK(wants(" positive-delivery ,\tdisplay ") == std::pair(true, true));
  CHECK(wants("Display;x=y") == std::pair(false, true));
  CHECK(wants("negative-delivery,positive-delivery,unheard-of") == std::pair(true, false));
  CHECK(wants("positive-delivery-not,xdisplay") == std::pair(false, false));
  CHECK(wants("") == std::pair(false, false));
  CHECK(read_chat_cpim(Cpim{}).want_display == false);
}

TEST_CASE("CPIM-10: Message-ID is found by its namespace, not by its prefix") {
  const auto body = read("message/CPIM",
                         "NS: i <urn:ietf:params:imdn>\r\nNS: imdn <urn:other>\r\nimdn.Message-ID: "
                         "wrong\r\ni.Message-ID: right\r\n"
                         "i.Disposition-Notification: display\r\n\r\nContent-Type: text/plain\r\n\r\nx");
  CHECK(body.text->message_id == "right");
  CHECK(body.text->want_display);
  CHECK_FALSE(body.text->want_delivery);
}

TEST_CASE("Text of any charset, or of none, is handed on as it is") {
  const auto body = read("message/cpim", "From: <sip:a@x>\r\n\r\n\r\nlatin \xe9 \xff");
  CHECK(body.text->text == "latin \xe9 \xff");
  CHECK(body.text->content_type == "text/plain;charset=us-ascii");
}

TEST_CASE("XLAT-1: the published example of the receiver's INVITE is read (D6, D10, D11, D13, D17)") {
  for (const char* length : {"316", "255", "0", "99999999999", "many"}) {
    const auto body = read("multipart/mixed;boundary=boundary1", published(length));
    REQUIRE(body.text);
    auto expected = hello();
    expected.content_type = "text/plain";
    CHECK(*body.text == expected);
    CHECK(body.sdp);
  }
}

TEST_CASE("XLAT-3: inner lengths are those of the bytes sent") {
  Random random(1);
  auto text = hello();
  text.text = "\xed\x95\x9c\xea\xb8\x80\r\n";
  const auto made = make_chat_body({text, offer()}, random);
  const auto type = parse_media_type(made.content_type);
  REQUIRE(type);
  const auto parts = parse_multipart(made.content, *type->param("boundary"));
  REQUIRE(parts);
  REQUIRE(parts->size() == 2);
  CHECK((*parts)[0].media_type()->type == "message/cpim");
  CHECK((*parts)[1].media_type()->type == "application/sdp");
  for (const auto& part : *parts)
    CHECK(*find_mime(part.headers, "Content-Length") == std::to_string(part.content.size()));
}

TEST_CASE("MIME-1: D6, the boundary is quoted, random and in no part") {
  Random random(1);
  const auto first = make_chat_body({hello(), offer()}, random);
  const auto second = make_chat_body({hello(), offer()}, random);
  CHECK(first.content_type.find("multipart/mixed;boundary=\"") == 0);
  CHECK(first.content_type.back() == '"');
  CHECK(first.content_type != second.content_type);
  // A text that foretells the draw does not get it.
  Random foretold(9);
  const auto drawn = make_boundary({}, foretold);
  Random again(9);
  auto text = hello();
  text.text = "\r\n--" + drawn + "--\r\n";
  const auto made = make_chat_body({text, offer()}, again);
  CHECK(made.content_type.find(drawn) == std::string::npos);
  CHECK(read(made.content_type, made.content).text == text);
}

TEST_CASE("XLAT-5: SDP alone is a chat without text") {
  Random random(1);
  const auto made = make_chat_body({std::nullopt, offer()}, random);
  CHECK(made.content_type == "application/sdp");
  const auto body = read(made.content_type, made.content);
  CHECK_FALSE(body.text);
  CHECK(body.sdp == offer());
  const auto wrapped = read("multipart/mixed;boundary=b", mixed({kSdpPart}));
  CHECK_FALSE(wrapped.text);
  CHECK(wrapped.sdp);
}

TEST_CASE("Text alone and nothing at all have bodies of their own") {
  Random random(1);
  const auto made = make_chat_body({hello(), std::nullopt}, random);
  CHECK(made.content_type == "message/cpim");
  CHECK(read(made.content_type, made.content).text == hello());
  const auto none = make_chat_body({}, random);
  CHECK(none.content_type.empty());
  CHECK(none.content.empty());
  const auto body = read("", "");
  CHECK_FALSE(body.text);
  CHECK_FALSE(body.sdp);
}

TEST_CASE("CHAT-21 MIME-5: either order of parts, any multipart, nested ones") {
  for (const char* type : {"multipart/mixed;boundary=b", "Multipart/Mixed; Boundary=\"b\"",
                           "multipart/related;boundary=b", "multipart/unheard-of;boundary=b"}) {
    for (const auto& content : {mixed({kCpimPart, kSdpPart}), mixed({kSdpPart, kCpimPart})}) {
      const auto body = read(type, content);
      REQUIRE(body.text);
      CHECK(body.text->text == "hi");
      CHECK(body.sdp);
    }
  }
  const auto nested =
      "Content-Type: multipart/alternative;boundary=c\r\n\r\n--c\r\nContent-Type: "
      "text/html\r\n\r\n<p>\r\n--c\r\n" +
      kCpimPart + "\r\n--c--";
  CHECK(read("multipart/mixed;boundary=b", mixed({nested, kSdpPart})).text->text == "hi");
}

TEST_CASE("CHAT-21: of two parts of a kind the first counts") {
  auto second = kCpimPart;
  second.replace(second.size() - 2, 2, "ho");
  CHECK(read("multipart/mixed;boundary=b", mixed({kCpimPart, second, kSdpPart})).text->text == "hi");
}

TEST_CASE("MIME-6: a part that is not understood is unsupported unless its handling is optional") {
  const std::string image = "Content-Type: image/jpeg\r\n";
  CHECK(refusal("multipart/mixed;boundary=b", mixed({kCpimPart, image + "\r\n...", kSdpPart})) ==
        Errc::unsupported);
  CHECK(refusal("multipart/mixed;boundary=b",
                mixed({kCpimPart, image + "Content-Disposition: icon\r\n\r\n..."})) == Errc::unsupported);
  CHECK(refusal("multipart/mixed;boundary=b",
                mixed({image + "Content-Disposition: icon;handling=required\r\n\r\n..."})) ==
        Errc::unsupported);
  const auto body =
      read("multipart/mixed;boundary=b",
           mixed({image + "Content-Disposition: icon; Handling=OPTIONAL\r\n\r\n...", kCpimPart, kSdpPart}));
  CHECK(body.text->text == "hi");
  CHECK(body.sdp);
  const std::string vital =
      "Content-Type: message/cpim\r\n\r\nRequire: Vital\r\n\r\nContent-Type: text/plain\r\n\r\nx";
  CHECK(refusal("multipart/mixed;boundary=b", mixed({vital, kSdpPart})) == Errc::unsupported);
}

TEST_CASE("A body of another type, or one that can not be read, is refused") {
  CHECK(refusal("text/plain", "hi") == Errc::unsupported);
  CHECK(refusal("application/octet-stream", "") == Errc::unsupported);
  CHECK(refusal("multipart/alternative;boundary=b", mixed({"Content-Type: text/html\r\n\r\nx"})) ==
        Errc::unsupported);
  CHECK(refusal("", "hi") == Errc::malformed);
  CHECK(refusal("nonsense nonsense", "hi") == Errc::malformed);
  CHECK(refusal("multipart/mixed", mixed({kCpimPart})) == Errc::malformed);
  CHECK(refusal("multipart/mixed;boundary=c", mixed({kCpimPart})) == Errc::malformed);
  CHECK(refusal("multipart/mixed;boundary=b", mixed({"Content-Type: application/sdp\r\n\r\nv=1"})) ==
        Errc::malformed);
  CHECK(refusal("application/sdp", "") == Errc::malformed);
  CHECK(refusal("message/cpim", "hi") == Errc::malformed);
}

TEST_CASE("Multiparts nested without end are refused") {
  std::string content = kSdpPart;
  for (int i = 0; i < 4; ++i) {
    const std::string boundary(1, static_cast<char>('p' + i));
    content = "Content-Type: multipart/mixed;boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n" +
              content + "\r\n--" + boundary + "--";
  }
  CHECK(refusal("multipart/mixed;boundary=b", mixed({content})) == Errc::too_large);
}

TEST_CASE("XLAT-1 XLAT-2: text, ids and addresses come back byte for byte") {
  Random random(2026);
  for (int round = 0; round < 400; ++round) {
    ChatText text = hello();
    text.text = awkward_text(random);
    text.message_id = random.token(1 + random.below(64));
    text.from = "sip:+82" + std::to_string(random.below(100000000)) + "@domain.com;user=phone";
    text.to = "tel:+82" + std::to_string(random.below(100000000));
    text.date_time = UnixMs{static_cast<std::int64_t>(random.below(4102444800000))};
    text.want_delivery = random.below(2) == 0;
    text.want_display = random.below(2) == 0;
    CAPTURE(round, text.text.size());
    const auto made = make_chat_body({text, offer()}, random);
    REQUIRE_FALSE(rcs::core::has_control(made.content_type));
    const auto body = read_chat_body(made.content_type, made.content);
    REQUIRE(body);
    REQUIRE(body->text == text);
    REQUIRE(body->sdp == offer());
  }
}

TEST_CASE("XLAT-2: hostile ids and addresses do not break the framing") {
  Random random(77);
  for (int round = 0; round < 400; ++round) {
    ChatText text;
    text.message_id = awkward_text(random).substr(0, 200);
    text.from = awkward_text(random).substr(0, 200);
    text.to = awkward_text(random).substr(0, 200);
    text.content_type = "text/plain" + awkward_text(random).substr(0, 200);
    text.text = "the text";
    CAPTURE(round);
    const auto cpim = parse_cpim(format_cpim(make_chat_cpim(text)));
    // A cut character makes the header no UTF-8 and so unreadable; it never makes it say something else.
    if (!rcs::core::is_utf8(text.message_id) || !rcs::core::is_utf8(text.from) ||
        !rcs::core::is_utf8(text.to)) {
      REQUIRE_FALSE(cpim);
      continue;
    }
    REQUIRE(cpim);
    REQUIRE(cpim->headers == make_chat_cpim(text).headers);
    REQUIRE(cpim->content.content == "the text");
  }
}
