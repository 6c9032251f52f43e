// The legs of the back-to-back user agent as text: dialogs, bodies, the repeated 2xx.

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "ims/role_imas.hpp"
#include "ims/sip_node_state.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::ims {
namespace {

constexpr std::uint64_t kSdpIds = 1ULL << 31;  // small enough for every old SDP reader

bool is_update_or_invite(Method method) { return method == Method::invite || method == Method::update; }

}  // namespace

int SipNode::State::refuse_body(const core::Error& error, std::vector<sip::Header>& extra) {
  if (error.code() != core::Errc::unsupported) {
    extra.push_back({"Warning", "399 rcsgw " + core::quoted(error.detail(), 200)});
    return 400;
  }
  extra.push_back({"Accept", "application/sdp, multipart/mixed, message/cpim"});
  return 415;
}

int SipNode::State::begin_leg(const sip::Message& invite, Signal& signal, std::vector<sip::Header>& extra) {
  if (invite.contacts.empty() || !invite.contacts.front().uri.is_sip()) return 400;
  extra = unsupported_options(invite, {"timer", "pref"});
  if (!extra.empty()) return 420;
  auto invitation = read_invitation(invite);
  if (!invitation) return refuse_body(invitation.error(), extra);
  signal.set(Flag::has_sdp, invitation->offer.has_value());
  signal.set(Flag::has_cpim, invitation->cpim.has_value());
  signal.set(Flag::unusable_offer, !is_answerable(invitation->offer));
  signal.call = CallKey{++last_call};
  signal.message = MessageHandle{++last_message};
  invitations[signal.message] = std::move(*invitation);
  Leg leg;
  leg.message = signal.message;
  leg.tag = random.token();
  leg.sdp = {directory.host_in_uri(config.self), random.token(), random.below(kSdpIds) + 1};
  legs[signal.call] = std::move(leg);
  meet_chat(invite, signal);
  return 0;
}

int SipNode::State::check_refresh(const sip::Message& request, Signal& signal,
                                  std::vector<sip::Header>& extra) {
  if (signal.method != Method::invite && signal.method != Method::update) return 0;
  const auto invitation = read_invitation(request);
  if (!invitation) return refuse_body(invitation.error(), extra);
  signal.set(Flag::unusable_offer, !is_answerable(invitation->offer));
  return 0;
}

CallKey SipNode::State::leg_of(const sip::Message& request) const {
  const auto found = dialogs.find(sip::dialog_id_of(request, true));
  return found == dialogs.end() ? CallKey{} : found->second;
}

void SipNode::State::drop_leg(Work& work, CallKey call) {
  const auto found = legs.find(call);
  if (found == legs.end()) return;
  if (found->second.ok_txn) work.out.cancel({kOkTimer, call.value});
  if (found->second.dialog) dialogs.erase(found->second.dialog->id());
  if (found->second.invite_txn) sent.erase(found->second.invite_txn);
  const MessageHandle message = found->second.message;
  legs.erase(found);
  if (media) media->close(work.now, call, work.media);
  send_left_notices(work, message, false);
}

// --- answering
// ----------------------------------------------------------------------------------------------------------

void SipNode::State::answer_on_leg(Work& work, Exchange& exchange, const Signal& signal,
                                   sip::Message& response) {
  const CallKey call = exchange.heard.call;
  Leg& leg = legs[call];
  const auto& request = exchange.request;
  if (!is_update_or_invite(signal.method) || signal.status == 100 || signal.status >= 300) return;
  response.contacts = {own_contact()};
  response.add_header("Allow", std::string(kLegAllow));
  const auto invitation = invitations.find(leg.message);
  const bool initial = !leg.dialog.has_value();
  if (signal.has(Flag::answered_by_network)) {
    const auto server = sip::make_sip_uri(kStoreAndForwardUser, directory.domain());
    response.add_header("P-Asserted-Identity", "<" + server.to_string() + ">");
  } else if (invitation != invitations.end()) {
    sip::NameAddr other = call.value & kOwnCallBit ? invitation->second.asserted : invitation->second.to;
    other.params.clear();
    response.add_header("P-Asserted-Identity", other.to_string());
  }
  if (signal.status < 200) return;
  const auto timer = sip::answer_session_timer(request);
  if (timer.timer.interval > Duration{}) {
    response.add_header("Session-Expires", sip::to_string(timer.timer));
    if (timer.require) response.add_header("Require", "timer");
    set_timer(leg, timer.timer, timer.timer.refresher == sip::Refresher::uas);
  } else {
    set_timer(leg, {}, false);
  }
  response.add_header("Supported", "timer");
  const auto offered = read_invitation(request);
  if ((offered && offered->offer) || signal.method == Method::invite) {
    response.add_header("Content-Type", "application/sdp");
    leg.offered = !offered || !offered->offer;
    response.body = leg_answer(work, call, leg, leg.offered ? std::nullopt : offered->offer);
  }
  if (initial) {
    auto dialog = sip::Dialog::from_request(request, response);
    if (!dialog) return;  // begin_leg saw to its Contact
    dialogs[dialog->id()] = call;
    leg.dialog = std::move(*dialog);
  } else {
    leg.dialog->refresh_target(request);
  }
  if (signal.method != Method::invite) return;
  leg.ok_txn = {exchange.heard.txn.value};
  leg.ok = response;
  leg.ok_interval = config.timers.t1;
  leg.ok_waited = {};
  work.out.arm({kOkTimer, call.value}, leg.ok_interval);
}

