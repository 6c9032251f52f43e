// Documents of several devices become one (PRES-8), whatever is in them.
#include "body/pidf_elements.hpp"

#include "body/pidf.hpp"
#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;

namespace {

const std::string kTuple = "<tuple id=\"a\"><status><basic>open</basic></status></tuple>";

std::string document(const std::string& inside, const std::string& attributes = "") {
  return "<?xml version=\"1.0\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:a@b\"" +
         attributes + ">\n  " + inside + "\n</presence>\n";
}

PresenceElements taken(const std::string& xml, const std::string& prefix = "p1-") {
  auto elements = take_presence_elements(xml, prefix);
  if (!elements) FAIL(elements.error().detail());
  return *elements;
}

std::string why_not(const std::string& xml) {
  const auto elements = take_presence_elements(xml, "p1-");
  REQUIRE_FALSE(elements);
  CHECK(elements.error().code() == Errc::malformed);
  return elements.error().detail();
}

}  // namespace

TEST_CASE("PRES-8 PRES-40: two devices that chose the same id stand in one document, in the order of PIDF") {
  const auto first = taken(document("<note>away</note>" + kTuple), "p1-");
  const auto second = taken(document(kTuple), "p2-");
  const auto text = presence_document("sip:+1&2@b", {&first, &second});
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:+1&amp;2@b\">"
        "<tuple id=\"p1-a\"><status><basic>open</basic></status></tuple>"
        "<tuple id=\"p2-a\"><status><basic>open</basic></status></tuple>"
        "<note>away</note></presence>\r\n");
  const auto read = parse_pidf(text);
  REQUIRE(read);
  CHECK(read->entity == "sip:+1&2@b");
  CHECK(read->tuples.size() == 2);
}

TEST_CASE("PRES-8: of nobody there is a document without anything in it") {
  const auto read = parse_pidf(presence_document("sip:a@b", {}));
  REQUIRE(read);
  CHECK(read->entity == "sip:a@b");
  CHECK(read->tuples.empty());
}

TEST_CASE("PRES-43 PRES-44: what is not known here is kept, with the namespaces that it uses and no others") {
  const auto elements =
      taken(document("<dm:person id=\"me\"><rp:mood>x &amp; y</rp:mood></dm:person>" + kTuple,
                     " xmlns:dm=\"urn:dm\" xmlns:rp=\"urn:rp\" xmlns:op=\"urn:op\""));
  CHECK(elements.others ==
        "<dm:person id=\"p1-me\" xmlns:dm=\"urn:dm\" xmlns:rp=\"urn:rp\"><rp:mood>x &amp; "
        "y</rp:mood></dm:person>");
  CHECK(elements.tuples == "<tuple id=\"p1-a\"><status><basic>open</basic></status></tuple>");
}

TEST_CASE("PRES-43: a document with a prefix for everything means the same in one without") {
  const auto elements = taken(
      "<p:presence xmlns:p=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:a@b\"><p:tuple id=\"a\"><p:status>"
      "<p:basic>open</p:basic></p:status></p:tuple><other>x</other></p:presence>");
  CHECK(elements.tuples ==
        "<p:tuple id=\"p1-a\" xmlns:p=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns=\"\"><p:status><p:basic>open</p:basic>"
        "</p:status></p:tuple>");
  CHECK(elements.others == "<other xmlns=\"\">x</other>");
  const auto foreign = taken(
      "<p:presence xmlns:p=\"urn:ietf:params:xml:ns:pidf\" xmlns=\"urn:x\"><other>x</other></p:presence>");
  CHECK(foreign.others == "<other xmlns=\"urn:x\">x</other>");
}

TEST_CASE("PRES-40: a tuple has an id of its own and a status with something in it") {
  CHECK(why_not(document("<tuple><status><basic>open</basic></status></tuple>")) ==
        "presence: expected a tuple with an id");
  CHECK(why_not(document(kTuple + kTuple)) == "presence: expected ids that differ, got \"a\" twice");
  CHECK(why_not(document("<tuple id=\"a\"/>")) ==
        "presence: tuple \"a\": expected a status with something in it");
  CHECK(why_not(document("<tuple id=\"a\"><status>open</status></tuple>")) ==
        "presence: tuple \"a\": expected a status with something in it");
  CHECK(why_not("<presence>" + kTuple + "</presence>") ==
        "presence: expected the namespace urn:ietf:params:xml:ns:pidf");
  CHECK(why_not("<presence").starts_with("presence: "));
}

TEST_CASE("PRES-40: documents that grow have an end") {
  std::string many;
  for (std::size_t i = 0; i <= kMaxTuples; ++i)
    many += "<tuple id=\"" + std::to_string(i) + "\"><status><basic>open</basic></status></tuple>";
  const auto tuples = take_presence_elements(document(many), "p1-");
  REQUIRE_FALSE(tuples);
  CHECK(tuples.error().code() == Errc::too_large);
  // A long namespace would come along with each of many elements.
  std::string small;
  for (int i = 0; i < 190; ++i) small += "<x:y/>";
  const auto grown =
      take_presence_elements(document(small, " xmlns:x=\"urn:" + std::string(1'000, 'x') + "\""), "p1-");
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Errc::too_large);
}
