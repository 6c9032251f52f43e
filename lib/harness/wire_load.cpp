#include "harness/wire_load.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/text.hpp"
#include "harness/flow_recorder.hpp"
#include "harness/runner.hpp"
#include "harness/world.hpp"
#include "sim/minute_counts.hpp"
#include "sim/sessions.hpp"
#include "sim/transaction_load.hpp"

namespace rcs::harness {
namespace {

constexpr std::uint32_t kNoHop = UINT32_MAX;
constexpr core::Duration kQuiet = std::chrono::seconds(1);
constexpr core::Duration kLastRepeat = std::chrono::seconds(40);  // past 64*T1, when repetitions end
constexpr core::Duration kLongest = std::chrono::seconds(100);    // before an idle chat is ended

std::uint64_t micros(core::Duration d) { return static_cast<std::uint64_t>(d.count() / 1000); }

std::string key(const std::string& from, const std::string& to, const std::string& label) {
  return from + '\n' + to + '\n' + label;
}

/// No delay but one of thousands is longer.
core::Duration longest(const sim::DelayModel& delay) {
  return delay.shape == sim::DelayModel::Shape::exponential ? delay.low + 10 * delay.high
                                                            : std::max(delay.low, delay.high);
}

/// How long a session goes on after the receiver took it.
core::Duration settling(const sim::LoadModel& model, std::size_t kind) {
  const bool lossy = model.transactions.loss > 0 || !model.transactions.drops.empty();
  const auto hops = static_cast<core::Duration::rep>(model.flows[kind].hops.size());
  const auto last =
      (lossy ? kLastRepeat : kQuiet) + hops * std::max(longest(model.access), longest(model.core));
  return std::min(last, kLongest);
}

/// Error responses are alike, whatever their status.
std::string general(const std::string& label) {
  const bool error = label.size() > 4 && label.front() >= '3' && label.front() <= '6' && label[3] == ' ';
  return error ? "error " + label.substr(4) : label;
}

}  // namespace

WireShards::WireShards(const sim::LoadModel& model, std::string transport)
    : model_(model), transport_(std::move(transport)) {
  const auto& actors = flow_actors();
  const auto add = [&](std::size_t kind, const sim::Hop& hop, std::size_t cause) {
    index_[kind][key(actors[hop.from], actors[hop.to], hop.label)].push_back(
        static_cast<std::uint32_t>(hops_.size()));
    hops_.push_back(hop);
    causes_.push_back(static_cast<std::uint32_t>(cause));
  };
  const auto cause_of = [&](std::size_t kind, const sim::Hop& hop) {
    return hop.cause < 0 ? kNoHop : sim::first_hop(model, kind) + static_cast<std::size_t>(hop.cause);
  };
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    for (const auto& hop : model.flows[kind].hops) add(kind, hop, cause_of(kind, hop));
  }
  for (const auto& [kind, hop] : sim::failure_hops(model)) {
    // The ACK of an error response stands behind it.
    add(kind, hop, hop.part == sim::Part::ack ? hops_.size() - 1 : cause_of(kind, hop));
  }
}

/// One session: what of its records is which hop, and when it arrived.
class WireShards::Session {
 public:
  Session(const WireShards& shards, const sim::Session& session, std::uint64_t seed)
      : shards_(shards), session_(session), first_(sim::first_hop(shards.model_, session.kind)) {
    const auto& model = shards.model_;
    const FlowKind kind{sim::has_api_sender(session.kind), sim::has_api_receiver(session.kind),
                        shards.transport_};
    const auto scenario = chat_set_up(kind, settling(model, session.kind));
    VirtualNetwork network{
        {model.access, model.transactions.loss}, {model.core, model.transactions.loss}, {}};
    const auto& actors = flow_actors();
    for (const auto& drop : model.transactions.drops) {
      const auto& hop = model.flows[drop.kind].hops[drop.hop];
      if (drop.kind == session.kind)
        network.lost.push_back({actors[hop.from], actors[hop.to], hop.label, drop.copies});
    }
    const auto world = make_virtual_world(scenario, std::move(network), seed);
    world->recorder().watch(
        [&](trace::RecordId id) { arrivals_[id.value].push_back(micros(world->now().time_since_epoch())); });
    records_ = run_scenario(scenario, *world, seed).records;
  }

