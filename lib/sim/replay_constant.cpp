#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "sim/delay_lines.hpp"
#include "sim/minute_counts.hpp"
#include "sim/replay.hpp"
#include "sim/sessions.hpp"

namespace rcs::sim {
namespace {

/// A session that waits for its next moment.
struct Due {
  std::uint64_t arrival = kNever;  ///< microseconds
  std::uint32_t moment = 0;
};

/// When one or more hops of a session arrive, and after how long the next do.
struct Moment {
  std::uint32_t gap = 0;  ///< microseconds
  std::uint16_t line = 0;
  bool last = false;
};

struct Kind {
  std::uint32_t first_gap = 0;
  std::uint16_t first_line = 0;
  std::uint32_t first_moment = 0;
  std::uint32_t sender_messages = 0;
  std::uint32_t receiver_messages = 0;
  std::uint64_t answered = kNever;  ///< microseconds from the beginning; kNever: no hop says so
  std::uint64_t invited = kNever;
};

struct Plan {
  const LoadModel& model;
  Population population;
  std::array<Kind, kKinds> kinds;
  std::vector<Moment> moments;               ///< of all kinds
  std::vector<std::uint32_t> moment_of_hop;  ///< hops as LoadTally numbers them
  std::size_t lines = 0;

  explicit Plan(const LoadModel& m) : model(m), population(m.population) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) compile(kind);
    lines = line_of_gap_.size();
  }

 private:
  /// Microseconds from the session's beginning to each hop's arrival.
  std::vector<std::uint64_t> arrivals(const Flow& flow) const {
    std::vector<std::uint64_t> out;
    const auto micros = [](Duration d) { return static_cast<std::uint64_t>(d.count() / 1000); };
    for (const Hop& hop : flow.hops) {
      const auto cause = hop.cause < 0 ? 0 : out[static_cast<std::size_t>(hop.cause)];
      out.push_back(cause + micros(hop.wait) + micros((hop.access ? model.access : model.core).low));
    }
    return out;
  }

  std::uint16_t line_of(std::uint32_t gap) {
    return line_of_gap_.try_emplace(gap, static_cast<std::uint16_t>(line_of_gap_.size())).first->second;
  }

  void compile(std::size_t index) {
    const Flow& flow = model.flows[index];
    const auto at = arrivals(flow);
    auto times = at;
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    Kind& kind = kinds[index];
    kind.sender_messages = flow.messages(kSender, model.rule);
    kind.receiver_messages = flow.messages(kReceiver, model.rule);
    if (flow.answered >= 0) kind.answered = at[static_cast<std::size_t>(flow.answered)];
    if (flow.invited >= 0) kind.invited = at[static_cast<std::size_t>(flow.invited)];
    kind.first_gap = static_cast<std::uint32_t>(times.front());
    kind.first_line = line_of(kind.first_gap);
    kind.first_moment = static_cast<std::uint32_t>(moments.size());
    for (const auto arrival : at) {
      const auto place = std::lower_bound(times.begin(), times.end(), arrival) - times.begin();
      moment_of_hop.push_back(kind.first_moment + static_cast<std::uint32_t>(place));
    }
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
      const auto gap = static_cast<std::uint32_t>(times[i + 1] - times[i]);
      moments.push_back({gap, line_of(gap), false});
    }
    moments.push_back({0, 0, true});
  }

  std::map<std::uint32_t, std::uint16_t> line_of_gap_;
};

/// One shard on its way through the day.
class ConstantRun {
 public:
  ConstantRun(const Plan& plan, std::uint32_t shard, LoadTally& tally, DeviceCounts& devices)
      : plan_(plan),
        tally_(tally),
        devices_(devices),
        sessions_(plan.model, plan.population, shard),
        counts_(tally, plan.moment_of_hop, plan.moments.size()),
        lines_(plan.lines),
        next_(sessions_.next()) {}

  /// The next event; false when there is none any more.
  bool step() {
    const std::uint64_t arrival = lines_.next();
    if (next_.begin <= arrival) {
      if (next_.begin == kNever) return false;
      begin(next_);
      next_ = sessions_.next();
    } else {
      arrive(lines_.pop());
    }
    return true;
  }
  /// At the end.
  void finish() {
    counts_.flush();
    for (std::size_t i = 0; i < kKinds; ++i) {
      const Kind& kind = plan_.kinds[i];
      tally_.sessions[i] += begun_[i];
      if (begun_[i] > 0 && kind.answered != kNever) tally_.answered[i].add(kind.answered, begun_[i]);
      if (begun_[i] > 0 && kind.invited != kNever) tally_.invited[i].add(kind.invited, begun_[i]);
    }
  }

 private:
  void pass(std::uint64_t now) {
    if (counts_.pass(now)) tally_.most_pending = std::max(tally_.most_pending, lines_.pending());
  }

  void begin(const Session& session) {
    pass(session.begin);
    ++begun_[session.kind];
    const Kind& kind = plan_.kinds[session.kind];
    devices_.as_sender(session.sender, kind.sender_messages);
    devices_.as_receiver(session.receiver, kind.receiver_messages);
    lines_.push(kind.first_line, {session.begin + kind.first_gap, kind.first_moment});
  }

  void arrive(const Due& due) {
    pass(due.arrival);
    counts_.arrived(due.moment);
    const Moment& moment = plan_.moments[due.moment];
    if (!moment.last) lines_.push(moment.line, {due.arrival + moment.gap, due.moment + 1});
  }

  const Plan& plan_;
  LoadTally& tally_;
  DeviceCounts& devices_;
  Sessions sessions_;
  MinuteCounts counts_;
  DelayLines<Due> lines_;
  Session next_;
  std::array<std::uint64_t, kKinds> begun_{};
};

class ConstantReplay final : public ShardRunner {
 public:
  explicit ConstantReplay(const LoadModel& model) : plan_(model) {}
  /// Several take turns, event by event: while one waits for what it has just written to be read again, the
  /// processor goes on with the others.
  void run(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const override {
    for (; !shards.empty(); shards = shards.subspan(std::min<std::size_t>(shards.size(), kShardsTogether)))
      run_together(shards.first(std::min<std::size_t>(shards.size(), kShardsTogether)), tally, devices);
  }

 private:
  void run_together(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const {
    std::vector<ConstantRun> runs;
    runs.reserve(shards.size());
    for (const auto shard : shards) runs.emplace_back(plan_, shard, tally, devices);
    for (bool any = true; any;) {
      any = false;
      for (auto& run : runs) any |= run.step();
    }
    for (auto& run : runs) run.finish();
  }

  Plan plan_;
};

}  // namespace

std::unique_ptr<ShardRunner> make_constant_replay(const LoadModel& model) {
  return std::make_unique<ConstantReplay>(model);
}

}  // namespace rcs::sim
