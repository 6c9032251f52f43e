#pragma once
// One client connection of the HTTP server, from its first octet to its close. What the server and its
// connections share is the Hub.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "core/web.hpp"
#include "http/server.hpp"
#include "http/wire.hpp"
#include "net/loop.hpp"

namespace rcs::http {

class Connection {
 public:
  virtual ~Connection() = default;
  /// An action on exchange number `exchange` of this connection; dropped when that exchange is over.
  virtual void act(std::uint32_t exchange, core::WebAction action) = 0;
  /// True when a time limit has passed or a ping is due; expire() then does what follows from it.
  virtual bool overdue(core::Instant now) const = 0;
  virtual void expire(core::Instant now) = 0;
  /// Ends the connection at once; its open exchange is gone.
  virtual void cut() = 0;
  /// Ends it at once when no exchange is open; else the exchange is its last.
  virtual void retire() = 0;
};

inline constexpr std::size_t kReadBytes = 64 * 1024;

/// What the connections of one server share. Connections erase themselves when they end.
struct Hub {
  Hub(net::Loop& owner, ServerLimits allowed, Server::Handlers asked)
      : loop(owner), limits(allowed), handlers(std::move(asked)) {}

  net::Loop& loop;
  ServerLimits limits;
  Server::Handlers handlers;
  DateText date;
  bool closed = false;
  std::function<void()> on_drained;  ///< set: connections are retired; called when the last one is gone
  std::uint64_t next_connection = 1;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections;
  void erase(std::uint64_t connection);
  /// One read buffer for all: filled and emptied between two suspensions, so an idle connection holds none.
  std::unique_ptr<char[]> scratch = std::make_unique_for_overwrite<char[]>(kReadBytes);
};

// A WebId is the connection's number and the number of the exchange on it, so one table finds both.
inline constexpr int kExchangeBits = 24;
inline constexpr std::uint32_t kMaxExchange =
    (1u << kExchangeBits) - 1;  ///< a connection is closed after that many requests
inline core::WebId web_id(std::uint64_t connection, std::uint32_t exchange) {
  return core::WebId{(connection << kExchangeBits) | exchange};
}

/// Takes over an accepted, non-blocking socket and enters it in the hub. `refuse`: answers 503 and closes
/// (CMT-74).
void open_connection(const std::shared_ptr<Hub>& hub, int native_socket, bool refuse);

}  // namespace rcs::http
