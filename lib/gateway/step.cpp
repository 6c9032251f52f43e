#include "gateway/step.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kUsualHeaders = 8;  // of an answer: room made once
constexpr const char* kExposed = "RCS-Next-Cursor, Link, Retry-After, WWW-Authenticate, ETag";
constexpr const char* kRequestHeaders = "Authorization, Content-Type, Last-Event-ID, Idempotency-Key";

bool lists(const Config& config, std::string_view origin) {
  const auto& list = config.allowed_origins;
  return std::find(list.begin(), list.end(), origin) != list.end();
}

}  // namespace

void answer(Step& step, const Exchange& exchange, core::WebReply reply) {
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.headers.insert(reply.headers.end(), exchange.cors.begin(), exchange.cors.end());
  if (exchange.head) reply.body.clear();
  step.out.send(exchange.id, std::move(reply));
}

void answer(Step& step, const Exchange& exchange, const Problem& problem, const Config& config) {
  answer(step, exchange, to_reply(problem, config, exchange.plain_errors));
}

core::WebReply json_reply(std::string body) {
  core::WebReply reply;
  reply.headers.reserve(kUsualHeaders);
  reply.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
  reply.body = std::move(body);
  return reply;
}

core::WebReply no_content() {
  core::WebReply reply;
  reply.headers.reserve(kUsualHeaders);
  reply.status = 204;
  return reply;
}

core::WebHeaders cors_headers(const core::WebHeaders& request, const Config& config) {
  core::WebHeaders out;
  const bool any = lists(config, "*");
  if (!any && !config.allowed_origins.empty()) out.emplace_back("Vary", "Origin");
  const auto* origin = core::find_header(request, "Origin");
  if (origin == nullptr || (!any && !lists(config, *origin))) return out;
  out.emplace_back("Access-Control-Allow-Origin", any ? "*" : *origin);
  out.emplace_back("Access-Control-Expose-Headers", kExposed);
  return out;
}

bool origin_allowed(const core::WebHeaders& request, const Config& config) {
  const auto* origin = core::find_header(request, "Origin");
  if (origin == nullptr || lists(config, "*") || lists(config, *origin)) return true;
  const auto scheme = config.public_url.find("://");
  const auto path = scheme == std::string::npos ? scheme : config.public_url.find('/', scheme + 3);
  return *origin == config.public_url.substr(0, path);
}

core::WebReply options_reply(const core::WebHeaders& request, const std::string& allow) {
  auto reply = no_content();
  reply.headers.emplace_back("Allow", allow);
  if (core::find_header(request, "Access-Control-Request-Method") == nullptr) return reply;
  reply.headers.emplace_back("Access-Control-Allow-Methods", allow);
  reply.headers.emplace_back("Access-Control-Allow-Headers", kRequestHeaders);
  reply.headers.emplace_back("Access-Control-Max-Age", "600");
  return reply;
}

}  // namespace rcs::gateway
