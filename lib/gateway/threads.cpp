#include "gateway/threads.hpp"

#include <algorithm>

namespace rcs::gateway {

const Thread* Threads::find(chat::ChatId chat) const {
  const auto found = by_chat_.find(chat);
  return found == by_chat_.end() ? nullptr : &*found->second;
}

const Thread* Threads::find(std::string_view user, std::string_view peer) const {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return nullptr;
  const auto thread = owner->second.find(peer);
  return thread == owner->second.end() ? nullptr : &*thread->second;
}

void Threads::open(chat::ChatId chat, const std::string& user, const std::string& peer, core::Instant now) {
  if (const auto* known = find(user, peer)) {
    const auto thread = by_chat_.at(known->chat);
    by_chat_.erase(thread->chat);
    thread->chat = chat;
    by_chat_[chat] = thread;
    return use(chat, now);
  }
  if (const auto owner = users_.find(user); owner != users_.end()) {
    const auto& peers = owner->second;
    if (peers.size() >= kThreadsPerUser + config_.limits.recipients) {
      const auto oldest = std::min_element(peers.begin(), peers.end(), [](const auto& a, const auto& b) {
        return a.second->used < b.second->used;
      });
      close(oldest->second);
    }
  }
  if (all_.size() >= max_) close(all_.begin());
  const auto thread = all_.insert(all_.end(), Thread{chat, user, peer, now});
  by_chat_[chat] = thread;
  users_[user].emplace(peer, thread);
}

void Threads::use(chat::ChatId chat, core::Instant now) {
  const auto found = by_chat_.find(chat);
  if (found == by_chat_.end()) return;
  found->second->used = now;
  all_.splice(all_.end(), all_, found->second);
}

void Threads::sweep(core::Instant now) {
  while (!all_.empty() && now - all_.front().used >= config_.limits.retention) close(all_.begin());
}

void Threads::close(All::iterator thread) {
  gone_.push_back(thread->chat);
  by_chat_.erase(thread->chat);
  const auto owner = users_.find(thread->user);
  owner->second.erase(thread->peer);
  if (owner->second.empty()) users_.erase(owner);
  all_.erase(thread);
}

}  // namespace rcs::gateway
