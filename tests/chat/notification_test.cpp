// Notifications about messages (RFC 5438): who owes them, how they travel, what they do.
#include "body/cpim.hpp"
#include "body/imdn.hpp"
#include "chat/talk.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// All CPIM messages that went over the wires.
std::vector<body::Cpim> cpim_on_wires(const Talk& t) {
  std::vector<body::Cpim> found;
  for (const auto& octets : t.lab.wires.written) {
    for (auto at = octets.find("From: <"); at != std::string::npos; at = octets.find("From: <", at + 1)) {
      const auto end = octets.find("\r\n-------", at);
      auto cpim = body::parse_cpim(std::string_view(octets).substr(at, end - at));
      if (cpim) found.push_back(std::move(*cpim));
    }
  }
  return found;
}

bool is_notice(const body::Cpim& cpim) {
  const auto notifications = body::read_imdn_cpim(cpim);
  return notifications && !notifications->empty();
}

/// Those with a notification.
std::vector<body::Cpim> notices_on_wires(const Talk& t) {
  auto found = cpim_on_wires(t);
  std::erase_if(found, [](const body::Cpim& cpim) { return !is_notice(cpim); });
  return found;
}

body::Imdn imdn_in(const body::Cpim& cpim) { return body::read_imdn_cpim(cpim)->front(); }

}  // namespace

TEST_CASE(
    "IMDN-2, IMDN-3, IMDN-5, IMDN-6: a notification has an id of its own, names the message, asks for none") {
  Talk t;
  t.meet();
  t.display(t.bob, t.invited(), "m1");
  t.run();
  const auto notices = notices_on_wires(t);
  REQUIRE(notices.size() == 2);
  const auto delivered = imdn_in(notices[0]);
  CHECK(delivered.message_id == "m1");
  CHECK(delivered.status == body::ImdnStatus::delivered);
  CHECK(delivered.date_time == "2012-01-01T10:10:10.000Z");
  CHECK(imdn_in(notices[1]).status == body::ImdnStatus::displayed);
  std::set<std::string> ids;
  for (const auto& notice : notices) {
    REQUIRE(notice.imdn("Message-ID") != nullptr);
    ids.insert(*notice.imdn("Message-ID"));
    CHECK(notice.imdn("Disposition-Notification") == nullptr);
    CHECK(*body::find_mime(notice.content.headers, "Content-Disposition") == "notification");
    CHECK(notice.from()->uri == "sip:bob@domain.com");
    CHECK(notice.to()->uri == "sip:alice@domain.com");
  }
  CHECK(ids.size() == 2);
  CHECK_FALSE(ids.contains("m1"));
}

TEST_CASE("IMDN-1: a text that asks for notifications has id, time and the request") {
  Talk t(0, [](AgentConfig& config) { config.text_in_invite = false; });
  t.meet();
  std::string sent;
  for (const auto& octets : t.lab.wires.written) sent += octets;
  CHECK(sent.find("imdn.Message-ID: m1\r\n") != std::string::npos);
  CHECK(sent.find("DateTime: 2012-01-01T10:10:10.000Z\r\n") != std::string::npos);
  CHECK(sent.find("imdn.Disposition-Notification: positive-delivery, negative-delivery, display\r\n") !=
        std::string::npos);
}

TEST_CASE("IMDN-4: whatever is asked how often, each notification goes once") {
  Talk t;
  t.meet();
  for (int i = 0; i < 3; ++i) {
    t.display(t.bob, t.invited(), "m1");
    t.lab.command(t.bob, SendState{t.invited(), "m1", MessageState::delivered});
    t.lab.command(t.bob, SendState{t.invited(), "m1", MessageState::failed});
    t.lab.command(t.bob, SendState{t.invited(), "unknown", MessageState::displayed});
    t.run();
  }
  CHECK(notices_on_wires(t).size() == 2);
}

TEST_CASE("IMDN-7: what was not asked for is not told") {
  Talk t;
  t.meet();
  SendText quiet{t.ours(), {}};
  quiet.text.message_id = "q";
  quiet.text.text = "psst";
  quiet.text.want_delivery = quiet.text.want_display = false;
  t.lab.command(t.alice, quiet);
  t.run();
  t.display(t.bob, t.invited(), "q");
  t.run();
  CHECK(states_of(t.alice, "q") == "sent");
  CHECK(notices_on_wires(t).size() == 1);
}

TEST_CASE("IMDN-15: a notification asks for no success report") {
  Talk t;
  t.meet();
  for (const auto& octets : t.lab.wires.written)
    CHECK(octets.find("Success-Report: yes") == std::string::npos);
}

TEST_CASE("IMDN-11: a text and a notification that are due at once go each in a message of its own") {
  Talk t;
  t.meet();
  t.lab.command(t.bob, SendState{t.invited(), "m1", MessageState::displayed});
  t.reply("r1", "and you?");
  t.lab.command(t.bob, SendState{t.invited(), "m1", MessageState::displayed});
  t.run();
  CHECK(texts_of(t.alice) == "and you?");
  CHECK(states_of(t.alice, "m1") == "sent delivered displayed");
  std::size_t texts = 0;
  for (const auto& cpim : cpim_on_wires(t)) {
    const auto& type = *body::find_mime(cpim.content.headers, "Content-Type");
    CHECK((type == "message/imdn+xml") == is_notice(cpim));
    if (!is_notice(cpim)) ++texts;
  }
  CHECK(texts == 1);  // the first one went in the invitation
  CHECK(notices_on_wires(t).size() == 3);
}

