// The resources of messages outside of chats (API-29), and what the chat client tells of the threads they go
// in.

#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/message_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kMessageIdLength = 20;  // of one we make: about 103 random bits
constexpr const char* kMessageType = "message";

const nlohmann::json& body_of(const Request& request) {
  static const nlohmann::json kNothing;
  return request.body == nullptr ? kNothing : *request.body;
}

/// ?contact=, as it is shown; a sender from elsewhere, whom nobody here can be asked to write to, as the
/// events have it.
std::string wanted_contact(const Request& request, const Config& config) {
  const auto* wanted = request.target.parameter("contact");
  if (wanted == nullptr) return {};
  const auto identity = read_identity(*wanted, config);
  return identity ? identity->shown : *wanted;
}

std::uint64_t hash_of(const PostedMessage& posted) {
  core::Hash hash;
  hash.add("message").add(posted.text.content_type).add(posted.text.content);
  hash.add(posted.expires ? std::to_string(core::to_ms(*posted.expires)) : std::string());
  for (const auto& recipient : posted.recipients) {
    hash.add(recipient.identity.key);
    if (recipient.copy != body::CopyControl::to)
      hash.add(recipient.copy == body::CopyControl::cc ? "cc" : "bcc");
  }
  return hash.value();
}

Problem no_such_message() { return not_found("the user has no such message, or it is kept no more"); }

}  // namespace

// --- resources
// --------------------------------------------------------------------------------------------------------------------

std::string Gateway::State::url_of(const User& user, std::string_view collection, std::string_view id) const {
  return config.public_url + "/1.0/RCS/" + core::percent_encode(user.identity.shown) + "/" +
         std::string(collection) + "/" + core::percent_encode(id);
}

chat::ChatId Gateway::State::mailbox_of(User& user) {
  if (!user.mailbox) user.mailbox = chat::outgoing_chat(++last_outgoing);
  return user.mailbox;
}

chat::ChatId Gateway::State::thread_with(Step& step, const User& user, const Identity& peer) {
  if (const auto* thread = threads.find(user.identity.key, peer.shown)) {
    threads.use(thread->chat, step.now);
    return thread->chat;
  }
  const auto chat = chat::outgoing_chat(++last_outgoing);
  threads.open(chat, user.identity.key, peer.shown, step.now);
  forget_gone_threads(step);
  step.out.emit(chat::OpenThread{chat, user.identity.sip, peer.uri});
  return chat;
}

void Gateway::State::forget_gone_threads(Step& step) {
  for (const auto chat : threads.take_gone()) step.out.emit(chat::ForgetChat{chat});
}

/// As the text of a chat, and with whom.
EventData Gateway::State::message_data(const User& user, const Text& text, std::size_t max_content) const {
  EventData data;
  append_content(data, text.content_type, text.content, max_content);
  data.emplace_back("message_id", json_string(text.message_id));
  data.emplace_back("sender", json_string(text.outgoing ? user.identity.shown : text.contact));
  if (text.outgoing) data.emplace_back("recipient", json_string(text.contact));
  data.emplace_back("direction", text.outgoing ? "\"out\"" : "\"in\"");
  if (text.expired) data.emplace_back("expired", "true");
  return data;
}

EventData Gateway::State::listed_message(const User& user, const Text& text, std::size_t max_content) const {
  auto data = message_data(user, text, max_content);
  data.emplace_back("time", json_string(core::format_rfc3339(text.time)));
  data.emplace_back("state", json_string(name(text.status)));
  return data;
}

void Gateway::State::serve_messages(Step& step, Request& request, User& user) {
  const auto& method = request.raw.method;
  const bool reads = method == "GET" || method == "HEAD";
  switch (request.target.resource) {
    case Resource::message:
      return get_message(step, request, user);
    case Resource::message_status:
      return put_message_status(step, request, user);
    default:
      return reads ? list_messages(step, request, user) : post_message(step, request, user);
  }
}

