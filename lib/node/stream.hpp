#pragma once
// The seam of connections: what a node asks of octet streams (TCP, TLS) and message streams (WebSocket), and
// what it hears of them, as values. The node names the connections that it dials, the driver those that come
// in; after `Closed` of a connection, or the node's own HangUp, neither speaks of it again.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/id.hpp"
#include "node/spares.hpp"

namespace rcs::node {

using ConnectionId = core::Id<struct ConnectionTag>;
constexpr ConnectionId dialled_connection(std::uint64_t n) { return ConnectionId{2 * n - 1}; }  ///< n from 1
constexpr ConnectionId accepted_connection(std::uint64_t n) { return ConnectionId{2 * n}; }     ///< n from 1

enum class StreamKind : std::uint8_t { tcp, tls, ws, wss };
constexpr bool is_secure(StreamKind kind) { return kind == StreamKind::tls || kind == StreamKind::wss; }
/// One Write is one message there, and so is one Octets.
constexpr bool has_messages(StreamKind kind) { return kind == StreamKind::ws || kind == StreamKind::wss; }

struct StreamTarget {
  StreamKind kind = StreamKind::tcp;
  std::string host;  ///< a name or an address, without brackets; the name that a certificate has to bear
  std::uint16_t port = 0;
  std::string resource = "/";  ///< of a WebSocket
  /// TLS: the chain of the certificate has to end at an authority and its name be `host`. False: whoever
  /// answers is taken, and the node looks at `certificate` itself.
  bool check_authority = true;
  friend bool operator==(const StreamTarget&, const StreamTarget&) = default;
};

// --- asked
struct Dial {
  StreamTarget to;
};
struct Write {
  std::string octets;
  bool text = false;  ///< of a WebSocket message: its octets are UTF-8
};
/// Ends the connection when all that was written has left.
struct HangUp {};
/// Takes nothing more from the connection, until the same with false: the peer has to keep what it sends.
/// What had been read before is still told.
struct Pause {
  bool on = true;
};
using StreamAction = std::variant<Dial, Write, HangUp, Pause>;

// --- heard
/// What was dialled is there. A refusal is Closed.
struct Opened {
  std::string certificate;  ///< of the peer, DER; empty without TLS
};
/// Somebody has dialled us.
struct Accepted {
  StreamKind kind = StreamKind::tcp;
  std::uint16_t port = 0;   ///< ours, that was dialled
  std::string resource;     ///< of a WebSocket
  std::string certificate;  ///< of the peer, DER; empty without one
};
struct Octets {
  std::string_view octets;   ///< never empty. SAFETY: for the call
  Spares* spares = nullptr;  ///< memory for what is written now; null: none. SAFETY: for the call
};
/// All that was written has left; not told again before something else is written.
struct Drained {
  Spares* spares = nullptr;  ///< as of Octets
};
struct Closed {
  std::string why;  ///< for a person; empty when the peer ended it in order
};
using StreamNews = std::variant<Opened, Accepted, Octets, Drained, Closed>;

/// An effect on a connection, for nodes whose outbox carries other messages: it leaves as an event, in order
/// with the other effects.
struct StreamEffect {
  ConnectionId connection;
  StreamAction action;
};

}  // namespace rcs::node
