#include "ims/directory.hpp"
#include "support/catch.hpp"

using namespace rcs;
using ims::canonical_number;

namespace {

const ims::NumberPlan kKorea{
    .country_code = "82", .trunk_prefix = "0", .international_prefixes = {"00", "001", "002"}};

sip::Uri uri(const std::string& text) {
  auto parsed = sip::parse_uri(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("NUM-1 NUM-2: the table of canonical forms") {
  CHECK(canonical_number("01087654321", kKorea) == "+821087654321");
  CHECK(canonical_number("010-8765-4321", kKorea) == "+821087654321");
  CHECK(canonical_number("(010) 8765.4321", kKorea) == "+821087654321");
  CHECK(canonical_number("+82 10 8765 4321", kKorea) == "+821087654321");
  CHECK(canonical_number("0082108765 4321", kKorea) == "+821087654321");
  CHECK(canonical_number("002821087654321", kKorea) == "+821087654321");
  CHECK(canonical_number("+82-10-8765-4321", kKorea) == "+821087654321");
  CHECK(canonical_number("114", kKorea).empty());
  CHECK(canonical_number("*123#", kKorea).empty());
  CHECK(canonical_number("alice", kKorea).empty());
  CHECK(canonical_number("", kKorea).empty());
  CHECK(canonical_number("++8210876543", kKorea).empty());
  CHECK(canonical_number(std::string(500, '1'), kKorea).empty());
  CHECK(canonical_number("01087654321", {}) == "01087654321");
  CHECK(canonical_number("010-8765-4321", {}) == "01087654321");
}

TEST_CASE("SIM-14 REG-6 NUM-4 NUM-6: tel and sip forms of one subscriber are one user") {
  ims::Directory directory({.domain = "Domain.com", .numbers = kKorea});
  const auto user = directory.user(uri("sip:01087654321@domain.com"));
  CHECK(user);
  CHECK(directory.user(uri("sip:+821087654321@domain.com;user=phone")) == user);
  CHECK(directory.user(uri("sip:+82-10-8765-4321@DOMAIN.COM;user=phone")) == user);
  CHECK(directory.user(uri("tel:+82-10-8765-4321")) == user);
  CHECK(directory.user(uri("sip:%30%31087654321@domain.com")) == user);
  CHECK(directory.name(user) == "+821087654321");
  CHECK(directory.tel_identity(user).to_string() == "tel:+821087654321");
  CHECK(directory.identity(user).to_string() == "sip:+821087654321@domain.com");
}

TEST_CASE("NUM-5 NUM-10: users that are not the same stay apart") {
  ims::Directory directory({.numbers = kKorea});
  const auto alice = directory.user(uri("sip:alice@domain.com"));
  CHECK(alice != directory.user(uri("sip:Alice@domain.com")));
  CHECK(directory.user(uri("tel:+12015550123")) != directory.user(uri("sip:02015550123@domain.com")));
  CHECK(directory.user(uri("sip:alice@elsewhere.com")) == ims::kForeignUser);
  CHECK(directory.user(uri("sip:domain.com")) == ims::kForeignUser);
  CHECK(directory.user(uri("tel:114")) == ims::kForeignUser);
  CHECK_FALSE(directory.is_known(ims::kForeignUser));
  CHECK_FALSE(directory.is_known(ims::UserId{}));
  CHECK(directory.name(ims::kForeignUser).empty());
}

TEST_CASE("NUM-8: without a country code local numbers are taken as they are") {
  ims::Directory directory(ims::DirectoryConfig{});
  const auto user = directory.user(uri("sip:010-8765-4321@domain.com"));
  CHECK(directory.name(user) == "01087654321");
  CHECK(directory.tel_identity(user).scheme.empty());
}

TEST_CASE("the address of a node names the domain as well, and provisioned users are the only known ones") {
  ims::Directory directory({.users = {"01087654321", "sip:bob@domain.com"}});
  const auto node = directory.add_node("o-cscf", {"10.0.0.1", 5060});
  CHECK(directory.node_at("10.0.0.1", 5060) == node);
  CHECK(directory.node_at("10.0.0.1", 0) == node);
  CHECK(directory.node_at("10.0.0.1", 5061) == ims::kOutside);
  CHECK(directory.node_named("o-cscf") == node);
  CHECK_FALSE(directory.node_named("nobody"));
  CHECK(directory.user(uri("sip:bob@10.0.0.1:5060")) == directory.user(uri("sip:bob@domain.com")));
  CHECK(directory.is_known(directory.user(uri("sip:bob@domain.com"))));
  CHECK(directory.is_known(directory.user(uri("sip:010-8765-4321@domain.com"))));
  CHECK_FALSE(directory.is_known(directory.user(uri("sip:eve@domain.com"))));
  CHECK(directory.route_to(node).to_string() == "<sip:10.0.0.1:5060;lr>");
}

TEST_CASE("an IPv6 node stands in brackets in URIs and is found either way") {
  ims::Directory directory(ims::DirectoryConfig{});
  const auto node = directory.add_node("o-cscf", {"[::1]", 5060});
  CHECK(directory.address(node).host == "::1");
  CHECK(directory.node_at("[::1]", 5060) == node);
  CHECK(directory.node_at("::1", 5060) == node);
  CHECK(directory.route_to(node).to_string() == "<sip:[::1]:5060;lr>");
}
