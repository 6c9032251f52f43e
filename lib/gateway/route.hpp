#pragma once
// Which resource a request target names (the tree of B.1), its methods, and its query.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace rcs::gateway {

enum class Resource : std::uint8_t {
  versions,        ///< /
  version,         ///< /1.0/
  chats,           ///< /1.0/RCS/{id}/Chat
  chat,            ///< /1.0/RCS/{id}/Chat/{instance}
  texts,           ///< /1.0/RCS/{id}/Chat/{instance}/Message
  text,            ///< /1.0/RCS/{id}/Chat/{instance}/Message/{message id}
  text_status,     ///< /1.0/RCS/{id}/Chat/{instance}/Message/{message id}/Status
  composing,       ///< /1.0/RCS/{id}/Chat/{instance}/Composing
  messages,        ///< /1.0/RCS/{id}/Message
  message,         ///< /1.0/RCS/{id}/Message/{message id}
  message_status,  ///< /1.0/RCS/{id}/Message/{message id}/Status
  typing,          ///< /1.0/RCS/{id}/Composing/{contact}
  offer,           ///< /1.0/RCS/{id}/Capability
  capability,      ///< /1.0/RCS/{id}/Capability/{contact}
  subscription,    ///< /1.0/RCS/{id}/Capability/{contact}/Subscription
  block,           ///< /1.0/RCS/{id}/Capability/{contact}/Block
  registration,    ///< /1.0/RCS/{id}/Registration
  events,          ///< /1.0/RCS/{id}/Event
  ticket,          ///< /1.0/RCS/{id}/Event/Ticket
  devices,         ///< /1.0/RCS/{id}/Event/Device
  signalling,      ///< /ws/{application}
  other_version,   ///< /7.3/...
  none,
};

struct Target {
  Resource resource = Resource::none;
  std::string rcs_id;             ///< decoded, as written
  std::string instance;           ///< decoded
  std::string message_id;         ///< decoded
  std::string contact;            ///< decoded, as written
  std::vector<std::string> path;  ///< decoded segments; a slash at the end makes none
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  std::string raw_query;                                   ///< as written, without ?

  /// The first value of a query parameter; nullptr where there is none.
  const std::string* parameter(std::string_view name) const;
};

/// How many entries a page has: ?limit=, 1 to 100, or 50; nullopt: it says something else.
std::optional<std::size_t> page_limit(const Target& target);

/// Errors: malformed for a target that is no path or has a bad percent escape.
core::Result<Target> parse_target(std::string_view target);
/// Is it a chat, or something in one?
bool is_in_chat(Resource resource);
/// The methods of a resource as an Allow header has them; empty where there is no resource.
std::string allowed_methods(Resource resource);
/// Is `method` in a list like "GET, HEAD, OPTIONS"?
bool allows(std::string_view list, std::string_view method);

}  // namespace rcs::gateway
