#include "device.hpp"
#include "ims/registrar.hpp"

using namespace rcs;
using namespace rcs::test;

namespace {

/// A core with one device, not registered.
struct One {
  explicit One(ims::CoreConfig config = {})
      : net(std::move(config)), device(Device::add(net, "device", "10.1.0.1", "01087654321")) {}
  sip::Message make(std::uint32_t cseq, const std::string& contact, const std::string& expires = "3600") {
    auto message = device.request("REGISTER", sip::make_sip_uri("", "domain.com"));
    message.to.uri = device.uri();
    message.call_id = "reg-call";
    message.cseq.number = cseq;
    if (contact == "*") {
      message.contact_star = true;
    } else if (!contact.empty()) {
      message.contacts = *sip::parse_name_addr_list(contact);
    }
    if (!expires.empty()) message.add_header("Expires", expires);
    return message;
  }
  const sip::Message& ask(sip::Message message) {
    const auto before = device.responses.size();
    device.send(std::move(message));
    net.run_for(100ms);
    REQUIRE(device.responses.size() == before + 1);
    return device.responses.back();
  }
  SipNet net;
  Device& device;
};

const std::string kContact = "<sip:01087654321@10.1.0.1:5060>";
const std::string kOther = "<sip:01087654321@10.1.0.9:5060>";

std::string expires_of(const sip::NameAddr& contact) {
  return sip::param_value(contact.params, "expires").value_or("");
}

}  // namespace

TEST_CASE("REG-10 REG-32 REG-33 REG-34: what the 200 of a registration carries") {
  ims::CoreConfig config;
  config.numbers.country_code = "82";
  One one(config);
  const auto& ok = one.ask(one.make(1, kContact + ";+g.oma.sip-im"));
  CHECK(ok.status == 200);
  REQUIRE(ok.contacts.size() == 1);
  CHECK(ok.contacts[0].uri == one.device.contact_uri());
  CHECK(expires_of(ok.contacts[0]) == "3600");
  CHECK(sip::find_param(ok.contacts[0].params, "+g.oma.sip-im") != nullptr);
  CHECK(*ok.header("Service-Route") == "<sip:10.0.0.1:5060;lr;orig>");
  const auto ids = ok.header_values("P-Associated-URI");
  REQUIRE_FALSE(ids.empty());
  std::string all;
  for (const auto id : ids) all += std::string(id) + ",";
  CHECK(all == "<sip:01087654321@domain.com>,<tel:+821087654321>,");
  CHECK(*ok.header("Date") == "Thu, 01 Jan 1970 00:00:00 GMT");
  const auto hops = one.net.hops({"REGISTER", "200 REGISTER"});
  CHECK(std::vector<std::string>(hops.begin(), hops.begin() + 4) ==
        std::vector<std::string>{"device>o-cscf REGISTER", "o-cscf>t-cscf REGISTER",
                                 "t-cscf>o-cscf 200 REGISTER", "t-cscf>t-imas REGISTER"});
}

TEST_CASE("REG-10: several bindings, and a query without a contact") {
  One one;
  (void)one.ask(one.make(1, kContact));
  const auto& second = one.ask(one.make(2, kOther + ";q=0.5"));
  CHECK(second.contacts.size() == 2);
  const auto& query = one.ask(one.make(3, "", ""));
  CHECK(query.status == 200);
  CHECK(query.contacts.size() == 2);
  const auto& gone = one.ask(one.make(4, kContact, "0"));
  REQUIRE(gone.contacts.size() == 1);
  CHECK(gone.contacts[0].uri.host == "10.1.0.9");
}

TEST_CASE("REG-5: a stranger to the domain is 404, a registration for somebody else 403") {
  One one;
  auto foreign = one.make(1, kContact);
  foreign.to.uri = foreign.from.uri = sip::make_sip_uri("bob", "elsewhere.com");
  CHECK(one.ask(foreign).status == 404);
  auto other = one.make(1, kContact);
  other.to.uri = sip::make_sip_uri("01012345678", "domain.com");
  CHECK(one.ask(other).status == 403);
  ims::CoreConfig config;
  config.users = {"01012345678"};
  One provisioned(config);
  CHECK(provisioned.ask(provisioned.make(1, kContact)).status == 404);
}

