// Messages over the two legs of a chat at the terminating server.
#include "ims/chat_media.hpp"

#include "msrp_peer.hpp"

using namespace rcs;
using namespace rcs::test;
using Kind = ims::Notice::Kind;
using Ids = std::vector<std::string>;

namespace {

const std::string kComposing =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><isComposing "
    "xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state></isComposing>";

/// The text that an INVITE brings; empty: none.
bool brings(const sip::Message& invite, const std::string& id) {
  return invite.body.find("imdn.Message-ID: " + id + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("CHAT-2 CHAT-41 MSRP-143: two sessions, and every octet of a message goes from one to the other") {
  TwoChatters chat;
  chat.invite("id-0");
  CHECK(chat.sender.server_path.starts_with("msrp://10.0.0.4:2855/"));
  CHECK(chat.receiver.server_path.starts_with("msrp://10.0.0.4:2855/"));
  CHECK(chat.sender.server_path != chat.receiver.server_path);
  const std::string odd =
      cpim_text("id-1", std::string("\0\r\n-------\xff ", 12) + std::string(100'000, 'x'));
  chat.sender.send("msg-1", "message/cpim", odd);
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
  CHECK(chat.receiver.contents == Ids{odd});
  CHECK(chat.sender.sent == Ids{"msg-1"});
  chat.receiver.say("msg-2", "answer");
  chat.receiver.send("msg-3", "message/cpim", notice_of("id-1"));
  chat.net().run_for(1s);
  CHECK(chat.sender.got == Ids{"msg-2", "msg-3"});
  CHECK(chat.sender.contents == Ids{cpim_text("msg-2", "answer"), notice_of("id-1")});
  CHECK(chat.receiver.sent == Ids{"msg-2", "msg-3"});
  chat.two.sender.bye();
  chat.net().run_for(60s);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

TEST_CASE("CHAT-6: what the receiver says is answered when the sender's hop has accepted it") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.sender.holds = true;
  chat.receiver.say("msg-1", "one");
  chat.net().run_for(5s);
  CHECK(chat.sender.got == Ids{"msg-1"});
  CHECK(chat.receiver.sent.empty());
  chat.sender.cut();
  chat.net().run_for(1s);
  CHECK(chat.receiver.failed == Ids{"msg-1 481"});  // so it opens a session of its own
  CHECK(chat.receiver.lost == std::vector<int>{481});
}

TEST_CASE(
    "CHAT-1 CHAT-6 IMDN-8: while it rings, texts are taken, and nobody is told that they were delivered") {
  TwoChatters chat;
  chat.two.receiver.rings = true;
  chat.two.receiver.answer_after = 20s;
  chat.invite("id-0");
  for (const auto* id : {"msg-1", "msg-2"}) chat.sender.say(id, "text");
  chat.net().run_for(10s);
  CHECK(chat.sender.sent == Ids{"msg-1", "msg-2"});
  CHECK(chat.receiver.got.empty());
  CHECK(chat.sender.got.empty());
  chat.net().run_for(20s);
  CHECK(chat.receiver.got == Ids{"msg-1", "msg-2"});
  CHECK(chat.sender.got.empty());  // what is told comes from the receiver alone
}

TEST_CASE("CHAT-40 CHAT-41: texts for who is away are delivered once, in order, at registration") {
  TwoChatters chat({}, false);
  chat.invite("id-0");
  for (int i = 1; i <= 40; ++i) chat.sender.say("msg-" + std::to_string(i), "text " + std::to_string(i));
  chat.net().run_for(1s);
  CHECK(chat.sender.sent.size() == 40);
  chat.two.receiver.send_register();
  chat.net().run_for(2s);
  const auto invites = chat.two.receiver.got("INVITE");
  REQUIRE(invites.size() == 1);
  CHECK(brings(*invites[0], "id-0"));
  CHECK(*invites[0]->header("Referred-By") == "<sip:01087654321@domain.com>");
  REQUIRE(chat.receiver.got.size() == 40);
  for (int i = 1; i <= 40; ++i) {
    const auto n = std::to_string(i);
    CHECK(chat.receiver.got[static_cast<std::size_t>(i - 1)] == "msg-" + n);
    CHECK(chat.receiver.contents[static_cast<std::size_t>(i - 1)] == cpim_text("msg-" + n, "text " + n));
  }
  chat.two.receiver.send_register();
  chat.net().run_for(600s);
  CHECK(chat.receiver.got.size() == 40);
  CHECK(chat.two.receiver.got("INVITE").size() == 1);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

TEST_CASE("CHAT-41: a long text is not overtaken by a short one behind it") {
  TwoChatters chat;
  chat.two.receiver.rings = true;
  chat.two.receiver.answer_after = 5s;
  chat.invite("id-0");
  chat.sender.say("msg-1", "short");
  chat.sender.say("msg-2", std::string(300'000, 'x'));
  chat.net().run_for(1s);
  chat.sender.say("msg-3", "short");
  chat.sender.say("msg-4", std::string(300'000, 'y'));
  chat.net().run_for(1s);
  chat.sender.say("msg-5", "short");
  chat.net().run_for(10s);
  CHECK(chat.receiver.got == Ids{"msg-1", "msg-2", "msg-3", "msg-4", "msg-5"});
}

TEST_CASE("CHAT-42: a sender that leaves loses none of its texts") {
  TwoChatters chat({}, false);
  chat.invite("id-0");
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  chat.two.sender.bye();
  chat.net().run_for(1s);
  chat.two.receiver.send_register();
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
  CHECK(chat.two.receiver.got("BYE").empty());
  chat.net().run_for(10s);
  CHECK(chat.two.receiver.got("BYE").size() == 1);  // nobody is left to talk to
  chat.net().run_for(60s);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

TEST_CASE("CHAT-42: the receiver's leg stays until it has taken what its sender left behind") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.holds = true;
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  chat.two.sender.bye();
  chat.net().run_for(5s);
  CHECK(chat.two.receiver.got("BYE").empty());
  // It does not answer: the text goes out once more, over a leg of its own.
  chat.receiver.holds = false;
  chat.receiver.cut();
  chat.net().run_for(15s);
  CHECK(chat.two.receiver.got("BYE").size() == 2);
  const auto invites = chat.two.receiver.got("INVITE");
  REQUIRE(invites.size() == 2);
  CHECK(brings(*invites[1], "msg-1"));
  CHECK_FALSE(brings(*invites[1], "id-0"));
  CHECK(invites[1]->header("Subject") == nullptr);
  CHECK(chat.receiver.got == Ids{"msg-1"});
  chat.net().run_for(60s);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

TEST_CASE("CHAT-42: a leg that breaks under a text is asked for anew, and the text comes again") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.holds = true;
  for (const auto* id : {"msg-1", "msg-2", "msg-3"}) chat.sender.say(id, "text");
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1", "msg-2", "msg-3"});
  chat.receiver.holds = false;
  chat.receiver.cut();
  chat.net().run_for(5s);
  CHECK(chat.two.sender.got("BYE").empty());
  const auto invites = chat.two.receiver.got("INVITE");
  REQUIRE(invites.size() == 2);
  CHECK(brings(*invites[1], "msg-1"));
  CHECK(chat.receiver.got == Ids{"msg-1", "msg-2", "msg-3", "msg-2", "msg-3"});
  CHECK(chat.two.receiver.got("BYE")[0]->header("Reason")->starts_with("SIP;cause=408"));
}

TEST_CASE("CHAT-42: a broken leg is left alone while nothing waits for it") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.cut();
  chat.net().run_for(60s);
  CHECK(chat.two.receiver.got("INVITE").size() == 1);
  CHECK(chat.two.receiver.got("BYE").empty());
  chat.sender.say("msg-1", "one");
  chat.net().run_for(5s);
  CHECK(chat.two.receiver.got("INVITE").size() == 2);
  CHECK(chat.two.receiver.got("BYE").size() == 1);
  CHECK(brings(*chat.two.receiver.got("INVITE")[1], "msg-1"));
}

TEST_CASE("CHAT-42: a receiver that hangs up over an unread text is invited anew; else both legs end") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.holds = true;
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  chat.two.receiver.bye();
  chat.net().run_for(5s);
  CHECK(chat.two.sender.got("BYE").empty());
  REQUIRE(chat.two.receiver.got("INVITE").size() == 2);
  CHECK(brings(*chat.two.receiver.got("INVITE")[1], "msg-1"));
  chat.two.receiver.bye();
  chat.net().run_for(5s);
  CHECK(chat.two.sender.got("BYE").size() == 1);
  CHECK(chat.two.receiver.got("INVITE").size() == 2);
}

TEST_CASE("CHAT-42: a client that hangs up because its leg broke is invited anew when the sender writes") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.cut();
  chat.two.receiver.bye("SIP;cause=408");
  chat.net().run_for(5s);
  CHECK(chat.two.sender.got("BYE").empty());
  chat.sender.say("msg-1", "one");
  chat.net().run_for(5s);
  REQUIRE(chat.two.receiver.got("INVITE").size() == 2);
  CHECK(brings(*chat.two.receiver.got("INVITE")[1], "msg-1"));
}

TEST_CASE("CHAT-41: what the sender says in a second chat goes behind what waits of the first") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.receiver.holds = true;
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  chat.sender.new_session();
  chat.two.sender.bye();
  chat.net().run_for(100ms);
  chat.two.sender.dialog.reset();
  chat.two.sender.invite(chat.two.receiver.uri(), "id-2");
  chat.net().run_for(5s);
  CHECK(chat.two.sender.status_of("INVITE") == 200);
  CHECK(chat.two.receiver.got("INVITE").size() == 1);
  chat.receiver.holds = false;
  chat.receiver.cut();
  chat.net().run_for(10s);
  const auto invites = chat.two.receiver.got("INVITE");
  REQUIRE(invites.size() == 3);
  CHECK(brings(*invites[1], "msg-1"));
  CHECK(brings(*invites[2], "id-2"));
}

TEST_CASE("CHAT-42: a receiver whose legs never hold is asked less and less often, and then no more") {
  TwoChatters chat;
  chat.receiver.takes_invitations = false;  // takes the chat, and never dials
  chat.two.sender.invite(chat.two.receiver.uri());
  chat.net().run_for(50ms);
  chat.sender.connect(chat.two.sender.responses.back());
  chat.sender.say("msg-1", "one");
  chat.net().run_for(2h);
  const auto asked = chat.two.receiver.got("INVITE").size();
  CHECK(asked >= 5);
  CHECK(asked <= 10);
  chat.net().run_for(2h);
  CHECK(chat.two.receiver.got("INVITE").size() == asked);
  chat.receiver.takes_invitations = true;
  chat.two.receiver.send_register();
  chat.net().run_for(5s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
}

TEST_CASE("ISC-7: typing is passed on while somebody looks, and never kept") {
  TwoChatters chat;
  chat.invite("id-0");
  const bool wrapped = GENERATE(false, true);
  const std::string type = wrapped ? "message/cpim" : "application/im-iscomposing+xml";
  const std::string content =
      wrapped
          ? "From: <sip:a@b>\r\nTo: <sip:c@d>\r\n\r\nContent-Type: application/im-iscomposing+xml\r\n\r\n" +
                kComposing
          : kComposing;
  chat.sender.send("typ-1", type, content);
  chat.receiver.send("typ-2", type, content);
  chat.net().run_for(1s);
  CHECK(chat.receiver.contents == Ids{content});
  CHECK(chat.sender.contents == Ids{content});
  chat.receiver.cut();
  chat.sender.send("typ-3", type, content);
  chat.net().run_for(1s);
  CHECK(chat.sender.sent == Ids{"typ-1", "typ-3"});
  chat.sender.say("msg-1", "one");
  chat.net().run_for(5s);
  CHECK(chat.receiver.got == Ids{"typ-1"});  // the text came with the invitation
  CHECK(chat.two.receiver.got("INVITE").size() == 2);
}

TEST_CASE("CHAT-41: a text that comes twice is passed on once") {
  TwoChatters chat;
  chat.invite("id-0");
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  chat.sender.say("msg-1", "one");
  chat.receiver.say("msg-2", "two");
  chat.net().run_for(1s);
  chat.receiver.say("msg-2", "two");
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
  CHECK(chat.sender.got == Ids{"msg-2"});
  CHECK(chat.sender.sent == Ids{"msg-1", "msg-1"});
  CHECK(chat.receiver.sent == Ids{"msg-2", "msg-2"});
}

TEST_CASE("SIM-8: traffic keeps a session up; an idle one ends, and says why") {
  TwoChatters chat;
  chat.invite("id-0");
  for (int i = 0; i < 3; ++i) {
    chat.net().run_for(250s);
    auto& speaker = i % 2 == 0 ? chat.sender : chat.receiver;
    speaker.say("msg-" + std::to_string(i), "still there");
  }
  chat.net().run_for(299s);
  CHECK(chat.two.sender.got("BYE").empty());
  chat.net().run_for(5s);
  for (auto* device : {&chat.two.sender, &chat.two.receiver}) {
    REQUIRE(device->got("BYE").size() == 1);
    CHECK(*device->got("BYE")[0]->header("Reason") == "SIP;cause=200;text=\"session idle\"");
  }
}

TEST_CASE("SIM-8: a decline ends the sender's leg with its reason, and drops what was said") {
  TwoChatters chat;
  chat.two.receiver.rings = true;
  chat.two.receiver.answer_after = 10s;
  chat.two.receiver.answer = 603;
  chat.invite("id-0");
  chat.sender.say("msg-1", "one");
  chat.net().run_for(20s);
  REQUIRE(chat.two.sender.got("BYE").size() == 1);
  CHECK(chat.two.sender.got("BYE")[0]->header("Reason")->starts_with("SIP;cause=603"));
  CHECK(chat.two.receiver.got("INVITE").size() == 1);
  chat.net().run_for(60s);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chat.net().core().at(i).open() == 0);
}

TEST_CASE("the store of a chat has an end: what goes beyond it is refused, and said so") {
  TwoChatters chat({}, false);
  chat.invite("id-0");
  for (std::size_t i = 0; i <= ims::kMaxWaitingMessages; ++i)
    chat.sender.say("msg-" + std::to_string(i), "text");
  chat.net().run_for(5s);
  CHECK(chat.sender.sent.size() == ims::kMaxWaitingMessages);
  CHECK(chat.sender.failed == Ids{"msg-1000 413"});
}

TEST_CASE("SIM-8: proxied, a text is answered when the receiver has it") {
  ims::CoreConfig config;
  config.answer_mode = ims::AnswerMode::proxied;
  TwoChatters chat(config);
  chat.invite("id-0");
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
  CHECK(chat.sender.sent == Ids{"msg-1"});
  chat.receiver.holds = true;
  chat.sender.say("msg-2", "two");
  chat.net().run_for(1s);
  CHECK(chat.sender.sent == Ids{"msg-1"});
  chat.receiver.cut();
  chat.net().run_for(1s);
  CHECK(chat.sender.failed == Ids{"msg-2 481"});
}

TEST_CASE("MSRP-85: an offer of nothing that we take is 488") {
  TwoChatters chat;
  auto invite = chat.two.sender.make_invite(chat.two.receiver.uri());
  const std::string types = "accept-types:message/cpim application/im-iscomposing+xml";
  const auto at = invite.body.find(types);
  REQUIRE(at != std::string::npos);
  invite.body.replace(at, types.size(), "accept-types:image/png");
  chat.two.sender.send(std::move(invite));
  chat.net().run_for(1s);
  CHECK(chat.two.sender.status_of("INVITE") == 488);
}

TEST_CASE("CHAT-10: an INVITE without an offer is answered with one, and its ACK brings the answer") {
  TwoChatters chat;
  auto invite = chat.two.sender.make_invite(chat.two.receiver.uri());
  invite.remove_header("Content-Type");
  invite.body.clear();
  chat.two.sender.ack_body = chat.two.sender.sdp;
  chat.two.sender.send(std::move(invite));
  chat.net().run_for(50ms);
  REQUIRE(chat.two.sender.status_of("INVITE") == 200);
  CHECK(chat.two.sender.responses.back().body.find("a=setup:actpass") != std::string::npos);
  chat.sender.connect(chat.two.sender.responses.back());
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
}

TEST_CASE("CHAT-18: a refresh repeats the SDP, and the session goes on") {
  TwoChatters chat;
  chat.invite("id-0");
  const std::string first = chat.two.sender.responses.back().body;
  auto refresh = chat.two.sender.dialog->make_request("INVITE");
  refresh.contacts.resize(1);
  refresh.contacts[0].uri = chat.two.sender.contact_uri();
  refresh.add_header("Content-Type", "application/sdp");
  refresh.body = chat.two.sender.sdp;
  chat.two.sender.send(std::move(refresh));
  chat.net().run_for(1s);
  CHECK(chat.two.sender.responses.back().body == first);
  chat.sender.say("msg-1", "one");
  chat.net().run_for(1s);
  CHECK(chat.receiver.got == Ids{"msg-1"});
}
