// Two clients who write to each other through the whole core, in virtual time: messages over MSRP on both
// legs of the terminating server, with their notifications; and connections that break under them.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/chat_town.hpp"
#include "trace/ladder.hpp"

using namespace rcs;
using namespace rcs::test;
using namespace std::chrono_literals;
using harness::StreamFault;

TEST_CASE(
    "CHAT-2 CHAT-41: a talk over both legs: every text once, in order, each told sent, delivered, "
    "displayed") {
  Town town;
  talk(town);
  town.settle();
  CHECK(town.bob->shown == town.alice->said);
  CHECK(town.alice->shown == town.bob->said);
  for (const auto* person : {town.alice.get(), town.bob.get()}) {
    for (const auto& id : person->said) {
      CAPTURE(id);
      CHECK(person->states.at(id) == kRead);
    }
  }
}

TEST_CASE("MSRP records: chunks, answers and what they are about, with their causes") {
  Town town;
  talk(town);
  town.settle();
  std::map<std::uint64_t, const trace::Record*> by_id;
  std::set<std::string> ways;
  std::size_t answers = 0;
  for (const auto& record : town.world->recorder().records()) {
    by_id[record.id.value] = &record;
    if (record.protocol != trace::Protocol::msrp) continue;
    ways.insert(record.from + ">" + record.to);
    CHECK(record.size > 0);
    CHECK(record.content.size() == record.size);
    CHECK(record.content.starts_with("MSRP "));
    if (record.label != "200 SEND") continue;
    ++answers;
    const auto cause = by_id.find(record.cause.value);
    REQUIRE(cause != by_id.end());
    CHECK(cause->second->label == "SEND");
    CHECK(cause->second->to == record.from);
  }
  CHECK(ways == std::set<std::string>{"alice>t-imas", "t-imas>alice", "bob>t-imas", "t-imas>bob"});
  CHECK(answers > 20);
  const auto text = std::find_if(by_id.begin(), by_id.end(), [](const auto& entry) {
    return entry.second->message_id == "a-001" && entry.second->label == "SEND";
  });
  REQUIRE(text != by_id.end());
  CHECK(text->second->summary == "SEND text/plain");
  CHECK(text->second->from == "alice");
}

TEST_CASE("ISC-7: typing reaches the other side, and is not kept for who is away") {
  Town town;
  auto& alice = town.add(town.alice, "alice", "01087654321");
  auto& bob = town.add(town.bob, "bob", "01012345678");
  alice.invite(bob, "a-000");
  town.settle(1s);
  alice.type(true);
  town.settle(1s);
  CHECK(bob.peer_types == std::vector<bool>{true});
  alice.say("a-001");
  town.settle(1s);
  CHECK(bob.peer_types == std::vector<bool>{true, false});
}

TEST_CASE("CHAT-40 CHAT-41 IMDN-8: who is away gets every text once, in order, when it registers") {
  auto scenario = two_clients();
  scenario.actors[0].text_in_invite = GENERATE(true, false);
  CAPTURE(scenario.actors[0].text_in_invite);
  Town town({}, scenario);
  auto& alice = town.add(town.alice, "alice", "01087654321");
  town.bob = std::make_unique<Person>(*town.world, "bob", "01012345678", false);
  auto& bob = *town.bob;
  alice.invite(bob, "a-000");
  town.settle(1s);
  for (const auto* id : {"a-001", "a-002", "a-003"}) alice.say(id);
  town.settle(5s);
  for (const auto& id : alice.said) {
    CAPTURE(id);
    CHECK(alice.states.at(id) == std::vector<MessageState>{MessageState::sent});
  }
  bob.turn_on();
  town.settle();
  CHECK(bob.shown == alice.said);
  CHECK(bob.invitations == 1);
  for (const auto& id : alice.said) {
    CAPTURE(id);
    CHECK(alice.states.at(id) == kRead);
  }
  town.settle(600s);
  CHECK(bob.shown == alice.said);
}

TEST_CASE("CHAT-40 CHAT-42: texts for a client that died wait until it is back") {
  Town town;
  auto& alice = town.add(town.alice, "alice", "01087654321");
  auto& bob = town.add(town.bob, "bob", "01012345678");
  alice.invite(bob, "a-000");
  town.settle(1s);
  bob.turn_off();
  town.settle(1s);
  for (const auto* id : {"a-001", "a-002", "a-003"}) alice.say(id);
  town.settle(120s);
  CHECK(bob.shown == Ids{"a-000"});
  bob.turn_on();
  town.settle();
  CHECK(bob.shown == alice.said);
  check_nothing_claimed(alice, bob);
}

