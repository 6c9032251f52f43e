#include "chat/agent.hpp"

#include <utility>

#include "chat/agent_held_queries.hpp"
#include "chat/agent_lists.hpp"
#include "chat/agent_presence.hpp"
#include "chat/agent_state.hpp"

namespace rcs::chat {
namespace {

/// A core that refused a message is given this long to come back before all users register again.
constexpr Duration kCoreLostPause = std::chrono::seconds(2);

constexpr std::size_t kTagLength = 12;  // 62 random bits; short enough to need no heap in a dialog

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

sip::TransactionLayer::Config layer_config(const AgentConfig& config) {
  sip::TransactionLayer::Config layer;
  layer.sent_by_host = uri_host(config.host);
  layer.sent_by_port = config.port;
  layer.timers = config.timers;
  layer.messages_by_tcp = config.messages_by_tcp;
  layer.timer_kind = kAgentTransactionTimers;
  return layer;
}

}  // namespace

Agent::State::State(AgentConfig config_in, core::Random& random_in)
    : config(std::move(config_in)),
      random(random_in),
      layer(layer_config(config), random),
      messaging(config, random),
      lists(std::make_unique<Lists>(*this)),
      presence(std::make_unique<Presence>(*this)),
      held_queries(std::make_unique<HeldQueries>(*this)) {}
Agent::State::~State() = default;

Agent::Agent(AgentConfig config, core::Random& random)
    : state_(std::make_unique<State>(std::move(config), random)) {}
Agent::~Agent() = default;

namespace {

void pass_on(MessagingOutbox& messages, AgentOutbox& out, const auto& on_event) {
  for (auto& effect : messages.take()) {
    if (auto* send = std::get_if<MessagingOutbox::Send>(&effect)) {
      out.emit(node::StreamEffect{send->to, std::move(send->message)});
    } else if (auto* arm = std::get_if<MessagingOutbox::Arm>(&effect)) {
      out.arm(arm->key, arm->after);
    } else if (auto* cancel = std::get_if<MessagingOutbox::Cancel>(&effect)) {
      out.cancel(cancel->key);
    } else {
      on_event(std::move(std::get<MessagingOutbox::Emit>(effect).event));
    }
  }
}

/// Runs `act` and then all that the transaction layer and the messages say because of it.
template <class State, class Act>
void run(State& state, Instant now, AgentOutbox& out, Act&& act) {
  sip::TxnOutbox txn;
  MessagingOutbox messages;
  Step step{now, out, txn, messages};
  act(step);
  do {
    node::drain(txn, out, [&](sip::TxnEvent&& event) { state.dispatch(step, std::move(event)); });
    pass_on(messages, out, [&](MessagingEvent&& event) { state.on_messaging(step, std::move(event)); });
  } while (!txn.empty() || !messages.empty());
}

}  // namespace

void Agent::execute(Instant now, Command command, AgentOutbox& out) {
  State& s = *state_;
  const auto with_chat = [&s](ChatId id, auto&& act) {
    if (const auto found = s.chats.find(id); found != s.chats.end()) act(found->second);
  };
  run(s, now, out, [&](Step& step) {
    std::visit(Overload{
                   [&](Register& c) { s.register_user(step, c); },
                   [&](Unregister& c) { s.unregister_user(step, c); },
                   [&](StartChat& c) { s.start_chat(step, std::move(c)); },
                   [&](AlertUser& c) { with_chat(c.chat, [&](Chat& chat) { s.alert_user(step, chat); }); },
                   [&](AcceptChat& c) { with_chat(c.chat, [&](Chat& chat) { s.accept_chat(step, chat); }); },
                   [&](DeclineChat& c) {
                     with_chat(c.chat, [&](Chat& chat) { s.refuse_chat(step, chat, c.status, c.reason); });
                   },
                   [&](EndChat& c) {
                     if (s.messaging.is_thread(c.chat)) return s.close_thread(step, c.chat);
                     if (!s.chats.contains(c.chat)) s.messaging.forget(c.chat);
                     with_chat(c.chat, [&](Chat& chat) { s.end_chat(step, chat); });
                   },
                   [&](SendText& c) { s.send_text(step, std::move(c)); },
                   [&](SendState& c) { s.messaging.send_state(now, c, step.messages); },
                   [&](SendComposing& c) { s.messaging.send_composing(now, c, step.messages); },
                   [&](ForgetChat& c) {
                     if (s.messaging.is_thread(c.chat)) return s.close_thread(step, c.chat);
                     s.messaging.forget(c.chat);
                   },
                   [&](OpenThread& c) { s.open_thread(step, c); },
                   [&](SendToMany& c) { s.lists->send(step, std::move(c)); },
                   [&](QueryCapabilities& c) { s.query_capabilities(step, c); },
                   [&](WatchContact& c) { s.watch_contact(step, c); },
                   [&](UnwatchContact& c) { s.unwatch_contact(step, c); },
                   [&](HideServices& c) { s.hide_services(c); },
                   [&](OfferServices& c) { s.offer_services(step, c); },
                   [&](HoldQueries& c) { s.held_queries->hold(step, c); },
                   [&](AnswerQuery& c) { s.held_queries->answer(step, c); },
               },
               command);
  });
}

void Agent::on_message(Instant now, const sip::Hop& from, sip::Message message, AgentOutbox& out) {
  run(*state_, now, out,
      [&](Step& step) { state_->layer.on_message(now, from, std::move(message), step.txn); });
}

void Agent::on_timer(Instant now, node::TimerKey key, AgentOutbox& out) {
  run(*state_, now, out, [&](Step& step) {
    switch (key.kind) {
      case kAgentTransactionTimers:
        state_->layer.on_timer(now, key, step.txn);
        break;
      case kAgentSessionTimers:
        state_->on_chat_timer(step, key.id);
        break;
      case kAgentRegistrationTimers:
        state_->on_registration_timer(step, key.id);
        break;
      case kAgentMsrpTimers:
      case kAgentComposingTimers:
        state_->messaging.on_timer(now, key, step.messages);
        break;
      case kAgentPollingTimers:
        state_->on_polling_timer(step);
        break;
      case kAgentPresenceTimers:
        state_->presence->on_timer(step, key.id);
        break;
      case kAgentHeldQueryTimers:
        state_->held_queries->on_timer(step, QueryId{key.id});
        break;
      default:
        break;
    }
  });
}

void Agent::on_unreachable(Instant now, const sip::Hop& to, const std::string& why, AgentOutbox& out) {
  run(*state_, now, out, [&](Step& step) {
    state_->layer.on_unreachable(now, to, why, step.txn);
    const auto& core = state_->config.core;
    // One that was tried over TCP all the same says nothing about a core over UDP.
    if (to.host == core.host && to.port == core.port && to.transport == core.transport)
      state_->doubt_registrations(step, kCoreLostPause, false);
  });
}

void Agent::on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                      AgentOutbox& out) {
  run(*state_, now, out,
      [&](Step& step) { state_->messaging.on_stream(now, connection, news, step.messages); });
}

