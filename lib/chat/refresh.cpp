// Session timers of a chat (RFC 4028), both roles, and the requests that refresh or change it: UPDATE and
// re-INVITE.

#include <algorithm>
#include <utility>

#include "chat/agent_state.hpp"

namespace rcs::chat {
namespace {

constexpr auto kShortest =
    std::chrono::seconds(sip::kMinSessionExpires);  // a peer that says less gets no refresh storm

std::int64_t seconds(Duration d) { return std::chrono::duration_cast<std::chrono::seconds>(d).count(); }

}  // namespace

void add_timer_answer(sip::Message& response, const sip::SessionTimerAnswer& answer) {
  response.add_header("Supported", "timer");
  if (answer.timer.interval == Duration{}) return;
  if (answer.require) response.add_header("Require", "timer");
  const char* refresher = answer.timer.refresher == sip::Refresher::uas ? "uas" : "uac";
  response.add_header("Session-Expires",
                      std::to_string(seconds(answer.timer.interval)) + ";refresher=" + refresher);
}

void Agent::State::apply_timer(Step& step, Chat& chat, const sip::SessionTimer& timer, bool as_uac) {
  disarm(step, chat, ChatTimer::refresh);
  disarm(step, chat, ChatTimer::expiry);
  chat.interval = timer.interval == Duration{} ? Duration{} : std::max<Duration>(timer.interval, kShortest);
  if (chat.interval == Duration{}) return;
  chat.we_refresh = (timer.refresher == sip::Refresher::uas) != as_uac;
  if (chat.we_refresh) arm(step, chat, ChatTimer::refresh, chat.interval / 2);
  arm(step, chat, ChatTimer::expiry, sip::session_bye_after(chat.interval));
}

void Agent::State::send_refresh(Step& step, Chat& chat) {
  if (chat.phase != Phase::up ||
      chat.answer) {  // their re-INVITE waits for its ACK: a moment later (RFC 3261 section 14.1)
    return arm(step, chat, ChatTimer::refresh, config.timers.t2);
  }
  auto request = chat.dialog.make_request(chat.peer_updates ? "UPDATE" : "INVITE");
  request.contacts = {make_contact(config, chat.contact_user)};
  request.add_header("Supported", "timer");
  request.add_header("Session-Expires", std::to_string(seconds(chat.interval)) + ";refresher=uac");
  if (chat.min_se != 0) request.add_header("Min-SE", std::to_string(chat.min_se));
  request.add_header("Allow", kChatMethods);
  request.add_header("User-Agent", config.user_agent);
  if (!chat.peer_updates) {
    if (const auto sdp = make_offer(chat)) set_sdp(request, *sdp);
  }
  chat.refresh_txn = send_request(step, std::move(request), hop_for(chat.dialog.next_hop()),
                                  {Purpose::Kind::refresh, chat.id.value});
}

void Agent::State::on_refresh_response(Step& step, Chat& chat, const sip::Message& response) {
  chat.refresh_txn = {};
  const int status = response.status;
  if (status < 300) {
    chat.dialog.refresh_target(response);
    if (response.cseq.method == "INVITE") {
      send_ack(step, chat.dialog, response.cseq.number);
      // SDP that can not be used changes nothing: the session goes on as it was.
      if (config.msrp) static_cast<void>(take_answer(step, chat, response));
    }
    const auto timer = sip::session_expires(response);
    return apply_timer(step, chat, timer && *timer ? **timer : sip::SessionTimer{}, true);
  }
  if (status == 408 || status == 481) {
    return hang_up(step, chat, status, "session refresh: " + std::string(sip::reason_phrase(status)), false);
  }
  if (status == 422) {
    const auto minimum = delta_seconds(response, "Min-SE");
    if (!minimum || std::chrono::seconds(*minimum) <= chat.interval) return;
    chat.min_se = *minimum;
    chat.interval = std::chrono::seconds(*minimum);
    return send_refresh(step, chat);
  }
  if ((status == 405 || status == 501) && chat.peer_updates) {
    chat.peer_updates = false;
    return send_refresh(step, chat);
  }
  if (status == 491) {
    // RFC 3261 section 14.1: who made the Call-ID waits 2.1 to 4 s, the other up to 2 s, in steps of 10 ms.
    const auto wait = std::chrono::milliseconds(10) *
                      static_cast<int>(chat.we_called ? 210 + random.below(191) : random.below(201));
    arm(step, chat, ChatTimer::refresh, wait);
  }
  // Anything else leaves the session as it is until its timer runs out (RFC 4028 section 10).
}

void Agent::State::on_session_request(Step& step, Chat& chat, const sip::RequestArrived& event) {
  const auto& request = event.request;
  const bool invite = request.method == "INVITE";
  const auto& tag = chat.dialog.id().local_tag;
  // An INVITE before the last one is done, an offer before the first is answered (RFC 3261 section 14.2, RFC
  // 3311 section 5.2).
  if ((invite && chat.answer) || (chat.phase == Phase::invited && (invite || !request.body.empty()))) {
    const Refusal busy{500, {}, {{"Retry-After", std::to_string(random.below(11))}}};
    return respond(step, event.txn, request, busy, tag);
  }
  auto offered = read_offer(request);
  if (const auto* refusal = std::get_if<Refusal>(&offered))
    return respond(step, event.txn, request, *refusal, tag);
  const auto& media = std::get<Offered>(offered).media;
  if (chat.refresh_txn && (invite || media))
    return respond(step, event.txn, request, Refusal{491, {}, {}}, tag);
  const auto timer = sip::answer_session_timer(request);
  if (const auto refusal = refuse_timer(timer)) return respond(step, event.txn, request, *refusal, tag);

  auto response = answer_to(chat, request, 200);
  add_timer_answer(response, timer);
  if (invite || media) {
    const auto sdp = media ? make_answer(step, chat, *media) : make_offer(chat);
    if (!sdp) return respond(step, event.txn, request, Refusal{488, {}, {}}, tag);
    set_sdp(response, *sdp);
  }
  chat.dialog.refresh_target(request);
  if (invite) {
    start_answer(step, chat, event.txn, std::move(response));
  } else {
    layer.respond(step.now, event.txn, std::move(response), step.txn);
  }
  // Without Session-Expires the timer is off (RFC 4028 section 9). A peer that merely forgot it still gets
  // our refreshes.
  const bool dropped = timer.timer.interval == Duration{} && chat.we_refresh;
  if (chat.phase != Phase::invited && !dropped) apply_timer(step, chat, timer.timer, false);
  if (chat.by_network && asserts_person(request)) {
    chat.by_network = false;
    tell(step, chat, ChatConnected{chat.id});
  }
}

}  // namespace rcs::chat
