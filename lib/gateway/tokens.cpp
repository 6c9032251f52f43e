#include "gateway/tokens.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace rcs::gateway {
namespace {

constexpr std::string_view kDevelopmentPrefix = "dev-";
constexpr std::size_t kMaxToken = 4096;    // octets
constexpr std::size_t kTicketLength = 32;  // of 36 letters each

/// In time that does not tell how much of a guess was right.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

bool has_scope(const Caller& caller, std::string_view scope) {
  if (caller.scopes.empty() || scope.empty() || scope == "event")
    return true;  // event is implied by any (API-95)
  return std::find(caller.scopes.begin(), caller.scopes.end(), scope) != caller.scopes.end();
}

std::variant<std::optional<std::string>, Problem> token_of(const core::WebHeaders& headers,
                                                           const std::string* body_token) {
  const auto invalid = [](const char* words) { return problem(400, "invalid-request", words); };
  std::optional<std::string> token;
  std::size_t fields = 0;
  for (const auto& [name, value] : headers) {
    if (!core::iequals(name, "Authorization")) continue;
    if (++fields > 1) return invalid("Authorization: expected one header field");
    if (core::istarts_with(value, "Bearer "))
      token = std::string(core::trim(std::string_view(value).substr(7)));
  }
  if (body_token == nullptr) return token;
  if (fields > 0) return invalid("expected one token: the Authorization header or oauth_token, not both");
  return std::optional(*body_token);
}

Tokens::Tokens(const Config& config, core::Random& random) : config_(config), random_(random) {
  for (const auto& token : config.tokens) {
    if (token.rcs_id == "*") {
      users_.emplace_back("*");
      continue;
    }
    const auto identity = read_identity(token.rcs_id, config);
    users_.push_back(identity ? identity->key : std::string());
  }
}

std::optional<Caller> Tokens::find(std::string_view token) const {
  if (token.empty() || token.size() > kMaxToken) return std::nullopt;
  std::optional<Caller> found;
  for (std::size_t i = 0; i < config_.tokens.size(); ++i) {
    const auto& known = config_.tokens[i];
    if (users_[i].empty() || !same_secret(known.token, token) || found) continue;
    found = Caller{"token " + std::to_string(i), users_[i], known.scopes, known.client};
  }
  if (!found && config_.development && token.starts_with(kDevelopmentPrefix)) {
    const auto identity = read_identity(token.substr(kDevelopmentPrefix.size()), config_);
    if (identity) found = Caller{"dev " + identity->key, identity->key, {}, {}};
  }
  if (found && !is_device_name(found->device)) found->device = kDefaultDevice;
  return found;
}

std::variant<Caller, Problem> Tokens::check(const std::optional<std::string>& token, const Identity& user,
                                            std::string_view scope) const {
  if (!token) return unauthorized("", "expected Authorization: Bearer TOKEN, or oauth_token in the body");
  auto found = identify(*token);
  auto* caller = std::get_if<Caller>(&found);
  if (caller == nullptr) return found;
  if (caller->user != "*" && caller->user != user.key) {
    return problem(403, "forbidden", "the token is not good for " + user.shown);
  }
  if (!has_scope(*caller, scope)) {
    auto out = problem(403, "insufficient-scope", "the token lacks the scope " + std::string(scope));
    out.headers.emplace_back(
        "WWW-Authenticate",
        "Bearer realm=\"rcs\", error=\"insufficient_scope\", scope=\"" + std::string(scope) + "\"");
    return out;
  }
  return std::move(*caller);
}

std::variant<Caller, Problem> Tokens::identify(const std::string& token) const {
  auto caller = find(token);
  if (!caller) return unauthorized("invalid_token", "the token is unknown or no longer good");
  return std::move(*caller);
}

double Tokens::allowance_at(const Allowance& allowance, core::Instant now) const {
  const double rate = config_.limits.messages_per_second;
  return std::min(rate, allowance.left + rate * core::to_seconds(now - allowance.at));
}

Tokens::Allowance& Tokens::allowance_of(const std::string& bearer, core::Instant now) {
  const double rate = config_.limits.messages_per_second;
  auto& allowance = allowances_.try_emplace(bearer, Allowance{rate, now}).first->second;
  allowance = {allowance_at(allowance, now), now};
  return allowance;
}

std::optional<std::uint32_t> Tokens::over_rate(core::Instant now, const std::string& bearer) {
  const double rate = config_.limits.messages_per_second;
  if (rate == 0) return std::nullopt;
  auto& allowance = allowance_of(bearer, now);
  if (allowance.left < 1) return static_cast<std::uint32_t>(std::ceil((1 - allowance.left) / rate));
  allowance.left -= 1;
  return std::nullopt;
}

void Tokens::charge(core::Instant now, const std::string& bearer, std::size_t more) {
  if (config_.limits.messages_per_second == 0) return;
  allowance_of(bearer, now).left -= static_cast<double>(more);
}

std::optional<std::string> Tokens::issue_ticket(core::Instant now, Caller caller) {
  sweep(now);
  const auto of_user = std::count_if(tickets_.begin(), tickets_.end(), [&](const auto& ticket) {
    return ticket.second.caller.user == caller.user;
  });
  if (tickets_.size() >= kMaxTickets || static_cast<std::size_t>(of_user) >= kTicketsPerUser)
    return std::nullopt;
  auto text = random_.token(kTicketLength);
  tickets_[text] = {std::move(caller), now + kTicketLife};
  return text;
}

std::optional<Ticket> Tokens::redeem(core::Instant now, std::string_view text) {
  const auto found = tickets_.find(text);
  if (found == tickets_.end()) return std::nullopt;
  auto ticket = std::move(found->second);
  tickets_.erase(found);
  if (ticket.expires <= now) return std::nullopt;
  return ticket;
}

void Tokens::sweep(core::Instant now) {
  std::erase_if(tickets_, [&](const auto& ticket) { return ticket.second.expires <= now; });
  std::erase_if(allowances_, [&](const auto& allowance) {
    return allowance_at(allowance.second, now) >= config_.limits.messages_per_second;
  });
}

}  // namespace rcs::gateway
