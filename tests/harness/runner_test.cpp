#include "harness/scenario_runs.hpp"

using namespace rcs::harness;
using namespace rcs::harness::test;
using rcs::scenario::Scenario;

namespace {

const char* const kFigures[] = {"paper/figure-1-standard-client.yaml", "paper/figure-3-open-api.yaml"};

/// Scenarios of chats that carry messages; those that wait for minutes run in virtual time only.
struct ChatFile {
  const char* name;
  bool live;
};
const ChatFile kChats[] = {{"chat/conversation.yaml", true},
                           {"chat/typing.yaml", false},
                           {"chat/offline.yaml", false},
                           {"chat/first-text-by-msrp.yaml", true},
                           {"chat/offline-sender-leaves.yaml", true},
                           {"chat/large-message.yaml", true},
                           {"chat/reopened-after-idle.yaml", false},
                           {"chat/peer-vanishes.yaml", true}};

}  // namespace

TEST_CASE("IMDN-14 ISC-2 CHAT-42 MSRP-83: the scenarios of chats run in virtual time, whatever the seed") {
  for (const auto& file : kChats) {
    const auto scenario = read(file.name);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto result = run_virtual(scenario, seed);
      INFO(file.name << " seed " << seed << ": " << failures(result));
      CHECK(result.passed());
      CHECK(run_virtual(scenario, seed).hash == result.hash);
    }
  }
}

TEST_CASE("CHAT-41 IMDN-13: the scenarios of chats run on sockets") {
  for (const auto& file : kChats) {
    if (!file.live) continue;
    const auto result = run_live(read(file.name), 1);
    INFO(file.name << ": " << failures(result));
    CHECK(result.passed());
  }
}

TEST_CASE("what did not come in a chat fails the run with its line and what came instead") {
  const std::string begin = R"(
scenario: missing
actors:
  jack: {kind: sip, id: "01087654321"}
  rose: {kind: sip, id: "01012345678"}
steps:
  - jack: register
  - rose: register
  - jack: {chat: {to: rose, text: hello, message-id: j1, as: c1}}
  - rose: {expect-invite: {as: c2}}
  - rose: {accept: c2}
  - jack: {expect-state: {chat: c1, message-id: j1, state: delivered}}
  - rose: {send: {chat: c2, text: "right, so far"}}
)";
  struct Row {
    const char* step;
    const char* words;
  };
  for (const auto& row :
       {Row{"  - jack: {expect-message: {chat: c1, message: wrong, within: 1s}}\n",
            "jack: expect-message: expected message: \"wrong\" within 1000 ms, got \"right, so far\""},
        Row{"  - jack: {expect-state: {chat: c1, message-id: j1, state: displayed, within: 1s}}\n",
            "jack: expect-state: expected displayed of j1 within 1000 ms, got sent, delivered"},
        Row{"  - jack: {expect-composing: {chat: c1, within: 1s}}\n",
            "jack: expect-composing: expected active within 1000 ms, got no such news"}}) {
    const auto result = run_virtual(parse(begin + row.step), 1);
    REQUIRE(result.failures.size() == 1);
    CHECK(result.failures[0].line == 14);
    CHECK(result.failures[0].text == row.words);
  }
}

TEST_CASE(
    "CHAT-1 CHAT-3 CHAT-4 CHAT-5 API-17: the published figures run in virtual time, every numbered step in "
    "order") {
  for (const auto* name : kFigures) {
    const auto scenario = read(name);
    const auto result = run_virtual(scenario, 1);
    INFO(name);
    INFO(failures(result));
    CHECK(result.passed());
    CHECK(result.step_labels.size() == scenario.sequence.size());
  }
}

TEST_CASE("the published figures run on sockets, and say what the virtual runs say") {
  for (const auto* name : kFigures) {
    const auto scenario = read(name);
    const auto live = run_live(scenario, 5);
    INFO(name);
    INFO(failures(live));
    CHECK(live.passed());
    CHECK(compare_runs(run_virtual(scenario, 5).records, live.records) == "");
  }
}

TEST_CASE("SIM-15: one seed gives one run a hundred times; another seed gives another") {
  const auto scenario = read(kFigures[1]);
  const auto first = run_virtual(scenario, 7).hash;
  for (int i = 0; i < 99; ++i) REQUIRE(run_virtual(scenario, 7).hash == first);
  CHECK(run_virtual(scenario, 8).hash != first);
}

TEST_CASE("a missing step fails the run with its line and a readable reason") {
  auto scenario = read(kFigures[1]);
  scenario.sequence.push_back({.step = 21, .from = "rose", .to = "gateway", .label = "DELETE", .line = 99});
  const auto result = run_virtual(scenario, 1);
  REQUIRE(result.failures.size() == 1);
  CHECK(result.failures[0].line == 99);
  CHECK(result.failures[0].text == "expect.sequence: step (21) rose -> gateway: DELETE: no such message");
}

