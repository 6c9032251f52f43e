#include "sim/transaction_plan.hpp"

#include <algorithm>

#include "sim/transaction_load.hpp"

namespace rcs::sim {
namespace {

constexpr int kTimeoutFactor = 64;  // B, F and H run 64*T1

bool is_ack(const Hop& hop) { return hop.part == Part::ack; }

/// A 2xx of an INVITE that was not passed on but made here: its maker repeats it (RFC 3261 13.3.1.4).
bool is_own_final(const Flow& flow, const Hop& hop) {
  if (hop.part != Part::final) return false;
  const auto answers = static_cast<std::size_t>(hop.answers);
  if (flow.hops[answers].part != Part::invite) return false;
  return hop.cause < 0 || flow.hops[static_cast<std::size_t>(hop.cause)].part != Part::final;
}

/// The 2xx that made an ACK be sent, as far back as it was passed on; -1: `ack` follows from none.
std::int32_t acknowledged_by(const Flow& flow, std::size_t ack) {
  std::int32_t at = flow.hops[ack].cause;
  while (at >= 0 && is_ack(flow.hops[static_cast<std::size_t>(at)]))
    at = flow.hops[static_cast<std::size_t>(at)].cause;
  while (at >= 0 && flow.hops[static_cast<std::size_t>(at)].part == Part::final) {
    const Hop& hop = flow.hops[static_cast<std::size_t>(at)];
    if (is_own_final(flow, hop)) return hop.from == flow.hops[ack].to ? at : -1;
    at = hop.cause;
  }
  return -1;
}

bool may_fail(Part part) { return is_request(part) || part == Part::web_request; }

/// What counts for hops like this one, by the first of the flow that is like it.
template <class Like>
std::uint32_t counted_like(const Flow& flow, Like like) {
  const auto found = std::find_if(flow.hops.begin(), flow.hops.end(), like);
  return found == flow.hops.end() ? 0 : found->counted;
}

Hop error_response(const Flow& flow, std::size_t request) {
  const Hop& asked = flow.hops[request];
  const auto index = static_cast<std::int32_t>(request);
  return {.from = asked.to,
          .to = asked.from,
          .cause = index,
          .counted = counted_like(
              flow, [&](const Hop& hop) { return hop.answers == index && hop.part != Part::provisional; }),
          .access = asked.access,
          .datagram = asked.datagram,
          .part = asked.part == Part::web_request ? Part::plain : Part::final,
          .answers = index,
          .label = "error " + asked.label};
}

Hop error_ack(const Flow& flow, std::size_t invite) {
  const Hop& asked = flow.hops[invite];
  return {.from = asked.from,
          .to = asked.to,
          .cause = static_cast<std::int32_t>(invite),
          .counted = counted_like(flow, is_ack),
          .access = asked.access,
          .datagram = asked.datagram,
          .part = Part::ack,
          .label = "ACK"};
}

}  // namespace

std::vector<FailureHop> failure_hops(const LoadModel& model) {
  std::vector<FailureHop> out;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const Flow& flow = model.flows[kind];
    for (std::size_t i = 0; i < flow.hops.size(); ++i) {
      if (!may_fail(flow.hops[i].part)) continue;
      out.push_back({kind, error_response(flow, i)});
      if (flow.hops[i].part == Part::invite) out.push_back({kind, error_ack(flow, i)});
    }
  }
  return out;
}

TransactionPlan::TransactionPlan(const LoadModel& m) : model(m), population(m.population) {
  give_up = constant(kTimeoutFactor * model.transactions.t1);
  gaps_of_invite = gaps_up_to(Duration::max());
  gaps = gaps_up_to(model.transactions.t2);
  for (std::size_t kind = 0; kind < kKinds; ++kind) add_flow(kind);
  add_failures();
  for (const auto& drop : model.transactions.drops)
    hops[first_hop(model, drop.kind) + drop.hop].drops = drop.copies;
  for (const auto& node : model.transactions.nodes)
    nodes.push_back({node.workers, node.queue, span(node.service)});
  nodes.resize(std::max(nodes.size(), model.flows[0].actors.size()));
  lines = line_of_.size();
}

Span TransactionPlan::constant(Duration duration) {
  const auto micros = static_cast<std::uint64_t>(duration.count() / 1000);
  const auto line = line_of_.try_emplace(micros, static_cast<std::uint16_t>(line_of_.size())).first->second;
  return {.micros = static_cast<std::uint32_t>(micros), .line = line};
}

std::int16_t TransactionPlan::law(const DelayModel& delay) {
  const auto same = std::find(law_models_.begin(), law_models_.end(), delay);
  if (same != law_models_.end()) return static_cast<std::int16_t>(same - law_models_.begin());
  law_models_.push_back(delay);
  laws.emplace_back(delay);
  return static_cast<std::int16_t>(laws.size() - 1);
}

