// Invitations to our users: what is taken and what refused, ringing, answers, and their end unanswered.

#include <utility>

#include "chat/agent_state.hpp"
#include "chat/pager_request.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kTagLength = 12;
/// A session for one large message is over by then: 10 MB on a slow line.
constexpr Duration kDeliveryTime = std::chrono::minutes(10);

}  // namespace

void Agent::State::on_invite(Step& step, const sip::RequestArrived& event) {
  const auto& invite = event.request;
  const auto user = called_user(invite);
  if (!user && !config.accept_unknown_users) return respond(step, event.txn, invite, 404);
  if (const auto refusal = screen_service(invite, services_of(user.value_or(UserId{}))))
    return respond(step, event.txn, invite, *refusal);
  if (is_merged(invite, invite.request_uri.user)) return respond(step, event.txn, invite, 482);
  if (chats.size() >= kMaxChatsPerAgent) return respond(step, event.txn, invite, 486);
  if (const auto refusal = refuse_timer(sip::answer_session_timer(invite))) {
    return respond(step, event.txn, invite, *refusal);
  }
  auto offered = read_offer(invite);
  if (const auto* refusal = std::get_if<Refusal>(&offered)) return respond(step, event.txn, invite, *refusal);
  open_invitation(step, event, std::move(std::get<Offered>(offered)), user);
}

bool Agent::State::is_merged(const sip::Message& invite, const std::string& contact_user) const {
  // The same request by two ways to the same user (RFC 3261 section 8.2.2.2): the second copy would be a
  // second chat.
  const std::string tag = invite.from_tag();
  for (auto it = dialogs.lower_bound({invite.call_id, "", ""});
       it != dialogs.end() && it->first.call_id == invite.call_id; ++it) {
    if (it->first.remote_tag != tag) continue;
    const auto chat = chats.find(it->second);
    if (chat != chats.end() && chat->second.phase == Phase::invited &&
        chat->second.contact_user == contact_user) {
      return true;
    }
  }
  return false;
}

void Agent::State::open_invitation(Step& step, const sip::RequestArrived& event, Offered offered,
                                   std::optional<UserId> user) {
  const auto& invite = event.request;
  Chat chat;
  chat.id = incoming_chat(last_incoming + 1);
  chat.phase = Phase::invited;
  chat.media = make_media(random);
  chat.contact_user = invite.request_uri.user;
  chat.peer_updates = invite.lists("Allow", "UPDATE");
  auto preview = sip::make_response(invite, 180, random.token(kTagLength));
  preview.contacts.push_back(make_contact(config, chat.contact_user));
  auto dialog = sip::Dialog::from_request(invite, preview);
  if (!dialog) {
    return respond(step, event.txn, invite, Refusal{400, one_line(dialog.error().detail(), kMaxReason), {}});
  }
  chat.dialog = std::move(*dialog);
  chat.invited = std::make_unique<Invited>(Invited{event.txn, std::move(offered.media), false});

  auto sender = sender_of(invite, offered.text ? std::string_view(offered.text->from) : std::string_view());
  const std::string called = user ? users.at(*user).name : invite.to.uri.to_string();
  chat.one_message = config.msrp && is_large_message(invite);
  if (chat.one_message) {
    messaging.begin_delivery(chat.id, envelope_of(step, invite, user, sender.uri),
                             incoming_chat(last_incoming + 2));
  } else if (config.msrp) {
    messaging.begin(chat.id, {called, sender.uri});
  }
  if (config.msrp) {
    if (const auto refusal = refuse_media(chat)) {
      messaging.end(step.now, chat.id, Ending::refused, refusal->status, refusal->reason, step.messages);
      return respond(step, event.txn, invite, *refusal, chat.dialog.id().local_tag);
    }
    const bool shown =
        offered.text && messaging.take_first_text(step.now, chat.id, *offered.text, step.messages);
    if (!shown) offered.text.reset();
  }
  last_incoming += chat.one_message ? 2 : 1;
  invitations[event.txn] = chat.id;
  dialogs[chat.dialog.id()] = chat.id;
  Chat& kept = chats.emplace(chat.id, std::move(chat)).first->second;
  layer.respond(step.now, event.txn, sip::make_response(invite, 100, {}), step.txn);
  // The 100 leaves before anyone is told: the 180 that the event sets off follows it.
  node::drain(step.txn, step.out, [&](sip::TxnEvent&& next) { dispatch(step, std::move(next)); });
  if (kept.one_message) return accept_delivery(step, kept);
  arm(step, kept, ChatTimer::setup, config.invite_timeout);

  ChatInvited invited;
  invited.chat = kept.id;
  invited.user = called;
  invited.from = std::move(sender.uri);
  invited.display = std::move(sender.display);
  invited.deferred = sender.deferred;
  if (const auto* subject = invite.header("Subject"))
    invited.subject = one_line(*subject, subject->size() * 3);
  invited.text = std::move(offered.text);
  step.out.emit(std::move(invited));
}

