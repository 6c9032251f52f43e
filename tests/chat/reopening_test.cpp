// Sessions that end under a conversation: idle, by a user, by a broken connection (CHAT-42).
#include "chat/talk.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// What bob was shown and alice was told, whatever happened in between.
void check_once(const Talk& t, const std::vector<std::string>& ids, const std::string& texts) {
  CHECK(texts_of(t.bob) == texts);
  for (const auto& id : ids) {
    INFO(id);
    CHECK(states_of(t.alice, id) == "sent delivered");
  }
}

}  // namespace

TEST_CASE("CHAT-42: a text after the end of the session opens a new one") {
  const bool in_invite = GENERATE(true, false);
  Talk t(0, [&](AgentConfig& config) { config.text_in_invite = in_invite; });
  t.meet();
  t.lab.command(t.bob, EndChat{t.invited()});
  t.run();
  CHECK(t.alice.only<ChatEnded>().chat == t.ours());
  CHECK(t.alice.agent.open_chats() == 0);
  t.say("m2", "still there?");
  t.say("m3", "hello?");
  t.run_accepting();
  CHECK(t.bob.count<ChatInvited>() == 2);
  CHECK(t.alice.count<ChatConnected>() == 2);
  CHECK(t.alice.all<ChatConnected>()[1].chat == t.ours());
  check_once(t, {"m1", "m2", "m3"}, "hello|still there?|hello?");
  t.reply("r1", "yes");
  t.run();
  CHECK(texts_of(t.alice) == "yes");
  CHECK(t.alice.all<TextArrived>()[0].chat == t.ours());
}

TEST_CASE("CHAT-42: the callee too writes on in a chat that has ended") {
  Talk t;
  t.meet();
  const auto theirs = t.invited();
  t.lab.command(t.alice, EndChat{t.ours()});
  t.run();
  t.text(t.bob, theirs, "r1", "one more thing");
  t.run_accepting();
  const auto invited = t.alice.only<ChatInvited>();
  REQUIRE(invited.text);
  CHECK(invited.text->text == "one more thing");
  CHECK(invited.from == "sip:bob@domain.com");
  CHECK(states_of(t.bob, "r1") == "sent delivered");
  CHECK(t.bob.all<TextState>()[0].chat == theirs);
  t.text(t.alice, invited.chat, "a1", "what?");
  t.run();
  CHECK(t.bob.all<TextArrived>().back().chat == theirs);
}

TEST_CASE("CHAT-42: texts that wait when the session ends go in the next, in their order") {
  Talk t;
  t.meet();
  // bob hangs up while alice writes.
  t.lab.command(t.bob, EndChat{t.invited()});
  t.say("m2", "2");
  t.say("m3", "3");
  t.say("m4", "4");
  t.run_accepting();
  check_once(t, {"m2", "m3", "m4"}, "hello|2|3|4");
  CHECK(t.alice.count<ChatEnded>() == 1);
}

TEST_CASE("CHAT-42: a connection lost at any moment loses no text and shows none twice") {
  const bool in_invite = GENERATE(true, false);
  int broken = 0;
  for (std::size_t at = 1; at < 60; ++at) {
    Talk t(at, [&](AgentConfig& config) { config.text_in_invite = in_invite; });
    std::size_t writes = 0;
    t.lab.wires.cut_at = [&](const std::string&) { return ++writes == at; };
    INFO("cut at write " << at << (in_invite ? ", text in the INVITE" : ""));
    t.call();
    t.run_accepting(200ms);
    t.say("m2", "2");
    t.run_accepting(15ms);
    t.say("m3", "3");
    t.say("m4", std::string(5000, '4'));
    t.say("m5", "5");
    t.run_accepting(5s);
    if (writes < at) break;
    ++broken;
    CHECK(texts_of(t.bob) == "hello|2|3|45000|5");
    for (const auto* id : {"m1", "m2", "m3", "m4", "m5"}) {
      INFO(id);
      CHECK(states_of(t.alice, id) == "sent delivered");
    }
    CHECK(t.alice.count<ChatFailed>() == 0);
  }
  CHECK(broken >= 10);
}

