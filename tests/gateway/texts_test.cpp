// The kept texts of chats: found again, in order, bounded.

#include "gateway/texts.hpp"

#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using gateway::Text;
using gateway::Texts;
using gateway::TextStatus;

namespace {

constexpr auto kOne = chat::outgoing_chat(1);
constexpr auto kTwo = chat::incoming_chat(1);

Text make(const std::string& id, bool outgoing = false, const std::string& content = "x") {
  body::ChatText text;
  text.message_id = id;
  text.text = content;
  return gateway::make_text(text, outgoing, core::UnixMs{1});
}

core::Instant at(core::Duration when) { return core::Instant{when}; }

std::string ids(const Texts& texts, chat::ChatId chat, std::uint64_t after = 0) {
  std::string out;
  texts.each(chat, after, [&](const Text& text) {
    out += text.message_id + " ";
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("API-26: texts stand in order, each with the state of its direction") {
  gateway::Config config;
  Texts texts(config);
  texts.add(kOne, make("a", true), at(1s));
  texts.add(kTwo, make("a"), at(2s));
  texts.add(kOne, make("b"), at(3s));
  texts.add(kOne, make("c"), at(4s));
  CHECK(ids(texts, kOne) == "a b c ");
  CHECK(ids(texts, kOne, 1) == "b c ");
  CHECK(ids(texts, kOne, 3).empty());
  CHECK(ids(texts, chat::outgoing_chat(7)).empty());
  CHECK(texts.find(kOne, "a", true)->status == TextStatus::trying);
  CHECK(texts.find(kTwo, "a", false)->status == TextStatus::received);
}

TEST_CASE("API-26: one id may stand in both directions, and then both are kept apart") {
  gateway::Config config;
  Texts texts(config);
  texts.add(kOne, make("a", true, "mine"), at(1s));
  texts.add(kOne, make("a", false, "yours"), at(1s));
  CHECK(texts.find(kOne, "a", true)->content == "mine");
  CHECK(texts.find(kOne, "a", false)->content == "yours");
  CHECK(texts.find(kOne, "b", false) == nullptr);
}

TEST_CASE("API-26: a chat keeps a thousand texts, the latest") {
  gateway::Config config;
  Texts texts(config);
  for (std::size_t i = 0; i < gateway::kTextsPerChat + 5; ++i)
    texts.add(kOne, make(std::to_string(i)), at(1s));
  CHECK(texts.find(kOne, "4", false) == nullptr);
  REQUIRE(texts.find(kOne, "5", false) != nullptr);
  CHECK(texts.find(kOne, "5", false)->number == 6);
}

TEST_CASE("API-26: the retention ends a text's time, in whatever chat it is") {
  gateway::Config config;
  config.limits.retention = 10s;
  Texts texts(config);
  texts.add(kOne, make("a"), at(1s));
  texts.add(kTwo, make("b"), at(5s));
  texts.add(kOne, make("c"), at(9s));
  texts.sweep(at(11s));
  CHECK(ids(texts, kOne) == "c ");
  CHECK(ids(texts, kTwo) == "b ");
  texts.sweep(at(19s));
  CHECK(ids(texts, kOne).empty());
  CHECK(texts.octets() == 0);
  texts.add(kOne, make("d"), at(20s));
  CHECK(texts.find(kOne, "d", false)->number == 3);
}

TEST_CASE("API-26: all chats together keep no more octets than allowed; the oldest texts go first") {
  gateway::Config config;
  Texts texts(config, 10'000);
  const std::string half(5'000, 'x');
  texts.add(kOne, make("a", false, half), at(1s));
  texts.add(kTwo, make("b", false, "small"), at(2s));
  texts.add(kOne, make("c", false, half), at(3s));
  CHECK(ids(texts, kOne) == "c ");
  CHECK(ids(texts, kTwo) == "b ");
  texts.add(kTwo, make("d", false, std::string(20'000, 'x')), at(4s));
  CHECK(ids(texts, kOne).empty());
  CHECK(ids(texts, kTwo).empty());
  CHECK(texts.octets() == 0);
}

TEST_CASE("API-26: what is forgotten with its chat costs nothing any more") {
  gateway::Config config;
  Texts texts(config);
  texts.add(kOne, make("a"), at(1s));
  texts.add(kTwo, make("b"), at(1s));
  texts.forget(kOne);
  texts.forget(kOne);
  CHECK(ids(texts, kOne).empty());
  CHECK(ids(texts, kTwo) == "b ");
  texts.forget(kTwo);
  CHECK(texts.octets() == 0);
  texts.sweep(at(100h));
}
