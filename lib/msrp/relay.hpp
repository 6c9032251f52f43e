#pragma once
// An MSRP relay (RFC 4976, rules MSRP-100 to MSRP-109): gives URIs to clients that authenticate, and passes
// requests on along their paths while they come: it keeps none of a message but what stands in its queues. It
// answers a SEND itself and watches over the next hop. A node over octet streams: node/stream.hpp; where it
// listens is its driver's business.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/digest_server.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "msrp/uri.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

struct RelayConfig {
  Uri uri;  ///< as peers are to reach it: a full name and a port (MSRP-102); without a session id
  core::DigestServerOptions digest;
  /// The password of a name; nullopt: nobody has it.
  std::function<std::optional<std::string>(const std::string& username)> password_of;
  bool auth_without_tls = false;  ///< for tests: the answer to a challenge can be read on the way
  bool check_authority = true;    ///< of TLS certificates where it dials

  core::Duration min_expires = std::chrono::minutes(1);  ///< of a URI (MSRP-103)
  core::Duration max_expires = std::chrono::hours(1);
  core::Duration answer_time = std::chrono::seconds(30);  ///< of the next hop (MSRP-107)
  core::Duration dial_time = std::chrono::seconds(30);
  core::Duration first_time = std::chrono::seconds(30);   ///< until the first valid request (MSRP-109)
  core::Duration client_idle = std::chrono::hours(1);     ///< of a connection with URIs
  core::Duration foreign_idle = std::chrono::minutes(5);  ///< of any other
  core::Duration stall_time = std::chrono::seconds(30);   ///< that a peer may leave a full queue unread

  std::size_t max_connections = 20'000;
  std::size_t max_uris = 100'000;
  std::size_t max_uris_each = 1000;        ///< of a connection, which may be that of another relay
  std::size_t max_learned_each = 4096;     ///< URIs heard of on a connection, to send back on it
  std::size_t max_refusals = 5;            ///< AUTHs with wrong answers on a connection: then it is closed
  std::size_t write_ahead = 256 << 10;     ///< octets for a connection, over which its senders have to wait
  std::size_t max_backlog = 3 << 20;       ///< octets, over which it is closed: senders could not be stopped
  std::size_t max_unanswered = 4096;       ///< chunks, over which senders have to wait
  std::uint64_t message_chunk = 64 << 10;  ///< octets of a chunk that is one WebSocket message (MSRP-127)
  std::uint32_t timer_kind = 1;            ///< TimerKey::kind of all its timers
};

// --- events, for the operator's eyes
struct RelayGranted {
  node::ConnectionId connection;
  std::string username;
  std::string uri;
  bool renewed = false;
};
struct RelayRefused {  ///< an AUTH
  node::ConnectionId connection;
  std::string username;
  std::string why;
};
struct RelayHungUp {
  node::ConnectionId connection;
  std::string why;
};
using RelayEvent = std::variant<RelayGranted, RelayRefused, RelayHungUp>;
using RelayOutbox = node::Outbox<node::StreamAction, node::ConnectionId, RelayEvent>;

class Relay {
 public:
  /// SAFETY: `random` outlives this.
  Relay(RelayConfig config, core::Random& random);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void on_stream(core::Instant now, node::ConnectionId connection, const node::StreamNews& news,
                 RelayOutbox& out);
  void on_timer(core::Instant now, node::TimerKey key, RelayOutbox& out);

  std::size_t connections() const;
  std::size_t uris() const;
  /// Octets that wait in it, of all connections; what was given to the driver counts until it is drained.
  std::size_t held() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::msrp