TEST_CASE("IMDN-13: without a session a notification goes by SIP MESSAGE") {
  Talk t;
  t.meet();
  const auto theirs = t.invited();
  t.lab.command(t.alice, EndChat{t.ours()});
  t.run();
  t.display(t.bob, theirs, "m1");
  t.run();
  CHECK(states_of(t.alice, "m1") == "sent delivered displayed");
  CHECK(t.alice.all<TextState>().back().chat == t.ours());
  REQUIRE(t.lab.sent("MESSAGE").size() == 1);
  const auto message = t.lab.sent("MESSAGE")[0].message;
  CHECK(message.request_uri.to_string() == "sip:alice@domain.com");
  CHECK(message.to.uri.to_string() == "sip:alice@domain.com");
  CHECK(message.from.uri.to_string() == "sip:bob@domain.com");
  CHECK(message.contacts.empty());
  CHECK(*message.header("Content-Type") == "message/cpim");
  CHECK(message.to_tag().empty());
  REQUIRE(t.lab.sent("200 MESSAGE").size() == 1);
  CHECK(t.lab.sent("200 MESSAGE")[0].message.contacts.empty());
  CHECK(t.lab.sent("200 MESSAGE")[0].message.body.empty());
  t.display(t.bob, theirs, "m1");
  t.run();
  CHECK(t.lab.sent("MESSAGE").size() == 1);
}

TEST_CASE("IMDN-13: what is owed when the session ends goes by SIP MESSAGE, one after the other") {
  Talk t;
  t.meet();
  for (int i = 2; i <= 5; ++i) t.say("m" + std::to_string(i), "text");
  t.run(25ms);  // they are there; what is said of them is not
  t.lab.wires.cut_at = [](const std::string&) { return true; };
  t.display(t.bob, t.invited(), "m2");
  std::size_t open = 0;
  t.lab.lose = [&](const Lab::Sent& sent) {
    if (sent.message.method == "MESSAGE") CHECK(++open == 1);
    if (sent.message.is_response() && sent.message.cseq.method == "MESSAGE") --open;
    return false;
  };
  t.run_accepting(5s);
  CHECK_FALSE(t.lab.sent("MESSAGE").empty());
  CHECK(states_of(t.alice, "m2").starts_with("sent delivered displayed"));
  for (int i = 3; i <= 5; ++i) CHECK(states_of(t.alice, "m" + std::to_string(i)) == "sent delivered");
}

TEST_CASE("IMDN-14: a notification by MESSAGE counts only from the peer, for its user") {
  Talk t;
  t.meet();
  t.lab.command(t.bob, EndChat{t.invited()});
  t.run();
  const auto told = t.alice.count<TextState>();
  body::ImdnMessage notice;
  notice.message_id = "n1";
  notice.imdn.message_id = "m1";
  notice.imdn.kind = body::ImdnKind::display;
  notice.imdn.status = body::ImdnStatus::displayed;
  sip::Message message;
  message.method = "MESSAGE";
  message.request_uri = *sip::parse_uri("sip:alice@192.0.2.10:5070");
  message.from.uri = *sip::parse_uri("sip:mallory@domain.com");
  sip::set_param(message.from.params, "tag", "t");
  message.to.uri = *sip::parse_uri("sip:alice@domain.com");
  message.call_id = "c";
  message.cseq = {1, "MESSAGE"};
  message.max_forwards = 70;
  message.vias.resize(1);
  message.vias[0].host = "192.0.2.1";
  message.vias[0].port = 5060;
  message.vias[0].params.push_back({"branch", "z9hG4bKm1"});
  message.add_header("Content-Type", "message/cpim");
  message.body = body::format_cpim(body::make_imdn_cpim(notice));
  const Hop stranger{sip::Transport::udp, "192.0.2.1", 5060, {}};
  int status = 0;
  t.lab.listen(stranger, [&](const Hop&, Message response) { status = response.status; });
  const auto send = [&] {
    status = 0;
    message.cseq.number += 1;
    sip::set_param(message.vias[0].params, "branch", "z9hG4bKm" + std::to_string(message.cseq.number));
    t.lab.send(stranger, t.alice.address, message);
    t.run();
  };
  SECTION("a stranger") {
    send();
    CHECK(status == 200);
    CHECK(t.alice.count<TextState>() == told);
  }
  SECTION("a stranger who says in From that it is the peer, and the network says it is not") {
    message.from.uri = *sip::parse_uri("sip:bob@domain.com");
    message.add_header("P-Asserted-Identity", "<sip:mallory@domain.com>");
    send();
    CHECK(t.alice.count<TextState>() == told);
  }
  SECTION("the peer") {
    message.from.uri = *sip::parse_uri("sip:bob@domain.com");
    send();
    CHECK(status == 200);
    CHECK(states_of(t.alice, "m1") == "sent delivered displayed");
  }
  SECTION("typing of a stranger is taken, and told to nobody") {
    message.set_header("Content-Type", "application/im-iscomposing+xml");
    message.body =
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>idle</state></isComposing>";
    send();
    CHECK(status == 200);
  }
}

TEST_CASE("IMDN-13: what is owed before the invitation is accepted waits for the session") {
  Talk t;
  t.call();
  t.run();
  t.display(t.bob, t.invited(), "m1");
  t.run();
  CHECK(t.lab.sent("MESSAGE").empty());
  t.lab.command(t.bob, AcceptChat{t.invited()});
  t.run();
  CHECK(states_of(t.alice, "m1") == "sent delivered displayed");
  CHECK(t.lab.sent("MESSAGE").empty());
}

TEST_CASE("a text that is sent twice under one id is shown once") {
  Talk t;
  t.meet();
  t.say("m2", "once");
  t.say("m2", "once");
  t.run();
  t.say("m2", "once");
  t.run();
  CHECK(texts_of(t.bob) == "hello|once");
}
