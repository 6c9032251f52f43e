#include "ims/signal_net.hpp"

#include <utility>

namespace rcs::ims {

void SignalNet::add(NodeId node, Role& role, bool recorded) { members_[node] = Member{&role, recorded}; }

void SignalNet::carry_out(NodeId node, RoleOutbox& out) { carry_out(node, out, nullptr); }

void SignalNet::carry_out(NodeId node, RoleOutbox& out, Step* step) {
  for (auto& effect : out.take()) {
    if (const auto* send = std::get_if<RoleOutbox::Send>(&effect)) {
      if (step != nullptr) step->said.emplace_back(send->to, send->message);
      queue_.push(Event{.time = now_ + latency_,
                        .serial = ++serial_,
                        .to = send->to,
                        .from = node,
                        .signal = send->message});
    } else if (const auto* arm = std::get_if<RoleOutbox::Arm>(&effect)) {
      armed_[{node, arm->key}] = ++serial_;
      queue_.push(Event{
          .time = now_ + arm->after, .serial = serial_, .to = node, .is_timer = true, .timer = arm->key});
    } else if (const auto* cancel = std::get_if<RoleOutbox::Cancel>(&effect)) {
      armed_.erase({node, cancel->key});
    } else {
      notices_.push_back(std::get<RoleOutbox::Emit>(effect).event);
    }
  }
  if (step != nullptr) steps_.push_back(std::move(*step));
}

void SignalNet::run_until(Instant end) {
  while (!queue_.empty() && queue_.top().time <= end) {
    const Event event = queue_.top();
    queue_.pop();
    now_ = event.time;
    RoleOutbox out;
    if (event.is_timer) {
      const auto armed = armed_.find({event.to, event.timer});
      if (armed == armed_.end() || armed->second != event.serial) continue;
      armed_.erase(armed);
    } else if (dead_.contains(event.to)) {
      if (event.signal.status != 0 || event.signal.method == Method::ack) continue;
      Signal failed = event.signal;
      failed.status = 503;
      queue_.push(
          Event{.time = now_, .serial = ++serial_, .to = event.from, .from = event.from, .signal = failed});
      continue;
    }
    const auto member = members_.find(event.to);
    if (member == members_.end()) continue;
    Step step{.node = event.to};
    if (event.is_timer) {
      step.timer = event.timer;
      member->second.role->on_timer(now_, event.timer, out);
    } else {
      step.heard = event.signal;
      member->second.role->on_message(now_, event.from, event.signal, out);
    }
    carry_out(event.to, out, member->second.recorded ? &step : nullptr);
  }
  now_ = end;
}

}  // namespace rcs::ims
