// What comes in a session, or about what was written in one: texts, notifications, typing.

#include <algorithm>
#include <utility>

#include "body/list_message.hpp"
#include "chat/messaging_state.hpp"
#include "sip/uri.hpp"

namespace rcs::chat {
namespace {

/// What a notification says about the way of a message; nothing where it says something else, such as that a
/// server has stored it, or that its reader does not tell.
std::optional<MessageState> state_of(const body::Imdn& imdn) {
  using body::ImdnStatus;
  if (imdn.kind == body::ImdnKind::display) {
    return imdn.status == ImdnStatus::displayed ? std::optional(MessageState::displayed) : std::nullopt;
  }
  if (imdn.kind != body::ImdnKind::delivery) return std::nullopt;
  switch (imdn.status) {
    case ImdnStatus::delivered:
      return MessageState::delivered;
    case ImdnStatus::failed:
    case ImdnStatus::forbidden:
    case ImdnStatus::error:
      return MessageState::failed;
    default:
      return std::nullopt;
  }
}

/// What the text itself does not say, for its repetition and what is told of it.
void name_text(TextContent& content, const Envelope& envelope) {
  auto& receipt = content.receipt;
  receipt.conversation_id = envelope.conversation_id;
  if (!receipt.message_id.empty()) return;
  receipt.message_id = envelope.request_id;
  receipt.wants_delivery = receipt.wants_display = false;  // nothing could name it
}

/// The list server of one of our users.
bool is_by_list_server(const Envelope& envelope) {
  const auto peer = sip::parse_uri(envelope.peers.front());
  if (!peer || peer->user != body::kListServiceUser) return false;
  return std::any_of(envelope.us.begin(), envelope.us.end(), [&](const std::string& us) {
    const auto uri = sip::parse_uri(us);
    return uri && uri->host == peer->host;
  });
}

}  // namespace

bool Messaging::State::take(Turn& turn, const Envelope& envelope, Content&& content, ChatId fresh) {
  std::set<Pair> pairs;
  for (const auto& us : envelope.us) {
    for (const auto& peer : envelope.peers) pairs.emplace(person(us), person(peer));
  }
  if (const auto* notifications = std::get_if<std::vector<body::Imdn>>(&content)) {
    for (const auto& pair : pairs) {
      for (const auto& imdn : *notifications) on_imdn(turn, pair, imdn);
    }
    if (is_by_list_server(envelope)) on_list_notices(turn, envelope, *notifications);
    return false;
  }
  auto* text = std::get_if<TextContent>(&content);
  if (text != nullptr) name_text(*text, envelope);
  Conversation* thread = nullptr;
  for (const auto& pair : pairs) {
    const auto all = correspondences.find(pair);
    if (all == correspondences.end()) continue;
    if (text != nullptr && all->second.received.knows(text->receipt.message_id)) return false;
    if (thread == nullptr) thread = find(all->second.thread);
  }
  const bool opens = thread == nullptr;
  if (opens) {
    if (text == nullptr) return false;  // who only types has said nothing yet
    thread = &open_thread(fresh, {envelope.us.front(), envelope.peers.front()});
    if (!envelope.conversation_id.empty()) thread->thread->conversation_id = envelope.conversation_id;
    turn.out.emit(ThreadOpened{fresh, thread->between.us, thread->between.peer, envelope.display});
  }
  take_in(turn, *thread, std::move(content), envelope.expired);
  return opens;
}

void Messaging::State::take_in(Turn& turn, Conversation& conversation, Content&& content, bool expired) {
  if (auto* text = std::get_if<TextContent>(&content)) {
    on_text(turn, conversation, std::move(*text), expired);
  } else if (const auto* composing = std::get_if<body::Composing>(&content)) {
    on_composing(turn, conversation, *composing);
  } else {
    for (const auto& imdn : std::get<std::vector<body::Imdn>>(content))
      on_imdn(turn, conversation.pair, imdn);
  }
}

void Messaging::State::on_text(Turn& turn, Conversation& conversation, TextContent&& content, bool expired) {
  if (conversation.peer_typing.on_content()) {
    turn.out.emit(PeerComposing{conversation.name, false, {}});
    set_timers(turn, conversation);
  }
  auto& received = correspondence(conversation).received;
  if (!received.add(conversation.id, std::move(content.receipt))) return;
  auto& text = content.text;
  // Whom a session is with, SIP knows; CPIM may say "anonymous", or what it likes (CPIM-14).
  text.from = conversation.between.peer;
  text.to = conversation.between.us;
  const auto message_id = text.message_id;
  turn.out.emit(TextArrived{conversation.name, std::move(text), expired});
  if (conversation.thread) {
    conversation.thread->written = true;
    if (conversation.waiting.empty()) keep(conversation);
  }
  received.owe(message_id, MessageState::delivered);
  send_owed(turn, conversation);
}

void Messaging::State::on_imdn(Turn& turn, const Pair& pair, const body::Imdn& imdn) {
  const auto state = state_of(imdn);
  const auto all = correspondences.find(pair);
  if (!state || all == correspondences.end()) return;
  tell(turn, pair, imdn.message_id, *state, 0, "a notification says so");
  auto* conversation = find(all->second.sent.chat_of(imdn.message_id));
  if (conversation == nullptr) return;
  // What has arrived is not sent again, though its answer was lost; and nothing waits for that any more.
  const auto settled = std::erase_if(conversation->waiting, [&](const WaitingText& text) {
    return text.text.message_id == imdn.message_id;
  });
  if (settled > 0 && conversation->live) push(turn, *conversation);
}

/// A list server names whom it could not bring a text to; of nothing else can it know.
void Messaging::State::on_list_notices(Turn& turn, const Envelope& envelope,
                                       const std::vector<body::Imdn>& notices) {
  for (const auto& imdn : notices) {
    if (state_of(imdn) != MessageState::failed) continue;
    for (const auto& us : envelope.us) on_imdn(turn, {person(us), person(imdn.recipient_uri)}, imdn);
  }
}

void Messaging::State::on_composing(Turn& turn, Conversation& conversation,
                                    const body::Composing& composing) {
  const bool news = composing.active ? conversation.peer_typing.on_active(turn.now, composing.refresh)
                                     : conversation.peer_typing.on_idle();
  set_timers(turn, conversation);
  if (!news) return;
  turn.out.emit(PeerComposing{conversation.name, composing.active, composing.content_type});
}

bool Messaging::on_message(Instant now, const Envelope& envelope, Content content, ChatId fresh,
                           MessagingOutbox& out) {
  bool opened = false;
  run_turn(*state_, now, out,
           [&](State::Turn& turn) { opened = state_->take(turn, envelope, std::move(content), fresh); });
  return opened;
}

void Messaging::on_message_in(Instant now, ChatId chat, const Envelope& envelope, Content content,
                              MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return;
  if (auto* text = std::get_if<TextContent>(&content)) name_text(*text, envelope);
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    state_->take_in(turn, *conversation, std::move(content), envelope.expired);
  });
}

}  // namespace rcs::chat
