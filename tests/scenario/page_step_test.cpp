// Steps of messages without a chat, and how the clients of a scenario are made.

#include "scenario/steps.hpp"

using namespace std::chrono_literals;
using namespace rcs::scenario::test;
using rcs::scenario::Action;
using rcs::scenario::parse_scenario;

namespace {

/// Rose has the thread t2; what follows begins in line 7.
const StepFile kFile("  - rose: {expect-message: {as: t2}}\n");

}  // namespace

TEST_CASE("API-29: a message goes to an actor, a number or a URI, or to several") {
  const auto message = kFile.step(
      "  - jack: {message: {to: rose, text: ab, repeat: 2, type: text/html, message-id: m1, expires: 60, as: "
      "t1}}\n");
  CHECK(message.action == Action::message);
  CHECK(message.contacts == Words{"0101"});
  CHECK(message.text == "abab");
  CHECK(message.content_type == "text/html");
  CHECK(message.message_id == "m1");
  CHECK(message.expires == 60u);
  CHECK(message.as == "t1");
  CHECK_FALSE(kFile.step("  - rose: {message: {to: jack, text: x}}\n").expires.has_value());
  CHECK(
      kFile.step("  - jack: {message: {to: [rose, \"+8210\", \"sip:eve@other.com\"], text: x}}\n").contacts ==
      Words{"0101", "+8210", "sip:eve@other.com"});
  CHECK(kFile.step("  - rose: {message: {to: [jack], text: x}}\n").contacts == Words{"0108"});
  CHECK(kFile.step("  - rose: {message: {to: [jack, \"+8210\"], text: x}}\n").contacts ==
        Words{"0108", "+8210"});

  kFile.complains("  - jack: {message: {text: x}}\n",
                  "s.yaml:7: message.to: expected an actor, a number or a sip or tel URI, got nothing");
  kFile.complains(
      "  - jack: {message: {to: roze, text: x}}\n",
      "s.yaml:7: message.to: expected an actor, a number or a sip or tel URI, got \"roze\"; did you mean "
      "\"rose\"?");
  kFile.complains("  - jack: {message: {to: rose}}\n", "message.text: expected what to say, got nothing");
  kFile.complains("  - jack: {message: {to: [rose, jack], text: x, as: t1}}\n",
                  "message.as: expected one contact beside it: each has a thread of its own");
  kFile.complains("  - jack: {message: {to: [], text: x}}\n",
                  "message.to: expected 1 to 100 contacts, got 0");
  kFile.complains("  - jack: {message: {to: rose, text: x, expires: soon}}\n",
                  "message.expires: expected a whole number from 0 to 2678400, got \"soon\"");
  kFile.complains("  - jack: {message: {to: rose, text: x, expire: 3}}\n", "did you mean \"expires\"?");
}

TEST_CASE("what is done in a chat is done in a thread, but for accepting it") {
  CHECK(kFile.step("  - rose: {send: {chat: t2, text: x}}\n").chat == "t2");
  CHECK(kFile.step("  - rose: {display: {chat: t2, message-id: m1}}\n").chat == "t2");
  CHECK(kFile.step("  - rose: {typing: t2}\n").chat == "t2");
  CHECK(kFile.step("  - rose: {expect-state: {chat: t2, message-id: m1, state: sent, code: 202}}\n").code ==
        202);
  CHECK(kFile.step("  - rose: {end: t2}\n").chat == "t2");
  kFile.complains("  - rose: {accept: t2}\n",
                  "s.yaml:7: accept: expected a chat, got \"t2\", whose messages nobody");
  kFile.complains("  - rose: {decline: {chat: t2}}\n", "s.yaml:7: decline.chat: expected a chat, got \"t2\"");
  kFile.complains("  - rose: {message: {to: jack, text: x, as: t2}}\n",
                  "message.as: expected a new name, got \"t2\"");
}

TEST_CASE("PGR-13: an expected message has a sender, and may be marked as expired") {
  const auto message =
      kFile.step("  - rose: {expect-message: {message: x, sender: \"0108\", expired: true}}\n");
  CHECK(message.fields == Pairs{{"message", "x"}, {"sender", "0108"}, {"expired", "true"}});
}

TEST_CASE("an expectation may say that nothing is to come before its time") {
  const auto typing =
      kFile.step("  - rose: {expect-composing: {chat: t2, state: idle, not-before: 14s, within: 16s}}\n");
  CHECK(typing.not_before == 14s);
  CHECK(typing.within == 16s);
  CHECK(kFile.step("  - rose: expect-message\n").not_before == 0s);
  kFile.complains("  - rose: {expect-composing: {chat: t2, not-before: 10s}}\n",
                  "expect-composing.not-before: expected less than within, got \"10s\"");
  kFile.complains("  - rose: {expect-message: {not-before: never}}\n",
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
