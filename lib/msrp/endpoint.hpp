#pragma once
// The sessions of one MSRP endpoint and the connections that carry them (RFC 4975 sections 5.4 and 7.3, RFC
// 6135, RFC 7977; rules MSRP-41 to 43, 50, 51, 59 to 61, 80 to 87, 90, 120 to 125): who dials, which session
// a request belongs to, what is answered, taken and told; and of chat rooms (RFC 7701, MSRP-160, 163) their
// doors and nicknames. A node over octet streams: node/stream.hpp. What
// SDP says comes in as values (offer.hpp); it knows no SIP.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "msrp/listening.hpp"
#include "msrp/outbound.hpp"
#include "msrp/reassembly.hpp"
#include "msrp/relay_client.hpp"
#include "msrp/uri.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

/// Which content may be sent (MSRP-41): media types, without parameters; `*` and `type/*` match any.
struct Types {
  std::vector<std::string> accepted;  ///< at the top level
  /// Inside of a container; what is accepted is accepted there too. Empty, where only containers are
  /// accepted: anything.
  std::vector<std::string> wrapped;
  bool takes(std::string_view content_type) const;
  bool takes_wrapped(std::string_view content_type) const;
  friend bool operator==(const Types&, const Types&) = default;
};

/// Of content, as our node sees it, whichever end has said so (MSRP-61).
enum class Direction : std::uint8_t { both, send_only, receive_only };

/// Our end of a session, known before its SDP leaves: from then on the peer may come.
struct LocalEnd {
  Uri uri;      ///< ours; its session id is new (MSRP-23)
  Path relays;  ///< of ours, nearest to us first; usually none (MSRP-104)
  Types types;  ///< what we take (MSRP-60); containers always are (MSRP-59)
  Direction direction = Direction::both;
  ReassemblyLimits limits;  ///< max_message is the max-size of our SDP
  bool pass_on = false;     ///< content is told as it comes, not as whole messages
  /// The end of each message waits for answer(): until its owner has it safe, the peer gets neither 200 nor
  /// success report for the last chunk.
  bool hold_answers = false;
  std::optional<body::SdpChatRoom> chat_room;  ///< what our SDP declares (MSRP-160)
  /// NICKNAME is told, and waits for answer(); else it is a method that nobody knows: 501.
  bool takes_nicknames = false;
  /// Who comes with its URI gets a session like this one, told as SessionEntered: the way into a room that no
  /// SDP leads to, for many.
  bool is_door = false;
};

/// The other end, out of its SDP.
struct RemoteEnd {
  /// The whole a=path (MSRP-86). Empty, where there is no SDP and the peer dials: whoever comes first with
  /// the URI of the session, for however long that takes; its path is the From-Path of its first request.
  Path path;
  Types types;
  std::optional<std::uint64_t> max_size;   ///< octets of a message (MSRP-42)
  bool we_dial = false;                    ///< we are the active side (CHAT-35, MSRP-88)
  std::optional<node::StreamTarget> dial;  ///< where, when it is not the first URI of the path or of our
                                           ///< relays: c= and m= under CEMA (CHAT-36)
  std::vector<Fingerprint>
      fingerprints;  ///< of the peer's certificate; empty: an authority vouches (MSRP-90)
  Direction direction = Direction::both;
  std::optional<body::SdpChatRoom> chat_room;  ///< what it declares
};

struct EndpointConfig {
  OutboundOptions outbound;
  std::uint32_t timer_kind = 1;            ///< TimerKey::kind of all its timers
  std::size_t write_ahead = 256 << 10;     ///< octets written to a connection before it has to be drained
  std::uint64_t message_chunk = 64 << 10;  ///< octets of a chunk where one is one WebSocket message
  std::size_t max_sessions = 200'000;
  std::size_t max_connections = 100'000;
  core::Duration bind_time =
      std::chrono::seconds(30);  ///< for a connection that no request has given a session
  core::Duration dial_time = std::chrono::seconds(30);
  core::Duration linger =
      std::chrono::seconds(1);  ///< a connection without sessions is kept so long (MSRP-80)
};