TEST_CASE("a wrong count fails the run and says what was counted") {
  auto scenario = read(kFigures[1]);
  scenario.counts.push_back({"jack", "paper", 4, 77});
  const auto result = run_virtual(scenario, 1);
  REQUIRE(result.failures.size() == 1);
  CHECK(result.failures[0].text == "expect.counts: jack by rule paper: expected 4 messages, got 3");
}

TEST_CASE("IMDN-8 CHAT-6: a decline after the network's answer reaches the sender as a final event") {
  const auto scenario = parse(R"(
scenario: decline
actors:
  jack: {kind: api, id: "01087654321"}
  rose: {kind: api, id: "01012345678"}
steps:
  - jack: open-events
  - rose: open-events
  - jack: {chat: {to: rose, text: hello, as: c1}}
  - jack: {expect-status: 200}
  - rose: {expect-event: {status: initiate, message: hello, as: c2}}
  - rose: {decline: {chat: c2, code: 603}}
  - jack: {expect-event: {status: declined}}
)");
  const auto result = run_virtual(scenario, 1);
  INFO(failures(result));
  CHECK(result.passed());
}

TEST_CASE(
    "CHAT-40 CHAT-41: a chat to an absent receiver is stored and delivered once after registration, in "
    "order") {
  const auto scenario = parse(R"(
scenario: offline
actors:
  jack: {kind: api, id: "01087654321"}
  bob: {kind: sip, id: "01012345678"}
steps:
  - jack: open-events
  - jack: {chat: {to: bob, text: one, as: c1}}
  - jack: {expect-status: 200}
  - jack: {chat: {to: bob, text: two, as: c2}}
  - wait: 60s
  - bob: register
  - bob: {expect-invite: {message: one, sender: "01087654321", deferred: "true", as: i1}}
  - bob: {accept: i1}
  - bob: {expect-invite: {message: two, deferred: "true", as: i2}}
  - bob: {accept: i2}
  - jack: {expect-event: {status: accepted}}
  - jack: {expect-event: {status: accepted}}
)");
  const auto result = run_virtual(scenario, 1);
  INFO(failures(result));
  CHECK(result.passed());
}

TEST_CASE(
    "kill of the core while a chat is set up: the caller gets an answer, and chats work again when it is "
    "back") {
  const auto scenario = parse(R"(
scenario: killed
actors:
  jack: {kind: api, id: "01087654321"}
  rose: {kind: api, id: "01012345678"}
steps:
  - jack: open-events
  - rose: open-events
  - stop: o-cscf
  - jack: {chat: {to: rose, text: into the void}}
  - jack: {expect-status: 503}
  - start: o-cscf
  - jack: {chat: {to: rose, text: back again}}
  - jack: {expect-status: 200}
  - rose: {expect-event: {status: initiate, message: back again}}
)");
  const auto result = run_virtual(scenario, 1);
  INFO(failures(result));
  CHECK(result.passed());
}

TEST_CASE("every event transport carries the same chat") {
  for (const std::string transport : {"poll", "sse", "ndjson", "iframe", "ws"}) {
    const auto scenario = parse(R"(
scenario: transports
actors:
  jack: {kind: api, id: "01087654321"}
  rose: {kind: api, id: "01012345678"}
steps:
  - jack: {open-events: {transport: )" +
                                transport + R"(}}
  - rose: {open-events: {transport: )" +
                                transport + R"(}}
  - jack: {chat: {to: rose, text: "quotes \" and </script>", as: c1}}
  - rose: {expect-event: {status: initiate, message: "quotes \" and </script>", as: c2}}
  - rose: {accept: c2}
  - jack: {expect-event: {status: trying}}
  - jack: {expect-event: {status: accepted}}
  - rose: {expect-event: {status: accepted}}
)");
    INFO(transport);
    const auto result = run_virtual(scenario, 3);
    INFO(failures(result));
    CHECK(result.passed());
    const auto live = run_live(scenario, 3);
    INFO(failures(live));
    CHECK(live.passed());
  }
}

TEST_CASE("lost datagrams delay a chat and do not lose it") {
  auto scenario = read(kFigures[0]);
  scenario.network.loss = 0.1;
  for (auto& step : scenario.steps) step.within = std::chrono::seconds(120);
  scenario.counts.clear();
  scenario.sequence.clear();
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = run_virtual(scenario, seed);
    INFO("seed " << seed << ": " << failures(result));
    CHECK(result.passed());
  }
}
