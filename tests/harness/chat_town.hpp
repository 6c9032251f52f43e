#pragma once
// Two people with clients who write to each other through the whole core, in virtual time, and what must be
// true of it whatever breaks.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/world.hpp"
#include "support/catch.hpp"

namespace rcs::test {

using chat::MessageState;
using Ids = std::vector<std::string>;

inline scenario::Scenario two_clients() {
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
  /// Without a session.
  void page(const Person& peer, const std::string& id) {
    if (!thread_) {
      thread_ = chat::outgoing_chat(++chats_);
      client_->execute(chat::OpenThread{thread_, uri_, peer.uri_});
    }
    said.push_back(id);
    client_->execute(chat::SendText{thread_, text_of(id), {}});
  }
  void leave() { client_->execute(chat::Unregister{uri_}); }
  void come() { client_->execute(chat::Register{uri_}); }
  bool has_sent_all() const {
    return std::all_of(said.begin(), said.end(), [&](const auto& id) { return states.contains(id); });
  }
  bool has_chat() const { return static_cast<bool>(chat_); }
  void type(bool active) { client_->execute(chat::SendComposing{chat_, active, {}, {}}); }
  void hang_up() { client_->execute(chat::EndChat{chat_}); }
  void decline() { client_->execute(chat::DeclineChat{chat_, 603, {}}); }
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
    } else if (const auto* opened = std::get_if<chat::ThreadOpened>(&event)) {
      thread_ = opened->chat;
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
  chat::ChatId thread_;
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
    world->run_for(std::chrono::seconds(1));
    return *place;
  }
  /// Nothing more happens, apart from timers.
  void settle(core::Duration span = std::chrono::seconds(60)) { world->run_for(span); }

  scenario::Scenario scenario;
  std::unique_ptr<harness::World> world;
  std::unique_ptr<Person> alice;
  std::unique_ptr<Person> bob;
};

inline const std::vector<MessageState> kRead = {MessageState::sent, MessageState::delivered,
                                                MessageState::displayed};

/// A talk in which both say something, some of it at the same time.
inline void talk(Town& town) {
  auto& alice = town.add(town.alice, "alice", "01087654321");
  auto& bob = town.add(town.bob, "bob", "01012345678");
  alice.invite(bob, "a-000");
  town.settle(std::chrono::seconds(1));
  alice.say("a-001");
  town.settle(std::chrono::seconds(1));
  bob.say("b-001");
  town.settle(std::chrono::seconds(1));
  for (const auto* id : {"a-002", "a-003", "a-004"}) alice.say(id);
  for (const auto* id : {"b-002", "b-003", "b-004"}) bob.say(id);
  town.settle(std::chrono::seconds(20));
  alice.say("a-005");
  bob.say("b-005");
}

/// Each once; in the order in which they were said, apart from what a broken connection made come again
/// later.
inline void check_nothing_lost(const Person& sender, const Person& receiver) {
  for (const auto& id : sender.said) {
    CAPTURE(id);
    CHECK(std::count(receiver.shown.begin(), receiver.shown.end(), id) == 1);
  }
  CHECK(receiver.shown.size() == sender.said.size());
}

/// What the receiver's client has told of each text has come back, by whatever way.
inline void check_all_told(const Person& sender) {
  for (const auto& id : sender.said) {
    CAPTURE(id);
    CHECK(sender.reached(id, MessageState::delivered));
    CHECK(sender.reached(id, MessageState::displayed));
  }
}

inline void check_nothing_claimed(const Person& sender, const Person& receiver) {
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

}  // namespace rcs::test
