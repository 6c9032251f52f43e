#include "harness/api_client.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace rcs::harness {
namespace {

using nlohmann::ordered_json;

constexpr core::Duration kFirstBackOff = std::chrono::seconds(1);
constexpr core::Duration kLastBackOff = std::chrono::seconds(30);

/// Path and query of an instance URL; a path is taken as it is.
std::string target_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const auto slash = url.find('/', scheme + 3);
  return slash == std::string::npos ? "/" : url.substr(slash);
}

bool is_final_status(int status) {
  return status == 401 || status == 403 || status == 404 || status == 405 || status == 426;
}

ordered_json composing_data(bool active, std::uint32_t refresh, const std::string& content_type) {
  ordered_json data{{"state", active ? "active" : "idle"}};
  if (refresh != 0) data["refresh"] = refresh;
  if (!content_type.empty()) data["type"] = content_type;
  return data;
}

}  // namespace

core::Error problem_error(const core::WebReply& reply) {
  std::string words = std::to_string(reply.status);
  if (const auto code = json_member(reply.body, "code")) {
    words += " " + *code;
  } else {
    words += " " + std::string(core::web_reason(reply.status));
  }
  if (const auto detail = json_member(reply.body, "detail")) words += ": " + *detail;
  return core::Error(reply.status == 504 || reply.status == 503 ? core::Errc::timed_out : core::Errc::refused,
                     words);
}

ApiClient::ApiClient(std::unique_ptr<WebPort> port, ApiClientOptions options, core::Random& random,
                     Handlers handlers)
    : port_(std::move(port)), options_(std::move(options)), random_(random), handlers_(std::move(handlers)) {}

ApiClient::~ApiClient() = default;

core::WebRequest ApiClient::make_request(std::string_view method, std::string target,
                                         std::string body) const {
  core::WebRequest request;
  request.method = method;
  request.target = std::move(target);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
  request.body = std::move(body);
  return request;
}

std::string ApiClient::own_path() const { return "/1.0/RCS/" + core::percent_encode(options_.rcs_id); }

std::string ApiClient::event_target(const std::string& since) const {
  std::string target = own_path() + "/Event";
  char separator = '?';
  const auto add = [&](const std::string& name, const std::string& value) {
    target += separator + name + "=" + core::percent_encode(value);
    separator = '&';
  };
  if (!options_.device.empty()) add("device", options_.device);
  if (!since.empty()) add("since", since);
  switch (options_.transport) {
    case EventTransport::poll:
      add("timeout", std::to_string(std::max<std::int64_t>(1, core::to_ms(options_.poll_hold) / 1000)));
      break;
    case EventTransport::iframe:
      add("mode", "iframe");
      break;
    default:
      break;
  }
  return target;
}

void ApiClient::open_events(bool pin_start, std::function<void(core::Result<void>)> on_ready) {
  open_ = true;
  const auto begin = [this] { options_.transport == EventTransport::poll ? next_poll() : open_channel(); };
  if (!pin_start) {
    begin();
    on_ready({});
    return;
  }
  // HEAD never blocks and names the cursor of this moment.
  auto request = make_request("HEAD", event_target(cursor_.empty() ? "latest" : cursor_), {});
  request.headers.emplace_back("Authorization", "Bearer " + options_.token);
  port_->request(Lane::poll, std::move(request), options_.request_timeout,
                 [this, begin, on_ready = std::move(on_ready)](core::Result<core::WebReply> reply) {
                   if (!reply) return on_ready(reply.error());
                   if (reply->status >= 300) return on_ready(problem_error(*reply));
                   if (const auto* next = core::find_header(reply->headers, "RCS-Next-Cursor"))
                     cursor_ = *next;
                   begin();
                   on_ready({});
                 });
}

void ApiClient::close_events() {
  open_ = false;
  ++generation_;
  channel_.reset();
  stream_.reset();
}