TEST_CASE("CHAT-42: a text whose answer was lost goes again under its id, and is shown once") {
  Talk t;
  t.meet();
  bool armed = true;
  t.lab.wires.cut_at = [&](const std::string& octets) {
    const bool answer =
        octets.find(" 200 OK") != std::string::npos && octets.find("SEND") == std::string::npos;
    return armed && answer && std::exchange(armed, false);
  };
  t.say("m2", "once");
  t.run_accepting();
  CHECK_FALSE(armed);
  CHECK(t.bob.count<ChatInvited>() == 2);
  CHECK_FALSE(t.bob.all<ChatInvited>()[1].text);  // shown already
  CHECK(texts_of(t.bob) == "hello|once");
  CHECK(states_of(t.alice, "m2") == "sent delivered");
  CHECK(t.alice.only<ChatEnded>().code == 408);
}

TEST_CASE("CHAT-42: sessions that always break are not tried for ever") {
  Talk t(0, [](AgentConfig& config) { config.text_in_invite = false; });
  t.lab.wires.refusing = true;
  t.call();
  t.run_accepting(300s);
  CHECK(states_of(t.alice, "m1") == "failed");
  CHECK(t.lab.sent("INVITE").size() <= 4);
  CHECK(t.alice.agent.open_chats() == 0);
  CHECK(t.bob.agent.open_chats() == 0);
  CHECK(t.alice.timers.empty());
}

TEST_CASE("texts that wait when our user ends the chat fail; a later one opens it again") {
  Talk t;
  t.meet();
  t.say("m2", std::string(3000, 'x'));
  t.say("m3", "behind it");
  t.lab.command(t.alice, EndChat{t.ours()});
  CHECK(states_of(t.alice, "m2") == "failed");
  CHECK(states_of(t.alice, "m3") == "failed");
  t.run();
  CHECK(t.lab.sent("INVITE").size() == 1);
  t.say("m4", "again");
  t.run_accepting();
  CHECK(states_of(t.alice, "m4") == "sent delivered");
  CHECK(texts_of(t.bob).ends_with("|again"));
}

TEST_CASE("an ended chat that is forgotten takes no text") {
  Talk t;
  t.meet();
  const bool by_end = GENERATE(true, false);
  t.lab.command(t.bob, EndChat{t.invited()});
  t.run();
  if (by_end) {
    t.lab.command(t.alice, EndChat{t.ours()});  // over: there is nothing else to end
  } else {
    t.lab.command(t.alice, ForgetChat{t.ours()});
  }
  t.say("m2", "anybody?");
  CHECK(states_of(t.alice, "m2") == "failed");
  CHECK(t.alice.all<TextState>().back().code == 481);
  t.run();
  CHECK(t.lab.sent("INVITE").size() == 1);
}

TEST_CASE("a chat that is forgotten while it is up is not kept when it ends") {
  Talk t;
  t.meet();
  t.lab.command(t.alice, ForgetChat{t.ours()});
  t.say("m2", "on");
  t.run();
  CHECK(states_of(t.alice, "m2") == "sent delivered");
  t.lab.command(t.bob, EndChat{t.invited()});
  t.run();
  t.say("m3", "off");
  CHECK(states_of(t.alice, "m3") == "failed");
}

TEST_CASE("texts of a declined chat fail, and none can be written in it") {
  Talk t;
  t.call();
  t.say("m2", "are you there?");
  t.run();
  t.lab.command(t.bob, DeclineChat{t.invited(), 603, "no"});
  t.run();
  CHECK(t.alice.only<ChatFailed>().status == 603);
  CHECK(states_of(t.alice, "m1") == "failed");
  CHECK(states_of(t.alice, "m2") == "failed");
  CHECK(t.alice.all<TextState>()[0].code == 603);
  t.say("m3", "please");
  CHECK(states_of(t.alice, "m3") == "failed");
  CHECK(t.lab.sent("INVITE").size() == 1);
}

TEST_CASE("a chat that can not be opened again fails its texts, and may be tried once more") {
  Talk t;
  t.meet();
  t.lab.command(t.bob, EndChat{t.invited()});
  t.run();
  t.lab.refusing.insert(key_of_hop(t.bob.address));
  t.say("m2", "lost");
  t.run(2s);
  CHECK(t.alice.only<ChatFailed>().status == 503);
  CHECK(states_of(t.alice, "m2") == "failed");
  t.lab.refusing.clear();
  t.say("m3", "found");
  t.run_accepting();
  CHECK(states_of(t.alice, "m3") == "sent delivered");
}

