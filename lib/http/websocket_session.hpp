#pragma once
// One WebSocket (RFC 6455) on a connected socket, as server or as client: handshake, text messages both ways,
// pings, close. Without compression (CMT-10).

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/web.hpp"
#include "net/loop.hpp"

namespace rcs::http {

class WebSocketSession {
 public:
  struct Limits {
    std::size_t message_bytes = 256 * 1024;
    std::size_t queue_bytes = 1024 * 1024;
    std::size_t queue_messages = 1000;
    core::Duration ping = std::chrono::seconds(25);
    /// of one message, of the handshake and of the close
    core::Duration write_timeout = std::chrono::seconds(10);
  };
  struct Handlers {
    std::function<void(core::Result<void>)> on_open;  ///< the handshake is over; may be empty
    std::function<void(std::string text)> on_text;
    /// Once, in a turn of the loop of its own; 1006: cut.
    std::function<void(int code, std::string reason)> on_over;
  };
  /// The server's side: what of the client's request the answer depends on.
  struct Accept {
    std::string key;  ///< Sec-WebSocket-Key
    std::string subprotocol;
  };
  /// The client's side.
  struct Request {
    std::string authority;
    std::string target;
    core::WebHeaders headers;
    std::string subprotocol;
  };

  /// Both take over `native_socket`, which is connected.
  static std::unique_ptr<WebSocketSession> accept(net::Loop& loop, int native_socket, Accept handshake,
                                                  Limits limits, Handlers handlers);
  static std::unique_ptr<WebSocketSession> connect(net::Loop& loop, int native_socket, Request handshake,
                                                   Limits limits, Handlers handlers);
  /// Cuts; nothing is called afterwards.
  ~WebSocketSession();

  /// In order; messages sent before the handshake is over wait for it. A full queue cuts the session
  /// (CMT-70).
  void send(std::string text);
  /// After what was sent before; nothing is taken from the peer any more.
  void close(int code, std::string reason);
  /// True when expire() has something to do: a ping is due, or a time limit has passed.
  bool overdue(core::Instant now) const;
  void expire(core::Instant now);

 private:
  struct State;
  explicit WebSocketSession(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace rcs::http
