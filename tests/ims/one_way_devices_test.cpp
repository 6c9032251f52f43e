// Devices that take MESSAGEs and no sessions, or sessions and no MESSAGEs: the server goes between the two,
// and nothing of texts and notifications is lost.
#include <algorithm>

#include "two_ways.hpp"

using namespace rcs;
using namespace rcs::test;
using Kind = ims::Notice::Kind;

namespace {

const std::string kMessageTag = ";+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"";
const std::string kDemanding = "positive-delivery, negative-delivery, display";

/// The receiver's device takes no session.
struct MessagesOnly : TwoWays {
  explicit MessagesOnly(int status = 488, ims::CoreConfig config = {}, bool registers = true)
      : TwoWays(std::move(config), registers) {
    two.receiver.answer = status;
  }
};

/// The receiver's device takes no MESSAGE.
struct SessionsOnly : TwoWays {
  explicit SessionsOnly(int status = 405, ims::CoreConfig config = {}, bool registers = true)
      : TwoWays(std::move(config), registers) {
    two.receiver.plain_answer = status;
  }
};

/// The ids that the notifications in these say are delivered (1), failed (2).
Ids told(const Ids& contents, body::ImdnStatus status) {
  Ids ids;
  for (const auto& content : contents) {
    const auto cpim = body::parse_cpim(content);
    REQUIRE(cpim);
    const auto notices = body::read_imdn_cpim(*cpim);
    REQUIRE(notices);
    for (const auto& notice : *notices)
      if (notice.status == status) ids.push_back(notice.message_id);
  }
  return ids;
}

/// MESSAGEs to the receiver's device go one at a time.
void check_one_at_a_time(SipNet& net) {
  int pending = 0;
  for (const auto& hop : net.hops()) {
    if (hop == "t-cscf>receiver MESSAGE") CHECK(++pending == 1);
    if (hop == "receiver>t-cscf 200 MESSAGE") --pending;
  }
  CHECK(pending == 0);
}

std::string header_of(const sip::Message& message, const char* name) {
  const auto* value = message.header(name);
  return value == nullptr ? std::string() : *value;
}

}  // namespace

// --- MESSAGE only
// ----------------------------------------------------------------------------------------------------------------

TEST_CASE("CHAT-1 CHAT-41 PGR-10: a device without sessions has the texts of a chat by MESSAGE, in order") {
  const int status = GENERATE(405, 415, 488, 501, 606);
  MessagesOnly both(status);
  both.invite("id-0");
  for (const auto* id : {"msg-1", "msg-2", "msg-3"}) both.sender.say(id, "text");
  both.net().run_for(1s);
  CHECK(both.sender.sent == Ids{"msg-1", "msg-2", "msg-3"});
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{cpim_text("id-0", "hello"), cpim_text("msg-1", "text"),
                                                  cpim_text("msg-2", "text"), cpim_text("msg-3", "text")});
  check_one_at_a_time(both.net());
  const auto& first = *both.two.receiver.got("MESSAGE")[0];
  CHECK(header_of(first, "P-Asserted-Identity") == "<" + both.two.sender.uri().to_string() + ">");
  CHECK(first.from.uri == both.two.sender.uri());
  CHECK(both.two.sender.got("BYE").empty());
  CHECK(both.two.receiver.got("INVITE").size() == 1);
  both.two.sender.bye();
  both.check_over();
}

TEST_CASE("REG-41 CHAT-1: who registered for messages alone is not away: the texts of a chat go by MESSAGE") {
  TwoWays both({}, false);
  auto& device = both.two.receiver;
  device.tags = kMessageTag;
  both.come();
  both.invite("id-0");
  both.sender.say("msg-1", "text");
  both.net().run_for(1s);
  CHECK(device.got("INVITE").empty());  // which the sender's preference keeps from it
  CHECK(TwoWays::bodies(device) == Ids{cpim_text("id-0", "hello"), cpim_text("msg-1", "text")});
  CHECK(both.page(device, both.make(device, notice_of("msg-1"))) == 200);
  CHECK(both.sender.contents == Ids{notice_of("msg-1")});
  both.two.sender.bye();
  both.check_over();
}

