#include "gateway/chats.hpp"

#include <algorithm>
#include <cstdio>

#include "core/text.hpp"

namespace rcs::gateway {
namespace {

struct StatusName {
  Status status;
  std::string_view name;
};
constexpr StatusName kStatusNames[] = {
    {Status::trying, "trying"},     {Status::ringing, "ringing"},   {Status::initiate, "initiate"},
    {Status::accepted, "accepted"}, {Status::declined, "declined"}, {Status::ended, "ended"},
    {Status::expired, "expired"},   {Status::error, "error"},
};

std::string instance_id(const Identity& owner, std::uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "-%03llu", static_cast<unsigned long long>(number));
  return owner.shown + digits;
}

}  // namespace

std::string_view name(Status status) {
  for (const auto& entry : kStatusNames) {
    if (entry.status == status) return entry.name;
  }
  return "error";
}

std::optional<Status> parse_status(std::string_view text) {
  for (const auto& entry : kStatusNames) {
    if (entry.name == text) return entry.status;
  }
  return std::nullopt;
}

std::uint64_t instance_number(std::string_view id) {
  const auto hyphen = id.rfind('-');
  if (hyphen == std::string_view::npos) return 0;
  return core::parse_u64(id.substr(hyphen + 1)).value_or(0);
}

Instance* Chats::create(chat::ChatId chat, const Identity& owner, core::UnixMs now) {
  if (chats_.contains(chat)) return nullptr;
  auto& user = users_[owner.key];
  if (user.chats.size() >= config_.limits.chats_per_user) {
    const auto over = std::find_if(user.chats.begin(), user.chats.end(), [&](const auto& entry) {
      return is_final(chats_.at(entry.second).status);
    });
    if (over == user.chats.end()) return nullptr;
    erase(over->second);
  }
  Instance instance;
  instance.chat = chat;
  instance.user = owner.key;
  instance.number = ++user.last_number;
  instance.id = instance_id(owner, instance.number);
  instance.url = config_.public_url + "/1.0/RCS/" + core::percent_encode(owner.shown) + "/Chat/" +
                 core::percent_encode(instance.id);
  instance.created = now;
  user.chats.emplace_hint(user.chats.end(), instance.number, chat);  // numbers only grow
  return &chats_.emplace(chat, std::move(instance)).first->second;
}

Instance* Chats::find(chat::ChatId chat) {
  const auto found = chats_.find(chat);
  return found == chats_.end() ? nullptr : &found->second;
}

Instance* Chats::find(std::string_view user, std::string_view id) {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return nullptr;
  const auto chat = owner->second.chats.find(instance_number(id));
  if (chat == owner->second.chats.end()) return nullptr;
  auto& instance = chats_.at(chat->second);
  return instance.id == id ? &instance : nullptr;
}

void Chats::erase(chat::ChatId chat) {
  const auto found = chats_.find(chat);
  if (found == chats_.end()) return;
  users_[found->second.user].chats.erase(found->second.number);
  gone_.push_back({chat, found->second.met});
  chats_.erase(found);
}

void Chats::start_after(std::string_view user, std::uint64_t number) {
  auto& last = users_[std::string(user)].last_number;
  last = std::max(last, number);
}

void Chats::finish(Instance& instance, Status status, int code, std::string reason, core::Instant now) {
  instance.status = status;
  instance.code = code;
  instance.reason = std::move(reason);
  instance.over_since = now;
  over_.push_back({instance.chat, now});
}

void Chats::reopen(Instance& instance) {
  instance.status = Status::trying;
  instance.code = 0;
  instance.reason.clear();
  instance.rang = false;
  instance.left = false;
}

void Chats::sweep(core::Instant now) {
  while (!over_.empty() && now - over_.front().since >= config_.limits.retention) {
    const auto oldest = over_.front();
    over_.pop_front();
    const auto* instance = find(oldest.chat);
    const bool still_over = instance != nullptr && is_final(instance->status);
    if (still_over && instance->over_since == oldest.since) erase(oldest.chat);
  }
}

}  // namespace rcs::gateway
