// Users who publish what they can do, and others who ask for it, each with a client of its own, through the
// whole core in virtual time: published, changed, taken back, left behind, and while datagrams get lost.
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/world.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using chat::Service;
using chat::ServiceSet;
using Answer = chat::CapabilityRecord::Answer;

namespace {

scenario::Scenario three_clients(double loss) {
  scenario::Scenario scenario;
  scenario.name = "presence";
  scenario.actors.push_back({"carol", scenario::ActorKind::sip, "01012345678"});
  scenario.actors.push_back({"alice", scenario::ActorKind::sip, "01087654321"});
  scenario.actors.push_back({"bob", scenario::ActorKind::sip, "01055555555"});
  scenario.network.loss = loss;
  return scenario;
}

struct Town {
  explicit Town(double loss = 0, std::uint64_t seed = 1)
      : scenario(three_clients(loss)),
        world(harness::make_virtual_world(scenario, harness::network_of(scenario), seed)) {}
  scenario::Scenario scenario;
  std::unique_ptr<harness::World> world;
};

class Client {
 public:
  Client(Town& town, const std::string& name) : town_(town) {
    for (const auto& actor : town.scenario.actors) {
      if (actor.name == name) uri = "sip:" + actor.id + "@domain.com";
    }
    auto made = town.world->make_sip_client(name, [this](const chat::Event& event) {
      if (const auto* answer = std::get_if<chat::CapabilitiesFound>(&event)) found.push_back(*answer);
    });
    REQUIRE(made);
    client_ = std::move(*made);
  }
  void offer(const ServiceSet& services) { client_->execute(chat::OfferServices{uri, services}); }
  void come() { client_->execute(chat::Register{uri}); }
  void leave() { client_->execute(chat::Unregister{uri}); }
  void vanish() { client_.reset(); }
  void ask(const Client& whom) {
    chat::QueryCapabilities query;
    query.query = chat::QueryId{++asked};
    query.user = uri;
    query.contact = whom.uri;
    query.fresh = true;
    query.by = chat::Discovery::presence;
    client_->execute(std::move(query));
  }
  /// What it is told of `whom`.
  chat::CapabilitiesFound answer_about(const Client& whom) {
    ask(whom);
    town_.world->run_for(5s);
    REQUIRE(found.size() == asked);
    return found.back();
  }

  std::string uri;
  std::uint64_t asked = 0;
  std::vector<chat::CapabilitiesFound> found;

 private:
  Town& town_;
  std::unique_ptr<harness::SipClient> client_;
};

const ServiceSet kPublished{Service::chat, Service::presence_discovery};

}  // namespace

TEST_CASE("PRES-2 PRES-20 CAP-50 CAP-51: what a user publishes others find, until it is taken back") {
  Town town;
  Client carol(town, "carol");
  Client alice(town, "alice");
  Client bob(town, "bob");
  const auto early = alice.answer_about(carol);
  CHECK(early.error.empty());
  CHECK(early.record.empty());

  carol.offer(kPublished);
  carol.come();
  town.world->run_for(5s);
  const auto first = alice.answer_about(carol);
  CHECK(first.record.rcs_user == Answer::yes);
  CHECK(first.record.registered == Answer::yes);
  CHECK(first.record.capabilities.services == kPublished);

  const ServiceSet more{Service::chat, Service::file_transfer, Service::presence_discovery};
  carol.offer(more);
  town.world->run_for(5s);
  CHECK(alice.answer_about(carol).record.capabilities.services == more);

  carol.leave();
  town.world->run_for(5s);
  CHECK(bob.answer_about(carol).record.empty());
  // What was known of her stays.
  CHECK(alice.answer_about(carol).record.capabilities.services == more);
}

TEST_CASE("PRES-2 PRES-8: it stays published as long as the device is there, and an hour longer at most") {
  Town town;
  Client carol(town, "carol");
  Client alice(town, "alice");
  Client bob(town, "bob");
  carol.offer(kPublished);
  carol.come();
  town.world->run_for(std::chrono::hours(5));
  const auto found = alice.answer_about(carol);
  CHECK(found.record.capabilities.services == kPublished);
  // A refresh has no document: it was told five hours ago.
  CHECK(town.world->now() - found.record.capabilities_at > std::chrono::hours(4));
  carol.vanish();
  town.world->run_for(61min);
  CHECK(bob.answer_about(carol).record.empty());
}

TEST_CASE("PRES-3: a presence server that has lost everything hears it again, at the next refresh") {
  Town town;
  Client carol(town, "carol");
  Client alice(town, "alice");
  Client bob(town, "bob");
  carol.offer(kPublished);
  carol.come();
  town.world->run_for(5s);
  REQUIRE(town.world->stop_node("ps"));
  REQUIRE(town.world->start_node("ps"));
  CHECK(bob.answer_about(carol).record.empty());
  town.world->run_for(51min);
  CHECK(alice.answer_about(carol).record.capabilities.services == kPublished);
}

TEST_CASE("PRES-26 CAP-21: while datagrams get lost each question has its answer, none a wrong one") {
  std::size_t answered = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Town town(0.2, seed);
    Client carol(town, "carol");
    Client alice(town, "alice");
    carol.offer(kPublished);
    carol.come();
    town.world->run_for(90s);
    for (int n = 0; n < 10; ++n) {
      alice.ask(carol);
      town.world->run_for(90s);
    }
    CAPTURE(seed);
    REQUIRE(alice.found.size() == 10);
    for (const auto& found : alice.found) {
      if (!found.error.empty()) continue;
      ++answered;
      CHECK(found.record.capabilities.services == kPublished);
    }
  }
  CHECK(answered > 90);
}
