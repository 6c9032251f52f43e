#include "sim/transaction_load.hpp"

#include <cmath>
#include <numeric>

#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using sim::Flow;
using sim::Hop;
using sim::LoadModel;
using sim::LoadTally;
using sim::Part;
using sim::TransactionShards;

namespace {

constexpr std::uint16_t kNode = 2;

Hop hop(std::uint16_t from, std::uint16_t to, std::int32_t cause, Part part, std::string label) {
  Hop out{.from = from, .to = to, .cause = cause, .counted = 1, .access = true};
  out.datagram = part != Part::plain && part != Part::web_request;
  out.part = part;
  out.label = std::move(label);
  return out;
}

Hop answer(std::uint16_t from, std::uint16_t to, std::int32_t cause, std::int32_t answers, Part part) {
  Hop out = hop(from, to, cause, part, "answer");
  out.answers = answers;
  return out;
}

/// A POST that the node answers: each is one customer of the node.
Flow one_post() {
  Flow flow;
  flow.name = "post";
  flow.actors = {"sender", "receiver", "node"};
  flow.hops = {hop(0, kNode, -1, Part::web_request, "POST"), answer(kNode, 0, 0, 0, Part::plain)};
  flow.answered = 1;
  return flow;
}

/// INVITE through a proxy, with 100, 200 and ACK.
Flow invite() {
  Flow flow;
  flow.name = "invite";
  flow.actors = {"sender", "receiver", "node"};
  flow.hops = {hop(0, kNode, -1, Part::invite, "INVITE"), answer(kNode, 0, 0, 0, Part::provisional),
               hop(kNode, 1, 0, Part::invite, "INVITE"),  answer(1, kNode, 2, 2, Part::final),
               answer(kNode, 0, 3, 0, Part::final),       hop(0, kNode, 4, Part::ack, "ACK"),
               hop(kNode, 1, 5, Part::ack, "ACK")};
  flow.answered = 4;
  flow.invited = 2;
  return flow;
}

LoadModel model_of(const Flow& flow, std::uint64_t users = 100) {
  LoadModel model;
  model.population = {.users = users, .share_open_api = 0, .zipf_exponent = 0, .seed = 3};
  model.mean_per_day = 24;  // one an hour
  model.access = *sim::parse_delay("10ms");
  for (auto& each : model.flows) each = flow;
  model.shards = 1;
  model.seed = 3;
  return model;
}

struct Ran {
  LoadTally tally;
  std::uint64_t sessions = 0;
  std::uint64_t messages = 0;  ///< at devices

