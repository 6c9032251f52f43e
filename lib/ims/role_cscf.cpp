#include "ims/role_cscf.hpp"

namespace rcs::ims {
namespace {

/// What a server's default handling is for (3GPP TS 24.229 section 5.4.3.2): no answer in time (408), none to
/// be reached (503), or one that says that it can not.
bool means_server_down(int status) { return status == 408 || (status >= 500 && status < 600); }

}  // namespace

void CscfRole::on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) {
  if (signal.status != 0) return on_response(now, signal, out);
  if (signal.has(Flag::to_flow)) return send(signal, kOutside, out);  // t-cscf has decided on it
  if (signal.has(Flag::in_dialog)) return pass_in_dialog(signal, out);
  if (signal.method == Method::ack) return;  // of nothing we know: there is nobody to pass it to
  if (signal.method == Method::register_) {
    ContactSpec contact{.contact = signal.contact, .node = signal.target, .expires = signal.expires};
    const std::span<const ContactSpec> contacts(&contact, signal.contact ? 1 : 0);
    return on_register(now, from, signal, contacts, out);
  }
  if (part_ == CscfPart::originating) {
    originate(now, signal, out);
  } else {
    terminate(now, signal, out);
  }
}

void CscfRole::on_response(Instant now, Signal response, RoleOutbox& out) {
  if (response.via.size() <= 1) return;  // to a third-party REGISTER of ours: nothing depends on it
  response.via.pop();
  if (response.method == Method::register_ && part_ == CscfPart::originating && response.status == 200) {
    if (response.expires == 0) {
      registered_.erase(response.to);
    } else {
      registered_[response.to] = now + std::chrono::seconds(response.expires);
    }
  }
  if (means_server_down(response.status)) {
    const auto fired = filters_.fired(response.odi);
    // IFC-4: go on behind the server as if it had never been asked, or give up.
    if (fired && fired->default_handling == DefaultHandling::continue_) {
      Signal request = request_of(response);
      if (part_ == CscfPart::originating) {
        originate(now, request, out);
      } else {
        terminate(now, request, out);
      }
      return;
    }
  }
  // RFC 5626 section 5.3.1: 430 is between the node that holds the connections and the one that knows the
  // user.
  if (response.status == kFlowFailed && part_ == CscfPart::terminating) {
    response.status = 480;
    response.cause = 0;
  }
  response.odi = 0;  // further up it is from beyond whatever server was asked there
  out.send(response.via.top(), response);
}

void CscfRole::answer(const Signal& request, int status, RoleOutbox& out) {
  if (request.method == Method::cancel || request.method == Method::ack) return;
  Signal reply = make_answer(request, places_.self, status);
  reply.odi = 0;
  out.send(request.via.top(), reply);
}

void CscfRole::send(Signal request, NodeId to, RoleOutbox& out) {
  if (!pass_through(request, places_.self)) return answer(request, 483, out);
  request.set(Flag::trusted);  // from here on it is the core that speaks
  out.send(to, request);
}

void CscfRole::pass_in_dialog(Signal request, RoleOutbox& out) {
  const NodeId next = request.route.empty() ? request.target : request.route.pop();
  if (!next || next == places_.self) return answer(request, 481, out);  // it would come back for ever
  send(request, next, out);
}

bool CscfRole::has_registered(Instant now, UserId user) {
  const auto found = registered_.find(user);
  if (found == registered_.end()) return false;
  if (found->second > now) return true;
  registered_.erase(found);
  return false;
}

void CscfRole::originate(Instant now, Signal request, RoleOutbox& out) {
  const bool returned = request.has(Flag::trusted) && request.odi != 0;
  if (!returned && !has_registered(now, request.from)) {
    return answer(request, 403, out);  // SIM-2
  }
  request.session_case = SessionCase::originating;
  if (to_server(request, out)) return;
  request.odi = 0;
  request.session_case = SessionCase::terminating;
  send(request, places_.t_cscf, out);
}

bool CscfRole::to_server(const Signal& request, RoleOutbox& out) {
  if (request.odi == kOdiDone) return false;
  Signal looked_at = request;
  if (request.method == Method::cancel) looked_at.method = Method::invite;  // it follows its INVITE
  const auto match = filters_.next(looked_at);
  if (!match) return false;
  Signal copy = request;
  copy.odi = match->next;
  copy.route.clear();
  (void)copy.route.push(places_.self);
  send(copy, match->server, out);
  return true;
}

