#include "http/websocket_session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <list>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "http/task_impl.hpp"

namespace rcs::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using core::Instant;

constexpr int kMaxMissedPongs = 2;
constexpr std::size_t kIdleBuffer = 4096;     // a larger read buffer is given back after its message
constexpr std::size_t kMaxCloseReason = 123;  // RFC 6455 5.5
constexpr int kCutCode = 1006;
constexpr int kUnsupportedData = 1003;

struct Item {
  enum class Kind { text, ping, close } kind = Kind::text;
  std::string text;
  int code = 0;
};

Socket adopt(net::Loop& loop, int native_socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(native_socket, reinterpret_cast<sockaddr*>(&address), &size);
  return Socket(loop.context(), address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), native_socket);
}

/// RFC 6455 7.4: codes that may stand in a close frame.
std::uint16_t sendable(int code) {
  const bool fine = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                    (code >= 3000 && code <= 4999);
  return static_cast<std::uint16_t>(fine ? code : 1000);
}

/// At most `max` octets, cut between characters.
std::string cut_text(std::string text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  text.resize(max);
  return text;
}

}  // namespace

struct WebSocketSession::State : std::enable_shared_from_this<WebSocketSession::State> {
  State(net::Loop& owner, int native_socket, Limits allowed, Handlers asked)
      : loop(owner),
        stream(adopt(owner, native_socket)),
        limits(allowed),
        handlers(std::move(asked)),
        since(owner.now()),
        pinged(since) {
    stream.read_message_max(limits.message_bytes);
    stream.auto_fragment(false);
    stream.text(true);
  }

  net::Loop& loop;
  websocket::stream<Socket> stream;
  Limits limits;
  Handlers handlers;
  std::list<Item> queue;
  std::size_t queued_bytes = 0;
  Instant since{};  // the handshake, the write or the close that is going on began
  Instant pinged{};
  int unanswered = 0;
  bool open = false;
  bool writing = false;
  bool closing = false;  // our close is queued or sent
  bool over = false;
  bool silent = false;  // the owner is gone

  /// Writes the front of the queue, then what is behind it. Callbacks, not a coroutine: one would have to be
  /// spawned for nearly every message.
  void start_writing() {
    if (!open || writing || over || queue.empty()) return;
    writing = true;
    since = loop.now();
    Item& item = queue.front();
    auto self = shared_from_this();
    if (item.kind == Item::Kind::text) {
      stream.async_write(asio::buffer(item.text), [self](error_code ec, std::size_t) { self->written(ec); });
    } else if (item.kind == Item::Kind::ping) {
      stream.async_ping({}, [self](error_code ec) { self->written(ec); });
    } else {
      const websocket::close_reason reason(static_cast<websocket::close_code>(sendable(item.code)),
                                           item.text);
      stream.async_close(
          reason, [self, code = reason.code](error_code ec) { self->finish(code, ec ? ec.message() : ""); });
    }
  }

  void written(const error_code& ec) {
    if (over) return;
    if (ec) return finish(kCutCode, ec.message());
    queued_bytes -= queue.front().text.size();
    queue.pop_front();
    writing = false;
    start_writing();
  }

  void push(Item item) {
    if (over || closing) return;
    closing = item.kind == Item::Kind::close;
    const bool full =
        queued_bytes + item.text.size() > limits.queue_bytes || queue.size() >= limits.queue_messages;
    if (full && item.kind == Item::Kind::text) return finish(kCutCode, "the peer does not read");
    queued_bytes += item.text.size();
    queue.push_back(std::move(item));
    start_writing();
  }

  void finish(int code, std::string reason) {
    if (over) return;
    over = true;
    error_code ec;
    stream.next_layer().close(ec);
    loop.post([self = shared_from_this(), code, reason = std::move(reason)] {
      if (!self->silent) self->handlers.on_over(code, reason);
    });
  }

  void opened() {
    open = true;
    since = pinged = loop.now();
    const std::weak_ptr<State> weak = weak_from_this();
    stream.control_callback([weak](websocket::frame_type kind, beast::string_view) {
      const auto self = weak.lock();
      if (self && kind == websocket::frame_type::pong) self->unanswered = 0;
    });
    if (handlers.on_open) handlers.on_open({});
    start_writing();
  }

  void refused(core::Error error) {
    if (handlers.on_open && !silent) handlers.on_open(std::move(error));
    finish(kCutCode, "the handshake failed");
  }

  void read_failed(const error_code& ec) {
    if (ec == websocket::error::closed) {
      const auto& reason = stream.reason();
      return finish(reason.code, std::string(reason.reason.data(), reason.reason.size()));
    }
    const bool too_big = ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow;
    finish(too_big ? 1009 : kCutCode, ec.message());
  }

  static Task<void> run_server(std::shared_ptr<State> self, Accept handshake);
  static Task<void> run_client(std::shared_ptr<State> self, Request handshake);
  static Task<void> read_loop(std::shared_ptr<State> self);
};