void SipNode::State::repeat_ok(Work& work, CallKey call) {
  const auto found = legs.find(call);
  if (found == legs.end() || !found->second.ok_txn) return;
  Leg& leg = found->second;
  leg.ok_waited += leg.ok_interval;
  if (leg.ok_waited >= 64 * config.timers.t1) return;  // the role gives up by a timer of its own
  layer->respond(work.now, leg.ok_txn, leg.ok, work.txn);
  leg.ok_interval = std::min(2 * leg.ok_interval, config.timers.t2);
  work.out.arm({kOkTimer, call.value}, leg.ok_interval);
}

void SipNode::State::set_timer(Leg& leg, const sip::SessionTimer& timer, bool we_refresh) {
  leg.timer = timer;
  leg.we_refresh = we_refresh;
}

// --- asking
// -------------------------------------------------------------------------------------------------------------

void SipNode::State::send_own(Work& work, sip::Message request, const Signal& signal) {
  const auto hop = sip::hop_of(request.routes.empty() ? request.request_uri : request.routes.front().uri);
  const auto txn = layer->send_request(work.now, std::move(request), hop, work.txn);
  sent[txn] = Sent{{}, signal};
}

void SipNode::State::originate(Work& work, NodeId to, const Signal& signal) {
  if (signal.method == Method::register_) return third_party_register(work, to, signal);
  if (signal.method == Method::invite && !signal.has(Flag::in_dialog)) return invite(work, to, signal);
  if (signal.method == Method::cancel) {
    if (const auto leg = legs.find(signal.call); leg != legs.end()) {
      layer->cancel(work.now, leg->second.invite_txn, work.txn);
    }
    return;
  }
  if (signal.method == Method::message) return send_page(work, to, signal);
  if (presence) {
    if (auto notify = presence->make_notify(signal)) send_own(work, std::move(*notify), signal);
    return;
  }
  request_in_leg(work, signal);
}

void SipNode::State::third_party_register(Work& work, NodeId to, const Signal& signal) {
  sip::Message request;  // IFC-7
  request.method = "REGISTER";
  request.request_uri = directory.route_to(to).uri;
  sip::remove_param(request.request_uri.params, "lr");
  request.from = own_contact();
  sip::set_param(request.from.params, "tag", random.token());
  request.to.uri = directory.identity(signal.to);
  request.call_id = random.token() + "@" + directory.host_in_uri(config.self);
  request.cseq = {1, "REGISTER"};
  request.max_forwards = 70;
  request.contacts = {own_contact()};
  request.add_header("Expires", std::to_string(signal.expires));
  request.add_header("User-Agent", config.server);
  send_own(work, std::move(request), signal);
}

