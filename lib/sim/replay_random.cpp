#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "sim/delay_lines.hpp"
#include "sim/minute_counts.hpp"
#include "sim/replay.hpp"
#include "sim/sessions.hpp"

namespace rcs::sim {
namespace {

/// A hop on its way.
struct InFlight {
  std::uint64_t arrival = kNever;  ///< microseconds
  std::uint32_t elapsed = 0;       ///< of the session, when it arrives; microseconds
  std::uint32_t hop = 0;
};

/// What a hop's arrival sets off.
struct Child {
  std::uint32_t hop = 0;
  std::uint32_t wait = 0;  ///< microseconds
  bool access = false;     ///< the link that it crosses
};

struct PlanHop {
  std::uint32_t first_child = 0;
  std::uint16_t children = 0;
  Mark mark = Mark::none;
  std::uint8_t kind = 0;
};

struct Root {
  std::vector<Child> children;  ///< what the session's beginning sets off
  std::uint32_t sender_messages = 0;
  std::uint32_t receiver_messages = 0;
};

struct Plan {
  const LoadModel& model;
  Population population;
  std::vector<PlanHop> hops;
  std::vector<Child> children;
  std::array<Root, kKinds> roots;
  DelayTable access;
  DelayTable core;

  explicit Plan(const LoadModel& m) : model(m), population(m.population), access(m.access), core(m.core) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) compile(kind);
  }

  void compile(std::size_t kind) {
    const Flow& flow = model.flows[kind];
    const auto first = hops.size();
    const auto child = [&](std::size_t index) {
      const Hop& hop = flow.hops[index];
      return Child{static_cast<std::uint32_t>(first + index),
                   static_cast<std::uint32_t>(hop.wait.count() / 1000), hop.access};
    };
    Root& root = roots[kind];
    root.sender_messages = flow.messages(kSender, model.rule);
    root.receiver_messages = flow.messages(kReceiver, model.rule);
    for (std::size_t i = 0; i < flow.hops.size(); ++i) {
      if (flow.hops[i].cause < 0) root.children.push_back(child(i));
    }
    for (std::size_t i = 0; i < flow.hops.size(); ++i) {
      PlanHop hop{.first_child = static_cast<std::uint32_t>(children.size()),
                  .mark = flow.mark(i),
                  .kind = static_cast<std::uint8_t>(kind)};
      for (std::size_t j = i + 1; j < flow.hops.size(); ++j) {
        if (flow.hops[j].cause == static_cast<std::int32_t>(i)) children.push_back(child(j));
      }
      hop.children = static_cast<std::uint16_t>(children.size() - hop.first_child);
      hops.push_back(hop);
    }
  }
};

/// One shard on its way through the day.
class RandomRun {
 public:
  RandomRun(const Plan& plan, std::uint32_t shard, LoadTally& tally, DeviceCounts& devices)
      : plan_(plan),
        tally_(tally),
        devices_(devices),
        sessions_(plan.model, plan.population, shard),
        counts_(tally, plan.hops.size()),
        bits_(core::Random(plan.model.seed, std::to_string(shard), "links")) {}

  void run() {
    Session next = sessions_.next();
    for (;;) {
      const std::uint64_t arrival = heap_.next();
      if (next.begin <= arrival) {
        if (next.begin == kNever) break;
        begin(next);
        next = sessions_.next();
      } else {
        arrive(heap_.pop());
      }
    }
    counts_.flush();
  }

 private:
  void pass(std::uint64_t now) {
    if (counts_.pass(now)) tally_.most_pending = std::max(tally_.most_pending, heap_.pending());
  }

  void begin(const Session& session) {
    pass(session.begin);
    ++tally_.sessions[session.kind];
    const Root& root = plan_.roots[session.kind];
    devices_.as_sender(session.sender, root.sender_messages);
    devices_.as_receiver(session.receiver, root.receiver_messages);
    for (const Child& child : root.children) set_off(child, session.begin, 0);
  }

  void arrive(const InFlight& message) {
    pass(message.arrival);
    const PlanHop& hop = plan_.hops[message.hop];
    counts_.arrived(message.hop);
    const Child* child = plan_.children.data() + hop.first_child;
    for (const Child* last = child + hop.children; child != last; ++child)
      set_off(*child, message.arrival, message.elapsed);
    if (hop.mark == Mark::none) return;
    (hop.mark == Mark::answered ? tally_.answered : tally_.invited)[hop.kind].add(message.elapsed);
  }

  void set_off(const Child& child, std::uint64_t now, std::uint32_t elapsed) {
    const std::uint32_t delay = child.wait + (child.access ? plan_.access : plan_.core).at(bits_.next());
    heap_.push({now + delay, elapsed + delay, child.hop});
  }

  const Plan& plan_;
  LoadTally& tally_;
  DeviceCounts& devices_;
  Sessions sessions_;
  MinuteCounts counts_;
  TableBits bits_;
  ArrivalHeap<InFlight> heap_;
};

class RandomReplay final : public ShardRunner {
 public:
  explicit RandomReplay(const LoadModel& model) : plan_(model) {}
  void run(std::span<const std::uint32_t> shards, LoadTally& tally, DeviceCounts& devices) const override {
    for (const auto shard : shards) RandomRun(plan_, shard, tally, devices).run();
  }

 private:
  Plan plan_;
};

}  // namespace

std::unique_ptr<ShardRunner> make_random_replay(const LoadModel& model) {
  return std::make_unique<RandomReplay>(model);
}

}  // namespace rcs::sim
