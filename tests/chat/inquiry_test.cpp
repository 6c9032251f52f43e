// OPTIONS of an agent, both ways, against a core the test plays.
#include "chat/lab.hpp"
#include "sip/feature_tags.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;
using Answer = CapabilityRecord::Answer;

namespace {

constexpr const char* kBob = "sip:bob@domain.com";
constexpr const char* kCarol = "sip:carol@domain.com";
constexpr const char* kOwnTags =
    ";+g.oma.sip-im;+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im\""
    ";+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg,"
    "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg\"";

struct Asking : Behind {
  explicit Asking(std::function<void(AgentConfig&)> edit = {}) : Behind(std::move(edit)) {
    core.on_other = [this](const Message& m) {
      if (m.method == "OPTIONS") answer_capable(m, {Service::chat});
    };
  }
  void ask(std::uint64_t n, const std::string& contact = kCarol, bool fresh = false,
           const std::string& user = kBob) {
    lab.command(agent, QueryCapabilities{QueryId{n}, user, contact, fresh, {}});
  }
  void answer_capable(const Message& request, const ServiceSet& services) {
    core.reply(request, 200, [&](Message& m) {
      m.contacts.push_back(Core::contact("carol"));
      add_tags(m.contacts.front().params, services);
    });
  }
  void always(int status) {
    core.on_other = [this, status](const Message& m) {
      if (m.method == "OPTIONS") core.reply(m, status);
    };
  }
  void silence() {
    core.on_other = [](const Message&) {};
  }
  CapabilitiesFound found(std::uint64_t n) const {
    for (const auto& event : agent.all<CapabilitiesFound>()) {
      if (event.query == QueryId{n}) return event;
    }
    FAIL("query " << n << " has no answer");
    return {};
  }
  /// An OPTIONS of carol to bob.
  Message inquiry_of_carol(const std::string& tags) const {
    auto options = core.invite();
    options.method = "OPTIONS";
    options.cseq = {static_cast<std::uint32_t>(lab.wire.size()), "OPTIONS"};
    options.call_id = "options-" + std::to_string(lab.wire.size());
    options.body.clear();
    options.headers.clear();
    options.from.uri = *sip::parse_uri(kCarol);
    options.contacts = {*sip::parse_name_addr("<sip:carol@192.0.2.1>" + tags)};
    return options;
  }
};

}  // namespace

TEST_CASE("CAP-1 CAP-3 CAP-6 an OPTIONS says what we can do and asks every device") {
  Asking a;
  a.core.on_register = [&](const Message& m) {
    a.core.grant(m, 3600, [](Message& ok) {
      ok.add_header("Service-Route", "<sip:orig@scscf.domain.com;lr>");
      ok.add_header("P-Associated-URI", "<sip:robert@domain.com>");
    });
  };
  a.register_user(kBob);
  a.ask(1);
  a.lab.run_for(100ms);
  const auto options = a.core.last("OPTIONS");
  CHECK(options.request_uri.to_string() == kCarol);
  CHECK(options.to.uri.to_string() == kCarol);
  CHECK(options.from.uri.to_string() == kBob);
  REQUIRE(options.contacts.size() == 1);
  CHECK(options.contacts.front().to_string() == std::string("<sip:bob@192.0.2.10:5070>") + kOwnTags);
  CHECK(options.header_values("Accept-Contact") ==
        std::vector<std::string_view>{std::string("*") + kOwnTags});
  CHECK(*options.header("Accept") == "application/sdp");
  CHECK(options.lists("Allow", "INVITE"));
  REQUIRE(options.routes.size() == 1);
  CHECK(options.routes.front().uri.host == "scscf.domain.com");
  CHECK(*options.header("P-Preferred-Identity") == "<sip:robert@domain.com>");
  CHECK(options.body.empty());
  CHECK(a.found(1).record.rcs_user == Answer::yes);
}

