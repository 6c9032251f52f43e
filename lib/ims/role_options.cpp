#include "ims/role_options.hpp"

namespace rcs::ims {
namespace {

/// What the CSCF and its transactions say when no device has answered.
bool means_nobody(int status) { return status == 408 || status == 480 || status == 503; }

}  // namespace

void OptionsRole::on_message(Instant, NodeId, const Signal& signal, RoleOutbox& out) {
  if (signal.status != 0) return on_response(signal, out);
  on_request(signal, out);
}

void OptionsRole::answer(const Signal& request, int status, RoleOutbox& out, Flags flags) {
  if (request.method == Method::ack || request.method == Method::cancel) return;
  Signal reply = make_answer(request, places_.self, status);
  reply.flags |= flags;
  out.send(reply.via.top(), reply);
}

void OptionsRole::on_request(const Signal& request, RoleOutbox& out) {
  if (request.has(Flag::in_dialog)) return answer(request, 481, out);
  if (request.method != Method::options) return answer(request, 405, out);
  if (!request.has(Flag::trusted)) return answer(request, 403, out);
  if (!request.has(Flag::to_local)) return answer(request, 404, out);
  if (request.session_case == SessionCase::terminating_unregistered) return answer_for_device(request, out);
  Signal copy = request;
  const NodeId next = copy.route.pop();
  if (!next || next == places_.self) return answer(request, 404, out);
  if (!pass_through(copy, places_.self)) return answer(request, 483, out);
  asked_[request.txn] = request;
  out.send(next, copy);
  out.arm({kOptionsTimer, request.txn.value}, config_.answer_within);
}

void OptionsRole::on_response(Signal response, RoleOutbox& out) {
  const auto found = asked_.find(response.txn);
  if (found == asked_.end() || response.status < 200) return;
  const Signal request = found->second;
  asked_.erase(found);
  out.cancel({kOptionsTimer, request.txn.value});
  if (means_nobody(response.status)) return answer_for_device(request, out);
  response.via.pop();
  out.send(response.via.top(), response);
}

void OptionsRole::on_timer(Instant, node::TimerKey key, RoleOutbox& out) {
  const auto found = asked_.find(TxnKey{key.id});
  if (key.kind != kOptionsTimer || found == asked_.end()) return;
  const Signal request = found->second;
  asked_.erase(found);
  answer_for_device(request, out);
}

void OptionsRole::answer_for_device(const Signal& request, RoleOutbox& out) {
  const bool by_network = config_.mode == OptionsMode::network && request.has(Flag::capabilities_known);
  if (!by_network) return answer(request, 480, out);
  answer(request, 200, out, static_cast<Flags>(Flag::answered_by_network));
}

}  // namespace rcs::ims