void ApiClient::next_poll() {
  auto request = make_request("GET", event_target(cursor_), {});
  request.headers.emplace_back("Authorization", "Bearer " + options_.token);
  request.headers.emplace_back("Accept", "application/json");
  const auto generation = generation_;
  port_->request(Lane::poll, std::move(request), options_.poll_hold + options_.request_timeout,
                 [this, generation](core::Result<core::WebReply> reply) {
                   if (generation != generation_ || !open_) return;
                   if (!reply) return trouble(reply.error(), false);
                   if (const auto* next = core::find_header(reply->headers, "RCS-Next-Cursor"))
                     cursor_ = *next;
                   if (reply->status == 410) {  // older than what is kept: go on at the cursor it names
                     if (const auto next = json_member(reply->body, "next")) cursor_ = *next;
                   } else if (reply->status != 200 && reply->status != 204) {
                     return trouble(problem_error(*reply), is_final_status(reply->status));
                   }
                   failures_ = 0;
                   if (reply->status == 200) deliver(reply->body);
                   if (generation == generation_ && open_) next_poll();
                 });
}

void ApiClient::open_channel() {
  auto request = make_request("GET", event_target(cursor_), {});
  request.headers.emplace_back("Authorization", "Bearer " + options_.token);
  stream_ = std::make_unique<EventStream>(options_.transport);
  const auto generation = generation_;
  WebPort::ChannelHandlers handlers;
  handlers.on_open = [this, generation](int status, const core::WebHeaders&) {
    if (generation != generation_) return;
    if (status == 200 || status == 101) {
      failures_ = 0;
    } else {
      core::WebReply reply;
      reply.status = status;
      trouble(problem_error(reply), is_final_status(status));
    }
  };
  handlers.on_data = [this, generation](std::string_view octets) {
    if (generation == generation_) channel_data(octets);
  };
  handlers.on_end = [this, generation](core::Result<void> end) {
    if (generation != generation_ || !open_) return;
    trouble(end ? core::Error(core::Errc::unreachable, "event channel: the gateway ended it") : end.error(),
            false);
  };
  switch (options_.transport) {
    case EventTransport::sse:
      request.headers.emplace_back("Accept", "text/event-stream");
      break;
    case EventTransport::ndjson:
      request.headers.emplace_back("Accept", "application/x-ndjson");
      break;
    default:
      break;
  }
  channel_ = options_.transport == EventTransport::ws
                 ? port_->open_socket(std::move(request), "rcs.event.v1", std::move(handlers))
                 : port_->open_stream(std::move(request), std::move(handlers));
}

void ApiClient::channel_data(std::string_view octets) {
  const auto events = stream_->feed(octets);
  if (!events) return trouble(events.error(), true);
  const auto generation = generation_;
  for (const auto& event : *events) {
    deliver(event);
    if (generation != generation_) return;
  }
  if (!stream_->last_id().empty()) cursor_ = stream_->last_id();
}

void ApiClient::deliver(std::string_view json) {
  const auto event = read_event(json);
  if (!event) return trouble(event.error(), true);
  if (!event->id.empty()) cursor_ = event->id;
  if (handlers_.on_event) handlers_.on_event(*event);
}

void ApiClient::trouble(const core::Error& error, bool final) {
  ++generation_;
  // The channel may be what is calling us: it is let go after this turn.
  port_->after({}, [gone = std::shared_ptr<WebChannel>(std::move(channel_))] {});
  if (handlers_.on_trouble) handlers_.on_trouble(error, final);
  if (final || !open_) return;
  const auto ceiling =
      std::min(kLastBackOff, kFirstBackOff * (core::Duration::rep{1} << std::min(failures_, 10U)));
  ++failures_;
  const auto delay = core::Duration(
      static_cast<std::int64_t>(static_cast<double>(ceiling.count()) * (0.5 + random_.unit() / 2)));
  const auto generation = generation_;
  port_->after(delay, [this, generation] {
    if (generation != generation_ || !open_) return;
    options_.transport == EventTransport::poll ? next_poll() : open_channel();
  });
}

