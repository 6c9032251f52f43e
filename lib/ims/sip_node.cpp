#include "ims/sip_node.hpp"

#include <algorithm>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "ims/list_text.hpp"
#include "ims/sip_node_state.hpp"

namespace rcs::ims {

SipNode::State::State(SipNodeConfig c, std::unique_ptr<Role> r, Directory& d, core::Random& rnd)
    : config(std::move(c)), role(std::move(r)), directory(d), random(rnd) {
  make_layer();
  make_media();
  if (config.authentication) authentication.emplace(*config.authentication, directory, random);
  if (config.serves_presence)
    presence = std::make_unique<PresenceText>(config.self, config.server, directory, random);
}

void SipNode::State::make_media() {
  if (!config.back_to_back || !config.msrp) return;
  media = std::make_unique<ChatMedia>(
      ChatMediaConfig{*config.msrp, kMediaTimers, config.stores_messages, config.wall}, passed_texts, random);
}

void SipNode::State::make_layer() {
  const auto& address = directory.address(config.self);
  sip::TransactionLayer::Config layer_config;
  layer_config.sent_by_host = directory.host_in_uri(config.self);
  layer_config.sent_by_port = address.port;
  layer_config.sent_by_tls_port = directory.tls_address(config.self).port;
  layer_config.timers = config.timers;
  layer_config.timer_kind = kNodeTransactionTimers;
  layer = std::make_unique<sip::TransactionLayer>(std::move(layer_config), random);
}

SipNode::SipNode(SipNodeConfig config, std::unique_ptr<Role> role, Directory& directory, core::Random& random)
    : state_(std::make_unique<State>(std::move(config), std::move(role), directory, random)) {}
SipNode::~SipNode() = default;

void SipNode::address_changed() { state_->make_layer(); }
void SipNode::take_msrp_at(msrp::ListeningAt at) {
  state_->config.msrp = std::move(at);
  state_->make_media();
}
const std::string& SipNode::name() const { return state_->directory.name(state_->config.self); }
const NodeAddress& SipNode::address() const { return state_->directory.address(state_->config.self); }
const Role& SipNode::role() const { return *state_->role; }
std::size_t SipNode::open() const {
  return state_->layer->open() + state_->exchanges.size() + state_->sent.size() + state_->legs.size() +
         state_->invitations.size() + state_->pages.size() + (state_->media ? state_->media->sessions() : 0) +
         (state_->presence ? state_->presence->open() : 0);
}

void SipNode::on_message(Instant now, const sip::Hop& from, sip::Message message, NodeOutbox& out) {
  sip::TxnOutbox txn;
  State::Work work{now, txn, out};
  state_->layer->on_message(now, from, std::move(message), txn);
  state_->drain(work);
}

void SipNode::on_timer(Instant now, node::TimerKey key, NodeOutbox& out) {
  sip::TxnOutbox txn;
  State::Work work{now, txn, out};
  if (key.kind == kNodeTransactionTimers) {
    state_->layer->on_timer(now, key, txn);
  } else if (key.kind == kOkTimer) {
    state_->repeat_ok(work, CallKey{key.id});
  } else if (key.kind == kProxyTimer) {
    state_->on_proxy_timer(work, sip::ClientTxnId{key.id});
  } else if (key.kind == kMediaTimers) {
    if (state_->media) state_->media->on_timer(now, key, work.media);
  } else {
    state_->on_role_timer(work, key);
  }
  state_->drain(work);
}

void SipNode::on_unreachable(Instant now, const sip::Hop& to, const std::string& why, NodeOutbox& out) {
  sip::TxnOutbox txn;
  State::Work work{now, txn, out};
  state_->layer->on_unreachable(now, to, why, txn);
  state_->drain(work);
}

void SipNode::on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                        NodeOutbox& out) {
  if (!state_->media) return;
  sip::TxnOutbox txn;
  State::Work work{now, txn, out};
  state_->media->on_stream(now, connection, news, work.media);
  state_->drain(work);
}

void SipNode::State::drain(Work& work) {
  do {
    node::drain(work.txn, work.out, [&](sip::TxnEvent&& event) {
      std::visit([&](auto&& e) { on(work, std::move(e)); }, std::move(event));
    });
    drain_media(work);
  } while (!work.txn.empty());
}

Exchange* SipNode::State::exchange_of(TxnKey key) {
  const auto found = exchanges.find(key);
  return found == exchanges.end() ? nullptr : &found->second;
}

// --- requests
// ---------------------------------------------------------------------------------------------------------

bool SipNode::State::is_for_us(const sip::Message& request) const {
  const auto& uri = request.request_uri;
  return uri.is_sip() && uri.user.empty() && request.routes.empty() && directory.is_local_host(uri);
}

