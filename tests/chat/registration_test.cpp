#include "chat/registration.hpp"

#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace std::chrono_literals;
using Kind = Registration::Outcome::Kind;

namespace {

struct Fixture {
  AgentConfig config;
  core::Random random{1};
  Registration registration{*sip::parse_uri("sip:+821087654321@domain.com"), with_core(config), random};

  static AgentConfig& with_core(AgentConfig& c) {
    c.host = "192.0.2.10";
    c.core = {sip::Transport::udp, "192.0.2.1", 5060, {}};
    return c;
  }
  sip::Message response(int status) {
    return sip::make_response(registration.make_register(config, false), status, "t");
  }
  Registration::Outcome answer(const sip::Message& m) { return registration.on_response(m, config, random); }
  Registration::Outcome granted(const char* contact_expires) {
    auto request = registration.make_register(config, false);
    auto ok = sip::make_response(request, 200, "t");
    ok.contacts = request.contacts;
    if (contact_expires != nullptr) sip::set_param(ok.contacts[0].params, "expires", contact_expires);
    return answer(ok);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "REG-8 REG-11: a REGISTER names the domain, keeps its Call-ID and raises CSeq") {
  const auto first = registration.make_register(config, false);
  const auto second = registration.make_register(config, false);
  CHECK(first.request_uri.to_string() == "sip:domain.com");
  CHECK(first.from.uri.to_string() == "sip:+821087654321@domain.com");
  CHECK(first.to.uri == first.from.uri);
  CHECK_FALSE(first.from_tag().empty());
  CHECK(first.to_tag().empty());
  CHECK(first.expires() == 600000U);
  CHECK(first.call_id == second.call_id);
  CHECK(second.cseq.number == first.cseq.number + 1);
  CHECK(first.lists("Supported", "path"));
  CHECK(first.lists("Supported", "gruu"));
  REQUIRE(first.contacts.size() == 1);
  const auto& contact = first.contacts[0];
  CHECK(contact.uri.to_string() == "sip:+821087654321@192.0.2.10:5070");
  CHECK(sip::find_param(contact.params, "+g.oma.sip-im") != nullptr);
  const auto instance = sip::param_value(contact.params, "+sip.instance");
  REQUIRE(instance);
  CHECK(instance->substr(0, 10) == "<urn:uuid:");
  CHECK(instance->size() == 10 + 36 + 1);
  CHECK(registration.make_register(config, true).expires() == 0U);
}

TEST_CASE_METHOD(Fixture, "REG-12: the instance is the same after a restart, another on another device") {
  core::Random other_random(99);
  const auto identity = *sip::parse_uri("sip:+821087654321@domain.com");
  const auto instance = [](Registration& r, const AgentConfig& c) {
    return *sip::param_value(r.make_register(c, false).contacts[0].params, "+sip.instance");
  };
  Registration restarted(identity, config, other_random);
  CHECK(instance(restarted, config) == instance(registration, config));
  auto device = config;
  device.port = 5999;
  Registration second(identity, device, other_random);
  CHECK(instance(second, device) != instance(registration, config));
}

TEST_CASE_METHOD(Fixture,
                 "REG-7 REG-11: the granted time is the contact's, else Expires, else what was asked") {
  CHECK(granted("1200").expires == 1200s);
  CHECK(granted(nullptr).expires == 600000s);
  auto by_header = response(200);
  by_header.add_header("Expires", "60");
  CHECK(answer(by_header).expires == 60s);
  CHECK(granted("600000").next == 599400s);
  CHECK(granted("1200").next == 600s);
  CHECK(granted("60").next == 30s);
  CHECK(granted("0").kind == Kind::failed);
  CHECK(granted("4294967295").next > 0s);
}

TEST_CASE_METHOD(Fixture,
                 "REG-32: Service-Route is stored in order, replaced by each 200, gone when absent") {
  auto ok = response(200);
  ok.add_header("Service-Route", "<sip:orig@s1;lr>, <sip:s2;lr>");
  ok.add_header("Service-Route", "<sip:s3;lr>");
  CHECK(answer(ok).kind == Kind::registered);
  REQUIRE(registration.service_routes().size() == 3);
  CHECK(registration.service_routes()[0].uri.to_string() == "sip:orig@s1;lr");
  CHECK(registration.service_routes()[2].uri.to_string() == "sip:s3;lr");
  answer(response(200));
  CHECK(registration.service_routes().empty());
}

TEST_CASE_METHOD(Fixture, "REG-32: a core that sends hundreds of Service-Routes gets a few stored") {
  auto ok = response(200);
  for (int i = 0; i < 200; ++i) ok.add_header("Service-Route", "<sip:s;lr>");
  answer(ok);
  CHECK(registration.service_routes().size() == kMaxServiceRoutes);
}

TEST_CASE_METHOD(Fixture,
                 "REG-34 REG-35: an identity outside the implicit set gives way to the default one") {
  CHECK(registration.preferred_identity().to_string() == "sip:+821087654321@domain.com");
  auto ok = response(200);
  ok.add_header("P-Associated-URI", "<sip:default@domain.com>, <sip:+821087654321@domain.com>");
  answer(ok);
  CHECK(registration.associated().size() == 2);
  CHECK(registration.preferred_identity().to_string() == "sip:+821087654321@domain.com");
  auto without = response(200);
  without.add_header("P-Associated-URI", "<sip:default@domain.com>, <tel:+1>");
  answer(without);
  CHECK(registration.preferred_identity().to_string() == "sip:default@domain.com");
}

TEST_CASE_METHOD(Fixture, "REG-13: failures back off from 30 s doubling to 1800 s, with a random part") {
  auto limit = 30s;
  for (int i = 0; i < 12; ++i) {
    const auto outcome = registration.on_failure(408, "no answer", random);
    CAPTURE(i);
    CHECK(outcome.kind == Kind::failed);
    CHECK(outcome.will_retry);
    CHECK(outcome.next >= limit / 2);
    CHECK(outcome.next <= limit);
    limit = std::min(limit * 2, 1800s);
  }
  CHECK(granted("600").kind == Kind::registered);
  CHECK(registration.on_failure(408, "", random).next <= 30s);
}

TEST_CASE_METHOD(Fixture,
                 "REG-13: five 403 in a row stop, another failure between them does not count as one") {
  for (int i = 0; i < 4; ++i) CHECK(answer(response(403)).will_retry);
  CHECK(answer(response(500)).will_retry);
  for (int i = 0; i < 4; ++i) CHECK(answer(response(403)).will_retry);
  CHECK_FALSE(answer(response(403)).will_retry);
  CHECK_FALSE(registration.may_retry());
  registration.encourage();
  CHECK(registration.may_retry());
  CHECK(answer(response(403)).will_retry);
}

TEST_CASE_METHOD(Fixture, "REG-13: Retry-After is obeyed, and 0 is no invitation to hammer") {
  auto busy = response(503);
  busy.set_header("Retry-After", "700");
  auto outcome = answer(busy);
  CHECK(outcome.told_to_wait);
  CHECK(outcome.next >= 700s);
  CHECK(outcome.next <= 770s);
  busy.set_header("Retry-After", "0");
  outcome = answer(busy);
  CHECK(outcome.next >= 1s);
}

TEST_CASE_METHOD(Fixture, "REG-7: 423 raises Expires once per greater Min-Expires, an absurd one fails") {
  config.register_expires = 60;
  core::Random r(3);
  Registration mine(*sip::parse_uri("sip:a@d"), config, r);
  auto brief = sip::make_response(mine.make_register(config, false), 423, "t");
  brief.add_header("Min-Expires", "3600");
  CHECK(mine.on_response(brief, config, r).kind == Kind::again);
  CHECK(mine.make_register(config, false).expires() == 3600U);
  CHECK(mine.on_response(brief, config, r).kind == Kind::failed);
  brief.set_header("Min-Expires", "4294967295");
  CHECK(mine.on_response(brief, config, r).kind == Kind::failed);
  brief.remove_header("Min-Expires");
  CHECK(mine.on_response(brief, config, r).kind == Kind::failed);
}

TEST_CASE("REG-10: a tel identity registers at the core's host, an IPv6 host gets brackets") {
  AgentConfig config;
  config.host = "2001:db8::10";
  config.core = {sip::Transport::tcp, "2001:db8::1", 5060, {}};
  core::Random random(1);
  Registration registration(*sip::parse_uri("tel:+82-10-8765-4321"), config, random);
  const auto request = registration.make_register(config, false);
  CHECK(request.request_uri.to_string() == "sip:[2001:db8::1]");
  CHECK(request.contacts[0].uri.to_string() == "sip:+821087654321@[2001:db8::10]:5070;transport=tcp");
}
