// One message to several as octets: what a list server reads, what it makes of it, and what a device keeps.
#include "body/list_message.hpp"

#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::Random;

namespace {

const Part kText{{{"Content-Type", "text/plain;charset=UTF-8"}}, "Hello, all of you."};
const std::vector<Recipient> kTo = {{"sip:bob@x.example", CopyControl::to, false, 1},
                                    {"sip:eve@x.example", CopyControl::bcc, false, 1}};

/// multipart/mixed of parts as they are written.
TypedBody mixed(const std::vector<std::string>& parts) {
  std::string content;
  for (const auto& part : parts) content += "--b\r\n" + part + "\r\n";
  return {"multipart/mixed;boundary=b", content + "--b--\r\n"};
}

std::string list_part(const std::string& disposition = "recipient-list",
                      const std::string& type = std::string(kRecipientListType)) {
  return "Content-Type: " + type + "\r\nContent-Disposition: " + disposition + "\r\n\r\n" +
         format_recipient_list(kTo);
}

const std::string kPlain = "Content-Type: text/plain\r\n\r\nhello";
const std::string kPicture = "Content-Type: image/png\r\n\r\nPNG";
const std::string kSparePicture =
    "Content-Type: image/png\r\nContent-Disposition: icon;handling=optional\r\n\r\nPNG";

Errc error_of(const TypedBody& body) {
  const auto read = read_list_message(body.content_type, body.content);
  REQUIRE_FALSE(read);
  return read.error().code();
}

}  // namespace

TEST_CASE("PGR-42: a message and its list are written as two parts, and read back with every octet") {
  Random random(1);
  Part message = kText;
  message.content = std::string("one\r\n--b\r\ntwo\0three", 19);
  message.headers.push_back({"Content-Disposition", "render"});
  const auto body = make_list_message(message, kTo, random);
  CHECK(body.content_type.starts_with("multipart/mixed;boundary=\""));
  CHECK(body.content.find("Content-Disposition: recipient-list\r\n") != std::string::npos);
  const auto read = read_list_message(body.content_type, body.content);
  REQUIRE(read);
  CHECK(read->message == message);
  CHECK(read->to == kTo);
}

TEST_CASE("PGR-42: the order of the parts means nothing, and what is optional may be skipped (MIME-6)") {
  for (const auto& parts : {std::vector<std::string>{kPlain, list_part()},
                            {list_part(), kPlain},
                            {kSparePicture, kPlain, list_part()},
                            {kPlain, list_part("Recipient-List;x=1"), kSparePicture}}) {
    const auto body = mixed(parts);
    const auto read = read_list_message(body.content_type, body.content);
    REQUIRE(read);
    CHECK(read->message.content == "hello");
    CHECK(read->to.size() == 2);
  }
}

TEST_CASE("PGR-42: a body that is no message to a list is refused with the reason") {
  CHECK(error_of({"text/plain", "hello"}) == Errc::malformed);
  CHECK(error_of({"multipart/mixed", "hello"}) == Errc::malformed);
  CHECK(error_of(mixed({kPlain})) == Errc::malformed);
  CHECK(error_of(mixed({list_part()})) == Errc::malformed);
  CHECK(error_of(mixed({kPlain, list_part(), list_part()})) == Errc::malformed);
  CHECK(error_of(mixed({kPlain, kPicture, list_part()})) == Errc::unsupported);
  CHECK(error_of(mixed({kPlain, list_part("recipient-list", "text/uri-list")})) == Errc::unsupported);
  // What went to others is no list of those to send it to.
  CHECK(error_of(mixed({kPlain, list_part("recipient-list-history")})) == Errc::malformed);
}

TEST_CASE("PGR-42 MIME-6: the history is for those who can read it; the message stands without it") {
  Random random(1);
  const auto body = add_list_history(kText, kTo, random);
  CHECK(body.content.find("Content-Disposition: recipient-list-history;handling=optional\r\n") !=
        std::string::npos);
  const auto message = take_message_part(body.content_type, body.content);
  REQUIRE(message);
  REQUIRE(*message);
  CHECK(**message == kText);

  const auto alone = take_message_part("text/plain", "hello");
  REQUIRE(alone);
  CHECK_FALSE(*alone);
  const auto strange = mixed({kPlain, kPicture});
  const auto refused = take_message_part(strange.content_type, strange.content);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::unsupported);
  const auto spare = mixed({kSparePicture, kPlain, kSparePicture});
  const auto taken = take_message_part(spare.content_type, spare.content);
  REQUIRE(taken);
  CHECK((*taken)->content == "hello");
}
