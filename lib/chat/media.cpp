// Chats and their messages: what SDP says about the MSRP session, by Messaging where the agent carries
// messages, and what Messaging asks of the dialogs.

#include <utility>

#include "chat/agent_state.hpp"

namespace rcs::chat {
namespace {

/// Most peers give a status without words.
std::string words_of(const SessionBroken& event) {
  if (!event.why.empty()) return event.why;
  switch (event.code) {
    case 481:
      return "the peer has ended it";
    case 506:
      return "the peer has it on another connection";
    default:
      return event.code == 0 ? "the connection is lost" : "failed with " + std::to_string(event.code);
  }
}

}  // namespace

void Agent::State::send_text(Step& step, SendText command) {
  if (config.msrp || messaging.knows(command.chat))
    return messaging.send_text(step.now, std::move(command), step.messages);
  step.out.emit(TextState{command.chat, std::move(command.text.message_id), MessageState::failed, 0,
                          "this client carries no messages: it has no address for MSRP"});
}

core::Result<body::Sdp> Agent::State::make_offer(Chat& chat) {
  if (!config.msrp) return make_sdp(config, chat.media, std::nullopt);
  RCS_TRY(const auto media, messaging.offer(chat.id));
  return body::make_msrp_sdp(media, chat.media.sdp_id, chat.media.sdp_id);
}

core::Result<body::Sdp> Agent::State::make_answer(Step& step, Chat& chat, const body::MsrpMedia& offer) {
  if (!config.msrp) return make_sdp(config, chat.media, offer);
  RCS_TRY(const auto media, messaging.answer(step.now, chat.id, offer, step.messages));
  return body::make_msrp_sdp(media, chat.media.sdp_id, chat.media.sdp_id);
}

std::optional<Refusal> Agent::State::refuse_media(const Chat& invited) {
  if (!invited.invited->offer) return std::nullopt;
  const auto answerable = messaging.check(invited.id, *invited.invited->offer);
  if (answerable) return std::nullopt;
  return Refusal{488, one_line(answerable.error().detail(), kMaxReason), {}};
}

core::Result<void> Agent::State::take_media(Step& step, Chat& chat, const sip::Message& response) {
  if (!config.msrp) return {};
  RCS_TRY(const auto media, read_media(response, body::Setup::passive));
  if (media.setup != body::Setup::actpass) return take_answer(step, chat, response);
  // No answer leaves the choice open: this is an offer, from a peer that has not read the body of our INVITE.
  RCS_TRY(auto sdp, make_answer(step, chat, media));
  messaging.take_back_text(chat.id);
  chat.ack_body = std::make_unique<AckBody>(AckBody{response.cseq.number, std::move(sdp)});
  return {};
}

core::Result<void> Agent::State::take_answer(Step& step, Chat& chat, const sip::Message& message) {
  RCS_TRY(const auto media, read_media(message, body::Setup::passive));
  return messaging.take_answer(step.now, chat.id, media, step.messages);
}

void Agent::State::on_messaging(Step& step, MessagingEvent&& event) {
  const auto pass = [&](auto&& e) { step.out.emit(std::forward<decltype(e)>(e)); };
  if (const auto* wanted = std::get_if<SessionWanted>(&event)) return reopen_chat(step, wanted->chat);
  if (auto* owed = std::get_if<MessageOwed>(&event)) return queue_page(step, std::move(*owed));
  if (const auto* done = std::get_if<SessionDone>(&event)) return on_done(step, done->chat);
  if (auto* thread = std::get_if<ThreadOpened>(&event)) return pass(std::move(*thread));
  if (const auto* broken = std::get_if<SessionBroken>(&event)) return on_broken(step, *broken);
  if (auto* text = std::get_if<TextArrived>(&event)) return pass(std::move(*text));
  if (auto* state = std::get_if<TextState>(&event)) return pass(std::move(*state));
  if (auto* composing = std::get_if<PeerComposing>(&event)) return pass(std::move(*composing));
}

void Agent::State::on_done(Step& step, ChatId id) {
  if (const auto found = chats.find(id); found != chats.end()) end_chat(step, found->second);
}

void Agent::State::on_broken(Step& step, const SessionBroken& event) {
  const auto found = chats.find(event.chat);
  if (found == chats.end()) return;
  Chat& chat = found->second;
  const Farewell farewell{event.code == 481 ? 481 : 408,
                          "message session: " + one_line(words_of(event), kMaxReason), false};
  if (chat.phase == Phase::up && !chat.answer)
    return hang_up(step, chat, farewell.code, farewell.reason, farewell.by_us);
  if (chat.answer && !chat.answer->after_ack) chat.answer->after_ack = farewell;
}

}  // namespace rcs::chat
