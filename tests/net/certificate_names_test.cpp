#include "net/certificate_names.hpp"

#include "net/certificates.hpp"

using rcs::net::names_of_certificate;
using rcs::test::Authority;
using rcs::test::CertificateWish;

namespace {

std::string names_of(const CertificateWish& wish) {
  Authority authority;
  return names_of_certificate(authority.tls(wish)->certificate()).to_string();
}

bool bears(const std::string& alternatives, const std::string& host) {
  Authority authority;
  CertificateWish wish;
  wish.alternatives = alternatives;
  wish.common_name = "common.example";
  return names_of_certificate(authority.tls(wish)->certificate()).bear(host);
}

}  // namespace

TEST_CASE("RFC 5922 7.1: the sip URIs of a certificate count, else its DNS names, else the common name") {
  CertificateWish wish;
  wish.common_name = "Common.Example";
  std::string names;
  SECTION("sip URIs before DNS names") {
    wish.alternatives = "DNS:dns.example,URI:sip:One.Example,URI:sip:two.example";
    names = "one.example, two.example";
  }
  SECTION("URIs that do not count: of a user, of another scheme, and what is no URI") {
    wish.alternatives =
        "URI:sip:alice@one.example,URI:sips:two.example,URI:https://three.example/,"
        "URI:nonsense,DNS:dns.example";
    names = "dns.example";
  }
  SECTION("the common name only where there is no subjectAltName") {
    wish.alternatives = GENERATE("", "email:alice@one.example");
    names = wish.alternatives.empty() ? "common.example" : "nobody";
  }
  SECTION("addresses beside names, and not all are said") {
    wish.alternatives = "DNS:a.example,IP:127.0.0.1,IP:::1,DNS:b.example,DNS:c.example";
    names = "a.example, b.example, c.example and 2 more";
  }
  CHECK(names_of(wish) == names);
}

TEST_CASE("RFC 5922 7.2: names compare whole and without case") {
  CHECK(bears("DNS:Core.example", "core.EXAMPLE"));
  CHECK_FALSE(bears("DNS:core.example", "a.core.example"));
  CHECK_FALSE(bears("DNS:core.example", "example"));
  CHECK_FALSE(bears("DNS:*.example", "core.example"));
  CHECK_FALSE(bears("DNS:core.example", "common.example"));
  CHECK_FALSE(bears("DNS:core.example", ""));
}

TEST_CASE("an address is borne as an address, not as a name") {
  CHECK(bears("IP:127.0.0.1", "127.0.0.1"));
  CHECK(bears("IP:0:0:0:0:0:0:0:1", "::1"));
  CHECK_FALSE(bears("IP:127.0.0.1", "127.0.0.2"));
  CHECK_FALSE(bears("DNS:127.0.0.1", "127.0.0.1"));
}

TEST_CASE("octets that are no certificate bear no name") {
  Authority authority;
  const auto der = authority.tls({})->certificate();
  CHECK(names_of_certificate("").to_string() == "nobody");
  CHECK(names_of_certificate("nonsense").to_string() == "nobody");
  CHECK(names_of_certificate(der.substr(0, der.size() / 2)).to_string() == "nobody");
  CHECK(names_of_certificate(der).to_string() == "core.example");
}
