// Invitations, and requests outside of a chat, against a core the test plays.
#include "chat/identity.hpp"
#include "chat/invite.hpp"
#include "chat/lab.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

struct Called : Behind {
  Message invite;
  explicit Called(std::function<void(AgentConfig&)> edit = {}) : Behind(std::move(edit)) {
    register_user();
    invite = core.invite();
  }
  void settle(Duration d = 100ms) { lab.run_for(d); }
  void ring() {
    core.send(invite, "z9hG4bKinvite");
    settle();
  }
  ChatId chat() const { return agent.only<ChatInvited>().chat; }
  int refused() {
    CHECK(agent.count<ChatInvited>() == 0);
    CHECK(agent.agent.open_chats() == 0);
    const auto all = core.responses(invite.method);
    REQUIRE_FALSE(all.empty());
    return all.back().status;
  }
  Message ack_of(const Message& ok) {
    auto dialog = *sip::Dialog::from_response(invite, ok);
    return dialog.make_ack(invite.cseq.number);
  }
};

}  // namespace

TEST_CASE_METHOD(
    Called, "CHAT-10: an invitation: 100 at once, 180 with tag and Contact when told, 200 with an answer") {
  invite.record_routes.push_back(*sip::parse_name_addr("<sip:192.0.2.1:5060;lr>"));
  invite.add_header("Supported", "timer");
  invite.add_header("Session-Expires", "1800;refresher=uac");
  ring();
  const auto invited = agent.only<ChatInvited>();
  CHECK(invited.chat == incoming_chat(1));
  CHECK(invited.user == "sip:bob@domain.com");
  CHECK_FALSE(invited.deferred);
  REQUIRE(core.responses("INVITE").size() == 1);
  CHECK(core.responses("INVITE")[0].status == 100);
  CHECK(core.responses("INVITE")[0].to_tag().empty());

  lab.command(agent, AlertUser{invited.chat});
  lab.command(agent, AlertUser{invited.chat});
  settle();
  REQUIRE(core.responses("INVITE", 180).size() == 1);
  const auto ringing = core.responses("INVITE", 180)[0];
  CHECK_FALSE(ringing.to_tag().empty());
  CHECK(ringing.contacts.at(0).to_string() == "<sip:bob@192.0.2.10:5070>;+g.oma.sip-im");
  CHECK(ringing.record_routes == invite.record_routes);

  lab.command(agent, AcceptChat{invited.chat});
  settle();
  const auto ok = core.responses("INVITE", 200).at(0);
  CHECK(ok.to_tag() == ringing.to_tag());
  CHECK(ok.contacts == ringing.contacts);
  CHECK(ok.record_routes == invite.record_routes);
  CHECK(ok.lists("Supported", "timer"));
  CHECK(ok.lists("Require", "timer"));
  CHECK(*ok.header("Session-Expires") == "1800;refresher=uac");
  CHECK(*ok.header("Content-Type") == "application/sdp");
  CHECK(std::get<Offered>(read_offer(ok)).media->setup == body::Setup::active);
  CHECK(agent.count<ChatConnected>() == 0);
  core.send(ack_of(ok));
  settle();
  CHECK(agent.count<ChatConnected>() == 1);
  CHECK(agent.agent.open_chats() == 1);
}

TEST_CASE_METHOD(Called, "a late offer: our 200 carries it") {
  invite.remove_header("Content-Type");
  invite.body.clear();
  ring();
  lab.command(agent, AcceptChat{chat()});
  settle();
  const auto offered = read_offer(core.responses("INVITE", 200).at(0));
  REQUIRE(std::get<Offered>(offered).media);
  CHECK(std::get<Offered>(offered).media->setup == body::Setup::active);
}

