#include "ims/role_presence.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rcs::ims {
namespace {

/// PRES-27: the watcher knows nothing of the subscription, or is not there any more.
bool ends_subscription(int status) {
  if (status >= 480 && status <= 485) return true;
  switch (status) {
    case 404:
    case 405:
    case 408:
    case 410:
    case 416:
    case 489:
    case 501:
    case 604:
      return true;
    default:
      return false;
  }
}

std::uint32_t seconds_until(Instant now, Instant until) {
  return until <= now
             ? 0
             : static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(until - now).count());
}

}  // namespace

std::size_t PresenceRole::Presentity::octets() const {
  return std::accumulate(publications.begin(), publications.end(), std::size_t{0},
                         [](std::size_t sum, const Publication& p) { return sum + p.octets; });
}

void PresenceRole::on_message(Instant now, NodeId, const Signal& signal, RoleOutbox& out) {
  if (!signal.is_request()) return on_response(now, signal, out);
  const bool subscribes = signal.method == Method::subscribe;
  if (signal.has(Flag::in_dialog))
    return subscribes ? on_resubscribe(now, signal, out) : answer(signal, 481, out);
  if (!subscribes && signal.method != Method::publish) return answer(signal, 405, out);
  if (!signal.has(Flag::trusted)) return answer(signal, 403, out);
  if (!signal.has(Flag::to_local)) return answer(signal, 404, out);  // PRES-5, CAP-51
  if (subscribes) return on_subscribe(now, signal, out);
  on_publish(now, signal, out);
}

void PresenceRole::on_timer(Instant now, node::TimerKey key, RoleOutbox& out) {
  if (key.kind == kPublicationTimer) return on_expiry(now, UserId{static_cast<std::uint32_t>(key.id)}, out);
  const CallKey call{key.id};
  const auto found = watches_.find(call);
  if (found == watches_.end()) return;
  if (key.kind == kWatchTimer) {
    notify(now, call, found->second, out);
    end(call, out);
  } else if (key.kind == kNotifyTimer && std::exchange(found->second.is_owed, false)) {
    owe(now, call, found->second, out);
  }
}

void PresenceRole::answer(const Signal& request, int status, RoleOutbox& out, std::uint32_t expires,
                          MessageHandle version) {
  if (request.method == Method::ack || request.method == Method::cancel) return;
  Signal reply = make_answer(request, places_.self, status);
  reply.expires = expires;
  reply.message = version;
  out.send(reply.via.top(), reply);
}

bool PresenceRole::is_too_brief(const Signal& request, RoleOutbox& out) {
  if (request.expires == 0 || request.expires >= config_.min_expires) return false;
  answer(request, 423, out, config_.min_expires);  // PRES-4, PRES-22
  return true;
}

void PresenceRole::forget_if_idle(UserId user) {
  const auto found = presentities_.find(user);
  if (found != presentities_.end() && found->second.publications.empty() && found->second.watches.empty())
    presentities_.erase(found);
}

// --- what is published
// -------------------------------------------------------------------------------------------------

PresenceRole::Publication* PresenceRole::find(UserId user, MessageHandle version) {
  const auto presentity = presentities_.find(user);
  if (!version || presentity == presentities_.end()) return nullptr;
  auto& all = presentity->second.publications;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Publication& p) { return p.version == version; });
  return found == all.end() ? nullptr : &*found;
}

int PresenceRole::fault_of(const Signal& publish) const {
  if (publish.from != publish.to) return 403;
  if (!publish.message && (publish.size == 0 || publish.expires == 0)) return 400;
  return 0;
}

void PresenceRole::on_publish(Instant now, const Signal& request, RoleOutbox& out) {
  if (const int status = fault_of(request)) return answer(request, status, out);
  if (request.message && find(request.to, request.message) == nullptr)
    return answer(request, 412, out);  // PRES-3
  if (is_too_brief(request, out)) return;
  if (request.expires != 0) return publish(now, request, out);
  auto& presentity = presentities_[request.to];
  const auto* gone = find(request.to, request.message);
  // PRES-2: every 200 has a tag of its own; this one names nothing.
  answer(request, 200, out, 0, MessageHandle{++last_version_});
  withdraw(presentity, request.to, static_cast<std::size_t>(gone - presentity.publications.data()), out);
  arm_expiry(now, request.to, out);
  on_changed(now, request.to, out);
  forget_if_idle(request.to);
}

void PresenceRole::publish(Instant now, const Signal& request, RoleOutbox& out) {
  const auto* before = find(request.to, request.message);
  const bool is_new_state = request.size != 0;
  const std::size_t replaced = before == nullptr ? 0 : before->octets;
  if (is_new_state && octets_ - replaced + request.size > config_.max_octets)
    return answer(request, 503, out);
  auto& presentity = presentities_[request.to];
  Publication after;
  after.version = MessageHandle{++last_version_};
  const auto granted = std::min(request.expires, config_.max_expires);
  after.until = now + std::chrono::seconds(granted);
  after.octets = is_new_state ? request.size : static_cast<std::uint32_t>(replaced);
  octets_ = octets_ - replaced + after.octets;
  std::erase_if(presentity.publications,
                [&](const Publication& p) { return request.message && p.version == request.message; });
  presentity.publications.push_back(after);
  answer(request, 200, out, granted, after.version);
  make_room(presentity, request, out);
  arm_expiry(now, request.to, out);
  if (is_new_state) on_changed(now, request.to, out);
}

