#include "scenario/scenario.hpp"

#include <string>

#include "support/catch.hpp"

using rcs::scenario::ActorKind;
using rcs::scenario::parse_scenario;

namespace {

std::string complaints(const std::string& yaml) {
  return format_diagnostics(parse_scenario(yaml, "s.yaml").diagnostics);
}

const std::string kSmall =
    "scenario: small\n"
    "actors:\n"
    "  jack: {kind: api, id: \"01087654321\"}\n"
    "  rose: {kind: sip, id: \"+821012345678\"}\n"
    "steps:\n"
    "  - wait: 1s\n";

}  // namespace

TEST_CASE("a small scenario is read with its defaults") {
  const auto parsed = parse_scenario(kSmall, "dir/s.yaml");
  REQUIRE(parsed.diagnostics.empty());
  const auto& scenario = parsed.scenario;
  CHECK(scenario.file == "dir/s.yaml");
  CHECK(scenario.name == "small");
  CHECK(scenario.title == "small");
  REQUIRE(scenario.actors.size() == 2);
  CHECK(scenario.actors[0].id == "01087654321");
  CHECK(scenario.actors[1].kind == ActorKind::sip);
  CHECK(scenario.actors[1].line == 4);
  CHECK(scenario.actor("rose") == &scenario.actors[1]);
  CHECK(scenario.actor("eve") == nullptr);
  CHECK(scenario.network.domain == "domain.com");
  CHECK(scenario.sequence.empty());
}

TEST_CASE("plain numbers stay the text they are") {
  const auto parsed =
      parse_scenario("scenario: 7\nactors: {jack: {kind: api, id: 0108}}\nsteps: [{wait: 1s}]\n", "s.yaml");
  REQUIRE(parsed.diagnostics.empty());
  CHECK(parsed.scenario.name == "7");
  CHECK(parsed.scenario.actors[0].id == "0108");
}

TEST_CASE("all mistakes of a file come at once, by line, with what was meant") {
  CHECK(complaints("scenario: x y\n"
                   "titel: A title\n"
                   "actors:\n"
                   "  Jack: {kind: api, id: 1}\n"
                   "  rose: {kind: rest, id: \"0101\"}\n"
                   "  eve: {kind: sip, idd: \"0102\"}\n"
                   "steps:\n"
                   "  - roze: {accept: c1}\n"
                   "  - rose: {acept: c1}\n"
                   "  - wait: 30\n") ==
        "s.yaml:1: scenario: expected a name of letters, digits, - _ and ., got \"x y\"\n"
        "s.yaml:2: file: expected one of the keys scenario, title, network, actors, steps or expect, got "
        "\"titel\"; did you mean \"title\"?\n"
        "s.yaml:4: actors: expected a name of a-z, 0-9 and - that is none of o-cscf, o-imas, t-cscf, t-imas, "
        "options-as, ps, gateway, core, wait, stop or start, got \"Jack\"\n"
        "s.yaml:5: rose.kind: expected api or sip, got \"rest\"\n"
        "s.yaml:6: eve: expected one of the keys kind, id, first-text, transport, host or services, got "
        "\"idd\"; did you mean \"id\"?\n"
        "s.yaml:6: eve.id: expected an RCS ID, got nothing\n"
        "s.yaml:8: steps: expected an actor, wait, stop or start, got \"roze\"; did you mean \"rose\"?\n"
        "s.yaml:9: rose: expected register, unregister, open-events, chat, accept, decline, end, send, "
        "display, "
        "typing, hang, message, capability, offer, expect-capability, expect-event, "
        "expect-invite, expect-message, expect-composing, expect-state or expect-status, got "
        "\"acept\"; did you mean \"accept\"?\n"
        "s.yaml:10: wait: expected a time such as 500ms, 30s, 2m or 1h (at most 366 days), got \"30\"");
}

TEST_CASE("an empty file and one of another shape say what is missing") {
  CHECK(complaints("") ==
        "s.yaml:1: file: expected a map with the keys scenario, title, network, actors, steps or expect, got "
        "nothing");
  CHECK(complaints("- a\n- b\n").find("file: expected a map") != std::string::npos);
  CHECK(complaints("title: x\n") ==
        "s.yaml:1: scenario: expected the name of the scenario, got nothing\n"
        "s.yaml:1: actors: expected who takes part, got nothing\n"
        "s.yaml:1: steps: expected what they do, got nothing");
}

TEST_CASE("a file that is no YAML is complained about once") {
  const auto parsed = parse_scenario("scenario: [x\nactors: }\n", "s.yaml");
  REQUIRE(parsed.diagnostics.size() == 1);
  CHECK(parsed.diagnostics[0].text.starts_with("YAML: "));
  CHECK(parse_scenario(std::string(rcs::scenario::kMaxFileBytes + 1, ' '), "s.yaml").diagnostics.size() == 1);
}

