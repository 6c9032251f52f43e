#include "body/imdn.hpp"

#include "body/multipart.hpp"
#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;

namespace {

const std::string kDelivered =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
    "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n"
    "  <message-id>34jk324j</message-id>\r\n"
    "  <datetime>2012-01-01T10:10:10.000Z</datetime>\r\n"
    "  <delivery-notification>\r\n"
    "    <status>\r\n"
    "      <delivered />\r\n"
    "    </status>\r\n"
    "  </delivery-notification>\r\n"
    "</imdn>\r\n";

Imdn delivered() {
  Imdn imdn;
  imdn.message_id = "34jk324j";
  imdn.date_time = "2012-01-01T10:10:10.000Z";
  return imdn;
}

std::string with_root(const std::string& inside) {
  return "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">" + inside + "</imdn>";
}

}  // namespace

TEST_CASE("IMDN-3: a notification names the message and its time, as they were") {
  CHECK(format_imdn(delivered()) == kDelivered);
  const auto read = parse_imdn(kDelivered);
  REQUIRE(read);
  CHECK(*read == delivered());
}

TEST_CASE("IMDN: every kind and status comes back") {
  for (const auto kind : {ImdnKind::delivery, ImdnKind::display, ImdnKind::processing}) {
    for (int status = 0; status <= static_cast<int>(ImdnStatus::error); ++status) {
      auto imdn = delivered();
      imdn.kind = kind;
      imdn.status = static_cast<ImdnStatus>(status);
      imdn.recipient_uri = "sip:01012345678@domain.com";
      imdn.original_recipient_uri = "tel:+821012345678";
      imdn.subject = "<&> \"' ü";
      const auto read = parse_imdn(format_imdn(imdn));
      REQUIRE(read);
      CHECK(*read == imdn);
    }
  }
}

TEST_CASE("IMDN: other prefixes, other orders, nested elements and unknown ones are taken") {
  const auto read = parse_imdn(
      "<i:imdn xmlns:i='urn:ietf:params:xml:ns:imdn' xmlns:x='urn:x'><x:more>1</x:more>"
      "<i:display-notification><i:status><x:new/><i:displayed/></i:status></i:display-notification>"
      "<i:recipient-uri>sip:a@b<i:original-recipient-uri>tel:1</i:original-recipient-uri></i:recipient-uri>"
      "<i:message-id>\n abc \n</i:message-id></i:imdn>");
  REQUIRE(read);
  CHECK(read->message_id == "abc");
  CHECK(read->kind == ImdnKind::display);
  CHECK(read->status == ImdnStatus::displayed);
  CHECK(read->recipient_uri == "sip:a@b");
  CHECK(read->original_recipient_uri == "tel:1");
  const auto unknown = parse_imdn(with_root(
      "<message-id>1</message-id><delivery-notification><status><lost/></status></delivery-notification>"));
  REQUIRE(unknown);
  CHECK(unknown->status == ImdnStatus::error);
}

TEST_CASE("IMDN: what is none is refused, with words that name the wish") {
  const auto code = [](const std::string& text) {
    const auto read = parse_imdn(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().detail().starts_with("IMDN: "));
    return read.error().code();
  };
  CHECK(code("") == Errc::malformed);
  CHECK(code("<imdn>") == Errc::malformed);
  CHECK(code("<imdn/>") == Errc::malformed);  // no namespace
  CHECK(code(with_root("<message-id>1</message-id>")) == Errc::malformed);
  CHECK(code(with_root("<delivery-notification/>")) == Errc::malformed);
  CHECK(code(with_root("<message-id>\xff</message-id><delivery-notification/>")) == Errc::malformed);
  CHECK(code(std::string(kMaxImdnOctets + 1, ' ')) == Errc::too_large);
}

TEST_CASE("IMDN: entities of a document type are not expanded") {
  const auto read = parse_imdn("<!DOCTYPE imdn [<!ENTITY a \"aaaaaaaaaa\">]>" +
                               with_root("<message-id>&a;</message-id><display-notification/>"));
  if (read) CHECK(read->message_id == "&a;");
}

TEST_CASE("IMDN: elements nested without end neither overflow nor are taken") {
  std::string deep = "<message-id>1</message-id>";
  for (int i = 0; i < 3000; ++i) deep += "<subject>";
  for (int i = 0; i < 3000; ++i) deep += "</subject>";
  const auto read = parse_imdn(with_root(deep + "<display-notification/>"));
  REQUIRE(read);
  CHECK(read->subject.empty());
}

TEST_CASE("IMDN-2 and IMDN-5: in CPIM a notification has an id of its own and asks for none") {
  ImdnMessage message;
  message.message_id = "own";
  message.to = "sip:01087654321@domain.com";
  message.date_time = rcs::core::UnixMs{1325412610000};
  message.imdn = delivered();
  const auto text = format_cpim(make_imdn_cpim(message));
  const auto cpim = parse_cpim(text);
  REQUIRE(cpim);
  CHECK(*cpim->imdn("Message-ID") == "own");
  CHECK(cpim->imdn("Disposition-Notification") == nullptr);
  CHECK(cpim->from()->uri == "sip:anonymous@anonymous.invalid");
  CHECK(*find_mime(cpim->content.headers, "Content-Disposition") == "notification");
  const auto read = read_imdn_cpim(*cpim);
  REQUIRE(read);
  CHECK(*read == std::vector<Imdn>{delivered()});
}

TEST_CASE("IMDN-10: several notifications in one multipart are all read") {
  auto second = delivered();
  second.message_id = "other";
  std::vector<Part> parts(3);
  parts[0].headers = {{"Content-Type", "message/imdn+xml"}};
  parts[0].content = format_imdn(delivered());
  parts[1].headers = {{"Content-Type", "text/plain"}};
  parts[1].content = "a word";
  parts[2].headers = {{"Content-Type", "Message/IMDN+xml"}};
  parts[2].content = format_imdn(second);
  rcs::core::Random random(1);
  const auto boundary = make_boundary(parts, random);
  Cpim cpim;
  cpim.content.headers = {{"Content-Type", "multipart/mixed;boundary=\"" + boundary + "\""}};
  cpim.content.content = format_multipart(parts, boundary);
  const auto read = read_imdn_cpim(cpim);
  REQUIRE(read);
  CHECK(*read == std::vector<Imdn>{delivered(), second});
}

TEST_CASE("IMDN: a CPIM message of another type holds none") {
  Cpim cpim;
  cpim.content.headers = {{"Content-Type", "text/plain"}};
  cpim.content.content = kDelivered;
  const auto read = read_imdn_cpim(cpim);
  REQUIRE(read);
  CHECK(read->empty());
}