TEST_CASE_METHOD(Called, "invitations that are refused, and with what") {
  SECTION("unknown user") {
    invite.request_uri.user = "nobody";
    invite.to.uri.user = "nobody";
    ring();
    CHECK(refused() == 404);
  }
  SECTION("type") {
    invite.set_header("Content-Type", "text/html");
    ring();
    CHECK(refused() == 415);
    CHECK(core.responses("INVITE").back().lists("Accept", "application/sdp"));
  }
  SECTION("malformed") {
    invite.body = "garbage";
    ring();
    CHECK(refused() == 400);
  }
  SECTION("no usable stream") {
    invite.body = "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\nm=audio 5 RTP/AVP 0\r\n";
    ring();
    CHECK(refused() == 488);
  }
  SECTION("CHAT-15: a session timer below 90 s") {
    invite.add_header("Session-Expires", "30");
    invite.add_header("Supported", "timer");
    ring();
    CHECK(refused() == 422);
    CHECK(*core.responses("INVITE").back().header("Min-SE") == "90");
  }
  SECTION("an option we do not know") {
    invite.add_header("Require", "timer, 100rel, tdialog");
    ring();
    CHECK(refused() == 420);
    CHECK(*core.responses("INVITE").back().header("Unsupported") == "100rel, tdialog");
  }
  SECTION("a scheme we can not be called by") {
    invite.request_uri = *sip::parse_uri("urn:service:sos");
    ring();
    CHECK(refused() == 416);
  }
  SECTION("no Contact") {
    invite.contacts.clear();
    ring();
    CHECK(refused() == 400);
  }
}

TEST_CASE_METHOD(Called, "CHAT-11: 2xx is repeated from T1 doubling to T2 until the ACK") {
  ring();
  lab.command(agent, AcceptChat{chat()});
  const auto begun = lab.now;
  settle(20s);
  std::vector<Duration> at;
  for (const auto& s : lab.sent("200 INVITE")) at.push_back(s.at - begun);
  REQUIRE(at.size() >= 6);
  CHECK(at[0] == 0ms);
  CHECK(at[1] == 500ms);
  CHECK(at[2] == 1500ms);
  CHECK(at[3] == 3500ms);
  CHECK(at[4] == 7500ms);
  CHECK(at[5] == 11500ms);
  core.send(ack_of(core.responses("INVITE", 200).at(0)));
  settle();
  const auto count = lab.sent("200 INVITE").size();
  settle(60s);
  CHECK(lab.sent("200 INVITE").size() == count);
  CHECK(agent.count<ChatConnected>() == 1);
  CHECK(agent.count<ChatEnded>() == 0);
}

TEST_CASE_METHOD(Called, "CHAT-11: no ACK in 64*T1 is the end: BYE") {
  ring();
  lab.command(agent, AcceptChat{chat()});
  settle(31s);
  CHECK(core.all("BYE").empty());
  settle(2s);
  CHECK(core.all("BYE").size() >= 1);
  CHECK(agent.only<ChatEnded>().code == 408);
  CHECK_FALSE(agent.only<ChatEnded>().by_us);
  CHECK(agent.count<ChatConnected>() == 0);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Called, "EndChat before the ACK waits for it, for a BYE must not come first") {
  ring();
  lab.command(agent, AcceptChat{chat()});
  lab.command(agent, EndChat{chat()});
  settle();
  CHECK(core.all("BYE").empty());
  core.send(ack_of(core.responses("INVITE", 200).at(0)));
  settle();
  CHECK(core.all("BYE").size() == 1);
  CHECK(agent.only<ChatEnded>().by_us);
  CHECK(agent.count<ChatConnected>() == 0);
}

TEST_CASE_METHOD(Called, "DeclineChat answers as it says; a status that declines nothing becomes 603") {
  ring();
  SECTION("as said") {
    lab.command(agent, DeclineChat{chat(), 486, "In\r\nA: Meeting"});
    settle();
    const auto response = core.responses("INVITE", 486).at(0);
    CHECK(response.reason == "In A: Meeting");
    CHECK_FALSE(response.to_tag().empty());
  }
  SECTION("200 is no way to decline") {
    lab.command(agent, DeclineChat{chat(), 200, ""});
    settle();
    CHECK(core.responses("INVITE", 603).size() == 1);
    CHECK(core.responses("INVITE", 200).empty());
  }
  SECTION("EndChat declines too") {
    lab.command(agent, EndChat{chat()});
    settle();
    CHECK(core.responses("INVITE", 603).size() == 1);
  }
  CHECK(agent.agent.open_chats() == 0);
  lab.command(agent, AcceptChat{chat()});
  lab.command(agent, AlertUser{chat()});
  lab.command(agent, EndChat{chat()});
  settle(60s);
  CHECK(core.responses("INVITE", 200).empty());
}