TEST_CASE("REG-41 PGR-5: who registered for sessions alone is not away: a demanding MESSAGE opens a chat") {
  TwoWays both;
  auto message = both.make(both.two.sender, TwoWays::text("page-1"));
  message.add_header("Accept-Contact", "*" + kMessageTag + ";require;explicit");
  CHECK(both.page(both.two.sender, message) == 202);
  CHECK(both.two.receiver.got("MESSAGE").empty());
  CHECK(both.two.receiver.got("INVITE").size() == 1);
  both.check_over();
}

TEST_CASE("REG-41: a device that says it is away is, whatever it registered for") {
  TwoWays both({}, false);
  both.two.receiver.tags = kMessageTag;
  both.two.receiver.plain_answer = 480;
  both.come();
  both.invite("id-0");
  both.net().run_for(1s);
  CHECK(both.waiting() == 1);
  both.two.receiver.plain_answer = 200;
  both.come();
  CHECK(TwoWays::bodies(both.two.receiver).back() == cpim_text("id-0", "hello"));
}

TEST_CASE(
    "CHAT-41: what waits while its receiver rings goes by MESSAGE when it turns out to take no session") {
  MessagesOnly both;
  both.two.receiver.rings = true;
  both.two.receiver.answer_after = 5s;
  both.invite("id-0");
  both.sender.say("msg-1", "text");
  both.net().run_for(1s);
  CHECK(both.page(both.two.sender, "page-2") == 202);  // behind what waits
  both.sender.say("msg-3", "text");
  both.net().run_for(10s);
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{cpim_text("id-0", "hello"), cpim_text("msg-1", "text"),
                                                  TwoWays::text("page-2"), cpim_text("msg-3", "text")});
  check_one_at_a_time(both.net());
  both.check_over();
}

TEST_CASE("IMDN-13 PGR-5: what a device without sessions answers comes in the sender's session") {
  MessagesOnly both;
  both.invite("id-0");
  both.sender.say("msg-1", "text");
  both.net().run_for(1s);
  auto& device = both.two.receiver;
  CHECK(both.page(device, both.make(device, notice_of("id-0"))) == 200);
  CHECK(both.page(device, both.make(device, notice_of("msg-1"))) == 200);
  CHECK(both.page(device, both.make(device, kTypes, "application/im-iscomposing+xml")) == 200);
  CHECK(both.page(device, "reply") == 200);
  CHECK(both.sender.contents == Ids{notice_of("id-0"), notice_of("msg-1"), kTypes, TwoWays::text("reply")});
  CHECK(both.two.sender.got("MESSAGE").empty());
  // And what the sender tells of that goes by MESSAGE, as it came.
  both.sender.send("note-1", "message/cpim", notice_of("reply"));
  both.net().run_for(1s);
  CHECK(both.sender.sent.back() == "note-1");
  CHECK(device.got("MESSAGE").back()->body == notice_of("reply"));
  both.two.sender.bye();
  both.check_over();
}

TEST_CASE("ISC-7: typing of a chat reaches a device without sessions, or nobody") {
  MessagesOnly both;
  both.invite("id-0");
  both.net().run_for(1s);
  both.sender.send("typing-1", "application/im-iscomposing+xml", kTypes);
  both.net().run_for(1s);
  const auto& typing = *both.two.receiver.got("MESSAGE").back();
  CHECK(typing.body == kTypes);
  CHECK(header_of(typing, "Expires") == "0");
  CHECK(header_of(typing, "Content-Type") == "application/im-iscomposing+xml");
  both.two.receiver.send_register(0);
  both.net().run_for(1s);
  both.sender.send("typing-2", "application/im-iscomposing+xml", kTypes);
  both.net().run_for(1s);
  both.come();
  CHECK(both.two.receiver.got("MESSAGE").size() == 2);
  CHECK(both.waiting() == 0);
}

