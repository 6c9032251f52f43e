#include "body/recipient_list.hpp"

#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;

namespace {

Recipient to(const std::string& uri, CopyControl copy = CopyControl::to, bool anonymize = false) {
  return {uri, copy, anonymize, 1};
}

std::vector<Recipient> merge(const std::vector<Recipient>& recipients) {
  return merge_recipients(recipients, [](const std::string& uri) { return uri.substr(0, uri.find(';')); });
}

}  // namespace

TEST_CASE("PGR-42 GRP-3: a list is written flat, with who may see whom, and read back") {
  const std::vector<Recipient> list = {to("sip:bob@x.example"), to("tel:+4930123", CopyControl::cc, true),
                                       to("sip:eve@x.example", CopyControl::bcc)};
  const auto text = format_recipient_list(list);
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
        "xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\">\r\n"
        "  <list>\r\n"
        "    <entry uri=\"sip:bob@x.example\" cp:copyControl=\"to\" />\r\n"
        "    <entry uri=\"tel:+4930123\" cp:copyControl=\"cc\" cp:anonymize=\"true\" />\r\n"
        "    <entry uri=\"sip:eve@x.example\" cp:copyControl=\"bcc\" />\r\n"
        "  </list>\r\n"
        "</resource-lists>\r\n");
  const auto read = parse_recipient_list(text);
  REQUIRE(read);
  CHECK(*read == list);
}

TEST_CASE(
    "GRP-20 GRP-24: lists in lists, other prefixes, what nobody defined; without an attribute it is bcc") {
  const auto read = parse_recipient_list(
      "<rl:resource-lists xmlns:rl='urn:ietf:params:xml:ns:resource-lists' "
      "xmlns:c='urn:ietf:params:xml:ns:copycontrol'>"
      "<rl:list name='a'><rl:entry uri=' sip:a@x ' c:copyControl='TO' "
      "x='y'><rl:display-name>A</rl:display-name>"
      "</rl:entry><rl:list><rl:entry uri='sip:b@x'/><y/></rl:list></rl:list></rl:resource-lists>");
  REQUIRE(read);
  CHECK(*read == std::vector<Recipient>{to("sip:a@x"), to("sip:b@x", CopyControl::bcc)});
}

TEST_CASE("recipient list: what is none, and what would have to be fetched, is refused") {
  const auto wrapped = [](const std::string& inner) {
    return "<resource-lists><list>" + inner + "</list></resource-lists>";
  };
  for (const auto& bad :
       {std::string(), std::string("<list/>"), wrapped("<entry/>"), wrapped("<entry uri=''/>"),
        wrapped("<entry-ref ref='x'/>"), wrapped("<external anchor='http://x'/>"),
        wrapped("<entry uri='sip:a&#10;b@x'/>")}) {
    INFO(bad);
    CHECK(parse_recipient_list(bad).error().code() == Errc::malformed);
  }
  std::string deep;
  for (int i = 0; i < 20; ++i) deep = "<list>" + deep + "</list>";
  CHECK_FALSE(parse_recipient_list(wrapped(deep)));
  std::string many;
  for (std::size_t i = 0; i <= kMaxRecipients; ++i) many += "<entry uri='sip:" + std::to_string(i) + "@x'/>";
  CHECK(parse_recipient_list(wrapped(many)).error().code() == Errc::too_large);
}

TEST_CASE("PGR-43 GRP-23: each recipient once, with the strongest of to, cc and bcc") {
  CHECK(merge({to("sip:a@x", CopyControl::bcc), to("sip:b@x"), to("sip:a@x;user=phone", CopyControl::cc)}) ==
        std::vector<Recipient>{to("sip:a@x", CopyControl::cc), to("sip:b@x")});
  CHECK(merge({to("sip:a@x"), to("sip:a@x", CopyControl::to, true)}).front().anonymize);
}

TEST_CASE("PGR-43 GRP-21 GRP-22: a history has no bcc, and of the anonymous only their number") {
  CHECK(recipient_history({to("sip:a@x"), to("sip:b@x", CopyControl::bcc),
                           to("sip:c@x", CopyControl::to, true), to("sip:d@x", CopyControl::bcc, true),
                           to("sip:e@x", CopyControl::to, true), to("sip:f@x", CopyControl::cc, true)}) ==
        std::vector<Recipient>{to("sip:a@x"),
                               {"sip:anonymous@anonymous.invalid", CopyControl::to, false, 2},
                               {"sip:anonymous@anonymous.invalid", CopyControl::cc, false, 1}});
}
