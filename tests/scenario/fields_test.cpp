#include "scenario/fields.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Duration;
using rcs::scenario::Complaints;
using rcs::scenario::Fields;
using rcs::scenario::format_diagnostics;
using rcs::scenario::nearest;
using rcs::scenario::YamlNode;

namespace {

YamlNode scalar(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.line = 7;
  node.text = std::move(text);
  return node;
}

/// What the reader complains about; empty when it took the value.
template <class Read>
std::string complaint(Read&& read) {
  Complaints complaints("f.yaml");
  const bool ok = read(complaints);
  CHECK(ok == complaints.empty());
  return format_diagnostics(std::move(complaints).take());
}

Duration duration(const std::string& text, bool bare_ms = false) {
  Complaints complaints("f.yaml");
  Duration out = -1ns;
  rcs::scenario::read_duration(complaints, scalar(text), "wait", out, bare_ms);
  return out;
}

}  // namespace

TEST_CASE("times have a unit") {
  CHECK(duration("500ms") == 500ms);
  CHECK(duration("1.5s") == 1500ms);
  CHECK(duration("0s") == 0s);
  CHECK(duration("2m") == 2min);
  CHECK(duration("24h") == 24h);
  CHECK(duration("0.001ms") == 1us);
  CHECK(duration("366h") == 366h);
  for (const auto* bad : {"", "5", "s", "-1s", "+1s", "1 s", "1e3s", "1.s", ".5s", "1..5s", "1s ", "1S", "1d",
                          "nan", "infs", "8785h", "99999999999999999999999999999999999h"}) {
    CAPTURE(bad);
    CHECK(duration(bad) == -1ns);
  }
  CHECK(duration("5", true) == 5ms);
  CHECK(duration("0.5", true) == 500us);
  CHECK(duration("5s", true) == 5s);
}

TEST_CASE("numbers are in their bounds and written plainly") {
  const auto number = [](const std::string& text) {
    return complaint([&](Complaints& c) {
      double out = 0;
      return rcs::scenario::read_number(c, scalar(text), "loss", 0, 1, out);
    });
  };
  CHECK(number("0").empty());
  CHECK(number("0.25").empty());
  CHECK(number("1.0").empty());
  CHECK(number("1.01") == "f.yaml:7: loss: expected a number from 0 to 1, got \"1.01\"");
  for (const auto* bad : {"fast", "-0.1", "1e-1", "nan", "inf", "0x1", "", "1,0"})
    CHECK_FALSE(number(bad).empty());

  const auto integer = [](const std::string& text) {
    return complaint([&](Complaints& c) {
      std::uint64_t out = 0;
      return rcs::scenario::read_integer(c, scalar(text), "code", 400, 699, out);
    });
  };
  CHECK(integer("603").empty());
  CHECK(integer("200") == "f.yaml:7: code: expected a whole number from 400 to 699, got \"200\"");
  for (const auto* bad : {"700", "-5", "4e2", "603.0", "99999999999999999999999"})
    CHECK_FALSE(integer(bad).empty());
}

TEST_CASE("flags are true or false and nothing else") {
  for (const auto* bad : {"yes", "on", "1", "True", ""}) {
    CHECK(complaint([&](Complaints& c) {
            bool out = false;
            return rcs::scenario::read_flag(c, scalar(bad), "chat-only", out);
          }).find("chat-only: expected true or false, got") != std::string::npos);
  }
}

TEST_CASE("what there was instead is named") {
  const auto text = [](const YamlNode& node) {
    return complaint([&](Complaints& c) {
      std::string out;
      return rcs::scenario::read_text(c, node, "text", out);
    });
  };
  YamlNode node;
  node.line = 3;
  CHECK(text(node) == "f.yaml:3: text: expected text, got nothing");
  node.kind = YamlNode::Kind::list;
  CHECK(text(node) == "f.yaml:3: text: expected text, got a list");
  node.kind = YamlNode::Kind::map;
  CHECK(text(node) == "f.yaml:3: text: expected text, got a map");
  CHECK(text(scalar("")).empty());
  CHECK(text(scalar(std::string(65536, 'x'))).empty());
  CHECK(text(scalar(std::string(65537, 'x'))) == "f.yaml:7: text: expected at most 65536 octets, got 65537");
}

TEST_CASE("a list of words takes one word too, and no word twice") {
  static constexpr std::string_view kKnown[] = {"INVITE", "MESSAGE"};
  const auto words = [](const YamlNode& node) {
    return complaint([&](Complaints& c) {
      std::vector<std::string> out;
      return rcs::scenario::read_words(c, node, "methods", kKnown, out);
    });
  };
  CHECK(words(scalar("INVITE")).empty());
  YamlNode list;
  list.kind = YamlNode::Kind::list;
  list.items = {scalar("INVITE"), scalar("MESSAGE")};
  CHECK(words(list).empty());
  list.items.push_back(scalar("INVITE"));
  CHECK(words(list) == "f.yaml:7: methods: expected each word once, got \"INVITE\" twice");
  list.items.back() = scalar("INVIT");
  CHECK(words(list) ==
        "f.yaml:7: methods: expected INVITE or MESSAGE, got \"INVIT\"; did you mean \"INVITE\"?");
}

TEST_CASE("the word that was meant is found among near ones only") {
  static constexpr std::string_view kKnown[] = {"register", "open-events", "chat", "message-id", "end"};
  CHECK(nearest("regster", kKnown) == "register");
  CHECK(nearest("Register", kKnown) == "register");
  CHECK(nearest("message_id", kKnown) == "message-id");
  CHECK(nearest("openevents", kKnown) == "open-events");
  CHECK(nearest("caht", kKnown) == "chat");
  CHECK(nearest("chats", kKnown) == "chat");
  CHECK(nearest("caaat", kKnown).empty());
  CHECK(nearest("zzz", kKnown).empty());
  CHECK(nearest("", kKnown).empty());
  CHECK(nearest(std::string(100'000, 'x'), kKnown).empty());
}

TEST_CASE("complaints come by line, and there is an end to them") {
  Complaints complaints("f.yaml");
  for (int i = 0; i < 150; ++i) complaints.add(200 - i, "x");
  const auto all = std::move(complaints).take();
  REQUIRE(all.size() == 101);
  CHECK(all.front().line == 101);
  CHECK(all.back().text == "file: 50 more complaints left out");
}
