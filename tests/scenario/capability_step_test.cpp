// Steps of capabilities, and the networks that answer for absent users.

#include "scenario/steps.hpp"

using namespace std::chrono_literals;
using namespace rcs::scenario::test;
using rcs::scenario::Action;
using rcs::scenario::parse_scenario;

namespace {

const StepFile kFile;

}  // namespace

TEST_CASE("API-37: capability asks about an actor or anybody else") {
  const auto ask = kFile.step("  - jack: {capability: {of: rose, fresh: true, within: 40s}}\n");
  CHECK(ask.action == Action::capability);
  CHECK(ask.contacts == Words{"0101"});
  CHECK(ask.fresh);
  CHECK(ask.within == 40s);
  CHECK_FALSE(kFile.step("  - rose: {capability: \"01099999999\"}\n").fresh);
  CHECK_FALSE(ask.by_presence);
  CHECK(kFile.step("  - jack: {capability: {of: rose, by: presence}}\n").by_presence);
  CHECK_FALSE(kFile.step("  - jack: {capability: {of: rose, by: options}}\n").by_presence);
  kFile.complains("  - jack: {capability: {of: rose, by: smell}}\n", "capability.by: expected");
  kFile.complains("  - jack: {capability: {fresh: true}}\n",
                  "s.yaml:6: capability.of: expected an actor, a number or a sip or tel URI, got nothing");
  kFile.complains("  - jack: {capability: rosa}\n", "got \"rosa\"; did you mean \"rose\"?");
  kFile.complains("  - jack: {capability: {of: rose, fresh: maybe}}\n",
                  "capability.fresh: expected true or false, got \"maybe\"");
}

TEST_CASE("an expected capability has what a record of capabilities has") {
  const auto expected = kFile.step(
      "  - rose: {expect-capability: {of: jack, user: yes, registered: no, automata: true, asked: false, "
      "status: 480, services: [IM/CHAT], within: 2s}}\n");
  CHECK(expected.action == Action::expect_capability);
  CHECK(expected.contacts == Words{"0108"});
  CHECK(expected.fields == Pairs{{"user", "yes"},
                                 {"registered", "no"},
                                 {"automata", "true"},
                                 {"asked", "false"},
                                 {"status", "480"}});
  CHECK(expected.services == Words{"IM/CHAT"});
  CHECK(expected.within == 2s);
  CHECK_FALSE(kFile.step("  - jack: {expect-capability: {of: rose}}\n").services.has_value());
  kFile.complains("  - jack: {expect-capability: {user: yes}}\n", "expect-capability.of: expected an actor");
  kFile.complains("  - rose: {expect-capability: {of: jack, user: perhaps}}\n",
                  "expect-capability.user: expected yes, no or unknown, got \"perhaps\"");
  kFile.complains("  - jack: {expect-capability: {of: rose, status: 404}}\n",
                  "expect-capability.status: expected an actor of kind sip, got jack of kind api");
  kFile.complains("  - rose: {expect-capability: {of: jack, services: [Telepathy]}}\n",
                  "expect-capability.services: expected a service, such as IM/CHAT, got \"Telepathy\"");
}

TEST_CASE("API-38: offer says what an actor can do, and an event that a contact can do something else") {
  const auto offer = kFile.step("  - jack: {offer: {services: [Chat, Standalone]}}\n");
  CHECK(offer.action == Action::offer);
  CHECK(offer.services == Words{"Chat", "Standalone"});
  CHECK(kFile.step("  - rose: {offer: {services: []}}\n").services == Words{});
  kFile.complains("  - jack: {offer: {}}\n",
                  "offer.services: expected a list of services, such as [IM/CHAT]");
  const auto event = kFile.step(
      "  - jack: {expect-event: {type: capability, status: changed, contact: \"0101\", rcs: yes, registered: "
      "yes, services: [Chat]}}\n");
  CHECK(event.services == Words{"Chat"});
  CHECK(event.fields == Pairs{{"status", "changed"},
                              {"type", "capability"},
                              {"contact", "0101"},
                              {"rcs", "yes"},
                              {"registered", "yes"}});
}

TEST_CASE("who is registered may leave again") {
  CHECK(kFile.step("  - rose: unregister\n").action == Action::unregister);
  kFile.complains("  - jack: unregister\n",
                  "unregister: expected an actor of kind sip, got jack of kind api");
  kFile.complains("  - rose: {unregister: now}\n", "unregister: expected nothing after it, got \"now\"");
}

TEST_CASE("a network knows everybody or its actors alone, and may answer for absent users") {
  const auto network = [](const std::string& text) {
    return parse_scenario(
        "scenario: x\nactors: {a: {kind: sip, id: x}}\nsteps: [{wait: 1s}]\nnetwork: {" + text + "}\n",
        "s.yaml");
  };
  CHECK_FALSE(network("users: anybody").scenario.network.only_actors);
  CHECK(network("users: actors").scenario.network.only_actors);
  CHECK_FALSE(network("options: device").scenario.network.network_answers);
  CHECK(network("options: network").scenario.network.network_answers);
  CHECK(format_diagnostics(network("users: some").diagnostics) ==
        "s.yaml:4: network.users: expected anybody or actors, got \"some\"");
  CHECK(format_diagnostics(network("options: netwrok").diagnostics) ==
        "s.yaml:4: network.options: expected device or network, got \"netwrok\"; did you mean \"network\"?");
}
