// The scenario files that come with the tools: each runs in virtual time whatever the seed, and those that
// need neither minutes nor names for hosts run on sockets, too.

#include <set>

#include "chat/capabilities.hpp"
#include "harness/scenario_runs.hpp"

using namespace rcs::harness;
using namespace rcs::harness::test;
using rcs::scenario::Scenario;

namespace {

struct File {
  const char* name;
  bool live;
};
const File kMessages[] = {
    {"message/notifications.yaml", true},  {"message/offline.yaml", true},
    {"message/expired.yaml", false},       {"message/expired-on-the-way.yaml", false},
    {"message/large.yaml", true},          {"message/to-nobody.yaml", true},
    {"message/typing-sender.yaml", false}, {"message/typing-receiver.yaml", false},
    {"message/to-several.yaml", true},
};
const File kProxies[] = {
    {"rfc3428/udp.yaml", true},
    {"rfc3428/tcp.yaml", false},
    {"rfc3428/udp-to-tcp.yaml", true},
    {"rfc3428/tcp-to-udp.yaml", false},
    {"rfc3428/grows-on-the-way.yaml", true},
    {"rfc3428/boss-and-daniel.yaml", true},
};
const File kInterwork[] = {
    {"interwork/message-in-a-chat.yaml", true},
    {"interwork/device-takes-no-message.yaml", true},
    {"interwork/device-takes-no-session.yaml", true},
};
const File kSessions[] = {{"rfc3261/alice-and-bob.yaml", true}};
const File kCapabilities[] = {{"capability/device.yaml", true},
                              {"capability/network.yaml", true},
                              {"capability/changed.yaml", true},
                              {"capability/presence.yaml", true}};

template <std::size_t N>
void run_all(const File (&files)[N]) {
  for (const auto& file : files) {
    const auto scenario = read(file.name);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const auto result = run_virtual(scenario, seed);
      INFO(file.name << " seed " << seed << ": " << failures(result));
      CHECK(result.passed());
      CHECK(run_virtual(scenario, seed).hash == result.hash);
    }
    if (!file.live) continue;
    const auto live = run_live(scenario, 1);
    INFO(file.name << " on sockets: " << failures(live));
    CHECK(live.passed());
  }
}

}  // namespace

TEST_CASE(
    "PGR-5 PGR-9 PGR-10 PGR-12 PGR-13 PGR-42 ISC-1 ISC-2 ISC-3 API-29: the scenarios of messages without a "
    "chat") {
  run_all(kMessages);
}

TEST_CASE("PGR-2 PGR-3 PGR-30 PGR-31 PGR-32 PGR-33 PGR-34: a message by a proxy over UDP, TCP and both") {
  run_all(kProxies);
}

TEST_CASE("IMDN-13 PGR-41: what goes between chats and messages without a session") { run_all(kInterwork); }

TEST_CASE("REG-1 CHAT-12: Alice and Bob register, call and hang up by two proxies") { run_all(kSessions); }

TEST_CASE("CAP-1 CAP-2 CAP-5 CAP-20 CAP-22 CAP-50 CAP-51 API-37 API-38: the scenarios of capabilities") {
  run_all(kCapabilities);
}

TEST_CASE("PGR-32: over TCP the same arrows stand between the same actors on sockets") {
  auto scenario = parse(R"(
scenario: tcp
network: {transport: tcp}
actors:
  jack: {kind: sip, id: "01087654321"}
  anna: {kind: api, id: "01055555555"}
steps:
  - jack: register
  - anna: open-events
  - jack: {message: {to: anna, text: hello, message-id: m1, as: t1}}
  - anna: {expect-event: {status: message, message-id: m1, as: t2}}
  - jack: {expect-state: {chat: t1, message-id: m1, state: delivered}}
  - anna: {send: {chat: t2, text: yes, message-id: m2}}
  - jack: {expect-message: {chat: t1, message-id: m2}}
expect:
  sequence:
    - {step: 1, from: jack, to: o-cscf, label: REGISTER, has: {transport: tcp, Via: ["SIP/2.0/TCP *"]}}
    - {step: 2, from: o-cscf, to: jack, label: 200 REGISTER, has: {transport: tcp}}
    - {step: 3, from: jack, to: o-cscf, label: MESSAGE, has: {transport: tcp}}
    - {step: 4, from: t-cscf, to: gateway, label: MESSAGE, has: {transport: tcp, Via: ["SIP/2.0/TCP *", "*", "*", "*"]}}
    - {step: 5, from: gateway, to: t-cscf, label: 200 MESSAGE, has: {transport: tcp}}
    - {step: 6, from: t-cscf, to: jack, label: MESSAGE, has: {transport: tcp}}
    - {step: 7, from: jack, to: t-cscf, label: 200 MESSAGE, has: {transport: tcp}}
)",
                        "tcp.yaml");
  scenario.sequence[3].has.pop_back();  // the number of nodes on the way is not the matter here
  const auto in_virtual = run_virtual(scenario, 1);
  INFO(failures(in_virtual));
  CHECK(in_virtual.passed());
  const auto world = make_live_world(scenario, 1);
  REQUIRE(world);
  const auto live = run_scenario(scenario, **world, 1);
  INFO(failures(live));
  CHECK(live.passed());
}