void Agent::State::accept_delivery(Step& step, Chat& chat) {
  const auto id = chat.id;
  accept_chat(step, chat);
  if (const auto kept = chats.find(id); kept != chats.end())
    arm(step, kept->second, ChatTimer::setup, kDeliveryTime);
}

sip::Message Agent::State::answer_to(const Chat& chat, const sip::Message& invite, int status) const {
  auto response = sip::make_response(invite, status, chat.dialog.id().local_tag);
  response.contacts.push_back(make_contact(config, chat.contact_user));
  response.add_header("Allow", kChatMethods);
  return response;
}

void Agent::State::alert_user(Step& step, Chat& chat) {
  if (chat.phase != Phase::invited || chat.invited->alerted) return;
  const auto* invite = layer.request_of(chat.invited->txn);
  if (invite == nullptr) return;
  chat.invited->alerted = true;
  layer.respond(step.now, chat.invited->txn, answer_to(chat, *invite, 180), step.txn);
}

void Agent::State::accept_chat(Step& step, Chat& chat) {
  if (chat.phase != Phase::invited) return;
  const auto txn = chat.invited->txn;
  const auto* invite = layer.request_of(txn);
  if (invite == nullptr) return expire_chat(step, chat, 0, 408, "the invitation is gone");
  auto response = answer_to(chat, *invite, 200);
  const auto timer = sip::answer_session_timer(*invite);
  add_timer_answer(response, timer);
  const auto sdp = chat.invited->offer ? make_answer(step, chat, *chat.invited->offer) : make_offer(chat);
  if (!sdp) return expire_chat(step, chat, 503, 503, one_line(sdp.error().detail(), kMaxReason));
  set_sdp(response, *sdp);

  disarm(step, chat, ChatTimer::setup);
  invitations.erase(txn);
  chat.invited.reset();
  chat.phase = Phase::answering;
  start_answer(step, chat, txn, std::move(response));
  apply_timer(step, chat, timer.timer, false);
  messaging.accepted(step.now, chat.id, step.messages);
}

void Agent::State::refuse_chat(Step& step, Chat& chat, int status, const std::string& reason) {
  if (chat.phase != Phase::invited) return;
  const bool fits = status >= 300 && status <= 699;
  const auto* invite = layer.request_of(chat.invited->txn);
  if (invite != nullptr) {
    const Refusal refusal{fits ? status : 603, one_line(reason, kMaxReason), {}};
    respond(step, chat.invited->txn, *invite, refusal, chat.dialog.id().local_tag);
  }
  close(step, chat, Ending::refused, status, reason);
}

void Agent::State::expire_chat(Step& step, Chat& chat, int status, int code, const std::string& reason) {
  const auto* invite = layer.request_of(chat.invited->txn);
  if (status != 0 && invite != nullptr) {
    respond(step, chat.invited->txn, *invite, Refusal{status, {}, {}}, chat.dialog.id().local_tag);
  }
  tell(step, chat, ChatExpired{chat.id, code, reason});
  close(step, chat, Ending::expired, code, reason);
}

void Agent::State::on_cancel(Step& step, const sip::CancelArrived& event) {
  const auto found = invitations.find(event.invite);
  if (found == invitations.end()) return;
  const auto chat = chats.find(found->second);
  if (chat == chats.end()) return;
  const auto cause = cause_of(event.cancel).value_or(Cause{487, {}});
  expire_chat(step, chat->second, 487, cause.code, cause.text);
}

}  // namespace rcs::chat
