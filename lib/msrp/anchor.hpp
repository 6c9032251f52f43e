#pragma once
// A media anchor: the MSRP half of a session controller that stands between two peers as a back-to-back agent
// (rules MSRP-140 to MSRP-151). A session has two legs, `in` towards who offers and `out` towards who
// answers, each over TCP, TLS or WebSocket. Either peer is told of the anchor only, by the SDP that is
// rewritten here; what they then send passes chunk by chunk while it comes, and nothing of it changes but
// To-Path and From-Path. Reports and answers are the peers' own.
//
// A node over octet streams: node/stream.hpp. Where it listens is its driver's business, who does so before
// the SDP leaves that names the place (MSRP-143) and stops when the session tells that it is up or over.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "msrp/listening.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

struct AnchorConfig {
  bool check_authority = true;  ///< of TLS certificates where it dials and no fingerprint was told
  core::Duration answer_time =
      std::chrono::minutes(5);  ///< for the answer to an offer: phones ring for three
  core::Duration wait_time =
      std::chrono::seconds(30);  ///< from the answer until both peers are there (MSRP-146)
  core::Duration first_time = std::chrono::seconds(30);  ///< for the first request on an accepted connection
  core::Duration stall_time = std::chrono::seconds(60);  ///< that a peer may leave a full queue unread
  /// That one chunk may have a connection which others wait for; then it goes on behind them (MSRP-34).
  core::Duration turn_time = std::chrono::seconds(5);

  std::size_t max_sessions = 50'000;
  std::size_t max_connections = 100'000;    ///< two each
  std::size_t write_ahead = 256 << 10;      ///< octets written to a connection before it has to be drained
  std::size_t max_waiting = 64 << 10;       ///< octets for a peer, over which its opposite is not read
  std::size_t max_owed = 64 << 10;          ///< octets of own answers, over which a connection is closed
  std::uint64_t message_chunk = 256 << 10;  ///< octets of a chunk that is one WebSocket message (MSRP-127)
  std::uint32_t timer_kind = 1;             ///< TimerKey::kind of all its timers
};

using AnchorSessionId = core::Id<struct AnchorSessionTag>;
enum class AnchorSide : std::uint8_t { in, out };

// --- events
/// Both peers are there; nobody else is waited for.
struct AnchorUp {
  AnchorSessionId session;
};
/// It is over, before or after it was up, and not as a peer would end it; nothing of it is left.
struct AnchorFailed {
  AnchorSessionId session;
  std::string why;
};
/// It is over: the peer of this side has closed its connection in order. Nothing of it is left.
struct AnchorEnded {
  AnchorSessionId session;
  AnchorSide by = AnchorSide::in;
};
using AnchorEvent = std::variant<AnchorUp, AnchorFailed, AnchorEnded>;
using AnchorOutbox = node::Outbox<node::StreamAction, node::ConnectionId, AnchorEvent>;

class Anchor {
 public:
  /// SAFETY: `random` outlives this.
  Anchor(AnchorConfig config, core::Random& random);
  ~Anchor();
  Anchor(const Anchor&) = delete;
  Anchor& operator=(const Anchor&) = delete;

  struct Offered {
    AnchorSessionId session;
    body::Sdp sdp;  ///< the offer as it goes on
  };
  /// A new session, of the first usable m=message line of the offer; other lines of that kind go on refused.
  /// `in` and `out` are where the legs are reached (MSRP-143, MSRP-147), on one port or two; port 9: nowhere.
  /// Errors: unsupported: no such line, another transport than that of `in`, or as answer_offer; malformed;
  /// too_large.
  core::Result<Offered> take_offer(core::Instant now, const body::Sdp& offer, ListeningAt in, ListeningAt out,
                                   AnchorOutbox& outbox);
  /// Once a session: the answer as it goes back. Errors: unknown; as above, with `out`. The session is still
  /// there after an error, to be ended.
  core::Result<body::Sdp> take_answer(core::Instant now, AnchorSessionId session, const body::Sdp& answer,
                                      AnchorOutbox& outbox);
  /// The signalling has ended it: both connections are closed, unless other sessions use them (MSRP-149). No
  /// event follows.
  void end(core::Instant now, AnchorSessionId session, AnchorOutbox& outbox);

  /// Whether a WebSocket may be opened there: a leg has it that nobody has come to yet (MSRP-145).
  bool has_resource(std::string_view resource) const;

  void on_stream(core::Instant now, node::ConnectionId connection, const node::StreamNews& news,
                 AnchorOutbox& outbox);
  void on_timer(core::Instant now, node::TimerKey key, AnchorOutbox& outbox);

  std::size_t sessions() const;
  std::size_t connections() const;
  /// Octets that wait in it, of all connections; what was given to the driver counts until it is drained.
  std::size_t held() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::msrp
