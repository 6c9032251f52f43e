// Steps of messages without a chat, and how the clients of a scenario are made.

#include <string>

#include "scenario/scenario.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::scenario::Action;
using rcs::scenario::parse_scenario;
using rcs::scenario::Step;

namespace {

/// Jack is behind the API, rose a standard client with the thread t2; what follows begins in line 7.
std::string file(const std::string& steps) {
  return "scenario: x\nactors:\n  jack: {kind: api, id: \"0108\"}\n  rose: {kind: sip, id: "
         "\"0101\"}\nsteps:\n"
         "  - rose: {expect-message: {as: t2}}\n" +
         steps;
}

void complains(const std::string& steps, const std::string& words) {
  const auto got = format_diagnostics(parse_scenario(file(steps), "s.yaml").diagnostics);
  INFO(got);
  CHECK(got.find(words) != std::string::npos);
}

Step step(const std::string& line) {
  const auto parsed = parse_scenario(file(line), "s.yaml");
  INFO(format_diagnostics(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  return parsed.scenario.steps.back();
}

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("API-29: a message goes to an actor, a number or a URI; by the API to several") {
  const auto message = step(
      "  - jack: {message: {to: rose, text: ab, repeat: 2, type: text/html, message-id: m1, expires: 60, as: "
      "t1}}\n");
  CHECK(message.action == Action::message);
  CHECK(message.contacts == Words{"0101"});
  CHECK(message.text == "abab");
  CHECK(message.content_type == "text/html");
  CHECK(message.message_id == "m1");
  CHECK(message.expires == 60u);
  CHECK(message.as == "t1");
  CHECK_FALSE(step("  - rose: {message: {to: jack, text: x}}\n").expires.has_value());
  CHECK(step("  - jack: {message: {to: [rose, \"+8210\", \"sip:eve@other.com\"], text: x}}\n").contacts ==
        Words{"0101", "+8210", "sip:eve@other.com"});
  CHECK(step("  - rose: {message: {to: [jack], text: x}}\n").contacts == Words{"0108"});

  complains("  - jack: {message: {text: x}}\n",
            "s.yaml:7: message.to: expected an actor, a number or a sip or tel URI, got nothing");
  complains(
      "  - jack: {message: {to: roze, text: x}}\n",
      "s.yaml:7: message.to: expected an actor, a number or a sip or tel URI, got \"roze\"; did you mean "
      "\"rose\"?");
  complains("  - jack: {message: {to: rose}}\n", "message.text: expected what to say, got nothing");
  complains("  - rose: {message: {to: [jack, rose], text: x}}\n",
            "message.to: expected one contact, as only an actor of kind api can write to several at once");
  complains("  - jack: {message: {to: [rose, jack], text: x, as: t1}}\n",
            "message.as: expected one contact beside it: each has a thread of its own");
  complains("  - jack: {message: {to: [], text: x}}\n", "message.to: expected 1 to 100 contacts, got 0");
  complains("  - jack: {message: {to: rose, text: x, expires: soon}}\n",
            "message.expires: expected a whole number from 0 to 2678400, got \"soon\"");
  complains("  - jack: {message: {to: rose, text: x, expire: 3}}\n", "did you mean \"expires\"?");
}

TEST_CASE("what is done in a chat is done in a thread, but for accepting it") {
  CHECK(step("  - rose: {send: {chat: t2, text: x}}\n").chat == "t2");
  CHECK(step("  - rose: {display: {chat: t2, message-id: m1}}\n").chat == "t2");
  CHECK(step("  - rose: {typing: t2}\n").chat == "t2");
  CHECK(step("  - rose: {expect-state: {chat: t2, message-id: m1, state: sent, code: 202}}\n").code == 202);
  CHECK(step("  - rose: {end: t2}\n").chat == "t2");
  complains("  - rose: {accept: t2}\n",
            "s.yaml:7: accept: expected a chat, got \"t2\", whose messages nobody");
  complains("  - rose: {decline: {chat: t2}}\n", "s.yaml:7: decline.chat: expected a chat, got \"t2\"");
  complains("  - rose: {message: {to: jack, text: x, as: t2}}\n",
            "message.as: expected a new name, got \"t2\"");
}

TEST_CASE("PGR-13: an expected message has a sender, and may be marked as expired") {
  const auto message = step("  - rose: {expect-message: {message: x, sender: \"0108\", expired: true}}\n");
  CHECK(message.fields == Pairs{{"message", "x"}, {"sender", "0108"}, {"expired", "true"}});
}

TEST_CASE("an expectation may say that nothing is to come before its time") {
  const auto typing =
      step("  - rose: {expect-composing: {chat: t2, state: idle, not-before: 14s, within: 16s}}\n");
  CHECK(typing.not_before == 14s);
  CHECK(typing.within == 16s);
  CHECK(step("  - rose: expect-message\n").not_before == 0s);
  complains("  - rose: {expect-composing: {chat: t2, not-before: 10s}}\n",
            "expect-composing.not-before: expected less than within, got \"10s\"");
  complains("  - rose: {expect-message: {not-before: never}}\n",
            "expect-message.not-before: expected a time such as");
}

TEST_CASE("PGR-32: a client has a transport, by itself or by its network, and may have a name and services") {
  const auto parse = [](const std::string& network, const std::string& actor) {
    return parse_scenario("scenario: x\n" + network + "actors: {a: {" + actor + "}}\nsteps: [{wait: 1s}]\n",
                          "s.yaml");
  };
  const auto sip = [&](const std::string& more) { return parse("", "kind: sip, id: x" + more); };
  CHECK_FALSE(sip("").scenario.actors[0].tcp);
  CHECK(sip(", transport: tcp").scenario.actors[0].tcp);
  CHECK(parse("network: {transport: tcp}\n", "kind: sip, id: x").scenario.actors[0].tcp);
  CHECK_FALSE(
      parse("network: {transport: tcp}\n", "kind: sip, id: x, transport: udp").scenario.actors[0].tcp);
  CHECK(parse("network: {transport: tcp}\n", "kind: api, id: x").scenario.network.tcp);
  CHECK(sip(", host: pc1.home.net").scenario.actors[0].host == "pc1.home.net");
  CHECK_FALSE(sip("").scenario.actors[0].services.has_value());
  CHECK(sip(", services: []").scenario.actors[0].services == Words{});
  CHECK(sip(", services: [IM/CHAT, FileTransfer]").scenario.actors[0].services ==
        Words{"IM/CHAT", "FileTransfer"});

  const auto words = [](const rcs::scenario::Parsed& parsed) {
    return format_diagnostics(parsed.diagnostics);
  };
  CHECK(words(sip(", transport: sctp")) == "s.yaml:2: a.transport: expected udp or tcp, got \"sctp\"");
  CHECK(words(sip(", host: \"a b\"")) ==
        "s.yaml:2: a.host: expected a host name such as pc1.home.net, got \"a b\"");
  CHECK(words(sip(", services: [Chta]")) ==
        "s.yaml:2: a.services: expected a service, such as IM/CHAT, got \"Chta\"; did you mean \"Chat\"?");
  CHECK(words(sip(", services: [Chat, Chat]")) ==
        "s.yaml:2: a.services: expected each service once, got \"Chat\" twice");
  CHECK(words(sip(", services: Chat")) ==
        "s.yaml:2: a.services: expected a list of services, such as [IM/CHAT, Standalone], got \"Chat\"");
  CHECK(words(parse("", "kind: api, id: x, transport: tcp")) ==
        "s.yaml:2: a.transport: expected an actor of kind sip, got a of kind api");
}