TEST_CASE("CAP-22 CAP-20 answers become what is known, and a change is told") {
  Asking a;
  a.register_user(kBob);
  a.ask(1);
  a.lab.run_for(5s);
  CHECK(a.found(1).asked);
  CHECK(a.found(1).status == 200);
  CHECK(a.found(1).error.empty());
  CHECK(a.found(1).user == kBob);
  CHECK(a.found(1).record.registered == Answer::yes);
  CHECK(a.found(1).record.capabilities.services == ServiceSet{Service::chat});
  CHECK(a.agent.count<CapabilitiesChanged>() == 0);

  a.always(480);
  a.ask(2, kCarol, true);
  a.lab.run_for(5s);
  CHECK(a.found(2).record.registered == Answer::no);
  CHECK(a.found(2).record.rcs_user == Answer::yes);
  CHECK(a.found(2).record.capabilities.services == ServiceSet{Service::chat});
  CHECK(a.agent.only<CapabilitiesChanged>().contact == kCarol);

  a.always(404);
  a.ask(3, kCarol, true);
  a.lab.run_for(5s);
  CHECK(a.found(3).record.rcs_user == Answer::no);
  CHECK(a.found(3).record.capabilities.services.empty());
  CHECK(a.agent.count<CapabilitiesChanged>() == 2);
  a.ask(4, kCarol, true);
  a.lab.run_for(5s);
  CHECK(a.agent.count<CapabilitiesChanged>() == 2);
}

TEST_CASE(
    "CAP-21 a time-out of ours, an unreachable core and a refusal are errors, a 408 of the network is not") {
  Asking a;
  a.register_user(kBob);
  a.always(408);
  a.ask(1);
  a.lab.run_for(5s);
  CHECK(a.found(1).error.empty());
  CHECK(a.found(1).record.registered == Answer::no);

  a.silence();
  a.ask(2, "sip:dave@domain.com");
  a.lab.run_for(60s);
  CHECK(a.found(2).status == 408);
  CHECK_FALSE(a.found(2).error.empty());
  CHECK(a.found(2).asked);
  CHECK(a.found(2).record == CapabilityRecord{});

  a.lab.refusing.insert(key_of_hop(a.core.address));
  a.ask(3, "sip:erin@domain.com");
  a.lab.run_for(1s);
  CHECK(a.found(3).status == 503);
  CHECK_FALSE(a.found(3).error.empty());
  a.lab.refusing.clear();

  a.always(486);
  a.ask(4, kCarol, true);
  a.lab.run_for(5s);
  CHECK(a.found(4).status == 486);
  CHECK(a.found(4).error == "Busy Here");
  CHECK(a.found(4).record == a.found(1).record);
}

TEST_CASE("CAP-34 an answer is shown with all tags that came, what is known has none to show") {
  Asking a;
  a.register_user(kBob);
  a.ask(1);
  a.lab.run_for(50ms);
  CHECK(a.found(1).raw_tags ==
        std::vector<std::string>{"+g.oma.sip-im",
                                 "+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im\""});
  CHECK(a.found(1).record.capabilities.other_tags.empty());
  a.ask(2);
  CHECK(a.found(2).raw_tags.empty());
}

TEST_CASE("CAP-60 one OPTIONS for each contact and user; who asks meanwhile shares the answer") {
  Asking a;
  a.register_user(kBob);
  a.register_user("sip:eve@domain.com");
  a.ask(1);
  a.ask(2, "sip:carol@domain.com;x=1", true);
  a.ask(3, kCarol, false, "sip:eve@domain.com");
  a.lab.run_for(1s);
  CHECK(a.core.all("OPTIONS").size() == 2);
  CHECK(a.agent.count<CapabilitiesFound>() == 3);
  CHECK(a.found(2).contact == "sip:carol@domain.com;x=1");
  CHECK(a.found(2).asked);
  CHECK(a.found(3).user == "sip:eve@domain.com");
}

TEST_CASE("CAP-60 no more at once than configured, all in the end") {
  Asking a([](AgentConfig& c) { c.parallel_inquiries = 3; });
  a.register_user(kBob);
  a.silence();
  for (std::uint64_t n = 1; n <= 10; ++n) a.ask(n, "sip:c" + std::to_string(n) + "@domain.com");
  a.lab.run_for(100ms);
  CHECK(a.core.all("OPTIONS").size() == 3);
  a.core.on_other = [&](const Message& m) {
    if (m.method == "OPTIONS") a.answer_capable(m, {Service::chat});
  };
  a.lab.run_for(60s);
  CHECK(a.agent.count<CapabilitiesFound>() == 10);
  for (std::uint64_t n = 1; n <= 10; ++n) CHECK(a.found(n).error.empty());
}

