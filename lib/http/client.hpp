#pragma once
// A small HTTP/1.1 client on the loop: one request at a time a connection, kept alive, with streaming bodies
// for event channels and a WebSocket client. Plain http only.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/web.hpp"
#include "http/url.hpp"
#include "net/loop.hpp"

namespace rcs::http {

/// A connection to one server. Requests are sent in order, each after the answer of the one before.
class Client {
 public:
  Client(net::Loop& loop, Url server);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  using OnReply = std::function<void(core::Result<core::WebReply>)>;
  /// `timeout` counts from the call, time behind earlier requests included. A kept connection that turns out
  /// closed is made anew, and what may be repeated (RFC 9110 9.2.2) is asked again once. Errors: unreachable
  /// (no connection, or cut before the answer was whole), timed_out, malformed.
  void request(core::WebRequest request, core::Duration timeout, OnReply on_reply);
  /// The answer's body is handed on as it comes; `on_end` once, with the error if it was cut.
  void stream(core::WebRequest request, std::function<void(int status, const core::WebHeaders&)> on_head,
              std::function<void(std::string_view octets)> on_data,
              std::function<void(core::Result<void>)> on_end);
  /// Drops the connection and forgets what is pending; no callback is called afterwards.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

class WebSocketClient {
 public:
  struct Handlers {
    std::function<void(core::Result<void>)> on_open;
    std::function<void(std::string text)> on_text;
    std::function<void(int code, std::string reason)> on_close;  ///< 1006: cut
  };
  WebSocketClient(net::Loop& loop, Url url, core::WebHeaders headers, std::string subprotocol,
                  Handlers handlers);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;
  void send(std::string text);
  void close(int code = 1000);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rcs::http
