// Two people who write to each other in chats and without them, of whom each has the clients that know both
// or one of the two, through a core that goes between the ways: in virtual time, while datagrams get lost,
// connections break and one of them is away for a while.
#include <cstdint>
#include <string>
#include <utility>

#include "core/random.hpp"
#include "harness/chat_town.hpp"

using namespace rcs;
using namespace rcs::test;
using namespace std::chrono_literals;
using harness::StreamFault;

namespace {

enum class Knows : std::uint8_t { both, chats, messages };

std::vector<std::string> services_of(Knows knows) {
  if (knows == Knows::chats) return {"Chat"};
  if (knows == Knows::messages) return {"Standalone"};
  return {"Chat", "Standalone"};
}

struct TwoWaysTown {
  TwoWaysTown(std::uint64_t seed, double loss, std::uint64_t breaks_of_1000, Knows alice_knows,
              Knows bob_knows)
      : random(seed), town(faults(breaks_of_1000), clients(loss, alice_knows, bob_knows)) {
    town.add(town.alice, "alice", "01087654321");
    town.add(town.bob, "bob", "01012345678");
    town.settle(10s);
    knows[0] = alice_knows;
    knows[1] = bob_knows;
  }

  static scenario::Scenario clients(double loss, Knows alice_knows, Knows bob_knows) {
    auto scenario = two_clients();
    scenario.network.loss = loss;
    scenario.actors[0].services = services_of(alice_knows);
    scenario.actors[1].services = services_of(bob_knows);
    return scenario;
  }
  harness::StreamFaultOf faults(std::uint64_t breaks_of_1000) {
    return [this, breaks_of_1000](const auto&, const auto&, auto) {
      constexpr StreamFault kBreaks[] = {StreamFault::before, StreamFault::within, StreamFault::after};
      const bool breaks = faulty && random.below(1000) < breaks_of_1000;
      return breaks ? kBreaks[random.below(3)] : StreamFault::none;
    };
  }

  /// One says something by a way of its own choice, or leaves or comes back.
  void act(int number) {
    const auto who = random.below(2);
    Person& one = who == 0 ? *town.alice : *town.bob;
    const Person& other = who == 0 ? *town.bob : *town.alice;
    const auto what = random.below(10);
    // Nobody leaves before what was written has left.
    if (away[who] || (what == 0 && one.has_sent_all())) {
      away[who] = !away[who];
      return away[who] ? one.leave() : one.come();
    }
    const std::string id = (who == 0 ? "a-" : "b-") + std::to_string(1000 + number);
    if (knows[who] == Knows::messages || (knows[who] == Knows::both && what < 5)) return one.page(other, id);
    if (one.has_chat()) return one.say(id);
    one.invite(other, id);
  }
  void end() {
    faulty = false;
    for (std::size_t who = 0; who < 2; ++who) {
      if (std::exchange(away[who], false)) (who == 0 ? *town.alice : *town.bob).come();
    }
    town.settle(900s);
  }

  core::Random random;
  bool faulty = true;
  bool away[2] = {false, false};
  Knows knows[2] = {Knows::both, Knows::both};
  Town town;
};

void run(std::uint64_t seed, double loss, std::uint64_t breaks_of_1000) {
  const Knows all[] = {Knows::both, Knows::chats, Knows::messages};
  for (const auto alice : all) {
    for (const auto bob : all) {
      CAPTURE(seed, static_cast<int>(alice), static_cast<int>(bob));
      TwoWaysTown both(seed, loss, breaks_of_1000, alice, bob);
      for (int number = 0; number < 40; ++number) {
        both.act(number);
        both.town.settle(std::chrono::milliseconds(both.random.below(4000)));
      }
      both.end();
      REQUIRE(both.town.alice->said.size() + both.town.bob->said.size() > 10);
      for (const auto* sender : {both.town.alice.get(), both.town.bob.get()}) {
        const auto& receiver = sender == both.town.alice.get() ? *both.town.bob : *both.town.alice;
        check_nothing_lost(*sender, receiver);
        check_nothing_claimed(*sender, receiver);
        check_all_told(*sender);
      }
    }
  }
}

}  // namespace

TEST_CASE(
    "PGR-5 PGR-6 CHAT-40 CHAT-41 IMDN-13: by whatever way it goes, each text arrives once and is told") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run(seed, 0, 0);
}

TEST_CASE("PGR-5 PGR-6 PGR-18 CHAT-42 IMDN-13: ... while datagrams get lost") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run(seed, 0.1, 0);
}

TEST_CASE("PGR-5 PGR-6 CHAT-42 IMDN-13: ... and while connections break") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run(seed, 0.05, 20);
}
