// The resources inside of a chat: texts, what became of them, typing (API-25 to API-28).

#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/message_in.hpp"
#include "gateway/state.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kMaxPageOctets = 1 << 20;  // of a page of texts: it ends with the one that passes it

Problem chat_over(const Instance& instance) {
  auto out = problem(409, "chat-over", "the chat is " + std::string(name(instance.status)));
  out.more.emplace_back("chat_instance", json_string(instance.url));
  return out;
}

/// An invitation that waits for its answer, ours to give.
bool is_open_invitation(const Instance& instance) {
  return !instance.outgoing && !instance.answered && !is_final(instance.status);
}

Problem not_accepted() {
  return problem(409, "not-accepted", "expected the invitation to be accepted first, by PUT of the chat");
}

/// Can a text open it again? Not where it never was a chat, nor where somebody has said no.
bool can_reopen(const Instance& instance) { return instance.met && instance.status != Status::declined; }

Problem no_such_text() { return not_found("this chat has no such message, or keeps it no more"); }

const nlohmann::json& body_of(const Request& request) {
  static const nlohmann::json kNothing;
  return request.body == nullptr ? kNothing : *request.body;
}

}  // namespace

/// What Table 2 shows of a text, and in which direction it went.
EventData Gateway::State::text_data(const Instance& instance, const Text& text,
                                    std::size_t max_content) const {
  EventData data;
  append_content(data, text.content_type, text.content, max_content);
  if (!text.message_id.empty()) data.emplace_back("message_id", json_string(text.message_id));
  const auto& own = users.at(instance.user).identity.shown;
  data.emplace_back("sender", json_string(text.outgoing ? own : instance.peer));
  data.emplace_back("direction", text.outgoing ? "\"out\"" : "\"in\"");
  return data;
}

/// The next session of a chat begins as the first did (API-14).
void Gateway::State::reopen(Step& step, Instance& instance) {
  chats.reopen(instance);
  publish(step, instance, "trying", {});
}

void Gateway::State::post_text(Step& step, Request& request, Instance& instance) {
  if (request.body == nullptr)
    return refuse(step, request, bad_request("body: expected a JSON object, got nothing"));
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  if (refuse_haste(step, request)) return;
  auto read = read_text(*request.body, config);
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  auto& posted = std::get<PostedText>(read);
  const auto key = key_of_post(step, request, posted.message_id);
  if (!key) return;
  const auto body =
      core::Hash().add("text").add(instance.id).add(posted.content_type).add(posted.content).value();
  if (!is_first_post(step, request, *key, body)) return;
  if (is_open_invitation(instance)) return refuse(step, request, not_accepted());
  if (is_final(instance.status) && !can_reopen(instance)) return refuse(step, request, chat_over(instance));

  chat::SendText send;
  send.chat = instance.chat;
  send.text.message_id = std::move(posted.message_id);
  send.text.content_type = std::move(posted.content_type);
  send.text.text = std::move(posted.content);
  const auto reply = answer_text(instance.url, name(TextStatus::trying), send.text.message_id);
  posting.remember(*key, body, reply, step.now);
  answer(step, request.exchange, json_reply(reply));
  if (is_final(instance.status)) {
    reopen(step, instance);
    instance.reopened_by = send.text.message_id;
  }
  auto text = make_text(send.text, true, step.wall);
  if (has_siblings(instance.user)) {
    auto data = text_data(instance, text, kMaxEventMessage);
    data.emplace_back("device", json_string(*device));
    publish(step, instance, "message", std::move(data));
  }
  texts.add(instance.chat, std::move(text), step.now);
  step.out.emit(std::move(send));
}

