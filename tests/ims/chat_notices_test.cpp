// What becomes of texts is told to their senders: by the session, by SIP MESSAGE where there is none, and by
// the terminating server itself where nobody will have a text that it took.
#include "body/imdn.hpp"
#include "ims/chat_content.hpp"
#include "ims/chat_media.hpp"
#include "msrp_peer.hpp"

using namespace rcs;
using namespace rcs::test;
using Ids = std::vector<std::string>;

namespace {

const std::string kDemanding = "positive-delivery, negative-delivery, display";

void check_all_over(TwoChatters& chat) {
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

/// "id failed": what a notification in CPIM says; what else it holds is checked here.
std::string told_by(const std::string& content) {
  const auto cpim = body::parse_cpim(content);
  REQUIRE(cpim);
  const auto notices = body::read_imdn_cpim(*cpim);
  REQUIRE(notices);
  REQUIRE(notices->size() == 1);
  const auto& imdn = notices->front();
  if (imdn.kind != body::ImdnKind::delivery) return imdn.message_id + " is no delivery notification";
  if (imdn.status != body::ImdnStatus::failed) return imdn.message_id + " delivered";
  CHECK(imdn.date_time == "2012-01-01T10:10:10Z");
  CHECK(imdn.recipient_uri == "sip:01012345678@domain.com");
  CHECK(cpim->from()->uri == "sip:01012345678@domain.com");
  CHECK(cpim->to()->uri == "sip:01087654321@domain.com");
  CHECK(cpim->imdn("Message-ID") != nullptr);
  CHECK(*cpim->imdn("Message-ID") != imdn.message_id);
  CHECK(cpim->imdn("Disposition-Notification") == nullptr);
  CHECK(cpim->header({}, "DateTime") != nullptr);
  return imdn.message_id + " failed";
}

/// By SIP MESSAGE, each from the other user.
Ids told_by_message(const Device& device, const Device& peer) {
  Ids told;
  for (const auto* message : device.got("MESSAGE")) {
    CHECK(*message->header("Content-Type") == "message/cpim");
    CHECK(message->from.uri == peer.uri());
    CHECK(message->to.uri == device.uri());
    CHECK(*message->header("P-Asserted-Identity") == "<" + peer.uri().to_string() + ">");
    told.push_back(told_by(message->body));
  }
  return told;
}

/// A text is stored, its sender leaves, and its receiver has come and taken it.
struct SenderLeft : TwoChatters {
  SenderLeft() : TwoChatters({}, false) {
    invite("id-0");
    two.sender.bye();
    net().run_for(1s);
    two.receiver.send_register();
    net().run_for(1s);
    REQUIRE(two.receiver.got("INVITE").size() == 1);
    REQUIRE(two.receiver.got("ACK").size() == 1);
  }
};

}  // namespace

TEST_CASE(
    "IMDN-13: a notification goes over the session; without one by MESSAGE, and nobody is invited for it") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.sender.send("note-0", "message/cpim", notice_of("x-0"));
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"note-0"});
  chat.receiver.cut();
  chat.sender.send("note-1", "message/cpim", notice_of("x-1"));
  chat.net().run_for(60s);
  CHECK(chat.two.receiver.got("INVITE").size() == 1);
  REQUIRE(chat.two.receiver.got("MESSAGE").size() == 1);
  const auto& message = *chat.two.receiver.got("MESSAGE")[0];
  CHECK(message.body == notice_of("x-1"));
  CHECK(*message.header("Content-Type") == "message/cpim");
  CHECK(message.from.uri == chat.two.sender.uri());
  CHECK(chat.receiver.got == Ids{"note-0"});
}

TEST_CASE("IMDN-13: a notification that waits when the receiver hangs up goes by MESSAGE") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.holds = true;
  chat.sender.send("note-1", "message/cpim", notice_of("x-1"));
  chat.net().run_for(1s);
  chat.two.receiver.bye();
  chat.net().run_for(60s);
  CHECK(chat.two.receiver.got("MESSAGE").size() == 1);
  CHECK(chat.two.sender.got("BYE").size() == 1);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

