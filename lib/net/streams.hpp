#pragma once
// The live driver of node/stream.hpp: takes and dials connections over TCP, TLS and WebSocket (RFC 6455, RFC
// 7977), carries out what nodes ask of them and tells what happens. What the octets mean is not known here.
// WebSockets are kept alive by pings (MSRP-125), have one subprotocol (MSRP-120) and no other resource than
// those that are there (MSRP-145).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "node/stream.hpp"

namespace rcs::net {

struct StreamLimits {
  std::size_t connections = 100'000;    ///< as many as a node of ours keeps in its tables
  std::size_t queue_bytes = 4 << 20;    ///< a peer that leaves so much unread is cut
  std::size_t message_bytes = 1 << 20;  ///< of a WebSocket message: several chunks' worth (MSRP-127)
  Duration dial_time = std::chrono::seconds(30);   ///< names, every address and all handshakes together
  Duration greet_time = std::chrono::seconds(10);  ///< for the handshakes of who has dialled us
  Duration leave_time =
      std::chrono::seconds(10);  ///< for what was written before a HangUp, and the peer's end
  Duration ping_time = std::chrono::seconds(25);  ///< WebSocket: below what middleboxes forget; two may miss
};

struct StreamsOptions {
  std::shared_ptr<const Tls> tls;  ///< null: TLS is neither taken nor dialled
  std::string subprotocol = "msrp";
  StreamLimits limits;
};

struct StreamListen {
  Address bind;  ///< an IP literal; port 0 picks one
  node::StreamKind kind = node::StreamKind::tcp;
  /// WebSocket: is this resource there? Else 404 (MSRP-145). Empty: all are.
  std::function<bool(std::string_view resource)> has_resource;
  /// WebSocket: whose pages may come with their reader's browser, such as https://app.example; `*`: all. Who
  /// names no origin is no browser, and may (MSRP-126).
  std::vector<std::string> origins;
};

class Streams {
 public:
  /// Comes in a turn of the loop of its own, never inside of act().
  using OnNews = std::function<void(node::ConnectionId, const node::StreamNews&)>;

  /// SAFETY: the loop outlives this.
  Streams(Loop& loop, StreamsOptions options, OnNews on_news);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// The address with the port that it got. Errors: unreachable (names it and the reason); unsupported: TLS
  /// without a certificate.
  core::Result<Address> listen(StreamListen listen);
  /// Connections that were taken there stay.
  void stop_listening(std::uint16_t port);
  /// An action on a connection that is gone does nothing.
  void act(node::ConnectionId connection, node::StreamAction action);
  /// Also those that are being dialled, and those that leave after a HangUp.
  std::size_t connections() const;
  /// Cuts everything; nothing is told afterwards.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rcs::net
