#include "harness/web_tap.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace rcs::harness {
namespace {

constexpr std::string_view kRequestId = "X-Request-Id";
constexpr std::string_view kBlank = "...";

std::string path_of(std::string_view target) { return std::string(target.substr(0, target.find('?'))); }

/// The RCS ID of /{version}/RCS/{id}/...
std::string rcs_id_of(std::string_view target) {
  const auto path = path_of(target);
  const auto pieces = core::split(path, '/');
  if (pieces.size() < 4 || pieces[2] != "RCS") return "client";
  const auto id = core::percent_decode(pieces[3]);
  return id ? *id : std::string(pieces[3]);
}

/// Query values that carry secrets are blanked.
std::string blanked_target(std::string_view target) {
  const auto query = core::split_once(target, '?');
  if (!query) return std::string(target);
  std::string out(query->first);
  char separator = '?';
  for (const auto pair : core::split(query->second, '&')) {
    out += separator;
    separator = '&';
    const bool secret = core::istarts_with(pair, "ticket=") || core::istarts_with(pair, "token=") ||
                        core::istarts_with(pair, "access_token=");
    out += secret ? std::string(pair.substr(0, pair.find('=') + 1)) + std::string(kBlank) : std::string(pair);
  }
  return out;
}

std::string blanked_body(const std::string& body) {
  auto object = nlohmann::ordered_json::parse(body, nullptr, false);
  if (!object.is_object()) return body;
  for (const auto* name : {"oauth_token", "Oauth_token", "ticket"}) {
    if (object.contains(name)) object[name] = kBlank;
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::uint32_t size_of(const core::WebHeaders& headers, std::size_t first_line, std::size_t body) {
  std::size_t size = first_line + 4 + body;
  for (const auto& [name, value] : headers) size += name.size() + value.size() + 4;
  return static_cast<std::uint32_t>(size);
}

trace::Record request_record(const core::WebRequest& request, std::string from, std::string to) {
  trace::Record record;
  record.from = std::move(from);
  record.to = std::move(to);
  record.protocol = trace::Protocol::http;
  record.label = request.method;
  record.summary = request.method + " " + path_of(request.target);
  record.transport = "http";
  record.size =
      size_of(request.headers, request.method.size() + request.target.size() + 11, request.body.size());
  record.message_id = json_member(request.body, "data.message_id").value_or("");
  record.content = traced_content(request);
  return record;
}

EventTransport transport_of(const core::WebRequest& request) {
  if (request.upgrade) return EventTransport::ws;
  if (request.target.find("mode=iframe") != std::string::npos) return EventTransport::iframe;
  const auto* accept = core::find_header(request.headers, "Accept");
  if (accept != nullptr && accept->find("text/event-stream") != std::string::npos) return EventTransport::sse;
  if (accept != nullptr && accept->find("application/x-ndjson") != std::string::npos)
    return EventTransport::ndjson;
  return EventTransport::poll;
}

bool is_event_path(std::string_view target) {
  const auto path = path_of(target);
  return path.size() > 6 && (path.ends_with("/Event") || path.ends_with("/Event/"));
}

std::string event_key(std::string_view exchange, std::string_view cursor) {
  return "event " + std::string(exchange) + " " + std::string(cursor);
}
std::string reply_key(std::string_view exchange) { return "reply " + std::string(exchange); }

}  // namespace

std::string traced_content(const core::WebRequest& request) {
  std::string out = request.method + " " + blanked_target(request.target) + "\n";
  for (const auto& [name, value] : request.headers) {
    const bool secret = core::iequals(name, "Authorization") || core::iequals(name, "Cookie");
    out += name + ": " + (secret ? std::string(kBlank) : value) + "\n";
  }
  return out + "\n" + blanked_body(request.body);
}

WebTap::WebTap(trace::Recorder& recorder, std::string actor, UserNames names)
    : recorder_(recorder), actor_(std::move(actor)), names_(std::move(names)) {}

void WebTap::on_request(core::Instant now, core::WebId id, const core::WebRequest& request) {
  Exchange exchange;
  if (const auto* key = core::find_header(request.headers, kRequestId)) exchange.key = *key;
  if (exchange.key.empty()) exchange.key = "#" + std::to_string(id.value);
  const auto rcs_id = rcs_id_of(request.target);
  exchange.client = names_ ? names_(rcs_id) : rcs_id;
  exchange.method = request.method;
  exchange.is_event_channel = request.method == "GET" && is_event_path(request.target);
  exchange.transport = transport_of(request);
  recorder_.received(exchange.key, [&] {
    auto record = request_record(request, exchange.client, actor_);
    record.time = now;
    return record;
  });
  exchanges_[id] = std::move(exchange);
}

void WebTap::sent_event(core::Instant now, const Exchange& exchange, std::string_view json,
                        std::string_view key) {
  const auto event = read_event(json);
  if (!event || event->status.empty()) return;
  trace::Record record;
  record.time = now;
  record.from = actor_;
  record.to = exchange.client;
  record.protocol = trace::Protocol::event;
  record.label = event->status;
  record.summary = event->type + " " + event->status;
  record.size = static_cast<std::uint32_t>(json.size());
  record.transport = name(exchange.transport);
  record.message_id = json_member(json, "data.message_id").value_or("");
  record.content = json;
  recorder_.sent(std::move(record), key.empty() ? event_key(exchange.key, event->id) : std::string(key));
}

void WebTap::sent_reply(core::Instant now, const Exchange& exchange, int status, std::string_view body) {
  trace::Record record;
  record.time = now;
  record.from = actor_;
  record.to = exchange.client;
  record.protocol = trace::Protocol::http;
  record.label = std::to_string(status) + " " + exchange.method;
  record.summary =
      std::to_string(status) + " " + std::string(core::web_reason(status)) + " (" + exchange.method + ")";
  record.size = size_of({}, 17, body.size());
  record.transport = "http";
  record.message_id = json_member(body, "data.message_id").value_or("");
  record.content = blanked_body(std::string(body));
  recorder_.sent(std::move(record), reply_key(exchange.key));
}

void WebTap::on_action(core::Instant now, core::WebId id, const core::WebAction& action) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  auto& exchange = found->second;
  if (const auto* reply = std::get_if<core::WebReply>(&action)) {
    if (exchange.is_event_channel && reply->status == 200) {
      const auto body = nlohmann::ordered_json::parse(reply->body, nullptr, false);
      if (body.is_object() && body.contains("events") && body["events"].is_array()) {
        for (const auto& event : body["events"])
          sent_event(now, exchange, event.dump(), reply_key(exchange.key));
      } else {
        sent_event(now, exchange, reply->body, reply_key(exchange.key));
      }
    } else {
      sent_reply(now, exchange, reply->status, reply->body);
    }
    exchanges_.erase(found);
  } else if (const auto* head = std::get_if<core::WebStreamHead>(&action)) {
    exchange.stream = std::make_unique<EventStream>(exchange.transport);
    sent_reply(now, exchange, head->status, {});
  } else if (const auto* chunk = std::get_if<core::WebChunk>(&action)) {
    if (!exchange.stream) return;
    if (const auto events = exchange.stream->feed(chunk->bytes)) {
      for (const auto& event : *events) sent_event(now, exchange, event, {});
    }
  } else if (const auto* text = std::get_if<core::WebText>(&action)) {
    sent_event(now, exchange, text->text, {});
  } else if (std::holds_alternative<core::WebAccept>(action)) {
    sent_reply(now, exchange, 101, {});
  } else {
    exchanges_.erase(found);
  }
}

namespace {

class TracedWebPort final : public WebPort {
 public:
  TracedWebPort(std::unique_ptr<WebPort> port, trace::Recorder& recorder, std::string actor,
                std::string gateway, std::function<core::Instant()> now)
      : port_(std::move(port)),
        recorder_(recorder),
        actor_(std::move(actor)),
        gateway_(std::move(gateway)),
        now_(std::move(now)) {}

