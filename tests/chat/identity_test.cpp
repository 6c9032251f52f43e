#include "chat/identity.hpp"

#include "core/random.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;

namespace {

UserKey key(const char* uri) {
  const auto parsed = sip::parse_uri(uri);
  REQUIRE(parsed);
  return key_of(*parsed);
}

sip::Message invite_from(const char* from) {
  sip::Message m;
  m.method = "INVITE";
  m.from = *sip::parse_name_addr(from);
  return m;
}

}  // namespace

TEST_CASE("tel and sip forms of a number have one user part in their keys") {
  CHECK(key("tel:+82-10-8765-4321").user == "+821087654321");
  CHECK(key("sip:+821087654321@domain.com;user=phone").user == "+821087654321");
  CHECK(key("sip:+82-10-8765-4321@domain.com").user == "+821087654321");
  CHECK(key("sip:+821087654321;phone-context=x@domain.com").user == "+821087654321");
  CHECK(key("tel:+821087654321").domain.empty());
  CHECK(key("tel:114;phone-context=+82") != key("tel:114;phone-context=+81"));
  CHECK(key("sip:a@Domain.COM").domain == "domain.com");
  CHECK(key("sip:mary-ann@d").user == "mary-ann");
  CHECK(key("sip:Alice@d").user == "Alice");
}

TEST_CASE("XLAT-2: text for a header is one line of whole UTF-8 characters") {
  CHECK(one_line("title", 100) == "title");
  CHECK(one_line("a\r\nVia: evil", 100) == "a Via: evil");
  CHECK(one_line("a\rb\nc\td\x7f"
                 "e",
                 100) == "a b c d e");
  CHECK(one_line(std::string("a\0b", 3), 100) == "a b");
  CHECK(one_line("\r\n x \r\n", 100) == "x");
  CHECK(one_line("\xEC\x95\x88\xEB\x85\x95", 100) == "\xEC\x95\x88\xEB\x85\x95");
  CHECK(one_line("\xEC\x95\x88\xEB\x85\x95", 5) == "\xEC\x95\x88");
  CHECK(one_line("a\xFF"
                 "b",
                 100) ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(one_line("a\xEC\x95", 100) == "a\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(one_line("", 100).empty());
  CHECK(one_line(std::string(2000, 'x'), kMaxSubject).size() == kMaxSubject);
}

TEST_CASE("XLAT-2: any octets make a line without controls, in UTF-8, within the limit") {
  core::Random random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    const auto length = random.below(80);
    for (std::uint64_t j = 0; j < length; ++j) text.push_back(static_cast<char>(random.below(256)));
    const auto max = random.below(60);
    const auto line = one_line(text, max);
    CAPTURE(core::quoted(text, 400), max);
    REQUIRE_FALSE(core::has_control(line));
    REQUIRE(core::is_utf8(line));
    REQUIRE(line.size() <= max);
  }
}

TEST_CASE("the SIP value of Reason is read, other protocols are not") {
  sip::Message m;
  CHECK_FALSE(cause_of(m));
  m.add_header("Reason", "Q.850;cause=16;text=\"x, SIP;cause=200\"");
  CHECK_FALSE(cause_of(m));
  m.add_header("Reason", "preemption;cause=1, SIP ;cause=603 ;text=\"Decl\\\"ined, really; yes\"");
  REQUIRE(cause_of(m));
  CHECK(cause_of(m)->code == 603);
  CHECK(cause_of(m)->text == "Decl\"ined, really; yes");
  for (const char* bad : {"SIP", "SIP;cause", "SIP;cause=abc", "SIP;cause=99999999999", "SIP;cause=7", ";;;",
                          "", "SIP;cause=-1"}) {
    sip::Message b;
    b.add_header("Reason", bad);
    CAPTURE(bad);
    CHECK_FALSE(cause_of(b));
  }
}

TEST_CASE("Retry-After is read up to its comment and bounded") {
  const auto read = [](const char* value) {
    sip::Message m;
    m.add_header("Retry-After", value);
    return retry_after(m);
  };
  CHECK(read("120") == 120U);
  CHECK(read("18000;duration=3600") == 18000U);
  CHECK(read("120 (in a meeting)") == 120U);
  CHECK(read("4294967295") == 86400U);
  CHECK_FALSE(read("99999999999"));
  CHECK_FALSE(read("soon"));
  CHECK_FALSE(retry_after(sip::Message{}));
}

TEST_CASE("CHAT-40: the sender of a deferred INVITE is Referred-By, else CPIM From, never the store") {
  auto plain = invite_from("\"Alice\" <sip:alice@domain.com>;tag=1");
  plain.add_header("Referred-By", "<sip:mallory@domain.com>");
  CHECK(sender_of(plain, "").uri == "sip:alice@domain.com");
  CHECK(sender_of(plain, "").display == "Alice");
  CHECK_FALSE(sender_of(plain, "").deferred);

  auto stored = invite_from("<sip:rcse-standfw@domain.com>;tag=1");
  stored.add_header("P-Asserted-Identity", "<sip:rcse-standfw@domain.com>");
  SECTION("Referred-By") {
    stored.add_header("Referred-By", "<sip:alice@domain.com>;cid=\"x\"");
    CHECK(sender_of(stored, "sip:other@domain.com").uri == "sip:alice@domain.com");
    CHECK(sender_of(stored, "").deferred);
  }
  SECTION("CPIM From") {
    CHECK(sender_of(stored, "sip:alice@domain.com").uri == "sip:alice@domain.com");
    CHECK(sender_of(stored, "tel:+821087654321").uri == "tel:+821087654321");
  }
  SECTION("a store that names itself everywhere") {
    stored.add_header("Referred-By", "<sip:RCSE-standfw@domain.com>");
    CHECK(sender_of(stored, "sip:rcse-standfw@domain.com").uri == "sip:anonymous@anonymous.invalid");
  }
  SECTION("anonymous or broken CPIM From falls back to From") {
    auto by_pai = invite_from("<sip:alice@domain.com>;tag=1");
    by_pai.add_header("P-Asserted-Identity", "<sip:rcse-standfw@domain.com>, <tel:+1>");
    CHECK(sender_of(by_pai, "sip:anonymous@anonymous.invalid").uri == "sip:alice@domain.com");
    CHECK(sender_of(by_pai, "\r\nnot a uri").uri == "sip:alice@domain.com");
    CHECK(sender_of(by_pai, "").deferred);
  }
}
