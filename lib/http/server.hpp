#pragma once
// An HTTP/1.1 server on the loop: requests come out as values, actions on an exchange go in. Held polls,
// streams and WebSockets are all exchanges that are answered later or bit by bit. No meaning of any path is
// here.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/web.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"

namespace rcs::http {

struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 256 * 1024;
  std::size_t connections = 100'000;  ///< over: 503 and close (CMT-74)
  /// unsent octets a connection; over: it is cut, the log keeps the events (CMT-70)
  std::size_t queue_bytes = 1024 * 1024;
  std::size_t queue_chunks = 1000;
  std::size_t websocket_message_bytes = 256 * 1024;
  core::Duration header_timeout = std::chrono::seconds(10);
  core::Duration body_timeout = std::chrono::seconds(30);
  core::Duration keep_alive_timeout = std::chrono::seconds(75);
  core::Duration write_timeout = std::chrono::seconds(10);
  core::Duration websocket_ping = std::chrono::seconds(25);
};

class Server {
 public:
  struct Handlers {
    std::function<void(core::WebId id, core::WebRequest request)> on_request;
    std::function<void(core::WebId id, std::string text)> on_text;
    /// The peer left (or was cut) before its exchange was over; actions on it are ignored from now on.
    std::function<void(core::WebId id)> on_gone;
  };
  /// Port 0 picks one. Errors: unreachable, names the address and the reason.
  static core::Result<std::unique_ptr<Server>> open(net::Loop& loop, const net::Address& bind,
                                                    ServerLimits limits, Handlers handlers);
  ~Server();

  net::Address local() const;
  /// Answers of one connection leave in the order of its requests; an action on an unknown exchange is
  /// dropped.
  void act(core::WebId id, core::WebAction action);
  std::size_t connections() const;
  /// Takes no connection any more, ends each when its exchange is over and idle ones now, then calls `done`
  /// once, in a turn of the loop of its own. How long that may take is the caller's: close() cuts what is
  /// left.
  void drain(std::function<void()> done);
  void close();

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace rcs::http
