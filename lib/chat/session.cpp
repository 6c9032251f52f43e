// A chat once its dialog exists: ACK and the 2xx that waits for it, BYE, requests inside it, its timers, its
// end.

#include <algorithm>
#include <utility>

#include "chat/agent_state.hpp"

namespace rcs::chat {
namespace {

constexpr int kDeclined = 603;

node::TimerKey timer_of(ChatId chat, ChatTimer timer) {
  return {kAgentSessionTimers, (chat.value << kChatTimerBits) | static_cast<std::uint64_t>(timer)};
}

std::uint8_t bit_of(ChatTimer timer) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(timer)); }

}  // namespace

ChatId Agent::State::chat_of(const sip::Message& message, bool as_uas) const {
  const auto found = dialogs.find(sip::dialog_id_of(message, as_uas));
  return found == dialogs.end() ? ChatId{} : found->second;
}

void Agent::State::on_dialog_request(Step& step, sip::RequestArrived&& event) {
  const auto found = chats.find(chat_of(event.request, true));
  if (found == chats.end()) return respond(step, event.txn, event.request, 481);
  Chat& chat = found->second;
  if (!chat.dialog.take_cseq(event.request)) {
    Refusal refusal{500, "CSeq out of order", {}};
    return respond(step, event.txn, event.request, refusal);
  }
  if (event.request.method == "BYE") return on_bye(step, chat, event);
  if (event.request.method == "OPTIONS") return on_options(step, event);
  if (event.request.method == "MESSAGE") return on_message(step, event);
  on_session_request(step, chat, event);
}

void Agent::State::on_bye(Step& step, Chat& chat, const sip::RequestArrived& event) {
  respond(step, event.txn, event.request, 200);
  const auto cause = cause_of(event.request);
  if (chat.phase == Phase::invited) {
    // The caller ends a dialog we have not confirmed: its INVITE is over too (RFC 3261 section 15.1.2).
    return expire_chat(step, chat, 487, cause ? cause->code : 487, cause ? cause->text : std::string());
  }
  const int code = cause ? cause->code : 200;
  const std::string reason = cause ? cause->text : std::string();
  tell(step, chat, ChatEnded{chat.id, code, reason, false});
  close(step, chat, code == kDeclined ? Ending::declined : Ending::interrupted, code, reason);
}

void Agent::State::on_ack(Step& step, const sip::Message& ack) {
  const auto found = chats.find(chat_of(ack, true));
  if (found == chats.end()) return;
  Chat& chat = found->second;
  if (!chat.answer || chat.answer->response.cseq.number != ack.cseq.number) return;
  const auto farewell = std::move(chat.answer->after_ack);
  chat.answer.reset();
  disarm(step, chat, ChatTimer::answer_again);
  disarm(step, chat, ChatTimer::no_ack);
  const bool fresh = std::exchange(chat.phase, Phase::up) == Phase::answering;
  if (farewell) return hang_up(step, chat, farewell->code, farewell->reason, farewell->by_us);
  if (config.msrp && (!ack.body.empty() || !messaging.started(chat.id))) {
    // Our 2xx had the offer.
    if (const auto taken = take_answer(step, chat, ack); !taken && !messaging.started(chat.id))
      return hang_up(step, chat, 488, one_line(taken.error().detail(), kMaxReason), false);
  }
  if (fresh) tell(step, chat, ChatConnected{chat.id});
}

void Agent::State::end_chat(Step& step, Chat& chat) {
  switch (chat.phase) {
    case Phase::registering:
      return fail_chat(step, chat, 487, std::string(sip::reason_phrase(487)));
    case Phase::calling:
      return cancel_call(step, chat, 487);
    case Phase::cancelling:
      chat.calling->give_up_status = 487;
      return;
    case Phase::invited:
      return refuse_chat(step, chat, 603, {});
    case Phase::answering:
      chat.answer->after_ack = Farewell{};
      return;  // no BYE before the ACK (RFC 3261 section 15)
    case Phase::up:
      return hang_up(step, chat, 200, {}, true);
  }
}

void Agent::State::hang_up(Step& step, Chat& chat, int code, const std::string& reason, bool by_us) {
  auto bye = chat.dialog.make_request("BYE");
  bye.add_header("User-Agent", config.user_agent);
  if (!by_us) bye.add_header("Reason", "SIP;cause=" + std::to_string(code));
  layer.send_request(step.now, std::move(bye), hop_for(chat.dialog.next_hop()), step.txn);
  // Whatever the answer to the BYE is, the chat is over now (CHAT-14).
  tell(step, chat, ChatEnded{chat.id, code, reason, by_us});
  close(step, chat, by_us ? Ending::hung_up : Ending::interrupted, code, reason);
}

