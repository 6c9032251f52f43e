#include "sip/plain_field.hpp"

#include "sip/codec.hpp"
#include "support/catch.hpp"

using namespace rcs::sip;

namespace {

/// The values of a Via field of the plain shape; none for any other.
std::vector<Via> plain_vias(std::string_view text) {
  std::vector<Via> vias;
  return read_plain_vias(text, vias) ? vias : std::vector<Via>{};
}

}  // namespace

TEST_CASE("plain fields: what peers write all day is of the plain shape") {
  CHECK(is_plain_address("<sip:bob@domain.com>;tag=abc.1_2-3"));
  CHECK(is_plain_address("\"Bob B.\" <sip:+8210@[domain]>") == false);
  CHECK(is_plain_address("\"Bob B.\" <sip:+8210@domain.com;user=phone>"));
  CHECK(is_plain_address("sip:bob@127.0.0.1:5060;tag=1"));
  CHECK(is_plain_call_id("1-2345@127.0.0.1"));
  CHECK(read_plain_max_forwards("70") == 70U);
  const auto vias = plain_vias("SIP/2.0/udp Host.example.com:5070;branch=z9hG4bK1;rport;received=10.0.0.1");
  REQUIRE(vias.size() == 1);
  CHECK(vias[0] == Via{"UDP",
                       "host.example.com",
                       5070,
                       {{"branch", "z9hG4bK1"}, {"rport", std::nullopt}, {"received", "10.0.0.1"}}});
}

TEST_CASE("plain fields: what needs the grammar is left to it") {
  for (const char* text :
       {"", "*", "Bob <sip:bob@domain.com>", "<sip:bob@domain.com>, <sip:al@domain.com>",
        "<sip:b%6Fb@domain.com>", "\"B\\\"b\" <sip:bob@domain.com>", "\"Bob\"", "<sip:bob@domain.com> ;tag=1",
        "<sip:bob@[::1]>", "<sip:bob@domain.com>;a=\"b\"", "tel:+8210"}) {
    CAPTURE(text);
    CHECK_FALSE(is_plain_address(text));
  }
  for (const char* text : {"",
                           "SIP/2.0/UDP",
                           "SIP/2.0/UDP ",
                           "SIP/2.0/UDP  a.b",
                           "SIP/2.0/UDP a.b ;rport",
                           "SIP/2.0/UDP [::1]",
                           "SIP/2.0/UDP a.b:05060",
                           "SIP/2.0/UDP a.b:0",
                           "SIP/2.0/UDP a.b:65536",
                           "SIP/2.0/UDP a.b:",
                           "SIP/2.0/UDP a.b;;x",
                           "SIP/2.0/UDP a.b;x=",
                           "SIP/2.0/UDP a.b;",
                           "SIP/2.0/UDP 1.2.3.256",
                           "SIP/2.0/UDP 1.2.3",
                           "SIP/2.0/UDP 01.2.3.4",
                           "SIP/2.0/UDP a..b",
                           "SIP/2.0/UDP -a.b",
                           "SIP/2.0/UDP a.b.",
                           "SIP / 2.0 / UDP a.b",
                           "SIP/2.0/UDP a.b , SIP/2.0/UDP c.d",
                           "SIP/2.0/UDP a.b,",
                           "SIP/2.0/UDP a.b,,SIP/2.0/UDP c.d",
                           "SIP/2.0/UDP a.b;x=\"y\"",
                           "SIP/3.0/UDP a.b",
                           "SIP/2.0/ a.b"}) {
    CAPTURE(text);
    CHECK(plain_vias(text).empty());
  }
  for (const char* text : {"", "@", "a@", "@b", "a@b@c", "a b", "<a>"}) {
    CAPTURE(text);
    CHECK_FALSE(is_plain_call_id(text));
  }
  for (const char* text : {"", "256", "0070", "-1", "7 0"}) {
    CAPTURE(text);
    CHECK_FALSE(read_plain_max_forwards(text));
  }
}

TEST_CASE("plain fields: sofia reads the same from a field that one blank takes out of the plain shape") {
  const std::string head = "OPTIONS sip:b@domain.com SIP/2.0\r\n";
  const std::string rest =
      "From: <sip:a@domain.com>;tag=1\r\nTo: <sip:b@domain.com>\r\nCall-ID: c@d\r\nCSeq: 1 OPTIONS\r\n\r\n";
  for (const std::string via :
       {"127.0.0.1:5070;branch=z9hG4bK1;rport", "Host-1.example.com;branch=z9hG4bK1",
        "localhost;ttl=1;maddr=224.0.0.1;branch=z9hG4bK1;x",
        "a.b:5070;branch=z9hG4bK1, SIP/2.0/TCP c.d;branch=z9hG4bK2,SIP/2.0/TLS e.f"}) {
    CAPTURE(via);
    REQUIRE_FALSE(plain_vias("SIP/2.0/UDP " + via).empty());
    REQUIRE(plain_vias("SIP/2.0/UDP  " + via).empty());
    const auto plain = decode(head + "Via: SIP/2.0/UDP " + via + "\r\nMax-Forwards: 7\r\n" + rest);
    const auto asked = decode(head + "Via: SIP/2.0/UDP  " + via + "\r\nMax-Forwards: 7\r\n" + rest);
    REQUIRE(plain);
    REQUIRE(asked);
    CHECK(*plain == *asked);
  }
}