TEST_CASE("PGR-9: what is too large for a MESSAGE is refused with 413, or told failed where it was taken") {
  MessagesOnly both;
  both.two.sender.notices = kDemanding;
  SECTION("as soon as that is known, refused") {
    both.invite("id-0");
    both.sender.say("long", std::string(1300, 'x'));
    both.sender.say("short", "text");
    both.net().run_for(1s);
    CHECK(both.sender.failed == Ids{"long 413"});
    CHECK(both.sender.sent == Ids{"short"});
    CHECK(both.two.receiver.got("MESSAGE").size() == 2);
    CHECK(both.sender.contents.empty());
  }
  SECTION("the text of the invitation") {
    both.two.sender.invite(both.two.receiver.uri(), "long", std::string(1300, 'x'));
    both.net().run_for(50ms);
    both.sender.connect(both.two.sender.responses.back());
    both.net().run_for(1s);
    CHECK(told(both.sender.contents, body::ImdnStatus::failed) == Ids{"long"});
    CHECK(both.two.receiver.got("MESSAGE").empty());
  }
  SECTION("taken while it rang") {
    both.two.receiver.rings = true;
    both.two.receiver.answer_after = 5s;
    both.invite("id-0");
    both.sender.send("long", "message/cpim", cpim_text("long", std::string(1300, 'x'), kDemanding));
    both.net().run_for(10s);
    CHECK(both.sender.sent == Ids{"long"});
    CHECK(told(both.sender.contents, body::ImdnStatus::failed) == Ids{"long"});
    CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  }
  for (const auto& wire : both.net().wires())
    if (wire.label == "MESSAGE" && wire.from == "t-imas") CHECK(sip::encode(wire.message).size() <= 1300);
}

TEST_CASE("CHAT-41 CHAT-42: a stored chat that meets a device without sessions goes by MESSAGE, too") {
  MessagesOnly both(488, {}, false);
  both.invite("id-0");
  both.sender.say("msg-1", "text");
  both.net().run_for(1s);
  if (GENERATE(false, true)) both.two.sender.bye();
  both.net().run_for(1s);
  both.come();
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{cpim_text("id-0", "hello"), cpim_text("msg-1", "text")});
  CHECK(both.waiting() == 0);
  both.check_over();
}

TEST_CASE("CHAT-42: a device without sessions that goes away gets the rest when it comes back") {
  MessagesOnly both;
  both.invite("id-0");
  both.two.receiver.send_register(0);
  both.net().run_for(1s);
  both.sender.say("msg-1", "text");
  both.net().run_for(1s);
  CHECK(both.sender.sent == Ids{"msg-1"});
  CHECK(both.waiting() == 1);
  both.two.sender.bye();
  both.net().run_for(1s);
  both.come();
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{cpim_text("id-0", "hello"), cpim_text("msg-1", "text")});
  both.check_over();
}

TEST_CASE("IMDN-8: a text of a chat that its device refuses as MESSAGE is told failed, in the session") {
  MessagesOnly both;
  both.invite("id-0");
  both.net().run_for(1s);
  both.two.receiver.plain_answer = 603;
  both.sender.send("msg-1", "message/cpim", cpim_text("msg-1", "one", kDemanding));
  both.net().run_for(1s);
  CHECK(told(both.sender.contents, body::ImdnStatus::failed) == Ids{"msg-1"});
  CHECK(both.two.sender.got("MESSAGE").empty());
}

TEST_CASE("PGR-41: the MESSAGEs of a chat have one Conversation-ID, and each a Contribution-ID of its own") {
  MessagesOnly both;
  const bool is_named = GENERATE(true, false);
  auto invite = both.two.sender.make_invite(both.two.receiver.uri(), "id-0");
  invite.add_header("Contribution-ID", "11111111111111111111111111111111");
  invite.add_header("InReplyTo-Contribution-ID", "22222222222222222222222222222222");
  if (is_named) invite.add_header("Conversation-ID", "33333333333333333333333333333333");
  both.two.sender.send(std::move(invite));
  both.net().run_for(50ms);
  both.sender.connect(both.two.sender.responses.back());
  both.net().run_for(50ms);
  both.sender.say("msg-1", "one");
  both.sender.say("msg-2", "two");
  both.net().run_for(1s);
  const auto got = both.two.receiver.got("MESSAGE");
  REQUIRE(got.size() == 3);
  const auto thread = header_of(*got[0], "Conversation-ID");
  CHECK(thread.size() == 32);
  if (is_named) CHECK(thread == "33333333333333333333333333333333");
  CHECK(header_of(*got[0], "Contribution-ID") == "11111111111111111111111111111111");
  CHECK(header_of(*got[0], "InReplyTo-Contribution-ID") == "22222222222222222222222222222222");
  std::vector<std::string> contributions;
  for (const auto* message : got) {
    CHECK(header_of(*message, "Conversation-ID") == thread);
    contributions.push_back(header_of(*message, "Contribution-ID"));
    CHECK(contributions.back().size() == 32);
  }
  std::sort(contributions.begin(), contributions.end());
  CHECK(std::unique(contributions.begin(), contributions.end()) == contributions.end());
}