void SipNode::State::invite(Work& work, NodeId to, const Signal& signal) {
  const auto found = invitations.find(signal.message);
  if (found == invitations.end()) return;
  if (media) renew(found->second, signal.message);
  const Invitation& invitation = found->second;
  Leg leg;
  leg.message = signal.message;
  leg.tag = random.token();
  leg.sdp = {directory.host_in_uri(config.self), random.token(), random.below(kSdpIds) + 1};
  sip::Message request;
  request.method = "INVITE";
  request.request_uri = invitation.target;
  request.from = invitation.from;
  sip::set_param(request.from.params, "tag", leg.tag);
  request.to = invitation.to;
  request.call_id = random.token() + "@" + directory.host_in_uri(config.self);
  request.cseq = {1, "INVITE"};
  request.max_forwards = 70;
  request.contacts = {own_contact()};
  auto& tags = request.contacts.front().params;
  if (signal.has(Flag::standalone) && !signal.has(Flag::chat_tag)) {
    tags.push_back(sip::make_list_tag(sip::kIcsiRef, {std::string(kLargeMessageService)}));
  } else {
    sip::set_param(tags, kSimpleIm, std::nullopt);
  }
  auto route = directory.route_to(to);
  sip::set_param(route.uri.params, "odi", std::to_string(signal.odi));
  if (!invitation.asked_txn.empty()) sip::set_param(route.uri.params, kAskedTxn, invitation.asked_txn);
  request.routes = {std::move(route)};
  if (signal.has(Flag::store_and_forward)) {
    const auto server = sip::make_sip_uri(kStoreAndForwardUser, directory.domain());
    request.add_header("P-Asserted-Identity", "<" + server.to_string() + ">");
    sip::NameAddr sender = invitation.from;
    sender.params.clear();
    request.add_header("Referred-By", sender.to_string());
  } else {
    sip::NameAddr sender = invitation.asserted;
    sender.params.clear();
    request.add_header("P-Asserted-Identity", sender.to_string());
  }
  for (const auto& header : invitation.headers) request.add_header(header.name, header.value);
  request.add_header("Allow", std::string(kLegAllow));
  request.add_header("User-Agent", config.server);
  put_body(request, invitation, leg_offer(signal.call, leg), random);
  leg.invite = request;
  const auto hop = sip::hop_of(request.routes.front().uri);
  leg.invite_txn = layer->send_request(work.now, std::move(request), hop, work.txn);
  sent[leg.invite_txn] = Sent{{}, signal};
  legs[signal.call] = std::move(leg);
}

bool SipNode::State::take_ok(Work& work, CallKey call, const sip::Message& response) {
  const auto found = legs.find(call);
  if (found == legs.end()) return false;
  Leg& leg = found->second;
  auto dialog = sip::Dialog::from_response(leg.invite, response);
  if (!dialog) return false;
  if (!leg.dialog) {
    dialogs[dialog->id()] = call;
    leg.dialog = std::move(*dialog);
    if (const auto timer = sip::session_expires(response); timer && *timer) {
      set_timer(leg, **timer, (*timer)->refresher == sip::Refresher::uac);
    }
    take_leg_answer(work, call, response);
    return true;
  }
  if (leg.dialog->id() == dialog->id()) return true;
  // A second device took the call: it is thanked and let go (RFC 3261 section 13.2.2.4).
  const auto hop = sip::hop_of(dialog->next_hop());
  layer->send_ack(work.now, dialog->make_ack(leg.invite.cseq.number), hop, work.txn);
  layer->send_request(work.now, dialog->make_request("BYE"), hop, work.txn);
  return false;
}

void SipNode::State::request_in_leg(Work& work, const Signal& signal) {
  const auto found = legs.find(signal.call);
  if (found == legs.end() || !found->second.dialog) return;
  Leg& leg = found->second;
  if (signal.method == Method::ack) {
    const auto hop = sip::hop_of(leg.dialog->next_hop());
    layer->send_ack(work.now, leg.dialog->make_ack(leg.invite.cseq.number), hop, work.txn);
    return;
  }
  auto request = leg.dialog->make_request(ims::name(signal.method));
  request.add_header("User-Agent", config.server);
  if (signal.cause != 0) request.add_header("Reason", reason_header(signal.cause, signal.has(Flag::idle)));
  if (signal.method == Method::update) {
    request.contacts = {own_contact()};
    request.add_header("Allow", std::string(kLegAllow));
    request.add_header("Supported", "timer");
    if (leg.timer.interval > Duration{}) {
      // A refresh without it would end the session timer (RFC 4028 section 7.4).
      auto timer = leg.timer;
      timer.refresher = leg.we_refresh ? sip::Refresher::uac : sip::Refresher::uas;
      request.add_header("Session-Expires", sip::to_string(timer));
    }
    if (const auto invitation = invitations.find(leg.message); invitation != invitations.end()) {
      sip::NameAddr other =
          signal.call.value & kOwnCallBit ? invitation->second.asserted : invitation->second.to;
      other.params.clear();
      request.add_header("P-Asserted-Identity", other.to_string());
    }
  }
  send_own(work, std::move(request), signal);
}

}  // namespace rcs::ims
