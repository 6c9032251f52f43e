// What comes in a session, or about what was written in one: texts, notifications, typing.

#include <algorithm>
#include <utility>

#include "body/chat_body.hpp"
#include "chat/messaging_state.hpp"
#include "core/text.hpp"

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

}  // namespace

std::string plain_type(std::string_view content_type) {
  return core::to_lower(core::trim(content_type.substr(0, content_type.find(';'))));
}

void Messaging::State::on_message(Turn& turn, Conversation& conversation, msrp::WholeMessage&& message) {
  const auto type = plain_type(message.content_type);
  if (type == "message/cpim") {
    const auto cpim = body::parse_cpim(message.content);
    if (cpim) on_cpim(turn, conversation, *cpim);  // else nobody can say what it is (CPIM-11)
  } else if (type == body::kComposingType) {
    on_composing(turn, conversation, message.content);
  } else {
    body::ChatText text;
    text.content_type = std::move(message.content_type);
    text.text = std::move(message.content);
    text.want_delivery = text.want_display = false;
    on_text(turn, conversation, std::move(text), {});
  }
}

void Messaging::State::on_cpim(Turn& turn, Conversation& conversation, const body::Cpim& cpim) {
  const auto* content_type = body::find_mime(cpim.content.headers, "Content-Type");
  const auto type = plain_type(content_type != nullptr ? std::string_view(*content_type) : "text/plain");
  if (type == body::kComposingType) return on_composing(turn, conversation, cpim.content.content);
  const auto notifications = body::read_imdn_cpim(cpim);
  if (!notifications || !notifications->empty()) {
    if (!notifications) return;
    for (const auto& imdn : *notifications) on_imdn(turn, conversation.pair, imdn);
    return;
  }
  on_text(turn, conversation, body::read_chat_cpim(cpim), receipt_of(cpim));
}

void Messaging::State::on_text(Turn& turn, Conversation& conversation, body::ChatText text, Receipt receipt) {
  if (conversation.peer_typing.on_content()) {
    turn.out.emit(PeerComposing{conversation.id, false, {}});
    set_timers(turn, conversation);
  }
  auto& received = correspondence(conversation).received;
  if (!received.add(conversation.id, std::move(receipt))) return;
  // Whom a session is with, SIP knows; CPIM may say "anonymous", or what it likes (CPIM-14).
  text.from = conversation.between.peer;
  text.to = conversation.between.us;
  const auto message_id = text.message_id;
  turn.out.emit(TextArrived{conversation.id, std::move(text)});
  received.owe(message_id, MessageState::delivered);
  send_notices(turn, conversation);
}

void Messaging::State::on_imdn(Turn& turn, const Pair& pair, const body::Imdn& imdn) {
  const auto state = state_of(imdn);
  const auto all = correspondences.find(pair);
  if (!state || all == correspondences.end()) return;
  tell(turn, pair, imdn.message_id, *state, 0, "the receiver's client says so");
  auto* conversation = find(all->second.sent.chat_of(imdn.message_id));
  if (conversation == nullptr) return;
  // What has arrived is not sent again, though its answer was lost; and nothing waits for that any more.
  const auto settled = std::erase_if(conversation->waiting, [&](const WaitingText& text) {
    return text.text.message_id == imdn.message_id;
  });
  if (settled > 0 && conversation->live) send_waiting(turn, *conversation);
}

void Messaging::State::on_composing(Turn& turn, Conversation& conversation, const std::string& xml) {
  const auto composing = body::parse_composing(xml);
  if (!composing) return;
  const bool news = composing->active ? conversation.peer_typing.on_active(turn.now, composing->refresh)
                                      : conversation.peer_typing.on_idle();
  set_timers(turn, conversation);
  if (!news) return;
  turn.out.emit(PeerComposing{conversation.id, composing->active, composing->content_type});
}

void Messaging::on_notice(Instant now, const std::vector<std::string>& us,
                          const std::vector<std::string>& peers, const body::Cpim& cpim,
                          MessagingOutbox& out) {
  const auto notifications = body::read_imdn_cpim(cpim);
  if (!notifications) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    for (const auto& our : us) {
      for (const auto& theirs : peers) {
        for (const auto& imdn : *notifications) state_->on_imdn(turn, {person(our), person(theirs)}, imdn);
      }
    }
  });
}

}  // namespace rcs::chat
