#include "gateway/gateway.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::ordered_json;

constexpr core::Duration kLongestSweep = 60s;
constexpr core::Duration kShortestSweep = 10ms;

/// The client takes application/json and nothing else (API-83).
bool takes_plain_json(const core::WebHeaders& headers) {
  const auto* accept = core::find_header(headers, "Accept");
  if (accept == nullptr) return false;
  const auto ranges = core::split(*accept, ',');
  return std::all_of(ranges.begin(), ranges.end(), [](std::string_view range) {
    return core::iequals(core::trim(range.substr(0, range.find(';'))), "application/json");
  });
}

/// How often is looked for what has outlived its time: a minute, or oftener where times are short.
core::Duration sweep_period(const Config& config) {
  const auto shortest = std::min({config.limits.retention, config.limits.device_ttl, config.idempotency}) / 2;
  return std::clamp(shortest, kShortestSweep, kLongestSweep);
}

std::string instance_of(std::string_view event_json) {
  constexpr std::string_view kMember = "\"instance\":\"";
  const auto at = event_json.find(kMember);
  if (at == std::string_view::npos) return {};
  const auto begin = at + kMember.size();
  return std::string(event_json.substr(begin, event_json.find('"', begin) - begin));
}

}  // namespace

Gateway::Gateway(Config config, core::Random& random, store::EventLog& log)
    : state_(std::make_unique<State>(std::move(config), random, log)) {}

Gateway::~Gateway() = default;

void Gateway::on_request(Instant now, WebId id, const core::WebRequest& request, GatewayOutbox& out) {
  auto step = state_->step(now, out);
  state_->on_request(step, id, request);
}

void Gateway::on_text(Instant now, WebId id, std::string_view text, GatewayOutbox& out) {
  auto step = state_->step(now, out);
  state_->on_text(step, id, text);
}

void Gateway::on_gone(Instant now, WebId id, GatewayOutbox& out) {
  auto step = state_->step(now, out);
  state_->posting.gone(id);
  state_->queries.gone(id);
  state_->registrations.gone(id);
  state_->readers.gone(step, id);
  state_->jsonrtc->on_gone(step, id);
}

void Gateway::on_chat_event(Instant now, const chat::Event& event, GatewayOutbox& out) {
  auto step = state_->step(now, out);
  state_->on_chat_event(step, event);
}

void Gateway::on_timer(Instant now, node::TimerKey key, GatewayOutbox& out) {
  auto step = state_->step(now, out);
  switch (key.kind) {
    case kPostWaitTimer:
      return state_->on_post_wait(step, chat::ChatId{key.id});
    case kReaderTimer:
      return state_->readers.on_timer(step);
    case kSweepTimer:
      return state_->sweep(step);
    case kJsonRtcSocketTimer:
      return state_->jsonrtc->on_socket_timer(step, WebId{key.id});
    case kJsonRtcSessionTimer:
      return state_->jsonrtc->on_session_timer(step, key.id);
    default:
      return;
  }
}

void Gateway::shut_down(Instant now, GatewayOutbox& out) {
  auto step = state_->step(now, out);
  state_->shutting_down = true;
  state_->readers.end_all(step);
  state_->jsonrtc->shut_down(step);
}

Gateway::State::State(Config config_in, core::Random& random_in, store::EventLog& log_in)
    : config(std::move(config_in)),
      random(random_in),
      log(log_in),
      cursors(log_in.epoch()),
      tokens(config, random_in),
      chats(config),
      texts(config),
      threads(config),
      posting(config),
      readers(config, random_in, log_in, cursors),
      jsonrtc(std::make_unique<JsonRtc>(*this)) {}
Gateway::State::~State() = default;

void Gateway::State::on_request(Step& step, WebId id, const core::WebRequest& raw) {
  Exchange exchange{id, cors_headers(raw.headers, config), raw.method == "HEAD",
                    takes_plain_json(raw.headers)};
  auto target = parse_target(raw.target);
  if (!target) return answer(step, exchange, bad_request(target.error().detail()), config);
  Request request{raw, std::move(*target), std::move(exchange), {}, {}};
  if (shutting_down) {
    auto out = problem(503, "shutting-down", "this server is about to end");
    out.headers.emplace_back("Retry-After", std::to_string(1 + random.below(kRestartJitterMs) / 1000));
    return refuse(step, request, out);
  }
  serve(step, request);
}

