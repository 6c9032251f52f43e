// Capability inquiries at the application server for them; services told by feature tags.
#include "device.hpp"
#include "ims/role_options.hpp"
#include "ims/signal_text.hpp"
#include "sip/feature_tags.hpp"

using namespace rcs;
using namespace rcs::test;

namespace {

const std::string kInstance = "+sip.instance=\"<urn:uuid:1>\"";
const std::string kServices =
    ";+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session,urn%3Aurn-7%3A3gpp-service.ims."
    "icsi."
    "oma.cpm.msg\";+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.ft\";q=0.5;" +
    kInstance;
const std::string kFileTransfer = "urn:urn-7:3gpp-application.ims.iari.rcse.ft";

ims::CoreConfig by_network() {
  ims::CoreConfig config;
  config.options_mode = ims::OptionsMode::network;
  return config;
}

int ask(TwoUsers& two, Duration wait = 1s) {
  two.sender.responses.clear();
  two.sender.send(two.sender.request("OPTIONS", two.receiver.uri()));
  two.net.run_for(wait);
  return two.sender.status_of("OPTIONS");
}

std::size_t answers(const TwoUsers& two) {
  return static_cast<std::size_t>(
      std::count_if(two.sender.responses.begin(), two.sender.responses.end(),
                    [](const auto& r) { return r.cseq.method == "OPTIONS" && r.status >= 200; }));
}

}  // namespace

TEST_CASE("CAP-2 SIM-10: a device that is there answers itself, by way of the server") {
  TwoUsers two;
  two.receiver.on_plain_answer = [&](sip::Message& response) {
    response.contacts.resize(1);
    response.contacts[0].uri = two.receiver.contact_uri();
    response.contacts[0].params = {{"+g.oma.sip-im", std::nullopt}};
  };
  CHECK(ask(two) == 200);
  CHECK(two.net.hops({"OPTIONS"}) ==
        std::vector<std::string>{"sender>o-cscf OPTIONS", "o-cscf>t-cscf OPTIONS",
                                 "t-cscf>options-as OPTIONS", "options-as>t-cscf OPTIONS",
                                 "t-cscf>receiver OPTIONS"});
  const auto& contact = two.sender.responses.back().contacts.at(0);
  CHECK(contact.uri == two.receiver.contact_uri());
  CHECK(contact.params == sip::Params{{"+g.oma.sip-im", std::nullopt}});
  two.net.run_for(100s);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}

TEST_CASE("CAP-23: two devices, one answer, and it is that of one of them") {
  TwoUsers two;
  auto& second = Device::add(two.net, "second", "10.1.0.9", "01012345678");
  second.send_register();
  two.net.run_for(1s);
  CHECK(ask(two) == 200);
  CHECK(answers(two) == 1);
  CHECK(two.receiver.got("OPTIONS").size() + second.got("OPTIONS").size() == 1);
}

TEST_CASE("SIM-10 CAP-20: away is 480, unknown 404, and what a device refuses is its own word") {
  ims::CoreConfig config;
  config.users = {"01087654321", "01012345678"};
  TwoUsers two(config, false);
  CHECK(ask(two) == 480);
  two.sender.responses.clear();
  two.sender.send(two.sender.request("OPTIONS", sip::make_sip_uri("01099999999", "domain.com")));
  two.net.run_for(1s);
  CHECK(two.sender.status_of("OPTIONS") == 404);
  two.receiver.send_register();
  two.net.run_for(1s);
  two.receiver.plain_answer = 603;
  CHECK(ask(two) == 603);
}

TEST_CASE("CAP-21: of a silent device the network says so before the asker gives up") {
  TwoUsers two;
  two.receiver.plain_answer = 0;
  CHECK(ask(two, 7s) == 0);
  two.net.run_for(2s);
  CHECK(two.sender.status_of("OPTIONS") == 480);
  CHECK(two.sender.timeouts == 0);
  two.net.run_for(100s);
  CHECK(answers(two) == 1);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}