TEST_CASE("REG-7: contact expires over Expires over default; cut; too brief is 423") {
  One one;
  CHECK(expires_of(one.ask(one.make(1, kContact + ";expires=120", "500")).contacts[0]) == "120");
  CHECK(expires_of(one.ask(one.make(2, kContact, "500")).contacts[0]) == "500");
  CHECK(expires_of(one.ask(one.make(3, kContact, "")).contacts[0]) == "3600");
  CHECK(expires_of(one.ask(one.make(4, kContact, "4000000000")).contacts[0]) == "600000");
  const auto& brief = one.ask(one.make(5, kContact, "30"));
  CHECK(brief.status == 423);
  CHECK(*brief.header("Min-Expires") == "60");
  CHECK(expires_of(one.ask(one.make(6, "", "")).contacts[0]) == "600000");  // nothing has changed
}

TEST_CASE("REG-8: an old CSeq of the same call changes nothing, and all contacts change or none") {
  One one;
  CHECK(one.ask(one.make(5, kContact)).status == 200);
  CHECK(one.ask(one.make(5, kContact, "0")).status == 500);
  CHECK(one.ask(one.make(4, kOther + "," + kContact, "0")).status == 500);
  CHECK(one.ask(one.make(6, kOther + "," + kContact + ";expires=30")).status == 423);
  CHECK(one.ask(one.make(7, "", "")).contacts.size() == 1);
  auto other_call = one.make(1, kContact, "0");
  other_call.call_id = "another";
  CHECK(one.ask(other_call).contacts.empty());
}

TEST_CASE("REG-9: Contact * only with Expires 0 and alone") {
  One one;
  (void)one.ask(one.make(1, kContact + "," + kOther));
  CHECK(one.ask(one.make(2, "*", "3600")).status == 400);
  CHECK(one.ask(one.make(3, "*", "")).status == 400);
  CHECK(one.ask(one.make(4, "", "")).contacts.size() == 2);
  const auto& all = one.ask(one.make(5, "*", "0"));
  CHECK(all.status == 200);
  CHECK(all.contacts.empty());
  CHECK(all.header("Service-Route") == nullptr);
}

TEST_CASE("REG-12: a device that moved replaces its old binding") {
  One one;
  const std::string instance = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\";reg-id=1";
  (void)one.ask(one.make(1, kContact + instance));
  const auto& moved = one.ask(one.make(2, kOther + instance));
  REQUIRE(moved.contacts.size() == 1);
  CHECK(moved.contacts[0].uri.host == "10.1.0.9");
  CHECK(one.ask(one.make(3, kContact + ";+sip.instance=\"<urn:uuid:1>\"")).contacts.size() == 2);
}

TEST_CASE("a user has at most ten devices") {
  One one;
  for (int i = 0; i < 10; ++i) {
    CHECK(one.ask(one.make(i + 1, "<sip:x@10.2.0." + std::to_string(i) + ">")).status == 200);
  }
  CHECK(one.ask(one.make(20, kContact)).status == 403);
}

TEST_CASE("REG-30 REG-31: a Path is echoed, kept with its binding, and followed") {
  One one;
  Device::add(one.net, "edge", "10.3.0.1", "edge");
  auto request = one.make(1, kContact);
  request.add_header("Supported", "path");
  request.add_header("Require", "path");
  request.add_header("Path", "<sip:10.3.0.1:5060;lr>");
  const auto& ok = one.ask(request);
  CHECK(ok.status == 200);
  CHECK(*ok.header("Path") == "<sip:10.3.0.1:5060;lr>");
  auto& caller = Device::add(one.net, "caller", "10.1.0.2", "01012345678");
  caller.send_register();
  one.net.run_for(100ms);
  caller.send(caller.request("MESSAGE", one.device.uri()));
  one.net.run_for(100ms);
  const auto* wire = one.net.find("t-cscf>edge MESSAGE");
  REQUIRE(wire != nullptr);
  CHECK(wire->message.request_uri == one.device.contact_uri());
  REQUIRE(wire->message.routes.size() == 1);
  CHECK(wire->message.routes[0].to_string() == "<sip:10.3.0.1:5060;lr>");
}

