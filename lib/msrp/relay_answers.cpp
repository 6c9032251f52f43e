// What the next hop says to a request that was passed on, or that it says nothing (MSRP-107).

#include "msrp/relay_state.hpp"
#include "msrp/reports.hpp"

namespace rcs::msrp {

namespace {

bool is_success(int status) { return status >= 200 && status < 300; }

}  // namespace

void Relay::State::on_response(RelayTurn turn, const Head& head, std::string_view lines, RelayLink& link) {
  const auto transaction = link.outlet.take(head.transaction_id);
  if (!transaction) return;
  if (transaction->is_send) {
    if (!is_success(head.status)) tell_failure(turn, *transaction, head.status, head.comment);
    return;
  }
  auto* previous = find(transaction->previous);
  if (previous == nullptr) return;
  const auto step = routes.step_back(head.to_path, head.from_path);
  if (step.to_path.empty()) return;  // it leads to nobody but us
  scratch.assign("MSRP ").append(transaction->previous_id).append(" ").append(std::to_string(head.status));
  if (!head.comment.empty()) scratch.append(" ").append(head.comment);
  scratch.append("\r\nTo-Path: ").append(step.to_path);
  scratch.append("\r\nFrom-Path: ").append(step.from_path).append("\r\n").append(lines);
  scratch.append(kHyphens).append(transaction->previous_id).append("$\r\n");
  previous->outlet.add(turn.now, scratch);
  touch(*previous);
  hold_back(turn, link, *previous);
}

void Relay::State::tell_failure(RelayTurn turn, const RelayTransaction& transaction, int status,
                                std::string_view comment) {
  auto* previous = find(transaction.previous);
  if (previous == nullptr) return;
  // Where only errors are answered, silence is none (MSRP-37).
  if (transaction.failure_report == FailureReport::partial && status == 408) return;
  Head request;
  request.transaction_id = transaction.previous_id;
  request.to_path = transaction.own;
  request.from_path = transaction.back_path;
  request.message_id = transaction.message_id;
  scratch.clear();
  if (transaction.is_send) {
    append_report(scratch, *random, request, transaction.range, status, comment);
  } else {
    append_response(scratch, request, status, comment);
  }
  previous->outlet.add(turn.now, scratch);
  touch(*previous);
}

}  // namespace rcs::msrp