Task<void> WebSocketSession::State::run_server(std::shared_ptr<State> self, Accept handshake) {
  // The server has read and judged the request; Beast computes the answer from the fields it depends on.
  beast::http::request<beast::http::empty_body> request;
  request.method(beast::http::verb::get);
  request.target("/");
  request.set(beast::http::field::host, "-");
  request.set(beast::http::field::connection, "Upgrade");
  request.set(beast::http::field::upgrade, "websocket");
  request.set(beast::http::field::sec_websocket_version, "13");
  request.set(beast::http::field::sec_websocket_key, handshake.key);
  websocket::stream_base::decorator decorate(
      [subprotocol = handshake.subprotocol](websocket::response_type& answer) {
        if (!subprotocol.empty()) answer.set(beast::http::field::sec_websocket_protocol, subprotocol);
        answer.set(beast::http::field::server, "rcsgw");  // else Beast writes its own version
      });
  self->stream.set_option(std::move(decorate));
  auto [ec] = co_await self->stream.async_accept(request, kUse);
  if (self->over) co_return;
  if (ec) {
    self->refused(core::Error(core::Errc::malformed, ec.message()));
    co_return;
  }
  self->opened();
  co_await read_loop(self);
}

Task<void> WebSocketSession::State::run_client(std::shared_ptr<State> self, Request handshake) {
  websocket::stream_base::decorator decorate(
      [fields = handshake.headers, subprotocol = handshake.subprotocol](websocket::request_type& request) {
        for (const auto& [name, value] : fields) request.set(name, value);
        if (!subprotocol.empty()) request.set(beast::http::field::sec_websocket_protocol, subprotocol);
      });
  self->stream.set_option(std::move(decorate));
  websocket::response_type answer;
  auto [ec] = co_await self->stream.async_handshake(answer, handshake.authority, handshake.target, kUse);
  if (self->over) co_return;
  if (ec == websocket::error::upgrade_declined) {
    self->refused(core::Error(core::Errc::refused, "the server answered HTTP " +
                                                       std::to_string(answer.result_int()) +
                                                       " instead of opening a WebSocket"));
    co_return;
  }
  if (ec) {
    self->refused(core::Error(core::Errc::unreachable, "WebSocket handshake: " + ec.message()));
    co_return;
  }
  const auto chosen = answer[beast::http::field::sec_websocket_protocol];
  if (!chosen.empty() && std::string_view(chosen.data(), chosen.size()) != handshake.subprotocol) {
    self->refused(core::Error(core::Errc::malformed, "the server chose a subprotocol that was not offered"));
    co_return;
  }
  self->opened();
  co_await read_loop(self);
}

Task<void> WebSocketSession::State::read_loop(std::shared_ptr<State> self) {
  beast::flat_buffer buffer;
  while (!self->over) {
    auto [ec, size] = co_await self->stream.async_read(buffer, kUse);
    if (self->over) co_return;
    if (ec) {
      self->read_failed(ec);
      co_return;
    }
    self->unanswered = 0;
    if (self->stream.got_text()) {
      std::string text = beast::buffers_to_string(buffer.data());
      if (!self->closing) self->handlers.on_text(std::move(text));
    } else {
      self->push(Item{Item::Kind::close, "only text messages are taken", kUnsupportedData});
    }
    buffer.consume(size);
    if (buffer.capacity() > kIdleBuffer) buffer.shrink_to_fit();
  }
}

std::unique_ptr<WebSocketSession> WebSocketSession::accept(net::Loop& loop, int native_socket,
                                                           Accept handshake, Limits limits,
                                                           Handlers handlers) {
  auto state = std::make_shared<State>(loop, native_socket, limits, std::move(handlers));
  asio::co_spawn(loop.context(), State::run_server(state, std::move(handshake)), net::rethrow);
  return std::unique_ptr<WebSocketSession>(new WebSocketSession(std::move(state)));
}

std::unique_ptr<WebSocketSession> WebSocketSession::connect(net::Loop& loop, int native_socket,
                                                            Request handshake, Limits limits,
                                                            Handlers handlers) {
  auto state = std::make_shared<State>(loop, native_socket, limits, std::move(handlers));
  asio::co_spawn(loop.context(), State::run_client(state, std::move(handshake)), net::rethrow);
  return std::unique_ptr<WebSocketSession>(new WebSocketSession(std::move(state)));
}

WebSocketSession::WebSocketSession(std::shared_ptr<State> state) : state_(std::move(state)) {}

WebSocketSession::~WebSocketSession() {
  state_->silent = true;
  state_->finish(kCutCode, "");
}

void WebSocketSession::send(std::string text) { state_->push(Item{Item::Kind::text, std::move(text), 0}); }

void WebSocketSession::close(int code, std::string reason) {
  state_->push(Item{Item::Kind::close, cut_text(std::move(reason), kMaxCloseReason), code});
}

bool WebSocketSession::overdue(Instant now) const {
  const State& state = *state_;
  if (state.over) return false;
  const bool busy = !state.open || state.writing;
  return (busy && now - state.since >= state.limits.write_timeout) ||
         (state.open && now - state.pinged >= state.limits.ping);
}

void WebSocketSession::expire(Instant now) {
  State& state = *state_;
  if (!overdue(now)) return;
  const bool busy = !state.open || state.writing;
  if (busy && now - state.since >= state.limits.write_timeout)
    return state.finish(kCutCode, "the peer does not answer");
  if (state.unanswered >= kMaxMissedPongs) return state.finish(kCutCode, "no answer to two pings");
  ++state.unanswered;
  state.pinged = now;
  state.push(Item{Item::Kind::ping, {}, 0});
}

}  // namespace rcs::http
