// Chats whose messages go on behind the invitation: what waits for the receiver, and legs that break under
// it.

#include <algorithm>

#include "ims/role_imas.hpp"

namespace rcs::ims {
namespace {

/// A leg that breaks before it took anything is asked for again after 1 s, 2 s ... and at last after about
/// two minutes; then only when the receiver registers.
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr std::uint8_t kMaxRetries = 8;

}  // namespace

void ImasRole::on_media(Instant, CallKey call, MediaNews news, RoleOutbox& out) {
  Chat* chat = find_by_call(call);
  if (chat == nullptr) return;
  const ChatKey key = chat->key;
  const bool is_sender = call == chat->invite.call;
  chat->has_media = true;
  switch (news) {
    case MediaNews::began:
    case MediaNews::notice_left:
      break;
    case MediaNews::traffic:
      if (!is_sender) chat->retries = 0;
      watch_idle(*chat, out);
      break;
    case MediaNews::text_waits:
      chat->backlog = true;
      on_text_waits(*chat, out);
      break;
    case MediaNews::notice_waits:
      chat->backlog = true;
      break;
    case MediaNews::all_taken:
      chat->backlog = false;
      chat->texts_wait = false;
      on_all_taken(*chat, out);
      break;
    case MediaNews::lost:
      // A sender without media can still be told how its chat ends; its client will hang up or write anew.
      if (!is_sender) on_receiver_lost(*chat, out);
      break;
    case MediaNews::for_message:
    case MediaNews::page_taken:
    case MediaNews::page_left:
    case MediaNews::page_released:
      break;  // for the host, and the pager
  }
  finish_if_over(key, out);
}

void ImasRole::on_text_waits(Chat& chat, RoleOutbox& out) {
  chat.texts_wait = true;
  if (chat.receiver == ReceiverState::up && chat.receiver_lost) return break_receiver(chat, 408, out);
  // Invited, taken up and ended again since: the receiver is asked anew.
  if (chat.receiver == ReceiverState::none && chat.sender == SenderState::up) start_delivery(chat, out);
}

void ImasRole::on_all_taken(Chat& chat, RoleOutbox& out) {
  if (chat.receiver != ReceiverState::up) return;
  const UserId user = chat.invite.to;
  if (leave_mailbox(chat)) deliver_next(user, out);
  if (chat.sender == SenderState::gone) part_with_receiver(chat, out);
}

void ImasRole::on_receiver_lost(Chat& chat, RoleOutbox& out) {
  if (chat.receiver != ReceiverState::up) return;
  chat.receiver_lost = true;
  // With nothing to deliver, the dialog says all that there is to say.
  if (chat.texts_wait) return break_receiver(chat, 408, out);
  release_pages(chat, out);
  const bool is_alone = chat.sender == SenderState::gone || chat.sender == SenderState::by_message;
  if (is_alone) end_receiver(chat, 408, out);
}

void ImasRole::break_receiver(Chat& chat, int cause, RoleOutbox& out, Flags flags) {
  if (chat.receiver != ReceiverState::up) return;
  end_receiver(chat, cause, out, flags);
  if (chat.texts_wait) try_again_later(chat, out);
}

void ImasRole::try_again_later(Chat& chat, RoleOutbox& out) {
  store(chat, out);
  if (chat.receiver != ReceiverState::stored) return;
  if (chat.retries >= kMaxRetries) return release_pages(chat, out);
  out.arm({kRetryTimer, chat.key}, kFirstRetry * (1 << chat.retries));
  ++chat.retries;
}

void ImasRole::release_receiver(Chat& chat, int cause, RoleOutbox& out) {
  if (chat.receiver != ReceiverState::up) return;
  if (!chat.backlog || chat.receiver_lost) return break_receiver(chat, cause, out);
  // What the sender says next, in a chat of its own, goes behind what still waits here (CHAT-41).
  auto& waiting = mailboxes_[chat.invite.to].waiting;
  const auto place = std::lower_bound(waiting.begin(), waiting.end(), chat.key);
  if (place == waiting.end() || *place != chat.key) waiting.insert(place, chat.key);
}

void ImasRole::part_with_receiver(Chat& chat, RoleOutbox& out) {
  if (!chat.has_media || chat.receiver_lost) return end_receiver(chat, 0, out);
  chat.parting = true;
  watch_idle(chat, out);
}

}  // namespace rcs::ims
