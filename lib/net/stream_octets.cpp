// Links of TCP and of TLS: octets without borders.

#include <array>
#include <deque>
#include <span>

#include "net/stream_link_impl.hpp"

namespace rcs::net {
namespace {

constexpr int kReadsPerTurn = 4;  // then other work of the loop gets its turn
constexpr std::size_t kPiecesPerWrite = 16;
constexpr std::size_t kJoinedBytes = 16 * 1024;  // small pieces are joined up to a record of TLS

class OctetLink final : public StreamLink {
 public:
  OctetLink(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket)
      : StreamLink(std::move(hub), id, kind), stream_(std::move(socket)) {}

  void send_queued() override;

 protected:
  StreamSocket& stream() override { return stream_; }
  Task<std::string> shake_as_client(node::StreamTarget) override { co_return ""; }
  Task<std::string> shake_as_server(StreamListen) override { co_return ""; }
  void start_reading() override {
    if (!reading_) read();
  }
  void queue(node::Write what) override;
  bool nothing_queued() const override { return queue_.empty(); }
  void leave() override;

 private:
  void read();
  void read_once(error_code& ec);
  void ended(const error_code& ec);
  void sent(std::size_t octets);

  StreamSocket stream_;
  std::deque<std::string> queue_;
  std::size_t front_sent_ = 0;  // octets of the first piece
  bool waiting_to_write_ = false;
  bool reading_ = false;  // or waiting to
};

void OctetLink::queue(node::Write what) {
  if (!queue_.empty() && queue_.back().size() + what.octets.size() <= kJoinedBytes) {
    queue_.back() += what.octets;
    hub_->spares.give(std::move(what.octets));
  } else {
    queue_.push_back(std::move(what.octets));
  }
}

void OctetLink::send_queued() {
  if (!is_open() || is_over() || waiting_to_write_ || queue_.empty()) return;
  while (!queue_.empty()) {
    std::array<asio::const_buffer, kPiecesPerWrite> pieces;
    std::size_t count = 0;
    for (auto piece = queue_.begin(); piece != queue_.end() && count < kPiecesPerWrite; ++piece)
      pieces[count++] = asio::buffer(*piece);
    pieces[0] += front_sent_;
    error_code ec;
    const std::size_t octets = stream_.write_now(std::span(pieces.data(), count), ec);
    if (ec == asio::error::would_block) {
      waiting_to_write_ = true;
      stream_.wait([self = shared_from_this(), this](const error_code& failed) {
        waiting_to_write_ = false;
        if (!failed) send_queued();
      });
      return;
    }
    if (ec) return ended(ec);
    sent(octets);
  }
  drained();
}

void OctetLink::sent(std::size_t octets) {
  took(octets);
  front_sent_ += octets;
  while (!queue_.empty() && front_sent_ >= queue_.front().size()) {
    front_sent_ -= queue_.front().size();
    hub_->spares.give(std::move(queue_.front()));
    queue_.pop_front();
  }
}

void OctetLink::leave() {
  // The peer may still be writing: what it wrote is read and dropped, for an answer with a reset would take
  // away what it has not read of ours.
  stream_.end();
}

void OctetLink::read() {
  reading_ = false;
  error_code ec;
  bool stopped = false;
  // What answers these reads leaves in one packet instead of one each, which would cost as much as a read.
  hub_->gather([&] {
    for (int turn = 0; turn < kReadsPerTurn && !ec; ++turn) {
      stopped = is_over() || is_paused();
      if (stopped) return;
      read_once(ec);
    }
  });
  if (stopped || is_over()) return;
  if (ec && ec != asio::error::would_block) return ended(ec);
  reading_ = true;
  if (ec) {
    stream_.wait([self = shared_from_this(), this](const error_code& failed) {
      if (!failed && !is_over()) read();
    });
  } else {
    asio::post(stream_.get_executor(), [self = shared_from_this(), this] {
      if (!is_over()) read();
    });
  }
}

/// Many small chunks come in one piece: the buffer is filled as far as the socket has octets.
void OctetLink::read_once(error_code& ec) {
  std::size_t got = 0;
  while (!ec && got < StreamHub::kReadBytes)
    got += stream_.read_now(asio::buffer(hub_->scratch.get() + got, StreamHub::kReadBytes - got), ec);
  if (got > 0 && !is_leaving()) tell(node::Octets{std::string_view(hub_->scratch.get(), got), &hub_->spares});
}

void OctetLink::ended(const error_code& ec) {
  const std::string words = stream_.tls_words();
  fail(ec == asio::error::eof ? "" : words.empty() ? ec.message() : words);
}

}  // namespace

LinkPtr make_octet_link(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket) {
  return std::make_shared<OctetLink>(std::move(hub), id, kind, std::move(socket));
}

}  // namespace rcs::net
