// The receiver's leg of a chat at the terminating IM application server, and the store for receivers that can
// not be reached.

#include <algorithm>

#include "ims/role_imas.hpp"

namespace rcs::ims {
namespace {

/// Refusals that say "not now" rather than "no". 404: a device whose user, known here, has just left it.
bool is_storable(int status) {
  return status == 404 || status == 408 || status == 480 || status == 487 || (status >= 500 && status < 600);
}

/// ... and that say "not so": of the device, or of the CSCF that knows what it registered for.
bool refuses_sessions(const Signal& response) {
  const int status = response.status == 480 && response.cause != 0 ? response.cause : response.status;
  return status == 405 || status == 415 || status == 488 || status == 501 || status == 606;
}

}  // namespace

void ImasRole::start_delivery(Chat& chat, RoleOutbox& out) {
  const Signal& invite = chat.invite;
  if (config_.interworking) pager_.try_again(invite.to, out);
  const bool is_behind_pages = config_.interworking && pager_.is_under_way(invite.to, invite.from);
  if (!mailboxes_.contains(invite.to) && !is_behind_pages) return invite_receiver(chat, out);
  // Older messages wait for this user: this one goes behind them (CHAT-41).
  store(chat, out);
  deliver_next(chat.invite.to, out);
}

void ImasRole::invite_receiver(Chat& chat, RoleOutbox& out) {
  Signal invite = chat.invite;
  by_call_.erase(chat.receiver_call);
  chat.receiver_call = CallKey{kOwnCallBit | ++last_call_};
  by_call_[chat.receiver_call] = chat.key;
  invite.call = chat.receiver_call;
  invite.txn = {};
  invite.cseq = 1;
  invite.expires = 0;
  invite.odi = kOdiDone;
  invite.session_case = SessionCase::terminating;
  invite.via.clear();
  (void)invite.via.push(places_.self);
  invite.route.clear();
  invite.set(Flag::originated);
  invite.set(Flag::has_sdp);
  invite.set(Flag::update_allowed);
  invite.set(Flag::we_refresh, false);
  invite.set(Flag::store_and_forward, chat.deferred);
  chat.receiver = ReceiverState::inviting;
  chat.receiver_invite = invite;
  chat.alerted = false;
  const auto seen = registered_.find(chat.invite.to);
  chat.registrations_seen = seen == registered_.end() ? 0 : seen->second;
  out.send(places_.t_cscf, invite);
  out.arm({kRingTimer, chat.key}, config_.ring_timeout);
}

void ImasRole::on_receiver_response(Chat& chat, const Signal& response, RoleOutbox& out) {
  if (response.call != chat.receiver_call) return;  // of an earlier attempt
  const bool open = chat.receiver == ReceiverState::inviting || chat.receiver == ReceiverState::cancelling;
  if (response.status < 200) {
    if (!open || response.status == 100) return;
    if (config_.answer_mode == AnswerMode::proxied && chat.sender == SenderState::unanswered) {
      answer(chat.invite, response.status, out);
    }
    if (!chat.alerted) {
      chat.alerted = true;
      if (chat.deferred) {
        if (auto box = mailboxes_.find(chat.invite.to);
            box != mailboxes_.end() && box->second.active == chat.key) {
          box->second.active = 0;
          deliver_next(chat.invite.to, out);
        }
      }
    }
    return;
  }
  out.cancel({kRingTimer, chat.key});
  if (response.status < 300) return on_receiver_accepted(chat, response, out);
  if (open) on_receiver_refused(chat, response.status, refuses_sessions(response), out);
}

void ImasRole::on_receiver_accepted(Chat& chat, const Signal& response, RoleOutbox& out) {
  if (chat.receiver == ReceiverState::up) {
    return request_on_receiver(chat, Method::ack, 0, out);  // the 200 came again: our ACK was lost
  }
  if (chat.receiver != ReceiverState::inviting && chat.receiver != ReceiverState::cancelling) return;
  const bool cancelled = chat.receiver == ReceiverState::cancelling && chat.sender == SenderState::gone &&
                         config_.answer_mode == AnswerMode::proxied;
  const auto way = caller_route(response);
  Signal pattern;
  pattern.from = chat.invite.from;
  pattern.to = chat.invite.to;
  pattern.call = chat.receiver_call;
  pattern.flags = Flag::in_dialog | Flag::originated | Flag::trusted;
  pattern.route = way.route;
  pattern.target = way.target;
  (void)pattern.via.push(places_.self);
  chat.to_receiver = pattern;
  chat.receiver = ReceiverState::up;
  chat.receiver_lost = false;
  chat.receiver_timing = Timing{response.expires, response.has(Flag::we_refresh)};
  request_on_receiver(chat, Method::ack, 0, out);
  if (cancelled) return end_receiver(chat, 0, out);
  notify(Notice::Kind::chat_accepted, chat, response.status, out);
  watch_session(chat, false, chat.receiver_timing, out);
  watch_idle(chat, out);
  if (chat.sender == SenderState::unanswered) {
    chat.sender = SenderState::awaiting_ack;
    answer(chat.invite, 200, out, static_cast<Flags>(Flag::has_sdp));
    out.arm({kAckTimer, chat.key}, config_.ack_timeout);
  } else if (chat.sender == SenderState::up && chat.invite.has(Flag::update_allowed) &&
             config_.answer_mode == AnswerMode::store_and_forward) {
    // RFC 3311, RFC 5876: tells the sender who really is at the other end now.
    Signal update = to_sender(chat, Method::update);
    out.send(update.route.empty() ? update.target : update.route.pop(), update);
  }
  if (chat.deferred) {
    if (auto box = mailboxes_.find(chat.invite.to); box != mailboxes_.end() && box->second.active == chat.key)
      box->second.active = 0;
    if (!chat.texts_wait) leave_mailbox(chat);
    deliver_next(chat.invite.to, out);
  }
  if (config_.interworking) pager_.try_again(chat.invite.to, out);
  if (chat.sender != SenderState::gone) return;
  if (chat.backlog) return release_receiver(chat, 0, out);
  part_with_receiver(chat, out);  // the text came with the invitation
}

void ImasRole::on_receiver_refused(Chat& chat, int status, bool takes_no_session, RoleOutbox& out) {
  // The 487 to a CANCEL of our own says no more than that nobody answered.
  if (chat.receiver == ReceiverState::cancelling) status = 480;
  chat.receiver = ReceiverState::none;
  if (chat.sender == SenderState::unanswered) {
    Signal asked = chat.invite;
    asked.odi = 0;  // the receiver says so, not this server (IFC-4)
    answer(asked, status, out);
    chat.sender = SenderState::gone;
    return;
  }
  if (config_.answer_mode == AnswerMode::proxied) return;
  if (takes_no_session && turn_to_messages(chat, status, out)) return;
  if (is_storable(status)) {
    const auto seen = registered_.find(chat.invite.to);
    const bool registered_meanwhile = seen != registered_.end() && seen->second != chat.registrations_seen;
    store(chat, out);
    if (registered_meanwhile) return deliver_next(chat.invite.to, out);
    if (pager_.registration_of(chat.invite.to) != 0) release_pages(chat, out);
    return;
  }
  notify(Notice::Kind::chat_declined, chat, status, out);
  end_sender(chat, status, out);
  if (chat.deferred) {
    leave_mailbox(chat);
    deliver_next(chat.invite.to, out);
  }
}

void ImasRole::request_on_receiver(Chat& chat, Method method, int cause, RoleOutbox& out, Flags flags) {
  Signal request = chat.to_receiver;
  request.method = method;
  request.flags |= flags;
  request.cause = static_cast<std::uint16_t>(cause);
  request.expires = chat.receiver_timing.interval;
  request.cseq = chat.receiver_invite.cseq;
  const NodeId next = request.route.empty() ? request.target : request.route.pop();
  out.send(next, request);
}

void ImasRole::on_receiver_request(Chat& chat, const Signal& request, RoleOutbox& out) {
  switch (request.method) {
    case Method::ack:
      return;
    case Method::bye:
      answer(request, 200, out);
      if (chat.receiver == ReceiverState::up) on_receiver_bye(chat, request, out);
      return;
    case Method::invite:
    case Method::update:
      return on_refresh(chat, false, request, out);
    case Method::options:
      return answer(request, 200, out);
    default:
      return answer(request, 405, out);
  }
}

void ImasRole::on_receiver_bye(Chat& chat, const Signal& bye, RoleOutbox& out) {
  chat.receiver = ReceiverState::none;
  out.cancel({kSessionTimer, chat.key * 2 + 1});
  out.emit(Notice{.kind = Notice::Kind::leg_done, .call = bye.call});
  const bool is_broken = bye.cause == 481 || is_storable(bye.cause);
  const bool is_refusal = bye.cause >= 300 && !is_broken;
  // What was said before the end is still delivered; a client whose leg broke has not turned away.
  if (chat.texts_wait && !is_refusal) return try_again_later(chat, out);
  if (chat.has_media && is_broken && chat.sender == SenderState::up) return;
  end_sender(chat, bye.cause, out);
}

void ImasRole::end_receiver(Chat& chat, int cause, RoleOutbox& out, Flags flags) {
  if (chat.receiver != ReceiverState::up) return;
  request_on_receiver(chat, Method::bye, cause, out, flags);
  chat.receiver = ReceiverState::none;
  out.cancel({kSessionTimer, chat.key * 2 + 1});
  out.emit(Notice{.kind = Notice::Kind::leg_done, .call = chat.receiver_call});
}

void ImasRole::on_ring_timeout(Chat& chat, RoleOutbox& out) {
  // The INVITE was cancelled and still got no final response: it is over (RFC 3261 9.1).
  if (chat.receiver == ReceiverState::cancelling) return on_receiver_refused(chat, 408, false, out);
  if (chat.receiver != ReceiverState::inviting) return;
  chat.receiver = ReceiverState::cancelling;
  out.arm({kRingTimer, chat.key}, config_.ack_timeout);
  Signal cancel = chat.receiver_invite;
  cancel.method = Method::cancel;
  out.send(places_.t_cscf, cancel);
}

// --- the store
// ------------------------------------------------------------------------------------------------------

void ImasRole::store(Chat& chat, RoleOutbox& out) {
  Mailbox& box = mailboxes_[chat.invite.to];
  if (box.active == chat.key) box.active = 0;
  const auto place = std::lower_bound(box.waiting.begin(), box.waiting.end(), chat.key);
  const bool is_in = place != box.waiting.end() && *place == chat.key;
  if (!is_in && stored_for(chat.invite.to) >= config_.max_stored_per_user) {
    if (box.waiting.empty()) mailboxes_.erase(chat.invite.to);
    chat.receiver = ReceiverState::none;
    notify(Notice::Kind::chat_lost, chat, 480, out);
    return end_sender(chat, 480, out);
  }
  if (!is_in) box.waiting.insert(place, chat.key);
  chat.receiver = ReceiverState::stored;
  chat.deferred = true;
  if (!chat.expiring) {
    chat.expiring = true;
    out.arm({kStoredTimer, chat.key}, chat.worth);
  }
  notify(Notice::Kind::chat_stored, chat, 480, out);
}

void ImasRole::on_third_party_register(Instant now, const Signal& request, RoleOutbox& out) {
  answer(request, config_.back_to_back ? 200 : 405, out);
  if (!config_.back_to_back || !request.has(Flag::trusted)) return;
  if (request.to == kForeignUser || !request.to) return;
  if (request.expires != 0) ++registered_[request.to];
  pager_.on_registered(now, request.to, request.expires, out);
  if (request.expires == 0) return;
  deliver_next(request.to, out);
}

void ImasRole::deliver_next(UserId user, RoleOutbox& out) {
  const auto found = mailboxes_.find(user);
  if (found == mailboxes_.end() || found->second.active != 0) return;
  std::vector<UserId> speaking;  // senders of whom an earlier chat is not yet all delivered (CHAT-41)
  for (const ChatKey key : found->second.waiting) {
    Chat* chat = find(key);
    if (chat == nullptr) continue;
    const UserId sender = chat->invite.from;
    if (chat->receiver != ReceiverState::stored) {
      if (chat->texts_wait) speaking.push_back(sender);
      continue;
    }
    if (std::find(speaking.begin(), speaking.end(), sender) != speaking.end()) continue;
    if (config_.interworking && pager_.is_under_way(user, sender)) {
      found->second.held = true;
      speaking.push_back(sender);
      continue;
    }
    found->second.active = key;
    return invite_receiver(*chat, out);
  }
}

bool ImasRole::leave_mailbox(Chat& chat) {
  const auto found = mailboxes_.find(chat.invite.to);
  if (found == mailboxes_.end()) return false;
  Mailbox& box = found->second;
  if (box.active == chat.key) box.active = 0;
  const bool was_in = std::erase(box.waiting, chat.key) != 0;
  if (!box.waiting.empty()) return was_in;
  mailboxes_.erase(found);
  return false;
}

std::size_t ImasRole::stored_for(UserId user) const {
  const auto found = mailboxes_.find(user);
  return (found == mailboxes_.end() ? 0 : found->second.waiting.size()) + pager_.kept_for(user);
}

}  // namespace rcs::ims
