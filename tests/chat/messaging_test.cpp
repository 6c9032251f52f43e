// Messaging alone, its dialogs played by the test.
#include "chat/messaging.hpp"

#include "msrp/listening.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;

namespace {

struct Desk {
  AgentConfig config = [] {
    AgentConfig c;
    c.msrp = msrp::ListeningAt{};
    c.msrp->port = 2855;
    return c;
  }();
  core::Random random{1};
  Messaging messaging{config, random};
  MessagingOutbox out;
  core::Instant now{};

  void begin(std::uint64_t n) {
    messaging.begin(outgoing_chat(n), {"sip:alice@domain.com", "sip:bob@domain.com"});
    messaging.accepted(now, outgoing_chat(n), out);
  }
  void end(std::uint64_t n, Ending ending = Ending::interrupted) {
    messaging.end(now, outgoing_chat(n), ending, 200, {}, out);
  }
  void say(std::uint64_t n, const std::string& id) {
    SendText text{outgoing_chat(n), {}};
    text.text.message_id = id;
    messaging.send_text(now, text, out);
  }
  template <class E>
  std::vector<E> told() {
    std::vector<E> found;
    for (auto& effect : out.take()) {
      auto* emit = std::get_if<MessagingOutbox::Emit>(&effect);
      if (emit == nullptr) continue;
      if (auto* event = std::get_if<E>(&emit->event)) found.push_back(std::move(*event));
    }
    return found;
  }
};

}  // namespace

TEST_CASE("CHAT-42: a session is asked for once, whatever waits for it") {
  Desk desk;
  desk.begin(1);
  desk.end(1);
  CHECK(desk.told<SessionWanted>().empty());
  for (const char* id : {"a", "b", "c"}) desk.say(1, id);
  const auto wanted = desk.told<SessionWanted>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].chat == outgoing_chat(1));
  CHECK(desk.messaging.correspondents(outgoing_chat(1)).peer == "sip:bob@domain.com");
  const auto first = desk.messaging.text_for_invite(outgoing_chat(1));
  REQUIRE(first);
  CHECK(first->message_id == "a");
  desk.messaging.accepted(desk.now, outgoing_chat(1), desk.out);
  const auto told = desk.told<TextState>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].message_id == "a");
  CHECK(told[0].state == MessageState::sent);
  desk.end(1);
  CHECK(desk.told<SessionWanted>().size() == 1);
  desk.end(1, Ending::unanswered);
  const auto failed = desk.told<TextState>();
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].message_id == "b");
  CHECK(failed[1].message_id == "c");
}

TEST_CASE("ended conversations are kept up to a number, the first to end goes first") {
  Desk desk;
  const std::uint64_t too_many = kMaxEndedConversations + 2;
  for (std::uint64_t n = 1; n <= too_many; ++n) {
    desk.begin(n);
    desk.end(n);
  }
  CHECK(desk.messaging.conversations() == kMaxEndedConversations);
  CHECK_FALSE(desk.messaging.knows(outgoing_chat(1)));
  CHECK_FALSE(desk.messaging.knows(outgoing_chat(2)));
  CHECK(desk.messaging.knows(outgoing_chat(3)));
  desk.say(2, "late");
  CHECK(desk.told<TextState>().back().state == MessageState::failed);
  desk.say(3, "still in time");
  CHECK(desk.told<SessionWanted>().size() == 1);
  desk.messaging.forget(outgoing_chat(4));
  CHECK_FALSE(desk.messaging.knows(outgoing_chat(4)));
}

TEST_CASE("a conversation that was never one is not kept") {
  for (const auto ending : {Ending::unanswered, Ending::refused, Ending::expired}) {
    Desk desk;
    if (ending == Ending::unanswered) {
      desk.messaging.begin(outgoing_chat(1), {"sip:alice@domain.com", "sip:bob@domain.com"});
    } else {
      desk.begin(1);
    }
    desk.say(1, "m");
    desk.end(1, ending);
    CHECK(desk.messaging.conversations() == 0);
    CHECK(desk.told<TextState>().back().state == MessageState::failed);
  }
}

TEST_CASE("IMDN-8: a declined conversation is kept for what is told of its texts, and not written in") {
  Desk desk;
  desk.begin(1);
  desk.say(1, "m");
  desk.end(1, Ending::declined);
  CHECK(desk.messaging.conversations() == 1);
  desk.told<TextState>();
  desk.say(1, "n");
  const auto refused = desk.told<TextState>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].state == MessageState::failed);
  CHECK(refused[0].code == 481);
  desk.say(1, "o");
  CHECK(desk.told<SessionWanted>().empty());
  desk.messaging.forget(outgoing_chat(1));
  CHECK(desk.messaging.conversations() == 0);
}

TEST_CASE("IMDN-13: a refused invitation tells its sender nothing, one that went away what was owed") {
  for (const auto ending : {Ending::refused, Ending::expired}) {
    Desk desk;
    const auto chat = incoming_chat(1);
    desk.messaging.begin(chat, {"sip:bob@domain.com", "sip:alice@domain.com"});
    body::ChatText text;
    text.message_id = "m";
    CHECK(desk.messaging.take_first_text(desk.now, chat, text, desk.out));
    desk.messaging.send_state(desk.now, {chat, "m", MessageState::displayed}, desk.out);
    CHECK(desk.told<MessageOwed>().empty());
    desk.messaging.end(desk.now, chat, ending, 480, {}, desk.out);
    CHECK(desk.told<MessageOwed>().size() == (ending == Ending::expired ? 1 : 0));
  }
}

TEST_CASE(
    "the text of an invitation that nobody accepted may come again; of one that was accepted it may not") {
  const bool accepted = GENERATE(true, false);
  Desk desk;
  const Correspondents between{"sip:bob@domain.com", "sip:+82101234@domain.com;user=phone"};
  body::ChatText text;
  text.message_id = "m";
  desk.messaging.begin(incoming_chat(1), between);
  CHECK(desk.messaging.take_first_text(desk.now, incoming_chat(1), text, desk.out));
  if (accepted) desk.messaging.accepted(desk.now, incoming_chat(1), desk.out);
  desk.messaging.end(desk.now, incoming_chat(1), accepted ? Ending::interrupted : Ending::expired, 480, {},
                     desk.out);
  desk.messaging.begin(incoming_chat(2), {"sip:bob@domain.com", "tel:+82-10-1234"});
  CHECK(desk.messaging.take_first_text(desk.now, incoming_chat(2), text, desk.out) == !accepted);
  desk.messaging.begin(incoming_chat(3), {"sip:bob@domain.com", "sip:carol@domain.com"});
  CHECK(desk.messaging.take_first_text(desk.now, incoming_chat(3), text, desk.out));
  desk.messaging.begin(incoming_chat(4), {"sip:bob@domain.com", "sip:carol@elsewhere.com"});
  CHECK(desk.messaging.take_first_text(desk.now, incoming_chat(4), text, desk.out));
}