TEST_CASE("SIM-8: without interworking a device without sessions ends the chat") {
  ims::CoreConfig config;
  config.interworking = false;
  MessagesOnly both(488, config);
  both.invite("id-0");
  both.net().run_for(1s);
  CHECK(both.two.sender.got("BYE").size() == 1);
  CHECK(both.two.receiver.got("MESSAGE").empty());
}

// --- sessions only
// ---------------------------------------------------------------------------------------------------------------

TEST_CASE("PGR-6 CHAT-40: a device without MESSAGE is invited to a chat with the text in it") {
  const int status = GENERATE(405, 415, 488, 501);
  SessionsOnly both(status);
  auto message = both.make(both.two.sender, TwoWays::text("page-1"));
  message.add_header("Conversation-ID", "33333333333333333333333333333333");
  message.add_header("Contribution-ID", "11111111111111111111111111111111");
  CHECK(both.page(both.two.sender, message) == 202);
  REQUIRE(both.two.receiver.got("INVITE").size() == 1);
  const auto& invite = *both.two.receiver.got("INVITE")[0];
  CHECK(invite.body.find(TwoWays::text("page-1")) != std::string::npos);
  CHECK(invite.from.uri == both.two.sender.uri());
  CHECK(header_of(invite, "P-Asserted-Identity") == "<" + both.two.sender.uri().to_string() + ">");
  CHECK(header_of(invite, "Conversation-ID") == "33333333333333333333333333333333");
  CHECK(header_of(invite, "Contribution-ID") == "11111111111111111111111111111111");
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  // From now on there is a chat.
  CHECK(both.page(both.two.sender, "page-2") == 200);
  CHECK(both.receiver.contents == Ids{TwoWays::text("page-2")});
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  CHECK(both.two.sender.got("INVITE").empty());
  both.check_over();
}

TEST_CASE("IMDN-13 PGR-41: what is said and told in the chat that a MESSAGE began comes back by MESSAGE") {
  SessionsOnly both;
  auto message = both.make(both.two.sender, TwoWays::text("page-1"));
  message.add_header("Conversation-ID", "33333333333333333333333333333333");
  CHECK(both.page(both.two.sender, message) == 202);
  both.receiver.send("note-1", "message/cpim", notice_of("page-1"));
  both.receiver.say("msg-1", "a reply");
  both.net().run_for(1s);
  both.receiver.send("typing-1", "application/im-iscomposing+xml", kTypes);
  both.net().run_for(1s);
  both.receiver.say("long", std::string(1300, 'x'));
  both.net().run_for(1s);
  CHECK(both.receiver.sent == Ids{"note-1", "msg-1", "typing-1"});
  CHECK(both.receiver.failed == Ids{"long 413"});
  auto got = TwoWays::bodies(both.two.sender);
  std::sort(got.begin(), got.end());
  Ids expected{notice_of("page-1"), cpim_text("msg-1", "a reply"), kTypes};
  std::sort(expected.begin(), expected.end());
  CHECK(got == expected);
  for (const auto* back : both.two.sender.got("MESSAGE")) {
    CHECK(header_of(*back, "Conversation-ID") == "33333333333333333333333333333333");
    CHECK(back->from.uri == both.two.receiver.uri());
  }
  // What its first sender tells of the reply goes into the session.
  CHECK(both.page(both.two.sender, both.make(both.two.sender, notice_of("msg-1"))) == 200);
  CHECK(both.receiver.contents == Ids{notice_of("msg-1")});
  both.check_over();
}

