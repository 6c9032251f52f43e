// Requests on their way through the relay. A chunk is begun at the next hop when 2048 octets of its body or
// its end are there, and passes on as it comes from then on: so a small one leaves whole, and one that is
// open may be interrupted at any octet (MSRP-33).

#include <algorithm>

#include "msrp/dial_target.hpp"
#include "msrp/header_lines.hpp"
#include "msrp/relay_state.hpp"
#include "msrp/sender.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

constexpr std::size_t kMaxSteps = 8;     // kept of a connection; sessions of one that take turns are few
constexpr std::size_t kMaxPaths = 4096;  // octets of both; five relays on the way make 1200

bool is_report(const Head& head) { return head.method == "REPORT"; }

FailureReport failure_report_of(const Head& head) { return head.failure_report.value_or(FailureReport::yes); }

/// What of a head the relay needs, with the memory that `to` has already.
void copy_head(const Head& from, Head& to) {
  to.transaction_id = from.transaction_id;
  to.method = from.method;
  to.to_path = from.to_path;
  to.from_path = from.from_path;
  to.message_id = from.message_id;
  to.failure_report = from.failure_report;
  to.byte_range = from.byte_range;
  to.has_body = from.has_body;
}

}  // namespace

void Relay::State::on_head(RelayTurn turn, RelayLink& link, const HeadArrived& arrived) {
  const auto& head = *arrived.head;
  auto& transfer = link.transfer;
  transfer.kind = Transfer::Kind::ignored;
  if (!head.is_request()) {
    if (arrived.defect.empty()) on_response(turn, head, arrived.lines, link);
    return;
  }
  copy_head(head, transfer.head);
  transfer.begun = false;
  transfer.passed = 0;
  transfer.held.clear();
  if (!arrived.defect.empty()) return refuse(turn, link, 400, arrived.defect);
  if (head.method == "AUTH" && head.to_path.find(' ') == std::string::npos) {
    transfer.kind = Transfer::Kind::auth;
    transfer.head.others = head.others;
    return;
  }
  if (head.to_path.size() + head.from_path.size() > kMaxPaths)
    return refuse(turn, link, 400, "the paths are over " + std::to_string(kMaxPaths) + " octets");
  const auto step = step_of(turn, link, head);
  if (!step) return refuse(turn, link, 481, step.error().detail());
  const auto next = next_of(turn, **step);
  if (!next) return refuse(turn, link, 481, next.error().detail());
  link.valid = true;
  transfer.kind = Transfer::Kind::forward;
  transfer.lines = arrived.lines;
  transfer.to_path = (*step)->to_path;
  transfer.from_path = (*step)->from_path;
  transfer.own = (*step)->own;
  transfer.next = *next;
}

Result<const RelayStep*> Relay::State::step_of(RelayTurn turn, RelayLink& link, const Head& head) {
  const auto is_it = [&](const CachedStep& cached) {
    return cached.to_path == head.to_path && cached.from_path == head.from_path;
  };
  auto& steps = link.steps;
  if (link.step >= steps.size() || !is_it(steps[link.step])) {
    const auto at = std::find_if(steps.begin(), steps.end(), is_it);
    link.step = static_cast<std::size_t>(at - steps.begin());
  }
  if (link.step < steps.size() && steps[link.step].epoch == routes.epoch()) return &steps[link.step].step;
  RCS_TRY(auto step, routes.step(turn.now, link.id, head.to_path, head.from_path));
  learn(link, first_uri(head.from_path));
  if (link.step >= steps.size()) {
    if (steps.size() == kMaxSteps) steps.erase(steps.begin());
    steps.emplace_back();
    link.step = steps.size() - 1;
  }
  auto& cached = steps[link.step];
  cached.to_path = head.to_path;
  cached.from_path = head.from_path;
  cached.epoch = routes.epoch();
  cached.step = std::move(step);
  return &cached.step;
}

Result<node::ConnectionId> Relay::State::next_of(RelayTurn turn, const RelayStep& step) {
  const Error lost(Errc::unreachable, "the next hop can not be reached");
  if (step.next) {
    if (find(step.next) == nullptr) return lost;
    return step.next;
  }
  RCS_TRY(auto target, dial_target(step.next_uri));
  target.check_authority = config.check_authority;
  const auto* next = dial(turn, target);
  if (next == nullptr) return lost;
  return next->id;
}

/// Who came to us may be nowhere else to be found.
void Relay::State::learn(RelayLink& link, std::string_view from_uri) {
  if (!link.place.empty() || link.learned.size() >= config.max_learned_each) return;
  auto key = routes.learn(from_uri, link.id);
  if (!key.empty()) link.learned.push_back(std::move(key));
}

