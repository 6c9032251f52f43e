// What the chat client tells, turned into answers of waiting POSTs and into events.

#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

constexpr int kNotHere = 480;  // declines what can be shown to nobody
constexpr int kBusy = 486;

/// A chat that never came to be, after its POST was answered.
Status status_of_failure(int code) {
  switch (code) {
    case 603:
    case 486:
    case 600:
      return Status::declined;
    case 408:
    case 480:
    case 487:
      return Status::expired;
    default:
      return Status::error;
  }
}

/// A chat that was ended; the code is that of its Reason. What was accepted can not expire any more.
Status status_of_end(int code, bool accepted) {
  switch (code) {
    case 603:
    case 486:
      return Status::declined;
    case 480:
    case 408:
      return accepted ? Status::ended : Status::expired;
    default:
      return Status::ended;
  }
}

}  // namespace

void Gateway::State::on_chat_event(Step& step, const chat::Event& event) {
  std::visit(Overload{[&](const chat::Registered& e) { on_registered(step, e); },
                      [&](const chat::RegistrationFailed& e) { on_registration_failed(step, e); },
                      [&](const chat::Unregistered& e) {
                        auto* user = known_user(e.user);
                        if (user == nullptr) return;
                        user->registering = false;  // the next request registers again
                        jsonrtc->tell_registration(step, *user, "unregistered", 200, {});
                      },
                      [&](const chat::ChatProgress& e) { on_progress(step, e); },
                      [&](const chat::ChatAnswered& e) { on_answered(step, e.chat); },
                      [&](const chat::ChatConnected& e) { on_connected(step, e.chat); },
                      [&](const chat::ChatFailed& e) { on_failed(step, e); },
                      [&](const chat::ChatInvited& e) { on_invited(step, e); },
                      [&](const chat::ChatExpired& e) { on_over(step, e.chat, e.code, e.reason, true); },
                      [&](const chat::ChatEnded& e) {
                        // What the user ends is finished by the request that asks for it.
                        if (!e.by_us) on_over(step, e.chat, e.code, e.reason, false);
                      },
                      [&](const chat::TextArrived& e) { on_text_arrived(step, e); },
                      [&](const chat::TextState& e) { on_text_state(step, e); },
                      [&](const chat::PeerComposing& e) { on_composing(step, e); },
                      [&](const chat::ThreadOpened& e) { on_thread_opened(step, e); },
                      [&](const chat::CapabilitiesFound& e) { on_capabilities_found(step, e); },
                      [&](const chat::CapabilitiesChanged& e) { on_capabilities_changed(step, e); },
                      [&](const chat::QueryArrived& e) { jsonrtc->on_query_arrived(step, e); },
                      [&](const node::StreamEffect&) {}},
             event);
}

void Gateway::State::on_invited(Step& step, const chat::ChatInvited& invited) {
  const auto identity = read_identity(invited.user, config);
  const auto* user = identity ? user_of(step, *identity) : nullptr;
  if (user == nullptr) return step.out.emit(chat::DeclineChat{invited.chat, kNotHere, {}});
  auto* instance = new_instance(step, invited.chat, *identity);
  if (instance == nullptr) return step.out.emit(chat::DeclineChat{invited.chat, kBusy, {}});
  instance->status = Status::initiate;
  instance->peer = to_utf8(shown_sender(invited.from, config));
  if (invited.text) {
    instance->message_id = to_utf8(invited.text->message_id);
    texts.add(invited.chat, make_text(*invited.text, false, step.wall), step.now);
  }
  auto json =
      initiate_event_json(invited, config, instance->url, next_cursor(identity->key), step.wall, nullptr);
  instance->initiate_seq = publish(step, identity->key, "chat", std::move(json), true);
  instance->last_seq = instance->initiate_seq;
  step.out.emit(chat::AlertUser{invited.chat});
}

void Gateway::State::on_progress(Step& step, const chat::ChatProgress& progress) {
  auto* instance = chats.find(progress.chat);
  if (instance == nullptr || progress.status != 180 || instance->rang || is_final(instance->status)) return;
  instance->rang = true;
  if (instance->posting || instance->status != Status::trying) return;
  instance->status = Status::ringing;
  publish(step, *instance, "ringing", {{"message_id", json_string(instance->message_id)}});
}

/// A 2xx, be it the network's: the POST is answered. Whether the receiver accepts, only on_connected tells
/// (CHAT-6).
void Gateway::State::on_answered(Step& step, chat::ChatId chat) {
  if (auto* instance = chats.find(chat)) {
    instance->met = true;
    instance->reopened_by.clear();
  }
  answer_waiting(step, chat);
}

void Gateway::State::answer_waiting(Step& step, chat::ChatId chat) {
  auto* instance = chats.find(chat);
  if (instance != nullptr && instance->posting) answer_post(step, *instance);
}

