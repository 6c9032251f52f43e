// Threads: conversations without sessions, whose texts leave by SIP MESSAGE, one after the other.

#include <utility>

#include "chat/messaging_state.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kConversationIdLength = 32;  // hex digits, as other clients have it
constexpr int kTooLarge = 413;
constexpr int kTooLargeForServer = 513;
constexpr int kUnsupportedType = 415;

bool is_plain_text(const body::ChatText& text) { return plain_type(text.content_type) == "text/plain"; }

}  // namespace

Conversation& Messaging::State::open_thread(ChatId id, Correspondents between) {
  auto& thread = add(id, std::move(between));
  thread.thread = std::make_unique<Thread>();
  thread.thread->conversation_id = random.hex(kConversationIdLength);
  correspondence(thread).thread = id;
  keep(thread);
  return thread;
}

void Messaging::open_thread(ChatId name, Correspondents between) {
  const auto all = state_->correspondences.find({person(between.us), person(between.peer)});
  auto* known = all == state_->correspondences.end() ? nullptr : state_->find(all->second.thread);
  if (known == nullptr) {
    state_->open_thread(name, std::move(between));
    return;
  }
  state_->names.erase(known->name);
  state_->names.emplace(name, known->id);
  known->name = name;
}

ChatId Messaging::close_thread(Instant now, ChatId name, MessagingOutbox& out) {
  auto* thread = state_->find_named(name);
  if (thread == nullptr || !thread->thread) return {};
  const ChatId id = thread->id;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    state_->close_session(turn, *thread);
    while (!thread->waiting.empty()) state_->fail_first(turn, *thread, 487, "the thread was closed");
    thread->typing.on_content_sent();
    thread->peer_typing.on_idle();
    state_->set_timers(turn, *thread);
    state_->drop(id);
  });
  return id;
}

std::string Messaging::conversation_id(ChatId thread) const {
  const auto* conversation = state_->find(thread);
  return conversation != nullptr && conversation->thread ? conversation->thread->conversation_id
                                                         : std::string();
}

void Messaging::begin_delivery(ChatId session, Envelope envelope, ChatId fresh) {
  auto& conversation = state_->add(session, {envelope.us.front(), envelope.peers.front()});
  conversation.unwanted = true;
  conversation.delivery = std::make_unique<Delivery>(Delivery{std::move(envelope), fresh});
}

/// One text at a time, so that they arrive in order; what is said about others does not wait for it.
void Messaging::State::send_by_message(Turn& turn, Conversation& thread) {
  if (!thread.thread->large.empty()) return send_by_session(turn, thread);
  while (!thread.waiting.empty()) {
    auto& first = thread.waiting.front();
    if (first.place != WaitingText::Place::here) return;
    if (first.deadline && *first.deadline < turn.now) {
      fail_first(turn, thread, 408, "its time was over before it could be sent");
      continue;
    }
    unkeep(thread);
    if (first.needs_session) {
      thread.thread->large = first.text.message_id;
      return turn.out.emit(SessionWanted{thread.id});
    }
    first.place = WaitingText::Place::in_message;
    MessageOwed message;
    message.item = {PagerItem::Kind::text, thread.id, first.text.message_id};
    message.between = thread.between;
    const bool bare = thread.thread->plain && is_plain_text(first.text);
    message.content_type = bare ? first.text.content_type : std::string(kCpimType);
    message.content = bare ? first.text.text : body::format_cpim(body::make_chat_cpim(first.text));
    message.conversation_id = thread.thread->conversation_id;
    message.deadline = first.deadline;
    message.now_or_never = first.now_or_never;
    return turn.out.emit(std::move(message));
  }
  keep(thread);
}

void Messaging::State::fail_first(Turn& turn, Conversation& thread, int code, const std::string& reason) {
  const auto message_id = thread.waiting.front().text.message_id;
  thread.waiting.erase(thread.waiting.begin());
  tell(turn, thread.pair, message_id, MessageState::failed, code, reason);
}