TEST_CASE("CAP-23: an answer that comes after that is nobody's any more") {
  TwoUsers two;
  bool is_slow = true;
  two.net.lose = [&](const Wire& wire, std::size_t) {
    return is_slow && wire.from == "receiver" && wire.label == "200 OPTIONS";
  };
  CHECK(ask(two, 12s) == 480);
  is_slow = false;
  two.net.run_for(100s);
  CHECK(answers(two) == 1);
}

TEST_CASE("SIM-10: by option the network answers for a silent device with what that registered") {
  TwoUsers two(by_network());
  two.receiver.send_register(3600, kServices);
  two.net.run_for(1s);
  const int failure = GENERATE(0, 408, 480, 503);
  two.receiver.plain_answer = failure;
  CHECK(ask(two, 10s) == 200);
  CHECK(answers(two) == 1);
  const auto& response = two.sender.responses.back();
  REQUIRE(response.contacts.size() == 1);
  const auto& contact = response.contacts[0];
  CHECK(contact.uri.host == two.net.core().address("options-as").host);
  CHECK(contact.uri.user.empty());
  CHECK(sip::find_param(contact.params, "automata") != nullptr);
  CHECK(sip::has_feature(contact.params, "+g.oma.sip-im"));
  CHECK(sip::has_feature(contact.params, sip::kIcsiRef, ims::kMessageService));
  CHECK(sip::has_feature(contact.params, sip::kIariRef, kFileTransfer));
  for (const auto* name : {"+sip.instance", "q", "expires"}) {
    CAPTURE(name);
    CHECK(sip::find_param(contact.params, name) == nullptr);
  }
  CHECK(sip::encode(response).find(two.net.core().address("t-cscf").host) == std::string::npos);
  CHECK(sip::encode(response).find("10.1.0.2") == std::string::npos);  // where the device is
  for (const auto* name : {"Allow", "Accept", "Supported"}) CHECK(response.header(name) != nullptr);  // CAP-4
}

TEST_CASE("SIM-10: for who is away the network offers what it can keep, and no more") {
  TwoUsers two(by_network(), false);
  CHECK(ask(two) == 480);  // never seen
  two.receiver.send_register(3600, kServices);
  two.net.run_for(1s);
  two.receiver.send_register(0);
  two.net.run_for(1s);
  CHECK(ask(two) == 200);
  CHECK(two.receiver.got("OPTIONS").empty());
  const auto& contact = two.sender.responses.back().contacts.at(0);
  CHECK(sip::find_param(contact.params, "automata") != nullptr);
  CHECK(sip::has_feature(contact.params, "+g.oma.sip-im"));
  CHECK(sip::has_feature(contact.params, sip::kIcsiRef, ims::kChatService));
  CHECK(sip::has_feature(contact.params, sip::kIcsiRef, ims::kMessageService));
  CHECK_FALSE(sip::has_feature(contact.params, sip::kIariRef, kFileTransfer));
}

TEST_CASE("IFC-4: without its server a device is asked directly") {
  TwoUsers two;
  two.net.kill("options-as", true);
  CHECK(ask(two) == 200);
  CHECK(two.receiver.got("OPTIONS").size() == 1);
}

TEST_CASE("what the server does not take: other methods, dialogs, strangers, nobody's users") {
  ims::OptionsRole role({}, {.self = ims::NodeId{9}, .t_cscf = ims::NodeId{8}});
  const auto status_of = [&](ims::Method method, bool in_dialog, bool trusted, bool local) {
    ims::Signal signal;
    signal.method = method;
    signal.set(ims::Flag::in_dialog, in_dialog);
    signal.set(ims::Flag::trusted, trusted);
    signal.set(ims::Flag::to_local, local);
    (void)signal.via.push(ims::NodeId{8});
    (void)signal.route.push(ims::NodeId{8});
    ims::RoleOutbox out;
    role.on_message({}, ims::NodeId{8}, signal, out);
    const auto effects = out.take();
    return effects.empty() ? 0 : int{std::get<ims::RoleOutbox::Send>(effects[0]).message.status};
  };
  CHECK(status_of(ims::Method::options, false, true, true) == 0);  // a request, to the device
  CHECK(status_of(ims::Method::message, false, true, true) == 405);
  CHECK(status_of(ims::Method::options, true, true, true) == 481);
  CHECK(status_of(ims::Method::options, false, false, true) == 403);
  CHECK(status_of(ims::Method::options, false, true, false) == 404);
}