void Gateway::State::on_connected(Step& step, chat::ChatId chat) {
  on_answered(step, chat);
  auto* instance = chats.find(chat);
  if (instance == nullptr || instance->left || instance->status == Status::declined ||
      instance->status == Status::accepted)
    return;
  // The chat client opens a session anew by itself, too: for texts that the last one has left behind.
  if (is_final(instance->status)) reopen(step, *instance);
  instance->status = Status::accepted;
  EventData data;
  if (!instance->message_id.empty()) data.emplace_back("message_id", json_string(instance->message_id));
  publish(step, *instance, "accepted", std::move(data));
}

void Gateway::State::on_failed(Step& step, const chat::ChatFailed& failed) {
  auto* instance = chats.find(failed.chat);
  if (instance == nullptr) return;
  if (!instance->posting)
    return finish(step, *instance, status_of_failure(failed.status), failed.status, failed.reason);
  const auto problem = problem_of_sip(failed.status, failed.reason, failed.retry_after);
  if (config.post_wait > Duration::zero()) step.out.cancel({kPostWaitTimer, failed.chat.value});
  // A busy network is to be tried again, with the same message_id; every other answer stands (API-70).
  for (const auto& exchange : posting.finish(failed.chat, problem, problem.status == 503, step.now)) {
    answer(step, exchange, problem, config);
  }
  chats.erase(failed.chat);  // nobody was told of it
  forget_gone(step);
}

void Gateway::State::on_over(Step& step, chat::ChatId chat, int code, const std::string& reason,
                             bool unanswered) {
  answer_waiting(step, chat);
  auto* instance = chats.find(chat);
  if (instance == nullptr) return;
  const bool accepted = instance->status == Status::accepted;
  finish(step, *instance, unanswered ? Status::expired : status_of_end(code, accepted), code, reason);
}

void Gateway::State::on_text_arrived(Step& step, const chat::TextArrived& arrived) {
  if (const auto* thread = threads.find(arrived.chat)) return on_message_arrived(step, *thread, arrived);
  answer_waiting(step, arrived.chat);
  auto* instance = chats.find(arrived.chat);
  if (instance == nullptr) return;
  auto text = make_text(arrived.text, false, step.wall);
  auto data = text_data(*instance, text, kMaxEventMessage);
  texts.add(arrived.chat, std::move(text), step.now);
  publish(step, *instance, "message", std::move(data));
}

void Gateway::State::on_text_state(Step& step, const chat::TextState& state) {
  jsonrtc->on_text_state(step, state);
  if (const auto* thread = threads.find(state.chat)) return on_message_state(step, *thread, state);
  auto* instance = chats.find(state.chat);
  if (instance == nullptr) return;
  const auto status = status_of(state.state);
  if (instance->posting && status == TextStatus::failed) return;  // the answer to its POST says so
  answer_waiting(step, state.chat);
  if (auto* text = texts.find(state.chat, state.message_id, true)) text->status = status;
  EventData data{{"message_id", json_string(state.message_id)}};
  if (status == TextStatus::failed) {
    if (state.code != 0) data.emplace_back("code", std::to_string(state.code));
    data.emplace_back("reason", json_string(state.reason));
  }
  publish(step, *instance, name(status), std::move(data));
  // There is no new session: it could not be had, or the chat client has forgotten the chat.
  const bool was_asked = !state.message_id.empty() && state.message_id == instance->reopened_by;
  if (status == TextStatus::failed && was_asked)
    finish(step, *instance, status_of_failure(state.code), state.code, state.reason);
}

void Gateway::State::on_composing(Step& step, const chat::PeerComposing& composing) {
  if (const auto* thread = threads.find(composing.chat)) return on_typing(step, *thread, composing);
  auto* instance = chats.find(composing.chat);
  // After the end nobody types: the final event has said so.
  if (instance == nullptr || instance->posting || is_final(instance->status)) return;
  EventData data;
  if (composing.active && !composing.content_type.empty())
    data.emplace_back("type", json_string(short_type(composing.content_type)));
  publish(step, *instance, composing.active ? "composing" : "idle", std::move(data));
}

void Gateway::State::on_post_wait(Step& step, chat::ChatId chat) { answer_waiting(step, chat); }

/// The one final event of a chat (API-51).
void Gateway::State::finish(Step& step, Instance& instance, Status status, int code,
                            const std::string& reason) {
  if (is_final(instance.status)) return;
  instance.reopened_by.clear();
  log.unpin(instance.user, instance.initiate_seq);
  chats.finish(instance, status, code, to_utf8(reason), step.now);
  EventData data{{"code", std::to_string(code)}, {"reason", json_string(reason)}};
  if (!instance.message_id.empty()) data.emplace_back("message_id", json_string(instance.message_id));
  publish(step, instance, name(status), std::move(data));
}

}  // namespace rcs::gateway
