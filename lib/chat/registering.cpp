// Users of an agent: who they are, how they are found, and their registrations over time.

#include <algorithm>
#include <utility>

#include "chat/agent_held_queries.hpp"
#include "chat/agent_presence.hpp"
#include "chat/agent_state.hpp"

namespace rcs::chat {
namespace {

// TimerKey::id of a user's timers: its id and one bit.
constexpr std::uint64_t kAttemptTimer = 0;  // refresh, or try again
constexpr std::uint64_t kExpiryTimer = 1;

constexpr std::size_t kTagLength = 12;
constexpr std::size_t kCallIdLength = 20;

constexpr Duration kDoubtGap = std::chrono::milliseconds(2);  // 500 users a second register again

node::TimerKey timer_of(UserId id, std::uint64_t which) {
  return {kAgentRegistrationTimers, (id.value << 1) | which};
}

std::uint32_t whole_seconds(Duration d) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, (core::to_ms(d) + 999) / 1000));
}

/// The URI of a P-Called-Party-ID (REG-38): the address that was called before the contact replaced it.
std::optional<sip::Uri> called_party(const sip::Message& request) {
  const auto* value = request.header("P-Called-Party-ID");
  if (value == nullptr) return std::nullopt;
  const auto address = sip::parse_name_addr(*value);
  if (!address) return std::nullopt;
  return address->uri;
}

}  // namespace

UserId Agent::State::find_user(const sip::Uri& identity) const {
  const auto found = user_by_key.find(key_of(identity));
  return found == user_by_key.end() ? UserId{} : found->second;
}

UserId Agent::State::add_user(const std::string& name, const sip::Uri& identity) {
  if (const auto known = find_user(identity)) return known;
  const UserId id{++last_user};
  users.emplace(id, User{.name = name, .registration = Registration(identity, config, random)});
  user_by_key.emplace(key_of(identity), id);
  return id;
}

std::optional<UserId> Agent::State::called_user(const sip::Message& request) const {
  const auto called = called_party(request);
  const auto exact = [this](const sip::Uri& uri) -> std::optional<UserId> {
    const auto key = key_of(uri);
    if (const auto found = user_by_key.find(key); found != user_by_key.end()) return found->second;
    if (const auto found = aliases.find(key); found != aliases.end()) return found->second;
    return std::nullopt;
  };
  // The user part of the Request-URI is the one of our Contact; the domain of the identity is in the other
  // two.
  const auto by_user_part = [&](const sip::Uri& uri) -> std::optional<UserId> {
    const auto key = key_of(uri);
    if (key.user.empty()) return std::nullopt;
    std::optional<UserId> first;
    for (const auto* table : {&user_by_key, &aliases}) {
      for (auto it = table->lower_bound({key.user, ""}); it != table->end() && it->first.user == key.user;
           ++it) {
        if (!first) first = it->second;
        if (called && key_of(*called) == it->first) return it->second;
        if (!called && key_of(request.to.uri) == it->first) return it->second;
      }
    }
    return first;
  };
  if (auto id = exact(request.request_uri)) return id;
  if (auto id = by_user_part(request.request_uri)) return id;
  if (called) {
    if (auto id = exact(*called)) return id;
    if (auto id = by_user_part(*called)) return id;
  }
  if (auto id = exact(request.to.uri)) return id;
  return by_user_part(request.to.uri);
}

void Agent::State::register_user(Step& step, const Register& command) {
  const auto identity = sip::parse_uri(command.user);
  if (!identity || !can_be_called(*identity) || key_of(*identity).user.empty()) {
    step.out.emit(RegistrationFailed{command.user, 400, "not a sip or tel URI with a user", false});
    return;
  }
  const UserId id = add_user(command.user, *identity);
  User& user = users.at(id);
  const bool was_wanted = std::exchange(user.wanted, true);
  if (user.txn) return;  // its answer settles this too
  if (user.registered && !user.failing) {
    step.out.emit(Registered{user.name, user.registered_until - step.now});
    // Its leave was still waiting for what is published to be taken back.
    if (!was_wanted) send_register(step, id, false);
    return;
  }
  user.registration.encourage();
  send_register(step, id, false);
}