void Gateway::State::answer_page(Step& step, Request& request, chat::ChatId box, std::string_view contact,
                                 const std::function<EventData(const Text&)>& shown) {
  const auto limit = page_limit(request.target);
  if (!limit) return refuse(step, request, problem(400, "bad-parameter", "limit: expected 1 to 100"));
  std::uint64_t after = 0;
  if (const auto* wanted = request.target.parameter("after")) {
    const auto number = core::parse_u64(*wanted);
    if (!number)
      return refuse(step, request,
                    problem(400, "bad-parameter", "after: expected the next of an earlier page"));
    after = *number;
  }
  std::string body = "{\"messages\":[";
  std::uint64_t last = 0;
  bool more = false;
  std::size_t count = 0;
  texts.each(box, after, [&](const Text& text) {
    if (!contact.empty() && text.contact != contact) return true;
    more = count == *limit || body.size() > kMaxPageOctets;
    if (more) return false;
    if (count++ > 0) body += ',';
    append_object(body, shown(text));
    last = text.number;
    return true;
  });
  body += "]";
  if (more) body += ",\"next\":\"" + std::to_string(last) + "\"";
  answer(step, request.exchange, json_reply(body + "}"));
}

void Gateway::State::list_texts(Step& step, Request& request, const Instance& instance) {
  answer_page(step, request, instance.chat, {},
              [&](const Text& text) { return listed_data(instance, text, kMaxEventMessage); });
}

EventData Gateway::State::listed_data(const Instance& instance, const Text& text,
                                      std::size_t max_content) const {
  auto data = text_data(instance, text, max_content);
  data.emplace_back("time", json_string(core::format_rfc3339(text.time)));
  data.emplace_back("state", json_string(name(text.status)));
  return data;
}

/// One text, whole, however long it is (CMT-73).
void Gateway::State::get_text(Step& step, Request& request, const Instance& instance) {
  const auto& id = request.target.message_id;
  const auto* text = texts.find(instance.chat, id, false);
  if (text == nullptr) text = texts.find(instance.chat, id, true);
  if (text == nullptr) return refuse(step, request, no_such_text());
  std::string body = "{\"type\":\"chat\",\"instance\":" + json_string(instance.url) + ",\"data\":";
  append_object(body, listed_data(instance, *text, text->content.size() * 2));
  answer(step, request.exchange, json_reply(body + "}"));
}

void Gateway::State::put_text_status(Step& step, Request& request, Instance& instance) {
  const auto read = read_state(body_of(request));
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  const auto& id = request.target.message_id;
  auto* text = texts.find(instance.chat, id, false);
  if (text == nullptr && texts.find(instance.chat, id, true) == nullptr)
    return refuse(step, request, no_such_text());
  if (text == nullptr)
    return refuse(step, request, problem(409, "not-received", "this message was sent by the user"));
  if (is_open_invitation(instance)) return refuse(step, request, not_accepted());
  const bool accepted = instance.met || instance.answered;
  if (!accepted || instance.status == Status::declined) return refuse(step, request, chat_over(instance));
  const auto state = std::get<chat::MessageState>(read);
  answer(step, request.exchange, json_reply(answer_text(instance.url, name(status_of(state)), id)));
  // What was displayed was delivered, too; and each is told once (IMDN-4, IMDN-14).
  if (text->status >= status_of(state)) return;
  text->status = status_of(state);
  step.out.emit(chat::SendState{instance.chat, id, state});
  if (!has_siblings(instance.user)) return;
  publish(step, instance, name(text->status),
          {{"message_id", json_string(id)}, {"direction", "\"self\""}, {"device", json_string(*device)}});
}

void Gateway::State::put_composing(Step& step, Request& request, const Instance& instance) {
  auto read = read_composing(body_of(request));
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  if (is_open_invitation(instance)) return refuse(step, request, not_accepted());
  if (is_final(instance.status)) return refuse(step, request, chat_over(instance));
  answer(step, request.exchange, no_content());
  auto& composing = std::get<chat::SendComposing>(read);
  composing.chat = instance.chat;
  step.out.emit(std::move(composing));
}

}  // namespace rcs::gateway
