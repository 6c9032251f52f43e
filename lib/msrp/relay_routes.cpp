#include "msrp/relay_routes.hpp"

#include <utility>

#include "msrp/message.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

std::string_view without_first(std::string_view path) {
  const auto blank = path.find(' ');
  return blank == std::string_view::npos ? std::string_view() : core::trim(path.substr(blank));
}

/// As text what MSRP-20 calls equal, for names; userinfo and parameters do not count.
std::string key_of(const Uri& uri) {
  return (uri.secure ? "s|" : "|") + core::to_lower(uri.host) + "|" +
         (uri.port ? std::to_string(*uri.port) : std::string()) + "|" + uri.session_id + "|" +
         core::to_lower(uri.transport);
}

void move_first(RelayStep& step) {
  const auto first = std::string(first_uri(step.to_path));
  step.from_path = first + " " + step.from_path;
  step.to_path = without_first(step.to_path);
  if (step.own.empty()) step.own = first;
}

}  // namespace

const RelayedUri* RelayRoutes::ours(std::string_view uri) const {
  const auto parsed = parse_uri(uri);
  if (!parsed || parsed->session_id.empty()) return nullptr;
  const auto at = uris_.find(parsed->session_id);
  return at == uris_.end() ? nullptr : &at->second;
}

Result<RelayStep> RelayRoutes::step(core::Instant now, node::ConnectionId from, std::string_view to_path,
                                    std::string_view from_path) const {
  RelayStep step;
  step.to_path = core::trim(to_path);
  step.from_path = from_path;
  for (;;) {
    const auto* uri = ours(first_uri(step.to_path));
    if (uri == nullptr && !step.own.empty()) break;
    if (uri == nullptr || uri->expires <= now) return Error(Errc::unknown, "no such URI at this relay");
    const bool is_outward = step.own.empty() && uri->connection == from;
    move_first(step);
    if (step.to_path.empty()) return Error(Errc::unknown, "the path ends at the relay");
    // Who has the URI sends by it to anybody; others reach by it who has it.
    if (is_outward) continue;
    step.next = uri->connection;
    return step;
  }
  RCS_TRY(step.next_uri, parse_uri(first_uri(step.to_path)));
  if (const auto at = learned_.find(key_of(step.next_uri)); at != learned_.end()) step.next = at->second;
  return step;
}

RelayStep RelayRoutes::step_back(std::string_view to_path, std::string_view from_path) const {
  RelayStep step;
  step.to_path = core::trim(to_path);
  step.from_path = from_path;
  while (!step.to_path.empty() && ours(first_uri(step.to_path)) != nullptr) move_first(step);
  return step;
}

RelayedUri& RelayRoutes::add(const std::string& session_id, RelayedUri uri) {
  const auto [at, is_new] = uris_.try_emplace(session_id, std::move(uri));
  RCS_ASSERT(is_new);
  return at->second;
}

void RelayRoutes::remove(const std::string& session_id) {
  uris_.erase(session_id);
  change();
}

RelayedUri* RelayRoutes::find(std::string_view session_id) {
  const auto at = uris_.find(session_id);
  return at == uris_.end() ? nullptr : &at->second;
}

std::string RelayRoutes::learn(std::string_view uri, node::ConnectionId connection) {
  const auto parsed = parse_uri(uri);
  if (!parsed || parsed->session_id.empty() || uris_.contains(parsed->session_id)) return {};
  auto key = key_of(*parsed);
  if (!learned_.try_emplace(key, connection).second) return {};
  change();
  return key;
}

void RelayRoutes::forget(const std::string& key) {
  learned_.erase(key);
  change();
}

}  // namespace rcs::msrp