TEST_CASE(
    "CHAT-40 IMDN-13: the receiver of a stored text tells of it in its session, though its sender left") {
  SenderLeft chat;
  chat.net().run_for(8s);
  chat.receiver.send("note-1", "message/cpim", notice_of("id-0"));
  chat.net().run_for(1s);
  CHECK(chat.receiver.sent == Ids{"note-1"});
  REQUIRE(chat.two.sender.got("MESSAGE").size() == 1);
  CHECK(chat.two.sender.got("MESSAGE")[0]->body == notice_of("id-0"));
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) == Ids{"id-0 delivered"});
  chat.net().run_for(8s);
  CHECK(chat.two.receiver.got("BYE").empty());
  chat.receiver.send("note-1", "message/cpim", notice_of("id-0"));  // its answer was lost, say
  chat.receiver.send("note-2", "message/cpim", notice_of("id-x"));
  chat.net().run_for(9s);
  CHECK(chat.two.receiver.got("BYE").empty());
  CHECK(chat.receiver.lost.empty());
  chat.net().run_for(2s);
  REQUIRE(chat.two.receiver.got("BYE").size() == 1);
  CHECK(chat.two.receiver.got("BYE")[0]->header("Reason") == nullptr);
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) == Ids{"id-0 delivered", "id-x delivered"});
  chat.net().run_for(60s);
  check_all_over(chat);
}

TEST_CASE("CHAT-42: a text for a sender who has left is refused, so that it opens a session of its own") {
  SenderLeft chat;
  chat.receiver.say("msg-1", "are you there?");
  chat.net().run_for(1s);
  CHECK(chat.receiver.failed == Ids{"msg-1 481"});
  CHECK(chat.two.sender.got("MESSAGE").empty());
}

TEST_CASE("CHAT-42: a receiver that takes the chat and never connects is not waited for") {
  TwoChatters chat({}, false);
  chat.receiver.takes_invitations = false;
  chat.invite("id-0");
  chat.two.sender.bye();
  chat.net().run_for(1s);
  chat.two.receiver.send_register();
  chat.net().run_for(9s);
  CHECK(chat.two.receiver.got("BYE").empty());
  chat.net().run_for(2s);
  CHECK(chat.two.receiver.got("BYE").size() == 1);
  chat.net().run_for(60s);
  check_all_over(chat);
}

TEST_CASE(
    "CHAT-41: the next stored chat begins when all of the one before was taken, not after its farewell") {
  TwoChatters chat({}, false);
  chat.invite("id-0");
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  chat.sender.new_session();
  chat.two.sender.bye();
  chat.net().run_for(1s);
  chat.two.sender.dialog.reset();
  chat.invite("id-2");
  chat.two.sender.bye();
  chat.net().run_for(1s);
  chat.receiver.holds = true;
  chat.two.receiver.send_register();
  chat.net().run_for(5s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
  CHECK(chat.two.receiver.got("INVITE").size() == 1);  // msg-1 is not answered yet
  chat.receiver.holds = false;
  chat.receiver.cut();
  chat.net().run_for(3s);
  const auto invites = chat.two.receiver.got("INVITE");
  REQUIRE(invites.size() == 3);
  CHECK(invites[1]->body.find("imdn.Message-ID: msg-1\r\n") != std::string::npos);
  CHECK(invites[2]->body.find("imdn.Message-ID: id-2\r\n") != std::string::npos);
  CHECK(chat.two.receiver.got("BYE").size() == 1);  // of the leg that broke
  chat.net().run_for(60s);
  CHECK(chat.two.receiver.got("BYE").size() == 3);
  check_all_over(chat);
}

TEST_CASE("IMDN-13: what the receiver tells while the sender's session is broken goes by MESSAGE") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.sender.cut();
  chat.receiver.send("note-1", "message/cpim", notice_of("id-0"));
  chat.net().run_for(1s);
  CHECK(chat.receiver.sent == Ids{"note-1"});
  CHECK(chat.receiver.lost.empty());
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) == Ids{"id-0 delivered"});
}

TEST_CASE("IMDN-13: a notification too long for a MESSAGE is left to its own client") {
  SenderLeft chat;
  chat.receiver.send("note-1", "message/cpim",
                     notice_of("id-0") + std::string(ims::kMaxNoticeByMessage, ' '));
  chat.net().run_for(1s);
  CHECK(chat.receiver.failed == Ids{"note-1 481"});
  CHECK(chat.two.sender.got("MESSAGE").empty());
}

TEST_CASE(
    "IMDN-13: the receiver may tell a sender who is not registered any more, and its leg ends all the same") {
  SenderLeft chat;
  chat.two.sender.send_register(0);
  chat.net().run_for(100ms);
  chat.receiver.send("note-1", "message/cpim", notice_of("id-0"));
  chat.net().run_for(1s);
  CHECK(chat.receiver.sent == Ids{"note-1"});
  CHECK(chat.two.receiver.got("BYE").empty());
  chat.net().run_for(10s);
  CHECK(chat.two.receiver.got("BYE").size() == 1);
}

