#include "sim/load.hpp"

#include <algorithm>
#include <string>

#include "sim/pairs.hpp"
#include "sim/replay.hpp"

namespace rcs::sim {
namespace {

core::Result<void> check(const TransactionModel& transactions, const LoadModel& model) {
  if (!(transactions.loss >= 0 && transactions.loss <= 1)) return core::malformed("loss: expected 0 to 1");
  if (transactions.t1 < std::chrono::milliseconds(1) || transactions.t1 > kMaxT1 ||
      transactions.t2 < transactions.t1 || transactions.t2 > 64 * transactions.t1)
    return core::malformed("T1: expected 1ms to 10s, and T2 from T1 to 64 of it");
  for (const auto& node : transactions.nodes) {
    if (node.workers > kMaxWorkers)
      return core::malformed("workers: expected at most " + std::to_string(kMaxWorkers));
  }
  for (const auto& drop : transactions.drops) {
    if (drop.kind >= kKinds || drop.hop >= model.flows[drop.kind].hops.size())
      return core::malformed("drops: a hop that is not there");
  }
  return {};
}

}  // namespace

core::Result<void> check(const LoadModel& model) {
  const auto bad = [](const std::string& what) { return core::malformed(what); };
  const auto& people = model.population;
  if (people.users < 2 || people.users > kMaxUsers)
    return bad("users: expected 2 to " + std::to_string(kMaxUsers) + ", got " + std::to_string(people.users));
  if (!(model.mean_per_day > 0) || model.mean_per_day > kMaxMeanPerDay)
    return bad("mean: expected more than 0 and at most " + std::to_string(int(kMaxMeanPerDay)) +
               " texts a day");
  if (!(people.share_open_api >= 0 && people.share_open_api <= 1))
    return bad("share-open-api: expected 0 to 1");
  if (!(people.zipf_exponent >= 0 && people.zipf_exponent <= kMaxZipf)) return bad("zipf: expected 0 to 5");
  if (people.pairs != nullptr && people.pairs->last_user() >= people.users)
    return bad("receivers: user " + std::to_string(people.pairs->last_user()) + " is none of the " +
               std::to_string(people.users) + " users");
  if (model.length <= Duration::zero() || model.length > kMaxLength)
    return bad("hours: expected more than 0, at most 744");
  if (model.shards < 1 || model.shards > 65'536) return bad("shards: expected 1 to 65536");
  std::size_t hops = 0;
  for (const auto& flow : model.flows) {
    RCS_CHECK_OK(check(flow));
    hops += flow.hops.size();
  }
  RCS_CHECK_OK(check(model.transactions, model));
  if (hops > kMaxHops) return bad("flows: more than " + std::to_string(kMaxHops) + " hops");
  return {};
}

std::size_t first_hop(const LoadModel& model, std::size_t kind) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < kind; ++i) first += model.flows[i].hops.size();
  return first;
}

void NodeTally::add(const NodeTally& other) {
  refused += other.refused;
  busy += other.busy;
  longest_queue = std::max(longest_queue, other.longest_queue);
  waits.add(other.waits);
}

void LoadTally::add(const LoadTally& other) {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    sessions[kind] += other.sessions[kind];
    answered[kind].add(other.answered[kind]);
    invited[kind].add(other.invited[kind]);
    timed_out[kind] += other.timed_out[kind];
    refused[kind] += other.refused[kind];
  }
  repeats += other.repeats;
  lost += other.lost;
  nodes.resize(std::max(nodes.size(), other.nodes.size()));
  for (std::size_t i = 0; i < other.nodes.size(); ++i) nodes[i].add(other.nodes[i]);
  hops += other.hops;
  most_pending = std::max(most_pending, other.most_pending);
  hop_count = std::max(hop_count, other.hop_count);
  if (by_minute.size() < other.by_minute.size()) by_minute.resize(other.by_minute.size());
  for (std::size_t i = 0; i < other.by_minute.size(); ++i) by_minute[i] += other.by_minute[i];
}

LoadShards::LoadShards(const LoadModel& model)
    : replay_(model.access.random() || model.core.random() ? make_random_replay(model)
                                                           : make_constant_replay(model)) {}

void LoadShards::run(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const {
  replay_->run(shards, tally, devices);
}

}  // namespace rcs::sim
