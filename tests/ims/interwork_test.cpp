// A message without a session whose receiver has a chat with its sender goes there, and what is told of it
// goes back by MESSAGE.
#include <algorithm>

#include "body/cpim.hpp"
#include "ims/passed_texts.hpp"
#include "two_ways.hpp"

using namespace rcs;
using namespace rcs::test;
using Kind = ims::Notice::Kind;

TEST_CASE("PGR-5 CPIM-12: a message goes into the chat that its receiver has taken, octets unchanged") {
  TwoWays both;
  both.invite("id-0");
  CHECK(both.page(both.two.sender, "page-1") == 200);
  CHECK(both.receiver.contents == Ids{TwoWays::text("page-1")});
  CHECK(both.two.receiver.got("MESSAGE").empty());
  CHECK(both.waiting() == 0);
  both.check_over();
}

TEST_CASE("PGR-5 CPIM-12: ... and into one that its receiver has begun") {
  TwoWays both;
  both.invite("id-0");
  CHECK(both.page(both.two.receiver, "page-1") == 200);
  CHECK(both.sender.contents == Ids{TwoWays::text("page-1")});
  CHECK(both.two.sender.got("MESSAGE").empty());
  both.check_over();
}

TEST_CASE("PGR-5: the 200 is that of the session; without one the network keeps the message") {
  TwoWays both;
  both.invite("id-0");
  Device* from = &both.two.sender;
  MsrpPeer* to = &both.receiver;
  SECTION("towards who was invited") {}
  SECTION("towards who has begun the chat") {
    from = &both.two.receiver;
    to = &both.sender;
  }
  to->holds = true;
  CHECK(both.page(*from, both.make(*from, TwoWays::text("page-1")), 7s) == 0);
  CHECK(to->got.size() == 1);
  both.net().run_for(2s);
  CHECK(from->status_of("MESSAGE") == 202);
  CHECK(both.other(*from).got("MESSAGE").empty());
  to->cut();
  both.net().run_for(60s);
  CHECK(TwoWays::bodies(both.other(*from)) == Ids{TwoWays::text("page-1")});
  both.check_over();
}

TEST_CASE("PGR-5 PGR-7: a session that does not take it leaves it to MESSAGE, whose answer counts") {
  const int status = GENERATE(200, 603);
  TwoWays both;
  both.invite("id-0");
  both.receiver.answers = 413;
  both.two.receiver.plain_answer = status;
  CHECK(both.page(both.two.sender, "page-1") == status);
  CHECK(both.receiver.got.size() == 1);
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  CHECK(both.sender.got.empty());
  both.check_over();
}

TEST_CASE("PGR-5: a leg that breaks before it has it leaves it to MESSAGE") {
  TwoWays both;
  both.invite("id-0");
  SECTION("its connection is gone") { both.receiver.cut(); }
  SECTION("its connection goes while it is under way") {
    both.receiver.holds = true;
    both.net().at(500ms, [&] { both.receiver.cut(); });
  }
  SECTION("its dialog goes while it is under way") {
    both.receiver.holds = true;
    both.net().at(500ms, [&] { both.two.receiver.bye(); });
  }
  CHECK(both.page(both.two.sender, "page-1", 3s) == 200);
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{TwoWays::text("page-1")});
  both.check_over();
}

TEST_CASE(
    "PGR-4 CPIM-13: a bare text is wrapped where the session wants CPIM, and asks for no notification") {
  TwoWays both;
  both.invite("id-0");
  const auto bare = both.make(both.two.sender, "just words", "text/plain;charset=UTF-8");
  CHECK(both.page(both.two.sender, bare) == 200);
  REQUIRE(both.receiver.contents.size() == 1);
  const auto cpim = body::parse_cpim(both.receiver.contents[0]);
  REQUIRE(cpim);
  CHECK(cpim->from()->uri == both.two.sender.uri().to_string());
  CHECK(cpim->to()->uri == both.two.receiver.uri().to_string());
  REQUIRE(cpim->imdn("Message-ID") != nullptr);
  CHECK(*cpim->imdn("Message-ID") == sip::request_token(bare));
  CHECK(cpim->imdn("Disposition-Notification") == nullptr);
  CHECK(cpim->content.content == "just words");
  both.check_over();
}