void Gateway::State::serve(Step& step, Request& request) {
  const auto resource = request.target.resource;
  if (resource == Resource::other_version) {
    auto out = problem(404, "version-unknown", "this server has version 1.0");
    out.more.emplace_back("versions", "[\"1.0\"]");
    return refuse(step, request, out);
  }
  const auto allow = allowed_methods(resource);
  if (allow.empty()) return refuse(step, request, not_found("there is no such resource"));
  const auto& method = request.raw.method;
  if (method == "OPTIONS") return answer(step, request.exchange, options_reply(request.raw.headers, allow));
  if (!allows(allow, method)) {
    auto out = problem(405, "method-not-allowed", "expected one of " + allow);
    out.headers.emplace_back("Allow", allow);
    return refuse(step, request, out);
  }
  if (resource == Resource::versions) return answer(step, request.exchange, versions());
  if (resource == Resource::version) return answer(step, request.exchange, version());
  if (request.raw.body.size() > config.limits.json_body) {
    return refuse(step, request,
                  problem(413, "too-large",
                          "body: expected at most " + std::to_string(config.limits.json_body) + " octets"));
  }
  for (const auto* name : {"access_token", "oauth_token", "Oauth_token", "token"}) {
    if (request.target.parameter(name) == nullptr) continue;
    return refuse(step, request,
                  problem(400, "invalid-request", "expected no token in the URL; use Authorization"));
  }
  if (resource == Resource::signalling) return jsonrtc->open_socket(step, request);
  auto identity = read_identity(request.target.rcs_id, config);
  if (!identity) return refuse(step, request, problem(400, "bad-id", identity.error().detail()));
  request.user = std::move(*identity);
  if (request.target.rcs_id != request.user.shown) return redirect(step, request);
  serve_as_user(step, request);
}

/// One user has one path form (API-123).
void Gateway::State::redirect(Step& step, const Request& request) {
  std::string location = config.public_url + "/1.0/RCS/" + core::percent_encode(request.user.shown);
  for (std::size_t i = 3; i < request.target.path.size(); ++i) {
    location += "/" + core::percent_encode(request.target.path[i]);
  }
  char separator = '?';
  for (const auto& [name, value] : request.target.query) {
    location += separator + core::percent_encode(name) + "=" + core::percent_encode(value);
    separator = '&';
  }
  core::WebReply reply;
  reply.status = 308;
  reply.headers.emplace_back("Location", std::move(location));
  answer(step, request.exchange, std::move(reply));
}

core::WebReply Gateway::State::versions() const {
  const ordered_json one{{"version", "1.0"}, {"status", "stable"}, {"href", config.public_url + "/1.0/"}};
  return json_reply(ordered_json{{"versions", ordered_json::array({one})}}.dump());
}

core::WebReply Gateway::State::version() const {
  ordered_json body;
  body["version"] = "1.0";
  body["features"] = {"chat",       "message",    "composing",    "event",
                      "standalone", "capability", "registration", "signalling"};
  body["transports"] = {"poll", "iframe", "sse", "ndjson", "ws"};
  body["limits"] = {{"json_body", config.limits.json_body},
                    {"message_id", config.limits.message_id},
                    {"subject", config.limits.subject},
                    {"recipients", config.limits.recipients},
                    {"messages_per_second", config.limits.messages_per_second},
                    {"event_connections", config.limits.event_connections},
                    {"retained_events", config.limits.retained_events},
                    {"retention_seconds", core::to_seconds(config.limits.retention)},
                    {"poll_max_seconds", core::to_seconds(config.poll_max)}};
  return json_reply(body.dump());
}

