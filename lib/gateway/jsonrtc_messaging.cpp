// The package `messaging`: texts without a session, by SIP MESSAGE. What arrives has been accepted towards
// the network before the session sees it, so what it answers goes no further (PGR-50).

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kMessageIdLength = 20;  // about 103 random bits
constexpr int kSystemError = 500;

}  // namespace

void Gateway::State::JsonRtc::on_messaging(Step& step, SessionNo number, const Frame& frame) {
  if (frame.action == "send") return send_message(step, number, frame);
  if (frame.action != "enquiry") return refuse(step, number, frame, 405, "the package has no such action");
  const auto* within = find_subsession(*find(number), frame.subsession);
  if (within == nullptr || within->package != frame.package)
    return refuse(step, number, frame, 404, "there is no such subsession");
  on_enquiry(step, number, frame);
}

/// As `message` or as `request` (WSC-40): both are answered.
void Gateway::State::JsonRtc::send_message(Step& step, SessionNo number, const Frame& frame) {
  if (!admit(step, number, frame, "chat")) return;
  auto& session = *find(number);
  const auto contact = read_identity(frame.target, state.config);
  if (!contact) return refuse(step, number, frame, 400, "target: " + contact.error().detail());
  const auto content = payload_text(frame, "content");
  if (!content || content->empty())
    return refuse(step, number, frame, 400, "payload.content: expected a text");
  if (content->size() > state.config.limits.json_body)
    return refuse(
        step, number, frame, 413,
        "payload.content: expected at most " + std::to_string(state.config.limits.json_body) + " octets");
  if (const auto wait = state.tokens.over_rate(step.now, session.caller.bearer)) {
    auto error = error_to(frame, 429, "too many messages");
    add_number(error.header, "retry_after", *wait);
    return send(step, number, std::move(error));
  }
  auto& user = state.users.at(session.user);
  auto request = frame;
  forget_content(request);
  if (request.initiator.empty()) request.initiator = user.identity.sip;
  remember(session, frame, frame.target);
  chat::SendText text;
  text.text.message_id = state.random.token(kMessageIdLength);
  text.text.text = *content;
  ++session.waiting;
  state.keep_registered(step, user);
  const SentText sent{state.thread_with(step, user, *contact), text.text.message_id};
  sent_texts.emplace(sent, Waiting{number, std::move(request)});
  state.send_message(step, user, *contact, std::move(text), session.device);
}

void Gateway::State::JsonRtc::on_text_state(Step& step, const chat::TextState& told) {
  const auto node = sent_texts.extract(SentText{told.chat, told.message_id});
  if (node.empty()) return;
  const auto& waiting = node.mapped();
  if (settle(waiting) == nullptr) return;
  if (told.state == chat::MessageState::failed) {
    refuse(step, waiting.session, waiting.request, told.code >= 300 ? told.code : kSystemError, told.reason);
  } else {
    auto answer = response_to(waiting.request);
    add_number(answer.header, "response_code", told.code != 0 ? static_cast<std::uint64_t>(told.code) : 200);
    add_text(answer.header, "message_id", told.message_id);
    send(step, waiting.session, std::move(answer));
  }
  flush(step, waiting.session);
}

void Gateway::State::JsonRtc::on_message_arrived(Step& step, const User& user, const Text& text) {
  const auto numbers = sessions_of(user.identity.key, "chat", false);
  if (numbers.empty()) return;
  const auto peer = read_identity(text.contact, state.config);
  const auto initiator = peer ? peer->sip : "sip:" + text.contact;
  EventData shown;
  append_content(shown, text.content_type, text.content);
  for (const auto number : numbers) {
    Frame frame;
    frame.type = FrameType::message;
    frame.package = name_of(Package::messaging);
    frame.subsession = new_subsession_id();
    frame.action = "send";
    frame.initiator = initiator;
    frame.target = user.identity.sip;
    add_text(frame.header, "message_id", text.message_id);
    for (const auto& [name, value] : shown) {
      if (name == "message") {
        frame.payload = "{\"content\":" + value + "}";
      } else if (name != "type" || value != "\"text\"") {
        frame.header.emplace_back(name == "type" ? "content_type" : name, value);
      }
    }
    if (text.expired) frame.header.emplace_back("expired", "true");
    auto& session = *find(number);
    remember(session, frame, initiator);
    session.wire.send(step.now, std::move(frame));
    flush(step, number);
  }
}

}  // namespace rcs::gateway
