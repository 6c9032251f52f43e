#include "sip/uri.hpp"

#include <algorithm>

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::sip;

namespace {

Uri uri(std::string_view text) {
  auto parsed = parse_uri(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

void check_round_trip(const Uri& value) {
  const auto text = value.to_string();
  CAPTURE(text);
  const auto again = parse_uri(text);
  REQUIRE(again);
  CHECK(*again == value);
  for (const char c : text) CHECK((c > ' ' && c < 127));
}

bool refused(std::string_view text, std::string_view why) {
  const auto parsed = parse_uri(text);
  INFO(text);
  if (parsed) return false;
  CAPTURE(parsed.error().detail());
  CHECK(parsed.error().detail().find(why) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("a SIP URI is taken apart") {
  const auto u =
      uri("SIP:+821087654321:secret@Example.COM:5070;user=phone;lr;transport=TCP?Subject=a%20b&x=");
  CHECK(u.scheme == "sip");
  CHECK(u.user == "+821087654321");
  CHECK(u.password == "secret");
  CHECK(u.host == "example.com");
  CHECK(u.port == 5070);
  REQUIRE(u.params.size() == 3);
  CHECK(param_value(u.params, "USER") == "phone");
  CHECK(find_param(u.params, "lr") != nullptr);
  CHECK_FALSE(param_value(u.params, "lr"));
  CHECK(u.headers == "Subject=a%20b&x=");
  CHECK(u.to_string() ==
        "sip:+821087654321:secret@example.com:5070;user=phone;lr;transport=TCP?Subject=a%20b&x=");
  CHECK(u.is_sip());
  CHECK(uri("sips:h").is_sip());
}

TEST_CASE("hosts: names, addresses and IPv6 references") {
  CHECK(uri("sip:1.1.1.2:1002").host == "1.1.1.2");
  CHECK(uri("sip:[2001:DB8::1]:5060").host == "[2001:db8::1]");
  CHECK(uri("sip:a@[::ffff:192.0.2.1];lr").host == "[::ffff:192.0.2.1]");
  CHECK(uri("sip:a@host_with.underscore").host == "host_with.underscore");
  CHECK(uri("sip:h:05060").port == 5060);
}

TEST_CASE("D5: an address as the user part is legal") {
  const auto u = uri("sip:1.1.1.4@1.1.1.4:1004");
  CHECK(u.user == "1.1.1.4");
  CHECK(u.host == "1.1.1.4");
  CHECK(u.port == 1004);
}

TEST_CASE("D19: a tel URI keeps its number as written") {
  const auto u = uri("tel:+82-10-8765-4321;phone-context=example.com");
  CHECK(u.scheme == "tel");
  CHECK(u.user == "+82-10-8765-4321");
  CHECK(u.host.empty());
  CHECK(param_value(u.params, "phone-context") == "example.com");
  CHECK_FALSE(u.is_sip());
  CHECK(u.to_string() == "tel:+82-10-8765-4321;phone-context=example.com");
  CHECK(uri("tel:*21#").user == "*21#");
}

TEST_CASE("other schemes keep everything after the colon") {
  CHECK(uri("urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session").user ==
        "urn-7:3gpp-service.ims.icsi.oma.cpm.session");
  CHECK(uri("http://a.example.com/b;c?d=e#f").user == "//a.example.com/b;c?d=e#f");
  CHECK(uri("nobodyKnowsThisScheme:totallyopaquecontent").scheme == "nobodyknowsthisscheme");
  check_round_trip(uri("soap.beep://192.0.2.103:3002"));
  check_round_trip(uri("mailto:a%20b@c"));
}

TEST_CASE("escapes in the user part are decoded, and written again where they must be") {
  CHECK(uri("sip:%75se%72@example.com").user == "user");
  CHECK(uri("sip:%75se%72@example.com").to_string() == "sip:user@example.com");
  CHECK(uri("sip:sips%3Auser%40example.com@example.net").user == "sips:user@example.com");
  CHECK(uri("sip:sips%3Auser%40example.com@example.net").to_string() ==
        "sip:sips%3Auser%40example.com@example.net");
  CHECK(uri("sip:null-%00-null@h").user == std::string_view("null-\0-null", 11));
  CHECK(make_sip_uri("\xEC\x98\x81", "h").to_string() == "sip:%EC%98%81@h");
  CHECK(uri("sip:user;par=u%40example.net@example.com").user == "user;par=u@example.net");
  CHECK(uri("sip:user;par=u%40example.net@example.com").params.empty());
  CHECK(make_sip_uri("a?b/c", "h").to_string() == "sip:a?b/c@h");
}

TEST_CASE("URIs that are refused, and why") {
  CHECK(refused("", "scheme"));
  CHECK(refused(":x", "scheme"));
  CHECK(refused("example.com", "scheme"));
  CHECK(refused("1sip:x@y", "scheme"));
  CHECK(refused("<sip:a@b>", "scheme"));
  CHECK(refused("sip:", "host is missing"));
  CHECK(refused("sip:a@", "host is missing"));
  CHECK(refused("sip:a@:5060", "host is missing"));
  CHECK(refused("sip:a@;lr", "host is missing"));
  CHECK(refused("sip:@b", "user part"));
  CHECK(refused("sip:a b@c", "user part"));
  CHECK(refused("sip:a\r\nVia: x@c", "user part"));
  CHECK(refused(std::string_view("sip:a\0@c", 8), "user part"));
  CHECK(refused("sip:a\x7f@c", "user part"));
  CHECK(refused("sip:\xEC\x98\x81@c", "user part"));
  CHECK(refused("sip:a%4@c", "user part"));
  CHECK(refused("sip:a%@c", "user part"));
  CHECK(refused("sip:a%zz@c", "user part"));
  CHECK(refused("sip:a\"b@c", "user part"));
  CHECK(refused("sip:a:p w@c", "password"));
  CHECK(refused("sip:a@b@c", "host"));
  CHECK(refused("sip:a@b..c", "host"));
  CHECK(refused("sip:a@-b", "host"));
  CHECK(refused("sip:a@b c", "host"));
  CHECK(refused("sip:a@b\n", "host"));
  CHECK(refused("sip:a@[::1", "]"));
  CHECK(refused("sip:a@[1]", "host"));
  CHECK(refused("sip:a@[::g]", "host"));
  CHECK(refused("sip:a@[::1]x", "after the host"));
  CHECK(refused("sip:a@b:", "port"));
  CHECK(refused("sip:a@b:0", "port"));
  CHECK(refused("sip:a@b:65536", "port"));
  CHECK(refused("sip:a@b:5060x", "port"));
  CHECK(refused("sip:a@b:-1", "port"));
  CHECK(refused("sip:a@b:99999999999999999999", "port"));
  CHECK(refused("sip:a@b;", ";name"));
  CHECK(refused("sip:a@b;;lr", ";name"));
  CHECK(refused("sip:a@b;=x", ";name"));
  CHECK(refused("sip:a@b; lr", ";name"));
  CHECK(refused("sip:a@b;x=\"q\"", "value"));
  CHECK(refused("sip:a@b?", "after ?"));
  CHECK(refused("sip:a@b?x=<y>", "after ?"));
  CHECK(refused("tel:", "telephone"));
  CHECK(refused("tel:+1 2", "telephone"));
  CHECK(refused("tel:+1+2", "+"));
  CHECK(refused("tel:+", "digit"));
  CHECK(refused("tel:1?x", "telephone"));
  CHECK(refused("urn:", "empty"));
  CHECK(refused("urn:a b", "escaped"));
  CHECK(refused("urn:a%", "escaped"));
  CHECK(parse_uri("sip:" + std::string(5000, 'a')).error().code() == rcs::core::Errc::too_large);
  std::string many = "sip:h";
  for (int i = 0; i < 65; ++i) many += ";p" + std::to_string(i);
  CHECK(refused(many, "64"));
}

TEST_CASE("property: what was parsed is the same after its text form") {
  for (const auto* text : {"sip:h", "sips:a@h:1", "sip:a:b@h;x;y=z?q", "sip:%41%00%3a:%3a@[::1]:65535",
                           "tel:+1;ext=2", "urn:x:y", "sip:a@H;N%61me=v%61lue%25%34%31"}) {
    check_round_trip(uri(text));
  }
}

TEST_CASE("property: any octets in the user part and password survive") {
  rcs::core::Random random(7);
  for (int i = 0; i < 2000; ++i) {
    Uri u = make_sip_uri("", "h.example.com", static_cast<std::uint16_t>(random.below(65536)));
    for (auto n = 1 + random.below(12); n > 0; --n) u.user += static_cast<char>(random.below(256));
    for (auto n = random.below(4); n > 0; --n) u.password += static_cast<char>(random.below(256));
    check_round_trip(u);
  }
}

TEST_CASE("XLAT-2: a URI built by hand can not break out of its place") {
  Uri u = make_sip_uri("a>\r\nX: y", "evil.com\r\nVia: z");
  set_param(u.params, "p;q", "1>\r\n2");
  u.headers = "a b<>";
  const auto text = u.to_string();
  CHECK(text.find_first_of(" \r\n<>\"") == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), ';') == 1);
}

TEST_CASE("RFC 3261 19.1.4: equivalent URIs") {
  const auto same = [](std::string_view a, std::string_view b) {
    return equivalent(uri(a), uri(b)) && equivalent(uri(b), uri(a));
  };
  CHECK(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  CHECK(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"));
  CHECK(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
             "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  CHECK(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
             "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
  CHECK_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  CHECK_FALSE(same("sip:bob@biloxi.com:6000", "sip:bob@biloxi.com:6000;transport=tcp"));
  CHECK_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  CHECK_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  CHECK_FALSE(same("sip:a@b;security=on", "sip:a@b;security=off"));
  CHECK_FALSE(same("sip:a@b", "sips:a@b"));
  CHECK(same("tel:+1", "tel:+1"));
  CHECK_FALSE(same("tel:+1", "tel:+2"));
}

TEST_CASE("parameters are found, set and removed without case") {
  Params params;
  set_param(params, "tag", "a");
  set_param(params, "TAG", "b");
  set_param(params, "lr", std::nullopt);
  REQUIRE(params.size() == 2);
  CHECK(param_value(params, "Tag") == "b");
  set_param(params, "q", "\"a \\\"b\\\" \\\\\"");
  CHECK(param_value(params, "q") == "a \"b\" \\");
  remove_param(params, "Q");
  CHECK_FALSE(find_param(params, "q"));
}

TEST_CASE("D16: an address with and without angle brackets") {
  const auto bare = parse_name_addr("sip:01012345678@domain.com;tag=x");
  REQUIRE(bare);
  CHECK(bare->uri.params.empty());
  CHECK(bare->tag() == "x");
  CHECK(bare->to_string() == "<sip:01012345678@domain.com>;tag=x");
  const auto full = parse_name_addr("\"Bob \\\"B\\\" \\\\\" <sip:bob@b;user=ip> ; tag = y ;lr;+x=\"a;b,c\"");
  REQUIRE(full);
  CHECK(full->display == "Bob \"B\" \\");
  CHECK(param_value(full->uri.params, "user") == "ip");
  CHECK(full->tag() == "y");
  CHECK(param_value(full->params, "+x") == "a;b,c");
  CHECK(full->to_string() == "\"Bob \\\"B\\\" \\\\\" <sip:bob@b;user=ip>;tag=y;lr;+x=\"a;b,c\"");
  CHECK(parse_name_addr(full->to_string()).value() == *full);
  CHECK(parse_name_addr("Bob  van Dyke <sip:b@b>")->display == "Bob van Dyke");
  CHECK(parse_name_addr("caller<sip:caller@example.com>")->display == "caller");
  CHECK(parse_name_addr("\xEC\x98\x81\xED\x9D\xAC <sip:b@b>")->display == "\xEC\x98\x81\xED\x9D\xAC");
  CHECK(parse_name_addr("\"\" <sip:b@b>")->display.empty());
  CHECK(parse_name_addr("<tel:+1;ext=2>;x")->uri.params.size() == 1);
  CHECK(parse_name_addr("tel:+1;ext=2")->params.size() == 1);
}

TEST_CASE("addresses that are refused") {
  for (const auto* text : {"",
                           "  ",
                           "\"A <sip:a@b>",
                           "\"A\" sip:a@b",
                           "<sip:a@b",
                           "sip:a@b>",
                           "A, B <sip:a@b>",
                           "< sip:a@b>",
                           "<sip:a@b >",
                           "sip:a@b?x=y",
                           "<sip:a@b> x",
                           "<sip:a@b>;",
                           "<sip:a@b>;=x",
                           "<sip:a@b>;x=",
                           "<sip:a@b>;x=\"y",
                           "<sip:a@b>;x=<",
                           "Bob",
                           "<sip:a@b>, <sip:c@d>",
                           "<sip:a@b>\r\n",
                           "\"a\nb\" <sip:a@b>",
                           "<>",
                           "<sip:a@b><sip:c@d>",
                           "A;B <sip:a@b>"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_name_addr(text));
  }
  CHECK_FALSE(parse_name_addr(std::string_view("\"a\0b\" <sip:a@b>", 15)));
}

TEST_CASE("a list of addresses: commas in quotes and brackets do not split") {
  const auto list = parse_name_addr_list("\"A, B\" <sip:a,b@h;x=1>;q=\"1,2\", sip:c@d;tag=1 ,<urn:a,b>");
  REQUIRE(list);
  REQUIRE(list->size() == 3);
  CHECK((*list)[0].display == "A, B");
  CHECK((*list)[0].uri.user == "a,b");
  CHECK((*list)[1].tag() == "1");
  CHECK((*list)[2].uri.user == "a,b");
  CHECK_FALSE(parse_name_addr_list(""));
  CHECK_FALSE(parse_name_addr_list("<sip:a@b>,"));
  CHECK_FALSE(parse_name_addr_list("<sip:a@b>,,<sip:a@b>"));
  std::string many = "<sip:a>";
  for (int i = 0; i < 256; ++i) many += ",<sip:a>";
  REQUIRE_FALSE(parse_name_addr_list(many));
  CHECK(parse_name_addr_list(many).error().code() == rcs::core::Errc::too_large);
}

TEST_CASE("XLAT-2: a display name and parameters built by hand stay one address on one line") {
  rcs::core::Random random(11);
  constexpr std::string_view kNasty = "\"\\<>;,=\r\n\t @:ab\0\xC3";
  for (int i = 0; i < 2000; ++i) {
    NameAddr address;
    address.uri = make_sip_uri("u", "h");
    for (auto n = random.below(12); n > 0; --n) address.display += kNasty[random.below(kNasty.size())];
    std::string value;
    for (auto n = random.below(8); n > 0; --n) value += kNasty[random.below(kNasty.size())];
    set_param(address.params, "x", value);
    const auto text = address.to_string();
    CAPTURE(text);
    CHECK(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    const auto again = parse_name_addr(text);
    REQUIRE(again);
    CHECK(again->uri == address.uri);
    REQUIRE(again->params.size() == 1);
    CHECK(again->display.size() == address.display.size());
  }
}