TEST_CASE("SIM-8: proxied, a notification is answered by the sender's hop alone") {
  ims::CoreConfig config;
  config.answer_mode = ims::AnswerMode::proxied;
  TwoChatters chat(config);
  chat.invite("id-0");
  chat.sender.cut();
  chat.receiver.send("note-1", "message/cpim", notice_of("id-0"));
  chat.net().run_for(1s);
  CHECK(chat.receiver.failed == Ids{"note-1 481"});
  CHECK(chat.two.sender.got("MESSAGE").empty());
}

TEST_CASE(
    "IMDN-8: a text that the receiver's hop refuses for good is told as failed, in the sender's session") {
  const int status = GENERATE(400, 403, 413, 415, 501);
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.answers = status;
  chat.sender.send("msg-1", "message/cpim", cpim_text("msg-1", "one", kDemanding));
  chat.sender.send("msg-2", "message/cpim", cpim_text("msg-2", "two"));  // does not ask
  chat.sender.send("msg-3", "message/cpim", notice_of("x"));
  chat.net().run_for(1s);
  CHECK(chat.sender.sent == Ids{"msg-1", "msg-2", "msg-3"});
  REQUIRE(chat.sender.contents.size() == 1);
  CHECK(told_by(chat.sender.contents[0]) == "msg-1 failed");
  chat.two.sender.bye();
  chat.net().run_for(60s);
  CHECK(chat.two.sender.got("MESSAGE").empty());
  check_all_over(chat);
}

TEST_CASE("IMDN-8: what does not fit the receiver's session is told as failed") {
  TwoChatters chat;
  auto& sdp = chat.two.receiver.sdp;
  const std::string says = "a=max-size:";
  const auto at = sdp.find(says);
  REQUIRE(at != std::string::npos);
  sdp.replace(at, sdp.find("\r\n", at) - at, says + "1000");
  chat.two.receiver.on_invite = [&](const sip::Message& invite) { chat.receiver.connect(invite); };
  chat.invite("id-0");
  chat.sender.send("msg-1", "message/cpim", cpim_text("msg-1", std::string(1000, 'x'), kDemanding));
  chat.sender.say("msg-2", "short");
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-2"});
  REQUIRE(chat.sender.contents.size() == 1);
  CHECK(told_by(chat.sender.contents[0]) == "msg-1 failed");
}

TEST_CASE("IMDN-8: a sender that has left is told by MESSAGE") {
  TwoChatters chat({}, false);
  chat.invite("id-0");
  chat.sender.send("msg-1", "message/cpim", cpim_text("msg-1", "one", kDemanding));
  chat.net().run_for(1s);
  chat.two.sender.bye();
  chat.receiver.answers = 415;
  chat.two.receiver.send_register();
  chat.net().run_for(1s);
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) == Ids{"msg-1 failed"});
  chat.net().run_for(60s);
  check_all_over(chat);
}

TEST_CASE("IMDN-8 IMDN-13: a session that breaks under the notification does not lose it") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.answers = 413;
  chat.sender.holds = true;
  chat.sender.send("msg-1", "message/cpim", cpim_text("msg-1", "one", kDemanding));
  chat.net().run_for(1s);
  CHECK(chat.sender.got.size() == 1);
  CHECK(chat.two.sender.got("MESSAGE").empty());
  SECTION("its connection") { chat.sender.cut(); }
  SECTION("its dialog") {
    chat.receiver.holds = true;  // so its leg stays
    chat.sender.say("msg-2", "two");
    chat.net().run_for(1s);
    chat.two.sender.bye();
  }
  chat.net().run_for(1s);
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) == Ids{"msg-1 failed"});
}

TEST_CASE("IMDN-8 PGR-10: texts that nobody came for in a day are told as failed, one after the other") {
  TwoChatters chat({}, false);
  chat.two.sender.notices = kDemanding;
  chat.invite("id-0");
  for (const auto* id : {"msg-1", "msg-2", "msg-3"})
    chat.sender.send(id, "message/cpim", cpim_text(id, "text", kDemanding));
  chat.sender.say("msg-4", "does not ask");
  chat.net().run_for(23h);
  chat.two.sender.send_register();
  CHECK(chat.two.sender.got("MESSAGE").empty());
  chat.net().wires().clear();
  chat.net().run_for(1h);
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) ==
        Ids{"id-0 failed", "msg-1 failed", "msg-2 failed", "msg-3 failed"});
  int pending = 0;
  for (const auto& hop : chat.net().hops()) {
    if (hop == "t-cscf>sender MESSAGE") CHECK(++pending == 1);
    if (hop == "sender>t-cscf 200 MESSAGE") --pending;
  }
  CHECK(pending == 0);
  chat.net().run_for(60s);
  check_all_over(chat);
}

