// What our users publish of their services (RFC 3903), so that others find it at the presence server: after
// registration, when the services change, again before it expires, and taken back before the user leaves.

#include <utility>

#include "body/pidf.hpp"
#include "chat/agent_presence.hpp"
#include "chat/presence_services.hpp"

namespace rcs::chat {
namespace {

/// A presence server that does not answer keeps nobody from leaving.
constexpr Duration kFarewell = std::chrono::seconds(2);

node::TimerKey look_timer(UserId id) { return presence_timer(id.value, PresenceTimer::look); }
node::TimerKey farewell_timer(UserId id) { return presence_timer(id.value, PresenceTimer::farewell); }

}  // namespace

void Agent::State::Presence::publish(Step& step, UserId id) {
  const auto found = state.users.find(id);
  if (found == state.users.end() || !found->second.registered) return;
  const auto& user = found->second;
  const auto& services = user.registration.services();
  std::optional<ServiceSet> wanted;
  if (user.wanted && services.has(Service::presence_discovery)) wanted = services;
  if (!wanted && !publications.contains(id)) return;
  const auto due = publications[id].next(step.now, wanted);
  if (!due) return;
  const auto& identity = user.registration.identity();
  auto request = state.make_request("PUBLISH", identity, identity);
  request.add_header("Event", kPresenceEvent);
  request.add_header("Expires", std::to_string(due->expires));
  if (!due->if_match.empty()) request.add_header("SIP-If-Match", due->if_match);
  request.add_header("User-Agent", state.config.user_agent);
  if (due->document) {
    const auto entity = identity.to_string();
    const auto now = state.config.wall.at(step.now);
    request.add_header("Content-Type", body::kPidfType);
    request.body = body::format_pidf({entity, service_tuples(*due->document, entity, now)});
  }
  state.send_request(step, std::move(request), state.config.core, {Purpose::Kind::publication, id.value});
}

void Agent::State::Presence::on_registered(Step& step, UserId id) {
  if (const auto found = publications.find(id); found != publications.end()) found->second.encourage();
  publish(step, id);
}

void Agent::State::Presence::settle(Step& step, UserId id, const Publication::Outcome& outcome) {
  const auto& user = state.users.at(id);
  if (!user.wanted) {
    // A REGISTER on its way leaves when its answer has come.
    if (!user.txn) state.leave_core(step, id);
    return;
  }
  if (outcome.look_after) step.out.arm(look_timer(id), *outcome.look_after);
  // The others find out by themselves, so that a server that refuses all is not met by all at once.
  if (outcome.register_anew) state.register_for_chat(step, id);
  publish(step, id);
}

bool Agent::State::Presence::withdraw(Step& step, UserId id) {
  const auto found = publications.find(id);
  if (found == publications.end()) return false;
  publish(step, id);
  if (!found->second.is_busy()) return false;
  step.out.arm(farewell_timer(id), kFarewell);
  return true;
}

void Agent::State::Presence::on_farewell_over(Step& step, UserId id) {
  const auto user = state.users.find(id);
  if (user == state.users.end() || user->second.wanted || user->second.txn) return;
  forget(step, id);
  state.leave_core(step, id);
}

void Agent::State::Presence::forget(Step& step, UserId id) {
  if (publications.erase(id) == 0) return;
  step.out.cancel(look_timer(id));
  step.out.cancel(farewell_timer(id));
}

}  // namespace rcs::chat