TEST_CASE_METHOD(Called, "CANCEL ends an unanswered invitation: 200, 487, and its Reason is told") {
  ring();
  lab.command(agent, AlertUser{chat()});
  Message cancel = invite;
  cancel.method = "CANCEL";
  cancel.cseq.method = "CANCEL";
  cancel.headers.clear();
  cancel.body.clear();
  SECTION("plain") {
    core.send(cancel, "z9hG4bKinvite");
    settle();
    CHECK(agent.only<ChatExpired>().code == 487);
  }
  SECTION("answered elsewhere") {
    cancel.add_header("Reason", "SIP;cause=200;text=\"Call completed elsewhere\"");
    core.send(cancel, "z9hG4bKinvite");
    settle();
    CHECK(agent.only<ChatExpired>().code == 200);
    CHECK(agent.only<ChatExpired>().reason == "Call completed elsewhere");
  }
  CHECK(core.responses("CANCEL", 200).size() == 1);
  CHECK(core.responses("INVITE", 487).size() == 1);
  CHECK(agent.agent.open_chats() == 0);
  lab.command(agent, AcceptChat{chat()});
  settle();
  CHECK(core.responses("INVITE", 200).empty());
}

TEST_CASE_METHOD(Called, "CANCEL of nothing is 481, after our 2xx it changes nothing") {
  Message cancel = invite;
  cancel.method = "CANCEL";
  cancel.cseq.method = "CANCEL";
  SECTION("nothing") {
    core.send(cancel, "z9hG4bKother");
    settle();
    CHECK(core.responses("CANCEL", 481).size() == 1);
  }
  SECTION("late") {
    ring();
    lab.command(agent, AcceptChat{chat()});
    settle();
    core.send(cancel, "z9hG4bKinvite");
    settle();
    CHECK(agent.count<ChatExpired>() == 0);
    CHECK(agent.agent.open_chats() == 1);
  }
}