Gateway::State::User* Gateway::State::user_of(Step& step, const Identity& identity) {
  const auto found = users.find(identity.key);
  if (found != users.end()) return &found->second;
  if (users.size() >= kMaxUsers) return nullptr;
  auto& user = users[identity.key];
  user.identity = identity;
  if (!sweeping) step.out.arm({kSweepTimer, 0}, sweep_period(config));
  sweeping = true;
  recover(step, identity);
  return &user;
}

/// What a log from before this process tells: chats of that time are gone, and their ids must not come again
/// while it holds them.
void Gateway::State::recover(Step& step, const Identity& identity) {
  const auto& user = identity.key;
  std::uint64_t at = 0;
  for (auto batch = log.read(user, at, 64); !batch.empty(); batch = log.read(user, at, 64)) {
    at = batch.back().seq;
    for (const auto& event : batch) {
      if (event.type == "chat") chats.start_after(user, instance_number(instance_of(event.json)));
    }
  }
  for (const auto& event : log.pinned(user)) {
    log.unpin(user, event.seq);
    const EventData data{
        {"status", "\"expired\""}, {"code", "408"}, {"reason", "\"the gateway was restarted\""}};
    auto json = event_text("chat", instance_of(event.json), data, next_cursor(user), step.wall);
    publish(step, user, "chat", std::move(json), false);
  }
}

void Gateway::State::keep_registered(Step& step, User& user) {
  if (user.registering || user.off) return;
  user.registering = true;
  step.out.emit(chat::Register{user.identity.sip});
}

void Gateway::State::see_device(Step& step, User& user, const std::string& device) {
  auto& devices = user.devices;
  if (!devices.contains(device) && devices.size() >= kDevicesPerUser) {
    devices.erase(std::min_element(devices.begin(), devices.end(),
                                   [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  devices[device] = step.now;
}

std::uint64_t Gateway::State::publish(Step& step, const std::string& user, std::string_view type,
                                      std::string json, bool pinned) {
  store::StoredEvent event{log.last_seq(user) + 1, step.wall, std::string(type), std::move(json), pinned};
  log.append(user, event);
  if (event.seq - std::min(event.seq, log.dropped_seq(user)) > config.limits.retained_events) {
    const auto retention = core::to_ms(config.limits.retention);
    log.trim(user, config.limits.retained_events, core::UnixMs{step.wall.value - retention});
  }
  readers.deliver(step, user, event);
  return event.seq;
}

void Gateway::State::publish(Step& step, Instance& instance, std::string_view status, EventData more) {
  more.insert(more.begin(), {"status", json_string(status)});
  auto json = event_text("chat", instance.url, more, next_cursor(instance.user), step.wall);
  instance.last_seq = publish(step, instance.user, "chat", std::move(json), false);
}

void Gateway::State::publish(Step& step, const User& user, std::string_view type, const std::string& instance,
                             std::string_view status, EventData more) {
  more.insert(more.begin(), {"status", json_string(status)});
  const auto& key = user.identity.key;
  publish(step, key, type, event_text(type, instance, more, next_cursor(key), step.wall), false);
}

void Gateway::State::sweep(Step& step) {
  tokens.sweep(step.now);
  posting.sweep(step.now);
  chats.sweep(step.now);
  forget_gone(step);
  threads.sweep(step.now);
  forget_gone_threads(step);
  texts.sweep(step.now);
  const core::UnixMs oldest_event{step.wall.value - core::to_ms(config.limits.retention)};
  const core::UnixMs oldest_device{step.wall.value - core::to_ms(config.limits.device_ttl)};
  for (auto& [key, user] : users) {
    for (auto& [device, heard] : user.devices) {
      if (!readers.connected(key, device)) continue;
      heard = step.now;
      log.set_position(key, device, log.position(key, device).value_or(log.last_seq(key)), step.wall);
    }
    std::erase_if(user.devices,
                  [&](const auto& d) { return step.now - d.second >= config.limits.device_ttl; });
    log.trim(key, config.limits.retained_events, oldest_event);
    log.forget_devices(key, oldest_device);
  }
  step.out.arm({kSweepTimer, 0}, sweep_period(config));
}

}  // namespace rcs::gateway
