#pragma once
// The population simulation at transaction fidelity: each session follows the flow of its kind, but every
// request of SIP in it is a transaction of RFC 3261 section 17 with its timers. Datagrams get lost and are
// sent again, nodes take time for a message and let others wait, and one whose queue is full refuses what
// would begin a session. Where nothing is lost, nobody waits and answers come within T1, it counts and times
// what flow fidelity does.
//
// Each shard is a site with nodes of its own, which serve the sessions that its users begin. What a node says
// after it has given up (a BYE after a 2xx that nobody acknowledged, a second attempt on another day) is not
// in the flow, and so not in here.

#include <memory>
#include <span>

#include "sim/load.hpp"

namespace rcs::sim {

struct TransactionPlan;

/// What the flows do not have, because nothing failed when they were recorded: for each POST, PUT and request
/// of SIP its error response, and for an INVITE its ACK.
struct FailureHop {
  std::size_t kind = 0;
  Hop hop;  ///< cause: the request
};
std::vector<FailureHop> failure_hops(const LoadModel& model);

class TransactionShards final : public ShardRunner {
 public:
  /// `model` must have passed check(). SAFETY: it outlives this.
  explicit TransactionShards(const LoadModel& model);
  ~TransactionShards() override;
  void run(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const override;

 private:
  std::unique_ptr<TransactionPlan> plan_;
};

}  // namespace rcs::sim
