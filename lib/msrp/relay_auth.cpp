// Who gets a URI of the relay (RFC 4976 sections 5.1 and 6.3; rules MSRP-100 to MSRP-105).

#include <algorithm>

#include "msrp/relay_state.hpp"

namespace rcs::msrp {

using core::Duration;

namespace {

std::string_view header_of(const Head& head, std::string_view name) {
  for (const auto& header : head.others) {
    if (core::iequals(header.name, name)) return core::trim(header.value);
  }
  return {};
}

std::int64_t whole_seconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

/// Who came over relays is reached over them, the nearest to the client first, and then by `uri`.
std::string use_path_of(std::string_view from_path, const std::string& uri) {
  auto hops = core::split(from_path, ' ');
  hops.pop_back();  // the client itself
  std::string out;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) out.append(*hop).append(" ");
  return out + uri;
}

}  // namespace

void Relay::State::on_auth(RelayTurn turn, RelayLink& link) {
  auto& head = link.transfer.head;
  link.transfer.kind = Transfer::Kind::none;
  if (!node::is_secure(link.kind) && !config.auth_without_tls)
    return answer_auth(turn, link, 403, "AUTH is for TLS only", {});
  const auto authorization = header_of(head, "Authorization");
  if (authorization.empty()) return challenge(turn, link, false);
  const auto answer = core::parse_digest_answer(authorization);
  if (!answer) return answer_auth(turn, link, 400, answer.error().detail(), {});

  const auto password = config.password_of ? config.password_of(answer->username) : std::nullopt;
  const auto verdict = digest.check(turn.now, *answer, {head.method, head.to_path, {}}, password);
  if (verdict == core::DigestVerdict::stale) return challenge(turn, link, true);
  if (verdict == core::DigestVerdict::wrong) {
    turn.out.emit(RelayRefused{link.id, answer->username, "wrong name or password"});
    challenge(turn, link, false);
    if (++link.refusals >= config.max_refusals) hang_up(link, "too many wrong answers to AUTH challenges");
    return;
  }
  const auto wish = header_of(head, "Expires");
  const auto seconds = core::parse_u32(wish);
  if (!wish.empty() && !seconds) return answer_auth(turn, link, 400, "Expires: expected seconds", {});
  const Duration expires = seconds ? std::chrono::seconds(*seconds) : config.max_expires;
  const bool is_short = expires < config.min_expires;
  if (is_short || expires > config.max_expires) {
    const auto bound = whole_seconds(is_short ? config.min_expires : config.max_expires);
    return answer_auth(turn, link, 423, "Interval out of bounds",
                       {{is_short ? "Min-Expires" : "Max-Expires", std::to_string(bound)}});
  }
  grant(turn, link, *answer, expires, *password);
}

void Relay::State::answer_auth(RelayTurn turn, RelayLink& link, int status, std::string_view comment,
                               std::vector<Header> headers) {
  const auto& request = link.transfer.head;
  Head response;
  response.transaction_id = request.transaction_id;
  response.status = status;
  response.comment = comment;
  response.to_path = request.from_path;
  response.from_path = request.to_path;
  response.others = std::move(headers);
  link.outlet.add(turn.now, encode(response, {}, Flag::last));
  touch(link);
  hold_back(turn, link, link);
}

void Relay::State::challenge(RelayTurn turn, RelayLink& link, bool stale) {
  answer_auth(turn, link, 401, "Unauthorized",
              {{"WWW-Authenticate", core::format(digest.challenge(turn.now, *random, stale))}});
}

/// The URI that this AUTH renews.
RelayedUri* Relay::State::granted(RelayLink& link, const std::string& username) {
  const auto& head = link.transfer.head;
  for (const auto& session_id : link.uris) {
    auto* uri = routes.find(session_id);
    const bool is_same = uri->from_path == head.from_path || uri->uri == head.to_path;
    if (is_same && uri->username == username) return uri;
  }
  return nullptr;
}

void Relay::State::grant(RelayTurn turn, RelayLink& link, const core::DigestAnswer& answer, Duration expires,
                         std::string_view password) {
  const auto& head = link.transfer.head;
  auto* uri = granted(link, answer.username);
  const bool renewed = uri != nullptr;
  if (!renewed) {
    if (link.uris.size() >= config.max_uris_each || routes.size() >= config.max_uris) {
      turn.out.emit(RelayRefused{link.id, answer.username, "too many URIs are handed out"});
      return answer_auth(turn, link, 403, "too many URIs", {});
    }
    const auto session_id = new_session_id(*random);
    Uri own = config.uri;
    own.session_id = session_id;
    uri = &routes.add(session_id, {link.id, own.to_string(), answer.username, head.from_path, {}});
    link.uris.push_back(session_id);
  }
  uri->expires = turn.now + expires;
  link.next_expiry = std::min(uri->expires, link.next_expiry.value_or(uri->expires));
  link.valid = true;
  link.refusals = 0;
  turn.out.emit(RelayGranted{link.id, answer.username, uri->uri, renewed});
  const auto info = digest.confirm(answer, {{}, head.to_path, {}}, password);
  answer_auth(turn, link, 200, "OK",
              {{"Use-Path", use_path_of(head.from_path, uri->uri)},
               {"Expires", std::to_string(whole_seconds(expires))},
               {"Authentication-Info", core::format(info)}});
}

}  // namespace rcs::msrp
