#pragma once
// A gateway without sockets: requests and chat events go in as values, every effect is kept in order, timers
// fire in virtual time.

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "gateway/gateway.hpp"
#include "store/memory_log.hpp"
#include "support/catch.hpp"

namespace gateway_test {

using namespace rcs;
using namespace std::chrono_literals;
using nlohmann::json;
using nlohmann::ordered_json;

inline gateway::Config paper_config() {
  gateway::Config config;
  config.public_url = "http://1.1.1.1:1001";
  config.wall.unix_ms_at_zero = 1'325'412'610'000;  // 2012-01-01T10:10:10Z
  return config;
}

/// The body of a POST of a text; an empty id or type is left out.
inline std::string text_body(const std::string& text, const std::string& id = {},
                             const std::string& type = {}) {
  json data{{"message", text}};
  if (!id.empty()) data["message_id"] = id;
  if (!type.empty()) data["type"] = type;
  return json{{"data", data}}.dump();
}

/// What happened on one exchange.
struct Seen {
  std::vector<core::WebAction> actions;

  template <class A>
  const A* last() const {
    for (auto it = actions.rbegin(); it != actions.rend(); ++it) {
      if (const auto* found = std::get_if<A>(&*it)) return found;
    }
    return nullptr;
  }
  const core::WebReply* reply() const { return last<core::WebReply>(); }
  std::string stream() const {
    std::string out;
    for (const auto& action : actions) {
      if (const auto* chunk = std::get_if<core::WebChunk>(&action)) out += chunk->bytes;
    }
    return out;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const auto& action : actions) {
      if (const auto* text = std::get_if<core::WebText>(&action)) out.push_back(text->text);
    }
    return out;
  }
};

class Driver {
 public:
  using Headers = core::WebHeaders;

  explicit Driver(gateway::Config config = paper_config(), std::string epoch = "e1")
      : random_(7),
        own_log_(std::make_unique<store::MemoryLog>(std::move(epoch))),
        log_(*own_log_),
        gateway_(std::make_unique<gateway::Gateway>(std::move(config), random_, log_)) {}
  /// Over a log that outlives this gateway, as after a restart.
  Driver(gateway::Config config, store::EventLog& log)
      : random_(8),
        log_(log),
        gateway_(std::make_unique<gateway::Gateway>(std::move(config), random_, log_)) {}

  // --- requests
  // -----------------------------------------------------------------------------------------------------------------
  core::WebId send(core::WebRequest request) {
    const core::WebId id{++last_web_};
    run([&](auto& out) { gateway_->on_request(now_, id, request, out); });
    return id;
  }
  core::WebId send(std::string method, std::string target, std::string body = {}, Headers headers = {}) {
    core::WebRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    const bool typed = core::find_header(request.headers, "Content-Type") != nullptr;
    if (!body.empty() && !typed)
      request.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
    request.body = std::move(body);
    return send(std::move(request));
  }
  /// With the development token of `user` in the header.
  core::WebId as(const std::string& user, std::string method, const std::string& path, std::string body = {},
                 Headers headers = {}) {
    headers.emplace_back("Authorization", "Bearer dev-" + user);
    return send(std::move(method), "/1.0/RCS/" + core::percent_encode(user) + path, std::move(body),
                std::move(headers));
  }
  core::WebId socket(const std::string& user, const std::string& path, Headers headers = {}) {
    core::WebRequest request;
    request.method = "GET";
    request.target = "/1.0/RCS/" + user + path;
    request.headers = std::move(headers);
    request.headers.emplace_back("Authorization", "Bearer dev-" + user);
    request.headers.emplace_back("Sec-WebSocket-Protocol", "rcs.event.v1");
    request.upgrade = true;
    return send(std::move(request));
  }
  void text(core::WebId id, std::string_view text) {
    run([&](auto& out) { gateway_->on_text(now_, id, text, out); });
  }
  void gone(core::WebId id) {
    run([&](auto& out) { gateway_->on_gone(now_, id, out); });
  }

  void shut_down() {
    run([&](auto& out) { gateway_->shut_down(now_, out); });
  }

  // --- chats
  // --------------------------------------------------------------------------------------------------------------------
  void chat(const chat::Event& event) {
    run([&](auto& out) { gateway_->on_chat_event(now_, event, out); });
  }
  static std::string post_body(const std::string& to, const std::string& text,
                               const std::string& message_id) {
    return ordered_json{{"data", {{"message_id", message_id}, {"recipient", {to}}, {"subject", text}}}}
        .dump();
  }
  core::WebId post(const std::string& from, const std::string& to, const std::string& text,
                   const std::string& message_id) {
    return as(from, "POST", "/Chat", post_body(to, text, message_id));
  }
  static chat::ChatInvited invitation(std::uint64_t n, const std::string& user, const std::string& from,
                                      const std::string& text, const std::string& message_id) {
    chat::ChatInvited invited;
    invited.chat = chat::incoming_chat(n);
    invited.user = "sip:" + user + "@domain.com";
    invited.from = "sip:" + from + "@domain.com";
    invited.subject = text;
    invited.text.emplace();
    invited.text->message_id = message_id;
    invited.text->text = text;
    return invited;
  }
  /// The first chat of `from`, up, with its events so far in the log; its path.
  std::string open_chat(const std::string& from, const std::string& to) {
    post(from, to, "Hi", "m1");
    chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
    chat(chat::ChatConnected{chat::outgoing_chat(1)});
    return "/Chat/" + from + "-001";
  }
  /// The first invitation to `user`, accepted and up; its path.
  std::string accept_chat(const std::string& user) {
    const auto path = "/Chat/" + user + "-001";
    invite(user, "Hi");
    as(user, "PUT", path);
    chat(chat::ChatConnected{chat::incoming_chat(1)});
    return path;
  }
  /// A text of the peer in a chat.
  static chat::TextArrived arrival(chat::ChatId chat, const std::string& text,
                                   const std::string& message_id) {
    chat::TextArrived arrived;
    arrived.chat = chat;
    arrived.text.text = text;
    arrived.text.message_id = message_id;
    return arrived;
  }
  /// An event in the log of `user` that needs no chat of its own: each invites with the text given.
  void invite(const std::string& user, const std::string& text) {
    const auto n = ++invited_;
    chat(invitation(n, user, "01087654321", text, "m" + std::to_string(n)));
  }