void Agent::State::unregister_user(Step& step, const Unregister& command) {
  const auto identity = sip::parse_uri(command.user);
  const UserId id = identity ? find_user(*identity) : UserId{};
  if (!id) {
    step.out.emit(Unregistered{command.user});
    return;
  }
  User& user = users.at(id);
  user.wanted = false;
  fail_waiting(step, id, 480, "unregistered", std::nullopt);
  step.out.cancel(timer_of(id, kAttemptTimer));
  if (user.txn) return;  // one REGISTER at a time (RFC 3261 section 10.2)
  if (user.registered) return leave_core(step, id);
  on_left(step, id);
}

void Agent::State::leave_core(Step& step, UserId id) {
  if (!presence->withdraw(step, id)) send_register(step, id, true);
}

bool Agent::State::register_for_chat(Step& step, UserId id) {
  User& user = users.at(id);
  const bool told_to_wait = user.not_before && *user.not_before > step.now;
  if (!user.txn && (told_to_wait || !user.registration.may_retry())) return false;
  user.wanted = true;
  if (!user.txn) send_register(step, id, false);
  return true;
}

void Agent::State::send_register(Step& step, UserId id, bool leave) {
  User& user = users.at(id);
  step.out.cancel(timer_of(id, kAttemptTimer));
  user.leaving = leave;
  auto request = user.registration.make_register(config, leave);
  user.txn = send_request(step, std::move(request), config.core, {Purpose::Kind::registration, id.value});
}

void Agent::State::on_register_response(Step& step, UserId id, const sip::Message& response) {
  const auto found = users.find(id);
  if (found == users.end()) return;
  User& user = found->second;
  user.txn = {};
  if (user.leaving) {
    // Whatever the answer is, we no longer keep it.
    if (!user.wanted) return on_left(step, id);
    user.registered = false;
    return send_register(step, id, false);
  }
  settle_register(step, id, user.registration.on_response(response, config, random));
}

void Agent::State::on_register_lost(Step& step, UserId id, int status, const std::string& why) {
  const auto found = users.find(id);
  if (found == users.end()) return;
  User& user = found->second;
  user.txn = {};
  if (user.leaving && !user.wanted) return on_left(step, id);
  if (user.leaving) user.registered = false;
  user.leaving = false;
  settle_register(step, id, user.registration.on_failure(status, why, random));
}

void Agent::State::settle_register(Step& step, UserId id, Registration::Outcome outcome) {
  using Kind = Registration::Outcome::Kind;
  User& user = users.at(id);
  if (outcome.kind == Kind::again && user.wanted) return send_register(step, id, false);
  if (!user.wanted) {
    if (outcome.kind == Kind::registered || user.registered) return leave_core(step, id);
    return on_left(step, id);
  }
  if (outcome.kind == Kind::registered) return on_registered(step, id, outcome);
  on_register_failed(step, id, outcome);
}

void Agent::State::on_registered(Step& step, UserId id, const Registration::Outcome& outcome) {
  User& user = users.at(id);
  const bool news = !user.registered || user.failing;
  user.registered = true;
  user.failing = false;
  user.not_before.reset();
  user.registered_until = step.now + outcome.expires;
  learn_aliases(id);
  step.out.arm(timer_of(id, kAttemptTimer), outcome.next);
  step.out.arm(timer_of(id, kExpiryTimer), outcome.expires);
  if (news) step.out.emit(Registered{user.name, outcome.expires});
  for (const PageId page : std::exchange(user.pages, {})) send_page(step, page);
  send_parked(step, id);
  for (const InquiryId inquiry : std::exchange(user.inquiries, {})) place_inquiry(step, inquiry);
  for (const ChatId waiting : std::exchange(user.waiting, {})) {
    const auto chat = chats.find(waiting);
    if (chat == chats.end()) continue;
    if (chat->second.calling->registered_anew) {
      chat->second.phase = Phase::calling;
      send_again(step, chat->second);
    } else {
      send_invite(step, chat->second);
    }
  }
  presence->on_registered(step, id);
  if (!user.registration.is_told() && !user.txn) send_register(step, id, false);
}