Span TransactionPlan::span(const DelayModel& delay) {
  return delay.random() ? Span{.law = law(delay)} : constant(delay.low);
}

std::vector<Span> TransactionPlan::gaps_up_to(Duration longest) {
  std::vector<Span> out;
  const Duration end = kTimeoutFactor * model.transactions.t1;
  Duration gap = model.transactions.t1;
  for (Duration at = gap; at < end; at += gap) {
    out.push_back(constant(gap));
    gap = std::min(2 * gap, longest);
  }
  return out;
}

void TransactionPlan::add_flow(std::size_t kind) {
  const Flow& flow = model.flows[kind];
  const std::size_t first = hops.size();
  for (std::size_t i = 0; i < flow.hops.size(); ++i) {
    const Hop& from = flow.hops[i];
    PlanHop hop;
    hop.part = from.part;
    hop.mark = flow.mark(i);
    hop.kind = static_cast<std::uint8_t>(kind);
    hop.datagram = from.datagram;
    hop.repeats = is_own_final(flow, from);
    hop.counted = (from.counted >> model.rule & 1u) != 0;
    hop.from = from.from;
    hop.to = from.to;
    hop.local = static_cast<std::uint16_t>(i);
    hop.link = span(from.access ? model.access : model.core);
    if (from.wait > Duration::zero()) hop.wait = constant(from.wait);
    hops.push_back(hop);
    if (from.cause < 0) roots[kind].push_back(static_cast<std::uint32_t>(first + i));
  }
  link_hops(kind, first);
  flags = std::max(flags, flow.hops.size());
}

void TransactionPlan::link_hops(std::size_t kind, std::size_t first) {
  const Flow& flow = model.flows[kind];
  const auto global = [first](std::int32_t i) {
    return i < 0 ? kNone : i + static_cast<std::int32_t>(first);
  };
  for (std::size_t i = 0; i < flow.hops.size(); ++i) {
    const Hop& from = flow.hops[i];
    PlanHop& hop = hops[first + i];
    hop.cause = global(from.cause);
    hop.request = global(from.answers);
    if (is_ack(from)) hop.acknowledges = global(acknowledged_by(flow, i));
    hop.first_child = static_cast<std::uint32_t>(children.size());
    hop.first_response = static_cast<std::uint32_t>(responses.size());
    for (std::size_t j = i + 1; j < flow.hops.size(); ++j) {
      if (flow.hops[j].cause == static_cast<std::int32_t>(i))
        children.push_back(static_cast<std::uint32_t>(first + j));
      if (flow.hops[j].answers == static_cast<std::int32_t>(i))
        responses.push_back(static_cast<std::uint32_t>(first + j));
    }
    hop.children = static_cast<std::uint16_t>(children.size() - hop.first_child);
    hop.responses = static_cast<std::uint16_t>(responses.size() - hop.first_response);
    if (from.datagram) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (!flow.hops[j].datagram && flow.hops[j].from == from.from && flow.hops[j].to == from.to)
        hop.stream_before = static_cast<std::int32_t>(first + j);
    }
  }
}

void TransactionPlan::add_failures() {
  std::array<std::size_t, kKinds> local{};
  for (std::size_t kind = 0; kind < kKinds; ++kind) local[kind] = model.flows[kind].hops.size();
  for (const auto& [kind, failure] : failure_hops(model)) {
    const auto index = static_cast<std::int32_t>(hops.size());
    const auto request = static_cast<std::int32_t>(first_hop(model, kind)) + failure.cause;
    PlanHop hop;
    hop.part = failure.part;
    hop.kind = static_cast<std::uint8_t>(kind);
    hop.datagram = failure.datagram;
    hop.counted = (failure.counted >> model.rule & 1u) != 0;
    hop.from = failure.from;
    hop.to = failure.to;
    hop.local = static_cast<std::uint16_t>(local[kind]++);
    hop.link = span(failure.access ? model.access : model.core);
    hop.cause = request;
    auto& asked = hops[static_cast<std::size_t>(request)];
    if (failure.part == Part::ack) {
      hop.acknowledges = asked.on_failure;
      hops[static_cast<std::size_t>(asked.on_failure)].failure_ack = index;
    } else {
      hop.failure = true;
      hop.request = request;
      hop.repeats = asked.part == Part::invite && failure.datagram;
      asked.on_failure = index;
    }
    hops.push_back(hop);
    flags = std::max<std::size_t>(flags, local[kind]);
  }
}

}  // namespace rcs::sim