void Agent::State::send_ack(Step& step, const sip::Dialog& dialog, std::uint32_t cseq, const Chat* chat) {
  auto ack = dialog.make_ack(cseq);
  if (chat != nullptr && chat->ack_body && chat->ack_body->cseq == cseq) set_sdp(ack, chat->ack_body->sdp);
  layer.send_ack(step.now, std::move(ack), hop_for(dialog.next_hop()), step.txn);
}

void Agent::State::start_answer(Step& step, Chat& chat, sip::ServerTxnId txn, sip::Message&& response) {
  layer.respond(step.now, txn, response, step.txn);
  chat.answer = std::make_unique<Answer>(Answer{txn, std::move(response), config.timers.t1, {}});
  arm(step, chat, ChatTimer::answer_again, config.timers.t1);
  arm(step, chat, ChatTimer::no_ack, give_up_after());
}

void Agent::State::on_answer_timer(Step& step, Chat& chat) {
  if (!chat.answer) return;
  layer.respond(step.now, chat.answer->txn, chat.answer->response, step.txn);
  chat.answer->interval = std::min(chat.answer->interval * 2, config.timers.t2);
  arm(step, chat, ChatTimer::answer_again, chat.answer->interval);
}

void Agent::State::on_chat_timer(Step& step, std::uint64_t id) {
  const auto found = chats.find(ChatId{id >> kChatTimerBits});
  if (found == chats.end()) return;
  Chat& chat = found->second;
  const auto timer = static_cast<ChatTimer>(id & ((1U << kChatTimerBits) - 1));
  chat.armed = static_cast<std::uint8_t>(chat.armed & ~bit_of(timer));
  switch (timer) {
    case ChatTimer::answer_again:
      return on_answer_timer(step, chat);
    case ChatTimer::no_ack: {
      const auto wanted = chat.answer ? std::move(chat.answer->after_ack) : std::nullopt;
      const auto farewell = wanted.value_or(Farewell{408, "no ACK", false});
      return hang_up(step, chat, farewell.code, farewell.reason, farewell.by_us);
    }
    case ChatTimer::setup:
      if (chat.phase == Phase::up) return hang_up(step, chat, 408, "no message came", false);
      if (chat.phase == Phase::invited) return expire_chat(step, chat, 480, 480, "not answered in time");
      return on_call_timer(step, chat);
    case ChatTimer::refresh:
      return send_refresh(step, chat);
    case ChatTimer::expiry:
      return hang_up(step, chat, 408, "session timer expired", false);
  }
}

void Agent::State::arm(Step& step, Chat& chat, ChatTimer timer, Duration after) {
  chat.armed = static_cast<std::uint8_t>(chat.armed | bit_of(timer));
  step.out.arm(timer_of(chat.id, timer), after);
}

void Agent::State::disarm(Step& step, Chat& chat, ChatTimer timer) {
  if ((chat.armed & bit_of(timer)) == 0) return;
  chat.armed = static_cast<std::uint8_t>(chat.armed & ~bit_of(timer));
  step.out.cancel(timer_of(chat.id, timer));
}

void Agent::State::close(Step& step, Chat& chat, Ending ending, int code, const std::string& reason) {
  messaging.end(step.now, chat.id, ending, code, reason, step.messages);
  for (const auto timer : {ChatTimer::answer_again, ChatTimer::no_ack, ChatTimer::setup, ChatTimer::refresh,
                           ChatTimer::expiry}) {
    disarm(step, chat, timer);
  }
  if (chat.calling) purposes.erase(chat.calling->txn);
  if (chat.invited) invitations.erase(chat.invited->txn);
  purposes.erase(chat.refresh_txn);
  if (chat.phase != Phase::registering && !chat.calling) dialogs.erase(chat.dialog.id());
  const ChatId id = chat.id;
  chats.erase(id);
}

sip::Hop Agent::State::hop_for(const sip::Uri& uri) const {
  // Over TLS the core is trusted under the name that we were given for it, and we are reached over that
  // connection alone.
  if (config.core.transport == sip::Transport::tls) return config.core;
  return uri.is_sip() && !uri.host.empty() ? sip::hop_of(uri) : config.core;
}

}  // namespace rcs::chat