TEST_CASE("an invitation nobody answers expires with 480") {
  Called c([](AgentConfig& config) { config.invite_timeout = 20s; });
  c.ring();
  c.lab.command(c.agent, AlertUser{c.chat()});
  c.settle(19s);
  CHECK(c.agent.count<ChatExpired>() == 0);
  c.settle(2s);
  CHECK(c.agent.only<ChatExpired>().code == 480);
  CHECK(c.core.responses("INVITE", 480).size() >= 1);
  CHECK(c.agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Called, "PGR-18: a repeated INVITE is one invitation, and one over another way is 482") {
  ring();
  ring();
  CHECK(agent.count<ChatInvited>() == 1);
  core.send(invite, "z9hG4bKotherway");
  settle();
  CHECK(agent.count<ChatInvited>() == 1);
  CHECK(core.responses("INVITE", 482).size() == 1);
}

TEST_CASE_METHOD(Called, "CHAT-40: a deferred invitation shows its true sender") {
  invite.from.uri = *sip::parse_uri("sip:rcse-standfw@domain.com");
  invite.add_header("P-Asserted-Identity", "<sip:rcse-standfw@domain.com>");
  std::string expected;
  SECTION("Referred-By") {
    invite.add_header("Referred-By", "\"Dave\" <tel:+821011112222>");
    expected = "tel:+821011112222";
  }
  SECTION("CPIM From") {
    core::Random random(1);
    body::ChatText text;
    text.from = "sip:dave@domain.com";
    text.to = "sip:bob@domain.com";
    text.text = "stored";
    auto body = body::make_chat_body({text, *body::parse_sdp(Core::kSdp)}, random);
    invite.set_header("Content-Type", body.content_type);
    invite.body = body.content;
    expected = "sip:dave@domain.com";
  }
  ring();
  CHECK(agent.only<ChatInvited>().deferred);
  CHECK(agent.only<ChatInvited>().from == expected);
}

TEST_CASE_METHOD(Called, "OPTIONS outside of a chat: what we take, for users we have") {
  Message options = invite;
  options.method = "OPTIONS";
  options.cseq.method = "OPTIONS";
  options.headers.clear();
  options.body.clear();
  SECTION("our user") {
    core.send(options);
    settle();
    const auto ok = core.responses("OPTIONS", 200).at(0);
    CHECK(ok.lists("Accept", "application/sdp"));
    CHECK(ok.lists("Allow", "INVITE"));
    CHECK(ok.lists("Allow", "MESSAGE"));
    CHECK(sip::find_param(ok.contacts.at(0).params, "+g.oma.sip-im") != nullptr);
    CHECK_FALSE(ok.to_tag().empty());
  }
  SECTION("the host") {
    options.request_uri.user.clear();
    core.send(options);
    settle();
    CHECK(core.responses("OPTIONS", 200).size() == 1);
  }
  SECTION("nobody here") {
    options.request_uri.user = "nobody";
    options.to.uri.user = "nobody";
    core.send(options);
    settle();
    CHECK(core.responses("OPTIONS", 404).size() == 1);
  }
}

TEST_CASE_METHOD(Called, "PGR-16: other methods are 405 or 501 with Allow") {
  const char* method = GENERATE("SUBSCRIBE", "PUBLISH", "REFER", "REGISTER", "INFO", "FROBNICATE", "message");
  Message m = invite;
  m.method = method;
  m.cseq.method = method;
  core.send(m);
  settle();
  CAPTURE(method);
  REQUIRE(core.responses(method).size() == 1);
  const bool known = std::string(method) != "FROBNICATE" && std::string(method) != "message";
  CHECK(core.responses(method)[0].status == (known ? 405 : 501));
  CHECK(core.responses(method)[0].lists("Allow", "INVITE"));
}

TEST_CASE_METHOD(Called, "CHAT-14: requests in dialogs we do not know are 481, their ACK is dropped") {
  for (const char* method : {"BYE", "UPDATE", "INVITE", "OPTIONS"}) {
    CAPTURE(method);
    Message m = invite;
    m.method = method;
    m.cseq.method = method;
    sip::set_param(m.to.params, "tag", "unknown");
    core.send(m);
    settle();
    REQUIRE(core.responses(method).size() == 1);
    CHECK(core.responses(method)[0].status == 481);
  }
  Message bye = invite;
  bye.method = "BYE";
  bye.cseq = {9, "BYE"};
  core.send(bye);
  Message ack = invite;
  ack.method = "ACK";
  ack.cseq = {9, "ACK"};
  sip::set_param(ack.to.params, "tag", "unknown");
  core.send(ack);
  settle();
  CHECK(core.responses("BYE").back().status == 481);
  CHECK(core.responses("ACK").empty());
}

TEST_CASE_METHOD(Called, "BYE in an early dialog ends the invitation") {
  ring();
  lab.command(agent, AlertUser{chat()});
  settle();
  auto dialog = *sip::Dialog::from_response(invite, core.responses("INVITE", 180).at(0));
  core.send(dialog.make_request("BYE"));
  settle();
  CHECK(core.responses("BYE", 200).size() == 1);
  CHECK(core.responses("INVITE", 487).size() == 1);
  CHECK(agent.only<ChatExpired>().code == 487);
}

TEST_CASE_METHOD(Called, "an UPDATE in an early dialog is answered, an offer in one has to wait") {
  ring();
  lab.command(agent, AlertUser{chat()});
  settle();
  auto dialog = *sip::Dialog::from_response(invite, core.responses("INVITE", 180).at(0));
  auto update = dialog.make_request("UPDATE");
  update.contacts = invite.contacts;
  core.send(update);
  auto offer = dialog.make_request("UPDATE");
  offer.contacts = invite.contacts;
  offer.add_header("Content-Type", "application/sdp");
  offer.body = Core::kSdp;
  core.send(offer);
  settle();
  REQUIRE(core.responses("UPDATE").size() == 2);
  CHECK(core.responses("UPDATE")[0].status == 200);
  CHECK(core.responses("UPDATE")[1].status == 500);
  CHECK(core.responses("UPDATE")[1].header("Retry-After") != nullptr);
  CHECK(agent.agent.open_chats() == 1);
}