TEST_CASE(
    "SIM-2: requests of a sender that is not registered are 403, and so are those that do not enter at the "
    "P-CSCF") {
  TwoUsers two;
  auto& stranger = Device::add(two.net, "stranger", "10.1.0.3", "01055555555");
  stranger.invite(two.receiver.uri());
  two.net.run_for(1s);
  CHECK(stranger.status_of("INVITE") == 403);
  stranger.send(stranger.request("MESSAGE", two.receiver.uri()),
                sip::Hop{sip::Transport::udp, "10.0.0.3", 5060, {}});
  stranger.send(two.sender.make_invite(two.receiver.uri()),
                sip::Hop{sip::Transport::udp, "10.0.0.4", 5060, {}});
  stranger.send(two.sender.make_invite(two.receiver.uri()),
                sip::Hop{sip::Transport::udp, "10.0.0.2", 5060, {}});
  two.net.run_for(1s);
  CHECK(stranger.status_of("MESSAGE") == 403);
  CHECK(stranger.responses.size() >= 4);
  CHECK(two.receiver.requests.empty());
  two.sender.send_register(0);
  two.net.run_for(100ms);
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  CHECK(two.sender.status_of("INVITE") == 403);
}

TEST_CASE("SIM-2: nobody outside can claim that the filters are done") {
  TwoUsers two;
  auto& stranger = Device::add(two.net, "stranger", "10.1.0.3", "01055555555");
  auto invite = stranger.make_invite(two.receiver.uri());
  invite.routes = *sip::parse_name_addr_list("<sip:10.0.0.1:5060;lr;orig;odi=255>");
  stranger.send(invite);
  two.net.run_for(1s);
  CHECK(stranger.responses.back().status == 403);
}

TEST_CASE("SIM-7: 404 outside the domain, 480 for who is known, not registered and served by nobody") {
  TwoUsers two({}, false);
  two.sender.send(two.sender.request("MESSAGE", sip::make_sip_uri("bob", "elsewhere.com")));
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("MESSAGE") == 404);
  two.sender.send(two.sender.request("OPTIONS", two.receiver.uri()));
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("OPTIONS") == 480);
  two.sender.invite(sip::make_sip_uri("bob", "elsewhere.com"));
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("INVITE") == 404);
}

TEST_CASE("REG-35 REG-36 REG-40: the asserted identity is the core's, not the device's") {
  TwoUsers two;
  auto message = two.sender.request("MESSAGE", two.receiver.uri());
  message.add_header("P-Asserted-Identity", "<sip:boss@domain.com>");
  message.add_header("P-Preferred-Identity", "<tel:01087654321>");
  message.add_header("P-Preferred-Service", "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session");
  two.sender.send(message);
  two.net.run_for(100ms);
  REQUIRE(two.receiver.got("MESSAGE").size() == 1);
  const auto& got = *two.receiver.got("MESSAGE")[0];
  CHECK(got.header_values("P-Asserted-Identity").size() == 1);
  CHECK(*got.header("P-Asserted-Identity") == "<tel:01087654321>");
  CHECK(got.header("P-Preferred-Identity") == nullptr);
  CHECK(*got.header("P-Asserted-Service") == "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session");

  message.set_header("P-Preferred-Identity", "<sip:01012345678@domain.com>");  // not of its set
  message.call_id = "second";
  two.sender.send(message);
  two.net.run_for(100ms);
  REQUIRE(two.receiver.got("MESSAGE").size() == 2);
  CHECK(*two.receiver.got("MESSAGE")[1]->header("P-Asserted-Identity") == "<sip:01087654321@domain.com>");
}

