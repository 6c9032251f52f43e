#include "body/rlmi.hpp"

#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;

namespace {

Rlmi friends() {
  Rlmi list;
  list.uri = "sip:bob@domain.com;pres-list=rcs";
  list.version = 1;
  list.full_state = true;
  list.resources = {
      {"sip:carol@domain.com", {{"a1", RlmiState::active, "", "c1@ps.domain.com"}}},
      {"tel:+4930123", {{"b1", RlmiState::terminated, "noresource", ""}, {"b2", RlmiState::pending, "", ""}}},
      {"sip:erin@domain.com", {}}};
  return list;
}

}  // namespace

TEST_CASE("PRES-101 PRES-103: the state of a list is written, and read back") {
  const auto text = format_rlmi(friends());
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:bob@domain.com;pres-list=rcs\" version=\"1\" "
        "fullState=\"true\">\r\n"
        "  <resource uri=\"sip:carol@domain.com\">\r\n"
        "    <instance id=\"a1\" state=\"active\" cid=\"c1@ps.domain.com\" />\r\n"
        "  </resource>\r\n"
        "  <resource uri=\"tel:+4930123\">\r\n"
        "    <instance id=\"b1\" state=\"terminated\" reason=\"noresource\" />\r\n"
        "    <instance id=\"b2\" state=\"pending\" />\r\n"
        "  </resource>\r\n"
        "  <resource uri=\"sip:erin@domain.com\" />\r\n"
        "</list>\r\n");
  const auto read = parse_rlmi(text);
  REQUIRE(read);
  CHECK(*read == friends());
}

TEST_CASE("PRES-102 PRES-104: other prefixes, names and unknown states are passed over") {
  const auto read = parse_rlmi(
      "<r:list xmlns:r='urn:ietf:params:xml:ns:rlmi' uri='sip:l@x' version=' 7 ' fullState='0'><r:name>all"
      "</r:name><r:resource uri=' sip:a@x '><r:name>a</r:name><r:instance id='1' state='asleep' reason='x'/>"
      "<r:instance id='2' state='Terminated' reason='NoResource'/></r:resource></r:list>");
  REQUIRE(read);
  CHECK(read->version == 7);
  CHECK_FALSE(read->full_state);
  REQUIRE(read->resources.size() == 1);
  CHECK(read->resources[0].uri == "sip:a@x");
  REQUIRE(read->resources[0].instances.size() == 2);
  CHECK(read->resources[0].instances[0] == RlmiInstance{"1", RlmiState::pending, "", ""});
  CHECK(read->resources[0].instances[1] == RlmiInstance{"2", RlmiState::terminated, "noresource", ""});
}

TEST_CASE("PRES-101: what is no list is refused") {
  for (const auto* bad :
       {"", "<lists version='1'/>", "<list/>", "<list version='-1'/>", "<list version='1'>",
        "<list version='1'><resource/></list>", "<list version='1'><resource uri='sip:a&#10;b@x'/></list>"}) {
    INFO(bad);
    const auto read = parse_rlmi(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == Errc::malformed);
  }
}

TEST_CASE("PRES-101: there is an end to members, to their instances and to octets") {
  const auto list_of = [](std::size_t resources, std::size_t instances) {
    std::string text = "<list version='1'>";
    for (std::size_t i = 0; i < resources; ++i) {
      text += "<resource uri='a:b'>";
      for (std::size_t n = 0; n < instances; ++n) text += "<instance/>";
      text += "</resource>";
    }
    return text + "</list>";
  };
  CHECK(parse_rlmi(list_of(kMaxRlmiResources, 2)));
  CHECK(parse_rlmi(list_of(kMaxRlmiResources + 1, 0)).error().code() == Errc::too_large);
  CHECK(parse_rlmi(list_of(1, kMaxRlmiInstances + 1)).error().code() == Errc::too_large);
  CHECK(parse_rlmi(list_of(1, 0) + std::string(kMaxRlmiOctets, ' ')).error().code() == Errc::too_large);
}
