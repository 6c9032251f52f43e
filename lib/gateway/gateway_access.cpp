// From an accepted route to a caller: the body, the token or ticket in it, and then the resource.

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

/// application/json, and no charset but UTF-8 (API-73).
bool is_json_type(const core::WebHeaders& headers) {
  const auto* type = core::find_header(headers, "Content-Type");
  if (type == nullptr) return false;
  const auto pieces = core::split(*type, ';');
  if (!core::iequals(core::trim(pieces.front()), "application/json")) return false;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const auto pair = core::split_once(core::trim(pieces[i]), '=');
    if (!pair || !core::iequals(pair->first, "charset")) continue;
    if (!core::iequals(pair->second, "utf-8") && !core::iequals(pair->second, "\"utf-8\"")) return false;
  }
  return true;
}

/// oauth_token, or its alias with a capital (API-07); nullptr: none. Faults come back as a problem.
std::variant<const std::string*, Problem> body_token_of(const json* body) {
  if (body == nullptr) return nullptr;
  const auto* token = member(*body, "oauth_token");
  const auto* alias = member(*body, "Oauth_token");
  if (token != nullptr && alias != nullptr) {
    return problem(400, "invalid-request", "expected one token: oauth_token or Oauth_token, not both");
  }
  const auto* given = token != nullptr ? token : alias;
  if (given == nullptr) return nullptr;
  if (!given->is_string()) return problem(400, "invalid-request", "oauth_token: expected a string");
  return given->get_ptr<const std::string*>();
}

/// API-95; whoever may do anything may read events and be registered.
std::string_view scope_of(Resource resource) {
  switch (resource) {
    case Resource::events:
    case Resource::ticket:
    case Resource::devices:
    case Resource::registration:
      return "event";
    case Resource::offer:
    case Resource::capability:
    case Resource::subscription:
    case Resource::block:
      return "capability";
    default:
      return "chat";
  }
}

}  // namespace

std::optional<std::string> Request::device() const {
  const auto* named = target.parameter("device");
  if (named == nullptr) return caller.device;
  if (!is_device_name(*named)) return std::nullopt;
  return *named;
}

bool Gateway::State::authenticate(Step& step, Request& request, json& body) {
  const auto& raw = request.raw;
  const bool takes_body = raw.method == "POST" || raw.method == "PUT";
  if (!raw.body.empty() && (takes_body || (raw.method == "DELETE" && is_json_type(raw.headers)))) {
    if (!is_json_type(raw.headers)) {
      refuse(step, request,
             problem(415, "unsupported-media-type", "Content-Type: expected application/json;charset=utf-8"));
      return false;
    }
    auto parsed = parse_object(raw.body);
    if (!parsed) {
      refuse(step, request, bad_request(parsed.error().detail()));
      return false;
    }
    body = std::move(*parsed);
    request.body = &body;
  }
  const auto in_body = body_token_of(request.body);
  if (const auto* fault = std::get_if<Problem>(&in_body)) {
    refuse(step, request, *fault);
    return false;
  }
  const auto token = token_of(raw.headers, std::get<const std::string*>(in_body));
  if (const auto* fault = std::get_if<Problem>(&token)) {
    refuse(step, request, *fault);
    return false;
  }
  const auto& given = std::get<std::optional<std::string>>(token);
  const auto* ticket = request.target.parameter("ticket");
  if (ticket != nullptr && request.target.resource == Resource::events) {
    if (!given) return authenticate_ticket(step, request, *ticket);
    refuse(step, request, problem(400, "invalid-request", "expected a token or a ticket, not both"));
    return false;
  }
  auto checked = tokens.check(given, request.user, scope_of(request.target.resource));
  if (const auto* fault = std::get_if<Problem>(&checked)) {
    refuse(step, request, *fault);
    return false;
  }
  request.caller = std::move(std::get<Caller>(checked));
  return true;
}

bool Gateway::State::authenticate_ticket(Step& step, Request& request, const std::string& text) {
  const auto ticket = tokens.redeem(step.now, text);
  if (!ticket) {
    refuse(step, request, unauthorized("invalid_token", "the ticket is unknown, used or too old"));
    return false;
  }
  if (ticket->caller.user != request.user.key) {
    refuse(step, request, problem(403, "forbidden", "the ticket is not good for " + request.user.shown));
    return false;
  }
  const auto* device = request.target.parameter("device");
  if (device != nullptr && *device != ticket->caller.device) {
    refuse(step, request, problem(403, "forbidden", "the ticket is not good for this device"));
    return false;
  }
  request.caller = Caller{"ticket", ticket->caller.user, {"event"}, ticket->caller.device};
  return true;
}

void Gateway::State::serve_as_user(Step& step, Request& request) {
  json body;
  if (!authenticate(step, request, body)) return;
  auto* user = user_of(step, request.user);
  if (user == nullptr) {
    auto out = problem(503, "too-many-users", "this server knows as many users as it can");
    out.headers.emplace_back("Retry-After", "60");
    return refuse(step, request, out);
  }
  const auto& method = request.raw.method;
  if (request.target.resource != Resource::registration) keep_registered(step, *user);
  const bool reads = method == "GET" || method == "HEAD";
  if (is_in_chat(request.target.resource)) return serve_chat(step, request);
  switch (request.target.resource) {
    case Resource::chats:
      return reads ? list_chats(step, request) : post_chat(step, request);
    case Resource::messages:
    case Resource::message:
    case Resource::message_status:
      return serve_messages(step, request, *user);
    case Resource::typing:
      return put_typing(step, request, *user);
    case Resource::offer:
      return reads ? get_offer(step, request, *user) : put_offer(step, request, *user);
    case Resource::capability:
      return get_capability(step, request);
    case Resource::subscription:
      return change_subscription(step, request, *user);
    case Resource::block:
      return change_block(step, request, *user);
    case Resource::registration:
      return method == "POST" ? post_registration(step, request, *user)
                              : delete_registration(step, request, *user);
    case Resource::events:
      return get_events(step, request);
    case Resource::ticket:
      return post_ticket(step, request);
    case Resource::devices:
      return reads ? list_devices(step, request, *user) : delete_device(step, request, *user);
    default:
      return refuse(step, request, not_found("there is no such resource"));
  }
}

void Gateway::State::serve_chat(Step& step, Request& request) {
  auto* instance = chats.find(request.user.key, request.target.instance);
  if (instance == nullptr || instance->posting)
    return refuse(step, request, not_found("there is no such chat"));
  const auto& method = request.raw.method;
  const bool reads = method == "GET" || method == "HEAD";
  switch (request.target.resource) {
    case Resource::texts:
      return reads ? list_texts(step, request, *instance) : post_text(step, request, *instance);
    case Resource::text:
      return get_text(step, request, *instance);
    case Resource::text_status:
      return put_text_status(step, request, *instance);
    case Resource::composing:
      return put_composing(step, request, *instance);
    default:
      if (reads) return get_chat(step, request, *instance);
      return method == "PUT" ? put_chat(step, request, *instance) : delete_chat(step, request, *instance);
  }
}

}  // namespace rcs::gateway
