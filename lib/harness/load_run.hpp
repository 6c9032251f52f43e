#pragma once
// The load simulation as a whole: records the flows, lets threads work off the shards, and sums up what a
// researcher asks: messages at the users' devices, under which rule of counting, the load of each node over
// the day, the delays of set-ups.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "harness/ranks.hpp"
#include "sim/load.hpp"
#include "trace/count.hpp"

namespace rcs::harness {

/// How much of a session is simulated.
enum class Fidelity : std::uint8_t {
  flow,         ///< each hop in time order, as recorded once from the nodes
  transaction,  ///< with the timers of SIP transactions, loss, and nodes that take time
                ///< (sim::TransactionShards)
  wire,         ///< every hop as text through the nodes themselves (WireShards)
};
inline constexpr Fidelity kFidelities[] = {Fidelity::flow, Fidelity::transaction, Fidelity::wire};
std::string_view name(Fidelity fidelity);
/// Errors: unknown, lists the names.
core::Result<Fidelity> parse_fidelity(std::string_view name);

struct LoadOptions {
  sim::LoadModel model;  ///< its flows, rule and seeds are filled in by run_load
  Fidelity fidelity = Fidelity::flow;
  std::uint64_t seed = 1;          ///< replication k runs with seed + k
  std::string transport = "poll";  ///< of events: poll, sse, ws
  trace::CountRule rule = trace::CountRule::paper;
  Ranks* ranks = nullptr;  ///< that share the work; null: this process alone. Not owned
  unsigned threads = 0;    ///< 0: as many as there are processors
  unsigned replications = 1;
};

inline constexpr unsigned kMaxReplications = 10'000;
inline constexpr unsigned kMaxThreads = 1'024;

/// Messages at one device for one chat set-up, by a rule.
struct RuleCount {
  trace::CountRule rule = trace::CountRule::paper;
  std::string transport;  ///< of events
  /// [0] at the sender's device, [1] at the receiver's.
  std::array<std::uint32_t, 2> standard{};  ///< both users standard clients
  std::array<std::uint32_t, 2> open_api{};  ///< both behind the open API
  /// Open API against standard, both roles together.
  double ratio() const;
};

enum class ClientKind : std::uint8_t { standard = 0, open_api = 1 };

/// Messages at each user's device over the whole length, by the chosen rule; a value a user.
struct DeviceLoad {
  sim::Histogram as_sender;
  sim::Histogram as_receiver;
  sim::Histogram total;
};

struct NodeLoad {
  std::string name;
  std::uint16_t actor = 0;               ///< index into flow_actors() and LoadTally::nodes
  std::vector<std::uint64_t> by_minute;  ///< messages it sent or got, of any kind
  std::uint64_t messages = 0;
  std::size_t busiest_minute = 0;
  std::uint64_t busiest() const { return by_minute.empty() ? 0 : by_minute[busiest_minute]; }
};

/// One replication.
struct LoadOutcome {
  std::uint64_t seed = 0;
  sim::LoadTally tally;
  std::array<DeviceLoad, 2> devices;  ///< by ClientKind
  std::vector<NodeLoad> nodes;        ///< gateway, o-cscf, o-imas, t-cscf, t-imas
  std::uint64_t sessions() const;
  /// Messages of the chosen rule at all core nodes (all but the gateway), a set-up.
  double core_messages_per_set_up = 0;
};

struct LoadResult {
  LoadOptions options;  ///< as run, flows included
  std::vector<RuleCount> rules;
  std::vector<LoadOutcome> replications;  ///< never empty
};

struct LoadProgress {
  std::uint64_t shards_done = 0;
  std::uint64_t shards = 0;  ///< of all replications, in this process
  std::uint64_t hops = 0;    ///< so far
};

/// Runs all replications; where ranks share the work, all get the result of their own part but the first,
/// which gets the whole. `on_progress` is called now and then from the calling thread; false stops the run.
/// Errors: malformed (the model, by name; loss or busy nodes at a fidelity that has none), refused (a flow
/// could not be recorded, or the run was stopped).
core::Result<LoadResult> run_load(LoadOptions options,
                                  const std::function<bool(const LoadProgress&)>& on_progress);

}  // namespace rcs::harness
