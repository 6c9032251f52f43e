// Lost messages and lost cores: nothing hangs, nothing is told twice, nothing is left over.
#include <set>

#include "chat/lab.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// Keeps everything on UDP, so that lost messages are repeated.
void small(AgentConfig& config) { config.user_agent = "x/1"; }

/// A whole chat: invite, alert, accept, hang up.
void whole_chat(Pair& p) {
  StartChat start{outgoing_chat(1), "sip:a@d", "sip:b@d", "", {}};
  p.lab.command(p.alice, start);
  for (int i = 0; i < 400 && p.bob.count<ChatInvited>() == 0; ++i) p.lab.run_for(100ms);
  if (p.bob.count<ChatInvited>() == 0) return;
  const auto chat = p.invited();
  p.lab.command(p.bob, AlertUser{chat});
  p.lab.run_for(100ms);
  p.lab.command(p.bob, AcceptChat{chat});
  for (int i = 0; i < 400 && (p.alice.count<ChatConnected>() == 0 || p.bob.count<ChatConnected>() == 0);
       ++i) {
    p.lab.run_for(100ms);
  }
  p.lab.command(p.alice, EndChat{outgoing_chat(1)});
  p.lab.run_for(120s);
}

std::size_t endings(const AgentBox& box) {
  return box.count<ChatFailed>() + box.count<ChatExpired>() + box.count<ChatEnded>();
}

}  // namespace

TEST_CASE("the loss of any one message changes no outcome") {
  Pair intact(0, small);
  whole_chat(intact);
  const auto messages = intact.lab.wire.size();
  REQUIRE(messages >= 7);
  REQUIRE(intact.lab.sent("INVITE").front().to.transport == sip::Transport::udp);
  for (std::size_t lost = 0; lost < messages; ++lost) {
    Pair p(0, small);
    std::size_t count = 0;
    std::string what;
    p.lab.lose = [&](const Lab::Sent& s) {
      if (count++ != lost) return false;
      what = sip::summary(s.message);
      return true;
    };
    whole_chat(p);
    CAPTURE(lost, what);
    CHECK(p.bob.count<ChatInvited>() == 1);
    CHECK(p.alice.count<ChatAnswered>() == 1);
    CHECK(p.alice.count<ChatConnected>() == 1);
    CHECK(p.bob.count<ChatConnected>() == 1);
    CHECK(p.alice.only<ChatEnded>().by_us);
    CHECK_FALSE(p.bob.only<ChatEnded>().by_us);
    CHECK(p.alice.agent.open_chats() == 0);
    CHECK(p.bob.agent.open_chats() == 0);
    CHECK(p.alice.timers.empty());
    CHECK(p.bob.timers.empty());
  }
}

TEST_CASE(
    "random loss, duplicates and delays: every chat ends once at each side that knew it, and no timer is "
    "left") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Pair p(seed, small);
    core::Random random(seed, "test", "loss");
    p.lab.lose = [&](const Lab::Sent& s) {
      if (random.below(10) == 0)
        p.lab.at(p.lab.now + 700ms, [&p, s] { p.lab.send(s.from, s.to, s.message); });
      return random.below(100) < 30;
    };
    whole_chat(p);
    p.lab.command(p.alice, EndChat{outgoing_chat(1)});
    p.lab.lose = {};
    p.lab.run_for(600s);
    CAPTURE(seed);
    CHECK(endings(p.alice) == 1);
    CHECK(endings(p.bob) == p.bob.count<ChatInvited>());
    // What the loss of every BYE leaves at one side, the session timer ends.
    p.lab.run_for(2h);
    CHECK(p.alice.agent.open_chats() == 0);
    CHECK(p.bob.agent.open_chats() == 0);
    CHECK(p.alice.timers.empty());
    CHECK(p.bob.timers.empty());
  }
}

TEST_CASE("a core that dies at any moment: what was going on ends in a clear event within the timers") {
  for (int cut = 0; cut < 60; ++cut) {
    for (const bool refusing : {false, true}) {
      Behind b([](AgentConfig& c) { c.invite_timeout = 60s; });
      b.core.on_other = [&](const Message& m) {
        if (m.method == "INVITE" && m.to_tag().empty()) {
          b.core.reply(m, 100);
          b.lab.at(b.lab.now + 100ms, [&b, m] { b.core.answer(m, "t", {}, 180); });
          b.lab.at(b.lab.now + 200ms, [&b, m] {
            b.core.answer(m, "t", [](Message& r) {
              r.add_header("Session-Expires", "180;refresher=uac");
              r.add_header("Require", "timer");
            });
          });
        }
      };
      StartChat start{outgoing_chat(1), "sip:bob@domain.com", "sip:carol@domain.com", "", {}};
      b.lab.command(b.agent, start);
      b.lab.at(Instant{} + 150ms, [&] { b.core.send(b.core.invite()); });
      b.lab.at(Instant{} + 250ms, [&] {
        for (const auto& invited : b.agent.all<ChatInvited>())
          b.lab.command(b.agent, AcceptChat{invited.chat});
      });
      b.lab.run_for(cut * 7ms);
      (refusing ? b.lab.refusing : b.lab.dead).insert("192.0.2.1:5060");
      b.lab.dead.insert("192.0.2.1:5060");
      b.lab.run_for(600s);
      CAPTURE(cut, refusing);
      CHECK(b.agent.count<ChatFailed>() + b.agent.count<ChatEnded>() + b.agent.count<ChatExpired>() ==
            1 + b.agent.count<ChatInvited>());
      CHECK(b.agent.agent.open_chats() == 0);
    }
  }
}

TEST_CASE("the same seed gives the same octets") {
  const auto run = [](std::uint64_t seed) {
    Pair p(seed);
    p.talk();
    std::string all;
    for (const auto& s : p.lab.wire) all += s.octets;
    return all;
  };
  CHECK(run(5) == run(5));
  CHECK(run(5) != run(6));
}