void Agent::State::on_register_failed(Step& step, UserId id, const Registration::Outcome& outcome) {
  User& user = users.at(id);
  user.failing = true;
  user.last_status = outcome.status;
  user.last_reason = outcome.reason;
  user.not_before.reset();
  std::optional<std::uint32_t> wait;
  if (outcome.told_to_wait) {
    user.not_before = step.now + outcome.next;
    wait = whole_seconds(outcome.next);
  }
  if (outcome.will_retry) step.out.arm(timer_of(id, kAttemptTimer), outcome.next);
  step.out.emit(RegistrationFailed{user.name, outcome.status, outcome.reason, outcome.will_retry});
  fail_waiting(step, id, outcome.status, outcome.reason, wait);
}

void Agent::State::on_left(Step& step, UserId id) {
  const auto found = users.find(id);
  step.out.cancel(timer_of(id, kAttemptTimer));
  step.out.cancel(timer_of(id, kExpiryTimer));
  presence->forget(step, id);
  held_queries->forget(id);
  for (const auto& key : found->second.aliases) aliases.erase(key);
  user_by_key.erase(key_of(found->second.registration.identity()));
  step.out.emit(Unregistered{found->second.name});
  users.erase(found);
}

void Agent::State::learn_aliases(UserId id) {
  User& user = users.at(id);
  for (const auto& key : user.aliases) aliases.erase(key);
  user.aliases.clear();
  for (const auto& uri : user.registration.associated()) {
    // A network that names one identity in two sets does not move it from one user to the other.
    const auto key = key_of(uri);
    if (aliases.emplace(key, id).second) user.aliases.push_back(key);
  }
}

void Agent::State::fail_waiting(Step& step, UserId id, int status, const std::string& reason,
                                std::optional<std::uint32_t> retry_after_s) {
  fail_pages(step, id, status, reason);
  for (const InquiryId inquiry : std::exchange(users.at(id).inquiries, {}))
    fail_inquiry(step, inquiry, status, reason, false);
  for (const ChatId waiting : std::exchange(users.at(id).waiting, {})) {
    if (const auto chat = chats.find(waiting); chat != chats.end()) {
      fail_chat(step, chat->second, status, reason, retry_after_s);
    }
  }
}

sip::Message Agent::State::make_request(std::string_view method, const sip::Uri& from, const sip::Uri& to) {
  sip::Message request;
  request.method = method;
  request.request_uri = to;
  request.max_forwards = 70;
  request.from.uri = from;
  sip::set_param(request.from.params, "tag", random.token(kTagLength));
  request.to.uri = to;
  request.call_id = random.token(kCallIdLength);
  request.cseq = {1, request.method};
  sip::NameAddr preferred;
  preferred.uri = from;
  if (const auto user = users.find(find_user(from)); user != users.end()) {
    request.routes = user->second.registration.service_routes();
    preferred.uri = user->second.registration.preferred_identity();
  }
  if (request.routes.empty() && !is_core(to, config)) request.routes.push_back(core_route(config));
  request.add_header("P-Preferred-Identity", preferred.to_string());
  return request;
}

void Agent::State::on_registration_timer(Step& step, std::uint64_t id) {
  const auto found = users.find(UserId{id >> 1});
  if (found == users.end()) return;
  User& user = found->second;
  if ((id & 1) == kExpiryTimer) {
    user.registered = false;
  } else if (!user.txn && user.wanted) {
    send_register(step, found->first, false);
  }
}

void Agent::State::doubt_registrations(Step& step, Duration after, bool failing_too) {
  for (const auto& [id, user] : users) {
    if (!user.registered || !user.wanted || user.txn || (user.failing && !failing_too)) continue;
    step.out.arm(timer_of(id, kAttemptTimer), after);
    after += kDoubtGap;
  }
}

}  // namespace rcs::chat
