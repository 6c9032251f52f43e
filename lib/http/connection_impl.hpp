#pragma once
// The connection's state, shared by the two files that work on it: connection.cpp reads, answer.cpp writes.
// Private to them.

#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/connection.hpp"
#include "http/request_reader.hpp"
#include "http/task_impl.hpp"
#include "http/websocket_session.hpp"
#include "http/wire.hpp"

namespace rcs::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using core::Instant;
inline constexpr Instant kNever = Instant::max();

enum class Stage : std::uint8_t {
  reading,    // between exchanges, or inside a request
  waiting,    // a request was handed on, no answer yet
  streaming,  // the head of a streamed answer is out
  websocket,  // the handshake was accepted
  draining,   // our last answer is out, the peer has a moment to read it
  closed,
};

/// An upgrade that waits for its answer, and after it what is said before the handshake is written.
struct Upgrade {
  std::string key;
  std::string subprotocol;
  std::vector<core::WebAction> early;
};

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<Hub> hub, std::uint64_t id, Socket socket)
      : hub_(std::move(hub)),
        id_(id),
        socket_(std::move(socket)),
        deadline_(hub_->loop.now() + hub_->limits.header_timeout) {}

  void act(std::uint32_t exchange, core::WebAction action) override;
  bool overdue(Instant now) const override;
  void expire(Instant now) override;
  void cut() override;
  void retire() override;
  void refuse(int status, const char* words);
  void ensure_reading();

 private:
  static Task<void> read_loop(std::shared_ptr<HttpConnection> self);
  static Task<void> write_loop(std::shared_ptr<HttpConnection> self);
  bool read();
  bool room_for_input() const;
  void on_eof();

  void process();
  bool step();
  void deliver();
  void schedule();

  void reply(core::WebReply reply);
  void stream_head(core::WebStreamHead head);
  void stream_chunk(const core::WebChunk& piece);
  void stream_end();
  void accept(core::WebAccept answer);
  void to_websocket(core::WebAction action);
  ResponseHead head_for(int status, const core::WebHeaders& headers);
  void finish(bool close);

  void send(std::string octets);
  void flush();
  void flushed();
  void start_draining();
  bool start_websocket();

  Instant in(core::Duration delay) const { return hub_->loop.now() + delay; }

  std::shared_ptr<Hub> hub_;
  std::uint64_t id_;
  Socket socket_;
  Instant deadline_;       // of the stage, kNever while an exchange is open
  Instant write_since_{};  // the front piece of output_ waits since
  std::string input_;      // octets not yet understood
  std::list<std::string> output_;
  std::size_t sent_ = 0;  // of the front piece
  std::size_t output_bytes_ = 0;
  std::size_t drained_ = 0;
  std::optional<RequestReader> reader_;
  std::unique_ptr<Upgrade> upgrade_;
  std::unique_ptr<WebSocketSession> session_;
  std::uint32_t exchange_ = 0;
  Stage stage_ = Stage::reading;
  bool reading_ = false;  // a read_loop runs
  bool writing_ = false;  // a write_loop runs
  bool in_process_ = false;
  bool eof_ = false;
  bool close_after_flush_ = false;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool http10_ = false;
  bool chunked_ = false;
  bool fresh_ = true;  // no request yet
};

}  // namespace rcs::http
