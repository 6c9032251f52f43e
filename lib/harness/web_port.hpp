#pragma once
// How an API client reaches the gateway: over sockets (LiveWebPort) or in virtual time (VirtualWebPort).
// Callbacks run on the loop or wheel that drives the port, never inside the call that asked; destroying the
// port or a channel silences it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "core/web.hpp"

namespace rcs::harness {

/// Commands and polls use different connections, so that a held poll never stands before a command.
enum class Lane { command, poll };

/// An open stream or WebSocket.
class WebChannel {
 public:
  virtual ~WebChannel() = default;
  /// WebSocket only: a text message to the server.
  virtual void send(std::string text) = 0;
};

class WebPort {
 public:
  virtual ~WebPort() = default;

  using OnReply = std::function<void(core::Result<core::WebReply>)>;
  virtual void request(Lane lane, core::WebRequest request, core::Duration timeout, OnReply on_reply) = 0;

  struct ChannelHandlers {
    std::function<void(int status, const core::WebHeaders& headers)> on_open;  ///< a WebSocket opens with 101
    std::function<void(std::string_view octets)> on_data;  ///< octets of a stream, or one WebSocket text
    std::function<void(core::Result<void> end)> on_end;
  };
  virtual std::unique_ptr<WebChannel> open_stream(core::WebRequest request, ChannelHandlers handlers) = 0;
  virtual std::unique_ptr<WebChannel> open_socket(core::WebRequest request, std::string subprotocol,
                                                  ChannelHandlers handlers) = 0;

  virtual void after(core::Duration delay, std::function<void()> work) = 0;
};

}  // namespace rcs::harness
