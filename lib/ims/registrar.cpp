#include "ims/registrar.hpp"

#include <algorithm>
#include <utility>

namespace rcs::ims {
namespace {

bool same_device(const Binding& binding, const ContactSpec& contact) {
  if (binding.spec.contact == contact.contact) return true;
  return contact.instance != 0 && binding.spec.instance == contact.instance;
}

bool is_stale(const Binding& binding, const Signal& request) {
  return binding.call == request.call && request.cseq <= binding.cseq;
}

bool lacks_service(const Binding& binding, const Signal& request) {
  return (request.has(Flag::chat_tag) && !binding.spec.has_chat) ||
         (request.has(Flag::standalone) && !binding.spec.has_standalone);
}

}  // namespace

Registrar::Outcome Registrar::update(Instant now, UserId user, const Signal& request,
                                     std::span<const ContactSpec> contacts) {
  Outcome outcome;
  expire(now, user);
  const auto found = users_.find(user);
  // The change is made on a copy, so that a refused request leaves nothing behind.
  std::vector<Binding> bindings = found == users_.end() ? std::vector<Binding>{} : found->second;
  outcome.was_registered = outcome.is_registered = !bindings.empty();
  const auto refuse = [&](int status) {
    outcome.status = status;
    return outcome;
  };
  if (request.has(Flag::bad_contacts)) return refuse(400);
  if (request.has(Flag::contact_star)) {
    if (request.expires != 0) return refuse(400);
    for (const auto& binding : bindings) {
      if (is_stale(binding, request)) return refuse(500);
    }
    outcome.removed_some = !bindings.empty();
    bindings.clear();
  }
  for (const auto& contact : contacts) {
    if (contact.expires != 0 && contact.expires < kMinRegistration) return refuse(423);
    const auto old = std::find_if(bindings.begin(), bindings.end(),
                                  [&](const Binding& b) { return same_device(b, contact); });
    if (old != bindings.end()) {
      if (is_stale(*old, request)) return refuse(500);
      outcome.removed_some =
          outcome.removed_some || contact.expires == 0 || old->spec.contact != contact.contact;
      bindings.erase(old);
    }
    if (contact.expires == 0) continue;
    if (bindings.size() >= kMaxBindings) return refuse(403);
    Binding binding{.spec = contact, .call = request.call, .cseq = request.cseq, .order = ++order_};
    binding.spec.expires = std::min(contact.expires, kMaxRegistration);
    binding.expires_at = now + std::chrono::seconds(binding.spec.expires);
    bindings.push_back(binding);
  }
  outcome.is_registered = !bindings.empty();
  if (bindings.empty()) {
    users_.erase(user);
  } else {
    users_[user] = std::move(bindings);
  }
  return outcome;
}

bool Registrar::expire(Instant now, UserId user) {
  const auto found = users_.find(user);
  if (found == users_.end()) return false;
  const auto removed = std::erase_if(found->second, [&](const Binding& b) { return b.expires_at <= now; });
  if (found->second.empty()) users_.erase(found);
  return removed != 0;
}

bool Registrar::is_registered(Instant now, UserId user) const { return longest(now, user) != 0; }

std::vector<Binding> Registrar::bindings(Instant now, UserId user) const {
  std::vector<Binding> result;
  if (const auto found = users_.find(user); found != users_.end()) {
    for (const auto& binding : found->second) {
      if (binding.expires_at > now) result.push_back(binding);
    }
  }
  return result;
}

std::uint32_t Registrar::longest(Instant now, UserId user) const {
  Duration longest{};
  if (const auto found = users_.find(user); found != users_.end()) {
    for (const auto& binding : found->second) longest = std::max(longest, binding.expires_at - now);
  }
  return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(longest).count());
}

std::optional<Instant> Registrar::next_expiry(UserId user) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return std::nullopt;
  Instant next = Instant::max();
  for (const auto& binding : found->second) next = std::min(next, binding.expires_at);
  return next;
}

std::optional<Binding> Registrar::best(Instant now, UserId user, const Signal& request) const {
  std::optional<Binding> best;
  const auto rank = [&](const Binding& b) {
    return std::tuple(b.spec.q, !lacks_service(b, request), b.order);
  };
  for (const auto& binding : bindings(now, user)) {
    const bool lacks = lacks_service(binding, request);
    if (lacks && binding.spec.has_features && request.has(Flag::strict_preference)) continue;
    if (!best || rank(binding) > rank(*best)) best = binding;
  }
  return best;
}

bool Registrar::is_for_other_service(Instant now, UserId user, const Signal& request) const {
  const bool is_message = request.method == Method::message;
  if (!is_message && request.method != Method::invite) return false;
  const auto all = bindings(now, user);
  return std::any_of(all.begin(), all.end(), [&](const Binding& binding) {
    return is_message ? binding.spec.has_chat : binding.spec.has_standalone;
  });
}

}  // namespace rcs::ims
