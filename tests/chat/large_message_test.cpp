// Texts of a thread that are too large for a SIP MESSAGE: a session each.
#include "chat/pager.hpp"
#include "chat/pager_request.hpp"
#include "chat/stranger.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// Nothing of a chat was told.
void check_quiet(const AgentBox& box) {
  CHECK(box.count<ChatInvited>() == 0);
  CHECK(box.count<ChatProgress>() == 0);
  CHECK(box.count<ChatAnswered>() == 0);
  CHECK(box.count<ChatConnected>() == 0);
  CHECK(box.count<ChatFailed>() == 0);
  CHECK(box.count<ChatEnded>() == 0);
}

void open_and_say(Stranger& s, const std::string& id, std::size_t octets) {
  SendText send{outgoing_chat(1), {}, {}};
  send.text.message_id = id;
  send.text.text = std::string(octets, 'x');
  s.lab.command(s.agent, send);
  s.lab.run_for(100ms);
}

}  // namespace

TEST_CASE("PGR-9, PGR-40: the whole request has 1300 octets at most, with its Via") {
  Pager p([](AgentConfig& config) {
    config.msrp = msrp::ListeningAt{};
    config.msrp->host = config.host;
    config.msrp->port = kMsrpPort;
  });
  p.open();
  std::size_t largest = 0;
  std::size_t i = 0;
  for (; p.core.all("INVITE").empty(); ++i) {
    REQUIRE(i < 1300);
    p.text("m" + std::to_string(1000 + i), std::string(i, 'x'));
    if (!p.core.all("INVITE").empty()) break;
    const auto sent = p.lab.sent("MESSAGE", &p.agent);
    REQUIRE(sent.size() == i + 1);
    largest = sent.back().octets.size();
    CHECK(largest <= 1300);
    CHECK(sent.back().to.transport == sip::Transport::udp);
    p.core.reply(p.core.last("MESSAGE"), 200);
    p.lab.run_for(50ms);
  }
  CHECK(largest >= 1290);
  const auto invite = p.core.last("INVITE");
  CHECK(invite.header("Accept-Contact")->find("oma.cpm.largemsg") != std::string::npos);
  CHECK(is_large_message(invite));
  CHECK(invite.contacts[0].to_string().find("oma.cpm.largemsg") != std::string::npos);
  CHECK(*invite.header("Content-Type") == "application/sdp");
  CHECK(*invite.header("Conversation-ID") == *p.core.last("MESSAGE").header("Conversation-ID"));
}

