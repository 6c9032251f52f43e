// The resources under /Chat: starting, listing, reading, answering and ending chats (API-01, API-02, API-20
// to API-24).

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/post.hpp"
#include "gateway/state.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

constexpr std::size_t kMessageIdLength = 20;  // of one we make: about 103 random bits
constexpr int kDefaultDecline = 603;
constexpr std::size_t kMaxReason = 256;  // octets of a decline's reason that are kept

Problem with_retry(Problem out, std::uint32_t seconds) {
  out.headers.emplace_back("Retry-After", std::to_string(seconds));
  return out;
}

Problem already_answered(const Instance& instance) {
  auto out = problem(409, "already-answered",
                     "the invitation was answered by " + core::quoted(instance.answered_by));
  out.more.emplace_back("device", json_string(instance.answered_by));
  out.more.emplace_back("chat_instance", json_string(instance.url));
  return out;
}

/// Why an invitation can not be answered now; nullopt: it can.
std::optional<Problem> not_answerable(const Instance& instance) {
  if (instance.outgoing)
    return problem(409, "not-invited", "this chat was started by the user; DELETE ends it");
  if (instance.answered) return already_answered(instance);
  if (!is_final(instance.status)) return std::nullopt;
  auto out = problem(409, "chat-over", "the chat is " + std::string(name(instance.status)));
  out.more.emplace_back("chat_instance", json_string(instance.url));
  return out;
}

}  // namespace

bool Gateway::State::refuse_haste(Step& step, Request& request) {
  const auto wait = tokens.over_rate(step.now, request.caller.bearer);
  if (!wait) return false;
  const auto limit = std::to_string(config.limits.messages_per_second);
  refuse(step, request,
         with_retry(problem(429, "rate-limited", "expected at most " + limit + " messages a second"), *wait));
  return true;
}

std::optional<Posting::Key> Gateway::State::key_of_post(Step& step, Request& request,
                                                        std::string& message_id) {
  if (!message_id.empty()) return Posting::Key{request.user.key, "m" + message_id};
  message_id = random.token(kMessageIdLength);
  const auto* given = core::find_header(request.raw.headers, "Idempotency-Key");
  if (given == nullptr) return Posting::Key{request.user.key, "m" + message_id};
  if (is_message_id(*given, config.limits.message_id)) return Posting::Key{request.user.key, "k" + *given};
  refuse(step, request,
         bad_request("Idempotency-Key: expected 1 to " + std::to_string(config.limits.message_id) +
                     " printable ASCII characters"));
  return std::nullopt;
}

bool Gateway::State::is_first_post(Step& step, Request& request, const Posting::Key& key,
                                   std::uint64_t body) {
  const auto seen = posting.look_up(key, body, request.exchange);
  switch (seen.seen) {
    case Posting::Seen::fresh:
      return true;
    case Posting::Seen::waiting:
      break;
    case Posting::Seen::other_body:
      refuse(step, request,
             problem(409, "message-id-reused", "this message_id was used for another message"));
      break;
    case Posting::Seen::crowded:
      refuse(step, request,
             with_retry(problem(429, "rate-limited", "this message is being sent already"), 1));
      break;
    case Posting::Seen::answered:
      if (const auto* fault = std::get_if<Problem>(seen.answer)) {
        refuse(step, request, *fault);
      } else {
        answer(step, request.exchange, json_reply(std::get<std::string>(*seen.answer)));
      }
      break;
  }
  return false;
}

Instance* Gateway::State::new_instance(Step& step, chat::ChatId chat, const Identity& owner) {
  auto* instance = chats.create(chat, owner, step.wall);
  forget_gone(step);
  return instance;
}

void Gateway::State::forget_gone(Step& step) {
  for (const auto& gone : chats.take_gone()) {
    texts.forget(gone.chat);
    if (gone.met) step.out.emit(chat::ForgetChat{gone.chat});
  }
}

void Gateway::State::post_chat(Step& step, Request& request) {
  if (request.body == nullptr)
    return refuse(step, request, bad_request("body: expected a JSON object, got nothing"));
  if (refuse_haste(step, request)) return;
  const auto chat = chat::outgoing_chat(last_outgoing + 1);
  auto read = read_post(*request.body, request.user, config, chat, nullptr);
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  auto& posted = std::get<PostedChat>(read);
  const auto key = key_of_post(step, request, posted.start.text->message_id);
  if (!key) return;
  const auto body = core::Hash().add("chat").add(posted.recipient.key).add(posted.start.subject).value();
  if (!is_first_post(step, request, *key, body)) return;
  auto* instance = new_instance(step, chat, request.user);
  if (instance == nullptr) {
    return refuse(
        step, request,
        with_retry(problem(429, "too-many-chats", "the user has as many open chats as allowed"), 5));
  }
  ++last_outgoing;
  instance->outgoing = true;
  instance->posting = true;
  instance->peer = posted.recipient.shown;
  instance->message_id = posted.start.text->message_id;
  texts.add(chat, make_text(*posted.start.text, true, step.wall), step.now);
  posting.begin(*key, body, chat, request.exchange);
  step.out.emit(std::move(posted.start));
  if (config.post_wait > Duration::zero()) step.out.arm({kPostWaitTimer, chat.value}, config.post_wait);
}

