#pragma once
// The population simulation at wire fidelity: every session runs in a network of its own, through the very
// nodes, gateway and clients that answer live traffic; each hop is encoded to SIP or HTTP text, carried over
// links in virtual time, and decoded again. Slow, and the measure of the faster fidelities: what they count
// is what this counts. Sessions do not meet each other here, so nobody waits for a node.

#include <array>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/load.hpp"

namespace rcs::harness {

class WireShards final : public sim::ShardRunner {
 public:
  /// `model` must have passed check(), its flows must be recorded ones with events by `transport`. Of its
  /// transactions loss and drops are heeded. SAFETY: it outlives this.
  WireShards(const sim::LoadModel& model, std::string transport);
  void run(std::span<const std::uint32_t> shards, sim::LoadTally& tally,
           sim::DeviceCounts& devices) const override;

 private:
  class Session;
  void run_one(std::uint32_t shard, sim::LoadTally& tally, sim::DeviceCounts& devices) const;
  /// The hops of one kind by actors and label; repeated where a flow says the same thing twice.
  using Index = std::unordered_map<std::string, std::vector<std::uint32_t>>;

  const sim::LoadModel& model_;
  std::string transport_;
  std::vector<sim::Hop> hops_;  ///< as LoadTally numbers them, and the hop that each follows from
  std::vector<std::uint32_t> causes_;
  std::array<Index, sim::kKinds> index_;
};

}  // namespace rcs::harness
