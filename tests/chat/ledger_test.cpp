// What was sent and received, and what was told of it.
#include <algorithm>

#include "body/cpim.hpp"
#include "chat/received_texts.hpp"
#include "chat/sent_texts.hpp"
#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;

namespace {

using States = std::vector<MessageState>;
constexpr auto kSent = MessageState::sent;
constexpr auto kDelivered = MessageState::delivered;
constexpr auto kDisplayed = MessageState::displayed;
constexpr auto kFailed = MessageState::failed;

Receipt receipt(const std::string& id, bool delivery = true, bool display = true) {
  Receipt r;
  r.message_id = id;
  r.wants_delivery = delivery;
  r.wants_display = display;
  return r;
}

}  // namespace

TEST_CASE("IMDN-14: states are told in order, each once") {
  SentTexts texts;
  texts.add("m", outgoing_chat(3));
  CHECK(texts.chat_of("m") == outgoing_chat(3));
  CHECK(texts.advance("m", kSent) == States{kSent});
  CHECK(texts.advance("m", kSent).empty());
  CHECK(texts.advance("m", kDelivered) == States{kDelivered});
  CHECK(texts.advance("m", kDisplayed) == States{kDisplayed});
  CHECK(texts.advance("m", kDelivered).empty());
  CHECK(texts.advance("m", kDisplayed).empty());
}

TEST_CASE(
    "IMDN-14: displayed implies delivered, delivered implies sent; late and unknown ones are left out") {
  SentTexts texts;
  texts.add("m", outgoing_chat(1));
  CHECK(texts.advance("m", kDisplayed) == States{kSent, kDelivered, kDisplayed});
  CHECK(texts.advance("m", kSent).empty());
  CHECK(texts.advance("nobody", kDelivered).empty());
  CHECK_FALSE(texts.chat_of("nobody"));
}

TEST_CASE("IMDN-4: failed is the last word, and none about what has arrived") {
  SentTexts texts;
  texts.add("lost", outgoing_chat(1));
  texts.add("there", outgoing_chat(1));
  CHECK(texts.advance("lost", kSent) == States{kSent});
  CHECK(texts.advance("lost", kFailed) == States{kFailed});
  CHECK(texts.advance("lost", kFailed).empty());
  CHECK(texts.advance("lost", kDisplayed).empty());
  texts.advance("there", kDelivered);
  CHECK(texts.advance("there", kFailed).empty());
  CHECK(texts.advance("there", kDisplayed) == States{kDisplayed});
}

TEST_CASE("IMDN-14: whatever comes in whatever order, each state is told once and in order") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    core::Random random(seed);
    SentTexts texts;
    texts.add("m", outgoing_chat(1));
    States told;
    for (int i = 0; i < 12; ++i) {
      for (const auto news : texts.advance("m", static_cast<MessageState>(random.below(4))))
        told.push_back(news);
    }
    INFO(seed);
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(std::adjacent_find(told.begin(), told.end()) == told.end());
    const bool failed = !told.empty() && told.back() == kFailed;
    if (failed) CHECK(std::find(told.begin(), told.end(), kDelivered) == told.end());
  }
}

TEST_CASE("sent texts are bounded: the oldest is forgotten; one sent again begins anew") {
  SentTexts texts(3);
  for (const char* id : {"a", "b", "c", "a", "d"}) texts.add(id, outgoing_chat(1));
  CHECK(texts.size() == 3);
  CHECK_FALSE(texts.chat_of("a"));
  CHECK(texts.chat_of("b"));
  texts.advance("b", kFailed);
  texts.add("b", outgoing_chat(2));
  CHECK(texts.chat_of("b") == outgoing_chat(2));
  CHECK(texts.advance("b", kSent) == States{kSent});
}

TEST_CASE("a message is new once; one without an id always") {
  ReceivedTexts texts;
  CHECK(texts.add(incoming_chat(1), receipt("m")));
  CHECK_FALSE(texts.add(incoming_chat(1), receipt("m")));
  CHECK_FALSE(texts.add(incoming_chat(2), receipt("m")));
  CHECK(texts.add(incoming_chat(1), receipt("")));
  CHECK(texts.add(incoming_chat(1), receipt("")));
  texts.forget("m");
  CHECK(texts.add(incoming_chat(2), receipt("m")));
}

TEST_CASE("IMDN-4: each notification is owed once, IMDN-7: and only where it was asked for") {
  ReceivedTexts texts;
  const auto chat = incoming_chat(1);
  texts.add(chat, receipt("all"));
  texts.add(chat, receipt("delivery", true, false));
  texts.add(chat, receipt("nothing", false, false));
  for (const char* id : {"all", "delivery", "nothing", "unknown", ""}) {
    texts.owe(id, kDelivered);
    texts.owe(id, kDelivered);
    texts.owe(id, kDisplayed);
    texts.owe(id, kFailed);
    texts.owe(id, kSent);
  }
  const auto owed = texts.take_owed(chat);
  CHECK(owed == std::vector<Notification>{
                    {chat, "all", kDelivered}, {chat, "all", kDisplayed}, {chat, "delivery", kDelivered}});
  CHECK(texts.take_owed(chat).empty());
  texts.owe("all", kDisplayed);
  CHECK(texts.take_owed(chat).empty());
  texts.give_back(owed[1]);
  CHECK(texts.take_owed(chat) == std::vector<Notification>{{chat, "all", kDisplayed}});
}

TEST_CASE("notifications are owed in the chat that brought the message") {
  ReceivedTexts texts;
  texts.add(incoming_chat(1), receipt("one"));
  texts.add(incoming_chat(2), receipt("two"));
  texts.owe("two", kDelivered);
  texts.owe("one", kDelivered);
  CHECK(texts.take_owed(incoming_chat(1)).size() == 1);
  CHECK(texts.take_owed(incoming_chat(2)).front().message_id == "two");
}

TEST_CASE("received texts are bounded, and with a text goes what was owed about it") {
  ReceivedTexts texts(2);
  const auto chat = incoming_chat(1);
  texts.add(chat, receipt("a"));
  texts.owe("a", kDelivered);
  texts.add(chat, receipt("b"));
  texts.add(chat, receipt("c"));
  CHECK_FALSE(texts.knows("a"));
  CHECK(texts.take_owed(chat).empty());
  texts.give_back({chat, "a", kDelivered});
  CHECK(texts.take_owed(chat).empty());
  CHECK(texts.receipt("a") == nullptr);
}

TEST_CASE("IMDN-3, IMDN-6: a receipt has what a notification repeats, as the sender wrote it") {
  const auto cpim = body::parse_cpim(
      "From: <sip:a@x>\r\nTo: <sip:b@x>\r\nDateTime: 2012-01-01T10:10:10+09:00\r\n"
      "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m1\r\n"
      "imdn.Disposition-Notification: positive-delivery, something-new\r\n"
      "imdn.IMDN-Record-Route: <sip:second@x>\r\nimdn.IMDN-Record-Route: <sip:first@x>\r\n\r\n"
      "Content-Type: text/plain\r\n\r\nhi");
  REQUIRE(cpim);
  const auto r = receipt_of(*cpim);
  CHECK(r.message_id == "m1");
  CHECK(r.date_time == "2012-01-01T10:10:10+09:00");
  CHECK(r.from == "sip:a@x");
  CHECK(r.to == "sip:b@x");
  CHECK(r.wants_delivery);
  CHECK_FALSE(r.wants_display);
  CHECK(r.record_routes == std::vector<std::string>{"<sip:second@x>", "<sip:first@x>"});
}