TEST_CASE("CHAT-40 CHAT-42 IMDN-13: the sender of stored texts has left, and hears what became of them") {
  auto scenario = two_clients();
  scenario.actors[0].text_in_invite = GENERATE(true, false);
  CAPTURE(scenario.actors[0].text_in_invite);
  Town town({}, scenario);
  auto& alice = town.add(town.alice, "alice", "01087654321");
  town.bob = std::make_unique<Person>(*town.world, "bob", "01012345678", false);
  auto& bob = *town.bob;
  alice.invite(bob, "a-000");
  town.settle(1s);
  alice.say("a-001");
  town.settle(1s);
  alice.hang_up();
  town.settle(1s);
  bob.turn_on();
  town.settle(3s);
  CHECK(bob.shown == alice.said);
  CHECK(bob.ended.empty());
  for (const auto& id : alice.said) {
    CAPTURE(id);
    CHECK(alice.states.at(id) == kRead);
  }
  town.settle();
  REQUIRE(bob.ended.size() == 1);
  CHECK(bob.ended[0].code == 200);
  CHECK_FALSE(bob.ended[0].by_us);
}

TEST_CASE("IMDN-8: texts for who declines the chat are told as failed, after its end too") {
  Town town;
  auto& alice = town.add(town.alice, "alice", "01087654321");
  auto& bob = town.add(town.bob, "bob", "01012345678");
  bob.accepts = false;
  alice.invite(bob, "a-000");
  town.settle(1s);
  alice.say("a-001");
  town.settle(1s);
  CHECK(alice.states.at("a-001") == std::vector<MessageState>{MessageState::sent});
  bob.decline();
  town.settle();
  REQUIRE(alice.ended.size() == 1);
  CHECK(alice.ended[0].code == 603);
  CHECK(alice.states.at("a-001") == std::vector<MessageState>{MessageState::sent, MessageState::failed});
}

TEST_CASE("IMDN-8: texts that nobody came for in a day are told as failed") {
  Town town;
  auto& alice = town.add(town.alice, "alice", "01087654321");
  town.bob = std::make_unique<Person>(*town.world, "bob", "01012345678", false);
  alice.invite(*town.bob, "a-000");
  town.settle(1s);
  alice.say("a-001");
  town.settle(23h);
  CHECK(alice.states.at("a-001") == std::vector<MessageState>{MessageState::sent});
  town.settle(2h);
  CHECK(alice.states.at("a-001") == std::vector<MessageState>{MessageState::sent, MessageState::failed});
}

TEST_CASE("CHAT-42: an idle session ends without harm; the next text opens another") {
  Town town;
  auto& alice = town.add(town.alice, "alice", "01087654321");
  auto& bob = town.add(town.bob, "bob", "01012345678");
  alice.invite(bob, "a-000");
  town.settle(400s);
  REQUIRE(alice.ended.size() == 1);
  CHECK(alice.ended[0].code == 200);
  CHECK(alice.ended[0].reason == "session idle");
  alice.say("a-001");
  town.settle();
  CHECK(bob.shown == alice.said);
  CHECK(bob.invitations == 2);
  CHECK(alice.states.at("a-001") == kRead);
}

TEST_CASE("CHAT-42: whichever piece on whichever connection breaks it, no text is lost, doubled or made up") {
  std::size_t pieces = 0;
  {
    Town town([&](const auto&, const auto&, auto) {
      ++pieces;
      return StreamFault::none;
    });
    talk(town);
    town.settle();
  }
  REQUIRE(pieces > 40);
  for (const auto fault : {StreamFault::before, StreamFault::within, StreamFault::after}) {
    for (std::size_t broken = 0; broken < pieces; ++broken) {
      CAPTURE(broken, static_cast<int>(fault));
      std::size_t seen = 0;
      std::string where;
      Town town([&](const std::string& from, const std::string& to, auto octets) {
        if (seen++ != broken) return StreamFault::none;
        where = from + ">" + to + " " + std::string(octets.substr(0, 300));
        return fault;
      });
      talk(town);
      town.settle(300s);
      CAPTURE(where);
      check_nothing_lost(*town.alice, *town.bob);
      check_nothing_lost(*town.bob, *town.alice);
      check_nothing_claimed(*town.alice, *town.bob);
      check_nothing_claimed(*town.bob, *town.alice);
      check_all_told(*town.alice);
      check_all_told(*town.bob);
    }
  }
}