  void count(sim::LoadTally& tally, sim::DeviceCounts& devices) {
    std::unordered_map<std::uint64_t, std::uint32_t> hop_of;
    std::vector<bool> sent(shards_.hops_.size());
    bool begun = false;
    for (const auto& record : records_) {
      if (!begun && !begins_set_up(record)) continue;
      if (!begun) begin_ = micros(record.time.time_since_epoch());
      begun = true;
      const auto cause = hop_of.find(record.cause.value);
      if (record.cause && cause == hop_of.end()) continue;  // a poll that was given up, and what followed
      const auto hop = find(record, record.cause ? cause->second : kNoHop);
      if (hop == kNoHop) continue;
      hop_of.emplace(record.id.value, hop);
      if (sent[hop]) ++tally.repeats;
      sent[hop] = true;
      add(record, hop, tally);
    }
    ++tally.sessions[session_.kind];
    if (!answered_) ++tally.timed_out[session_.kind];
    devices.as_sender(session_.sender, sender_messages_);
    devices.as_receiver(session_.receiver, receiver_messages_);
  }

 private:
  /// Of hops that look alike, the one with the record's cause.
  std::uint32_t find(const trace::Record& record, std::uint32_t cause) const {
    const auto& index = shards_.index_[session_.kind];
    const auto found = index.find(key(record.from, record.to, general(record.label)));
    if (found == index.end()) return kNoHop;
    for (const auto hop : found->second) {
      if (cause != kNoHop && shards_.causes_[hop] == cause) return hop;
    }
    return found->second.front();
  }

  void add(const trace::Record& record, std::uint32_t at, sim::LoadTally& tally) {
    const auto& hop = shards_.hops_[at];
    const bool counts = (hop.counted >> shards_.model_.rule & 1u) != 0;
    if (counts && hop.from == sim::kSender) ++sender_messages_;
    if (counts && hop.from == sim::kReceiver) ++receiver_messages_;
    auto arrivals = arrivals_[record.id.value];
    if (record.transport == "udp") {
      // Of two copies that are alike and under way at once, the later record has both arrivals.
      ++tally.lost;
      tally.lost -= arrivals.size();
      if (arrivals.empty()) return;
    }
    // What is read together with the message after it arrives with that.
    if (arrivals.empty()) arrivals.push_back(micros((record.time + mean_delay(hop)).time_since_epoch()));
    for (const auto arrival : arrivals) {
      const auto elapsed = arrival - begin_;
      if (counts && hop.to == sim::kSender) ++sender_messages_;
      if (counts && hop.to == sim::kReceiver) ++receiver_messages_;
      count_arrival(at, elapsed, tally);
    }
  }

  void count_arrival(std::uint32_t at, std::uint64_t elapsed, sim::LoadTally& tally) {
    tally.hop_count = shards_.hops_.size();
    const auto place = (session_.begin + elapsed) / sim::kMinute * tally.hop_count;
    if (tally.by_minute.size() < place + tally.hop_count) tally.by_minute.resize(place + tally.hop_count);
    ++tally.by_minute[place + at];
    ++tally.hops;
    const auto& flow = shards_.model_.flows[session_.kind];
    if (at < first_ || at >= first_ + flow.hops.size()) return;
    const auto mark = flow.mark(at - first_);
    auto& told = mark == sim::Mark::answered ? answered_ : invited_;
    if (mark == sim::Mark::none || std::exchange(told, true)) return;
    (mark == sim::Mark::answered ? tally.answered : tally.invited)[session_.kind].add(elapsed);
  }

  core::Duration mean_delay(const sim::Hop& hop) const {
    return (hop.access ? shards_.model_.access : shards_.model_.core).mean();
  }

  const WireShards& shards_;
  const sim::Session& session_;
  std::size_t first_;
  std::vector<trace::Record> records_;
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> arrivals_;  ///< by record; microseconds
  std::uint64_t begin_ = 0;
  std::uint32_t sender_messages_ = 0;
  std::uint32_t receiver_messages_ = 0;
  bool answered_ = false;
  bool invited_ = false;
};

void WireShards::run(std::span<const std::uint32_t> shards, sim::LoadTally& tally,
                     sim::DeviceCounts& devices) const {
  for (const auto shard : shards) run_one(shard, tally, devices);
}

void WireShards::run_one(std::uint32_t shard, sim::LoadTally& tally, sim::DeviceCounts& devices) const {
  const sim::Population population(model_.population);
  sim::Sessions sessions(model_, population, shard);
  core::Random seeds(model_.seed, std::to_string(shard), "worlds");
  tally.hop_count = hops_.size();
  for (auto session = sessions.next(); session.begin != sim::kNever; session = sessions.next())
    Session(*this, session, seeds.next()).count(tally, devices);
}

}  // namespace rcs::harness
