// Messages in chats: both ways, what becomes of them, sessions that end, break and begin again.
#include "chat/talk.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

TEST_CASE("a conversation goes both ways, and all its states are told in order") {
  const bool in_invite = GENERATE(true, false);
  Talk t(0, [&](AgentConfig& config) { config.text_in_invite = in_invite; });
  t.meet();
  t.say("m2", "how are you?");
  t.run();
  t.reply("r1", "fine");
  t.reply("r2", "and you?");
  t.run();
  CHECK(texts_of(t.bob) == "hello|how are you?");
  CHECK(texts_of(t.alice) == "fine|and you?");
  CHECK(states_of(t.alice, "m2") == "sent delivered");
  CHECK(states_of(t.bob, "r1") == "sent delivered");
  t.display(t.bob, t.invited(), "m1");
  t.display(t.bob, t.invited(), "m2");
  t.display(t.alice, t.ours(), "r2");
  t.run();
  CHECK(states_of(t.alice, "m1") == "sent delivered displayed");
  CHECK(states_of(t.alice, "m2") == "sent delivered displayed");
  CHECK(states_of(t.bob, "r2") == "sent delivered displayed");
  CHECK(t.lab.wires.dialled() == 1);
  CHECK(t.lab.sent("INVITE").size() == 1);
  CHECK(t.lab.sent("MESSAGE").empty());
  const bool carried = t.lab.sent("INVITE")[0].message.body.find("hello") != std::string::npos;
  CHECK(carried == in_invite);
}