TEST_CASE("CAP-61 what is known is not asked again before it expires, nor afresh within the guard") {
  Asking a;
  a.register_user(kBob);
  a.ask(1);
  a.lab.run_for(500ms);
  a.ask(2, kCarol, true);
  CHECK_FALSE(a.found(2).asked);
  CHECK(a.found(2).record.rcs_user == Answer::yes);
  a.lab.run_for(1s);
  a.ask(3, kCarol, true);
  a.lab.run_for(1s);
  CHECK(a.found(3).asked);
  a.lab.run_for(23h);
  a.ask(4);
  CHECK_FALSE(a.found(4).asked);
  CHECK(a.core.all("OPTIONS").size() == 2);
  a.lab.run_for(2h);
  a.ask(5);
  a.lab.run_for(1s);
  CHECK(a.found(5).asked);
  CHECK(a.core.all("OPTIONS").size() == 3);

  a.always(500);
  a.lab.run_for(5s);
  a.ask(6, kCarol, true);
  a.lab.run_for(500ms);
  a.ask(7, kCarol, true);
  CHECK(a.found(7).status == 500);
  CHECK_FALSE(a.found(7).asked);
  CHECK(a.core.all("OPTIONS").size() == 4);
}

TEST_CASE("CAP-63 a user is registered before its first question, and one who can not be gets an error") {
  Asking a;
  a.ask(1);
  a.ask(2, "sip:dave@domain.com");
  a.lab.run_for(1s);
  CHECK(a.core.got.front().method == "REGISTER");
  CHECK(a.core.all("REGISTER").size() == 1);
  CHECK(a.found(1).error.empty());
  CHECK(a.found(2).error.empty());

  Asking refused;
  refused.core.on_register = [&](const Message& m) { refused.core.reply(m, 403); };
  refused.ask(1);
  refused.lab.run_for(1s);
  CHECK(refused.core.all("OPTIONS").empty());
  CHECK(refused.found(1).status == 403);
  CHECK_FALSE(refused.found(1).asked);
  CHECK_FALSE(refused.found(1).error.empty());
  refused.lab.command(refused.agent, QueryCapabilities{QueryId{2}, kBob, kCarol, false, {}});
  refused.lab.command(refused.agent, Unregister{kBob});
  refused.lab.run_for(1s);
  CHECK_FALSE(refused.found(2).error.empty());
}

TEST_CASE("CAP-63 a number that is none is not asked for, a name is") {
  Asking a;
  a.register_user(kBob);
  const std::vector<std::string> odd = {"tel:123",
                                        "tel:+82-10-123a;x=1",
                                        "sip:911@domain.com;user=phone",
                                        "tel:+1234567890123456",
                                        "sip:domain.com",
                                        "nothing",
                                        "mailto:x@d"};
  for (std::size_t i = 0; i < odd.size(); ++i) {
    CAPTURE(odd[i]);
    a.ask(i + 1, odd[i]);
    CHECK_FALSE(a.found(i + 1).error.empty());
    CHECK_FALSE(a.found(i + 1).asked);
  }
  a.lab.run_for(1s);
  CHECK(a.core.all("OPTIONS").empty());
  for (const char* good : {"sip:alice@domain.com", "sip:911@domain.com", "tel:+82-10-8765-4321",
                           "sip:01087654321@domain.com;user=phone"}) {
    a.ask(100, good);
    a.lab.run_for(1s);
  }
  CHECK(a.core.all("OPTIONS").size() == 4);
}

TEST_CASE("CAP-63 a core that has forgotten us is registered with anew, once") {
  Asking a;
  a.register_user(kBob);
  int refusals = 1;
  a.core.on_other = [&](const Message& m) {
    if (m.method != "OPTIONS") return;
    refusals-- > 0 ? a.core.reply(m, 403) : a.answer_capable(m, {Service::chat});
  };
  a.ask(1);
  a.lab.run_for(1s);
  CHECK(a.core.all("REGISTER").size() == 2);
  CHECK(a.core.all("OPTIONS").size() == 2);
  CHECK(a.found(1).error.empty());

  a.always(403);
  a.ask(2, "sip:dave@domain.com");
  a.lab.run_for(1s);
  CHECK(a.found(2).status == 403);
  CHECK(a.core.all("OPTIONS").size() == 4);
}