  void request(Lane lane, core::WebRequest request, core::Duration timeout, OnReply on_reply) override {
    const auto key = sent(request);
    port_->request(lane, std::move(request), timeout,
                   [this, key, on_reply = std::move(on_reply)](core::Result<core::WebReply> reply) {
                     const trace::Handling handling(&recorder_);
                     recorder_.received(reply_key(key), {});
                     on_reply(std::move(reply));
                   });
  }

  std::unique_ptr<WebChannel> open_stream(core::WebRequest request, ChannelHandlers handlers) override {
    const auto transport = transport_of(request);
    const auto key = sent(request);
    return port_->open_stream(std::move(request), traced(key, transport, std::move(handlers)));
  }

  std::unique_ptr<WebChannel> open_socket(core::WebRequest request, std::string subprotocol,
                                          ChannelHandlers handlers) override {
    const auto key = sent(request);
    return port_->open_socket(std::move(request), std::move(subprotocol),
                              traced(key, EventTransport::ws, std::move(handlers)));
  }

  void after(core::Duration delay, std::function<void()> work) override {
    port_->after(delay, std::move(work));
  }

 private:
  std::string sent(core::WebRequest& request) {
    auto key = actor_ + "-" + std::to_string(++count_);
    request.headers.emplace_back(kRequestId, key);
    auto record = request_record(request, actor_, gateway_);
    record.time = now_();
    recorder_.sent(std::move(record), key);
    return key;
  }

  ChannelHandlers traced(const std::string& key, EventTransport transport, ChannelHandlers inner) {
    ChannelHandlers outer;
    outer.on_open = [this, key, open = std::move(inner.on_open)](int status,
                                                                 const core::WebHeaders& headers) {
      const trace::Handling handling(&recorder_);
      recorder_.received(reply_key(key), {});
      open(status, headers);
    };
    outer.on_data = [this, key, stream = std::make_shared<EventStream>(transport),
                     data = std::move(inner.on_data)](std::string_view octets) {
      const trace::Handling handling(&recorder_);
      if (const auto events = stream->feed(octets)) {
        for (const auto& json : *events) {
          if (const auto event = read_event(json)) recorder_.received(event_key(key, event->id), {});
        }
      }
      data(octets);
    };
    outer.on_end = std::move(inner.on_end);
    return outer;
  }

  std::unique_ptr<WebPort> port_;
  trace::Recorder& recorder_;
  std::string actor_;
  std::string gateway_;
  std::function<core::Instant()> now_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<WebPort> make_traced_web_port(std::unique_ptr<WebPort> port, trace::Recorder& recorder,
                                              std::string actor, std::string gateway,
                                              std::function<core::Instant()> now) {
  return std::make_unique<TracedWebPort>(std::move(port), recorder, std::move(actor), std::move(gateway),
                                         std::move(now));
}

}  // namespace rcs::harness
