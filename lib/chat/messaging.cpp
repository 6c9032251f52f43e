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

Conversation* Messaging::State::find_named(ChatId name) {
  const auto renamed = names.find(name);
  auto* conversation = find(renamed == names.end() ? name : renamed->second);
  return conversation != nullptr && conversation->name == name ? conversation : nullptr;
}

Conversation& Messaging::State::add(ChatId chat, Correspondents between) {
  auto& conversation = conversations[chat];
  conversation.id = chat;
  conversation.name = chat;
  conversation.pair = {person(between.us), person(between.peer)};
  conversation.between = std::move(between);
  correspondence(conversation).chats.insert(chat);
  return conversation;
}

void Messaging::begin(ChatId chat, Correspondents between) {
  auto* known = state_->find(chat);
  if (known == nullptr) {
    state_->add(chat, std::move(between));
    return;
  }
  known->live = true;  // it begins again
  state_->unkeep(*known);
}

bool Messaging::take_first_text(Instant now, ChatId chat, const body::ChatText& text, MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return true;
  if (const auto* delivery = conversation->delivery.get()) {
    run_turn(*state_, now, out, [&](State::Turn& turn) {
      state_->take(turn, delivery->envelope, TextContent{text, receipt_of(text)}, delivery->fresh);
    });
    return false;
  }
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
    if (conversation->thread) return s.end_session(turn, *conversation, ending, code, reason);
    conversation->live = false;
    conversation->typing.on_content_sent();
    if (conversation->peer_typing.on_idle()) turn.out.emit(PeerComposing{chat, false, {}});
    s.set_timers(turn, *conversation);
    if (ending != Ending::refused) s.send_notices_by_message(turn, *conversation);
    if (!conversation->first_text.empty()) {  // nobody has accepted it: the network may bring it again
      s.correspondence(*conversation).received.forget(conversation->first_text);
      conversation->first_text.clear();
    }
    const bool never_was = ending == Ending::refused || ending == Ending::expired;
    const bool kept = !never_was && conversation->established && !conversation->unwanted;
    conversation->closed = ending == Ending::declined;
    s.fail_waiting(turn, *conversation, ending == Ending::interrupted && kept, code, reason);
    if (!kept) return s.drop(chat);
    s.keep(*conversation);
    s.push(turn, *conversation);
  });
}

/// It has no dialog; a text may open one.
void Messaging::State::keep(Conversation& conversation) {
  unkeep(conversation);
  conversation.ended = ++endings;
  ended.emplace(conversation.ended, conversation.id);
  while (ended.size() > kMaxEndedConversations) drop(ended.begin()->second);
}

void Messaging::State::unkeep(Conversation& conversation) {
  ended.erase(std::exchange(conversation.ended, 0));
}

void Messaging::State::drop(ChatId chat) {
  const auto found = conversations.find(chat);
  if (found == conversations.end()) return;
  const auto all = correspondences.find(found->second.pair);
  all->second.received.take_owed(chat);
  all->second.chats.erase(chat);
  if (all->second.thread == chat) all->second.thread = {};
  if (all->second.chats.empty()) correspondences.erase(all);
  ended.erase(found->second.ended);
  names.erase(found->second.name);
  conversations.erase(found);
}

void Messaging::forget(ChatId chat) {
  auto* conversation = state_->find_named(chat);
  if (conversation == nullptr) return;
  conversation->unwanted = true;
  if (!conversation->live) state_->drop(chat);
}

bool Messaging::knows(ChatId chat) const { return state_->find_named(chat) != nullptr; }

bool Messaging::is_thread(ChatId chat) const {
  const auto* conversation = state_->find_named(chat);
  return conversation != nullptr && conversation->thread;
}

Correspondents Messaging::correspondents(ChatId chat) const {
  const auto* conversation = state_->find(chat);
  return conversation == nullptr ? Correspondents{} : conversation->between;
}

std::size_t Messaging::conversations() const { return state_->conversations.size(); }

void Messaging::send_text(Instant now, SendText command, MessagingOutbox& out) {
  run_turn(*state_, now, out, [&](State::Turn& turn) { state_->send_text(turn, std::move(command)); });
}

void Messaging::State::send_text(Turn& turn, SendText&& command, bool by_list) {
  auto* conversation = find_named(command.chat);
  auto text = std::move(command.text);
  if (text.message_id.empty()) text.message_id = random.token(kMessageIdLength);
  if (text.content_type.empty()) text.content_type = body::ChatText{}.content_type;
  const auto refuse = [&](int code, const std::string& why) {
    turn.out.emit(TextState{command.chat, text.message_id, MessageState::failed, code, why});
  };
  if (conversation == nullptr || conversation->closed) return refuse(481, "the chat is over");
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
  WaitingText entry;
  entry.text = std::move(text);
  entry.now_or_never = command.expires && *command.expires == core::Duration{};
  if (command.expires && !entry.now_or_never) entry.deadline = turn.now + *command.expires;
  if (by_list) entry.place = WaitingText::Place::in_message;
  waiting.push_back(std::move(entry));
  conversation->typing.on_content_sent();
  set_timers(turn, *conversation);
  push(turn, *conversation);
}

void Messaging::State::push(Turn& turn, Conversation& conversation) {
  if (conversation.thread) return send_by_message(turn, conversation);
  if (conversation.live) return send_waiting(turn, conversation);
  if (conversation.waiting.empty()) return;
  unkeep(conversation);
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
  const auto* conversation = find(chat);
  const ChatId name = conversation == nullptr ? chat : conversation->name;
  for (const auto news : all->second.sent.advance(message_id, state)) {
    const bool failed = news == MessageState::failed;
    const bool has_code = failed || news == MessageState::sent;
    turn.out.emit(TextState{name, message_id, news, has_code ? code : 0, failed ? reason : std::string()});
  }
}

void Messaging::send_state(Instant now, const SendState& command, MessagingOutbox& out) {
  auto* conversation = state_->find_named(command.chat);
  if (conversation == nullptr) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    state_->correspondence(*conversation).received.owe(command.message_id, command.state);
    state_->send_owed(turn, *conversation);
  });
}

void Messaging::State::send_owed(Turn& turn, Conversation& conversation) {
  if (conversation.live && !conversation.thread) return send_notices(turn, conversation);
  send_notices_by_message(turn, conversation);
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
    MessageOwed message;
    message.between = conversation.between;
    message.content_type = kCpimType;
    message.content = make_notice(conversation, *receipt, owed.state, turn.now);
    if (conversation.thread) {
      message.item.thread = conversation.id;
      message.conversation_id =
          receipt->conversation_id.empty() ? conversation.thread->conversation_id : receipt->conversation_id;
    }
    turn.out.emit(std::move(message));
  }
}

void Messaging::send_composing(Instant now, const SendComposing& command, MessagingOutbox& out) {
  auto* conversation = state_->find_named(command.chat);
  if (conversation == nullptr) return;
  const auto& thread = conversation->thread;
  const bool heard = thread ? thread->written && thread->takes_typing
                            : conversation->session && conversation->session->started;
  if (!heard) return;
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
      state_->push(turn, *conversation);
      return state_->send_owed(turn, *conversation);
    }
    state_->send_composing(turn, *conversation, conversation->typing.on_time(now));
    if (conversation->peer_typing.on_time(now)) turn.out.emit(PeerComposing{conversation->name, false, {}});
    state_->set_timers(turn, *conversation);
  });
}

}  // namespace rcs::chat