TEST_CASE("CHAT-42: the chat that a MESSAGE began ends when it is quiet") {
  SessionsOnly both;
  CHECK(both.page(both.two.sender, "page-1") == 202);
  both.net().run_for(290s);
  CHECK(both.two.receiver.got("BYE").empty());
  CHECK(both.page(both.two.sender, "page-2") == 200);
  both.net().run_for(290s);
  CHECK(both.two.receiver.got("BYE").empty());
  both.net().run_for(20s);
  CHECK(both.two.receiver.got("BYE").size() == 1);
  both.check_over();
}

TEST_CASE("PGR-6 CHAT-41: messages to a device without MESSAGE wait for it, in order") {
  SessionsOnly both;
  SECTION("it can not be reached") { both.two.receiver.answer = 480; }
  SECTION("it rings") {
    both.two.receiver.rings = true;
    both.two.receiver.answer = 0;
  }
  CHECK(both.page(both.two.sender, "page-1") == 202);
  CHECK(both.page(both.two.sender, "page-2") == 202);
  CHECK(both.page(both.two.sender, "page-3") == 202);
  both.net().run_for(400s);
  both.two.receiver.answer = 200;
  both.two.receiver.rings = false;
  both.come();
  both.net().run_for(320s);  // what rang meanwhile is cancelled
  both.come();
  both.net().run_for(20s);
  Ids seen;
  const auto note = [&](const std::string& text) {
    for (const auto* id : {"page-1", "page-2", "page-3"})
      if (text.find(TwoWays::text(id)) != std::string::npos) seen.push_back(id);
  };
  for (const auto& wire : both.net().wires())
    if (wire.to == "receiver" && wire.label == "INVITE") note(wire.message.body);
  // Those that were answered 200: the last of each.
  for (const auto& content : both.receiver.contents) note(content);
  for (const auto* id : {"page-1", "page-2", "page-3"}) CHECK(std::count(seen.begin(), seen.end(), id) >= 1);
  CHECK(both.waiting() == 0);
  CHECK(both.two.sender.got("MESSAGE").empty());
  both.net().run_for(400s);
  both.check_over();
}

TEST_CASE("IMDN-8: a declined invitation to a message is told failed; nothing that was delivered is") {
  SessionsOnly both;
  both.two.receiver.answer = 603;
  auto message = both.make(both.two.sender, cpim_text("page-1", "one", kDemanding));
  CHECK(both.page(both.two.sender, message) == 202);
  CHECK(told(TwoWays::bodies(both.two.sender), body::ImdnStatus::failed) == Ids{"page-1"});
  both.two.receiver.answer = 200;
  auto second = both.make(both.two.sender, cpim_text("page-2", "two", kDemanding));
  CHECK(both.page(both.two.sender, second) == 202);
  both.two.receiver.bye("SIP;cause=603");
  both.net().run_for(10s);
  CHECK(told(TwoWays::bodies(both.two.sender), body::ImdnStatus::failed) == Ids{"page-1"});
  both.check_over();
}

TEST_CASE("IMDN-8: a device that takes neither MESSAGE nor session has the message told failed") {
  SessionsOnly both;
  both.two.receiver.answer = 488;
  auto message = both.make(both.two.sender, cpim_text("page-1", "one", kDemanding));
  CHECK(both.page(both.two.sender, message) == 202);
  both.net().run_for(10s);
  CHECK(told(TwoWays::bodies(both.two.sender), body::ImdnStatus::failed) == Ids{"page-1"});
  CHECK(both.two.receiver.got("INVITE").size() == 1);
  both.check_over();
}

TEST_CASE("PGR-17: a coding that is refused, typing and notifications invite nobody") {
  SessionsOnly both(415);
  both.two.receiver.on_plain_answer = [](sip::Message& m) { m.add_header("Accept-Encoding", "identity"); };
  CHECK(both.page(both.two.sender, "page-1") == 415);
  both.two.receiver.on_plain_answer = {};
  CHECK(both.page(both.two.sender, both.make(both.two.sender, notice_of("x"))) == 415);
  CHECK(both.page(both.two.sender, both.make(both.two.sender, kTypes, "application/im-iscomposing+xml")) ==
        415);
  CHECK(both.two.receiver.got("INVITE").empty());
  both.check_over();
}