TEST_CASE("actors have names and ids of their own") {
  const auto with = [](const std::string& actors) {
    return complaints("scenario: x\nactors: " + actors + "\nsteps: [{wait: 1s}]\n");
  };
  CHECK(with("{a: {kind: sip, id: x1}, b: {kind: sip, id: x1}}") ==
        "s.yaml:2: b.id: expected an id of its own, got that of a");
  CHECK(with("{a: {kind: sip, id: x1}, a: {kind: sip, id: x2}}") ==
        "s.yaml:2: actors: expected each name once, got a again, first in line 2");
  CHECK(with("{a: {kind: sip, kind: api, id: x}}") == "s.yaml:2: a.kind: expected once, got a second time");
  CHECK(with("{}").find("actors: expected a map of at least one actor") != std::string::npos);
  for (const auto* name : {"gateway", "core", "o-cscf", "t-imas", "wait", "stop", "start", "1a", "-a", "a_b",
                           "\"\"", "\"a b\"", "abcdefghijabcdefghijabcdefghijabc"}) {
    CAPTURE(name);
    CHECK(with("{" + std::string(name) + ": {kind: sip, id: x}}").find("actors: expected a name") !=
          std::string::npos);
  }
  for (const auto* id : {"+", "+8a", "\"a b\"", "\"a@b\"", "\"a;b\"", "\"<x>\"", "\"\"", "[]", "~",
                         "\"a\\r\\nb\"", "\"a/b\"", "\"%41\""}) {
    CAPTURE(id);
    CHECK(with("{a: {kind: sip, id: " + std::string(id) + "}}")
              .find("a.id: expected digits, + and digits, or a name") != std::string::npos);
  }
}

TEST_CASE("the number of actors and steps is bounded") {
  std::string actors;
  for (int i = 0; i < 1001; ++i)
    actors += "  a" + std::to_string(i) + ": {kind: sip, id: i" + std::to_string(i) + "}\n";
  CHECK(complaints("scenario: x\nactors:\n" + actors + "steps: [{wait: 1s}]\n")
            .find("actors: expected at most 1000, got 1001") != std::string::npos);
  std::string steps;
  for (int i = 0; i < 10'001; ++i) steps += "  - wait: 1s\n";
  CHECK(complaints("scenario: x\nactors: {a: {kind: sip, id: x}}\nsteps:\n" + steps) ==
        "s.yaml:4: steps: expected at most 10000 steps, got 10001");
}

TEST_CASE("expectations name records and counts of known parties") {
  const auto parsed = parse_scenario(kSmall +
                                         "expect:\n"
                                         "  sequence:\n"
                                         "    - {step: 12, from: gateway, to: jack, label: 200 POST}\n"
                                         "    - {from: rose, to: t-cscf, label: ACK}\n"
                                         "  counts:\n"
                                         "    - {actor: jack, rule: paper, messages: 3}\n",
                                     "s.yaml");
  REQUIRE(format_diagnostics(parsed.diagnostics).empty());
  const auto& sequence = parsed.scenario.sequence;
  REQUIRE(sequence.size() == 2);
  CHECK(sequence[0].step == 12);
  CHECK(sequence[0].from == "gateway");
  CHECK(sequence[0].label == "200 POST");
  CHECK(sequence[0].line == 9);
  CHECK(sequence[1].step == 0);
  REQUIRE(parsed.scenario.counts.size() == 1);
  CHECK(parsed.scenario.counts[0].rule == "paper");
  CHECK(parsed.scenario.counts[0].messages == 3);
  CHECK(parsed.scenario.counts[0].line == 12);
}

TEST_CASE("mistakes in expectations") {
  const auto with = [](const std::string& expect) { return complaints(kSmall + "expect: " + expect + "\n"); };
  CHECK(with("{sequence: [{from: jakc, to: gateway, label: POST}]}") ==
        "s.yaml:7: sequence.from: expected an actor, the gateway or a node of the core, got \"jakc\"; did "
        "you mean \"jack\"?");
  CHECK(with("{sequence: [{from: jack, to: gateway}]}").find("sequence.label: expected what is said") !=
        std::string::npos);
  CHECK(with("{sequence: [{from: jack, to: gateway, label: \"\"}]}")
            .find("sequence.label: expected what is said") != std::string::npos);
  CHECK(with("{sequence: [{step: 0, from: jack, to: gateway, label: X}]}")
            .find("sequence.step: expected a whole number from 1") != std::string::npos);
  CHECK(with("{sequence: {}}") == "s.yaml:7: expect.sequence: expected a list, got a map");
  CHECK(with("{counts: [{actor: jack, rule: papers, messages: 3}]}") ==
        "s.yaml:7: counts.rule: expected paper, rfc3261 or wire, got \"papers\"; did you mean \"paper\"?");
  CHECK(with("{counts: [{actor: jack, rule: paper}]}") ==
        "s.yaml:7: counts.messages: expected how many messages it handles, got nothing");
  CHECK(with("{counts: [{actor: jack, rule: paper, messages: -1}]}")
            .find("counts.messages: expected a whole number") != std::string::npos);
  CHECK(with("{counts: [x]}").find("counts: expected a map with the keys") != std::string::npos);
  CHECK(with("{ratio: 1.5}").find("expect: expected one of the keys sequence or counts, got \"ratio\"") !=
        std::string::npos);
}