TEST_CASE("CAP-2 CAP-4 an OPTIONS to us is answered with what the user offers") {
  Asking a;
  a.register_user(kBob);
  a.core.send(a.inquiry_of_carol(""));
  a.lab.run_for(100ms);
  auto ok = a.core.responses("OPTIONS", 200).back();
  REQUIRE(ok.contacts.size() == 1);
  CHECK(ok.contacts.front().to_string() == std::string("<sip:bob@192.0.2.10:5070>") + kOwnTags);
  CHECK(ok.lists("Allow", "INVITE"));
  CHECK(ok.lists("Accept", "application/sdp"));
  CHECK(ok.header("Supported") != nullptr);

  a.lab.command(a.agent, OfferServices{kBob, {Service::chat, Service::image_share}});
  a.core.send(a.inquiry_of_carol(""));
  a.lab.run_for(100ms);
  ok = a.core.responses("OPTIONS", 200).back();
  CHECK(read_capabilities(ok.contacts.front().params).services ==
        ServiceSet{Service::chat, Service::image_share});
}

TEST_CASE("CAP-7 who transfers files says so in SDP, too, to those who read it") {
  Asking a;
  a.register_user(kBob);
  a.lab.command(a.agent, OfferServices{kBob, {Service::chat, Service::file_transfer}});
  a.lab.run_for(100ms);
  auto options = a.inquiry_of_carol("");
  a.core.send(options);
  a.lab.run_for(100ms);
  CHECK(a.core.responses("OPTIONS", 200).back().body.empty());

  options = a.inquiry_of_carol("");
  options.add_header("Accept", "application/sdp");
  a.core.send(options);
  a.lab.run_for(100ms);
  const auto ok = a.core.responses("OPTIONS", 200).back();
  REQUIRE(ok.header("Content-Type") != nullptr);
  CHECK(*ok.header("Content-Type") == "application/sdp");
  CHECK(ok.body.find("\r\nm=message 0 TCP/MSRP *\r\n") != std::string::npos);
  CHECK(ok.body.find("\r\na=file-selector\r\n") != std::string::npos);
  CHECK(ok.body.find("file-transfer-id") == std::string::npos);

  a.lab.command(a.agent, OfferServices{kBob, {Service::chat}});
  a.lab.run_for(100ms);
  options = a.inquiry_of_carol("");
  options.add_header("Accept", "application/sdp");
  a.core.send(options);
  a.lab.run_for(100ms);
  CHECK(a.core.responses("OPTIONS", 200).back().body.empty());
}

TEST_CASE("CAP-7 an a=file-selector in the SDP of an answer stands for file transfer") {
  Asking a;
  a.register_user(kBob);
  std::string selector;
  a.core.on_other = [&](const Message& m) {
    if (m.method != "OPTIONS") return;
    a.core.reply(m, 200, [&](Message& answer) {
      answer.contacts.push_back(Core::contact("carol"));
      add_tags(answer.contacts.front().params, {Service::chat});
      answer.add_header("Content-Type", "application/SDP");
      answer.body =
          "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
          "m=message 0 TCP/MSRP *\r\na=accept-types:*\r\n" +
          selector;
    });
  };
  a.ask(1, kCarol, true);
  a.lab.run_for(2s);
  CHECK(a.found(1).record.capabilities.services == ServiceSet{Service::chat});
  selector = "a=file-selector\r\n";
  a.ask(2, kCarol, true);
  a.lab.run_for(2s);
  CHECK(a.found(2).record.capabilities.services == ServiceSet{Service::chat, Service::file_transfer});
}

TEST_CASE("CAP-35 REGISTER tells what the device can be sent, anew when that changes") {
  Asking a;
  a.lab.command(a.agent, OfferServices{kBob, {Service::chat}});
  a.lab.run_for(1s);
  CHECK(a.core.got.empty());
  a.lab.command(a.agent, Register{kBob});
  // Changed while the REGISTER is on its way: told in a second one.
  a.lab.command(a.agent, OfferServices{kBob, {Service::chat, Service::file_transfer}});
  a.lab.run_for(1s);
  const auto told = [&](std::size_t i) {
    return read_capabilities(a.core.all("REGISTER").at(i).contacts.front().params).services;
  };
  REQUIRE(a.core.all("REGISTER").size() == 2);
  CHECK(told(0) == ServiceSet{Service::chat});
  CHECK(told(1) == ServiceSet{Service::chat, Service::file_transfer});
  a.lab.command(a.agent, OfferServices{kBob, {Service::chat, Service::file_transfer}});
  a.lab.run_for(1s);
  CHECK(a.core.all("REGISTER").size() == 2);
  a.lab.command(a.agent, OfferServices{kBob, {}});
  a.lab.run_for(1s);
  REQUIRE(a.core.all("REGISTER").size() == 3);
  CHECK(told(2).empty());
  CHECK(a.agent.count<Registered>() == 1);
  a.lab.command(a.agent, OfferServices{"nobody", {}});
  CHECK(a.agent.only<RegistrationFailed>().status == 400);
}

