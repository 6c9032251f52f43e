#pragma once
// One TCP connection, with TLS over it where that was begun: octets in and out without ever waiting, and the
// wait that comes instead. TLS stands directly on the socket, so that one class serves both, and Beast (for
// WebSocket) on top of either. Private to the room.

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/role.hpp>
#include <string>
#include <utility>

#include "net/tls_impl.hpp"

namespace rcs::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
// Bound to the loop's own executor: asio's default types can hold any and pay for it at every wait.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
template <class T>
using Task = asio::awaitable<T, Executor>;
inline constexpr auto kUse = asio::as_tuple(asio::use_awaitable_t<Executor>());

class StreamSocket {
 public:
  using executor_type = Executor;
  explicit StreamSocket(Socket socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }
  /// It is: reads and writes may follow.
  void connected();

  /// From here on what is read and written goes through TLS. `host`: the name that we dialled, empty: we were
  /// dialled. `check_authority`: and its certificate has to bear it.
  core::Result<void> begin_tls(const Tls& tls, const std::string& host, bool check_authority);
  /// One step of the handshake. would_block: wait() first.
  void handshake(error_code& ec);
  /// Why TLS failed, for a person; empty: it did not.
  std::string tls_words() const;
  /// Null before begin_tls().
  SSL* session() const { return tls_.get(); }
  /// Of the peer, DER; empty without one.
  std::string peer_certificate() const;

  /// would_block: wait() first. eof: the peer has ended it in order.
  std::size_t read_now(asio::mutable_buffer into, error_code& ec);
  template <class Buffers>
  std::size_t write_now(const Buffers& from, error_code& ec);
  /// `done(error_code)` once what would have blocked may go on.
  template <class Done>
  auto wait(Done&& done) {
    return socket_.async_wait(wanted_, std::forward<Done>(done));
  }

  /// Says that nothing more comes from us.
  void end();
  void close();

  // What Beast asks of a stream.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token);
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token);

 private:
  /// What is given to TLS at once: a record. The head of a WebSocket message goes with its content.
  static constexpr std::size_t kRecord = 16 * 1024;

  std::size_t write_tls(const char* octets, std::size_t size, error_code& ec);
  void judge(int result, error_code& ec);

  Socket socket_;
  OwnedSession tls_;
  std::string expected_;  // the name that an authority has to vouch for
  std::string reason_;    // of a failure of TLS
  Socket::wait_type wanted_ = Socket::wait_read;
};

template <class Buffers>
std::size_t StreamSocket::write_now(const Buffers& from, error_code& ec) {
  if (tls_ == nullptr) {
    wanted_ = Socket::wait_write;
    return socket_.write_some(from, ec);
  }
  std::array<char, kRecord> record;
  const std::size_t size = asio::buffer_copy(asio::buffer(record), from);
  ec = {};
  return size == 0 ? 0 : write_tls(record.data(), size, ec);
}

/// Reads or writes now, or waits and does so then; never completes inside of the call that began it.
template <class Attempt>
struct WhenReady {
  StreamSocket& stream;
  Attempt attempt;
  bool begun = false;

  template <class Self>
  void operator()(Self& self, error_code ec = {}) {
    std::size_t octets = 0;
    if (!ec) octets = attempt(stream, ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      begun = true;
      stream.wait(std::move(self));
      return;
    }
    if (begun) return self.complete(ec, octets);
    auto executor = stream.get_executor();
    asio::post(executor, [self = std::move(self), ec, octets]() mutable { self.complete(ec, octets); });
  }
};

template <class Attempt, class Token>
auto async_when_ready(StreamSocket& stream, Attempt attempt, Token&& token) {
  return asio::async_compose<Token, void(error_code, std::size_t)>(
      WhenReady<Attempt>{stream, std::move(attempt)}, token, stream.socket());
}

template <class Buffers, class Token>
auto StreamSocket::async_read_some(const Buffers& into, Token&& token) {
  const auto attempt = [into](StreamSocket& stream, error_code& ec) -> std::size_t {
    for (auto at = asio::buffer_sequence_begin(into); at != asio::buffer_sequence_end(into); ++at) {
      const asio::mutable_buffer first(*at);
      if (first.size() > 0) return stream.read_now(first, ec);
    }
    return 0;
  };
  return async_when_ready(*this, attempt, std::forward<Token>(token));
}

template <class Buffers, class Token>
auto StreamSocket::async_write_some(const Buffers& from, Token&& token) {
  const auto attempt = [from](StreamSocket& stream, error_code& ec) { return stream.write_now(from, ec); };
  return async_when_ready(*this, attempt, std::forward<Token>(token));
}

/// Beast's ends of a stream, found by their names: after the closing handshake, and when it gives up.
template <class Handler>
void async_teardown(boost::beast::role_type, StreamSocket& stream, Handler&& handler) {
  stream.end();
  asio::post(stream.get_executor(),
             [handler = std::forward<Handler>(handler)]() mutable { handler(error_code()); });
}
inline void beast_close_socket(StreamSocket& stream) { stream.close(); }

}  // namespace rcs::net
