// Links of WebSocket, over TCP or TLS (RFC 6455, RFC 7977; MSRP-120, 121, 122, 125, 126, 145): messages with
// borders.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "core/text.hpp"
#include "net/stream_link_impl.hpp"

namespace rcs::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::uint32_t kMaxRequestHead = 8 * 1024;  // a browser's cookies included
constexpr std::size_t kIdleBuffer = 4096;            // a larger read buffer is given back after its message
constexpr std::size_t kWriteBuffer = 64 * 1024;      // what a client masks at once

using Request = http::request<http::empty_body>;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// A page of any site can make its reader's browser dial us; the browser tells whose it is (RFC 6455 section
/// 10.2). None is ours: no page is served where only WebSockets are.
bool takes_origin(const Request& request, const std::vector<std::string>& origins) {
  if (request.count(http::field::origin) == 0) return true;  // no browser
  const auto origin = view(request[http::field::origin]);
  return std::any_of(origins.begin(), origins.end(),
                     [origin](const std::string& one) { return one == "*" || core::iequals(one, origin); });
}

class WebSocketLink final : public StreamLink {
 public:
  WebSocketLink(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket)
      : StreamLink(std::move(hub), id, kind), socket_(StreamSocket(std::move(socket))) {
    socket_.read_message_max(hub_->options.limits.message_bytes);
    socket_.auto_fragment(false);
    socket_.write_buffer_bytes(kWriteBuffer);
  }

  void send_queued() override;

 protected:
  StreamSocket& stream() override { return socket_.next_layer(); }
  Task<std::string> shake_as_client(node::StreamTarget to) override;
  Task<std::string> shake_as_server(StreamListen at) override;
  void start_reading() override;
  void queue(node::Write what) override { queue_.push_back(std::move(what)); }
  bool nothing_queued() const override { return queue_.empty(); }
  void leave() override;

 private:
  static Task<void> read_loop(std::shared_ptr<WebSocketLink> self);
  struct Verdict {
    http::status status;
    std::string words;
  };
  Verdict judge(const Request& request, const StreamListen& at) const;
  static Task<void> refuse(StreamSocket& stream, Verdict verdict);
  void keep_alive(bool on);
  void ended(const error_code& ec);

  websocket::stream<StreamSocket, false> socket_;  // without compression
  std::deque<node::Write> queue_;
  bool writing_ = false;
  bool reading_ = false;
  bool closing_ = false;
};

Task<std::string> WebSocketLink::shake_as_client(node::StreamTarget to) {
  const std::string subprotocol = hub_->options.subprotocol;
  websocket::stream_base::decorator offer([subprotocol](websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, subprotocol);
    request.set(http::field::user_agent, "rcsgw");
  });
  socket_.set_option(std::move(offer));
  websocket::response_type answer;
  const std::string host = Address{to.host, to.port}.to_string();
  auto [ec] = co_await socket_.async_handshake(answer, host, to.resource, kUse);
  if (ec == websocket::error::upgrade_declined) {
    co_return "the server answered HTTP " + std::to_string(answer.result_int()) + " to " +
        core::quoted(to.resource) + ", expected 101: a WebSocket";
  }
  if (ec) co_return "WebSocket handshake: " + ec.message();
  const auto chosen = view(answer[http::field::sec_websocket_protocol]);
  if (!core::iequals(chosen, subprotocol)) {
    co_return "the server chose the WebSocket subprotocol " + core::quoted(chosen) + ", expected " +
        core::quoted(subprotocol);
  }
  co_return "";
}

/// 101, or why not.
WebSocketLink::Verdict WebSocketLink::judge(const Request& request, const StreamListen& at) const {
  const std::string& subprotocol = hub_->options.subprotocol;
  if (!websocket::is_upgrade(request))
    return {http::status::bad_request, "expected the handshake of a WebSocket"};
  if (at.has_resource && !at.has_resource(view(request.target())))
    return {http::status::not_found, "no such resource"};
  if (!takes_origin(request, at.origins)) {
    return {http::status::forbidden,
            "pages of " + std::string(view(request[http::field::origin])) + " are not allowed here"};
  }
  http::token_list offered(request[http::field::sec_websocket_protocol]);
  if (!offered.exists(subprotocol))
    return {http::status::bad_request, "expected Sec-WebSocket-Protocol: " + subprotocol};
  return {http::status::switching_protocols, ""};
}

Task<void> WebSocketLink::refuse(StreamSocket& stream, Verdict verdict) {
  http::response<http::string_body> answer(verdict.status, 11);
  answer.set(http::field::server, "rcsgw");
  answer.set(http::field::content_type, "text/plain");
  answer.body() = verdict.words + "\n";
  answer.keep_alive(false);
  answer.prepare_payload();
  co_await http::async_write(stream, answer, kUse);  // as far as it goes
  stream.end();
}