void PresenceRole::make_room(Presentity& presentity, const Signal& request, RoleOutbox& out) {
  while (presentity.publications.size() > 1 &&
         (presentity.publications.size() > config_.max_publications_per_user ||
          presentity.octets() > config_.max_octets_per_user)) {
    withdraw(presentity, request.to, 0, out);
  }
}

void PresenceRole::withdraw(Presentity& presentity, UserId user, std::size_t index, RoleOutbox& out) {
  const auto at = presentity.publications.begin() + static_cast<std::ptrdiff_t>(index);
  octets_ -= at->octets;
  out.emit(Notice{.kind = Notice::Kind::message_done, .to = user, .message = at->version});
  presentity.publications.erase(at);
}

void PresenceRole::arm_expiry(Instant now, UserId user, RoleOutbox& out) {
  const node::TimerKey timer{kPublicationTimer, user.value};
  const auto& all = presentities_[user].publications;
  const auto next = std::min_element(
      all.begin(), all.end(), [](const Publication& a, const Publication& b) { return a.until < b.until; });
  if (next == all.end()) return out.cancel(timer);
  out.arm(timer, next->until - now);
}

void PresenceRole::on_expiry(Instant now, UserId user, RoleOutbox& out) {
  const auto found = presentities_.find(user);
  if (found == presentities_.end()) return;
  auto& presentity = found->second;
  const auto before = presentity.publications.size();
  for (std::size_t i = before; i > 0; --i) {
    if (presentity.publications[i - 1].until <= now) withdraw(presentity, user, i - 1, out);
  }
  arm_expiry(now, user, out);
  if (presentity.publications.size() != before) on_changed(now, user, out);
  forget_if_idle(user);
}

// --- who watches
// -------------------------------------------------------------------------------------------------------

void PresenceRole::on_subscribe(Instant now, const Signal& request, RoleOutbox& out) {
  if (is_too_brief(request, out)) return;
  const auto known = presentities_.find(request.to);
  if (known != presentities_.end()) {
    const auto& others = known->second.watches;
    const auto own = std::count_if(others.begin(), others.end(),
                                   [&](CallKey call) { return watches_.at(call).watcher == request.from; });
    if (others.size() >= config_.max_watches_per_user ||
        static_cast<std::size_t>(own) >= config_.max_watches_of_watcher)
      return answer(request, 503, out);
  }
  if (watches_.size() >= config_.max_watches) return answer(request, 503, out);
  presentities_[request.to].watches.push_back(request.call);
  Watch& watch = watches_[request.call];
  watch.presentity = request.to;
  watch.watcher = request.from;
  watch.way = callee_route(request);
  grant(now, request, watch, out);
}

void PresenceRole::on_resubscribe(Instant now, const Signal& request, RoleOutbox& out) {
  const auto found = watches_.find(request.call);
  if (found == watches_.end()) return answer(request, 481, out);
  if (is_too_brief(request, out)) return;
  grant(now, request, found->second, out);
}

void PresenceRole::grant(Instant now, const Signal& request, Watch& watch, RoleOutbox& out) {
  const auto granted = std::min(request.expires, config_.max_expires);
  watch.until = now + std::chrono::seconds(granted);
  answer(request, 200, out, granted);
  notify(now, request.call, watch, out);
  if (granted == 0) return end(request.call, out);
  out.arm({kWatchTimer, request.call.value}, watch.until - now);
}

void PresenceRole::notify(Instant now, CallKey call, Watch& watch, RoleOutbox& out) {
  if (std::exchange(watch.is_owed, false)) out.cancel({kNotifyTimer, call.value});
  watch.quiet_until = now + config_.notify_interval;
  watch.is_asked = true;
  Signal request;
  request.method = Method::notify;
  request.from = watch.presentity;
  request.to = watch.watcher;
  request.call = call;
  request.flags = Flag::in_dialog | Flag::originated | Flag::trusted;
  request.expires = seconds_until(now, watch.until);
  request.route = watch.way.route;
  request.target = watch.way.target;
  (void)request.via.push(places_.self);
  const NodeId next = request.route.empty() ? request.target : request.route.pop();
  out.send(next, request);
}

void PresenceRole::on_changed(Instant now, UserId user, RoleOutbox& out) {
  const auto presentity = presentities_.find(user);
  if (presentity == presentities_.end()) return;
  for (const auto call : presentity->second.watches) {
    owe(now, call, watches_.at(call), out);
  }
}

void PresenceRole::owe(Instant now, CallKey call, Watch& watch, RoleOutbox& out) {
  if (!watch.is_asked && watch.quiet_until <= now) return notify(now, call, watch, out);
  if (std::exchange(watch.is_owed, true) || watch.is_asked) return;
  out.arm({kNotifyTimer, call.value}, watch.quiet_until - now);
}

void PresenceRole::on_response(Instant now, const Signal& response, RoleOutbox& out) {
  if (response.method != Method::notify || response.status < 200) return;
  if (ends_subscription(response.status)) return end(response.call, out);
  const auto found = watches_.find(response.call);
  if (found == watches_.end()) return;
  found->second.is_asked = false;
  if (std::exchange(found->second.is_owed, false)) owe(now, response.call, found->second, out);
}

void PresenceRole::end(CallKey call, RoleOutbox& out) {
  const auto found = watches_.find(call);
  if (found == watches_.end()) return;
  const UserId user = found->second.presentity;
  std::erase(presentities_.at(user).watches, call);
  watches_.erase(found);
  out.cancel({kWatchTimer, call.value});
  out.cancel({kNotifyTimer, call.value});
  out.emit(Notice{.kind = Notice::Kind::leg_done, .to = user, .call = call});
  forget_if_idle(user);
}

}  // namespace rcs::ims
