#include "gateway/route.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kMaxTarget = 8192;  // octets; ids, cursors and callbacks are all short
constexpr std::size_t kMaxParameters = 32;
constexpr std::size_t kDefaultPage = 50;
constexpr std::uint32_t kMaxPage = 100;

constexpr std::size_t kUsualPieces = 8;  // of a path, and of a query: room made once

/// Takes the piece up to the next separator off the front of `rest`.
std::string_view take_piece(std::string_view& rest, char separator) {
  const auto piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  return piece;
}

bool is_version(std::string_view text) {
  const auto pair = core::split_once(text, '.');
  return pair && core::parse_u32(pair->first) && core::parse_u32(pair->second);
}

/// Of .../Chat and what is under it.
Resource resource_of_chat(const std::vector<std::string>& path) {
  if (path.size() == 4) return Resource::chats;
  if (path.size() == 5) return Resource::chat;
  if (path.size() == 6 && path[5] == "Composing") return Resource::composing;
  if (path[5] != "Message") return Resource::none;
  if (path.size() == 6) return Resource::texts;
  if (path.size() == 7) return Resource::text;
  return path.size() == 8 && path[7] == "Status" ? Resource::text_status : Resource::none;
}

/// Of .../Message and what is under it.
Resource resource_of_message(const std::vector<std::string>& path) {
  if (path.size() == 4) return Resource::messages;
  if (path.size() == 5) return Resource::message;
  return path.size() == 6 && path[5] == "Status" ? Resource::message_status : Resource::none;
}

/// Of .../Capability and what is under it.
Resource resource_of_capability(const std::vector<std::string>& path) {
  if (path.size() == 4) return Resource::offer;
  if (path.size() == 5) return Resource::capability;
  if (path.size() == 6 && path[5] == "Subscription") return Resource::subscription;
  return path.size() == 6 && path[5] == "Block" ? Resource::block : Resource::none;
}

bool names_contact(Resource resource) {
  return resource == Resource::typing || (resource >= Resource::capability && resource <= Resource::block);
}

Resource resource_of_events(const std::vector<std::string>& path) {
  if (path.size() == 4) return Resource::events;
  if (path.size() == 5 && path[4] == "Ticket") return Resource::ticket;
  return path.size() == 5 && path[4] == "Device" ? Resource::devices : Resource::none;
}

Resource resource_of(const std::vector<std::string>& path) {
  if (path.empty()) return Resource::versions;
  if (path[0] == "ws") return path.size() == 2 ? Resource::signalling : Resource::none;
  if (path[0] != "1.0") return is_version(path[0]) ? Resource::other_version : Resource::none;
  if (path.size() == 1) return Resource::version;
  if (path.size() < 4 || path[1] != "RCS") return Resource::none;
  if (path[3] == "Chat") return resource_of_chat(path);
  if (path[3] == "Message") return resource_of_message(path);
  if (path[3] == "Event") return resource_of_events(path);
  if (path[3] == "Capability") return resource_of_capability(path);
  if (path.size() == 4 && path[3] == "Registration") return Resource::registration;
  return path.size() == 5 && path[3] == "Composing" ? Resource::typing : Resource::none;
}

}  // namespace

const std::string* Target::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<std::size_t> page_limit(const Target& target) {
  const auto* wanted = target.parameter("limit");
  if (wanted == nullptr) return kDefaultPage;
  const auto number = core::parse_u32(*wanted, kMaxPage);
  return number && *number > 0 ? std::optional<std::size_t>(*number) : std::nullopt;
}

core::Result<Target> parse_target(std::string_view target) {
  if (target.size() > kMaxTarget) return core::malformed("target: expected at most 8192 octets");
  if (!target.starts_with('/'))
    return core::malformed("target: expected a path, got " + core::quoted(target, 40));
  Target out;
  if (const auto query = core::split_once(target, '?')) {
    target = query->first;
    out.raw_query = query->second;
    out.query.reserve(kUsualPieces);
    for (std::string_view rest = out.raw_query; !rest.empty();) {
      const auto piece = take_piece(rest, '&');
      if (piece.empty()) continue;
      if (out.query.size() == kMaxParameters) return core::malformed("query: expected at most 32 parameters");
      const auto pair = core::split_once(piece, '=').value_or(std::pair(piece, std::string_view()));
      RCS_TRY(auto name, core::percent_decode(pair.first));
      RCS_TRY(auto value, core::percent_decode(pair.second));
      out.query.emplace_back(std::move(name), std::move(value));
    }
  }
  target.remove_prefix(1);
  if (target.ends_with('/')) target.remove_suffix(1);
  out.path.reserve(kUsualPieces);
  for (bool more = !target.empty(); more;) {
    more = target.find('/') != std::string_view::npos;
    RCS_TRY(auto decoded, core::percent_decode(take_piece(target, '/')));
    out.path.push_back(std::move(decoded));
  }
  out.resource = resource_of(out.path);
  if (out.path.size() > 2) out.rcs_id = out.path[2];
  if (is_in_chat(out.resource)) out.instance = out.path[4];
  if (is_in_chat(out.resource) && out.path.size() > 6) out.message_id = out.path[6];
  if (out.resource == Resource::message || out.resource == Resource::message_status)
    out.message_id = out.path[4];
  if (names_contact(out.resource)) out.contact = out.path[4];
  return out;
}

bool is_in_chat(Resource resource) { return resource >= Resource::chat && resource <= Resource::composing; }

std::string allowed_methods(Resource resource) {
  switch (resource) {
    case Resource::versions:
    case Resource::version:
    case Resource::events:
    case Resource::text:
    case Resource::message:
    case Resource::capability:
      return "GET, HEAD, OPTIONS";
    case Resource::chats:
    case Resource::texts:
    case Resource::messages:
      return "GET, HEAD, POST, OPTIONS";
    case Resource::chat:
      return "GET, HEAD, PUT, DELETE, OPTIONS";
    case Resource::offer:
      return "GET, HEAD, PUT, OPTIONS";
    case Resource::text_status:
    case Resource::composing:
    case Resource::message_status:
    case Resource::typing:
      return "PUT, OPTIONS";
    case Resource::subscription:
    case Resource::block:
      return "PUT, DELETE, OPTIONS";
    case Resource::registration:
      return "POST, DELETE, OPTIONS";
    case Resource::ticket:
      return "POST, OPTIONS";
    case Resource::signalling:
      return "GET, OPTIONS";
    case Resource::devices:
      return "GET, HEAD, DELETE, OPTIONS";
    case Resource::other_version:
    case Resource::none:
      break;
  }
  return {};
}

bool allows(std::string_view list, std::string_view method) {
  while (!list.empty()) {
    if (core::trim(take_piece(list, ',')) == method) return true;
  }
  return false;
}

}  // namespace rcs::gateway