  std::uint64_t arrivals(std::size_t at) const {
    std::uint64_t sum = 0;
    for (std::size_t i = at; i < tally.by_minute.size(); i += tally.hop_count) sum += tally.by_minute[i];
    return sum;
  }
  const sim::NodeTally& node() const { return tally.nodes.at(kNode); }
};

Ran run(const LoadModel& model) {
  REQUIRE(sim::check(model));
  const TransactionShards shards(model);
  sim::DeviceCounts devices(model.population.users);
  Ran out;
  std::vector<std::uint32_t> all(model.shards);
  std::iota(all.begin(), all.end(), 0u);
  shards.run(all, out.tally, devices);
  for (std::uint64_t user = 0; user < devices.users(); ++user)
    out.messages += devices.as_sender(user) + devices.as_receiver(user);
  out.sessions = std::accumulate(out.tally.sessions.begin(), out.tally.sessions.end(), std::uint64_t{0});
  return out;
}

/// A node of `workers` that takes exponential times with a mean of 10 ms, at the utilisation `load`.
LoadModel queue(std::uint32_t workers, double load, sim::DelayModel service) {
  auto model = model_of(one_post(), 20'000);
  const double arrivals = 100.0 * load * workers;  // a second
  model.mean_per_day = arrivals * 86'400 / 20'000;
  model.length = 1h;
  model.transactions.nodes.resize(kNode + 1);
  model.transactions.nodes[kNode] = {.workers = workers, .service = service};
  return model;
}

const sim::DelayModel kExponential{sim::DelayModel::Shape::exponential, 0ms, 10ms};

double mean_wait_ms(const Ran& ran) { return ran.node().waits.mean() / 1000; }

}  // namespace

TEST_CASE("SIM-23: waiting times at a node are those of theory") {
  // M/M/1: rho/(mu - lambda); M/D/1: half of that; M/M/k: Erlang's C formula over k*mu - lambda.
  const auto one = run(queue(1, 0.5, kExponential));
  CHECK(std::abs(mean_wait_ms(one) - 10) < 0.5);
  CHECK(std::abs(double(one.node().busy) / 3.6e9 - 0.5) < 0.01);
  CHECK(one.node().waits.count() == one.sessions);

  const auto constant = run(queue(1, 0.5, *sim::parse_delay("10ms")));
  CHECK(std::abs(mean_wait_ms(constant) - 5) < 0.25);

  const auto four = run(queue(4, 0.75, kExponential));  // C(4, 3) = 0.5094
  CHECK(std::abs(mean_wait_ms(four) - 0.5094 / (4 * 100 - 300) * 1000) < 0.25);
}

TEST_CASE("SIM-23: a full queue refuses what theory says, and its sender is told") {
  auto model = queue(1, 1.0, kExponential);
  model.transactions.nodes[kNode].queue = 4;  // M/M/1/5 at rho = 1: each of the six states is as likely
  const auto out = run(model);
  const auto n = static_cast<double>(out.sessions);
  CHECK(std::abs(static_cast<double>(out.node().refused) / n - 1.0 / 6) < 0.005);
  CHECK(out.node().longest_queue == 4);
  CHECK(out.tally.refused[0] == out.node().refused);
  CHECK(out.tally.answered[0].count() + out.tally.refused[0] == out.sessions);
  CHECK(out.arrivals(1) + out.arrivals(2 * sim::kKinds) == out.sessions);  // 200s and, behind all flows, 503s
  CHECK(out.tally.timed_out[0] == 0);
}

TEST_CASE("SIM-24: a lost request is sent again after T1, 2*T1, ... and given up after 64*T1") {
  auto model = model_of(invite());
  model.transactions.drops = {{0, 0, 3}};
  const auto thrice = run(model);
  REQUIRE(thrice.sessions > 1'000);
  CHECK(thrice.tally.lost == 3 * thrice.sessions);
  CHECK(thrice.tally.repeats == 3 * thrice.sessions);
  CHECK(thrice.arrivals(0) == thrice.sessions);
  CHECK(thrice.tally.answered[0].min() == 3'500'000 + 40'000);  // 0.5 + 1 + 2 s
  CHECK(thrice.tally.answered[0].max() == 3'500'000 + 40'000);

  model.transactions.drops = {{0, 0, 255}};
  const auto never = run(model);
  CHECK(never.tally.lost == 7 * never.sessions);  // at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s
  CHECK(never.arrivals(0) == 0);
  CHECK(never.tally.timed_out[0] == never.sessions);
  CHECK(never.tally.answered[0].count() == 0);
}

TEST_CASE("SIM-24: an INVITE that nobody answers is answered 408 on its way back, and that is acknowledged") {
  auto model = model_of(invite());
  model.transactions.drops = {{0, 2, 255}};
  const auto out = run(model);
  const auto failures = sim::failure_hops(model);
  REQUIRE(failures.size() == 4 * sim::kKinds);  // an error response and its ACK for each INVITE
  const std::size_t first = sim::first_hop(model, sim::kKinds);
  CHECK(failures[0].hop.label == "error INVITE");
  CHECK(out.arrivals(first) == out.sessions);      // to the sender
  CHECK(out.arrivals(first + 1) == out.sessions);  // its ACK
  CHECK(out.arrivals(first + 2) == 0);             // the receiver never said anything
  CHECK(out.tally.timed_out[0] == out.sessions);
  CHECK(out.tally.invited[0].count() == 0);
}

TEST_CASE("SIM-24: a 2xx comes again until its ACK has come, and each copy is acknowledged") {
  auto model = model_of(invite());
  model.transactions.drops = {{0, 5, 2}};  // the sender's ACK
  const auto out = run(model);
  CHECK(out.arrivals(3) == 3 * out.sessions);  // after 0.5 and 1.5 s again
  CHECK(out.arrivals(4) == 3 * out.sessions);
  CHECK(out.arrivals(6) == out.sessions);
  CHECK(out.tally.answered[0].max() == 40'000);
  CHECK(out.messages == out.sessions * (1 + 1 + 3 + 3 + 1 + 3 + 1));  // every copy counts at the devices
}

TEST_CASE("A tally comes back from words as it was, and a cut off one is told") {
  auto model = queue(2, 0.9, kExponential);
  model.length = 1min;
  const auto tally = run(model).tally;
  const auto words = tally.to_words();
  CHECK(LoadTally::from_words(words).value() == tally);
  for (std::size_t size = 0; size < words.size(); size += 1 + size / 8)
    CHECK_FALSE(LoadTally::from_words(std::span(words).first(size)));
}

TEST_CASE("What a transaction model may not be is refused by name") {
  const auto fault = [](auto&& change) {
    auto model = model_of(invite());
    change(model);
    const auto checked = sim::check(model);
    return checked ? std::string("taken") : checked.error().detail();
  };
  CHECK(fault([](auto& m) { m.transactions.loss = 1.5; }).find("loss: expected") == 0);
  CHECK(fault([](auto& m) { m.transactions.t1 = 0ms; }).find("T1: expected") == 0);
  CHECK(fault([](auto& m) { m.transactions.t2 = 1ms; }).find("T1: expected") == 0);
  CHECK(fault([](auto& m) { m.transactions.nodes = {{.workers = 1'000'000}}; }).find("workers: expected") ==
        0);
  CHECK(fault([](auto& m) { m.transactions.drops = {{0, 99, 1}}; }).find("drops: a hop") == 0);
  CHECK(fault([](auto& m) { m.flows[0].hops[4].answers = 2; }).find("flow invite: hop 4: no response") == 0);
  CHECK(fault([](auto& m) { m.flows[0].hops[4].answers = -1; }).find("flow invite: hop 4: no response") == 0);
}
