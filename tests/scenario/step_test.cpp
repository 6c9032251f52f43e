#include <string>

#include "scenario/scenario.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::scenario::Action;
using rcs::scenario::parse_scenario;
using rcs::scenario::Step;

namespace {

/// The file around some steps; the first of them stands in line 6.
std::string file(const std::string& steps) {
  return "scenario: x\nactors:\n  jack: {kind: api, id: \"0108\"}\n  rose: {kind: sip, id: "
         "\"0101\"}\nsteps:\n" +
         steps;
}

std::string complaints(const std::string& steps) {
  return format_diagnostics(parse_scenario(file(steps), "s.yaml").diagnostics);
}

Step step(const std::string& line, std::size_t which = 0) {
  const auto parsed = parse_scenario(file(line), "s.yaml");
  INFO(format_diagnostics(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  REQUIRE(parsed.scenario.steps.size() > which);
  return parsed.scenario.steps[which];
}

const std::string kChat = "  - jack: {chat: {to: rose, text: hi, as: c1}}\n";

}  // namespace

TEST_CASE("steps of nobody: wait, stop and start") {
  const auto wait = step("  - wait: 30s\n");
  CHECK(wait.action == Action::wait);
  CHECK(wait.span == 30s);
  CHECK(wait.actor.empty());
  CHECK(wait.line == 6);
  CHECK(step("  - stop: t-imas\n").action == Action::stop_node);
  CHECK(step("  - start: gateway\n").node == "gateway");
  CHECK(complaints("  - stop: t-imsa\n") ==
        "s.yaml:6: stop: expected o-cscf, o-imas, t-cscf, t-imas, options-as, ps or gateway, got \"t-imsa\"; "
        "did "
        "you mean \"t-imas\"?");
  CHECK(complaints("  - stop: {}\n").find("stop: expected o-cscf") != std::string::npos);
}

TEST_CASE("opening an event channel: transport and device, or neither") {
  CHECK(step("  - jack: open-events\n").transport == "poll");
  CHECK(step("  - jack: {open-events: sse}\n").transport == "sse");
  const auto both = step("  - jack: {open-events: {transport: ws, device: phone}}\n");
  CHECK(both.action == Action::open_events);
  CHECK(both.transport == "ws");
  CHECK(both.device == "phone");
  CHECK(complaints("  - jack: {open-events: {transport: websocket}}\n")
            .find("open-events.transport: expected poll, sse, ndjson, ws or iframe") != std::string::npos);
  CHECK(complaints("  - jack: {open-events: {device: \"a\\nb\"}}\n")
            .find("open-events.device: expected a name") != std::string::npos);
}

TEST_CASE("starting a chat: text and all") {
  const auto chat =
      step("  - jack: {chat: {to: rose, text: \"Hi, I'm Jack.\", message-id: ASedjkffjksjldf, as: c1}}\n");
  CHECK(chat.action == Action::chat);
  CHECK(chat.actor == "jack");
  CHECK(chat.to == "rose");
  CHECK(chat.text == "Hi, I'm Jack.");
  CHECK(chat.message_id == "ASedjkffjksjldf");
  CHECK(chat.as == "c1");
  CHECK(complaints("  - jack: {chat: {to: roze, text: x}}\n") ==
        "s.yaml:6: chat.to: expected an actor, got \"roze\"; did you mean \"rose\"?");
  CHECK(complaints("  - jack: {chat: {text: x}}\n") == "s.yaml:6: chat.to: expected an actor, got nothing");
  CHECK(complaints("  - jack: {chat: {to: rose}}\n") ==
        "s.yaml:6: chat.text: expected the first message, got nothing");
  CHECK(complaints("  - jack: {chat: {to: rose, text: x, message_id: y}}\n")
            .find("did you mean \"message-id\"?") != std::string::npos);
  CHECK(complaints("  - jack: {chat: {to: rose, text: x, message-id: \"a\\r\\nb\"}}\n")
            .find("chat.message-id: expected at most 128") != std::string::npos);
  CHECK(complaints("  - jack: chat\n")
            .find("chat: expected a map with the keys to, text, message-id or as, got nothing") !=
        std::string::npos);
}

TEST_CASE("accept, decline and end name a chat of their own actor") {
  const std::string invite = "  - rose: {expect-invite: {as: c2}}\n";
  CHECK(step(invite + "  - rose: {accept: c2}\n", 1).chat == "c2");
  CHECK(step(invite + "  - rose: {accept: {chat: c2}}\n", 1).action == Action::accept);
  const auto decline = step(invite + "  - rose: {decline: {chat: c2, code: 486, reason: busy}}\n", 1);
  CHECK(decline.action == Action::decline);
  CHECK(decline.code == 486);
  CHECK(decline.reason == "busy");
  CHECK(step(invite + "  - rose: {decline: c2}\n", 1).code == 603);
  CHECK(step(kChat + "  - jack: {end: c1}\n", 1).action == Action::end);

  CHECK(
      complaints(kChat + "  - rose: {accept: c1}\n") ==
      "s.yaml:7: accept: expected a chat that an earlier step of rose names with \"as\", got \"c1\" of jack");
  CHECK(complaints(invite + "  - rose: {accept: c22}\n") ==
        "s.yaml:7: accept: expected a chat that an earlier step of rose names with \"as\", got \"c22\"; did "
        "you mean \"c2\"?");
  CHECK(complaints("  - rose: {accept: c2}\n" + invite)
            .find("s.yaml:6: accept: expected a chat that an earlier step") != std::string::npos);
  CHECK(complaints("  - rose: accept\n") ==
        "s.yaml:6: accept: expected a chat that an earlier step of rose names with \"as\", got nothing");
  CHECK(complaints(invite + "  - rose: {decline: {chat: c2, code: 200}}\n")
            .find("decline.code: expected a whole number from 400 to 699") != std::string::npos);
  CHECK(complaints(invite + "  - rose: {accept: {chat: c2, code: 603}}\n")
            .find("accept: expected one of the keys chat, got \"code\"") != std::string::npos);
}

TEST_CASE("a chat has one name in the whole file") {
  CHECK(complaints(kChat + "  - rose: {expect-invite: {as: c1}}\n") ==
        "s.yaml:7: expect-invite.as: expected a new name, got \"c1\", which jack uses since line 6");
}

TEST_CASE("an expected event has fields, a status at least, in their order") {
  const auto full = step(
      "  - jack: {expect-event: {sender: \"0108\", status: initiate, message-id: m1, as: c2, within: 5s}}\n");
  CHECK(full.action == Action::expect_event);
  CHECK(full.within == 5s);
  CHECK(full.as == "c2");
  CHECK(full.fields == std::vector<std::pair<std::string, std::string>>{
                           {"status", "initiate"}, {"message_id", "m1"}, {"sender", "0108"}});
  const auto brief = step("  - jack: {expect-event: trying}\n");
  CHECK(brief.fields == std::vector<std::pair<std::string, std::string>>{{"status", "trying"}});
  CHECK(brief.within == 10s);
  CHECK(complaints("  - jack: {expect-event: {message: x}}\n")
            .find("expect-event.status: expected the status of the event") != std::string::npos);
  CHECK(complaints("  - jack: {expect-event: {statsu: x}}\n").find("did you mean \"status\"?") !=
        std::string::npos);
  CHECK(complaints("  - jack: {expect-event: {status: x, within: 5}}\n")
            .find("expect-event.within: expected a time") != std::string::npos);
}

TEST_CASE("an expected invitation and an expected state of a standard client") {
  CHECK(step("  - rose: expect-invite\n").fields.empty());
  const auto invite = step(
      "  - rose: {expect-invite: {message: hi, message-id: m1, subject: hi, sender: \"0108\", from: "
      "\"sip:0108@x\", deferred: true, as: c2}}\n");
  CHECK(invite.action == Action::expect_invite);
  CHECK(invite.fields.size() == 6);
  CHECK(invite.fields[1].first == "message_id");

  const std::string chat = "  - rose: {chat: {to: jack, text: hi, as: c1}}\n";
  const auto state =
      step(chat + "  - rose: {expect-state: {chat: c1, state: failed, code: 603, within: 1m}}\n", 1);
  CHECK(state.action == Action::expect_state);
  CHECK(state.chat == "c1");
  CHECK(state.state == "failed");
  CHECK(state.code == 603);
  CHECK(state.within == 1min);
  CHECK(complaints(chat + "  - rose: {expect-state: {chat: c1, state: conected}}\n")
            .find("did you mean \"connected\"?") != std::string::npos);
  CHECK(complaints(chat + "  - rose: {expect-state: {chat: c1}}\n")
            .find("expect-state.state: expected answered, connected") != std::string::npos);
}

TEST_CASE("an expected HTTP status") {
  CHECK(step("  - jack: {expect-status: 409}\n").code == 409);
  CHECK(step("  - jack: {expect-status: {status: 200}}\n").code == 200);
  CHECK(complaints("  - jack: {expect-status: ok}\n") ==
        "s.yaml:6: expect-status: expected a whole number from 100 to 599, got \"ok\"");
  CHECK(complaints("  - jack: expect-status\n").find("expect-status: expected a whole number") !=
        std::string::npos);
}

TEST_CASE("each action is for the kind of actor that can do it") {
  CHECK(complaints("  - jack: register\n") ==
        "s.yaml:6: register: expected an actor of kind sip, got jack of kind api");
  CHECK(complaints("  - rose: open-events\n") ==
        "s.yaml:6: open-events: expected an actor of kind api, got rose of kind sip");
  CHECK(complaints("  - rose: {expect-status: 200}\n").find("expected an actor of kind api") !=
        std::string::npos);
  CHECK(complaints("  - jack: expect-invite\n").find("expected an actor of kind sip") != std::string::npos);
  CHECK(complaints("  - rose: {register: now}\n") ==
        "s.yaml:6: register: expected nothing after it, got \"now\"");
  CHECK(step("  - rose: register\n").action == Action::register_);
  CHECK(step("  - rose: {register: }\n").action == Action::register_);
}

TEST_CASE("a step is one line of one actor") {
  for (const auto* bad :
       {"  - jack\n", "  - [jack]\n", "  - {}\n", "  -\n", "  - {jack: open-events, rose: register}\n"}) {
    CAPTURE(bad);
    CHECK(complaints(bad).find(": steps: expected one line such as") != std::string::npos);
  }
  for (const auto* bad :
       {"  - jack: []\n", "  - jack: {}\n", "  - jack:\n", "  - jack: {open-events: , chat: }\n"}) {
    CAPTURE(bad);
    CHECK(complaints(bad).find("s.yaml:6: jack: expected one action: register, unregister, open-events") !=
          std::string::npos);
  }
  CHECK(complaints("  []\n").find("steps: expected a list of at least one step") != std::string::npos);
}
