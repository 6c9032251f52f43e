// Chats we start: registration first, INVITE, its responses, CANCEL, forks.

#include <algorithm>
#include <utility>

#include "chat/agent_state.hpp"
#include "chat/pager_request.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::uint32_t kMaxMinSe = 86'400;  // seconds; a longer session timer than a day times nothing

struct Parties {
  sip::Uri from;
  sip::Uri to;
};

/// Errors: malformed, names what of the command can not be sent.
core::Result<Parties> parties_of(const StartChat& command) {
  auto from = party(command.from);
  if (!from || from->user.empty()) {
    return core::malformed("from: expected a sip or tel URI with a user, got " + core::quoted(command.from));
  }
  auto to = party(command.to);
  if (!to) return core::malformed("to: expected a sip or tel URI, got " + core::quoted(command.to));
  if (command.text) RCS_CHECK_OK(check_content_type(command.text->content_type));
  return Parties{std::move(*from), std::move(*to)};
}

}  // namespace

void Agent::State::start_chat(Step& step, StartChat command) {
  RCS_ASSERT(command.chat.value % 2 == 1 && command.chat.value < UINT64_MAX >> kChatTimerBits);
  RCS_ASSERT(!chats.contains(command.chat));
  auto parties = parties_of(command);
  if (!parties) return step.out.emit(ChatFailed{command.chat, 400, parties.error().detail(), {}});
  if (chats.size() >= kMaxChatsPerAgent) {
    return step.out.emit(ChatFailed{command.chat, 503, "too many open chats", {}});
  }
  InvitePlan plan;
  plan.from = std::move(parties->from);
  plan.to = std::move(parties->to);
  plan.subject = std::move(command.subject);
  if (command.text) command.text->date_time.reset();
  if (config.msrp) {
    messaging.begin(command.chat, {plan.from.to_string(), plan.to.to_string()});
    if (command.text)
      messaging.send_text(step.now, {command.chat, std::move(*command.text), {}}, step.messages);
  } else {
    plan.text = std::move(command.text);
  }
  place_call(step, command.chat, command.from, std::move(plan));
}

void Agent::State::reopen_chat(Step& step, ChatId id) {
  const auto between = messaging.correspondents(id);
  const auto parties = parties_of({id, between.us, between.peer, {}, {}});
  if (!parties || chats.size() >= kMaxChatsPerAgent) {
    const auto [code, why] = parties ? std::pair(503, std::string("too many open chats"))
                                     : std::pair(400, parties.error().detail());
    if (messaging.conversation_id(id).empty()) step.out.emit(ChatFailed{id, code, why, {}});
    return messaging.end(step.now, id, Ending::unanswered, code, why, step.messages);
  }
  InvitePlan plan;
  plan.from = parties->from;
  plan.to = parties->to;
  plan.conversation_id = messaging.conversation_id(id);
  place_call(step, id, between.us, std::move(plan));
}

void Agent::State::place_call(Step& step, ChatId id, const std::string& from, InvitePlan plan_in) {
  Chat& chat = chats[id];
  chat.id = id;
  chat.we_called = true;
  chat.one_message = !plan_in.conversation_id.empty();
  chat.media = make_media(random);
  chat.calling = std::make_unique<Calling>();
  auto& plan = chat.calling->plan;
  plan = std::move(plan_in);
  chat.contact_user = key_of(plan.from).user;
  if (!config.expect_registered) return send_invite(step, chat);

  const UserId user_id = add_user(from, plan.from);
  User& user = users.at(user_id);
  if (user.registered && user.wanted) return send_invite(step, chat);
  chat.phase = Phase::registering;
  if (register_for_chat(step, user_id)) {
    user.waiting.push_back(chat.id);
    return;
  }
  std::optional<std::uint32_t> wait;
  if (user.not_before) wait = static_cast<std::uint32_t>(core::to_ms(*user.not_before - step.now) / 1000 + 1);
  fail_chat(step, chat, user.last_status, user.last_reason, wait);
}

void Agent::State::send_invite(Step& step, Chat& chat) {
  auto& plan = chat.calling->plan;
  plan.contact_user = chat.contact_user;
  plan.preferred_identity = plan.from;
  if (const auto user = users.find(find_user(plan.from)); user != users.end()) {
    plan.routes = user->second.registration.service_routes();
    plan.preferred_identity = user->second.registration.preferred_identity();
  }
  if (plan.routes.empty() && !is_core(plan.to, config)) plan.routes.push_back(core_route(config));
  auto sdp = make_offer(chat);
  if (!sdp) return fail_chat(step, chat, 503, sdp.error().detail());
  if (config.msrp && config.text_in_invite && !chat.one_message)
    plan.text = messaging.text_for_invite(chat.id);
  const auto conversation_id = plan.conversation_id;
  chat.calling->invite = make_invite(std::move(plan), config, std::move(*sdp), step.now, random);
  if (chat.one_message) mark_large_message(chat.calling->invite, conversation_id, random);
  plan = {};
  chat.phase = Phase::calling;
  send_again(step, chat);
}

void Agent::State::send_again(Step& step, Chat& chat) {
  auto& calling = *chat.calling;
  calling.txn = send_request(step, calling.invite, config.core, {Purpose::Kind::invite, chat.id.value});
  // A core that answers 100 and then dies would keep the caller waiting: the callee's own limit, and time for
  // its answer.
  arm(step, chat, ChatTimer::setup, config.invite_timeout + give_up_after());
}