void CscfRole::terminate(Instant now, Signal request, RoleOutbox& out) {
  // Requests enter the network where their sender is known.
  if (!request.has(Flag::trusted)) return answer(request, 403, out);
  if (!request.has(Flag::to_local)) return answer(request, 404, out);
  const bool registered = registrar_.is_registered(now, request.to);
  request.session_case = registered ? SessionCase::terminating : SessionCase::terminating_unregistered;
  if (to_server(request, out)) return;
  deliver(now, request, out);
}

void CscfRole::deliver(Instant now, Signal request, RoleOutbox& out) {
  const auto binding = registrar_.best(now, request.to, request);
  if (!binding) return answer_nobody(now, request, out);
  request.contact = binding->spec.contact;
  request.target = binding->spec.node;
  request.odi = 0;
  request.route.clear();
  send(request, binding->spec.node, out);
}

void CscfRole::answer_nobody(Instant now, const Signal& request, RoleOutbox& out) {
  Signal reply = make_answer(request, places_.self, 480);  // SIM-7, REG-41
  reply.odi = 0;
  // What the device that is there would say: the user is not away, but can not be reached in this way.
  if (registrar_.is_for_other_service(now, request.to, request))
    reply.cause = request.method == Method::message ? 405 : 488;
  out.send(request.via.top(), reply);
}

void CscfRole::on_register(Instant now, NodeId from, const Signal& signal,
                           std::span<const ContactSpec> contacts, RoleOutbox& out) {
  if (signal.status != 0 || signal.method != Method::register_) return on_message(now, from, signal, out);
  if (part_ == CscfPart::originating) return send(signal, places_.t_cscf, out);
  if (!signal.has(Flag::to_local)) return answer(signal, 404, out);  // REG-5
  if (signal.from != signal.to) return answer(signal, 403, out);     // REG-5: nobody registers for others
  const auto outcome = registrar_.update(now, signal.to, signal, contacts);
  Signal reply = make_answer(signal, places_.self, outcome.status);
  reply.expires = outcome.status == 423 ? kMinRegistration : registrar_.longest(now, signal.to);
  out.send(reply.via.top(), reply);
  if (outcome.status != 200 || (contacts.empty() && !signal.has(Flag::contact_star))) return;
  if (outcome.removed_some && outcome.is_registered) {
    out.emit(Notice{.kind = Notice::Kind::bindings_changed, .to = signal.to});
  }
  registration_changed(now, signal.to, outcome.was_registered, outcome.is_registered, out);
}

void CscfRole::registration_changed(Instant now, UserId user, bool was, bool is, RoleOutbox& out) {
  const node::TimerKey timer{kBindingTimer, user.value};
  if (const auto next = registrar_.next_expiry(user)) {
    out.arm(timer, *next - now);
  } else {
    out.cancel(timer);
  }
  if (!was && !is) return;
  out.emit(Notice{.kind = is ? Notice::Kind::registered : Notice::Kind::unregistered, .to = user});
  tell_servers(user, registrar_.longest(now, user), out);
}

void CscfRole::tell_servers(UserId user, std::uint32_t expires, RoleOutbox& out) {
  Signal request;
  request.method = Method::register_;
  request.from = request.to = user;
  request.expires = expires;
  request.set(Flag::originated);
  request.set(Flag::from_local);
  request.set(Flag::to_local);
  request.set(Flag::trusted);
  (void)request.via.push(places_.self);
  while (const auto match = filters_.next(request)) {  // IFC-7: each criterion that matches
    request.odi = match->next;
    out.send(match->server, request);
  }
}

void CscfRole::on_timer(Instant now, node::TimerKey key, RoleOutbox& out) {
  if (key.kind != kBindingTimer) return;
  const UserId user{static_cast<std::uint32_t>(key.id)};
  const bool changed = registrar_.expire(now, user);
  const bool is = registrar_.is_registered(now, user);
  if (changed && !is) return registration_changed(now, user, true, false, out);
  if (changed) out.emit(Notice{.kind = Notice::Kind::bindings_changed, .to = user});
  if (const auto next = registrar_.next_expiry(user)) out.arm(key, *next - now);
}

}  // namespace rcs::ims