Task<std::string> WebSocketLink::shake_as_server(StreamListen at) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kMaxRequestHead);
  beast::flat_buffer buffer;
  auto [failed, octets] = co_await http::async_read_header(stream(), buffer, parser, kUse);
  if (failed) co_return failed.message();
  const Request request = parser.release();
  Verdict verdict = judge(request, at);
  if (verdict.status != http::status::switching_protocols) {
    std::string why = verdict.words;
    co_await refuse(stream(), std::move(verdict));
    co_return why;
  }
  resource_ = view(request.target());
  websocket::stream_base::decorator choose(
      [subprotocol = hub_->options.subprotocol](websocket::response_type& answer) {
        answer.set(http::field::sec_websocket_protocol, subprotocol);
        answer.set(http::field::server, "rcsgw");  // else Beast writes its own version
      });
  socket_.set_option(std::move(choose));
  auto [ec] = co_await socket_.async_accept(request, kUse);
  co_return ec ? ec.message() : std::string();
}

void WebSocketLink::start_reading() {
  if (std::exchange(reading_, true)) return;
  keep_alive(true);
  asio::co_spawn(hub_->loop.context(), read_loop(std::static_pointer_cast<WebSocketLink>(shared_from_this())),
                 rethrow);
}

/// A peer is asked with a ping when it was silent for half of the time; who does not read sees no answer.
void WebSocketLink::keep_alive(bool on) {
  websocket::stream_base::timeout times;
  times.handshake_timeout = websocket::stream_base::none();  // a phase of the link has its own
  times.idle_timeout = on ? 2 * hub_->options.limits.ping_time : websocket::stream_base::none();
  times.keep_alive_pings = on;
  socket_.set_option(times);
}

Task<void> WebSocketLink::read_loop(std::shared_ptr<WebSocketLink> self) {
  beast::flat_buffer buffer;
  while (!self->is_over() && !self->is_paused()) {
    auto [ec, size] = co_await self->socket_.async_read(buffer, kUse);
    if (self->is_over()) co_return;
    if (ec) {
      self->ended(ec);
      co_return;
    }
    const node::Octets news{std::string_view(static_cast<const char*>(buffer.data().data()), size),
                            &self->hub_->spares};
    if (size > 0 && !self->is_leaving()) self->tell(news);
    buffer.consume(size);
    if (buffer.capacity() > kIdleBuffer) buffer.shrink_to_fit();
  }
  self->reading_ = false;
  if (!self->is_over()) self->keep_alive(false);
}

/// Callbacks, not a coroutine: one would have to be spawned for nearly every message.
void WebSocketLink::send_queued() {
  if (!is_open() || is_over() || writing_ || queue_.empty()) return;
  writing_ = true;
  socket_.binary(!queue_.front().text);
  socket_.async_write(asio::buffer(queue_.front().octets),
                      [self = shared_from_this(), this](const error_code& ec, std::size_t) {
                        writing_ = false;
                        if (is_over()) return;
                        if (ec) return ended(ec);
                        took(queue_.front().octets.size());
                        hub_->spares.give(std::move(queue_.front().octets));
                        queue_.pop_front();
                        queue_.empty() ? drained() : send_queued();
                      });
}

void WebSocketLink::leave() {
  closing_ = true;
  socket_.async_close(websocket::close_code::normal,
                      [self = shared_from_this()](const error_code&) { self->cut(); });
}

void WebSocketLink::ended(const error_code& ec) {
  if (is_leaving()) {
    if (!closing_) cut();  // else the end of the close is
    return;
  }
  if (ec == beast::error::timeout) return fail("the peer does not answer pings");
  if (ec != websocket::error::closed) {
    const std::string words = stream().tls_words();
    return fail(words.empty() ? ec.message() : words);
  }
  const auto& reason = socket_.reason();
  const bool in_order = reason.code == websocket::close_code::normal ||
                        reason.code == websocket::close_code::going_away ||
                        reason.code == websocket::close_code::none;
  if (in_order) return fail("");
  const std::string_view words(reason.reason.data(), reason.reason.size());
  fail("the peer closed the WebSocket with " + std::to_string(reason.code) +
       (words.empty() ? std::string() : " " + core::quoted(words)));
}

}  // namespace

LinkPtr make_websocket_link(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket) {
  return std::make_shared<WebSocketLink>(std::move(hub), id, kind, std::move(socket));
}

}  // namespace rcs::net