int SipNode::State::fault_of(const sip::Message& request, std::vector<sip::Header>& extra) const {
  const auto own = [&](const sip::Via& via) { return directory.node_at(via.host, via.port) == config.self; };
  if (static_cast<std::size_t>(std::count_if(request.vias.begin(), request.vias.end(), own)) > kMaxOwnVias)
    return 482;
  if (request.max_forwards && *request.max_forwards == 0) return 483;
  for (const auto value : request.header_values("Proxy-Require")) {
    extra.push_back({"Unsupported", std::string(value)});
  }
  if (!extra.empty()) return 420;
  if (sip::answer_session_timer(request).status == 400) return 400;
  return 0;
}

void SipNode::State::on(Work& work, sip::RequestArrived&& event) {
  sip::Message& request = event.request;
  Exchange exchange;
  exchange.marks = take_own_routes(request, config.self, directory);
  if (is_for_us(request) && request.method == "OPTIONS") return answer_options(work, event.txn, request);
  std::vector<sip::Header> extra;
  if (const int status = fault_of(request, extra))
    return answer_plain(work, event.txn, request, status, extra);

  const bool trusted = is_trusted(directory, event.from, request);
  if (authentication && !trusted) {
    if (const auto refusal = authentication->check(work.now, request))
      return answer_plain(work, event.txn, request, refusal->status, refusal->headers);
  }
  if (!trusted && event.from.transport == sip::Transport::tls) exchange.device = event.from;
  if (trusted) exchange.flow = flow_named(exchange.marks.flow);
  if (trusted && !exchange.marks.flow.empty() && !exchange.flow)
    return answer_plain(work, event.txn, request, kFlowFailed);
  Signal heard = project_request(request, exchange.marks, trusted, config.self, directory);
  heard.set(Flag::to_flow, exchange.flow.has_value());
  if (!heard.from || !heard.to) {
    return answer_plain(work, event.txn, request, 503, {{"Retry-After", "60"}});  // no room for one more user
  }
  heard.txn = TxnKey{event.txn.value};
  // A server that keeps calls names them itself; a hash of foreign text could be made to meet one of its
  // names.
  if (!config.back_to_back) heard.call = CallKey{core::Hash().add(request.call_id).value()};
  if (config.serves_lists && is_for_list_server(request, directory)) {
    exchange.request = std::move(request);
    return take_list(work, std::move(exchange), heard);
  }
  if (heard.method == Method::invite) {
    layer->respond(work.now, event.txn, sip::make_response(request, 100, {}), work.txn);
  }
  if (config.back_to_back && heard.has(Flag::in_dialog)) {
    heard.call = leg_of(request);
    if (const auto leg = legs.find(heard.call);
        leg != legs.end() && !leg->second.dialog->take_cseq(request)) {
      return answer_plain(work, event.txn, request, 500);
    }
    if (const int status = check_refresh(request, heard, extra)) {
      return answer_plain(work, event.txn, request, status, extra);
    }
  } else if (config.back_to_back && heard.method == Method::invite) {
    if (const int status = begin_leg(request, heard, extra)) {
      return answer_plain(work, event.txn, request, status, extra);
    }
  }
  if (config.back_to_back && config.stores_messages && heard.method == Method::message &&
      !heard.has(Flag::in_dialog)) {
    extra = unsupported_options(request, {"pref"});  // PGR-44
    if (!extra.empty()) return answer_plain(work, event.txn, request, 420, extra);
    begin_page(work.now, request, heard);
  }
  if (presence) {
    if (const int status = presence->read(request, heard, extra))
      return answer_plain(work, event.txn, request, status, extra);
  }
  if (auto* asked = trusted ? exchange_of(exchange.marks.txn) : nullptr) asked->came_back = true;
  const auto contacts =
      heard.method == Method::register_ ? project_contacts(request) : std::vector<ContactSpec>{};
  const NodeId from =
      trusted ? directory.node_at(request.vias.front().host, request.vias.front().port) : kOutside;
  exchange.heard = heard;
  exchange.request = std::move(request);
  exchanges.emplace(heard.txn, std::move(exchange));
  decide(work, from, heard, contacts);
  forget_answered(heard);
}

void SipNode::State::on(Work& work, sip::AckArrived&& event) {
  RouteMarks marks = take_own_routes(event.ack, config.self, directory);
  if (event.ack.max_forwards && *event.ack.max_forwards == 0) return;
  const bool trusted = is_trusted(directory, event.from, event.ack);
  Signal heard = project_request(event.ack, marks, trusted, config.self, directory);
  ack_flow = trusted ? flow_named(marks.flow) : std::nullopt;
  if (trusted && !marks.flow.empty() && !ack_flow) return;
  heard.set(Flag::to_flow, ack_flow.has_value());
  if (config.back_to_back) {
    heard.call = leg_of(event.ack);
    const auto leg = legs.find(heard.call);
    if (leg == legs.end()) return;
    if (leg->second.ok_txn && leg->second.ok.cseq.number == event.ack.cseq.number) {
      if (std::exchange(leg->second.offered, false)) take_leg_answer(work, heard.call, event.ack);
      leg->second.ok_txn = {};
      leg->second.ok = {};
      work.out.cancel({kOkTimer, heard.call.value});
    }
  }
  ack_in_hand = &event.ack;
  decide(work,
         trusted ? directory.node_at(event.ack.vias.front().host, event.ack.vias.front().port) : kOutside,
         heard, {});
  ack_in_hand = nullptr;
}

