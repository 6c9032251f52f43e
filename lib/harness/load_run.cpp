#include "harness/load_run.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "core/text.hpp"
#include "harness/flow_recorder.hpp"
#include "harness/wire_load.hpp"
#include "sim/transaction_load.hpp"

namespace rcs::harness {
namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds(200);
constexpr const char* kTransports[] = {"poll", "sse", "ws"};

core::Result<std::vector<RuleCount>> count_rules() {
  RCS_TRY(const auto standard, record_flow({false, false, "poll"}));
  std::vector<RuleCount> out;
  for (const auto* transport : kTransports) {
    RCS_TRY(const auto open_api, record_flow({true, true, transport}));
    for (const auto rule : trace::kCountRules) {
      const auto bit = rule_bit(rule);
      // How events travel shows only where everything counts.
      if (rule != trace::CountRule::wire && transport != kTransports[0]) continue;
      out.push_back({rule,
                     transport,
                     {standard.messages(sim::kSender, bit), standard.messages(sim::kReceiver, bit)},
                     {open_api.messages(sim::kSender, bit), open_api.messages(sim::kReceiver, bit)}});
    }
  }
  return out;
}

std::unique_ptr<sim::ShardRunner> make_shards(const LoadOptions& options) {
  switch (options.fidelity) {
    case Fidelity::flow:
      return std::make_unique<sim::LoadShards>(options.model);
    case Fidelity::transaction:
      return std::make_unique<sim::TransactionShards>(options.model);
    case Fidelity::wire:
      return std::make_unique<WireShards>(options.model, options.transport);
  }
  return nullptr;
}

unsigned rank_of(const LoadOptions& options) { return options.ranks == nullptr ? 0 : options.ranks->rank(); }
unsigned ranks_of(const LoadOptions& options) {
  return options.ranks == nullptr ? 1 : options.ranks->count();
}

/// Of one replication, in this process.
std::uint32_t shards_of(const LoadOptions& options) {
  const unsigned rank = rank_of(options);
  const std::uint32_t shards = options.model.shards;
  return rank >= shards ? 0 : (shards - rank - 1) / ranks_of(options) + 1;
}

/// Works off the shards of one replication.
class Workers {
 public:
  Workers(const LoadOptions& options, unsigned threads)
      : model_(options.model),
        rank_(rank_of(options)),
        ranks_(ranks_of(options)),
        shards_(make_shards(options)),
        devices_(model_.population.users),
        tallies_(threads),
        together_(std::clamp(shards_of(options) / (4 * threads), 1u, sim::kShardsTogether)),
        working_(threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this, i] { work(tallies_[i]); });
  }
  ~Workers() {
    stop_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  /// True when all is done; waits a moment for it.
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kProgressEvery, [this] { return working_ == 0; });
  }
  std::uint32_t done() const { return done_; }
  std::uint64_t hops() const { return hops_; }
  sim::DeviceCounts& devices() { return devices_; }
  /// After wait() was true.
  sim::LoadTally sum() {
    for (auto& thread : threads_) thread.join();
    sim::LoadTally out;
    for (const auto& tally : tallies_) out.add(tally);
    return out;
  }

 private:
  void work(sim::LoadTally& tally) {
    std::vector<std::uint32_t> shards;
    while (!stop_ && take(shards)) {
      const auto before = tally.hops;
      shards_->run(shards, tally, devices_);
      hops_ += tally.hops - before;
      done_ += static_cast<std::uint32_t>(shards.size());
    }
    const std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_one();
  }

  /// The next ones of this process; false when there are none.
  bool take(std::vector<std::uint32_t>& shards) {
    const std::uint64_t first = next_.fetch_add(together_);
    shards.clear();
    for (std::uint64_t i = first; i < first + together_; ++i) {
      const std::uint64_t shard = i * ranks_ + rank_;
      if (shard < model_.shards) shards.push_back(static_cast<std::uint32_t>(shard));
    }
    return !shards.empty();
  }

  const sim::LoadModel& model_;
  const std::uint64_t rank_;
  const std::uint64_t ranks_;
  const std::unique_ptr<const sim::ShardRunner> shards_;
  sim::DeviceCounts devices_;
  std::vector<sim::LoadTally> tallies_;
  /// Shards that a thread takes at once: not so many that the last threads would wait for one.
  const std::uint64_t together_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint32_t> done_ = 0;
  std::atomic<std::uint64_t> hops_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned working_;
  std::vector<std::thread> threads_;
};

/// What the other ranks found comes to the first.
core::Result<void> sum_over(Ranks& ranks, sim::LoadTally& tally, sim::DeviceCounts& devices) {
  if (ranks.count() == 1) return {};
  const auto parts = ranks.gather(tally.to_words());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    RCS_TRY(const auto part, sim::LoadTally::from_words(parts[i]));
    tally.add(part);
  }
  constexpr std::uint64_t kBlock = 1 << 20;
  std::vector<std::uint32_t> counts;
  for (std::uint64_t first = 0; first < devices.users(); first += kBlock) {
    const auto users = std::min(kBlock, devices.users() - first);
    counts.resize(2 * users);
    for (std::uint64_t i = 0; i < users; ++i) {
      counts[2 * i] = devices.as_sender(first + i);
      counts[2 * i + 1] = devices.as_receiver(first + i);
    }
    ranks.sum(counts);
    for (std::uint64_t i = 0; i < users; ++i) {
      devices.as_sender(first + i, counts[2 * i] - devices.as_sender(first + i));
      devices.as_receiver(first + i, counts[2 * i + 1] - devices.as_receiver(first + i));
    }
  }
  return {};
}

