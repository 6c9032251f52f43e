#pragma once
// Which URIs a relay has handed out and to whom, which URIs it has heard who has, and so where a request goes
// next (RFC 4976 section 6.4, rules MSRP-105 and MSRP-106). Private to the relay.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "msrp/uri.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

/// A URI that was handed out, for one AUTH.
struct RelayedUri {
  node::ConnectionId connection;  ///< that the AUTH came on, the only one it is good for (MSRP-105)
  std::string uri;
  std::string username;
  std::string from_path;  ///< of the AUTH
  core::Instant expires;
};

/// What becomes of a path on its way through the relay.
struct RelayStep {
  std::string to_path;
  std::string from_path;
  std::string own;          ///< the URI of ours that came first
  node::ConnectionId next;  ///< 0: to whoever the next URI is
  Uri next_uri;             ///< where next is 0
};

class RelayRoutes {
 public:
  /// Moves our URIs from the front of the To-Path to the front of the From-Path (MSRP-106), as text. Errors:
  /// unknown: the first is none of ours, or void; malformed.
  core::Result<RelayStep> step(core::Instant now, node::ConnectionId from, std::string_view to_path,
                               std::string_view from_path) const;
  /// The same for a response, whose way is known: from the front of its To-Path go as many as are ours.
  RelayStep step_back(std::string_view to_path, std::string_view from_path) const;

  /// `session_id` is new.
  RelayedUri& add(const std::string& session_id, RelayedUri uri);
  void remove(const std::string& session_id);
  RelayedUri* find(std::string_view session_id);
  std::size_t size() const { return uris_.size(); }

  /// The connection is where this URI is to be found, as nobody could know it otherwise: it has a session id.
  /// Its key; empty: it has none, or somebody else has it.
  std::string learn(std::string_view uri, node::ConnectionId connection);
  void forget(const std::string& key);

  /// Counts up with whatever makes an earlier step untrue.
  std::uint64_t epoch() const { return epoch_; }
  void change() { ++epoch_; }

 private:
  template <class Value>
  using Table = std::unordered_map<std::string, Value, core::TextHash, std::equal_to<>>;

  const RelayedUri* ours(std::string_view uri) const;

  Table<RelayedUri> uris_;  // by session id
  Table<node::ConnectionId> learned_;
  std::uint64_t epoch_ = 1;
};

}  // namespace rcs::msrp
