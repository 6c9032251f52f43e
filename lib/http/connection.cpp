#include "http/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "http/connection_impl.hpp"

namespace rcs::http {
namespace {

constexpr int kReadsPerTurn = 4;  // then other work of the loop gets its turn
// pipelined requests read ahead, so that an EOF behind them is seen
constexpr std::size_t kMaxWaitingInput = 64 * 1024;
constexpr std::size_t kMaxDrained = 1024 * 1024;  // of what a peer still sends after our last answer

}  // namespace

bool HttpConnection::room_for_input() const {
  return input_.size() < hub_->limits.header_bytes + kMaxWaitingInput;
}

// --- reading ---

Task<void> HttpConnection::read_loop(std::shared_ptr<HttpConnection> self) {
  while (self->stage_ != Stage::closed) {
    auto [ec] = co_await self->socket_.async_wait(Socket::wait_read, kUse);
    if (self->stage_ == Stage::websocket) break;
    if (ec || self->stage_ == Stage::closed || !self->read() || self->stage_ == Stage::websocket) break;
  }
  self->reading_ = false;
  if (self->stage_ == Stage::websocket && !self->session_ && !self->start_websocket()) self->cut();
}

/// False when nothing more is to be read for now.
bool HttpConnection::read() {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    error_code ec;
    const std::size_t got = socket_.read_some(asio::buffer(hub_->scratch.get(), kReadBytes), ec);
    if (ec == asio::error::would_block) return true;
    if (ec == asio::error::eof) {
      on_eof();
      return false;
    }
    if (ec) {
      cut();
      return false;
    }
    if (stage_ == Stage::draining) {
      drained_ += got;
      if (drained_ <= kMaxDrained) continue;
      cut();
      return false;
    }
    input_.append(hub_->scratch.get(), got);
    process();
    if (stage_ == Stage::closed || stage_ == Stage::websocket || !room_for_input()) return false;
    if (got < kReadBytes) return true;
  }
  return true;
}

/// A client that has closed its side can not be told from one that left: a held exchange is gone (CMT-92).
/// What it sent before is answered as far as it can be answered at once.
void HttpConnection::on_eof() {
  eof_ = true;
  if (stage_ == Stage::reading) {
    process();
  } else {
    cut();
  }
}

void HttpConnection::ensure_reading() {
  if (reading_ || eof_ || stage_ == Stage::closed || stage_ == Stage::websocket || !room_for_input()) return;
  reading_ = true;
  asio::co_spawn(hub_->loop.context(), read_loop(shared_from_this()), net::rethrow);
}

// --- requests ---

/// Takes requests out of the input one after the other, each after the answer to the one before has left.
void HttpConnection::process() {
  if (in_process_) return;
  in_process_ = true;
  while (stage_ == Stage::reading && output_.empty() && !close_after_flush_ && step()) {
  }
  in_process_ = false;
  if (stage_ == Stage::reading && output_.empty() && eof_) return cut();
  ensure_reading();
}

void HttpConnection::schedule() {
  if (in_process_) return;
  hub_->loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->process();
  });
}

/// False when more octets are needed, or the connection is over.
bool HttpConnection::step() {
  const ServerLimits& limits = hub_->limits;
  if (!reader_) {
    input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
    if (input_.empty()) {
      if (!fresh_) deadline_ = in(limits.keep_alive_timeout);
      return false;
    }
    reader_.emplace(limits.header_bytes, limits.body_bytes);
    if (!fresh_) deadline_ = in(limits.header_timeout);
  }
  const bool was_in_body = reader_->in_body();
  std::string_view rest = input_;
  const auto progress = reader_->feed(rest);
  input_.erase(0, input_.size() - rest.size());
  if (!was_in_body && reader_->in_body()) deadline_ = in(limits.body_timeout);
  switch (progress) {
    case RequestReader::Progress::need_more:
      return false;
    case RequestReader::Progress::expects_continue:
      send("HTTP/1.1 100 Continue\r\n\r\n");
      return false;
    case RequestReader::Progress::failed: {
      const RequestReader::Failure why = reader_->failure();
      refuse(why.status, why.detail.c_str());
      return false;
    }
    case RequestReader::Progress::done:
      deliver();
      return true;
  }
  return false;
}

void HttpConnection::deliver() {
  core::WebRequest request = reader_->take();
  ++exchange_;
  keep_alive_ = reader_->keep_alive() && exchange_ < kMaxExchange && !hub_->on_drained;
  reader_.reset();
  input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
  if (input_.empty()) std::string().swap(input_);
  request.pipelined = !input_.empty();
  head_only_ = request.method == "HEAD";
  http10_ = request.http10;
  fresh_ = false;
  if (request.upgrade) {
    upgrade_ = std::make_unique<Upgrade>();
    upgrade_->key = *core::find_header(request.headers, "Sec-WebSocket-Key");
  }
  stage_ = Stage::waiting;
  deadline_ = kNever;
  hub_->handlers.on_request(web_id(id_, exchange_), std::move(request));
}

/// An answer of the transport's own, the last one of this connection.
void HttpConnection::refuse(int status, const char* words) {
  reader_.reset();
  std::string().swap(input_);
  core::WebReply answer = problem(status, words);
  if (status == 503) answer.headers.emplace_back("Retry-After", "1");
  keep_alive_ = false;
  head_only_ = false;
  std::string octets = response_head(head_for(status, answer.headers), answer.headers);
  finish(true);
  send(octets + answer.body);
}

// --- limits and the end ---

bool HttpConnection::overdue(Instant now) const {
  if (session_) return session_->overdue(now);
  return now >= deadline_ || (!output_.empty() && now - write_since_ >= hub_->limits.write_timeout);
}

void HttpConnection::expire(Instant now) {
  if (stage_ == Stage::closed || !overdue(now)) return;
  if (session_) return session_->expire(now);
  if (stage_ == Stage::reading && reader_ && output_.empty())
    return refuse(408, "the request did not arrive in time");
  cut();
}

void HttpConnection::cut() {
  if (stage_ == Stage::closed) return;
  const auto self = shared_from_this();
  const bool open = stage_ == Stage::waiting || stage_ == Stage::streaming || stage_ == Stage::websocket;
  stage_ = Stage::closed;
  error_code ec;
  socket_.close(ec);
  session_.reset();
  hub_->erase(id_);
  if (!open || hub_->closed) return;
  // In a turn of its own: the owner may be in the middle of the action that met the limit.
  hub_->loop.post([hub = hub_, id = web_id(id_, exchange_)] {
    if (!hub->closed) hub->handlers.on_gone(id);
  });
}

void HttpConnection::retire() {
  keep_alive_ = false;
  if (stage_ != Stage::reading || reader_ || !input_.empty()) return;
  if (output_.empty()) return cut();
  close_after_flush_ = true;
}

void Hub::erase(std::uint64_t connection) {
  connections.erase(connection);
  if (connections.empty() && on_drained && !closed) loop.post(std::exchange(on_drained, {}));
}

void open_connection(const std::shared_ptr<Hub>& hub, int native_socket, bool refuse) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(native_socket, reinterpret_cast<sockaddr*>(&address), &size);
  Socket socket(hub->loop.context(), address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), native_socket);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  const std::uint64_t id = hub->next_connection++;
  auto connection = std::make_shared<HttpConnection>(hub, id, std::move(socket));
  hub->connections.emplace(id, connection);
  if (refuse) {
    connection->refuse(503, "too many connections");
  } else {
    connection->ensure_reading();
  }
}

}  // namespace rcs::http