TEST_CASE("IMDN-8: texts for a receiver that declines are told as failed") {
  TwoChatters chat;
  chat.two.receiver.rings = true;
  chat.two.receiver.answer_after = 10s;
  chat.two.receiver.answer = 603;
  chat.two.sender.notices = kDemanding;
  chat.invite("id-0");
  chat.sender.send("msg-1", "message/cpim", cpim_text("msg-1", "one", kDemanding));
  chat.net().run_for(9s);
  CHECK(chat.two.sender.got("MESSAGE").empty());
  chat.net().run_for(2s);
  CHECK(told_by_message(chat.two.sender, chat.two.receiver) == Ids{"id-0 failed", "msg-1 failed"});
  chat.net().run_for(60s);
  check_all_over(chat);
}

TEST_CASE("IMDN-8: a text that was delivered is never told as failed, whatever becomes of the chat") {
  TwoChatters chat;
  chat.two.sender.notices = kDemanding;
  chat.invite("id-0");
  chat.sender.send("msg-1", "message/cpim", cpim_text("msg-1", "one", kDemanding));
  chat.net().run_for(1s);
  chat.two.receiver.bye("SIP;cause=603");
  chat.net().run_for(60s);
  CHECK(chat.two.sender.got("BYE").size() == 1);
  CHECK(chat.two.sender.got("MESSAGE").empty());
  check_all_over(chat);
}

TEST_CASE("IMDN-9: an invitation that was answered with a refusal is told by nothing else") {
  ims::CoreConfig config;
  config.answer_mode = ims::AnswerMode::proxied;
  TwoChatters chat(config);
  chat.two.sender.notices = kDemanding;
  chat.two.receiver.answer = 603;
  chat.two.sender.invite(chat.two.receiver.uri(), "id-0", "hello");
  chat.net().run_for(60s);
  CHECK(chat.two.sender.status_of("INVITE") == 603);
  CHECK(chat.two.sender.got("MESSAGE").empty());
}

TEST_CASE("IMDN-5 IMDN-6: what a failure notice is made of, and when there is none") {
  const core::UnixMs now{1'700'000'000'000};
  const auto make = [&](const std::string& content) {
    return ims::failure_notice("message/cpim;charset=utf-8", content, "n1", now);
  };
  const std::string asks =
      "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Disposition-Notification: negative-delivery\r\n";
  const std::string people = "From: <sip:a@x>\r\nTo: <sip:anonymous@anonymous.invalid>\r\n";
  const std::string text = "\r\nContent-Type: text/plain\r\n\r\nhi";
  const auto notice = make(people + asks +
                           "imdn.Message-ID: m1\r\nimdn.IMDN-Record-Route: <sip:r1@x>\r\n"
                           "imdn.IMDN-Record-Route: <sip:r2@x>\r\n" +
                           text);
  REQUIRE(notice);
  const auto cpim = body::parse_cpim(*notice);
  REQUIRE(cpim);
  CHECK(*cpim->imdn("Message-ID") == "n1");
  CHECK(*cpim->header({}, "DateTime") == "2023-11-14T22:13:20.000Z");
  Ids routes;
  for (const auto& header : cpim->headers)
    if (header.name == "IMDN-Route") routes.push_back(header.value);
  CHECK(routes == Ids{"<sip:r1@x>", "<sip:r2@x>"});
  const auto imdn = body::read_imdn_cpim(*cpim);
  REQUIRE(imdn);
  REQUIRE(imdn->size() == 1);
  CHECK(imdn->front().message_id == "m1");
  CHECK(imdn->front().recipient_uri.empty());
  CHECK_FALSE(make(people + asks + text));  // no id
  CHECK_FALSE(make(people + "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m1\r\n" + text));
  CHECK_FALSE(make(people + asks +
                   "imdn.Message-ID: m1\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: "
                   "notification\r\n\r\n<imdn/>"));
  CHECK_FALSE(make("no CPIM"));
  CHECK_FALSE(ims::failure_notice("text/plain", people + asks + "imdn.Message-ID: m1\r\n" + text, "n1", now));
}