void Agent::State::on_invite_response(Step& step, Chat& chat, const sip::Message& response) {
  auto& calling = *chat.calling;
  if (response.status < 200) {
    const bool news = response.status > 100 && response.status != calling.progress;
    if (!news || chat.phase == Phase::cancelling) return;
    calling.progress = response.status;
    return tell(step, chat, ChatProgress{chat.id, response.status});
  }
  if (response.status < 300) return on_invite_accepted(step, chat, response);
  if (response.status == 422 && retry_with_min_se(step, chat, response)) return;
  if (response.status == 403 && retry_registered_anew(step, chat)) return;
  fail_chat(step, chat, response.status, one_line(response.reason, kMaxReason), retry_after(response));
}

void Agent::State::on_invite_accepted(Step& step, Chat& chat, const sip::Message& response) {
  auto dialog = sip::Dialog::from_response(chat.calling->invite, response);
  if (!dialog) return fail_chat(step, chat, 502, one_line(dialog.error().detail(), kMaxReason));
  const bool unwanted = chat.phase == Phase::cancelling;
  const auto usable = unwanted ? core::Result<void>() : take_media(step, chat, response);
  chat.dialog = std::move(*dialog);
  chat.calling.reset();
  chat.phase = Phase::up;
  disarm(step, chat, ChatTimer::setup);
  dialogs[chat.dialog.id()] = chat.id;
  send_ack(step, chat.dialog, response.cseq.number, &chat);
  if (unwanted) return hang_up(step, chat, 200, {}, true);  // the answer crossed our CANCEL
  if (!usable) return drop_call(step, chat, 488, one_line(usable.error().detail(), kMaxReason));

  chat.peer_updates = response.lists("Allow", "UPDATE");
  chat.by_network = asserts_store(response);
  const auto timer = sip::session_expires(response);
  if (timer && *timer) apply_timer(step, chat, **timer, true);
  tell(step, chat, ChatAnswered{chat.id, chat.by_network});
  if (!chat.by_network) tell(step, chat, ChatConnected{chat.id});
  messaging.accepted(step.now, chat.id, step.messages);
}

bool Agent::State::retry_with_min_se(Step& step, Chat& chat, const sip::Message& response) {
  auto& calling = *chat.calling;
  const auto minimum = delta_seconds(response, "Min-SE");
  if (calling.min_se_tried || chat.phase != Phase::calling || !minimum || *minimum > kMaxMinSe) return false;
  calling.min_se_tried = true;
  chat.min_se = std::max(*minimum, sip::kMinSessionExpires);
  const auto interval = std::max(chat.min_se, sip::kSessionExpires);
  calling.invite.cseq.number += 1;
  calling.invite.set_header("Session-Expires", std::to_string(interval) + ";refresher=uac");
  calling.invite.set_header("Min-SE", std::to_string(chat.min_se));
  send_again(step, chat);
  return true;
}

bool Agent::State::retry_registered_anew(Step& step, Chat& chat) {
  auto& calling = *chat.calling;
  const auto user_id = find_user(calling.invite.from.uri);
  const auto user = users.find(user_id);
  if (calling.registered_anew || chat.phase != Phase::calling || user == users.end() ||
      !config.expect_registered)
    return false;
  if (!register_for_chat(step, user_id)) return false;
  calling.registered_anew = true;
  calling.invite.cseq.number += 1;
  chat.phase = Phase::registering;
  disarm(step, chat, ChatTimer::setup);
  user->second.waiting.push_back(chat.id);
  doubt_registrations(step, {}, true);
  return true;
}

void Agent::State::fail_chat(Step& step, Chat& chat, int status, const std::string& reason,
                             std::optional<std::uint32_t> retry_after_s) {
  tell(step, chat, ChatFailed{chat.id, status, reason, retry_after_s});
  close(step, chat, Ending::unanswered, status, reason);
}

void Agent::State::drop_call(Step& step, Chat& chat, int status, const std::string& reason) {
  auto bye = chat.dialog.make_request("BYE");
  bye.add_header("User-Agent", config.user_agent);
  bye.add_header("Reason", "SIP;cause=" + std::to_string(status));
  layer.send_request(step.now, std::move(bye), hop_for(chat.dialog.next_hop()), step.txn);
  fail_chat(step, chat, status, reason);
}

void Agent::State::cancel_call(Step& step, Chat& chat, int give_up_status) {
  if (chat.phase == Phase::cancelling) return;
  chat.phase = Phase::cancelling;
  chat.calling->give_up_status = give_up_status;
  layer.cancel(step.now, chat.calling->txn, step.txn);
  // A server that knows the INVITE answers it 487; one that does not is not waited for longer (RFC 3261
  // section 9.1).
  arm(step, chat, ChatTimer::setup, give_up_after());
}

void Agent::State::on_call_timer(Step& step, Chat& chat) {
  if (chat.phase == Phase::calling) return cancel_call(step, chat, 408);
  if (chat.phase == Phase::cancelling) give_up(step, chat);
}

void Agent::State::give_up(Step& step, Chat& chat) {
  const int status = chat.calling->give_up_status;
  fail_chat(step, chat, status, status == 408 ? "no final answer" : std::string(sip::reason_phrase(status)));
}

void Agent::State::on_stray_2xx(Step& step, const sip::ResponseArrived& event) {
  const auto& response = event.response;
  if (const auto chat = chats.find(chat_of(response, false)); chat != chats.end()) {
    return send_ack(step, chat->second.dialog, response.cseq.number, &chat->second);  // our ACK was lost
  }
  // Another branch of a fork, or a chat we have given up: take the dialog and end it (RFC 3261
  // section 13.2.2.4).
  const auto* invite = layer.request_of(event.txn);
  if (invite == nullptr) return;
  auto dialog = sip::Dialog::from_response(*invite, response);
  if (!dialog) return;
  send_ack(step, *dialog, response.cseq.number);
  layer.send_request(step.now, dialog->make_request("BYE"), hop_for(dialog->next_hop()), step.txn);
}

}  // namespace rcs::chat