TEST_CASE(
    "REG-37 REG-38: Privacy: id hides the identity from the device; the called identity is told to it") {
  TwoUsers two;
  auto message = two.sender.request("MESSAGE", two.receiver.uri());
  message.add_header("Privacy", "id");
  two.sender.send(message);
  two.net.run_for(100ms);
  REQUIRE(two.receiver.got("MESSAGE").size() == 1);
  CHECK(two.receiver.got("MESSAGE")[0]->header("P-Asserted-Identity") == nullptr);
  CHECK(*two.receiver.got("MESSAGE")[0]->header("P-Called-Party-ID") == "<sip:01012345678@domain.com>");
  CHECK(two.net.find("o-cscf>o-imas MESSAGE")->message.header("P-Asserted-Identity") != nullptr);
}

TEST_CASE(
    "REG-41: devices without the service are left out; those that say nothing are not; q, then match, then "
    "age") {
  ims::Registrar registrar;
  const ims::UserId user{1};
  const auto bind = [&](std::uint64_t contact, std::uint16_t q, bool features, bool chat) {
    ims::Signal request;
    request.call = ims::CallKey{contact};
    request.cseq = 1;
    const ims::ContactSpec spec{
        .contact = {contact}, .expires = 3600, .q = q, .has_features = features, .has_chat = chat};
    REQUIRE(registrar.update(Instant{}, user, request, {&spec, 1}).status == 200);
  };
  ims::Signal chat;
  chat.set(ims::Flag::chat_tag);
  ims::Signal strict = chat;
  strict.set(ims::Flag::strict_preference);
  CHECK_FALSE(registrar.best(Instant{}, user, strict));
  bind(1, 1000, true, false);
  CHECK_FALSE(registrar.best(Instant{}, user, strict));
  CHECK(registrar.best(Instant{}, user, chat)->spec.contact.value == 1);
  bind(2, 1000, false, false);
  CHECK(registrar.best(Instant{}, user, strict)->spec.contact.value == 2);
  bind(3, 1000, true, true);
  bind(4, 1000, false, false);
  CHECK(registrar.best(Instant{}, user, strict)->spec.contact.value == 3);
  bind(5, 1000, true, true);
  CHECK(registrar.best(Instant{}, user, strict)->spec.contact.value == 5);
  bind(6, 500, true, true);
  CHECK(registrar.best(Instant{}, user, strict)->spec.contact.value == 5);
  CHECK_FALSE(registrar.best(Instant{} + 3600s, user, chat));
}

TEST_CASE("REG-41: the one service of devices that do not fit is told apart from nobody") {
  ims::Registrar registrar;
  const ims::UserId user{1};
  ims::Signal invite;
  invite.method = ims::Method::invite;
  ims::Signal message;
  message.method = ims::Method::message;
  CHECK_FALSE(registrar.is_for_other_service(Instant{}, user, invite));
  ims::Signal request;
  request.call = ims::CallKey{1};
  request.cseq = 1;
  const ims::ContactSpec spec{.contact = {1}, .expires = 3600, .has_features = true, .has_standalone = true};
  REQUIRE(registrar.update(Instant{}, user, request, {&spec, 1}).status == 200);
  CHECK(registrar.is_for_other_service(Instant{}, user, invite));
  CHECK_FALSE(registrar.is_for_other_service(Instant{}, user, message));
  CHECK_FALSE(registrar.is_for_other_service(Instant{} + 3600s, user, invite));
}

TEST_CASE("a binding that has run out is not called any more") {
  TwoUsers two;
  two.net.run_for(3601s);
  two.sender.send_register();
  two.net.run_for(100ms);
  two.sender.send(two.sender.request("OPTIONS", two.receiver.uri()));
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("OPTIONS") == 480);
  CHECK(two.net.notices_of(ims::Notice::Kind::unregistered) == 2);
}
