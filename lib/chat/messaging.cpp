#include "chat/messaging.hpp"

#include <algorithm>

#include "chat/identity.hpp"
#include "chat/invite.hpp"
#include "chat/messaging_state.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kMessageIdLength = 16;  // 82 random bits; 64 are asked for (IMDN-1)

msrp::EndpointConfig endpoint_config() {
  msrp::EndpointConfig config;
  config.timer_kind = kAgentMsrpTimers;
  return config;
}

constexpr int kTimerBits = 2;

bool is_anonymous(std::string_view uri) { return uri.empty() || uri.find("anonymous.invalid") != uri.npos; }

}  // namespace

node::TimerKey timer_of(ChatId chat, MessagingTimer timer) {
  return {kAgentComposingTimers, (chat.value << kTimerBits) | static_cast<std::uint64_t>(timer)};
}

ChatId chat_of(node::TimerKey key) { return ChatId{key.id >> kTimerBits}; }

std::string person(const std::string& uri) {
  const auto parsed = sip::parse_uri(uri);
  if (!parsed) return uri;
  const auto key = key_of(*parsed);
  const bool number = !key.user.empty() && key.user.find_first_not_of("+0123456789") == std::string::npos;
  return number ? key.user : key.user + '@' + key.domain;
}

Messaging::State::State(const AgentConfig& config_in, core::Random& random_in)
    : config(config_in), random(random_in), endpoint(endpoint_config(), random) {}

Messaging::Messaging(const AgentConfig& config, core::Random& random)
    : state_(std::make_unique<State>(config, random)) {}
Messaging::~Messaging() = default;

Conversation* Messaging::State::find(ChatId chat) {
  const auto found = conversations.find(chat);
  return found == conversations.end() ? nullptr : &found->second;
}

Correspondence& Messaging::State::correspondence(const Conversation& conversation) {
  return correspondences[conversation.pair];
}

void Messaging::begin(ChatId chat, Correspondents between) {
  auto& conversation = state_->conversations[chat];
  if (conversation.id) {  // known: it begins again
    conversation.live = true;
    state_->ended.erase(std::exchange(conversation.ended, 0));
    return;
  }
  conversation.id = chat;
  conversation.pair = {person(between.us), person(between.peer)};
  conversation.between = std::move(between);
  state_->correspondence(conversation).chats.insert(chat);
}

bool Messaging::take_first_text(Instant now, ChatId chat, const body::ChatText& text, MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return true;
  if (plain_type(text.content_type) == body::kImdnType) {
    if (const auto imdn = body::parse_imdn(text.text))
      run_turn(*state_, now, out,
               [&](State::Turn& turn) { state_->on_imdn(turn, conversation->pair, *imdn); });
    return false;
  }
  if (!state_->correspondence(*conversation).received.add(chat, receipt_of(text))) return false;
  conversation->first_text = text.message_id;
  return true;
}

void Messaging::end(Instant now, ChatId chat, Ending ending, int code, const std::string& reason,
                    MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    State& s = *state_;
    s.close_session(turn, *conversation);
    conversation->live = false;
    conversation->typing.on_content_sent();
    if (conversation->peer_typing.on_idle()) turn.out.emit(PeerComposing{chat, false, {}});
    s.set_timers(turn, *conversation);
    if (ending != Ending::refused) s.send_notices_by_message(turn, *conversation);
    if (!conversation->first_text.empty()) {  // nobody has accepted it: the network may bring it again
      s.correspondence(*conversation).received.forget(conversation->first_text);
      conversation->first_text.clear();
    }
    const bool over = ending == Ending::declined || ending == Ending::refused || ending == Ending::expired;
    const bool kept = !over && conversation->established && !conversation->unwanted;
    s.fail_waiting(turn, *conversation, ending == Ending::interrupted && kept, code, reason);
    if (!kept) return s.drop(chat);
    s.keep(*conversation);
    s.push(turn, *conversation);
  });
}

