#include "body/iscomposing.hpp"

#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::UnixMs;

TEST_CASE("ISC-6: a state is written with its elements in the order of the schema, and read back") {
  Composing composing;
  composing.active = true;
  composing.last_active = UnixMs{1325412610000};
  composing.content_type = "text/plain";
  composing.refresh = 90;
  const auto text = format_composing(composing);
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\r\n"
        "  <state>active</state>\r\n"
        "  <lastactive>2012-01-01T10:10:10.000Z</lastactive>\r\n"
        "  <contenttype>text/plain</contenttype>\r\n"
        "  <refresh>90</refresh>\r\n"
        "</isComposing>\r\n");
  const auto read = parse_composing(text);
  REQUIRE(read);
  CHECK(*read == composing);
}

TEST_CASE("ISC-6: schemaLocation, prefixes and unknown elements are passed over") {
  const auto read = parse_composing(
      "<?xml version='1.0'?><c:isComposing xmlns:c='urn:ietf:params:xml:ns:im-iscomposing' "
      "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
      "xsi:schemaLocation='urn:ietf:params:xml:ns:im-composing iscomposing.xsd'>\n"
      "<c:state>idle</c:state><x:y xmlns:x='urn:x'>1</x:y>\n<c:lastactive>2003-01-27T10:43:00Z</c:lastactive>"
      "<c:refresh>0</c:refresh></c:isComposing>");
  REQUIRE(read);
  CHECK_FALSE(read->active);
  CHECK(read->last_active == UnixMs{1043664180000});
  CHECK_FALSE(read->refresh);
}

TEST_CASE("isComposing: a state that nobody defined is idle") {
  const auto read = parse_composing("<isComposing><state>thinking</state></isComposing>");
  REQUIRE(read);
  CHECK_FALSE(read->active);
}

TEST_CASE("isComposing: what is none is refused") {
  for (const auto* text : {"", "<a/>", "<isComposing/>", "<isComposing><state>active"}) {
    INFO(text);
    const auto read = parse_composing(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == Errc::malformed);
  }
  CHECK(parse_composing(std::string(kMaxComposingOctets + 1, ' ')).error().code() == Errc::too_large);
}
