#include "ims/role_imas.hpp"

#include <algorithm>

namespace rcs::ims {

ImasRole::ImasRole(ImasConfig config, Places places)
    : config_(config),
      places_(places),
      pager_({.answer_within = config.page_answer_within,
              .store_for = config.store_for,
              .max_kept_per_user = config.max_stored_per_user},
             places, *this) {}

bool ImasRole::is_page(const Signal& signal) const {
  return config_.back_to_back && config_.answer_mode == AnswerMode::store_and_forward &&
         signal.method == Method::message && !signal.has(Flag::in_dialog);
}

void ImasRole::on_message(Instant now, NodeId, const Signal& signal, RoleOutbox& out) {
  if (is_page(signal)) {
    if (signal.status == 0) return pager_.on_request(now, signal, out);
    pager_.on_response(now, signal, out);
  } else if (signal.status != 0) {
    on_response(signal, out);
  } else if (signal.method == Method::register_) {
    on_third_party_register(now, signal, out);
  } else if (!config_.back_to_back) {
    pass_on(signal, out);
  } else if (signal.method == Method::invite && !signal.has(Flag::in_dialog)) {
    on_invite(signal, out);
  } else {
    on_request(signal, out);
  }
}

ImasRole::Chat* ImasRole::find(ChatKey key) {
  const auto found = chats_.find(key);
  return found == chats_.end() ? nullptr : &found->second;
}

ImasRole::Chat* ImasRole::find_by_call(CallKey call) {
  const auto found = by_call_.find(call);
  return found == by_call_.end() ? nullptr : find(found->second);
}

void ImasRole::answer(const Signal& request, int status, RoleOutbox& out, Flags flags) {
  if (request.method == Method::ack || request.method == Method::cancel) return;
  Signal reply = make_answer(request, places_.self, status);
  reply.flags |= flags;
  out.send(reply.via.top(), reply);
}

void ImasRole::pass_on(Signal request, RoleOutbox& out) {
  NodeId next = request.route.empty() ? request.target : request.route.pop();
  if (!next && request.has(Flag::in_dialog)) return answer(request, 481, out);
  if (!next || next == places_.self) return answer(request, 404, out);
  if (!request.has(Flag::trusted) && !request.has(Flag::in_dialog)) return answer(request, 403, out);
  if (!pass_through(request, places_.self)) return answer(request, 483, out);
  out.send(next, request);
}

void ImasRole::notify(Notice::Kind kind, const Chat& chat, int status, RoleOutbox& out) {
  out.emit(Notice{.kind = kind,
                  .from = chat.invite.from,
                  .to = chat.invite.to,
                  .call = chat.invite.call,
                  .message = chat.invite.message,
                  .status = status});
}

void ImasRole::on_request(const Signal& request, RoleOutbox& out) {
  Chat* chat = find_by_call(request.call);
  if (chat == nullptr) {
    // Not of a leg of ours: what is outside a dialog goes back to the CSCF that sent it here.
    if (request.has(Flag::in_dialog) || request.method == Method::ack || request.method == Method::cancel) {
      return answer(request, 481, out);
    }
    return pass_on(request, out);
  }
  const ChatKey key = chat->key;
  if (request.call == chat->invite.call) {
    on_sender_request(*chat, request, out);
  } else {
    on_receiver_request(*chat, request, out);
  }
  finish_if_over(key, out);
}

void ImasRole::on_response(const Signal& response, RoleOutbox& out) {
  if (response.via.size() > 1) {  // not to a request of our own
    Signal copy = response;
    copy.via.pop();
    out.send(copy.via.top(), copy);
    return;
  }
  Chat* chat = find_by_call(response.call);
  if (chat == nullptr) return;
  const ChatKey key = chat->key;
  const bool is_sender = response.call == chat->invite.call;
  if (response.method == Method::invite && !is_sender) {
    on_receiver_response(*chat, response, out);
  } else if (response.method == Method::update && (response.status == 481 || response.status == 408)) {
    // The other side has lost the dialog (CHAT-18).
    if (is_sender) {
      end_sender(*chat, 0, out);
      release_receiver(*chat, 0, out);
    } else {
      const bool is_heard = !chat->texts_wait;
      break_receiver(*chat, 0, out);
      if (is_heard) end_sender(*chat, 0, out);
    }
  }
  finish_if_over(key, out);
}

void ImasRole::on_refresh(Chat& chat, bool is_sender, const Signal& request, RoleOutbox& out) {
  if (request.has(Flag::short_interval)) return answer(request, 422, out);
  if (request.has(Flag::unusable_offer)) return answer(request, 488, out);
  Timing& timing = is_sender ? chat.sender_timing : chat.receiver_timing;
  timing = Timing{request.expires, request.has(Flag::we_refresh)};
  answer(request, 200, out);
  watch_session(chat, is_sender, timing, out);
  watch_idle(chat, out);
}

void ImasRole::watch_session(const Chat& chat, bool is_sender, Timing timing, RoleOutbox& out) {
  const node::TimerKey timer{kSessionTimer, chat.key * 2 + (is_sender ? 0u : 1u)};
  if (timing.interval == 0) return out.cancel(timer);
  const auto interval = std::chrono::seconds(timing.interval);
  // CHAT-18, CHAT-19: the refresher acts at half time, the other gives up shortly before the end.
  const auto slack = std::min<Duration>(std::chrono::seconds(32), Duration(interval) / 3);
  out.arm(timer, timing.we_refresh ? Duration(interval) / 2 : Duration(interval) - slack);
}

void ImasRole::on_session_timer(Chat& chat, bool is_sender, RoleOutbox& out) {
  const Timing timing = is_sender ? chat.sender_timing : chat.receiver_timing;
  const bool up = is_sender ? chat.sender == SenderState::up : chat.receiver == ReceiverState::up;
  if (!up) return;
  if (timing.we_refresh) {
    if (is_sender) {
      Signal update = to_sender(chat, Method::update);
      out.send(update.route.empty() ? update.target : update.route.pop(), update);
    } else {
      request_on_receiver(chat, Method::update, 0, out);
    }
    return watch_session(chat, is_sender, timing, out);
  }
  const bool sender_stays = !is_sender && chat.texts_wait;
  if (!sender_stays) end_sender(chat, 408, out);
  if (is_sender) return release_receiver(chat, 408, out);
  break_receiver(chat, 408, out);
}

void ImasRole::watch_idle(const Chat& chat, RoleOutbox& out) {
  out.arm({kIdleTimer, chat.key}, chat.parting ? config_.farewell : config_.idle_timeout);
}

void ImasRole::on_idle(Chat& chat, RoleOutbox& out) {
  if (chat.parting) return end_receiver(chat, 0, out);
  const int cause = chat.has_media ? 200 : 0;
  const Flags flags = chat.has_media ? static_cast<Flags>(Flag::idle) : 0;
  end_sender(chat, cause, out, flags);
  break_receiver(chat, cause, out, flags);
}

void ImasRole::on_timer(Instant now, node::TimerKey key, RoleOutbox& out) {
  if (key.kind == kPageTimer || key.kind == kPageAnswerTimer) return pager_.on_timer(now, key, out);
  Chat* chat = find(key.kind == kSessionTimer ? key.id / 2 : key.id);
  if (chat == nullptr) return;
  const ChatKey chat_key = chat->key;
  switch (key.kind) {
    case kAckTimer:
      give_up_sender(*chat, out);
      break;
    case kRingTimer:
      on_ring_timeout(*chat, out);
      break;
    case kIdleTimer:
      on_idle(*chat, out);
      break;
    case kSessionTimer:
      on_session_timer(*chat, key.id % 2 == 0, out);
      break;
    case kRetryTimer:
      deliver_next(chat->invite.to, out);
      break;
    case kStoredTimer:
      if (chat->receiver == ReceiverState::stored) {
        leave_mailbox(*chat);
        chat->receiver = ReceiverState::none;
        notify(Notice::Kind::chat_lost, *chat, 480, out);
        end_sender(*chat, 480, out);
      } else {
        chat->expiring = false;  // it is being delivered right now; if that fails its time starts again
      }
      break;
    default:
      break;
  }
  finish_if_over(chat_key, out);
}

void ImasRole::finish_if_over(ChatKey key, RoleOutbox& out) {
  Chat* chat = find(key);
  if (chat == nullptr) return;
  const bool has_sender = chat->sender != SenderState::gone && chat->sender != SenderState::by_message;
  const bool has_receiver =
      chat->receiver != ReceiverState::none && chat->receiver != ReceiverState::by_message;
  if (!has_receiver) release_pages(*chat, out);
  if (has_sender || has_receiver) return;
  for (const auto kind : {kAckTimer, kRingTimer, kIdleTimer, kStoredTimer}) out.cancel({kind, key});
  out.cancel({kSessionTimer, key * 2});
  out.cancel({kSessionTimer, key * 2 + 1});
  if (chat->retries != 0) out.cancel({kRetryTimer, key});
  notify(Notice::Kind::message_done, *chat, 0, out);
  by_call_.erase(chat->invite.call);
  by_call_.erase(chat->receiver_call);
  forget_pair(*chat);
  const UserId user = chat->invite.to;
  const bool others_wait = leave_mailbox(*chat);
  chats_.erase(key);
  if (others_wait) deliver_next(user, out);
}

}  // namespace rcs::ims
