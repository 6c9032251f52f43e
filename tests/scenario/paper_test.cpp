// The scenario files of the paper and the schema for editors, held against the reader.

#include <fstream>
#include <sstream>
#include <string>

#include "scenario/scenario.hpp"
#include "support/catch.hpp"

using rcs::scenario::ActorKind;
using rcs::scenario::parse_scenario;
using rcs::scenario::Scenario;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/" + path);
  REQUIRE(in.good());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Scenario load(const std::string& path) {
  const auto parsed = parse_scenario(read_file(path), path);
  INFO(format_diagnostics(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  return parsed.scenario;
}

/// Steps 1, 2 ... in order, each starting where the one before it in its chain ended.
void check_steps(const Scenario& scenario, int steps) {
  REQUIRE(scenario.sequence.size() == static_cast<std::size_t>(steps));
  for (int i = 0; i < steps; ++i) CHECK(scenario.sequence[static_cast<std::size_t>(i)].step == i + 1);
}

std::string hop(const Scenario& scenario, int step) {
  const auto& record = scenario.sequence.at(static_cast<std::size_t>(step - 1));
  return record.from + " " + record.to + " " + record.label;
}

}  // namespace

TEST_CASE("CHAT-1: figure 1 has fourteen steps, the network's answer before the receiver's invitation") {
  const auto scenario = load("scenarios/paper/figure-1-standard-client.yaml");
  CHECK(scenario.name == "figure-1-standard-client");
  for (const auto& actor : scenario.actors) CHECK(actor.kind == ActorKind::sip);
  check_steps(scenario, 14);
  CHECK(hop(scenario, 1) == "jack o-cscf INVITE");
  CHECK(hop(scenario, 6) == "t-imas t-cscf 200 INVITE");
  CHECK(hop(scenario, 10) == "o-cscf jack 200 INVITE");
  CHECK(hop(scenario, 11) == "t-imas t-cscf INVITE");
  CHECK(hop(scenario, 14) == "t-cscf t-imas 200 INVITE");
  REQUIRE(scenario.counts.size() == 2);
  for (const auto& count : scenario.counts) CHECK((count.rule == "paper" && count.messages == 2));
}

TEST_CASE("CHAT-3, CHAT-4, CHAT-5: figure 3 has twenty steps, in the paper's order") {
  const auto scenario = load("scenarios/paper/figure-3-open-api.yaml");
  CHECK(scenario.name == "figure-3-open-api");
  for (const auto& actor : scenario.actors) CHECK(actor.kind == ActorKind::api);
  check_steps(scenario, 20);
  CHECK(hop(scenario, 1) == "jack gateway POST");
  CHECK(hop(scenario, 11) == "o-cscf gateway 200 INVITE");
  CHECK(hop(scenario, 12) == "gateway jack 200 POST");
  CHECK(hop(scenario, 13) == "gateway jack trying");
  CHECK(hop(scenario, 16) == "gateway rose initiate");
  CHECK(hop(scenario, 17) == "rose gateway PUT");
  CHECK(hop(scenario, 18) == "gateway rose 200 PUT");
  CHECK(hop(scenario, 19) == "gateway t-cscf 200 INVITE");
  CHECK(hop(scenario, 20) == "t-cscf t-imas 200 INVITE");
  REQUIRE(scenario.counts.size() == 2);
  for (const auto& count : scenario.counts) CHECK((count.rule == "paper" && count.messages == 3));
}

TEST_CASE("the schema for editors knows every key and word the reader knows") {
  const auto schema = read_file("scenarios/schema.json");
  for (const auto* word : {"scenario",
                           "title",
                           "network",
                           "actors",
                           "steps",
                           "expect",
                           "domain",
                           "link-delay",
                           "min",
                           "max",
                           "loss",
                           "answer-mode",
                           "store-and-forward",
                           "proxied",
                           "profile",
                           "priority",
                           "cases",
                           "methods",
                           "chat-only",
                           "server",
                           "default-handling",
                           "originating",
                           "terminating-registered",
                           "terminating-unregistered",
                           "originating-unregistered",
                           "continue",
                           "terminate",
                           "kind",
                           "id",
                           "api",
                           "sip",
                           "users",
                           "anybody",
                           "actors",
                           "options",
                           "network",
                           "udp",
                           "tcp",
                           "host",
                           "services",
                           "unregister",
                           "message",
                           "expires",
                           "capability",
                           "fresh",
                           "by",
                           "presence",
                           "of",
                           "offer",
                           "expect-capability",
                           "user",
                           "registered",
                           "automata",
                           "asked",
                           "unknown",
                           "recipient",
                           "contact",
                           "rcs",
                           "not-before",
                           "has",
                           "lacks",
                           "same",
                           "start-line",
                           "body",
                           "register",
                           "open-events",
                           "chat",
                           "accept",
                           "decline",
                           "end",
                           "send",
                           "display",
                           "typing",
                           "hang",
                           "expect-message",
                           "expect-composing",
                           "repeat",
                           "size",
                           "refresh",
                           "active",
                           "idle",
                           "media",
                           "none",
                           "msrp",
                           "first-text",
                           "invite",
                           "truncated",
                           "sent",
                           "delivered",
                           "displayed",
                           "expect-event",
                           "expect-invite",
                           "expect-state",
                           "expect-status",
                           "wait",
                           "stop",
                           "start",
                           "transport",
                           "device",
                           "poll",
                           "sse",
                           "ndjson",
                           "ws",
                           "iframe",
                           "to",
                           "text",
                           "message-id",
                           "as",
                           "code",
                           "reason",
                           "status",
                           "type",
                           "message",
                           "sender",
                           "subject",
                           "direction",
                           "within",
                           "from",
                           "deferred",
                           "state",
                           "answered",
                           "connected",
                           "failed",
                           "ended",
                           "expired",
                           "ringing",
                           "sequence",
                           "counts",
                           "step",
                           "label",
                           "actor",
                           "rule",
                           "messages",
                           "paper",
                           "rfc3261",
                           "wire",
                           "o-cscf",
                           "o-imas",
                           "t-cscf",
                           "t-imas",
                           "options-as",
                           "ps",
                           "gateway"}) {
    CAPTURE(word);
    CHECK(schema.find('"' + std::string(word) + '"') != std::string::npos);
  }
  for (const auto word : rcs::scenario::service_words()) {
    CAPTURE(word);
    CHECK(schema.find('"' + std::string(word) + '"') != std::string::npos);
  }
}
