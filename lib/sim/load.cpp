#include "sim/load.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "sim/delay_lines.hpp"

namespace rcs::sim {
namespace {

constexpr std::uint64_t kMinute = 60'000'000;  // microseconds

std::uint64_t micros(Duration d) { return static_cast<std::uint64_t>(d.count() / 1000); }

/// What a hop's arrival sets off.
struct Child {
  std::uint32_t hop = 0;
  std::uint32_t wait = 0;  ///< microseconds
  std::uint16_t line = 0;  ///< constant delays: which line
  bool access = false;     ///< random ones: which table
};

enum class Mark : std::uint8_t { none, answered, invited };

struct Compiled {
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
  if (model.length <= Duration::zero() || model.length > kMaxLength)
    return bad("hours: expected more than 0, at most 744");
  if (model.shards < 1 || model.shards > 65'536) return bad("shards: expected 1 to 65536");
  std::size_t hops = 0;
  for (const auto& flow : model.flows) {
    RCS_CHECK_OK(check(flow));
    hops += flow.hops.size();
  }
  if (hops > kMaxHops) return bad("flows: more than " + std::to_string(kMaxHops) + " hops");
  return {};
}

std::size_t first_hop(const LoadModel& model, std::size_t kind) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < kind; ++i) first += model.flows[i].hops.size();
  return first;
}

void LoadTally::add(const LoadTally& other) {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    sessions[kind] += other.sessions[kind];
    answered[kind].add(other.answered[kind]);
    invited[kind].add(other.invited[kind]);
  }
  hops += other.hops;
  most_pending = std::max(most_pending, other.most_pending);
  hop_count = std::max(hop_count, other.hop_count);
  if (by_minute.size() < other.by_minute.size()) by_minute.resize(other.by_minute.size());
  for (std::size_t i = 0; i < other.by_minute.size(); ++i) by_minute[i] += other.by_minute[i];
}

struct LoadShards::Plan {
  const LoadModel& model;
  Population population;
  std::vector<Compiled> hops;
  std::vector<Child> children;
  std::array<Root, kKinds> roots;
  std::map<std::uint64_t, std::uint16_t> lines;  ///< constant delays: total delay -> its line
  DelayTable access;
  DelayTable core;
  bool random;

  explicit Plan(const LoadModel& m)
      : model(m),
        population(m.population),
        access(m.access),
        core(m.core),
        random(m.access.random() || m.core.random()) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) compile(kind);
  }

  Child child(std::size_t first, const Flow& flow, std::size_t index) {
    const Hop& hop = flow.hops[index];
    Child out{.hop = static_cast<std::uint32_t>(first + index),
              .wait = static_cast<std::uint32_t>(micros(hop.wait)),
              .access = hop.access};
    if (random) return out;
    out.wait += (hop.access ? access : core).at(0);
    out.line = lines.try_emplace(out.wait, static_cast<std::uint16_t>(lines.size())).first->second;
    return out;
  }

  void compile(std::size_t kind) {
    const Flow& flow = model.flows[kind];
    const std::size_t first = hops.size();
    Root& root = roots[kind];
    root.sender_messages = flow.messages(kSender, model.rule);
    root.receiver_messages = flow.messages(kReceiver, model.rule);
    for (std::size_t i = 0; i < flow.hops.size(); ++i) {
      if (flow.hops[i].cause < 0) root.children.push_back(child(first, flow, i));
    }
    for (std::size_t i = 0; i < flow.hops.size(); ++i) {
      const auto index = static_cast<std::int32_t>(i);
      Compiled hop;
      hop.kind = static_cast<std::uint8_t>(kind);
      hop.first_child = static_cast<std::uint32_t>(children.size());
      for (std::size_t j = i + 1; j < flow.hops.size(); ++j) {
        if (flow.hops[j].cause == index) children.push_back(child(first, flow, j));
      }
      hop.children = static_cast<std::uint16_t>(children.size() - hop.first_child);
      if (index == flow.answered) hop.mark = Mark::answered;
      if (index == flow.invited) hop.mark = Mark::invited;
      hops.push_back(hop);
    }
  }
};

namespace {

/// One shard on its way through the day. `Links` is how arrivals wait.
template <class Plan, class Links>
class ShardRun {
 public:
  ShardRun(const Plan& plan, Links links, std::uint32_t shard, LoadTally& tally, DeviceCounts& devices)
      : plan_(plan),
        links_(std::move(links)),
        tally_(tally),
        devices_(devices),
        first_user_(plan.model.population.users * shard / plan.model.shards),
        users_(plan.model.population.users * (shard + 1) / plan.model.shards - first_user_),
        who_(plan.model.seed, std::to_string(shard), "who"),
        row_(plan.hops.size()) {
    tally_.hop_count = plan.hops.size();
  }

