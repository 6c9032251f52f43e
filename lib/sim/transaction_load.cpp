#include "sim/transaction_load.hpp"

#include <algorithm>
#include <deque>
#include <string>

#include "sim/delay_lines.hpp"
#include "sim/minute_counts.hpp"
#include "sim/sessions.hpp"
#include "sim/transaction_plan.hpp"

namespace rcs::sim {
namespace {

enum class What : std::uint8_t {
  send,     ///< its cause was a while ago
  arrive,   ///< at the other end of the link
  serve,    ///< a worker is done with it
  repeat,   ///< timer A, E or G, or the one of a 2xx
  give_up,  ///< timer B or F
};

struct Event {
  std::uint64_t arrival = kNever;  ///< microseconds: when it happens
  std::uint32_t session = 0;       ///< slot
  std::uint16_t hop = 0;
  What what = What::arrive;
  std::uint8_t times = 0;  ///< repeat: how often before
};

// What has become of a hop in a session.
constexpr std::uint8_t kSent = 1;
constexpr std::uint8_t kArrived = 2;
constexpr std::uint8_t kHeard = 4;      ///< request: its client has got a provisional response
constexpr std::uint8_t kFinished = 8;   ///< request: its client has got a final one, or has given up
constexpr std::uint8_t kAnswered = 16;  ///< request: its server has sent a final response
constexpr std::uint8_t kAcked = 32;     ///< final response: the ACK has come

/// What is to happen: after constant spans in lines, after random ones in a heap.
class Agenda {
 public:
  explicit Agenda(std::size_t lines) : lines_(lines) {}
  std::uint64_t next() {
    const std::uint64_t line = lines_.next();
    from_heap_ = heap_.next() < line;
    return from_heap_ ? heap_.next() : line;
  }
  /// What next() saw.
  Event pop() { return from_heap_ ? heap_.pop() : lines_.pop(); }
  void add_constant(const Span& span, const Event& event) { lines_.push(span.line, event); }
  void add_random(const Event& event) { heap_.push(event); }
  std::uint64_t pending() const { return lines_.pending() + heap_.pending(); }

 private:
  DelayLines<Event> lines_;
  ArrivalHeap<Event> heap_;
  bool from_heap_ = false;
};

/// The workers of one node and what waits for them, first come first served.
struct Server {
  struct Waiting {
    Event message;
    std::uint64_t since = 0;
  };
  std::uint32_t idle = 0;
  std::deque<Waiting> queue;
};

/// The sessions under way. A slot is taken until nothing of its session is on the agenda any more.
class Slots {
 public:
  struct Slot {
    Session session;
    std::uint32_t pending = 0;
    std::uint32_t sender_messages = 0;
    std::uint32_t receiver_messages = 0;
    bool answered = false;
    bool refused = false;
  };
  Slots(std::size_t flags, bool with_arrivals) : flags_each_(flags), with_arrivals_(with_arrivals) {}

  std::uint32_t take(const Session& session) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
      flags_.resize(flags_.size() + flags_each_);
      sendings_.resize(flags_.size());
      if (with_arrivals_) arrivals_.resize(flags_.size());
    }
    const std::uint32_t at = free_.back();
    free_.pop_back();
    slots_[at] = {.session = session};
    const auto first = static_cast<std::ptrdiff_t>(at * flags_each_);
    std::fill_n(flags_.begin() + first, flags_each_, std::uint8_t{0});
    std::fill_n(sendings_.begin() + first, flags_each_, std::uint8_t{0});
    return at;
  }
  void give_back(std::uint32_t slot) { free_.push_back(slot); }
  Slot& operator[](std::uint32_t slot) { return slots_[slot]; }
  std::uint8_t& flags(std::uint32_t slot, const PlanHop& hop) {
    return flags_[slot * flags_each_ + hop.local];
  }
  /// How often it was sent.
  std::uint8_t& sendings(std::uint32_t slot, const PlanHop& hop) {
    return sendings_[slot * flags_each_ + hop.local];
  }
  std::uint64_t& arrival(std::uint32_t slot, const PlanHop& hop) {
    return arrivals_[slot * flags_each_ + hop.local];
  }

 private:
  std::size_t flags_each_;
  bool with_arrivals_;
  std::vector<Slot> slots_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::uint8_t> sendings_;
  std::vector<std::uint64_t> arrivals_;  ///< for what can not overtake on a stream
  std::vector<std::uint32_t> free_;
};