void SipNode::State::on(Work& work, sip::CancelArrived&& event) {
  const auto* exchange = exchange_of(TxnKey{event.invite.value});
  if (exchange == nullptr || exchange->answered) return;
  Signal heard = exchange->heard;
  heard.method = Method::cancel;
  decide(work, kOutside, heard, {});
}

void SipNode::State::on(Work&, sip::ServerTxnEnded event) { forget(TxnKey{event.txn.value}); }

void SipNode::State::forget(TxnKey key) {
  const auto found = exchanges.find(key);
  if (found == exchanges.end()) return;
  for (const auto txn : found->second.sent) sent.erase(txn);
  exchanges.erase(found);
}

void SipNode::State::forget_answered(const Signal& asked) {
  const auto* exchange = asked.method == Method::invite ? nullptr : exchange_of(asked.txn);
  if (exchange != nullptr && exchange->answered) forget(asked.txn);
}

// --- responses and failures
// ---------------------------------------------------------------------------------------------

Signal SipNode::State::signal_back(const Sent& entry) {
  Signal signal = entry.signal;
  const auto* exchange = exchange_of(entry.exchange);
  if (exchange != nullptr && exchange->came_back) signal.odi = 0;
  return signal;
}

void SipNode::State::on(Work& work, sip::ResponseArrived&& event) {
  const sip::Message& response = event.response;
  const auto found = event.txn ? sent.find(event.txn) : sent.end();
  if (found == sent.end()) {
    // A stray one; a proxy passes it on by its Via (RFC 3261 section 16.7).
    const bool ok = response.status >= 200 && response.status < 300 && response.cseq.method == "INVITE";
    if (ok && !response.vias.empty())
      layer->send_stateless(work.now, response, sip::response_hop(response), work.txn);
    return;
  }
  const Signal asked = signal_back(found->second);
  const bool own = !found->second.exchange;
  const bool final = response.status >= 200;
  const bool ok = final && response.status < 300;
  const bool invite = asked.method == Method::invite;
  if (invite && !own) {
    const node::TimerKey timer{kProxyTimer, event.txn.value};
    if (final) {
      work.out.cancel(timer);
    } else {
      work.out.arm(timer, config.invite_timeout);
    }
  }
  if (response.status == 100) return;
  if (!own) {
    const auto* exchange = exchange_of(found->second.exchange);
    if (exchange == nullptr || (exchange->answered && !(invite && ok))) return;
  }
  if (own && final && !(invite && ok)) sent.erase(found);
  if (own && final && asked.method == Method::message && !asked.message) send_next_notice(work, asked.to);
  if (own && invite && ok && !take_ok(work, asked.call, response)) return;
  Signal heard = asked;
  project_response(response, config.self, directory, heard);
  response_in_hand = &event.response;
  decide(work, kOutside, heard, {});
  response_in_hand = nullptr;
  if (own && invite && final && !ok) drop_leg(work, asked.call);
  if (!own) forget_answered(asked);
}

void SipNode::State::on(Work& work, sip::RequestTimedOut event) { on_failure(work, event.txn, 408); }
void SipNode::State::on(Work& work, sip::RequestUnsendable event) {
  const auto found = sent.find(event.txn);
  const bool over_flow = found != sent.end() && found->second.signal.has(Flag::to_flow);
  on_failure(work, event.txn, over_flow ? kFlowFailed : 503);
}

void SipNode::State::on_failure(Work& work, sip::ClientTxnId txn, int status) {
  const auto found = sent.find(txn);
  if (found == sent.end()) return;
  const Sent entry = found->second;
  sent.erase(found);
  work.out.cancel({kProxyTimer, txn.value});
  if (entry.exchange) {
    auto* exchange = exchange_of(entry.exchange);
    if (exchange == nullptr || exchange->answered) return;
    std::erase(exchange->sent, txn);
  }
  const bool is_notice = !entry.exchange && entry.signal.method == Method::message && !entry.signal.message;
  if (is_notice) send_next_notice(work, entry.signal.to);
  Signal heard = signal_back(entry);
  heard.status = static_cast<std::uint16_t>(status);
  heard.cause = 0;
  heard.target = config.self;
  decide(work, config.self, heard, {});
  if (!entry.exchange && heard.method == Method::invite) drop_leg(work, heard.call);
}