TEST_CASE("ISC-7 PGR-8: typing goes into the chat, and nobody waits for an answer to it") {
  TwoWays both;
  both.invite("id-0");
  auto typing = both.make(both.two.sender, kTypes, "application/im-iscomposing+xml");
  CHECK(both.page(both.two.sender, typing) == 200);
  CHECK(both.receiver.contents == Ids{kTypes});
  // Behind a text that waits it would be stale.
  both.receiver.holds = true;
  both.sender.say("msg-1", std::string(70'000, 'x'));  // goes alone
  both.sender.say("msg-2", "two");
  both.net().run_for(1s);
  typing.call_id += "x";
  CHECK(both.page(both.two.sender, typing) == 200);
  CHECK(both.receiver.got.size() == 2);
  CHECK(both.two.receiver.got("MESSAGE").empty());
}

TEST_CASE("CHAT-41: a message goes behind the texts of its sender that wait in the leg") {
  TwoWays both;
  both.invite("id-0");
  both.receiver.holds = true;
  both.sender.say("msg-1", std::string(70'000, 'x'));  // goes alone
  both.net().run_for(1s);
  CHECK(both.page(both.two.sender, both.make(both.two.sender, TwoWays::text("page-2")), 1s) == 0);
  both.sender.say("msg-3", "three");
  both.net().run_for(1s);
  CHECK(both.receiver.got == Ids{"msg-1"});
  both.receiver.holds = false;
  both.receiver.cut();  // all of it comes again, in its order
  both.net().run_for(20s);
  Ids seen;
  for (const auto* invite : both.two.receiver.got("INVITE"))
    for (const auto* id : {"msg-1", "page-2", "msg-3"})
      if (invite->body.find(std::string("Message-ID: ") + id) != std::string::npos) seen.push_back(id);
  for (const auto& content : both.receiver.contents)
    for (const auto* id : {"msg-1", "page-2", "msg-3"})
      if (content.find(std::string("Message-ID: ") + id) != std::string::npos) seen.push_back(id);
  CHECK(seen == Ids{"msg-1", "msg-1", "page-2", "msg-3"});
  CHECK(both.two.receiver.got("MESSAGE").empty());
  both.check_over();
}

TEST_CASE("REG-37: who is hidden in a MESSAGE is not shown in a chat, and the other way round") {
  TwoWays both;
  SECTION("the message") {
    both.invite("id-0");
    auto hidden = both.make(both.two.sender, TwoWays::text("page-1"));
    hidden.add_header("Privacy", "id");
    CHECK(both.page(both.two.sender, hidden) == 200);
  }
  SECTION("the chat") {
    auto invite = both.two.sender.make_invite(both.two.receiver.uri(), "id-0");
    invite.add_header("Privacy", "id");
    both.two.sender.send(invite);
    both.net().run_for(100ms);
    CHECK(both.page(both.two.sender, "page-1") == 200);
  }
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  CHECK(both.receiver.contents.empty());
}

TEST_CASE("PGR-4: what is encoded can not go into a session") {
  TwoWays both;
  both.invite("id-0");
  auto packed = both.make(both.two.sender, "octets");
  packed.add_header("Content-Encoding", "gzip");
  CHECK(both.page(both.two.sender, packed) == 200);
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  CHECK(both.receiver.contents.empty());
}

TEST_CASE("PGR-5: without interworking a message goes to the device, chat or not") {
  ims::CoreConfig config;
  config.interworking = false;
  TwoWays both(config);
  both.invite("id-0");
  CHECK(both.page(both.two.sender, "page-1") == 200);
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  CHECK(both.receiver.contents.empty());
}

TEST_CASE("PGR-5: a message of somebody else does not go into this chat") {
  TwoWays both;
  both.invite("id-0");
  auto& third = Device::add(both.net(), "third", "10.1.0.3", "01055555555");
  third.send_register();
  both.net().run_for(100ms);
  auto message = third.request("MESSAGE", both.two.receiver.uri());
  message.add_header("Content-Type", "message/cpim");
  message.body = TwoWays::text("page-1");
  third.send(std::move(message));
  both.net().run_for(1s);
  CHECK(both.two.receiver.got("MESSAGE").size() == 1);
  CHECK(both.receiver.contents.empty());
}

TEST_CASE("PGR-5 PGR-6 CHAT-42: whichever leg breaks, and when: a message that was answered has arrived") {
  const auto text = cpim_text("page-1", "one", "negative-delivery");
  for (int after = 0; after <= 16; ++after) {
    for (int what = 0; what < 8; ++what) {
      CAPTURE(after, what);
      TwoWays both;
      both.invite("id-0");
      auto& from = what % 2 == 0 ? both.two.sender : both.two.receiver;
      const auto& to = what % 2 == 0 ? both.receiver : both.sender;
      both.net().at(std::chrono::milliseconds(after), [&] {
        if (what < 2) return both.receiver.cut();
        if (what < 4) return both.sender.cut();
        (what < 6 ? both.two.receiver : both.two.sender).bye();
      });
      const int status = both.page(from, both.make(from, text), 60s);
      CHECK((status == 200 || status == 202));
      const auto by_message = TwoWays::bodies(both.other(from));
      const auto in_session = std::count(to.contents.begin(), to.contents.end(), text);
      const auto outside = std::count(by_message.begin(), by_message.end(), text);
      CHECK(in_session + outside >= 1);
      CHECK(in_session <= 1);
      CHECK(outside <= 1);
      CHECK(from.got("MESSAGE").empty());  // nothing is told failed
    }
  }
}

// --- notifications
// ---------------------------------------------------------------------------------------------------------------

TEST_CASE("IMDN-13 PGR-41: what is told in a chat about a message goes back by MESSAGE, once") {
  TwoWays both;
  both.invite("id-0");
  CHECK(both.page(both.two.sender, "page-1") == 200);
  both.receiver.send("note-1", "message/cpim", notice_of("page-1"));
  both.receiver.send("note-2", "message/cpim", notice_of("id-0"));
  both.receiver.send("note-3", "message/cpim", notice_of("unknown"));
  both.net().run_for(1s);
  CHECK(both.receiver.sent == Ids{"note-1", "note-2", "note-3"});
  CHECK(TwoWays::bodies(both.two.sender) == Ids{notice_of("page-1")});
  CHECK(both.sender.contents == Ids{notice_of("id-0"), notice_of("unknown")});
  both.check_over();
}

TEST_CASE("IMDN-13: what is told by MESSAGE about a text of a chat goes to the leg of its sender") {
  TwoWays both;
  both.invite("id-0");
  both.sender.say("msg-1", "one");
  both.net().run_for(1s);
  CHECK(both.page(both.two.receiver, both.make(both.two.receiver, notice_of("msg-1"))) == 200);
  CHECK(both.page(both.two.receiver, both.make(both.two.receiver, notice_of("id-0"))) == 200);
  CHECK(both.sender.contents == Ids{notice_of("msg-1"), notice_of("id-0")});
  CHECK(both.two.sender.got("MESSAGE").empty());
  // The sender has gone: by MESSAGE.
  both.two.sender.bye();
  both.net().run_for(1s);
  CHECK(both.page(both.two.receiver, both.make(both.two.receiver, notice_of("msg-1"))) == 200);
  CHECK(TwoWays::bodies(both.two.sender) == Ids{notice_of("msg-1")});
  both.check_over();
}

TEST_CASE("IMDN-13: what is told by MESSAGE about a message goes by MESSAGE, chat or not") {
  TwoWays both;
  CHECK(both.page(both.two.sender, "page-1") == 200);
  both.invite("id-0");
  CHECK(both.page(both.two.receiver, both.make(both.two.receiver, notice_of("page-1"))) == 200);
  CHECK(TwoWays::bodies(both.two.sender) == Ids{notice_of("page-1")});
  CHECK(both.sender.contents.empty());
  both.check_over();
}

TEST_CASE("IMDN-13: the ways of texts are remembered for a while, of each pair of users by itself") {
  ims::PassedTexts texts(2);
  const ims::UserId a{1};
  const ims::UserId b{2};
  const ims::CallKey chat{7};
  texts.add(a, b, "id-1", chat);
  CHECK(texts.way_of(a, b, "id-1") == chat);
  CHECK_FALSE(texts.way_of(b, a, "id-1"));
  CHECK_FALSE(texts.way_of(a, b, "id-2"));
  texts.add(a, b, "id-1", {});
  CHECK(texts.way_of(a, b, "id-1") == ims::CallKey{});
  texts.add(b, a, "id-1", chat);
  texts.add(a, b, "id-3", chat);
  CHECK_FALSE(texts.way_of(a, b, "id-1"));  // the oldest
  CHECK(texts.way_of(b, a, "id-1") == chat);
  texts.add(ims::kForeignUser, b, "id-4", chat);
  CHECK_FALSE(texts.way_of(ims::kForeignUser, b, "id-4"));
  const std::string long_id(ims::kMaxPassedTextId + 1, 'x');
  texts.add(a, b, long_id, chat);
  CHECK_FALSE(texts.way_of(a, b, long_id));
}
