#pragma once
// The population simulation: users send as Poisson processes, each session replays the flow of its kind hop
// by hop in time order over links with delays. The users are dealt out to shards, fixed in number by the
// model, each with random streams of its own; what a shard yields does not depend on who computes it, and
// results are sums: any number of threads or machines gives the same.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "sim/arrivals.hpp"
#include "sim/delay.hpp"
#include "sim/flow.hpp"
#include "sim/histogram.hpp"
#include "sim/population.hpp"

namespace rcs::sim {

inline constexpr std::size_t kKinds = 4;  ///< of sessions, see kind_of
/// Index of the flow of a session: standard or open API, sender and receiver.
constexpr std::size_t kind_of(bool api_sender, bool api_receiver) {
  return (api_sender ? 2u : 0u) + (api_receiver ? 1u : 0u);
}
constexpr bool has_api_sender(std::size_t kind) { return kind >= 2; }
constexpr bool has_api_receiver(std::size_t kind) { return kind % 2 == 1; }

inline constexpr double kMaxZipf = 5;                    ///< exponent; beyond, one user gets nearly all
inline constexpr std::size_t kMaxHops = 4096;            ///< of the four flows together
inline constexpr double kMaxMeanPerDay = 2'000;          ///< texts of one user
inline constexpr std::uint64_t kMaxUsers = 200'000'000;  ///< 8 octets of memory each
inline constexpr Duration kMaxLength = kDay * 31;
inline constexpr std::uint32_t kMaxWorkers = 100'000;  ///< of one node in one shard
inline constexpr Duration kMaxT1 = std::chrono::seconds(10);

/// How a node of the network works off what it gets.
struct NodeModel {
  std::uint32_t workers = 0;                    ///< 0: nothing waits and nothing takes time
  DelayModel service{.low = Duration::zero()};  ///< of one message by one worker
  std::uint32_t queue = UINT32_MAX;             ///< with so many waiting, an INVITE or POST is refused (503)
};

/// The first `copies` sendings of a hop are lost in every session: for tests.
struct Drop {
  std::uint32_t kind = 0;
  std::uint32_t hop = 0;  ///< index into its flow
  std::uint8_t copies = 1;
};

/// What only the transaction fidelity knows.
struct TransactionModel {
  double loss = 0;                               ///< of each datagram
  Duration t1 = std::chrono::milliseconds(500);  ///< RFC 3261 table 4
  Duration t2 = std::chrono::seconds(4);
  std::vector<NodeModel> nodes;  ///< by actor of the flows; those missing work in no time
  std::vector<Drop> drops;
};

struct LoadModel {
  PopulationConfig population;
  double mean_per_day = 25;  ///< texts a user sends in a day
  DayProfile profile;
  Duration length = kDay;          ///< sessions begin in it; they are followed to their end
  DelayModel access;               ///< links between devices and the network
  DelayModel core;                 ///< links between nodes of the network
  std::array<Flow, kKinds> flows;  ///< by kind_of
  TransactionModel transactions;
  unsigned rule = 0;           ///< which of the flows' counting rules the counts of each user go by
  std::uint32_t shards = 256;  ///< part of what is computed: another number is another run
  std::uint64_t seed = 1;
};

/// Errors: malformed, names what is out of bounds.
core::Result<void> check(const LoadModel& model);

/// Messages at each user's device, by the model's rule.
class DeviceCounts {
 public:
  explicit DeviceCounts(std::uint64_t users) : sent_(users), received_(users) {}
  void as_sender(std::uint64_t user, std::uint32_t messages) {
    sent_[user].fetch_add(messages, std::memory_order_relaxed);
  }
  void as_receiver(std::uint64_t user, std::uint32_t messages) {
    received_[user].fetch_add(messages, std::memory_order_relaxed);
  }
  std::uint32_t as_sender(std::uint64_t user) const { return sent_[user].load(std::memory_order_relaxed); }
  std::uint32_t as_receiver(std::uint64_t user) const {
    return received_[user].load(std::memory_order_relaxed);
  }
  std::uint64_t users() const { return sent_.size(); }

 private:
  // Every shard writes to every receiver.
  std::vector<std::atomic<std::uint32_t>> sent_;
  std::vector<std::atomic<std::uint32_t>> received_;
};

/// What one node of the network did, where its work takes time.
struct NodeTally {
  std::uint64_t refused = 0;        ///< requests answered 503 because its queue was full
  std::uint64_t busy = 0;           ///< microseconds of work of all its workers
  std::uint64_t longest_queue = 0;  ///< in one shard
  Histogram waits;                  ///< microseconds a message stood in the queue; 0 for those that did not

  void add(const NodeTally& other);
  friend bool operator==(const NodeTally&, const NodeTally&) = default;
};

/// What shards yield; the sum of any of them in any order is the same.
struct LoadTally {
  std::array<std::uint64_t, kKinds> sessions{};
  std::uint64_t hops = 0;
  std::uint64_t most_pending = 0;          ///< events that waited for their time at once, in one shard
  std::array<Histogram, kKinds> answered;  ///< microseconds from the sending to the sender's success
  std::array<Histogram, kKinds> invited;   ///< ... to the text at the receiver's device
  /// Arrivals of each hop in each minute: [minute * hop_count + hop], hops numbered through the four flows,
  /// then, where they can occur, through failure_hops().
  std::vector<std::uint64_t> by_minute;
  std::size_t hop_count = 0;
  // Of the transaction fidelity.
  std::array<std::uint64_t, kKinds> timed_out{};  ///< sessions whose sender was never told of success
  std::array<std::uint64_t, kKinds> refused{};    ///< ... because a node had no room for them
  std::uint64_t repeats = 0;                      ///< messages that were sent again
  std::uint64_t lost = 0;
  std::vector<NodeTally> nodes;  ///< by actor

  std::size_t minutes() const { return hop_count == 0 ? 0 : by_minute.size() / hop_count; }
  void add(const LoadTally& other);
  /// For another process, and back. Errors: malformed.
  std::vector<std::uint64_t> to_words() const;
  static core::Result<LoadTally> from_words(std::span<const std::uint64_t> words);
  friend bool operator==(const LoadTally&, const LoadTally&) = default;
};

/// The number of the first hop of a kind in LoadTally::by_minute.
std::size_t first_hop(const LoadModel& model, std::size_t kind);

/// Simulates shards.
class ShardRunner {
 public:
  virtual ~ShardRunner() = default;
  /// Each below model.shards; adds to `tally` and `devices`. Different shards may run at the same time.
  virtual void run(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const = 0;
};
/// One call need not have more: a runner that gains from several at once takes so many.
inline constexpr std::uint32_t kShardsTogether = 4;

/// At flow fidelity: what is sent in a session does not depend on anything outside it, nor on how long the
/// links take: nothing is sent again.
class LoadShards final : public ShardRunner {
 public:
  /// `model` must have passed check(). SAFETY: it outlives this.
  explicit LoadShards(const LoadModel& model);
  void run(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const override;

 private:
  std::unique_ptr<ShardRunner> replay_;
};

}  // namespace rcs::sim