void ApiClient::start_chat(const std::string& to, const std::string& text, const std::string& message_id,
                           OnReply on_reply) {
  ordered_json body;
  body["data"] = {{"message_id", message_id}, {"recipient", ordered_json::array({to})}, {"subject", text}};
  body["oauth_token"] = options_.token;
  auto request = make_request("POST", own_path() + "/Chat",
                              body.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  port_->request(Lane::command, std::move(request), options_.request_timeout, std::move(on_reply));
}

void ApiClient::accept(const std::string& instance, OnReply on_reply) {
  const ordered_json body{{"oauth_token", options_.token}};
  std::string target = target_of(instance);
  if (!options_.device.empty()) target += "?device=" + core::percent_encode(options_.device);
  port_->request(Lane::command, make_request("PUT", std::move(target), body.dump()), options_.request_timeout,
                 std::move(on_reply));
}

void ApiClient::ask_in_chat(std::string_view method, const std::string& instance, const std::string& under,
                            const ordered_json& data, OnReply on_reply) {
  const ordered_json body{{"data", data}, {"oauth_token", options_.token}};
  std::string target = target_of(instance) + under;
  const char separator = target.find('?') == std::string::npos ? '?' : '&';
  if (!options_.device.empty()) target += separator + ("device=" + core::percent_encode(options_.device));
  port_->request(Lane::command,
                 make_request(method, std::move(target),
                              body.dump(-1, ' ', false, ordered_json::error_handler_t::replace)),
                 options_.request_timeout, std::move(on_reply));
}

void ApiClient::decline(const std::string& instance, int code, const std::string& reason, OnReply on_reply) {
  ordered_json data{{"status", "decline"}, {"code", code}};
  if (!reason.empty()) data["reason"] = reason;
  ask_in_chat("PUT", instance, {}, data, std::move(on_reply));
}

void ApiClient::send_text(const std::string& instance, const std::string& text, const std::string& message_id,
                          const std::string& content_type, OnReply on_reply) {
  ordered_json data{{"message_id", message_id}, {"message", text}};
  if (!content_type.empty()) data["type"] = content_type;
  ask_in_chat("POST", instance, "/Message", data, std::move(on_reply));
}

void ApiClient::send_message(const ApiMessage& message, OnReply on_reply) {
  ordered_json data{
      {"message_id", message.message_id}, {"recipient", message.recipients}, {"message", message.text}};
  if (!message.content_type.empty()) data["type"] = message.content_type;
  if (message.expires) data["expires"] = *message.expires;
  ask_in_chat("POST", own_path(), "/Message", data, std::move(on_reply));
}

void ApiClient::tell_message_status(const std::string& contact, const std::string& message_id,
                                    const std::string& status, OnReply on_reply) {
  ask_in_chat(
      "PUT", own_path(),
      "/Message/" + core::percent_encode(message_id) + "/Status?contact=" + core::percent_encode(contact),
      {{"status", status}}, std::move(on_reply));
}

void ApiClient::tell_status(const std::string& instance, const std::string& message_id,
                            const std::string& status, OnReply on_reply) {
  ask_in_chat("PUT", instance, "/Message/" + core::percent_encode(message_id) + "/Status",
              {{"status", status}}, std::move(on_reply));
}

void ApiClient::set_composing(const std::string& instance, bool active, std::uint32_t refresh,
                              const std::string& content_type, OnReply on_reply) {
  ask_in_chat("PUT", instance, "/Composing", composing_data(active, refresh, content_type),
              std::move(on_reply));
}

void ApiClient::set_composing_to(const std::string& contact, bool active, std::uint32_t refresh,
                                 const std::string& content_type, OnReply on_reply) {
  ask_in_chat("PUT", own_path(), "/Composing/" + core::percent_encode(contact),
              composing_data(active, refresh, content_type), std::move(on_reply));
}

void ApiClient::get_capability(const std::string& contact, bool fresh, bool by_presence, OnReply on_reply) {
  auto target = own_path() + "/Capability/" + core::percent_encode(contact) +
                (by_presence ? "?by=presence" : "?by=options") + (fresh ? "&fresh=1" : "");
  auto request = make_request("GET", std::move(target), {});
  request.headers.emplace_back("Authorization", "Bearer " + options_.token);
  port_->request(Lane::command, std::move(request), options_.request_timeout, std::move(on_reply));
}

void ApiClient::offer_services(const std::vector<std::string>& services, OnReply on_reply) {
  ask_in_chat("PUT", own_path(), "/Capability", {{"services", services}}, std::move(on_reply));
}

void ApiClient::end(const std::string& instance, OnReply on_reply) {
  auto request = make_request("DELETE", target_of(instance), {});
  request.headers.emplace_back("Authorization", "Bearer " + options_.token);
  port_->request(Lane::command, std::move(request), options_.request_timeout, std::move(on_reply));
}

}  // namespace rcs::harness