void Gateway::State::post_message(Step& step, Request& request, User& user) {
  if (request.body == nullptr)
    return refuse(step, request, bad_request("body: expected a JSON object, got nothing"));
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  if (refuse_haste(step, request)) return;
  auto read = read_message(*request.body, config);
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  auto& posted = std::get<PostedMessage>(read);
  const auto key = key_of_post(step, request, posted.text.message_id);
  if (!key) return;
  const auto body = hash_of(posted);
  if (!is_first_post(step, request, *key, body)) return;
  tokens.charge(step.now, request.caller.bearer, posted.recipients.size() - 1);

  chat::SendText send;
  send.text.message_id = std::move(posted.text.message_id);
  send.text.content_type = std::move(posted.text.content_type);
  send.text.text = std::move(posted.text.content);
  send.expires = posted.expires;
  const auto& id = send.text.message_id;
  const auto reply = answer_text(url_of(user, "Message", id), name(TextStatus::trying), id, kMessageType);
  posting.remember(*key, body, reply, step.now);
  answer(step, request.exchange, json_reply(reply));
  if (posted.recipients.size() == 1)
    return send_message(step, user, posted.recipients.front().identity, std::move(send), *device);
  chat::SendToMany all{user.identity.sip, {}, std::move(send.text), send.expires};
  for (const auto& to : posted.recipients)
    all.to.push_back({note_message(step, user, to.identity, all.text, *device), to.copy});
  step.out.emit(std::move(all));
}

void Gateway::State::send_message(Step& step, User& user, const Identity& to, chat::SendText send,
                                  std::string_view device) {
  send.chat = note_message(step, user, to, send.text, device);
  step.out.emit(std::move(send));
}

chat::ChatId Gateway::State::note_message(Step& step, User& user, const Identity& to,
                                          const body::ChatText& sent, std::string_view device) {
  const auto thread = thread_with(step, user, to);
  auto text = make_text(sent, true, step.wall);
  text.contact = to.shown;
  if (has_siblings(user.identity.key)) {
    auto data = message_data(user, text, kMaxEventMessage);
    data.emplace_back("device", json_string(device));
    publish(step, user, kMessageType, url_of(user, "Message", text.message_id), "message", std::move(data));
  }
  texts.add(mailbox_of(user), std::move(text), step.now);
  return thread;
}

void Gateway::State::list_messages(Step& step, Request& request, const User& user) {
  answer_page(step, request, user.mailbox, wanted_contact(request, config),
              [&](const Text& text) { return listed_message(user, text, kMaxEventMessage); });
}

/// One message, whole (CMT-73); where it went to several, with the state of each.
void Gateway::State::get_message(Step& step, Request& request, const User& user) {
  const auto& id = request.target.message_id;
  const auto contact = wanted_contact(request, config);
  const auto* text = texts.find(user.mailbox, id, false, contact);
  if (text == nullptr) text = texts.find(user.mailbox, id, true, contact);
  if (text == nullptr) return refuse(step, request, no_such_message());
  auto data = listed_message(user, *text, text->content.size() * 2);
  std::string recipients;
  std::size_t count = 0;
  texts.each(user.mailbox, 0, [&](const Text& other) {
    if (!other.outgoing || other.message_id != id) return true;
    if (count++ > 0) recipients += ',';
    append_object(recipients,
                  {{"recipient", json_string(other.contact)}, {"state", json_string(name(other.status))}});
    return true;
  });
  if (text->outgoing && count > 1) data.emplace_back("recipients", "[" + recipients + "]");
  std::string body = "{\"type\":\"message\",\"instance\":" + json_string(url_of(user, "Message", id));
  body += ",\"data\":";
  append_object(body, data);
  answer(step, request.exchange, json_reply(body + "}"));
}

