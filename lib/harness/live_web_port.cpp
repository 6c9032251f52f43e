#include "harness/live_web_port.hpp"

#include "http/client.hpp"

namespace rcs::harness {
namespace {

class LiveStream final : public WebChannel {
 public:
  LiveStream(net::Loop& loop, const http::Url& server, core::WebRequest request,
             WebPort::ChannelHandlers handlers)
      : client_(loop, server) {
    client_.stream(std::move(request), std::move(handlers.on_open), std::move(handlers.on_data),
                   std::move(handlers.on_end));
  }
  ~LiveStream() override { client_.close(); }
  void send(std::string) override {}

 private:
  http::Client client_;
};

class LiveSocket final : public WebChannel {
 public:
  LiveSocket(net::Loop& loop, http::Url server, core::WebRequest request, std::string subprotocol,
             WebPort::ChannelHandlers handlers) {
    server.target = request.target;
    http::WebSocketClient::Handlers socket;
    socket.on_open = [open = std::move(handlers.on_open), end = handlers.on_end](core::Result<void> result) {
      if (result) {
        open(101, {});
      } else {
        end(result);
      }
    };
    socket.on_text = [data = std::move(handlers.on_data)](const std::string& text) { data(text); };
    socket.on_close = [end = std::move(handlers.on_end)](int code, const std::string& reason) {
      end(core::Error(core::Errc::unreachable, "WebSocket closed with " + std::to_string(code) +
                                                   (reason.empty() ? "" : ": " + reason)));
    };
    client_ = std::make_unique<http::WebSocketClient>(loop, std::move(server), std::move(request.headers),
                                                      std::move(subprotocol), std::move(socket));
  }
  void send(std::string text) override { client_->send(std::move(text)); }

 private:
  std::unique_ptr<http::WebSocketClient> client_;
};

class LiveWebPort final : public WebPort {
 public:
  LiveWebPort(net::Loop& loop, const http::Url& server)
      : loop_(loop), server_(server), commands_(loop, server), polls_(loop, server) {}
  ~LiveWebPort() override {
    commands_.close();
    polls_.close();
  }

  void request(Lane lane, core::WebRequest request, core::Duration timeout, OnReply on_reply) override {
    (lane == Lane::command ? commands_ : polls_).request(std::move(request), timeout, std::move(on_reply));
  }
  std::unique_ptr<WebChannel> open_stream(core::WebRequest request, ChannelHandlers handlers) override {
    return std::make_unique<LiveStream>(loop_, server_, std::move(request), std::move(handlers));
  }
  std::unique_ptr<WebChannel> open_socket(core::WebRequest request, std::string subprotocol,
                                          ChannelHandlers handlers) override {
    return std::make_unique<LiveSocket>(loop_, server_, std::move(request), std::move(subprotocol),
                                        std::move(handlers));
  }
  void after(core::Duration delay, std::function<void()> work) override {
    loop_.after(delay, [alive = std::weak_ptr<const bool>(alive_), work = std::move(work)] {
      if (!alive.expired()) work();
    });
  }

 private:
  net::Loop& loop_;
  http::Url server_;
  http::Client commands_;
  http::Client polls_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace

std::unique_ptr<WebPort> make_live_web_port(net::Loop& loop, const http::Url& server) {
  return std::make_unique<LiveWebPort>(loop, server);
}

}  // namespace rcs::harness
