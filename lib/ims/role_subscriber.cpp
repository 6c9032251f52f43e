#include "ims/role_subscriber.hpp"

namespace rcs::ims {

void SubscriberRole::register_now(RoleOutbox& out) { send_register(config_.expires, out); }
void SubscriberRole::unregister(RoleOutbox& out) { send_register(0, out); }

void SubscriberRole::send_register(std::uint32_t expires, RoleOutbox& out) {
  Signal request;
  request.method = Method::register_;
  request.from = request.to = config_.user;
  request.flags = Flag::from_local | Flag::to_local;
  request.expires = expires;
  request.cseq = ++register_cseq_;
  request.contact = ContactId{config_.self.value};
  request.target = config_.self;
  request.call = CallKey{static_cast<std::uint64_t>(config_.self.value) << 24};
  (void)request.via.push(config_.self);
  out.send(config_.entry, request);
}

CallKey SubscriberRole::invite(UserId to, RoleOutbox& out) {
  Call call;
  call.caller = true;
  Signal& invite = call.invite;
  invite.method = Method::invite;
  invite.from = config_.user;
  invite.to = to;
  invite.flags = Flag::from_local | Flag::to_local | static_cast<Flags>(Flag::chat_tag) |
                 static_cast<Flags>(Flag::has_sdp);
  invite.set(Flag::update_allowed, config_.update_allowed);
  invite.cseq = 1;
  // Unique over all devices: 2^24 calls each.
  invite.call = CallKey{(static_cast<std::uint64_t>(config_.self.value) << 24) + ++last_call_};
  invite.message = MessageHandle{invite.call.value};
  (void)invite.via.push(config_.self);
  out.send(config_.entry, invite);
  const CallKey key = invite.call;
  calls_[key] = call;
  return key;
}

void SubscriberRole::send_in_dialog(const Call& call, Method method, RoleOutbox& out) {
  Signal request = call.pattern;
  request.method = method;
  out.send(request.route.empty() ? request.target : request.route.pop(), request);
}

void SubscriberRole::bye(CallKey key, RoleOutbox& out) {
  const auto found = calls_.find(key);
  if (found == calls_.end() || !found->second.up) return;
  send_in_dialog(found->second, Method::bye, out);
  calls_.erase(found);
}

void SubscriberRole::cancel(CallKey key, RoleOutbox& out) {
  const auto found = calls_.find(key);
  if (found == calls_.end() || found->second.up || !found->second.caller) return;
  Signal request = found->second.invite;
  request.method = Method::cancel;
  out.send(config_.entry, request);
}

void SubscriberRole::on_message(Instant, NodeId, const Signal& signal, RoleOutbox& out) {
  if (signal.status != 0) return on_response(signal, out);
  const auto found = calls_.find(signal.call);
  switch (signal.method) {
    case Method::ack:
      return;
    case Method::invite: {
      if (found != calls_.end()) return;
      ++invitations;
      Call& call = calls_[signal.call];
      call.invite = signal;
      if (config_.rings) answer_invite(call, 180, out);
      if (config_.answer == 0) return;
      if (config_.answer_after > Duration{})
        return out.arm({kAnswerTimer, signal.call.value}, config_.answer_after);
      answer_invite(call, config_.answer, out);
      if (config_.answer >= 300) calls_.erase(signal.call);
      return;
    }
    case Method::cancel:
      if (found == calls_.end() || found->second.up || found->second.caller) return;
      out.cancel({kAnswerTimer, signal.call.value});
      answer_invite(found->second, 487, out);
      calls_.erase(found);
      return;
    case Method::bye:
      ++ended;
      if (found != calls_.end()) calls_.erase(found);
      break;
    case Method::update:
      ++updates;
      break;
    default:
      break;
  }
  const Signal reply = make_answer(signal, config_.self, 200);
  out.send(reply.via.top(), reply);
}

void SubscriberRole::answer_invite(Call& call, int status, RoleOutbox& out) {
  const Signal reply = make_answer(call.invite, config_.self, status);
  if (status >= 200 && status < 300) {
    const auto way = callee_route(call.invite);
    call.up = true;
    call.pattern = Signal{};
    call.pattern.from = call.invite.to;
    call.pattern.to = call.invite.from;
    call.pattern.call = call.invite.call;
    call.pattern.flags = static_cast<Flags>(Flag::in_dialog);
    call.pattern.route = way.route;
    call.pattern.target = way.target;
    (void)call.pattern.via.push(config_.self);
  }
  out.send(reply.via.top(), reply);
}

void SubscriberRole::on_response(const Signal& response, RoleOutbox& out) {
  if (response.method == Method::register_) {
    registered = response.status == 200 && response.expires != 0;
    last_status = response.status;
    return;
  }
  const auto found = calls_.find(response.call);
  if (response.method != Method::invite || found == calls_.end() || response.status < 200) return;
  last_status = response.status;
  if (response.status >= 300) {
    ++refused;
    calls_.erase(found);
    return;
  }
  Call& call = found->second;
  if (!call.up) {
    ++accepted;
    const auto way = caller_route(response);
    call.up = true;
    call.pattern.from = call.invite.from;
    call.pattern.to = call.invite.to;
    call.pattern.call = call.invite.call;
    call.pattern.flags = static_cast<Flags>(Flag::in_dialog);
    call.pattern.route = way.route;
    call.pattern.target = way.target;
    (void)call.pattern.via.push(config_.self);
  }
  send_in_dialog(call, Method::ack, out);
}

void SubscriberRole::on_timer(Instant, node::TimerKey key, RoleOutbox& out) {
  const auto found = calls_.find(CallKey{key.id});
  if (key.kind != kAnswerTimer || found == calls_.end() || found->second.up) return;
  answer_invite(found->second, config_.answer, out);
  if (config_.answer >= 300) calls_.erase(found);
}

}  // namespace rcs::ims