/// The 200 of a POST, then `trying`, then what had to wait for both (API-14, CHAT-4).
void Gateway::State::answer_post(Step& step, Instance& instance) {
  instance.posting = false;
  if (config.post_wait > Duration::zero()) step.out.cancel({kPostWaitTimer, instance.chat.value});
  const auto body = answer_text(instance.url, "trying", instance.message_id);
  for (const auto& exchange : posting.finish(instance.chat, body, false, step.now)) {
    answer(step, exchange, json_reply(body));
  }
  const EventData data{{"message_id", json_string(instance.message_id)}};
  publish(step, instance, "trying", data);
  if (!instance.rang) return;
  instance.status = Status::ringing;
  publish(step, instance, "ringing", data);
}

std::string Gateway::State::describe(const Instance& instance) const {
  std::string out = "{\"type\":\"chat\",\"instance\":" + json_string(instance.url) + ",\"data\":{\"status\":";
  out += json_string(name(instance.status));
  out += ",\"peer\":" + json_string(instance.peer);
  out += std::string(",\"direction\":") + (instance.outgoing ? "\"out\"" : "\"in\"");
  if (!instance.message_id.empty()) out += ",\"message_id\":" + json_string(instance.message_id);
  out += ",\"created\":\"" + core::format_rfc3339(instance.created) + "\"";
  out += ",\"last_seq\":\"" + cursors.text(instance.last_seq) + "\"";
  if (!instance.answered_by.empty()) out += ",\"device\":" + json_string(instance.answered_by);
  if (is_final(instance.status)) {
    out += ",\"code\":" + std::to_string(instance.code) + ",\"reason\":" + json_string(instance.reason);
  }
  return out + "}}";
}

void Gateway::State::list_chats(Step& step, Request& request) {
  std::optional<Status> status;
  if (const auto* wanted = request.target.parameter("status")) {
    status = parse_status(*wanted);
    if (!status)
      return refuse(step, request, problem(400, "bad-parameter", "status: expected a status of chats"));
  }
  const auto limit = page_limit(request.target);
  if (!limit) return refuse(step, request, problem(400, "bad-parameter", "limit: expected 1 to 100"));
  std::uint64_t after = 0;
  if (const auto* wanted = request.target.parameter("after")) {
    after = instance_number(*wanted);
    if (after == 0)
      return refuse(step, request,
                    problem(400, "bad-parameter", "after: expected the next of an earlier page"));
  }
  std::string body = "{\"chats\":[";
  std::string last;
  std::string next;
  std::size_t count = 0;
  chats.each(request.user.key, after, [&](const Instance& instance) {
    if (instance.posting || (status && instance.status != *status)) return true;
    if (count == *limit) {
      next = last;
      return false;
    }
    if (count++ > 0) body += ',';
    body += describe(instance);
    last = instance.id;
    return true;
  });
  body += "]";
  if (!next.empty()) body += ",\"next\":" + json_string(next);
  answer(step, request.exchange, json_reply(body + "}"));
}

void Gateway::State::get_chat(Step& step, Request& request, const Instance& instance) {
  answer(step, request.exchange, json_reply(describe(instance)));
}

void Gateway::State::put_chat(Step& step, Request& request, Instance& instance) {
  const auto* data = request.body == nullptr ? nullptr : member(*request.body, "data");
  if (data == nullptr) return accept(step, request, instance);  // the paper's form: a token only
  const auto* status = member(*data, "status");
  if (status != nullptr && *status == "accept") return accept(step, request, instance);
  if (status == nullptr || *status != "decline") {
    return refuse(step, request, bad_request("data.status: expected accept or decline"));
  }
  int code = kDefaultDecline;
  if (const auto* given = member(*data, "code")) {
    const bool fits = given->is_number_integer() && *given >= 400 && *given <= 699;
    if (!fits) return refuse(step, request, bad_request("data.code: expected a SIP status from 400 to 699"));
    code = given->get<int>();
  }
  std::string reason;
  if (const auto* given = member(*data, "reason")) {
    if (!given->is_string()) return refuse(step, request, bad_request("data.reason: expected a string"));
    reason = cut_utf8(given->get_ref<const std::string&>(), kMaxReason);
  }
  decline(step, request, instance, code, reason);
}

void Gateway::State::accept(Step& step, Request& request, Instance& instance) {
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  if (const auto fault = not_answerable(instance)) return refuse(step, request, *fault);
  instance.answered = true;
  instance.answered_by = *device;
  log.unpin(instance.user, instance.initiate_seq);
  // The answer leaves before the SIP 200 does (CHAT-5).
  answer(step, request.exchange, json_reply(answer_text(instance.url, "accepted", instance.message_id)));
  step.out.emit(chat::AcceptChat{instance.chat});
  if (has_siblings(instance.user)) {
    publish(step, instance, "accepted-elsewhere", {{"device", json_string(*device)}});
  }
}

void Gateway::State::decline(Step& step, Request& request, Instance& instance, int code,
                             const std::string& reason) {
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  if (const auto fault = not_answerable(instance)) return refuse(step, request, *fault);
  instance.answered = true;
  instance.answered_by = *device;
  const bool put = request.raw.method == "PUT";
  answer(step, request.exchange,
         put ? json_reply(answer_text(instance.url, "declined", instance.message_id)) : no_content());
  step.out.emit(chat::DeclineChat{instance.chat, code, reason});
  finish(step, instance, Status::declined, code, reason);
}

void Gateway::State::delete_chat(Step& step, Request& request, Instance& instance) {
  if (is_final(instance.status)) return answer(step, request.exchange, no_content());
  if (!instance.outgoing && !instance.answered) return decline(step, request, instance, kDefaultDecline, {});
  instance.left = true;
  answer(step, request.exchange, no_content());
  step.out.emit(chat::EndChat{instance.chat});
  finish(step, instance, Status::ended, 200, {});
}

}  // namespace rcs::gateway