// --- events
/// The session has a connection and a peer: what is sent leaves now. A peer that was faster than its SDP may
/// have been heard before.
struct SessionReady {
  SessionId session;
  node::ConnectionId connection;
};
/// It has none any more, or never got one; nothing more comes of it until start() is called anew (MSRP-83),
/// but its URI is taken until close(). Messages that were not told `sent` have been told `failed` before.
struct SessionLost {
  SessionId session;
  int code = 0;     ///< of the peer: 481, 506 ...; 408: no connection in time; 0: the connection
  std::string why;  ///< for a person
};
struct MessageArrived {
  SessionId session;
  WholeMessage message;      ///< content empty where it was passed on
  std::uint64_t ticket = 0;  ///< where answers are held: what answer() is called with
};
struct ContentArrived {  ///< where content is passed on: in order, each octet once
  SessionId session;
  std::string message_id;
  std::string content_type;
  std::string octets;
};
/// What was told of this message: it was abandoned or refused, or the session has lost its connection.
struct ContentVoid {
  SessionId session;
  std::string message_id;
};
/// Relays have given the session a path, which is its LocalEnd::relays from now on: our SDP names it. Told
/// anew when it has changed; what was told before is void then.
struct RelayReady {
  SessionId session;
  Path relays;  ///< nearest to us first
};
/// Somebody has come to a door. The session is its owner's as if it had opened and started it; SessionReady
/// follows.
struct SessionEntered {
  SessionId door;
  SessionId session;
};
/// What the peer wants to be called in this room; empty: nothing any more. Waits for answer().
struct NicknameAsked {
  SessionId session;
  std::string nickname;
  std::uint64_t ticket = 0;
};
/// What became of use_nickname().
struct NicknameAnswered {
  SessionId session;
  std::string nickname;
  int code = 0;     ///< 200: it is ours; else the old one stays; 408: no answer; 0: the session is lost
  std::string why;  ///< for a person
};
using EndpointEvent = std::variant<SessionReady, SessionLost, MessageArrived, ContentArrived, ContentVoid,
                                   MessageFate, RelayReady, SessionEntered, NicknameAsked, NicknameAnswered>;
using EndpointOutbox = node::Outbox<node::StreamAction, node::ConnectionId, EndpointEvent>;

class Endpoint {
 public:
  /// SAFETY: `random` outlives this.
  Endpoint(EndpointConfig config, core::Random& random);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  /// Errors: too_large when there are too many; malformed when a live session has this URI.
  core::Result<SessionId> open(LocalEnd local);
  /// Asks a relay for a path to this session, before start(): RelayReady, or SessionLost with the code of the
  /// relay, or 408. From then on the connection to that relay carries the session (MSRP-105). After
  /// SessionLost it has to be asked for anew.
  void authorize(core::Instant now, SessionId session, RelayLogin login, EndpointOutbox& out);
  /// The peer is known, now or, with new SDP, anew. Dials where we are active, unless a connection to the
  /// same place is open (MSRP-80); a session whose peer is where it was keeps its connection.
  void start(core::Instant now, SessionId session, RemoteEnd remote, EndpointOutbox& out);
  /// `message` needs neither paths nor, where it wants a new one, an id. What is sent before the session is
  /// ready waits for it. Its Message-ID. Errors: unknown (no such session, it was never started, or it is
  /// lost), refused (the peer does not take this direction, or this message is under way), unsupported (its
  /// type, MSRP-41: that inside of a CPIM is looked at where the content is held), too_large (MSRP-42, or too
  /// much waits), malformed.
  core::Result<std::string> send(core::Instant now, SessionId session, Outgoing message, EndpointOutbox& out);
  /// A source that was dry has something.
  void resume(core::Instant now, SessionId session, EndpointOutbox& out);
  /// Gives a message up (MSRP-40); nothing more is told of it.
  void abort(core::Instant now, SessionId session, const std::string& message_id, EndpointOutbox& out);
  /// Asks the room for a nickname, or with an empty one gives it up (MSRP-163): NicknameAnswered. Errors:
  /// malformed; unknown (no such session, or it is not ready); refused (another is asked for).
  core::Result<void> use_nickname(core::Instant now, SessionId session, const std::string& nickname,
                                  EndpointOutbox& out);
  /// Counts a round, and drops the messages of the session of which nothing has come for so many. The rest of
  /// them is refused.
  void drop_quiet(SessionId session, unsigned rounds, EndpointOutbox& out);
  /// Lets go the answer that was held for a message: 200, or why not; then a repetition of it is told anew.
  /// Or that to NICKNAME.
  void answer(core::Instant now, SessionId session, std::uint64_t ticket, int status, EndpointOutbox& out,
              std::string_view why = {});
  /// Ends it: what has not left is told `failed`, its URI is free, its connection is kept a while for others.
  void close(core::Instant now, SessionId session, EndpointOutbox& out);

  void on_stream(core::Instant now, node::ConnectionId connection, const node::StreamNews& news,
                 EndpointOutbox& out);
  void on_timer(core::Instant now, node::TimerKey key, EndpointOutbox& out);

  std::size_t sessions() const;
  std::size_t connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::msrp
