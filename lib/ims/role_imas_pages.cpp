// Messages without a session at the terminating IM application server whose two users have a chat: which chat
// takes them, and when it lets go of them again.

#include <algorithm>
#include <utility>

#include "ims/role_imas.hpp"

namespace rcs::ims {
namespace {

/// Looked at for each message: two users seldom have more than two. Over: the oldest takes no messages.
constexpr std::size_t kMaxChatsOfPair = 32;

std::uint64_t pair_of(UserId one, UserId other) {
  const auto [low, high] = std::minmax(one.value, other.value);
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

void ImasRole::know_pair(const Chat& chat) {
  if (!config_.interworking || !chat.invite.has(Flag::interworks)) return;
  auto& chats = by_pair_[pair_of(chat.invite.from, chat.invite.to)];
  chats.push_back(chat.key);
  if (chats.size() > kMaxChatsOfPair) chats.erase(chats.begin());
}

void ImasRole::forget_pair(const Chat& chat) {
  const auto found = by_pair_.find(pair_of(chat.invite.from, chat.invite.to));
  if (found == by_pair_.end()) return;
  std::erase(found->second, chat.key);
  if (found->second.empty()) by_pair_.erase(found);
}

std::size_t ImasRole::kept_in_chats(UserId user) const {
  const auto box = mailboxes_.find(user);
  return box == mailboxes_.end() ? 0 : box->second.waiting.size();
}

std::optional<ChatWay> ImasRole::way_in(const Chat& chat, const Signal& page) {
  if (!chat.has_media) return std::nullopt;
  if (page.to != chat.invite.to) {  // who has begun it
    if (chat.sender != SenderState::up) return std::nullopt;
    return ChatWay{chat.invite.call, chat.invite.message, false};
  }
  const CallKey leg{kOwnCallBit | chat.receiver_call.value};
  const bool is_up = chat.receiver == ReceiverState::up && !chat.receiver_lost && !chat.parting;
  if (is_up) return ChatWay{leg, chat.invite.message, false};
  // Behind what the same sender has said in it, and what is kept there (CHAT-41).
  const bool is_kept = chat.receiver == ReceiverState::stored ||
                       (chat.receiver == ReceiverState::inviting &&
                        (chat.backlog || chat.deferred || chat.sender == SenderState::by_message));
  if (is_kept && !page.has(Flag::transient)) return ChatWay{leg, chat.invite.message, true};
  return std::nullopt;
}

std::optional<ChatWay> ImasRole::way_for(const Signal& page) {
  if (!config_.interworking || page.has(Flag::by_message)) return std::nullopt;
  const auto all = by_pair_.find(pair_of(page.from, page.to));
  if (all == by_pair_.end()) return std::nullopt;
  std::optional<ChatWay> best;
  Chat* taker = nullptr;
  for (const ChatKey key : all->second) {
    Chat& chat = chats_.at(key);
    if (page.about && page.about != chat.invite.call) continue;
    const auto way = way_in(chat, page);
    if (!way) continue;
    if (way->waits && page.about) continue;  // a notification is by MESSAGE as good, and sooner
    best = way;
    taker = &chat;
    const bool is_behind = page.to == chat.invite.to && (way->waits || chat.backlog);
    if (is_behind) break;
  }
  if (taker != nullptr) taker->has_pages = true;
  return best;
}

void ImasRole::on_page_carried(Instant now, MessageHandle page, PageFate fate, RoleOutbox& out) {
  pager_.on_carried(now, page, fate, out);
}

void ImasRole::release_pages(Chat& chat, RoleOutbox& out) {
  if (std::exchange(chat.has_pages, false)) notify(Notice::Kind::pages_released, chat, 0, out);
}

void ImasRole::on_pages_moved(UserId user, RoleOutbox& out) {
  const auto box = mailboxes_.find(user);
  if (box != mailboxes_.end() && std::exchange(box->second.held, false)) deliver_next(user, out);
}

bool ImasRole::may_open_chat() const { return config_.interworking && chats_.size() < config_.max_chats; }

void ImasRole::open_chat_for(const Signal& page, Duration worth, RoleOutbox& out) {
  const ChatKey key = ++last_chat_;
  Chat& chat = chats_[key];
  chat.key = key;
  chat.invite = page;
  chat.invite.method = Method::invite;
  chat.invite.call = CallKey{kNoLegBit | key};
  chat.invite.txn = {};
  chat.invite.expires = 0;
  chat.invite.set(Flag::chat_tag);
  chat.invite.set(Flag::standalone, false);
  chat.invite.set(Flag::notification, false);
  chat.sender = SenderState::by_message;
  chat.has_media = true;
  chat.worth = worth;
  by_call_[chat.invite.call] = key;
  know_pair(chat);
  notify(Notice::Kind::page_to_session, chat, 0, out);
  start_delivery(chat, out);
}

bool ImasRole::turn_to_messages(Chat& chat, int status, RoleOutbox& out) {
  const bool may_turn = config_.interworking && chat.has_media && chat.invite.has(Flag::interworks) &&
                        chat.sender != SenderState::by_message;
  if (!may_turn) return false;
  chat.receiver = ReceiverState::by_message;
  chat.texts_wait = chat.backlog = chat.has_pages = false;
  leave_mailbox(chat);
  notify(Notice::Kind::chat_by_message, chat, status, out);
  deliver_next(chat.invite.to, out);
  return true;
}

}  // namespace rcs::ims