void Gateway::State::put_message_status(Step& step, Request& request, const User& user) {
  const auto read = read_state(body_of(request));
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  const auto& id = request.target.message_id;
  const auto contact = wanted_contact(request, config);
  auto* text = texts.find(user.mailbox, id, false, contact);
  if (text == nullptr && texts.find(user.mailbox, id, true, contact) == nullptr)
    return refuse(step, request, no_such_message());
  if (text == nullptr)
    return refuse(step, request, problem(409, "not-received", "this message was sent by the user"));
  const auto state = std::get<chat::MessageState>(read);
  const auto url = url_of(user, "Message", id);
  answer(step, request.exchange, json_reply(answer_text(url, name(status_of(state)), id, kMessageType)));
  // What was displayed was delivered, too; and each is told once (IMDN-4, IMDN-14).
  if (text->status >= status_of(state)) return;
  text->status = status_of(state);
  // Without a thread the chat client does not know of the message any more.
  if (const auto* thread = threads.find(user.identity.key, text->contact))
    step.out.emit(chat::SendState{thread->chat, id, state});
  if (!has_siblings(user.identity.key)) return;
  publish(step, user, kMessageType, url, name(text->status),
          {{"message_id", json_string(id)},
           {"sender", json_string(text->contact)},
           {"direction", "\"self\""},
           {"device", json_string(*device)}});
}

void Gateway::State::put_typing(Step& step, Request& request, const User& user) {
  auto read = read_composing(body_of(request));
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  const auto peer = read_identity(request.target.contact, config);
  if (!peer) return refuse(step, request, problem(400, "bad-id", peer.error().detail()));
  answer(step, request.exchange, no_content());
  auto& composing = std::get<chat::SendComposing>(read);
  // Who has stopped without a thread never began.
  if (!composing.active && threads.find(user.identity.key, peer->shown) == nullptr) return;
  composing.chat = thread_with(step, user, *peer);
  step.out.emit(std::move(composing));
}

// --- what the chat client tells
// ---------------------------------------------------------------------------------------------------

void Gateway::State::on_thread_opened(Step& step, const chat::ThreadOpened& opened) {
  const auto identity = read_identity(opened.user, config);
  if (!identity || user_of(step, *identity) == nullptr)
    return step.out.emit(chat::ForgetChat{opened.chat});  // it can be shown to nobody
  threads.open(opened.chat, identity->key, to_utf8(shown_sender(opened.from, config)), step.now);
  forget_gone_threads(step);
}

void Gateway::State::on_message_arrived(Step& step, const Thread& thread, const chat::TextArrived& arrived) {
  auto& user = users.at(thread.user);
  threads.use(thread.chat, step.now);
  auto text = make_text(arrived.text, false, step.wall);
  text.contact = thread.peer;
  text.expired = arrived.expired;
  // It has a URL, and so a name.
  if (text.message_id.empty()) text.message_id = random.token(kMessageIdLength);
  auto data = message_data(user, text, kMaxEventMessage);
  const auto url = url_of(user, "Message", text.message_id);
  jsonrtc->on_message_arrived(step, user, text);
  texts.add(mailbox_of(user), std::move(text), step.now);
  publish(step, user, kMessageType, url, "message", std::move(data));
}

void Gateway::State::on_message_state(Step& step, const Thread& thread, const chat::TextState& state) {
  auto& user = users.at(thread.user);
  const auto status = status_of(state.state);
  if (auto* text = texts.find(user.mailbox, state.message_id, true, thread.peer)) text->status = status;
  EventData data{{"message_id", json_string(state.message_id)}, {"recipient", json_string(thread.peer)}};
  if (state.code != 0) data.emplace_back("code", std::to_string(state.code));
  if (status == TextStatus::failed) data.emplace_back("reason", json_string(state.reason));
  publish(step, user, kMessageType, url_of(user, "Message", state.message_id), name(status), std::move(data));
}

void Gateway::State::on_typing(Step& step, const Thread& thread, const chat::PeerComposing& composing) {
  const auto& user = users.at(thread.user);
  EventData data{{"sender", json_string(thread.peer)}};
  if (composing.active && !composing.content_type.empty())
    data.emplace_back("type", json_string(short_type(composing.content_type)));
  publish(step, user, kMessageType, url_of(user, "Composing", thread.peer),
          composing.active ? "composing" : "idle", std::move(data));
}

}  // namespace rcs::gateway