  void run(Arrivals arrivals, std::uint64_t end) {
    std::uint64_t next = users_ == 0 ? kNever : arrivals.next();
    if (next >= end) next = kNever;
    for (;;) {
      const std::uint64_t arrival = links_.next();
      if (next <= arrival) {
        if (next == kNever) break;
        begin(next);
        next = arrivals.next();
        if (next >= end) next = kNever;
      } else {
        arrive(links_.pop());
      }
    }
    flush();
  }

 private:
  void begin(std::uint64_t now) {
    if (now >= minute_end_) turn_minute(now);
    const std::uint64_t sender = first_user_ + pick(who_, users_);
    const std::uint64_t receiver = plan_.population.draw_receiver(sender, who_);
    const std::size_t kind =
        kind_of(plan_.population.is_open_api(sender), plan_.population.is_open_api(receiver));
    ++tally_.sessions[kind];
    const Root& root = plan_.roots[kind];
    devices_.as_sender(sender, root.sender_messages);
    devices_.as_receiver(receiver, root.receiver_messages);
    for (const Child& child : root.children) links_.set_off(child, now, 0);
  }

  void arrive(const InFlight& message) {
    if (message.arrival >= minute_end_) turn_minute(message.arrival);
    const Compiled& hop = plan_.hops[message.hop];
    ++row_[message.hop];
    const Child* child = plan_.children.data() + hop.first_child;
    for (const Child* last = child + hop.children; child != last; ++child)
      links_.set_off(*child, message.arrival, message.elapsed);
    if (hop.mark == Mark::none) return;
    (hop.mark == Mark::answered ? tally_.answered : tally_.invited)[hop.kind].add(message.elapsed);
  }

  void turn_minute(std::uint64_t now) {
    flush();
    minute_ = now / kMinute;
    minute_end_ = (minute_ + 1) * kMinute;
    tally_.most_pending = std::max(tally_.most_pending, links_.pending());
  }

  void flush() {
    const std::size_t at = minute_ * row_.size();
    if (tally_.by_minute.size() < at + row_.size()) tally_.by_minute.resize(at + row_.size());
    for (std::size_t hop = 0; hop < row_.size(); ++hop) {
      tally_.by_minute[at + hop] += row_[hop];
      tally_.hops += row_[hop];
      row_[hop] = 0;
    }
  }

  const Plan& plan_;
  Links links_;
  LoadTally& tally_;
  DeviceCounts& devices_;
  std::uint64_t first_user_;
  std::uint64_t users_;
  core::Random who_;
  std::vector<std::uint32_t> row_;  ///< arrivals of each hop in this minute
  std::uint64_t minute_ = 0;
  std::uint64_t minute_end_ = kMinute;
};

class ConstantLinks : public DelayLines {
 public:
  using DelayLines::DelayLines;
  void set_off(const Child& child, std::uint64_t now, std::uint32_t elapsed) {
    push(child.line, {now + child.wait, elapsed + child.wait, child.hop});
  }
};

class RandomLinks : public ArrivalHeap {
 public:
  RandomLinks(const DelayTable& access, const DelayTable& core, core::Random random)
      : access_(access), core_(core), random_(std::move(random)) {}
  void set_off(const Child& child, std::uint64_t now, std::uint32_t elapsed) {
    const std::uint32_t delay = child.wait + (child.access ? access_ : core_).at(bits());
    push({now + delay, elapsed + delay, child.hop});
  }

 private:
  /// One drawn word serves several look-ups.
  std::uint64_t bits() {
    if (left_ < DelayTable::kBits) {
      word_ = random_.next();
      left_ = 64;
    }
    const std::uint64_t out = word_;
    word_ >>= DelayTable::kBits;
    left_ -= DelayTable::kBits;
    return out;
  }

  const DelayTable& access_;
  const DelayTable& core_;
  core::Random random_;
  std::uint64_t word_ = 0;
  unsigned left_ = 0;
};

}  // namespace

LoadShards::LoadShards(const LoadModel& model) : plan_(std::make_unique<Plan>(model)) {}
LoadShards::~LoadShards() = default;

void LoadShards::run(std::uint32_t shard, LoadTally& tally, DeviceCounts& devices) const {
  const LoadModel& model = plan_->model;
  const std::string name = std::to_string(shard);
  const std::uint64_t users =
      model.population.users * (shard + 1) / model.shards - model.population.users * shard / model.shards;
  Arrivals arrivals(model.mean_per_day * static_cast<double>(users), model.profile,
                    core::Random(model.seed, name, "arrivals"));
  const std::uint64_t end = micros(model.length);
  if (plan_->random) {
    RandomLinks links(plan_->access, plan_->core, core::Random(model.seed, name, "links"));
    ShardRun(*plan_, std::move(links), shard, tally, devices).run(std::move(arrivals), end);
  } else {
    ShardRun(*plan_, ConstantLinks(std::max<std::size_t>(1, plan_->lines.size())), shard, tally, devices)
        .run(std::move(arrivals), end);
  }
}

}  // namespace rcs::sim