bool Agent::is_registered(const std::string& user) const {
  const auto identity = sip::parse_uri(user);
  if (!identity) return false;
  const auto found = state_->users.find(state_->find_user(*identity));
  return found != state_->users.end() && found->second.registered;
}

std::size_t Agent::open_chats() const { return state_->chats.size(); }
std::size_t Agent::open_messages() const { return state_->pages.size(); }

void Agent::State::dispatch(Step& step, sip::TxnEvent&& event) {
  std::visit(Overload{
                 [&](sip::RequestArrived& e) { on_request(step, std::move(e)); },
                 [&](sip::AckArrived& e) { on_ack(step, e.ack); },
                 [&](sip::CancelArrived& e) { on_cancel(step, e); },
                 [&](sip::ResponseArrived& e) { on_response(step, std::move(e)); },
                 [&](sip::RequestTimedOut& e) { on_no_response(step, e.txn, 408, "no answer"); },
                 [&](sip::RequestUnsendable& e) { on_no_response(step, e.txn, 503, e.why); },
                 [&](sip::ServerTxnEnded& e) { invitations.erase(e.txn); },
             },
             event);
}

void Agent::State::on_request(Step& step, sip::RequestArrived&& event) {
  if (event.request.method == "CANCEL") {  // of no INVITE that is known (RFC 3261 section 9.2)
    return respond(step, event.txn, event.request, 481);
  }
  if (event.request.method == "MESSAGE") event.request.request_uri = resolve_im(event.request.request_uri);
  if (const auto refusal = screen(event.request)) return respond(step, event.txn, event.request, *refusal);
  if (event.request.method == "NOTIFY") return presence->on_notify(step, event);
  if (!event.request.to_tag().empty()) return on_dialog_request(step, std::move(event));
  if (event.request.method == "INVITE") return on_invite(step, event);
  if (event.request.method == "MESSAGE") return on_message(step, event);
  if (event.request.method == "OPTIONS") return on_options(step, event);
  respond(step, event.txn, event.request, 481);  // BYE and UPDATE live in dialogs only (CHAT-14)
}