TEST_CASE(
    "what did not come of messages and capabilities fails the run with its line and what came instead") {
  const std::string begin = R"(
scenario: missing
actors:
  jack: {kind: sip, id: "01087654321"}
  anna: {kind: api, id: "01055555555"}
steps:
  - jack: register
  - anna: open-events
  - jack: {message: {to: anna, text: hello, message-id: m1, as: t1}}
  - anna: {expect-event: {status: message, message-id: m1, as: t2}}
  - jack: {capability: {of: anna}}
)";
  struct Row {
    const char* step;
    const char* words;
  };
  for (const auto& row :
       {Row{"  - jack: {expect-message: {chat: t1, sender: \"010\", within: 1s}}\n",
            "jack: expect-message: expected sender: \"010\" within 1000 ms, got no text"},
        Row{"  - jack: {expect-state: {chat: t1, message-id: m1, state: sent, code: 202, within: 1s}}\n",
            "jack: expect-state: expected sent 202 of m1 within 1000 ms, got sent 200, delivered"},
        Row{"  - jack: {expect-capability: {of: anna, user: no, services: [Chat], within: 1s}}\n",
            "jack: expect-capability: expected user: \"no\", services: [IM/CHAT] within 1000 ms, got user: "
            "yes, "
            "registered: yes, services: [IM/CHAT, Standalone, Standalone large], automata: false, asked: "
            "true, "
            "status: 200"},
        Row{"  - anna: {expect-capability: {of: jack, user: yes, within: 1s}}\n",
            "anna: expect-capability: expected user: \"yes\" within 1000 ms, got nothing yet"},
        Row{"  - jack: {expect-state: {chat: t1, message-id: m1, state: delivered, not-before: 1s}}\n",
            "jack: expect-state: expected delivered of m1 not before 1000 ms, got it after 0 ms"}}) {
    const auto result = run_virtual(parse(begin + row.step, "inline.yaml"), 1);
    REQUIRE(result.failures.size() == 1);
    CHECK(result.failures[0].line == 12);
    CHECK(result.failures[0].text == row.words);
  }
}

TEST_CASE("a gateway that is started again uses no name of its former life") {
  const auto result = run_virtual(parse(R"(
scenario: again
actors:
  anna: {kind: api, id: "01055555555"}
steps:
  - anna: open-events
  - stop: gateway
  - start: gateway
  - anna: open-events
)",
                                        "again.yaml"),
                                  1);
  INFO(failures(result));
  CHECK(result.passed());
  std::set<std::string> calls;
  for (const auto& record : result.records) {
    const auto at = record.content.find("Call-ID: ");
    if (record.from == "gateway" && record.label == "REGISTER")
      calls.insert(record.content.substr(at, record.content.find('\r', at) - at));
  }
  CHECK(calls.size() == 2);
}

TEST_CASE("a scenario knows the services that a client knows, by id and by name") {
  const auto words = rcs::scenario::service_words();
  for (const auto word : words) {
    CAPTURE(word);
    CHECK(rcs::chat::parse_service(word).has_value());
  }
  const std::set<std::string_view> known(words.begin(), words.end());
  CHECK(known.size() == words.size());
  for (const auto& service : rcs::chat::service_names()) {
    CAPTURE(service.id);
    CHECK(known.count(service.id) == 1);
    CHECK(known.count(service.name) == 1);
  }
}
