#include "harness/load_run.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "harness/flow_recorder.hpp"

namespace rcs::harness {
namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds(200);
constexpr const char* kTransports[] = {"poll", "sse", "ws"};

unsigned bit_of(trace::CountRule rule) {
  unsigned bit = 0;
  while (trace::kCountRules[bit] != rule) ++bit;
  return bit;
}

core::Result<std::vector<RuleCount>> count_rules() {
  RCS_TRY(const auto standard, record_flow({false, false, "poll"}));
  std::vector<RuleCount> out;
  for (const auto* transport : kTransports) {
    RCS_TRY(const auto open_api, record_flow({true, true, transport}));
    for (const auto rule : trace::kCountRules) {
      const auto bit = bit_of(rule);
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

/// Works off the shards of one replication.
class Workers {
 public:
  Workers(const sim::LoadModel& model, unsigned threads)
      : model_(model),
        shards_(model),
        devices_(model.population.users),
        tallies_(threads),
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
  const sim::DeviceCounts& devices() const { return devices_; }
  /// After wait() was true.
  sim::LoadTally sum() {
    for (auto& thread : threads_) thread.join();
    sim::LoadTally out;
    for (const auto& tally : tallies_) out.add(tally);
    return out;
  }

 private:
  void work(sim::LoadTally& tally) {
    while (!stop_) {
      const std::uint32_t shard = next_++;
      if (shard >= model_.shards) break;
      const auto before = tally.hops;
      shards_.run(shard, tally, devices_);
      hops_ += tally.hops - before;
      ++done_;
    }
    const std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_one();
  }

  const sim::LoadModel& model_;
  const sim::LoadShards shards_;
  sim::DeviceCounts devices_;
  std::vector<sim::LoadTally> tallies_;
  std::atomic<std::uint32_t> next_ = 0;
  std::atomic<std::uint32_t> done_ = 0;
  std::atomic<std::uint64_t> hops_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned working_;
  std::vector<std::thread> threads_;
};

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

void sum_nodes(const sim::LoadModel& model, LoadOutcome& out) {
  const auto& actors = flow_actors();
  const auto minutes = out.tally.minutes();
  std::uint64_t counted = 0;
  for (std::size_t actor = sim::kReceiver + 1; actor < actors.size(); ++actor) {
    NodeLoad node;
    node.name = actors[actor];
    node.by_minute.resize(minutes);
    for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
      const auto& flow = model.flows[kind];
      const auto first = sim::first_hop(model, kind);
      for (std::size_t i = 0; i < flow.hops.size(); ++i) {
        const auto& hop = flow.hops[i];
        if (hop.from != actor && hop.to != actor) continue;
        for (std::size_t minute = 0; minute < minutes; ++minute)
          node.by_minute[minute] += out.tally.by_minute[minute * out.tally.hop_count + first + i];
      }
      if (node.name != "gateway")
        counted += out.tally.sessions[kind] * flow.messages(static_cast<std::uint16_t>(actor), model.rule);
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

}  // namespace

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
  model.rule = bit_of(options.rule);
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    RCS_TRY(model.flows[kind],
            record_flow({sim::has_api_sender(kind), sim::has_api_receiver(kind), options.transport}));
  }
  RCS_CHECK_OK(sim::check(model));
  LoadResult result;
  RCS_TRY(result.rules, count_rules());

  LoadProgress progress;
  progress.shards = static_cast<std::uint64_t>(model.shards) * options.replications;
  for (unsigned k = 0; k < options.replications; ++k) {
    model.seed = model.population.seed = options.seed + k;
    LoadOutcome outcome;
    outcome.seed = model.seed;
    const LoadProgress before = progress;
    Workers workers(model, std::min(options.threads, model.shards));
    for (bool done = false; !done;) {
      done = workers.wait();
      progress.shards_done = before.shards_done + workers.done();
      progress.hops = before.hops + workers.hops();
      if (!on_progress(progress)) return core::Error(core::Errc::refused, "the run was stopped");
    }
    outcome.tally = workers.sum();
    sum_devices(model, workers.devices(), outcome);
    sum_nodes(model, outcome);
    result.replications.push_back(std::move(outcome));
  }
  result.options = std::move(options);
  return result;
}

}  // namespace rcs::harness