TEST_CASE("PGR-12: the chat that a MESSAGE began is kept no longer than its message") {
  SessionsOnly both;
  both.two.receiver.answer = 480;
  auto message = both.make(both.two.sender, cpim_text("page-1", "one", kDemanding));
  message.add_header("Expires", "100");
  CHECK(both.page(both.two.sender, message) == 202);
  both.net().run_for(98s);
  CHECK(both.two.sender.got("MESSAGE").empty());
  both.net().run_for(2s);
  CHECK(told(TwoWays::bodies(both.two.sender), body::ImdnStatus::failed) == Ids{"page-1"});
  both.two.receiver.answer = 200;
  both.come();
  CHECK(both.two.receiver.got("INVITE").size() == 1);
  both.check_over();
}

// --- one order
// -------------------------------------------------------------------------------------------------------------------

TEST_CASE(
    "CHAT-41 PGR-10: texts of chats and messages that wait arrive in the order in which they were sent") {
  TwoWays both({}, false);
  CHECK(both.page(both.two.sender, "page-1") == 202);
  both.invite("id-2");
  CHECK(both.page(both.two.sender, "page-3") == 202);
  both.sender.say("msg-4", "four");
  both.net().run_for(1s);
  CHECK(both.page(both.two.sender, "page-5") == 202);
  both.net().wires().clear();
  both.two.receiver.send_register();
  both.net().run_for(1s);
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{TwoWays::text("page-1")});
  REQUIRE(both.two.receiver.got("INVITE").size() == 1);
  CHECK(both.two.receiver.got("INVITE")[0]->body.find("Message-ID: id-2\r\n") != std::string::npos);
  CHECK(both.receiver.contents ==
        Ids{TwoWays::text("page-3"), cpim_text("msg-4", "four"), TwoWays::text("page-5")});
  const auto hops = both.net().hops();
  const auto at = [&](const char* hop) { return std::find(hops.begin(), hops.end(), hop) - hops.begin(); };
  CHECK(at("receiver>t-cscf 200 MESSAGE") < at("t-cscf>receiver INVITE"));
  CHECK(both.waiting() == 0);
  both.check_over();
}

TEST_CASE("CHAT-41: a message that is stuck does not hold a chat for ever, nor a chat a message") {
  ims::CoreConfig config;
  config.ring_timeout = 20s;
  TwoWays both(config, false);
  CHECK(both.page(both.two.sender, "page-1") == 202);
  both.invite("id-2");
  CHECK(both.page(both.two.sender, "page-3") == 202);
  SECTION("the device is silent about messages") {
    both.two.receiver.plain_answer = 0;
    both.two.receiver.send_register();
    both.net().run_for(31s);
    CHECK(both.two.receiver.got("INVITE").empty());
    both.net().run_for(10s);
    CHECK(both.two.receiver.got("INVITE").size() == 1);
    // The message that was stuck goes into the chat, too, now that there is one.
    CHECK(both.receiver.contents == Ids{TwoWays::text("page-3"), TwoWays::text("page-1")});
  }
  SECTION("nobody takes the invitation") {
    both.two.receiver.answer = 0;
    both.two.receiver.rings = true;
    both.two.receiver.send_register();
    both.net().run_for(19s);
    CHECK(TwoWays::bodies(both.two.receiver) == Ids{TwoWays::text("page-1")});
    both.net().run_for(40s);
    CHECK(TwoWays::bodies(both.two.receiver) == Ids{TwoWays::text("page-1"), TwoWays::text("page-3")});
  }
}

TEST_CASE("PGR-12: a message that waits in a chat is worth nothing after its time, and is told failed") {
  TwoWays both({}, false);
  both.invite("id-0");
  auto brief = both.make(both.two.sender, cpim_text("page-1", "one", kDemanding));
  brief.add_header("Expires", "30");
  CHECK(both.page(both.two.sender, brief) == 202);
  both.net().run_for(40s);
  CHECK(told(TwoWays::bodies(both.two.sender), body::ImdnStatus::failed) == Ids{"page-1"});
  both.come();
  CHECK(both.two.receiver.got("INVITE").size() == 1);
  CHECK(both.receiver.contents.empty());
  CHECK(both.two.receiver.got("MESSAGE").empty());
  both.check_over();
}
