#include "gateway/identity.hpp"

#include "support/catch.hpp"

using namespace rcs;
using gateway::Config;
using gateway::read_identity;

namespace {

Config korea() {
  Config config;
  config.country_code = "82";
  config.trunk_prefix = "0";
  config.international_prefixes = {"00", "001", "002"};
  return config;
}

std::string key(std::string_view text, const Config& config) {
  const auto identity = read_identity(text, config);
  return identity ? identity->key : "refused";
}

}  // namespace

TEST_CASE("API-120 API-121 NUM-1 NUM-2 NUM-6: all forms of one number are one key") {
  const auto text = GENERATE(
      as<std::string>(), "01087654321", "010-8765-4321", "(010) 8765.4321", "+82 10 8765 4321",
      "+821087654321", "0082108765 4321", "001821087654321", "tel:+82-10-8765-4321",
      "tel:010-8765-4321;phone-context=+82", "tel:10-8765-4321;phone-context=+82",
      "sip:01087654321@domain.com", "sip:01087654321@DOMAIN.com", "SIP:+821087654321@domain.com;user=phone",
      "sip:+82-10-8765-4321@domain.com;user=phone", "sips:%2B821087654321@domain.com:5061",
      "sip:010-8765-4321;phone-context=+82@domain.com;user=phone");
  CAPTURE(text);
  CHECK(key(text, korea()) == "+821087654321");
}

TEST_CASE("NUM-10: other countries' numbers stay distinct") {
  CHECK(key("+1 201 555 0123", korea()) == "+12015550123");
  CHECK(key("0012015550123", korea()) != key("02015550123", korea()));
  CHECK(key("tel:201-555-0123;phone-context=+1", korea()) == "+12015550123");
  CHECK(read_identity("+12015550123", korea())->shown == "+12015550123");
}

TEST_CASE("API-121: without a country a number is its digits") {
  const Config config;
  CHECK(key("01087654321", config) == "01087654321");
  CHECK(key("010-8765-4321", config) == "01087654321");
  CHECK(key("+821087654321", config) == "+821087654321");
  CHECK(key("1", config) == "1");
}

TEST_CASE("API-122 API-123 NUM-3 NUM-4 NUM-7: forms that go out") {
  auto config = korea();
  auto identity = *read_identity("+821087654321", config);
  CHECK(identity.shown == "01087654321");
  CHECK(identity.sip == "sip:+821087654321@domain.com;user=phone");
  CHECK(identity.uri == identity.sip);
  config.id_form = gateway::IdForm::e164;
  config.uri_form = gateway::UriForm::tel;
  identity = *read_identity("01087654321", config);
  CHECK(identity.shown == "+821087654321");
  CHECK(identity.uri == "tel:+821087654321");
  CHECK(identity.sip == "sip:+821087654321@domain.com;user=phone");

  Config plain;
  CHECK(read_identity("01087654321", plain)->uri == "sip:01087654321@domain.com");
  plain.uri_form = gateway::UriForm::tel;
  CHECK(read_identity("01087654321", plain)->uri == "tel:01087654321;phone-context=domain.com");
  CHECK(read_identity("alice", plain)->uri == "sip:alice@domain.com");
}

TEST_CASE("API-124 NUM-9: what is no id is refused and never reaches SIP") {
  const auto text = GENERATE(as<std::string>(), "", "-", "+", "..", "a b", "a@b", "alice@domain.com", "*123#",
                             "a\r\nVia: x", "sip:", "sip:@domain.com", "sip:alice", "sip:alice@", "sip:a@b@c",
                             "sip:alice@do main", "sip:al%0Dice@domain.com", "sip:alice@domain.com:99999999",
                             "tel:alice", "tel:", "<sip:alice@domain.com>", "a/b", "a;b", "a%41", "é",
                             "sip:alice@evil.com", "sip:+821087654321@evil.com");
  CAPTURE(text);
  CHECK(key(text, Config()) == "refused");
  CHECK(key(std::string(65, 'a'), Config()) == "refused");
  CHECK(key(std::string(100'000, '1'), Config()) == "refused");
  CHECK(key(std::string(64, 'a'), Config()) == std::string(64, 'a'));
}

TEST_CASE("NUM-2: services and overlong numbers are not subscribers") {
  CHECK(key("114", korea()) == "refused");
  CHECK(key("0114", korea()) == "refused");
  CHECK(key("1087654321", korea()) == "refused");
  CHECK(key("+1234567890123456", korea()) == "refused");
  CHECK(key("+012345678", korea()) == "refused");
  CHECK(key("tel:1234;phone-context=+x", korea()) == "refused");
  CHECK(key("tel:1234;phone-context=elsewhere.com", Config()) == "refused");
}

TEST_CASE("NUM-8: raw ids stay as they are, but are held to the same letters") {
  auto config = korea();
  config.raw_ids = true;
  CHECK(key("01087654321", config) == "01087654321");
  CHECK(key("010-8765-4321", config) == "010-8765-4321");
  CHECK(read_identity("01087654321", config)->uri == "sip:01087654321@domain.com");
  CHECK(key("(010) 8765", config) == "refused");
  CHECK(key("1\r\n2", config) == "refused");
}

TEST_CASE("API-124: foreign domains when allowed keep their host") {
  Config config;
  config.allow_foreign_domains = true;
  const auto identity = *read_identity("sip:alice@Other.COM", config);
  CHECK(identity.key == "alice@other.com");
  CHECK(identity.uri == "sip:alice@other.com");
  CHECK(key("sip:+12015550123@other.com", config) == "+12015550123");
}

TEST_CASE("Table 2: the sender is shown as a user part") {
  const Config config;
  CHECK(gateway::shown_sender("sip:01087654321@domain.com", config) == "01087654321");
  CHECK(gateway::shown_sender("sip:+821087654321@domain.com;user=phone", korea()) == "01087654321");
  CHECK(gateway::shown_sender("tel:+821087654321", korea()) == "01087654321");
  CHECK(gateway::shown_sender("sip:alice@evil.com", config) == "alice@evil.com");
  CHECK(gateway::shown_sender("sip:%3Cb%3E@domain.com", config) == "<b>");
  CHECK(gateway::shown_sender("garbage", config) == "garbage");
  CHECK(gateway::shown_sender("", config).empty());
}

TEST_CASE("API-66: names of devices") {
  CHECK(gateway::is_device_name("phone-1_a.b"));
  CHECK_FALSE(gateway::is_device_name(""));
  CHECK_FALSE(gateway::is_device_name("a b"));
  CHECK_FALSE(gateway::is_device_name(std::string(65, 'a')));
}
