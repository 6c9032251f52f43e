#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <variant>

#include "http/connection_impl.hpp"

namespace rcs::http {
namespace {

constexpr std::size_t kPiecesPerWrite = 16;
// for the peer to read our last answer before the socket goes
constexpr core::Duration kLinger = std::chrono::seconds(2);

}  // namespace

// --- answers ---

void HttpConnection::act(std::uint32_t exchange, core::WebAction action) {
  if (exchange != exchange_) return;
  const auto self = shared_from_this();
  if (stage_ == Stage::waiting) {
    if (auto* whole = std::get_if<core::WebReply>(&action)) {
      reply(std::move(*whole));
    } else if (auto* head = std::get_if<core::WebStreamHead>(&action)) {
      stream_head(std::move(*head));
    } else if (auto* answer = std::get_if<core::WebAccept>(&action); answer != nullptr && upgrade_) {
      accept(std::move(*answer));
    }
  } else if (stage_ == Stage::streaming) {
    if (auto* piece = std::get_if<core::WebChunk>(&action)) {
      stream_chunk(*piece);
    } else if (std::holds_alternative<core::WebEnd>(action)) {
      stream_end();
    }
  } else if (stage_ == Stage::websocket) {
    to_websocket(std::move(action));
  }
}

ResponseHead HttpConnection::head_for(int status, const core::WebHeaders& headers) {
  const std::string* connection = core::find_header(headers, "Connection");
  if (connection != nullptr && lists_token(*connection, "close")) keep_alive_ = false;
  ResponseHead head;
  head.status = status;
  head.close = !keep_alive_;
  head.keep_alive = keep_alive_ && http10_;
  head.date = hub_->date.at(hub_->loop.wall().at(hub_->loop.now()));
  if (status == 204 || status == 304 || status < 200) head.framing = Framing::none;
  return head;
}

void HttpConnection::reply(core::WebReply answer) {
  upgrade_.reset();
  ResponseHead head = head_for(answer.status, answer.headers);
  head.length = answer.body.size();
  std::string octets = response_head(head, answer.headers);
  if (!head_only_ && head.framing == Framing::length) octets += answer.body;
  finish(head.close);
  send(std::move(octets));
}

void HttpConnection::stream_head(core::WebStreamHead answer) {
  upgrade_.reset();
  chunked_ = !http10_;
  if (http10_) keep_alive_ = false;
  ResponseHead head = head_for(answer.status, answer.headers);
  if (head.framing != Framing::none) head.framing = chunked_ ? Framing::chunked : Framing::until_close;
  head_only_ = head_only_ || head.framing == Framing::none;
  stage_ = Stage::streaming;
  send(response_head(head, answer.headers));
}

void HttpConnection::stream_chunk(const core::WebChunk& piece) {
  if (piece.bytes.empty() || head_only_) return;  // CMT-12: an empty chunk would end the stream
  const bool full = output_bytes_ + piece.bytes.size() > hub_->limits.queue_bytes ||
                    output_.size() >= hub_->limits.queue_chunks;
  if (full && !output_.empty()) return cut();
  send(chunked_ ? chunk(piece.bytes) : piece.bytes);
}

void HttpConnection::stream_end() {
  finish(!keep_alive_);
  if (chunked_ && !head_only_) return send(std::string(kLastChunk));
  flush();
}

/// The exchange is over; its number finds nothing from now on.
void HttpConnection::finish(bool close) {
  stage_ = Stage::reading;
  close_after_flush_ = close;
  deadline_ = in(hub_->limits.keep_alive_timeout);
}

// --- WebSocket ---

void HttpConnection::accept(core::WebAccept answer) {
  upgrade_->subprotocol = std::move(answer.subprotocol);
  stage_ = Stage::websocket;
  if (!reading_ || !input_.empty()) return cut();  // it spoke before the handshake was over
  error_code ec;
  socket_.cancel(ec);  // wakes the read_loop, which hands the socket on
}

bool HttpConnection::start_websocket() {
  if (!input_.empty()) return false;
  error_code ec;
  const int native = socket_.release(ec);
  if (ec) return false;
  const ServerLimits& limits = hub_->limits;
  WebSocketSession::Limits own{limits.websocket_message_bytes, limits.queue_bytes, limits.queue_chunks,
                               limits.websocket_ping, limits.write_timeout};
  WebSocketSession::Handlers handlers;
  const std::weak_ptr<HttpConnection> weak = weak_from_this();
  handlers.on_text = [weak](std::string text) {
    const auto self = weak.lock();
    if (self && self->stage_ == Stage::websocket)
      self->hub_->handlers.on_text(web_id(self->id_, self->exchange_), std::move(text));
  };
  handlers.on_over = [weak](int, const std::string&) {
    if (const auto self = weak.lock()) self->cut();
  };
  WebSocketSession::Accept handshake{std::move(upgrade_->key), std::move(upgrade_->subprotocol)};
  session_ = WebSocketSession::accept(hub_->loop, native, std::move(handshake), own, std::move(handlers));
  const auto early = std::move(upgrade_->early);
  upgrade_.reset();
  for (const auto& action : early) {
    if (stage_ == Stage::websocket) to_websocket(action);
  }
  return true;
}

void HttpConnection::to_websocket(core::WebAction action) {
  if (!session_) {
    if (upgrade_->early.size() >= hub_->limits.queue_chunks) return cut();
    upgrade_->early.push_back(std::move(action));
    return;
  }
  if (auto* message = std::get_if<core::WebText>(&action)) {
    session_->send(std::move(message->text));
  } else if (auto* close = std::get_if<core::WebClose>(&action)) {
    stage_ = Stage::draining;  // the exchange is over; the session ends by itself
    session_->close(close->code, std::move(close->reason));
  }
}

// --- writing ---

void HttpConnection::send(std::string octets) {
  if (stage_ == Stage::closed) return;
  output_bytes_ += octets.size();
  output_.push_back(std::move(octets));
  if (!writing_) flush();
}

void HttpConnection::flush() {
  while (!output_.empty()) {
    std::array<asio::const_buffer, kPiecesPerWrite> pieces;
    std::size_t count = 0;
    for (auto piece = output_.begin(); piece != output_.end() && count < kPiecesPerWrite; ++piece)
      pieces[count++] = asio::buffer(*piece);
    pieces[0] += sent_;
    error_code ec;
    std::size_t sent = socket_.write_some(pieces, ec);
    if (ec == asio::error::would_block) {
      if (writing_) return;
      writing_ = true;
      write_since_ = hub_->loop.now();
      asio::co_spawn(hub_->loop.context(), write_loop(shared_from_this()), net::rethrow);
      return;
    }
    if (ec) return cut();
    output_bytes_ -= sent;
    sent += sent_;
    while (!output_.empty() && sent >= output_.front().size()) {
      sent -= output_.front().size();
      output_.pop_front();
      write_since_ = hub_->loop.now();
    }
    sent_ = sent;
  }
  flushed();
}

Task<void> HttpConnection::write_loop(std::shared_ptr<HttpConnection> self) {
  while (self->stage_ != Stage::closed && !self->output_.empty()) {
    auto [ec] = co_await self->socket_.async_wait(Socket::wait_write, kUse);
    if (ec || self->stage_ == Stage::closed) break;
    self->flush();
  }
  self->writing_ = false;
}

void HttpConnection::flushed() {
  if (stage_ != Stage::reading) return;
  if (close_after_flush_) return start_draining();
  if (!input_.empty() || eof_) return schedule();
  ensure_reading();
}

/// Closing with unread input would reset the connection and could take our last answer with it.
void HttpConnection::start_draining() {
  if (eof_) return cut();
  stage_ = Stage::draining;
  deadline_ = in(kLinger);
  std::string().swap(input_);
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  ensure_reading();
}

}  // namespace rcs::http
