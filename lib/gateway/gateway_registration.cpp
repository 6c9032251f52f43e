// Registering with the network by hand (API-43); the gateway does so by itself at the first request of a
// user.

#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {

Gateway::State::User* Gateway::State::known_user(const std::string& uri) {
  const auto identity = read_identity(uri, config);
  const auto user = identity ? users.find(identity->key) : users.end();
  return user == users.end() ? nullptr : &user->second;
}

void Gateway::State::refuse_crowd(Step& step, const Request& request) {
  auto out = problem(429, "rate-limited", "expected fewer requests that wait for the network at one time");
  out.headers.emplace_back("Retry-After", "1");
  refuse(step, request, out);
}

void Gateway::State::post_registration(Step& step, Request& request, User& user) {
  if (!registrations.add({request.exchange, request.user.key, {}})) return refuse_crowd(step, request);
  user.registering = true;
  user.off = false;
  step.out.emit(chat::Register{user.identity.sip});
}

/// Off until the user asks for it, or for something that needs it.
void Gateway::State::delete_registration(Step& step, Request& request, User& user) {
  answer(step, request.exchange, no_content());
  user.off = true;
  user.registering = false;
  step.out.emit(chat::Unregister{user.identity.sip});
}

void Gateway::State::on_registered(Step& step, const chat::Registered& registered) {
  auto* user = known_user(registered.user);
  if (user == nullptr) return;
  user->registering = true;
  user->off = false;
  const auto seconds = core::to_ms(registered.expires) / 1000;
  EventData data{{"status", "\"registered\""}, {"expires", std::to_string(seconds)}};
  std::string body = "{\"type\":\"registration\",\"data\":";
  append_object(body, data);
  for (const auto& waiting : registrations.take_all(user->identity.key)) {
    answer(step, waiting.exchange, json_reply(body + "}"));
  }
  jsonrtc->hold_again(step, *user);
  jsonrtc->tell_registration(step, *user, "registered", 200, {});
}

void Gateway::State::on_registration_failed(Step& step, const chat::RegistrationFailed& failed) {
  auto* user = known_user(failed.user);
  if (user == nullptr) return;
  if (!failed.will_retry) user->registering = false;  // the next request registers again
  for (const auto& waiting : registrations.take_all(user->identity.key)) {
    refuse(step, waiting.exchange, problem_of_sip(failed.status, failed.reason, {}));
  }
  jsonrtc->tell_registration(step, *user, "failed", failed.status, failed.reason);
}

}  // namespace rcs::gateway