class TransactionRun {
 public:
  TransactionRun(const TransactionPlan& plan, std::uint32_t shard, LoadTally& tally, DeviceCounts& devices)
      : plan_(plan),
        tally_(tally),
        devices_(devices),
        sessions_(plan.model, plan.population, shard),
        agenda_(plan.lines),
        slots_(plan.flags, !plan.laws.empty()),
        servers_(plan.nodes.size()),
        counts_(tally, plan.hops.size()),
        bits_(core::Random(plan.model.seed, std::to_string(shard), "links")),
        loss_(plan.model.seed, std::to_string(shard), "loss") {
    tally_.nodes.resize(std::max(tally_.nodes.size(), plan.nodes.size()));
    for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i].idle = plan.nodes[i].workers;
  }

  void run() {
    Session next = sessions_.next();
    for (;;) {
      const std::uint64_t coming = agenda_.next();
      if (next.begin <= coming) {
        if (next.begin == kNever) break;
        pass(next.begin);
        begin(next);
        next = sessions_.next();
      } else {
        pass(coming);
        happen(agenda_.pop());
      }
    }
    counts_.flush();
  }

 private:
  const PlanHop& hop(std::int32_t index) const { return plan_.hops[static_cast<std::size_t>(index)]; }

  void pass(std::uint64_t now) {
    now_ = now;
    if (counts_.pass(now)) tally_.most_pending = std::max(tally_.most_pending, agenda_.pending());
  }

  void begin(const Session& session) {
    ++tally_.sessions[session.kind];
    const std::uint32_t slot = slots_.take(session);
    ++slots_[slot].pending;  // its own beginning
    for (const auto root : plan_.roots[session.kind]) set_off(slot, root);
    leave(slot);
  }

  void happen(const Event& event) {
    const PlanHop& what = plan_.hops[event.hop];
    switch (event.what) {
      case What::send:
        send(event.session, event.hop);
        break;
      case What::arrive:
        arrive(event, what);
        break;
      case What::serve:
        take(event.session, event.hop);
        next_in_queue(what.to);
        break;
      case What::repeat:
        repeat(event, what);
        break;
      case What::give_up:
        give_up(event.session, event.hop);
        break;
    }
    leave(event.session);
  }

  /// Something of the session's that was on the agenda is done.
  void leave(std::uint32_t at) {
    auto& slot = slots_[at];
    if (--slot.pending > 0) return;
    devices_.as_sender(slot.session.sender, slot.sender_messages);
    devices_.as_receiver(slot.session.receiver, slot.receiver_messages);
    if (!slot.answered) ++(slot.refused ? tally_.refused : tally_.timed_out)[slot.session.kind];
    slots_.give_back(at);
  }

  void add(const Span& span, Event event) {
    ++slots_[event.session].pending;
    if (span.law < 0) {
      event.arrival = now_ + span.micros;
      agenda_.add_constant(span, event);
    } else {
      event.arrival = now_ + plan_.laws[static_cast<std::size_t>(span.law)].at(bits_.next());
      agenda_.add_random(event);
    }
  }

  // Sending.

  void set_off(std::uint32_t slot, std::uint32_t index) {
    const PlanHop& what = plan_.hops[index];
    if (what.wait.micros == 0) return send(slot, index);
    add(what.wait, {.session = slot, .hop = static_cast<std::uint16_t>(index), .what = What::send});
  }

  /// For the first time, with the timers that go with it.
  void send(std::uint32_t slot, std::uint32_t index) {
    const PlanHop& what = plan_.hops[index];
    slots_.flags(slot, what) |= kSent;
    Event event{.session = slot, .hop = static_cast<std::uint16_t>(index)};
    transmit(event, what);
    if (is_request(what.part)) {
      event.what = What::give_up;
      add(plan_.give_up, event);
    } else if (what.request != kNone && what.part != Part::provisional) {
      slots_.flags(slot, hop(what.request)) |= kAnswered;
    }
    event.what = What::repeat;
    if ((is_request(what.part) && what.datagram) || what.repeats) add(gap(what, 0), event);
  }

  void send_again(std::uint32_t slot, std::uint32_t index) {
    ++tally_.repeats;
    transmit({.session = slot, .hop = static_cast<std::uint16_t>(index)}, plan_.hops[index]);
  }

  void transmit(const Event& message, const PlanHop& what) {
    count_at_device(message.session, what, what.from);
    auto& sendings = slots_.sendings(message.session, what);
    if (sendings < UINT8_MAX) ++sendings;
    if (sendings <= what.drops || (what.datagram && plan_.model.transactions.loss > 0 &&
                                   loss_.unit() < plan_.model.transactions.loss)) {
      ++tally_.lost;
      return;
    }
    if (what.datagram || what.link.law < 0) return add(what.link, message);
    in_order(message, what);
  }

  /// On a stream with random delays: nothing overtakes what went before it.
  void in_order(Event message, const PlanHop& what) {
    auto& arrival = slots_.arrival(message.session, what);
    arrival = now_ + plan_.laws[static_cast<std::size_t>(what.link.law)].at(bits_.next());
    if (what.stream_before != kNone) {
      const PlanHop& before = hop(what.stream_before);
      if ((slots_.flags(message.session, before) & kSent) != 0)
        arrival = std::max(arrival, slots_.arrival(message.session, before));
    }
    message.arrival = arrival;
    ++slots_[message.session].pending;
    agenda_.add_random(message);
  }

  const std::vector<Span>& gaps(const PlanHop& what) const {
    return what.part == Part::invite ? plan_.gaps_of_invite : plan_.gaps;
  }
  const Span& gap(const PlanHop& what, std::size_t times) const { return gaps(what)[times]; }

  void repeat(Event event, const PlanHop& what) {
    const auto flags = slots_.flags(event.session, what);
    const bool over = what.repeats
                          ? (flags & kAcked) != 0
                          : (flags & kFinished) != 0 || (what.part == Part::invite && (flags & kHeard) != 0);
    if (over) return;
    ++event.times;
    send_again(event.session, event.hop);
    if (event.times < gaps(what).size()) add(gap(what, event.times), event);
  }

  // Arriving.

  void arrive(const Event& event, const PlanHop& what) {
    counts_.arrived(event.hop);
    count_at_device(event.session, what, what.to);
    const PlanNode& node = plan_.nodes[what.to];
    if (node.workers == 0) return take(event.session, event.hop);
    auto& server = servers_[what.to];
    auto& tally = tally_.nodes[what.to];
    if (server.idle > 0) {
      --server.idle;
      return serve(event, what, 0);
    }
    if (server.queue.size() >= node.queue && begins_session(what) &&
        (slots_.flags(event.session, what) & kArrived) == 0) {
      ++tally.refused;
      slots_.flags(event.session, what) |= kArrived;
      slots_[event.session].refused = true;
      return send(event.session, static_cast<std::uint32_t>(what.on_failure));
    }
    ++slots_[event.session].pending;
    server.queue.push_back({event, now_});
    tally.longest_queue = std::max<std::uint64_t>(tally.longest_queue, server.queue.size());
  }

  static bool begins_session(const PlanHop& what) {
    return what.part == Part::invite || what.part == Part::web_request;
  }

  void serve(const Event& event, const PlanHop& what, std::uint64_t waited) {
    auto& tally = tally_.nodes[what.to];
    tally.waits.add(waited);
    Event done = event;
    done.what = What::serve;
    const Span& service = plan_.nodes[what.to].service;
    if (service.law < 0) {
      tally.busy += service.micros;
      return add(service, done);
    }
    const auto micros = plan_.laws[static_cast<std::size_t>(service.law)].at(bits_.next());
    tally.busy += micros;
    done.arrival = now_ + micros;
    ++slots_[event.session].pending;
    agenda_.add_random(done);
  }

  void next_in_queue(std::uint16_t node) {
    auto& server = servers_[node];
    if (server.queue.empty()) {
      ++server.idle;
      return;
    }
    const auto next = server.queue.front();
    server.queue.pop_front();
    serve(next.message, plan_.hops[next.message.hop], now_ - next.since);
    leave(next.message.session);
  }

  /// What the node does about a message.
  void take(std::uint32_t slot, std::uint32_t index) {
    const PlanHop& what = plan_.hops[index];
    auto& flags = slots_.flags(slot, what);
    const bool first = (flags & kArrived) == 0;
    flags |= kArrived;
    switch (what.part) {
      case Part::invite:
      case Part::request:
        if (!first) return answer_again(slot, what);
        break;
      case Part::provisional: {
        auto& request = slots_.flags(slot, hop(what.request));
        if ((request & kFinished) != 0) return;
        request |= kHeard;
        if (!first) return pass_on_again(slot, what);
        break;
      }
      case Part::final:
        return take_final(slot, what, first);
      case Part::ack:
        if (what.acknowledges != kNone) slots_.flags(slot, hop(what.acknowledges)) |= kAcked;
        if (!first) return pass_on_again(slot, what);
        break;
      case Part::plain:
        if (what.failure) return take_final(slot, what, first);
        break;
      case Part::web_request:
        break;
    }
    follow(slot, what);
  }

  void follow(std::uint32_t slot, const PlanHop& what) {
    mark(slot, what);
    for (std::uint32_t i = 0; i < what.children; ++i) set_off(slot, plan_.children[what.first_child + i]);
  }

  void mark(std::uint32_t slot, const PlanHop& what) {
    if (what.mark == Mark::none) return;
    const auto elapsed = now_ - slots_[slot].session.begin;
    if (what.mark == Mark::answered) slots_[slot].answered = true;
    (what.mark == Mark::answered ? tally_.answered : tally_.invited)[what.kind].add(elapsed);
  }

  void take_final(std::uint32_t slot, const PlanHop& what, bool first) {
    const PlanHop& request = hop(what.request);
    auto& flags = slots_.flags(slot, request);
    const bool late = (flags & kFinished) != 0;
    flags |= kFinished;
    if (what.failure) {
      if (request.part == Part::invite) send_failure_ack(slot, request);
      if (!late) fail_cause_of(slot, request);
      return;
    }
    if (!late) return follow(slot, what);
    // A 2xx of an INVITE again (RFC 6026 7.1); one to a client that has given up is nobody's.
    if (!first && request.part == Part::invite) pass_on_again(slot, what);
  }

  /// The transaction user gets each copy of what is no request: a 2xx, a provisional response or an ACK goes
  /// on as often as it comes, and a 2xx at its end is acknowledged each time.
  void pass_on_again(std::uint32_t slot, const PlanHop& what) {
    for (std::uint32_t i = 0; i < what.children; ++i) {
      const auto index = plan_.children[what.first_child + i];
      const PlanHop& child = plan_.hops[index];
      const bool copies = child.part == Part::ack || (what.part != Part::ack && child.part == what.part);
      if (copies && (slots_.flags(slot, child) & kSent) != 0) send_again(slot, index);
    }
  }

  /// A request that came again gets the last response once more, if there was one (RFC 3261 17.2).
  void answer_again(std::uint32_t slot, const PlanHop& request) {
    const auto sent = [&](std::int32_t index) { return (slots_.flags(slot, hop(index)) & kSent) != 0; };
    if (sent(request.on_failure)) return send_again(slot, static_cast<std::uint32_t>(request.on_failure));
    std::int32_t last = kNone;
    for (std::uint32_t i = 0; i < request.responses; ++i) {
      const auto index = static_cast<std::int32_t>(plan_.responses[request.first_response + i]);
      if (!sent(index)) continue;
      if (last == kNone || hop(last).part == Part::provisional) last = index;
    }
    // A 2xx of an INVITE is repeated by its maker only (RFC 6026 8.7: Accepted absorbs the INVITE).
    if (last == kNone || (request.part == Part::invite && hop(last).part == Part::final)) return;
    send_again(slot, static_cast<std::uint32_t>(last));
  }

  // Failing.

  void give_up(std::uint32_t slot, std::uint32_t index) {
    const PlanHop& what = plan_.hops[index];
    auto& flags = slots_.flags(slot, what);
    if ((flags & kFinished) != 0 || (what.part == Part::invite && (flags & kHeard) != 0)) return;
    flags |= kFinished;
    fail_cause_of(slot, what);
  }

  /// A request failed: who sent it because of another one answers that one with an error.
  void fail_cause_of(std::uint32_t slot, const PlanHop& request) {
    if (request.cause == kNone) return;
    const PlanHop& cause = hop(request.cause);
    if (cause.on_failure == kNone || (slots_.flags(slot, cause) & kAnswered) != 0) return;
    send(slot, static_cast<std::uint32_t>(cause.on_failure));
  }

  void send_failure_ack(std::uint32_t slot, const PlanHop& invite) {
    const auto ack = static_cast<std::uint32_t>(hop(invite.on_failure).failure_ack);
    if ((slots_.flags(slot, plan_.hops[ack]) & kSent) != 0) return send_again(slot, ack);
    send(slot, ack);
  }

  void count_at_device(std::uint32_t slot, const PlanHop& what, std::uint16_t actor) {
    if (!what.counted) return;
    if (actor == kSender) ++slots_[slot].sender_messages;
    if (actor == kReceiver) ++slots_[slot].receiver_messages;
  }

  const TransactionPlan& plan_;
  LoadTally& tally_;
  DeviceCounts& devices_;
  Sessions sessions_;
  Agenda agenda_;
  Slots slots_;
  std::vector<Server> servers_;
  MinuteCounts counts_;
  TableBits bits_;
  core::Random loss_;
  std::uint64_t now_ = 0;
};

}  // namespace

TransactionShards::TransactionShards(const LoadModel& model)
    : plan_(std::make_unique<TransactionPlan>(model)) {}
TransactionShards::~TransactionShards() = default;

void TransactionShards::run(std::span<const std::uint32_t> shards, LoadTally& tally,
                            DeviceCounts& devices) const {
  for (const auto shard : shards) TransactionRun(*plan_, shard, tally, devices).run();
}

}  // namespace rcs::sim
