#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "http/websocket_session.hpp"

namespace rcs::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using core::Errc;
using core::Error;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

constexpr core::Duration kOpenTimeout = std::chrono::seconds(10);  // name, connection and handshake together
// a server's; a client trusts it more than the other way round
constexpr std::size_t kMaxMessageBytes = 16 * 1024 * 1024;
constexpr std::size_t kMaxQueueBytes = 64 * 1024 * 1024;  // what a script may send ahead
constexpr std::size_t kMaxQueueMessages = 100'000;
constexpr core::Duration kNoPings = std::chrono::hours(24 * 365);  // the server pings
constexpr std::size_t kMaxEarly = 1000;  // messages sent before the connection is there

}  // namespace

struct WebSocketClient::State : std::enable_shared_from_this<WebSocketClient::State> {
  State(net::Loop& owner, Url where)
      : loop(owner), url(std::move(where)), socket(owner.context()), resolver(owner.context()) {}

  net::Loop& loop;
  Url url;
  WebSocketSession::Request handshake;
  Handlers handlers;
  tcp::socket socket;
  tcp::resolver resolver;
  std::unique_ptr<WebSocketSession> session;
  std::vector<std::string> early;
  std::optional<int> early_close;
  bool open = false;
  bool over = false;    // on_close or a failed on_open was called
  bool closed = false;  // the owner is gone

  void fail(Error error) {
    if (closed || over || open) return;
    over = true;
    error_code ec;
    socket.close(ec);
    resolver.cancel();
    session.reset();
    handlers.on_open(std::move(error));
  }

  void start_session() {
    error_code ec;
    const int native = socket.release(ec);
    if (ec) return fail(Error(Errc::internal, ec.message()));
    const std::weak_ptr<State> weak = weak_from_this();
    WebSocketSession::Handlers own;
    own.on_open = [weak](core::Result<void> result) {
      const auto self = weak.lock();
      if (!self || self->closed || self->over) return;
      self->open = result.has_value();
      self->over = !self->open;
      self->handlers.on_open(std::move(result));
    };
    own.on_text = [weak](std::string text) {
      if (const auto self = weak.lock(); self && !self->closed) self->handlers.on_text(std::move(text));
    };
    own.on_over = [weak](int code, const std::string& reason) {
      const auto self = weak.lock();
      if (!self || self->closed || self->over) return;
      self->over = true;
      self->handlers.on_close(code, reason);
    };
    WebSocketSession::Limits limits{kMaxMessageBytes, kMaxQueueBytes, kMaxQueueMessages, kNoPings,
                                    kOpenTimeout};
    session = WebSocketSession::connect(loop, native, std::move(handshake), limits, std::move(own));
    for (auto& text : std::exchange(early, {})) session->send(std::move(text));
    if (early_close) session->close(*early_close, "");
  }

  static asio::awaitable<void> connect(std::shared_ptr<State> self) {
    const std::string place = "ws://" + self->url.authority() + ": ";
    auto [no_name, found] =
        co_await self->resolver.async_resolve(self->url.host, std::to_string(self->url.port), kUse);
    if (self->closed || self->over) co_return;
    error_code last = no_name;
    for (const auto& entry : found) {
      const tcp::endpoint endpoint = entry.endpoint();
      error_code ec;
      self->socket.close(ec);
      auto [refused] = co_await self->socket.async_connect(endpoint, kUse);
      if (self->closed || self->over) co_return;
      last = refused;
      if (!refused) break;
    }
    if (last) {
      self->fail(Error(Errc::unreachable, place + last.message()));
      co_return;
    }
    error_code ignored;
    self->socket.set_option(tcp::no_delay(true), ignored);
    self->start_session();
  }
};

WebSocketClient::WebSocketClient(net::Loop& loop, Url url, core::WebHeaders headers, std::string subprotocol,
                                 Handlers handlers)
    : state_(std::make_shared<State>(loop, std::move(url))) {
  state_->handshake = {state_->url.authority(), state_->url.target, std::move(headers),
                       std::move(subprotocol)};
  state_->handlers = std::move(handlers);
  loop.after(kOpenTimeout, [weak = std::weak_ptr<State>(state_)] {
    const auto self = weak.lock();
    if (self) self->fail(Error(Errc::timed_out, "ws://" + self->url.authority() + ": no WebSocket in time"));
  });
  asio::co_spawn(loop.context(), State::connect(state_), net::rethrow);
}

WebSocketClient::~WebSocketClient() {
  state_->closed = true;
  error_code ec;
  state_->socket.close(ec);
  state_->resolver.cancel();
  state_->session.reset();
}

void WebSocketClient::send(std::string text) {
  if (state_->session) return state_->session->send(std::move(text));
  if (state_->early.size() < kMaxEarly) state_->early.push_back(std::move(text));
}

void WebSocketClient::close(int code) {
  if (!state_->session) {
    state_->early_close = code;
    return;
  }
  state_->session->close(code, "");
  // A server that does not answer the close is not waited for.
  state_->loop.after(kOpenTimeout, [weak = std::weak_ptr<State>(state_)] {
    const auto self = weak.lock();
    if (self && self->session) self->session->expire(self->loop.now());
  });
}

}  // namespace rcs::http