  // --- time
  // ---------------------------------------------------------------------------------------------------------------------
  void advance(core::Duration by) {
    const auto end = now_ + by;
    for (;;) {
      const auto next = std::min_element(timers_.begin(), timers_.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      if (next == timers_.end() || next->second > end) break;
      const auto key = next->first;
      now_ = std::max(now_, next->second);
      timers_.erase(next);
      run([&](auto& out) { gateway_->on_timer(now_, key, out); });
    }
    now_ = end;
  }
  core::Instant now() const { return now_; }
  const std::map<node::TimerKey, core::Instant>& timers() const { return timers_; }

  // --- what came out
  // ------------------------------------------------------------------------------------------------------------
  const Seen& seen(core::WebId id) { return seen_[id.value]; }
  int status(core::WebId id) {
    const auto* reply = seen(id).reply();
    return reply == nullptr ? 0 : reply->status;
  }
  json body(core::WebId id) {
    const auto* reply = seen(id).reply();
    return reply == nullptr ? json() : json::parse(reply->body, nullptr, false);
  }
  std::string header(core::WebId id, std::string_view name) {
    const core::WebHeaders* headers = nullptr;
    if (const auto* reply = seen(id).reply()) headers = &reply->headers;
    if (const auto* head = seen(id).last<core::WebStreamHead>()) headers = &head->headers;
    const auto* value = headers == nullptr ? nullptr : core::find_header(*headers, name);
    return value == nullptr ? std::string() : *value;
  }
  std::string code(core::WebId id) {
    const auto object = body(id);
    return object.is_object() && object.contains("code") ? object["code"].get<std::string>() : std::string();
  }
  /// Commands of one kind, in order.
  template <class C>
  std::vector<C> commands() const {
    std::vector<C> out;
    for (const auto& command : commands_) {
      if (const auto* found = std::get_if<C>(&command)) out.push_back(*found);
    }
    return out;
  }
  /// All effects by name in the order they left: "reply 3 200", "text 4", "AcceptChat" ...
  std::vector<std::string> order;

  store::EventLog& log() { return log_; }
  /// The statuses in a user's log.
  std::vector<std::string> statuses(const std::string& user) {
    std::vector<std::string> out;
    for (const auto& event : log_.read(user, 0, 100'000)) {
      out.push_back(json::parse(event.json)["data"]["status"].get<std::string>());
    }
    return out;
  }
  json event(const std::string& user, std::uint64_t seq) {
    const auto found = log_.read(user, seq - 1, 1);
    return found.empty() ? json() : json::parse(found.front().json);
  }

 private:
  template <class F>
  void run(F&& call) {
    using Box = gateway::GatewayOutbox;
    Box out;
    call(out);
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<Box::Send>(&effect)) {
        note(send->to, send->message);
        seen_[send->to.value].actions.push_back(std::move(send->message));
      } else if (auto* arm = std::get_if<Box::Arm>(&effect)) {
        timers_[arm->key] = now_ + arm->after;
      } else if (auto* cancel = std::get_if<Box::Cancel>(&effect)) {
        timers_.erase(cancel->key);
      } else {
        commands_.push_back(std::get<Box::Emit>(effect).event);
        static constexpr const char* kNames[] = {
            "Register",       "Unregister",   "StartChat",     "AlertUser",         "AcceptChat",
            "DeclineChat",    "EndChat",      "SendText",      "SendState",         "SendComposing",
            "ForgetChat",     "OpenThread",   "SendToMany",    "QueryCapabilities", "WatchContact",
            "UnwatchContact", "HideServices", "OfferServices", "HoldQueries",       "AnswerQuery"};
        order.emplace_back(kNames[commands_.back().index()]);
      }
    }
  }
  void note(core::WebId id, const core::WebAction& action) {
    static constexpr const char* kNames[] = {"reply", "head", "chunk", "end", "accept", "text", "close"};
    auto line = std::string(kNames[action.index()]) + " " + std::to_string(id.value);
    if (const auto* reply = std::get_if<core::WebReply>(&action)) line += " " + std::to_string(reply->status);
    order.push_back(std::move(line));
  }

  core::Random random_;
  std::unique_ptr<store::MemoryLog> own_log_;
  store::EventLog& log_;
  std::unique_ptr<gateway::Gateway> gateway_;
  core::Instant now_{};
  std::uint64_t last_web_ = 0;
  std::uint64_t invited_ = 0;
  std::map<std::uint64_t, Seen> seen_;
  std::vector<chat::Command> commands_;
  std::map<node::TimerKey, core::Instant> timers_;
};

}  // namespace gateway_test
