#include "body/pidf.hpp"

#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::UnixMs;

namespace {

Presence carols() {
  Presence presence;
  presence.entity = "tel:+4930123";
  PresenceTuple message;
  message.id = "a1";
  message.open = true;
  message.service_id = "org.openmobilealliance:StandaloneMsg";
  message.version = "1.0";
  message.contact = "tel:+4930123";
  PresenceTuple call;
  call.id = "a2";
  call.service_id = "org.3gpp.urn:urn-7:3gpp-service.ims.icsi.mmtel";
  call.version = "1.0";
  call.description = "<voice>";
  call.media = {true, false};
  call.timestamp = UnixMs{1325412610000};
  presence.tuples = {message, call};
  return presence;
}

}  // namespace

TEST_CASE("PRES-40 PRES-45: the services of a user are written as tuples, and read back") {
  const auto text = format_pidf(carols());
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:op=\"urn:oma:xml:prs:pidf:oma-pres\" "
        "xmlns:caps=\"urn:ietf:params:xml:ns:pidf:caps\" entity=\"tel:+4930123\">\r\n"
        "  <tuple id=\"a1\">\r\n"
        "    <status>\r\n"
        "      <basic>open</basic>\r\n"
        "    </status>\r\n"
        "    <op:service-description>\r\n"
        "      <op:service-id>org.openmobilealliance:StandaloneMsg</op:service-id>\r\n"
        "      <op:version>1.0</op:version>\r\n"
        "    </op:service-description>\r\n"
        "    <contact>tel:+4930123</contact>\r\n"
        "  </tuple>\r\n"
        "  <tuple id=\"a2\">\r\n"
        "    <status>\r\n"
        "      <basic>closed</basic>\r\n"
        "    </status>\r\n"
        "    <op:service-description>\r\n"
        "      <op:service-id>org.3gpp.urn:urn-7:3gpp-service.ims.icsi.mmtel</op:service-id>\r\n"
        "      <op:version>1.0</op:version>\r\n"
        "      <op:description>&lt;voice&gt;</op:description>\r\n"
        "    </op:service-description>\r\n"
        "    <caps:servcaps>\r\n"
        "      <caps:audio>true</caps:audio>\r\n"
        "      <caps:video>false</caps:video>\r\n"
        "    </caps:servcaps>\r\n"
        "    <timestamp>2012-01-01T10:10:10.000Z</timestamp>\r\n"
        "  </tuple>\r\n"
        "</presence>\r\n");
  const auto read = parse_pidf(text);
  REQUIRE(read);
  CHECK(*read == carols());
}

TEST_CASE("PRES-43: other prefixes, notes, persons and what nobody defined are passed over") {
  const auto read = parse_pidf(
      "<p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
      "entity=' sip:bob@x '><dm:person id='p1'><note>busy</note></dm:person><p:note>hi</p:note>"
      "<p:tuple id='t1'><p:status><p:basic> open </p:basic><x/></p:status><p:contact priority='0.8'>sip:b@x"
      "</p:contact></p:tuple></p:presence>");
  REQUIRE(read);
  CHECK(read->entity == "sip:bob@x");
  REQUIRE(read->tuples.size() == 1);
  CHECK(read->tuples[0].open);
  CHECK(read->tuples[0].service_id.empty());
  CHECK(read->tuples[0].contact == "sip:b@x");
}

TEST_CASE("PRES-40: a tuple without status is not there, one without basic is closed") {
  const auto read = parse_pidf("<presence><tuple id='a'/><tuple id='b'><status/></tuple></presence>");
  REQUIRE(read);
  REQUIRE(read->tuples.size() == 1);
  CHECK(read->tuples[0].id == "b");
  CHECK_FALSE(read->tuples[0].open);
}

TEST_CASE("presence: what is none is refused, and there is an end to it") {
  for (const auto* bad : {"", "<a/>", "<presence>", "<presence entity=a/>"}) {
    INFO(bad);
    CHECK(parse_pidf(bad).error().code() == Errc::malformed);
  }
  std::string many = "<presence>";
  for (std::size_t i = 0; i <= kMaxTuples; ++i) many += "<tuple><status/></tuple>";
  CHECK(parse_pidf(many + "</presence>").error().code() == Errc::too_large);
}
