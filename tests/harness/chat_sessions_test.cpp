// Two clients who write to each other through the whole core, in virtual time: messages over MSRP on both
// legs of the terminating server, with their notifications; and connections that break under them.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/world.hpp"
#include "support/catch.hpp"
#include "trace/ladder.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using chat::MessageState;
using harness::StreamFault;
using Ids = std::vector<std::string>;

namespace {

scenario::Scenario two_clients() {
  scenario::Scenario scenario;
  scenario.name = "two clients";
  scenario.actors.push_back({"alice", scenario::ActorKind::sip, "01087654321"});
  scenario.actors.push_back({"bob", scenario::ActorKind::sip, "01012345678"});
  return scenario;
}

/// A person with a client: takes every invitation, reads every text at once.
class Person {
 public:
  Person(harness::World& world, const std::string& name, const std::string& id, bool on = true)
      : world_(world), name_(name), uri_("sip:" + id + "@domain.com") {
    if (on) turn_on();
  }
  void turn_on() {
    auto made = world_.make_sip_client(name_, [this](const chat::Event& event) { on(event); });
    REQUIRE(made);
    client_ = std::move(*made);
    client_->execute(chat::Register{uri_});
  }
  void turn_off() { client_.reset(); }
  void invite(const Person& peer, const std::string& id) {
    chat_ = chat::outgoing_chat(++chats_);
    said.push_back(id);
    client_->execute(chat::StartChat{chat_, uri_, peer.uri_, "Hi", text_of(id)});
  }
  void say(const std::string& id) {
    said.push_back(id);
    client_->execute(chat::SendText{chat_, text_of(id)});
  }
  void type(bool active) { client_->execute(chat::SendComposing{chat_, active, {}, {}}); }
  void hang_up() { client_->execute(chat::EndChat{chat_}); }
  const std::string& uri() const { return uri_; }

  bool accepts = true;
  Ids said;
  Ids shown;                                                // in order
  std::map<std::string, std::vector<MessageState>> states;  // of what was said
  std::vector<bool> peer_types;
  std::vector<chat::ChatEnded> ended;
  std::size_t invitations = 0;
  bool reached(const std::string& id, MessageState state) const {
    const auto found = states.find(id);
    return found != states.end() && std::count(found->second.begin(), found->second.end(), state) != 0;
  }

 private:
  static body::ChatText text_of(const std::string& id) {
    body::ChatText text;
    text.message_id = id;
    text.text = "the text of " + id;
    return text;
  }
  void show(chat::ChatId chat, const body::ChatText& text) {
    CHECK(text.text == "the text of " + text.message_id);
    shown.push_back(text.message_id);
    client_->execute(chat::SendState{chat, text.message_id, MessageState::displayed});
  }
  void on(const chat::Event& event) {
    if (const auto* invited = std::get_if<chat::ChatInvited>(&event)) {
      ++invitations;
      chat_ = invited->chat;
      if (accepts) client_->execute(chat::AcceptChat{chat_});
      if (invited->text) show(invited->chat, *invited->text);
    } else if (const auto* arrived = std::get_if<chat::TextArrived>(&event)) {
      show(arrived->chat, arrived->text);
    } else if (const auto* state = std::get_if<chat::TextState>(&event)) {
      states[state->message_id].push_back(state->state);
    } else if (const auto* composing = std::get_if<chat::PeerComposing>(&event)) {
      peer_types.push_back(composing->active);
    } else if (const auto* end = std::get_if<chat::ChatEnded>(&event)) {
      ended.push_back(*end);
    }
  }

  harness::World& world_;
  std::string name_;
  std::string uri_;
  std::unique_ptr<harness::SipClient> client_;
  chat::ChatId chat_;
  std::uint64_t chats_ = 0;
};

struct Town {
  explicit Town(harness::StreamFaultOf faults = {}, scenario::Scenario scenario_in = two_clients())
      : scenario(std::move(scenario_in)), world(make(scenario, std::move(faults))) {}
  static std::unique_ptr<harness::World> make(const scenario::Scenario& scenario,
                                              harness::StreamFaultOf faults) {
    auto network = harness::network_of(scenario);
    network.stream_faults = std::move(faults);
    return harness::make_virtual_world(scenario, std::move(network), 1);
  }
  Person& add(std::unique_ptr<Person>& place, const std::string& name, const std::string& id) {
    place = std::make_unique<Person>(*world, name, id);
    world->run_for(1s);
    return *place;
  }
  /// Nothing more happens, apart from timers.
  void settle(core::Duration span = 60s) { world->run_for(span); }

  scenario::Scenario scenario;
  std::unique_ptr<harness::World> world;
  std::unique_ptr<Person> alice;
  std::unique_ptr<Person> bob;
};

const std::vector<MessageState> kRead = {MessageState::sent, MessageState::delivered,
                                         MessageState::displayed};

/// A talk in which both say something, some of it at the same time.
void talk(Town& town) {
  auto& alice = town.add(town.alice, "alice", "01087654321");
  auto& bob = town.add(town.bob, "bob", "01012345678");
  alice.invite(bob, "a-000");
  town.settle(1s);
  alice.say("a-001");
  town.settle(1s);
  bob.say("b-001");
  town.settle(1s);
  for (const auto* id : {"a-002", "a-003", "a-004"}) alice.say(id);
  for (const auto* id : {"b-002", "b-003", "b-004"}) bob.say(id);
  town.settle(20s);
  alice.say("a-005");
  bob.say("b-005");
}

/// Each once; in the order in which they were said, apart from what a broken connection made come again
/// later.
void check_nothing_lost(const Person& sender, const Person& receiver) {
  for (const auto& id : sender.said) {
    CAPTURE(id);
    CHECK(std::count(receiver.shown.begin(), receiver.shown.end(), id) == 1);
  }
  CHECK(receiver.shown.size() == sender.said.size());
}

/// What the receiver's client has told of each text has come back, by whatever way.
void check_all_told(const Person& sender) {
  for (const auto& id : sender.said) {
    CAPTURE(id);
    CHECK(sender.reached(id, MessageState::delivered));
    CHECK(sender.reached(id, MessageState::displayed));
  }
}

void check_nothing_claimed(const Person& sender, const Person& receiver) {
  for (const auto& [id, states] : sender.states) {
    CAPTURE(id);
    const bool claimed =
        sender.reached(id, MessageState::delivered) || sender.reached(id, MessageState::displayed);
    const bool shown = std::count(receiver.shown.begin(), receiver.shown.end(), id) != 0;
    CHECK((shown || !claimed));
    for (const auto state : kRead) CHECK(std::count(states.begin(), states.end(), state) <= 1);
    CHECK(std::is_sorted(states.begin(), states.end()));
    CHECK_FALSE(sender.reached(id, MessageState::failed));
  }
}

}  // namespace

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