TEST_CASE("CAP-5 CAP-64 an OPTIONS to us tells what its sender can do, without a question back") {
  Asking a;
  a.register_user(kBob);
  const std::string tags =
      ";+g.oma.sip-im;+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im\"";
  a.core.send(a.inquiry_of_carol(tags));
  a.lab.run_for(5s);
  CHECK(a.agent.only<CapabilitiesChanged>().user == kBob);
  CHECK(a.agent.only<CapabilitiesChanged>().contact == kCarol);
  CHECK(a.agent.only<CapabilitiesChanged>().record.registered == Answer::yes);
  CHECK(a.core.all("OPTIONS").empty());
  a.core.send(a.inquiry_of_carol(tags));
  a.lab.run_for(5s);
  CHECK(a.agent.count<CapabilitiesChanged>() == 1);
  a.ask(1);
  CHECK_FALSE(a.found(1).asked);
  CHECK(a.found(1).record.capabilities.services == ServiceSet{Service::chat});

  // Who only looks whether we are there tells nothing, nor does one who hides.
  a.core.send(a.inquiry_of_carol(""));
  auto hidden = a.inquiry_of_carol(";+g.oma.sip-im");
  hidden.from.uri = *sip::parse_uri("sip:anonymous@anonymous.invalid");
  a.core.send(hidden);
  a.lab.run_for(5s);
  CHECK(a.agent.count<CapabilitiesChanged>() == 1);

  // Whom the network vouches for counts more than From.
  auto asserted = a.inquiry_of_carol(";+g.oma.sip-im");
  asserted.add_header("P-Asserted-Identity", "<sip:dave@domain.com>");
  a.core.send(asserted);
  a.lab.run_for(5s);
  REQUIRE(a.agent.count<CapabilitiesChanged>() == 2);
  CHECK(a.agent.all<CapabilitiesChanged>().back().contact == "sip:dave@domain.com");
}

TEST_CASE("CAP-9 a question in a chat goes within its dialog, and is answered there") {
  Pair p;
  p.talk();
  p.lab.command(p.alice, QueryCapabilities{QueryId{1}, "sip:alice@domain.com", "sip:bob@domain.com", true,
                                           outgoing_chat(1)});
  p.lab.run_for(1s);
  const auto options = p.lab.sent("OPTIONS").back().message;
  CHECK(options.call_id == p.lab.sent("INVITE").back().message.call_id);
  CHECK_FALSE(options.to_tag().empty());
  CHECK(p.alice.only<CapabilitiesFound>().record.rcs_user == Answer::yes);
  CHECK(p.bob.only<CapabilitiesChanged>().contact == "sip:alice@domain.com");

  // About somebody else, it does not.
  p.lab.command(p.alice, QueryCapabilities{QueryId{2}, "sip:alice@domain.com", "sip:carol@domain.com", true,
                                           outgoing_chat(1)});
  p.lab.run_for(1s);
  CHECK(p.lab.sent("OPTIONS").back().message.to_tag().empty());
  p.lab.command(p.alice, EndChat{outgoing_chat(1)});
  p.lab.run_for(5s);
  p.lab.command(p.alice, QueryCapabilities{QueryId{3}, "sip:alice@domain.com", "sip:bob@domain.com", true,
                                           outgoing_chat(1)});
  p.lab.run_for(1s);
  CHECK(p.lab.sent("OPTIONS").back().message.to_tag().empty());
  CHECK(p.alice.count<CapabilitiesFound>() == 3);
}

TEST_CASE("CAP-60 the loss of any one message changes no answer") {
  for (std::size_t lost = 0; lost < 6; ++lost) {
    CAPTURE(lost);
    Asking a([](AgentConfig& c) { c.user_agent = "x/1"; });
    std::size_t count = 0;
    a.lab.lose = [&](const Lab::Sent&) { return count++ == lost; };
    a.ask(1);
    a.lab.run_for(100s);
    CHECK(a.agent.only<CapabilitiesFound>().record.rcs_user == Answer::yes);
    CHECK(a.agent.only<CapabilitiesFound>().error.empty());
  }
}
