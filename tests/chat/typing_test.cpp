// "Is typing" between two agents, with all its timers.
#include "chat/talk.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

std::size_t notices_of_typing(const Talk& t) {
  std::size_t count = 0;
  for (const auto& octets : t.lab.wires.written) {
    for (auto at = octets.find("<state>"); at != std::string::npos; at = octets.find("<state>", at + 1))
      ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("ISC-2: typing is told, and its end after 15 s of silence") {
  Talk t;
  t.meet();
  t.type(t.alice, t.ours());
  t.run();
  CHECK(typing_of(t.bob) == "active");
  CHECK(t.bob.all<PeerComposing>()[0].chat == t.invited());
  CHECK(t.bob.all<PeerComposing>()[0].content_type == "text/plain");
  t.run(10s);
  t.type(t.alice, t.ours());
  t.run(14s);
  CHECK(typing_of(t.bob) == "active");
  t.run(1100ms);
  CHECK(typing_of(t.bob) == "active idle");
  CHECK(notices_of_typing(t) == 2);
  CHECK(typing_of(t.alice).empty());
}

TEST_CASE("ISC-3: a text ends the typing of its sender, without a word of its own") {
  Talk t;
  t.meet();
  t.type(t.bob, t.invited());
  t.run();
  t.reply("r1", "done");
  t.run();
  CHECK(typing_of(t.alice) == "active idle");
  CHECK(notices_of_typing(t) == 1);
  t.run(30s);
  CHECK(notices_of_typing(t) == 1);
  const auto& events = t.alice.events;
  const auto is_idle = [](const Event& e) {
    const auto* composing = std::get_if<PeerComposing>(&e);
    return composing != nullptr && !composing->active;
  };
  const auto idle = std::find_if(events.begin(), events.end(), is_idle);
  REQUIRE(idle != events.end());
  CHECK(std::holds_alternative<TextArrived>(*std::next(idle)));
}

TEST_CASE("ISC-1, ISC-2: long typing is refreshed once a minute, and believed for as long") {
  Talk t;
  t.meet();
  for (int i = 0; i < 30; ++i) {  // five minutes, a key each ten seconds
    t.type(t.alice, t.ours(), true, 10);
    t.run(10s);
  }
  CHECK(typing_of(t.bob) == "active");
  CHECK(notices_of_typing(t) >= 5);
  CHECK(notices_of_typing(t) <= 6);
  CHECK(t.lab.wires.written.size() < 40);
  t.run(20s);
  CHECK(typing_of(t.bob) == "active idle");
}

TEST_CASE("ISC-3: a peer that says no more is believed for 120 s") {
  Talk t;
  t.meet();
  t.type(t.alice, t.ours());
  t.run();
  t.lab.wires.cut_at = [](const std::string& octets) {
    return octets.find("<state>idle") != std::string::npos;
  };
  t.run(119s);
  // The cut ends the session, and with it the typing.
  CHECK(typing_of(t.bob) == "active idle");
  CHECK(t.bob.timers.empty());
}

TEST_CASE("ISC-7: typing opens no session, and none is told after the end") {
  Talk t;
  t.meet();
  t.type(t.bob, t.invited());
  t.run();
  CHECK(typing_of(t.alice) == "active");
  t.lab.command(t.bob, EndChat{t.invited()});
  t.run();
  CHECK(typing_of(t.alice) == "active idle");
  t.type(t.alice, t.ours());
  t.type(t.alice, outgoing_chat(99));
  t.run(200s);
  CHECK(t.lab.sent("INVITE").size() == 1);
  CHECK(t.alice.timers.empty());
  CHECK(t.bob.timers.empty());
}

TEST_CASE("ISC-2: a user who stops says so at once") {
  Talk t;
  t.meet();
  t.type(t.alice, t.ours());
  t.run();
  t.type(t.alice, t.ours(), false);
  t.run();
  CHECK(typing_of(t.bob) == "active idle");
  t.run(60s);
  CHECK(notices_of_typing(t) == 2);
}