/// It has no dialog any more; a text may open another.
void Messaging::State::keep(Conversation& conversation) {
  conversation.ended = ++endings;
  ended.emplace(conversation.ended, conversation.id);
  while (ended.size() > kMaxEndedConversations) drop(ended.begin()->second);
}

void Messaging::State::drop(ChatId chat) {
  const auto found = conversations.find(chat);
  if (found == conversations.end()) return;
  const auto all = correspondences.find(found->second.pair);
  all->second.received.take_owed(chat);
  all->second.chats.erase(chat);
  if (all->second.chats.empty()) correspondences.erase(all);
  ended.erase(found->second.ended);
  conversations.erase(found);
}

void Messaging::forget(ChatId chat) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return;
  conversation->unwanted = true;
  if (!conversation->live) state_->drop(chat);
}

bool Messaging::knows(ChatId chat) const { return state_->find(chat) != nullptr; }

Correspondents Messaging::correspondents(ChatId chat) const {
  const auto* conversation = state_->find(chat);
  return conversation == nullptr ? Correspondents{} : conversation->between;
}

std::size_t Messaging::conversations() const { return state_->conversations.size(); }

void Messaging::send_text(Instant now, SendText command, MessagingOutbox& out) {
  run_turn(*state_, now, out, [&](State::Turn& turn) { state_->send_text(turn, std::move(command)); });
}

void Messaging::State::send_text(Turn& turn, SendText&& command) {
  auto* conversation = find(command.chat);
  auto text = std::move(command.text);
  if (text.message_id.empty()) text.message_id = random.token(kMessageIdLength);
  if (text.content_type.empty()) text.content_type = body::ChatText{}.content_type;
  const auto refuse = [&](int code, const std::string& why) {
    turn.out.emit(TextState{command.chat, text.message_id, MessageState::failed, code, why});
  };
  if (conversation == nullptr) return refuse(481, "the chat is over");
  if (const auto type = check_content_type(text.content_type); !type)
    return refuse(415, type.error().detail());
  auto& waiting = conversation->waiting;
  const bool waits = std::any_of(waiting.begin(), waiting.end(), [&](const WaitingText& other) {
    return other.text.message_id == text.message_id;
  });
  if (waits) return;  // it is being sent
  if (waiting.size() >= kMaxWaitingTexts)
    return refuse(503, "too many texts wait for the session of the chat");
  text.from = conversation->between.us;
  text.to = conversation->between.peer;
  text.date_time = config.wall.at(turn.now);
  correspondence(*conversation).sent.add(text.message_id, conversation->id);
  waiting.push_back({std::move(text), WaitingText::Place::here, {}, 0});
  conversation->typing.on_content_sent();
  set_timers(turn, *conversation);
  push(turn, *conversation);
}

void Messaging::State::push(Turn& turn, Conversation& conversation) {
  if (conversation.live) return send_waiting(turn, conversation);
  if (conversation.waiting.empty()) return;
  ended.erase(std::exchange(conversation.ended, 0));
  conversation.live = true;
  turn.out.emit(SessionWanted{conversation.id});
}

/// All of it; or, where another session is to be had, only what was tried too often.
void Messaging::State::fail_waiting(Turn& turn, Conversation& conversation, bool another, int code,
                                    const std::string& reason) {
  auto& waiting = conversation.waiting;
  const auto lost = std::stable_partition(waiting.begin(), waiting.end(), [&](const WaitingText& text) {
    return another && text.attempts < kMaxAttempts;
  });
  for (auto text = lost; text != waiting.end(); ++text) {
    tell(turn, conversation.pair, text->text.message_id, MessageState::failed, code, reason);
  }
  waiting.erase(lost, waiting.end());
}

void Messaging::State::tell(Turn& turn, const Pair& pair, const std::string& message_id, MessageState state,
                            int code, const std::string& reason) {
  const auto all = correspondences.find(pair);
  if (all == correspondences.end()) return;
  const ChatId chat = all->second.sent.chat_of(message_id);
  for (const auto news : all->second.sent.advance(message_id, state)) {
    const bool failed = news == MessageState::failed;
    turn.out.emit(TextState{chat, message_id, news, failed ? code : 0, failed ? reason : std::string()});
  }
}