// --- services by their tags
// --------------------------------------------------------------------------------------------------------------------

namespace {

ims::Signal projected(const std::string& accept_contact) {
  ims::Directory directory(ims::DirectoryConfig{});
  sip::Message request;
  request.method = "INVITE";
  request.request_uri = request.to.uri = sip::make_sip_uri("01012345678", "domain.com");
  request.from.uri = sip::make_sip_uri("01087654321", "domain.com");
  request.add_header("Accept-Contact", accept_contact);
  return ims::project_request(request, {}, false, ims::NodeId{1}, directory);
}

}  // namespace

TEST_CASE("CAP-31 CAP-32 REG-41: a service is named by a whole entry of a list, however it is written") {
  using ims::Flag;
  const std::string icsi = "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.";
  CHECK(projected("*;+g.oma.sip-im").has(Flag::chat_tag));
  CHECK(projected("*;+G.OMA.SIP-IM;explicit;require").has(Flag::strict_preference));
  CHECK(projected(icsi + "session\"").has(Flag::chat_tag));
  CHECK(projected("*;+g.3gpp.icsi-ref=\"urn:x, urn:urn-7:3gpp-service.ims.icsi.OMA.cpm.session\"")
            .has(Flag::chat_tag));
  CHECK_FALSE(projected("*;+g.oma.sip-im.other").has(Flag::chat_tag));
  CHECK_FALSE(projected(icsi + "session_of_mine\"").has(Flag::chat_tag));
  for (const auto* service : {"msg", "largemsg", "deferred"}) {
    CAPTURE(service);
    CHECK(projected(icsi + service + "\"").has(Flag::standalone));
    CHECK_FALSE(projected(icsi + service + "\"").has(Flag::chat_tag));
    CHECK_FALSE(projected(icsi + service + "x\"").has(Flag::standalone));
  }
}

TEST_CASE("CAP-32 REG-41: a device with another application's name is no chat device") {
  TwoUsers two({}, false);
  auto& other = Device::add(two.net, "other", "10.1.0.9", "01012345678");
  other.tags = ";+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session_other\"";
  other.send_register();
  two.receiver.send_register(3600, ";q=0.1");
  two.net.run_for(1s);
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  CHECK(two.receiver.got("INVITE").size() == 1);
  CHECK(other.got("INVITE").empty());
}

TEST_CASE("PGR-40: an invitation for one large message is kept and sent on as what it is") {
  const std::string tag = "+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg\"";
  TwoUsers two({}, false);
  auto invite = two.sender.make_invite(two.receiver.uri(), "id-1");
  invite.set_header("Accept-Contact", "*;" + tag);
  invite.add_header("P-Preferred-Service", "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg");
  two.sender.send(std::move(invite));
  two.net.run_for(1s);
  CHECK(two.sender.status_of("INVITE") == 200);
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 1);
  two.receiver.send_register();
  two.net.run_for(1s);
  REQUIRE(two.receiver.got("INVITE").size() == 1);
  const auto& got = *two.receiver.got("INVITE")[0];
  CHECK(*got.header("Accept-Contact") == "*;" + tag);
  CHECK(*got.header("P-Asserted-Service") == "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg");
  const auto& params = got.contacts.at(0).params;
  CHECK(sip::has_feature(params, sip::kIcsiRef, ims::kLargeMessageService));
  CHECK_FALSE(sip::has_feature(params, "+g.oma.sip-im"));
}