TEST_CASE("PGR-40: a large text has a session for itself, and is a text of the thread") {
  Threads t;
  t.say("m1", "small");
  t.say("m2", std::string(50'000, 'x'));
  t.say("m3", "small again");
  t.run(3s);
  CHECK(texts_of(t.bob) == "small|x50000|small again");
  for (const auto* id : {"m1", "m2", "m3"}) CHECK(fate_of(t.alice, id) == "sent 200, delivered");
  for (const auto& arrived : t.bob.all<TextArrived>()) CHECK(arrived.chat == t.theirs());
  CHECK(t.lab.sent("INVITE").size() == 1);
  CHECK(t.lab.sent("BYE").size() == 1);
  CHECK(t.lab.sent("BYE")[0].from.host == kAgentHost);
  CHECK(t.alice.agent.open_chats() == 0);
  CHECK(t.bob.agent.open_chats() == 0);
  check_quiet(t.alice);
  check_quiet(t.bob);
  t.display(t.bob, t.theirs(), "m2");
  t.run();
  CHECK(fate_of(t.alice, "m2") == "sent 200, delivered, displayed");
}

TEST_CASE("PGR-40: a large text may be the first of a thread, and go in both directions at once") {
  Threads t;
  t.say("m1", std::string(5000, 'a'));
  t.run(1s);
  CHECK(texts_of(t.bob) == "a5000");
  t.say("m2", std::string(5000, 'b'));
  t.text(t.bob, t.theirs(), "r2", std::string(5000, 'c'));
  t.run(2s);
  CHECK(texts_of(t.bob) == "a5000|b5000");
  CHECK(texts_of(t.alice) == "c5000");
  CHECK(t.alice.count<ThreadOpened>() == 0);
  CHECK(t.alice.agent.open_chats() == 0);
  check_quiet(t.alice);
  check_quiet(t.bob);
}

TEST_CASE("PGR-40: without an address for MSRP a large text fails, and says why") {
  Pager p;
  p.open();
  p.text("m1", std::string(5000, 'x'));
  p.text("m2", "small");
  CHECK(fate_of(p.agent, "m1") == "failed 413");
  CHECK(p.agent.all<TextState>().front().reason.find("1300") != std::string::npos);
  CHECK(p.core.all("INVITE").empty());
  CHECK(p.core.all("MESSAGE").size() == 1);
}

TEST_CASE("PGR-40: a peer that finds a MESSAGE too large gets the text by session") {
  Stranger s;
  s.lab.command(s.agent, OpenThread{outgoing_chat(1), "sip:bob@domain.com", "sip:carol@domain.com"});
  open_and_say(s, "m1", 100);
  s.core.reply(s.core.last("MESSAGE"), 513);
  s.lab.run_for(100ms);
  s.answer_call();
  CHECK(s.got() == std::vector<std::string>{"cpim(text/plain;charset=UTF-8: " + std::string(100, 'x') + ")"});
  CHECK(fate_of(s.agent, "m1") == "sent 200");
  CHECK(s.core.all("BYE").size() == 1);
}

TEST_CASE("PGR-40: a session that is refused is the failure of its text alone") {
  Stranger s;
  s.lab.command(s.agent, OpenThread{outgoing_chat(1), "sip:bob@domain.com", "sip:carol@domain.com"});
  open_and_say(s, "m1", 5000);
  open_and_say(s, "m2", 10);
  CHECK(s.core.all("MESSAGE").empty());
  s.core.reply(s.core.last("INVITE"), 488);
  s.lab.run_for(100ms);
  CHECK(fate_of(s.agent, "m1") == "failed 488");
  CHECK(s.core.all("MESSAGE").size() == 1);
  check_quiet(s.agent);
}

TEST_CASE("PGR-40: a session that breaks is set up again, not for ever") {
  Threads t;
  t.lab.wires.refusing = true;
  t.say("m1", std::string(5000, 'x'));
  SECTION("it comes back") {
    t.run(50ms);
    t.lab.wires.refusing = false;
    t.run(60s);
    CHECK(fate_of(t.alice, "m1") == "sent 200, delivered");
    CHECK(texts_of(t.bob) == "x5000");
  }
  SECTION("it does not") {
    t.run(600s);
    CHECK(fate_of(t.alice, "m1").starts_with("failed"));
    CHECK(t.lab.sent("INVITE").size() <= 6);
    CHECK(texts_of(t.bob).empty());
  }
  CHECK(t.alice.agent.open_chats() == 0);
  check_quiet(t.alice);
  check_quiet(t.bob);
}

TEST_CASE("PGR-40: a session in which no message comes is ended") {
  Stranger s;
  auto invite = s.core.invite();
  mark_large_message(invite, "0123456789abcdef0123456789abcdef", s.random);
  invite.body = s.offer_sdp();
  s.core.send(invite);
  s.lab.run_for(50ms);
  REQUIRE(s.core.responses("INVITE", 200).size() == 1);
  s.take_answer(s.core.responses("INVITE", 200).back());
  s.dialog = *sip::Dialog::from_response(invite, s.core.responses("INVITE", 200).back());
  s.core.send(s.dialog.make_ack(1));
  s.lab.run_for(200ms);
  CHECK(s.agent.count<ThreadOpened>() == 0);
  SECTION("it does come") {
    s.write_text("m1", "large");
    CHECK(texts_of(s.agent) == "large");
    CHECK(s.agent.only<ThreadOpened>().from == "sip:alice@domain.com");
    s.bye(200);
  }
  SECTION("it does not") {
    s.lab.run_for(599s);
    CHECK(s.core.all("BYE").empty());
    s.lab.run_for(2s);
    CHECK_FALSE(s.core.all("BYE").empty());
  }
  CHECK(s.agent.agent.open_chats() == 0);
  check_quiet(s.agent);
}

TEST_CASE("PGR-40: a thread that is closed ends its session") {
  Stranger s;
  s.lab.command(s.agent, OpenThread{outgoing_chat(1), "sip:bob@domain.com", "sip:carol@domain.com"});
  open_and_say(s, "m1", 5000);
  s.core.reply(s.core.last("INVITE"), 180);
  s.lab.run_for(50ms);
  s.lab.command(s.agent, ForgetChat{outgoing_chat(1)});
  s.lab.run_for(50ms);
  CHECK(fate_of(s.agent, "m1") == "failed 487");
  CHECK(s.core.all("CANCEL").size() == 1);
  s.core.reply(s.core.last("INVITE"), 487);
  s.lab.run_for(50ms);
  CHECK(s.agent.agent.open_chats() == 0);
  check_quiet(s.agent);
}