void SipNode::State::on_proxy_timer(Work& work, sip::ClientTxnId txn) {
  // Timer C: it rang too long (RFC 3261 section 16.8). Whatever comes after the CANCEL has nobody waiting for
  // it.
  layer->cancel(work.now, txn, work.txn);
  on_failure(work, txn, 408);
}

// --- the role
// -------------------------------------------------------------------------------------------------------------

void SipNode::State::decide(Work& work, NodeId from, const Signal& heard,
                            std::span<const ContactSpec> contacts) {
  RoleOutbox decisions;
  if (heard.method == Method::register_ && heard.is_request()) {
    role->on_register(work.now, from, heard, contacts, decisions);
  } else {
    role->on_message(work.now, from, heard, decisions);
  }
  Step step{.node = config.self, .heard = heard};
  carry_out(work, decisions, step);
}

void SipNode::State::on_role_timer(Work& work, node::TimerKey key) {
  RoleOutbox decisions;
  role->on_timer(work.now, key, decisions);
  Step step{.node = config.self, .timer = key};
  carry_out(work, decisions, step);
}

void SipNode::State::carry_out(Work& work, RoleOutbox& decisions, Step& step) {
  const auto effects = decisions.take();
  if (config.record_steps) {
    for (const auto& effect : effects) {
      if (const auto* send = std::get_if<RoleOutbox::Send>(&effect))
        step.said.emplace_back(send->to, send->message);
    }
    work.out.emit(step);
  }
  for (const auto& effect : effects) {
    if (const auto* send = std::get_if<RoleOutbox::Send>(&effect)) {
      render(work, send->to, send->message);
    } else if (const auto* arm = std::get_if<RoleOutbox::Arm>(&effect)) {
      work.out.arm(arm->key, arm->after);
    } else if (const auto* cancel = std::get_if<RoleOutbox::Cancel>(&effect)) {
      work.out.cancel(cancel->key);
    } else {
      on_notice(work, std::get<RoleOutbox::Emit>(effect).event);
    }
  }
}

void SipNode::State::on_notice(Work& work, const Notice& notice) {
  if (presence) presence->forget(notice);
  switch (notice.kind) {
    case Notice::Kind::unregistered:
    case Notice::Kind::bindings_changed:
      prune_bindings(work.now, notice.to);
      break;
    case Notice::Kind::message_done:
      send_left_notices(work, notice.message, true);
      invitations.erase(notice.message);
      pages.erase(notice.message);
      drop_leg(work, notice.call);
      if (media) media->forget(work.now, notice.message, work.media);
      break;
    case Notice::Kind::chat_declined:
    case Notice::Kind::chat_lost:
      tell_failure(work, notice.message);
      break;
    case Notice::Kind::message_lost:
      tell_page_lost(work, notice.message);
      break;
    case Notice::Kind::chat_accepted:
      if (media) drop_delivered(notice.message);
      break;
    case Notice::Kind::leg_done:
      drop_leg(work, notice.call);
      break;
    case Notice::Kind::page_to_session:
      page_to_session(work, notice);
      break;
    case Notice::Kind::chat_by_message:
      chat_by_message(work, notice.message);
      break;
    case Notice::Kind::page_to_chat:
      carry_page(work, notice);
      break;
    case Notice::Kind::page_overdue:
      if (media) media->withdraw(notice.message, work.media);
      break;
    case Notice::Kind::pages_released:
      if (media) media->release_pages(notice.message, work.media);
      break;
    default:
      break;
  }
  work.out.emit(notice);
}

void SipNode::State::render(Work& work, NodeId to, const Signal& signal) {
  if (signal.is_request()) {
    if (signal.has(Flag::originated)) return originate(work, to, signal);
    return forward(work, to, signal);
  }
  auto* exchange = exchange_of(signal.txn);
  if (exchange == nullptr) return;
  const bool passes_on = response_in_hand != nullptr && !signal.has(Flag::originated) &&
                         response_in_hand->status == signal.status &&
                         response_in_hand->call_id == exchange->request.call_id;
  if (passes_on) {
    forward_response(work, *exchange, signal);
  } else {
    answer(work, *exchange, signal);
  }
}

std::string describe(const Step& step, const Directory& directory) {
  const auto name_of = [&](NodeId node) {
    const auto& name = directory.name(node);
    return name.empty() ? std::string("device") : name;
  };
  std::string text = name_of(step.node) + ": ";
  text += step.timer.kind == 0 ? summary(step.heard) : "timer " + std::to_string(step.timer.kind);
  for (const auto& [to, signal] : step.said) text += " -> " + name_of(to) + " " + summary(signal);
  return text;
}

}  // namespace rcs::ims
