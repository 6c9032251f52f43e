// The sender's leg of a chat at the terminating IM application server.

#include "ims/role_imas.hpp"

namespace rcs::ims {

void ImasRole::on_invite(const Signal& invite, RoleOutbox& out) {
  const auto refuse = [&](int status) {
    answer(invite, status, out);
    out.emit(Notice{.kind = Notice::Kind::message_done, .call = invite.call, .message = invite.message});
  };
  if (!invite.has(Flag::trusted)) return refuse(403);
  if (!invite.has(Flag::to_local)) return refuse(404);
  if (invite.has(Flag::short_interval)) return refuse(422);
  if (invite.has(Flag::unusable_offer)) return refuse(488);
  if (chats_.size() >= config_.max_chats || by_call_.contains(invite.call)) return refuse(503);
  const ChatKey key = ++last_chat_;
  Chat& chat = chats_[key];
  chat.key = key;
  chat.invite = invite;
  chat.worth = config_.store_for;
  chat.sender_timing = Timing{invite.expires, invite.has(Flag::we_refresh)};
  by_call_[invite.call] = key;
  know_pair(chat);
  if (config_.answer_mode == AnswerMode::proxied) return invite_receiver(chat, out);
  chat.sender = SenderState::awaiting_ack;
  answer(invite, 200, out, Flag::answered_by_network | Flag::has_sdp);
  out.arm({kAckTimer, key}, config_.ack_timeout);
  notify(Notice::Kind::chat_answered, chat, 200, out);
}

Signal ImasRole::to_sender(const Chat& chat, Method method) const {
  const auto way = callee_route(chat.invite);
  Signal request;
  request.method = method;
  request.from = chat.invite.to;
  request.to = chat.invite.from;
  request.call = chat.invite.call;
  request.flags = Flag::in_dialog | Flag::originated | Flag::trusted;
  request.expires = chat.sender_timing.interval;
  request.route = way.route;
  request.target = way.target;
  (void)request.via.push(places_.self);
  return request;
}

void ImasRole::on_ack(Chat& chat, RoleOutbox& out) {
  if (chat.sender != SenderState::awaiting_ack) return;
  chat.sender = SenderState::up;
  out.cancel({kAckTimer, chat.key});
  watch_idle(chat, out);
  watch_session(chat, true, chat.sender_timing, out);
  if (config_.answer_mode == AnswerMode::store_and_forward) start_delivery(chat, out);
}

void ImasRole::give_up_sender(Chat& chat, RoleOutbox& out) {
  if (chat.sender != SenderState::awaiting_ack) return;
  // CHAT-11. The sender has its 200 or will never know; its message is delivered all the same.
  end_sender(chat, 0, out);
  if (config_.answer_mode == AnswerMode::store_and_forward) {
    start_delivery(chat, out);
  } else {
    end_receiver(chat, 0, out);
  }
}

void ImasRole::on_sender_request(Chat& chat, const Signal& request, RoleOutbox& out) {
  switch (request.method) {
    case Method::ack:
      return on_ack(chat, out);
    case Method::cancel:
      if (chat.sender != SenderState::unanswered) return;  // too late (RFC 3261 9.2)
      answer(chat.invite, 487, out);
      chat.sender = SenderState::gone;
      if (chat.receiver == ReceiverState::inviting) on_ring_timeout(chat, out);
      return;
    case Method::bye: {
      answer(request, 200, out);
      const bool had_ack = chat.sender != SenderState::awaiting_ack;
      chat.sender = SenderState::gone;
      out.cancel({kAckTimer, chat.key});
      out.cancel({kSessionTimer, chat.key * 2});
      out.emit(Notice{.kind = Notice::Kind::leg_done, .call = request.call});
      // A message under way is delivered although its sender has left (CHAT-42).
      if (!had_ack && config_.answer_mode == AnswerMode::store_and_forward) return start_delivery(chat, out);
      return release_receiver(chat, request.cause, out);
    }
    case Method::invite:
    case Method::update:
      return on_refresh(chat, true, request, out);
    case Method::options:
      return answer(request, 200, out);
    default:
      return answer(request, 405, out);
  }
}

void ImasRole::end_sender(Chat& chat, int cause, RoleOutbox& out, Flags flags) {
  if (chat.sender != SenderState::up && chat.sender != SenderState::awaiting_ack) return;
  Signal bye = to_sender(chat, Method::bye);
  bye.flags |= flags;
  bye.cause = static_cast<std::uint16_t>(cause);
  chat.sender = SenderState::gone;
  out.cancel({kAckTimer, chat.key});
  out.cancel({kSessionTimer, chat.key * 2});
  out.send(bye.route.empty() ? bye.target : bye.route.pop(), bye);
  out.emit(Notice{.kind = Notice::Kind::leg_done, .call = bye.call});
}

}  // namespace rcs::ims