void Agent::State::on_response(Step& step, sip::ResponseArrived&& event) {
  const auto found = purposes.find(event.txn);
  if (!event.txn || found == purposes.end()) {
    const bool accepted = event.response.status >= 200 && event.response.status < 300;
    if (accepted && event.response.cseq.method == "INVITE") on_stray_2xx(step, event);
    return;
  }
  const Purpose purpose = found->second;
  if (event.response.status >= 200) purposes.erase(found);
  if (answer_challenge(step, event, purpose)) return;
  if (purpose.kind == Purpose::Kind::registration) {
    if (event.response.status >= 200) on_register_response(step, UserId{purpose.id}, event.response);
    return;
  }
  if (purpose.kind == Purpose::Kind::page) {
    if (event.response.status >= 200) on_page_response(step, PageId{purpose.id}, event.response);
    return;
  }
  if (purpose.kind == Purpose::Kind::inquiry) {
    if (event.response.status >= 200) on_inquiry_response(step, InquiryId{purpose.id}, event.response);
    return;
  }
  if (purpose.kind == Purpose::Kind::subscription || purpose.kind == Purpose::Kind::publication) {
    if (event.response.status >= 200) presence->on_response(step, purpose, event.response);
    return;
  }
  const auto chat = chats.find(ChatId{purpose.id});
  if (chat == chats.end()) return;
  if (purpose.kind == Purpose::Kind::invite) {
    on_invite_response(step, chat->second, event.response);
  } else if (event.response.status >= 200) {
    on_refresh_response(step, chat->second, event.response);
  }
}

void Agent::State::on_no_response(Step& step, sip::ClientTxnId txn, int status, const std::string& why) {
  const auto found = purposes.find(txn);
  if (found == purposes.end()) return;
  const Purpose purpose = found->second;
  purposes.erase(found);
  if (purpose.kind == Purpose::Kind::registration) {
    return on_register_lost(step, UserId{purpose.id}, status, one_line(why, kMaxReason));
  }
  if (purpose.kind == Purpose::Kind::page) {
    return finish_page(step, PageId{purpose.id}, status, one_line(why, kMaxReason));
  }
  if (purpose.kind == Purpose::Kind::inquiry) {
    return on_inquiry_lost(step, InquiryId{purpose.id}, status, one_line(why, kMaxReason));
  }
  if (purpose.kind == Purpose::Kind::subscription || purpose.kind == Purpose::Kind::publication) {
    return presence->on_no_response(step, purpose, status, one_line(why, kMaxReason));
  }
  const auto chat = chats.find(ChatId{purpose.id});
  if (chat == chats.end()) return;
  if (purpose.kind == Purpose::Kind::invite && chat->second.phase == Phase::cancelling) {
    give_up(step, chat->second);
  } else if (purpose.kind == Purpose::Kind::invite) {
    fail_chat(step, chat->second, status, one_line(why, kMaxReason));
  } else {
    hang_up(step, chat->second, status, "session refresh: " + one_line(why, kMaxReason), false);
  }
}

void Agent::State::respond(Step& step, sip::ServerTxnId txn, const sip::Message& request,
                           const Refusal& refusal, const std::string& to_tag) {
  auto response = sip::make_response(request, refusal.status,
                                     to_tag.empty() ? random.token(kTagLength) : to_tag, refusal.reason);
  for (const auto& header : refusal.headers) response.add_header(header.name, header.value);
  layer.respond(step.now, txn, std::move(response), step.txn);
}

void Agent::State::respond(Step& step, sip::ServerTxnId txn, const sip::Message& request, int status) {
  respond(step, txn, request, Refusal{status, {}, {}});
}

}  // namespace rcs::chat
