#include "gateway/posting.hpp"

#include <algorithm>
#include <iterator>

namespace rcs::gateway {

Posting::Lookup Posting::look_up(const Key& key, std::uint64_t body, const Exchange& exchange) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {Seen::fresh};
  auto& entry = found->second;
  if (entry.body != body) return {Seen::other_body};
  if (entry.answer) return {Seen::answered, &*entry.answer};
  if (entry.waiting.size() >= kWaitersPerPost) return {Seen::crowded};
  entry.waiting.push_back(exchange);
  waiters_[exchange.id] = key;
  return {Seen::waiting};
}

Posting::Entry& Posting::make(const Key& key, std::uint64_t body) {
  auto& user = users_[key.user];
  if (user.remembered >= kRememberedPerUser && !user.done.empty()) forget_oldest(key.user, user);
  ++user.remembered;
  auto& entry = entries_[key];
  entry.body = body;
  return entry;
}

void Posting::begin(const Key& key, std::uint64_t body, chat::ChatId chat, const Exchange& exchange) {
  make(key, body).waiting.push_back(exchange);
  waiters_[exchange.id] = key;
  open_[chat] = key;
}

std::vector<Exchange> Posting::finish(chat::ChatId chat, PostAnswer answer, bool forget, core::Instant now) {
  const auto found = open_.find(chat);
  if (found == open_.end()) return {};
  const Key key = std::move(found->second);
  open_.erase(found);
  auto& entry = entries_.at(key);
  auto waiting = std::exchange(entry.waiting, {});
  for (const auto& exchange : waiting) waiters_.erase(exchange.id);
  if (forget) {
    entries_.erase(key);
    if (--users_.at(key.user).remembered == 0) users_.erase(key.user);
    return waiting;
  }
  entry.answer = std::move(answer);
  users_.at(key.user).done.emplace_back(now, key.text);
  return waiting;
}

void Posting::remember(const Key& key, std::uint64_t body, PostAnswer answer, core::Instant now) {
  make(key, body).answer = std::move(answer);
  users_.at(key.user).done.emplace_back(now, key.text);
}

void Posting::gone(WebId id) {
  const auto found = waiters_.find(id);
  if (found == waiters_.end()) return;
  auto& waiting = entries_.at(found->second).waiting;
  std::erase_if(waiting, [&](const Exchange& exchange) { return exchange.id == id; });
  waiters_.erase(found);
}

void Posting::forget_oldest(const std::string& user, User& of) {
  entries_.erase(Key{user, of.done.front().second});
  of.done.pop_front();
  --of.remembered;
}

void Posting::sweep(core::Instant now) {
  for (auto it = users_.begin(); it != users_.end();) {
    auto& [user, of] = *it;
    while (!of.done.empty() && now - of.done.front().first >= config_.idempotency) forget_oldest(user, of);
    it = of.remembered == 0 ? users_.erase(it) : std::next(it);
  }
}

}  // namespace rcs::gateway