void Relay::State::refuse(RelayTurn turn, RelayLink& link, int status, std::string_view comment) {
  auto& transfer = link.transfer;
  transfer.kind = Transfer::Kind::ignored;
  const auto& head = transfer.head;
  if (head.to_path.empty() || head.from_path.empty() || is_report(head)) return;
  if (head.method == "SEND" && failure_report_of(head) == FailureReport::no) return;
  scratch.clear();
  append_response(scratch, head, status, comment);
  link.outlet.add(turn.now, scratch);
  touch(link);
  hold_back(turn, link, link);
}

void Relay::State::on_body(RelayTurn turn, RelayLink& link, std::string_view octets) {
  if (link.transfer.kind != Transfer::Kind::forward) return;
  auto* next = find(link.transfer.next);
  if (next == nullptr) return refuse(turn, link, 481, "the next hop is lost");
  pass(turn, link, *next, octets);
  hold_back(turn, link, *next);
}

void Relay::State::pass(RelayTurn turn, RelayLink& link, RelayLink& next, std::string_view octets) {
  auto& transfer = link.transfer;
  auto& outlet = next.outlet;
  outlet.lend(turn.spares);
  touch(next);
  while (!octets.empty()) {
    if (outlet.writer() != link.id) {
      const bool is_direct = transfer.held.empty() && octets.size() >= kSmallChunk;
      if (!is_direct) {
        const auto more = octets.substr(0, kSmallChunk - transfer.held.size());
        transfer.held.append(more);
        octets.remove_prefix(more.size());
        if (transfer.held.size() < kSmallChunk) return;
      }
      begin(turn, link, next);
      if (!is_direct) {
        const auto written = outlet.write(turn.now, transfer.held);
        transfer.held.erase(0, written);
        transfer.passed += written;
        continue;
      }
    }
    const auto written = outlet.write(turn.now, octets);
    transfer.passed += written;
    octets.remove_prefix(written);
  }
}

void Relay::State::begin(RelayTurn turn, RelayLink& link, RelayLink& next) {
  auto& transfer = link.transfer;
  const auto& head = transfer.head;
  const auto start = (head.byte_range ? head.byte_range->start : 1) + transfer.passed;
  std::string continued;
  if (transfer.begun) {
    ByteRange range;
    range.start = start;
    if (head.byte_range) range.total = head.byte_range->total;
    continued = with_byte_range(transfer.lines, range);
  }
  std::optional<RelayTransaction> transaction;
  const bool is_send = head.method == "SEND";
  if (is_send ? failure_report_of(head) != FailureReport::no : !is_report(head)) {
    transaction.emplace();
    transaction->previous = link.id;
    transaction->is_send = is_send;
    if (!is_send) transaction->previous_id = head.transaction_id;
    transaction->back_path = head.from_path;
    transaction->own = transfer.own;
    transaction->message_id = head.message_id;
    transaction->failure_report = failure_report_of(head);
    transaction->range.start = start;
    if (head.byte_range) transaction->range.total = head.byte_range->total;
  }
  RelayOutlet::ChunkHead to{head.method, transfer.to_path, transfer.from_path,
                            transfer.begun ? std::string_view(continued) : transfer.lines, head.has_body};
  next.outlet.begin(turn.now, link.id, to, std::move(transaction));
  transfer.begun = true;
}

void Relay::State::on_end(RelayTurn turn, RelayLink& link, Flag flag) {
  auto& transfer = link.transfer;
  if (transfer.kind == Transfer::Kind::auth) on_auth(turn, link);
  if (transfer.kind != Transfer::Kind::forward) return;
  auto* next = find(transfer.next);
  if (next == nullptr) return refuse(turn, link, 481, "the next hop is lost");
  touch(*next);
  auto& outlet = next->outlet;
  do {
    if (outlet.writer() != link.id) begin(turn, link, *next);
    if (transfer.held.empty()) break;
    const auto written = outlet.write(turn.now, transfer.held);
    transfer.held.erase(0, written);
    transfer.passed += written;
  } while (!transfer.held.empty() || outlet.writer() != link.id);
  outlet.end(turn.now, flag);
  transfer.kind = Transfer::Kind::none;
  hold_back(turn, link, *next);
  if (transfer.head.method != "SEND" || failure_report_of(transfer.head) != FailureReport::yes) return;
  scratch.clear();
  append_response(scratch, transfer.head, 200, "OK");
  link.outlet.lend(turn.spares);
  link.outlet.add(turn.now, scratch);
  touch(link);
  hold_back(turn, link, link);
}

void Relay::State::abandon(RelayTurn turn, RelayLink& link) {
  auto& transfer = link.transfer;
  if (transfer.kind != Transfer::Kind::forward) return;
  auto* next = find(transfer.next);
  if (next == nullptr) {
    if (!link.over) refuse(turn, link, 481, "the next hop is lost");
    return;
  }
  transfer.kind = Transfer::Kind::ignored;
  if (!transfer.begun) return;
  if (next->outlet.writer() != link.id) begin(turn, link, *next);
  next->outlet.end(turn.now, Flag::abandoned);
  touch(*next);
}

}  // namespace rcs::msrp