void sum_devices(const sim::LoadModel& model, const sim::DeviceCounts& counts, LoadOutcome& out) {
  const sim::Population population(model.population);
  for (std::uint64_t user = 0; user < counts.users(); ++user) {
    auto& load = out.devices[population.is_open_api(user) ? 1 : 0];
    const std::uint64_t sent = counts.as_sender(user);
    const std::uint64_t received = counts.as_receiver(user);
    load.as_sender.add(sent);
    load.as_receiver.add(received);
    load.total.add(sent + received);
  }
}

/// The hops that a tally counts, in its order.
std::vector<sim::Hop> hops_of(const sim::LoadModel& model, std::size_t count) {
  std::vector<sim::Hop> out;
  for (const auto& flow : model.flows) out.insert(out.end(), flow.hops.begin(), flow.hops.end());
  if (out.size() == count) return out;
  for (const auto& failure : sim::failure_hops(model)) out.push_back(failure.hop);
  return out;
}

void sum_nodes(const sim::LoadModel& model, LoadOutcome& out) {
  const auto& actors = flow_actors();
  const auto minutes = out.tally.minutes();
  const auto hops = hops_of(model, out.tally.hop_count);
  std::uint64_t counted = 0;
  for (std::uint16_t actor = sim::kReceiver + 1; actor < actors.size(); ++actor) {
    NodeLoad node;
    node.name = actors[actor];
    node.actor = actor;
    node.by_minute.resize(minutes);
    for (std::size_t i = 0; i < hops.size(); ++i) {
      if (hops[i].from != actor && hops[i].to != actor) continue;
      const bool counts = (hops[i].counted >> model.rule & 1u) != 0 && node.name != "gateway";
      for (std::size_t minute = 0; minute < minutes; ++minute) {
        const auto messages = out.tally.by_minute[minute * out.tally.hop_count + i];
        node.by_minute[minute] += messages;
        if (counts) counted += messages;
      }
    }
    for (std::size_t minute = 0; minute < minutes; ++minute) {
      node.messages += node.by_minute[minute];
      if (node.by_minute[minute] > node.by_minute[node.busiest_minute]) node.busiest_minute = minute;
    }
    out.nodes.push_back(std::move(node));
  }
  if (out.sessions() > 0)
    out.core_messages_per_set_up = static_cast<double>(counted) / static_cast<double>(out.sessions());
}

/// Fidelities without them must not look as if they had heeded them.
core::Result<void> check_trouble(const LoadOptions& options) {
  const auto& transactions = options.model.transactions;
  const bool busy = std::any_of(transactions.nodes.begin(), transactions.nodes.end(),
                                [](const sim::NodeModel& node) { return node.workers > 0; });
  if (busy && options.fidelity != Fidelity::transaction)
    return core::malformed("workers: only the transaction fidelity has nodes that take time");
  if (transactions.loss > 0 && options.fidelity == Fidelity::flow)
    return core::malformed("loss: expected 0 at flow fidelity; transaction and wire know loss");
  return {};
}

}  // namespace

std::string_view name(Fidelity fidelity) {
  switch (fidelity) {
    case Fidelity::flow:
      return "flow";
    case Fidelity::transaction:
      return "transaction";
    case Fidelity::wire:
      return "wire";
  }
  return "flow";
}

core::Result<Fidelity> parse_fidelity(std::string_view text) {
  for (const auto fidelity : kFidelities) {
    if (name(fidelity) == text) return fidelity;
  }
  return core::Error(core::Errc::unknown, "expected flow, transaction or wire, got " + core::quoted(text));
}

double RuleCount::ratio() const {
  return static_cast<double>(open_api[0] + open_api[1]) / static_cast<double>(standard[0] + standard[1]);
}

std::uint64_t LoadOutcome::sessions() const {
  std::uint64_t sum = 0;
  for (const auto n : tally.sessions) sum += n;
  return sum;
}

core::Result<LoadResult> run_load(LoadOptions options,
                                  const std::function<bool(const LoadProgress&)>& on_progress) {
  auto& model = options.model;
  if (options.replications < 1 || options.replications > kMaxReplications)
    return core::malformed("replications: expected 1 to " + std::to_string(kMaxReplications));
  if (options.threads > kMaxThreads)
    return core::malformed("threads: expected at most " + std::to_string(kMaxThreads));
  if (options.threads == 0) options.threads = std::max(1u, std::thread::hardware_concurrency());
  model.rule = rule_bit(options.rule);
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    RCS_TRY(model.flows[kind],
            record_flow({sim::has_api_sender(kind), sim::has_api_receiver(kind), options.transport}));
  }
  RCS_CHECK_OK(sim::check(model));
  RCS_CHECK_OK(check_trouble(options));
  LoadResult result;
  RCS_TRY(result.rules, count_rules());

  LoadProgress progress;
  progress.shards = static_cast<std::uint64_t>(shards_of(options)) * options.replications;
  for (unsigned k = 0; k < options.replications; ++k) {
    model.seed = model.population.seed = options.seed + k;
    LoadOutcome outcome;
    outcome.seed = model.seed;
    const LoadProgress before = progress;
    Workers workers(options, std::clamp(shards_of(options), 1u, options.threads));
    for (bool done = false; !done;) {
      done = workers.wait();
      progress.shards_done = before.shards_done + workers.done();
      progress.hops = before.hops + workers.hops();
      if (!on_progress(progress)) return core::Error(core::Errc::refused, "the run was stopped");
    }
    outcome.tally = workers.sum();
    if (options.ranks != nullptr) RCS_CHECK_OK(sum_over(*options.ranks, outcome.tally, workers.devices()));
    sum_devices(model, workers.devices(), outcome);
    sum_nodes(model, outcome);
    result.replications.push_back(std::move(outcome));
  }
  result.options = std::move(options);
  return result;
}

}  // namespace rcs::harness