void Messaging::send_state(Instant now, const SendState& command, MessagingOutbox& out) {
  auto* conversation = state_->find(command.chat);
  if (conversation == nullptr) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    state_->correspondence(*conversation).received.owe(command.message_id, command.state);
    if (conversation->live) {
      state_->send_notices(turn, *conversation);
    } else {
      state_->send_notices_by_message(turn, *conversation);
    }
  });
}

/// CPIM around the notification: it goes where the message came from, and shows no more of either user than
/// that did (IMDN-6).
std::string Messaging::State::make_notice(const Conversation& conversation, const Receipt& receipt,
                                          MessageState state, Instant now) {
  body::ImdnMessage message;
  message.message_id = random.token(kMessageIdLength);
  if (!is_anonymous(receipt.to)) message.from = conversation.between.us;
  if (!is_anonymous(receipt.from)) message.to = receipt.from;
  message.date_time = config.wall.at(now);
  message.imdn.message_id = receipt.message_id;
  message.imdn.date_time = receipt.date_time;
  const bool displayed = state == MessageState::displayed;
  message.imdn.kind = displayed ? body::ImdnKind::display : body::ImdnKind::delivery;
  message.imdn.status = displayed ? body::ImdnStatus::displayed : body::ImdnStatus::delivered;
  auto cpim = body::make_imdn_cpim(message);
  for (const auto& route : receipt.record_routes) cpim.add(body::kImdnNamespace, "IMDN-Route", route);
  return body::format_cpim(cpim);
}

void Messaging::State::send_notices_by_message(Turn& turn, const Conversation& conversation) {
  auto& received = correspondence(conversation).received;
  for (const auto& owed : received.take_owed(conversation.id)) {
    const auto* receipt = received.receipt(owed.message_id);
    if (receipt == nullptr) continue;
    turn.out.emit(
        NoticeOwed{conversation.between, make_notice(conversation, *receipt, owed.state, turn.now)});
  }
}

void Messaging::send_composing(Instant now, const SendComposing& command, MessagingOutbox& out) {
  auto* conversation = state_->find(command.chat);
  if (conversation == nullptr || !conversation->session || !conversation->session->started) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    conversation->typed = core::has_control(command.content_type) ? std::string() : command.content_type;
    const auto news =
        command.active ? conversation->typing.on_input(now, command.refresh) : conversation->typing.on_stop();
    state_->send_composing(turn, *conversation, news);
    state_->set_timers(turn, *conversation);
  });
}

void Messaging::State::set_timers(Turn& turn, const Conversation& conversation) {
  const auto set = [&](MessagingTimer timer, std::optional<Instant> deadline) {
    const auto key = timer_of(conversation.id, timer);
    if (deadline) return turn.out.arm(key, std::max(*deadline - turn.now, core::Duration{}));
    turn.out.cancel(key);
  };
  set(MessagingTimer::typing, conversation.typing.next_deadline());
  set(MessagingTimer::peer_typing, conversation.peer_typing.next_deadline());
}

void Messaging::on_timer(Instant now, node::TimerKey key, MessagingOutbox& out) {
  if (key.kind == kAgentMsrpTimers) {
    return run_turn(*state_, now, out,
                    [&](State::Turn& turn) { state_->endpoint.on_timer(now, key, turn.msrp); });
  }
  auto* conversation = state_->find(chat_of(key));
  if (conversation == nullptr) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    if (key == timer_of(conversation->id, MessagingTimer::again)) {
      state_->send_waiting(turn, *conversation);
      return state_->send_notices(turn, *conversation);
    }
    state_->send_composing(turn, *conversation, conversation->typing.on_time(now));
    if (conversation->peer_typing.on_time(now)) turn.out.emit(PeerComposing{conversation->id, false, {}});
    state_->set_timers(turn, *conversation);
  });
}

}  // namespace rcs::chat