TEST_CASE("no more texts wait for a session than fit") {
  Talk t;
  t.call();
  for (int i = 0; i < 250; ++i) t.say("w" + std::to_string(i), "text");
  std::size_t failed = 0;
  for (const auto& state : t.alice.all<TextState>()) {
    if (state.state == MessageState::failed && state.code == 503) ++failed;
  }
  CHECK(failed == 51);  // the first text of the chat waits too
  t.run_accepting(5s);
  CHECK(states_of(t.alice, "w198") == "sent delivered");
}

namespace {

/// Whatever two users do and whatever breaks: a minute of it, then peace.
struct Turmoil {
  Talk t;
  core::Random random;
  int written = 0;
  std::size_t arrived = 0;
  std::size_t failed = 0;

  Turmoil(std::uint64_t seed, bool in_invite)
      : t(seed, [&](AgentConfig& config) { config.text_in_invite = in_invite; }), random(seed * 7 + 1) {
    t.lab.wires.cut_at = [this](const std::string&) { return random.below(20) == 0; };
  }
  void step() {
    const auto id = std::to_string(++written);
    const auto length = random.below(4) == 0 ? random.below(9000) : 1 + random.below(20);
    switch (random.below(6)) {
      case 0:
      case 1:
        return t.say("a" + id, "a" + id + " " + std::string(length, 'x'));
      case 2:
        return t.reply("b" + id, "b" + id + " " + std::string(length, 'y'));
      case 3:
        return t.type(t.alice, t.ours());
      case 4:
        for (const auto& text : t.bob.all<TextArrived>()) t.display(t.bob, text.chat, text.text.message_id);
        return;
      default:
        if (random.below(4) == 0) t.lab.wires.cut_all();
    }
  }
  void run() {
    t.call();
    t.run_accepting(300ms);
    for (int i = 0; i < 60; ++i) {
      step();
      t.run_accepting(20ms * static_cast<int>(1 + random.below(20)));
    }
    t.lab.wires.cut_at = {};
    t.run_accepting(40s);
  }
  /// Each text that `from` wrote has arrived at `to` once, in order, unless it was told failed.
  void check(const AgentBox& from, const AgentBox& to) {
    std::vector<int> order;
    std::map<std::string, int> shown;
    const auto show = [&](const body::ChatText& text) {
      ++shown[text.message_id];
      order.push_back(std::stoi(text.message_id.substr(1)));
    };
    for (const auto& event : to.events) {
      if (const auto* invited = std::get_if<ChatInvited>(&event); invited != nullptr && invited->text)
        show(*invited->text);
      if (const auto* text = std::get_if<TextArrived>(&event)) show(text->text);
    }
    std::set<std::string> ids;
    for (const auto& state : from.all<TextState>()) ids.insert(state.message_id);
    for (const auto& id : ids) {
      INFO(id << ": " << states_of(from, id));
      const bool ok =
          states_of(from, id) == "sent delivered" || states_of(from, id) == "sent delivered displayed";
      const bool lost = states_of(from, id).ends_with("failed");
      CHECK((ok || lost));
      arrived += ok ? 1 : 0;
      failed += lost ? 1 : 0;
      if (ok) CHECK(shown[id] == 1);
      CHECK(shown[id] <= 1);
    }
    CHECK(ids.size() >= shown.size());
    if (&from == &t.alice) CHECK(std::is_sorted(order.begin(), order.end()));
  }
};

}  // namespace

TEST_CASE("CHAT-42, IMDN-14: whatever breaks, each text arrives once and in order, and its states are true") {
  const bool in_invite = GENERATE(true, false);
  std::size_t sessions = 0;
  std::size_t arrived = 0;
  std::size_t failed = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed << (in_invite ? ", text in the INVITE" : ""));
    Turmoil turmoil(seed, in_invite);
    turmoil.run();
    turmoil.check(turmoil.t.alice, turmoil.t.bob);
    turmoil.check(turmoil.t.bob, turmoil.t.alice);
    sessions += turmoil.t.lab.sent("INVITE").size();
    arrived += turmoil.arrived;
    failed += turmoil.failed;
  }
  CHECK(sessions > 200);
  CHECK(arrived > 800);
  CHECK(failed < arrived / 50);  // those under which three sessions broke
}
