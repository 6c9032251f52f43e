#include "gateway/problem.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/json_in.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::ordered_json;

constexpr std::uint32_t kBusyRetrySeconds = 5;  // where the network names no time of its own

struct Title {
  std::string_view code;
  std::string_view title;
};

constexpr Title kTitles[] = {
    {"already-answered", "The invitation has been answered"},
    {"bad-cursor", "The cursor is none of this server's"},
    {"bad-id", "No valid RCS ID"},
    {"bad-parameter", "A query parameter has no valid value"},
    {"bad-request", "The request can not be read"},
    {"chat-over", "The chat is over"},
    {"contact-unavailable", "The contact can not be reached now"},
    {"contact-unknown", "The contact is not known"},
    {"cursor-expired", "Events after this cursor are no longer kept"},
    {"declined", "The contact has declined"},
    {"forbidden", "The token is not good for this RCS ID"},
    {"forbidden-by-network", "The network does not allow it"},
    {"insufficient-scope", "The token does not reach that far"},
    {"invalid-request", "More than one way of authentication"},
    {"invalid-token", "The token is not good"},
    {"message-id-reused", "The message_id stands for another message"},
    {"method-not-allowed", "The resource does not take this method"},
    {"network-auth-failed", "The network did not accept the gateway's credentials"},
    {"network-busy", "The network is busy"},
    {"network-error", "The network failed"},
    {"network-timeout", "The network did not answer in time"},
    {"not-acceptable-by-peer", "The contact's device can not take it"},
    {"not-accepted", "The invitation is not accepted yet"},
    {"not-found", "No such resource"},
    {"not-implemented", "Not available yet"},
    {"not-invited", "This chat is no invitation"},
    {"not-received", "The message was not received"},
    {"origin-refused", "Pages of this origin are not allowed"},
    {"rate-limited", "Too many requests"},
    {"shutting-down", "The server is about to end"},
    {"too-large", "Too large"},
    {"too-many-chats", "Too many chats"},
    {"too-many-connections", "Too many event connections"},
    {"unauthorized", "A token is needed"},
    {"unsupported-media-type", "The body is of another type"},
    {"upgrade-required", "A WebSocket is needed"},
    {"version-unknown", "No such version"},
};

std::string title_of(const Problem& problem) {
  for (const auto& entry : kTitles) {
    if (entry.code == problem.code) return std::string(entry.title);
  }
  return std::string(core::web_reason(problem.status));
}

}  // namespace

Problem problem(int status, std::string code, std::string detail) {
  Problem out;
  out.status = status;
  out.code = std::move(code);
  out.detail = std::move(detail);
  return out;
}

Problem unauthorized(std::string_view error, std::string detail) {
  auto out = problem(401, error.empty() ? "unauthorized" : "invalid-token", std::move(detail));
  std::string challenge = "Bearer realm=\"rcs\"";
  if (!error.empty()) challenge += ", error=\"" + std::string(error) + "\"";
  out.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  return out;
}

Problem problem_of_sip(int status, std::string_view reason, std::optional<std::uint32_t> retry_after_s) {
  const auto make = [&](int http, const char* code, const char* words) {
    auto out = problem(http, code, std::string(words) + " (SIP " + std::to_string(status) + ")");
    out.sip_status = status;
    out.sip_reason = to_utf8(reason);
    return out;
  };
  switch (status) {
    case 404:
    case 484:
    case 604:
      return make(404, "contact-unknown", "the network does not know this contact");
    case 480:
    case 486:
    case 487:
    case 600:
      return make(409, "contact-unavailable", "the contact can not be reached now");
    case 603:
      return make(409, "declined", "the contact has declined");
    case 403:
    case 606:
      return make(403, "forbidden-by-network", "the network does not allow it");
    case 401:
    case 407:
      return make(502, "network-auth-failed", "the network did not accept the gateway's credentials");
    case 408:
    case 504:
      return make(504, "network-timeout", "the network gave no answer in time");
    case 413:
    case 513:
      return make(413, "too-large", "the network takes no message of this size");
    case 415:
    case 488:
      return make(415, "not-acceptable-by-peer", "the contact's device can not take it");
    case 503: {
      auto out = make(503, "network-busy", "the network can not take it now");
      out.headers.emplace_back("Retry-After", std::to_string(retry_after_s.value_or(kBusyRetrySeconds)));
      return out;
    }
    default:
      return make(502, "network-error", "the network failed");
  }
}

core::WebReply to_reply(const Problem& problem, const Config& config, bool plain) {
  ordered_json body;
  body["type"] = config.public_url + "/1.0/problem/" + problem.code;
  body["title"] = title_of(problem);
  body["status"] = problem.status;
  body["detail"] = problem.detail;
  body["code"] = problem.code;
  if (problem.sip_status) {
    body["sip_status"] = *problem.sip_status;
    body["sip_reason"] = problem.sip_reason;
  }
  if (!problem.errors.empty()) body["errors"] = problem.errors;
  for (const auto& [name, value] : problem.more) body[name] = ordered_json::parse(value, nullptr, false);
  core::WebReply reply;
  reply.status = problem.status;
  reply.headers.emplace_back(
      "Content-Type", plain ? "application/json;charset=utf-8" : "application/problem+json;charset=utf-8");
  reply.headers.insert(reply.headers.end(), problem.headers.begin(), problem.headers.end());
  reply.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return reply;
}

}  // namespace rcs::gateway