void Messaging::State::refuse_message(Turn& turn, Conversation& thread, const PagerItem& item,
                                      const std::string& why) {
  if (item.kind != PagerItem::Kind::text || thread.waiting.empty()) return;
  auto& first = thread.waiting.front();
  if (first.text.message_id != item.message_id) return;
  if (config.msrp) {
    first.place = WaitingText::Place::here;
    first.needs_session = true;
  } else {
    fail_first(turn, thread, kTooLarge, why + ", and this client has no address for MSRP");
  }
  push(turn, thread);
}

void Messaging::too_large(Instant now, const PagerItem& item, const std::string& why, MessagingOutbox& out) {
  auto* thread = state_->find(item.thread);
  if (thread == nullptr || !thread->thread) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) { state_->refuse_message(turn, *thread, item, why); });
}

bool Messaging::may_join_list(ChatId name) const {
  const auto* thread = state_->find_named(name);
  return thread != nullptr && thread->thread && thread->waiting.empty() && !thread->thread->plain;
}

ChatId Messaging::send_by_list(Instant now, SendText command, MessagingOutbox& out) {
  auto* thread = state_->find_named(command.chat);
  if (thread == nullptr) return {};
  run_turn(*state_, now, out, [&](State::Turn& turn) { state_->send_text(turn, std::move(command), true); });
  if (thread->waiting.empty()) return {};
  state_->unkeep(*thread);
  return thread->id;
}

bool Messaging::waits_for_list(ChatId thread, const std::string& message_id) const {
  const auto* conversation = state_->find(thread);
  return conversation != nullptr && !conversation->waiting.empty() &&
         conversation->waiting.front().text.message_id == message_id;
}

void Messaging::send_alone(Instant now, ChatId thread, const std::string& message_id, MessagingOutbox& out) {
  if (!waits_for_list(thread, message_id)) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    auto& conversation = *state_->find(thread);
    conversation.waiting.front().place = WaitingText::Place::here;
    state_->push(turn, conversation);
  });
}

void Messaging::on_answer(Instant now, const PagerItem& item, int status, const std::string& reason,
                          MessagingOutbox& out) {
  auto* thread = state_->find(item.thread);
  if (thread == nullptr || !thread->thread) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    if (item.kind == PagerItem::Kind::text)
      return state_->on_text_answer(turn, *thread, item, status, reason);
    if (item.kind != PagerItem::Kind::composing || status != kUnsupportedType) return;
    thread->thread->takes_typing = false;
    thread->typing.on_content_sent();
    state_->set_timers(turn, *thread);
  });
}

void Messaging::fail_thread(Instant now, ChatId thread, int code, const std::string& reason,
                            MessagingOutbox& out) {
  auto* conversation = state_->find(thread);
  if (conversation == nullptr || !conversation->thread) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    while (!conversation->waiting.empty()) state_->fail_first(turn, *conversation, code, reason);
    state_->push(turn, *conversation);
  });
}

void Messaging::State::on_text_answer(Turn& turn, Conversation& thread, const PagerItem& item, int status,
                                      const std::string& reason) {
  const bool waits = !thread.waiting.empty() && thread.waiting.front().text.message_id == item.message_id;
  if (status >= 200 && status < 300) {
    tell(turn, thread.pair, item.message_id, MessageState::sent, status);
    if (waits) thread.waiting.erase(thread.waiting.begin());
  } else if (!waits) {
    return;  // its notification was faster: it has arrived
  } else if (status == kTooLarge || status == kTooLargeForServer) {
    return refuse_message(turn, thread, item, reason);
  } else if (status == kUnsupportedType && !thread.thread->plain &&
             is_plain_text(thread.waiting.front().text)) {
    thread.thread->plain = true;  // a client of SIP alone (PGR-4)
    thread.waiting.front().place = WaitingText::Place::here;
  } else {
    fail_first(turn, thread, status, reason);
  }
  push(turn, thread);
}

}  // namespace rcs::chat
