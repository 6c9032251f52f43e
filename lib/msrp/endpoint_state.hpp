#pragma once
// What an endpoint keeps: its sessions, its connections, and which is bound to which. Private to the
// endpoint's sources: endpoint.cpp (what its owner asks), endpoint_sessions.cpp (sessions find and lose
// connections), endpoint_relays.cpp (they get a path through relays), endpoint_rooms.cpp (doors and
// nicknames), endpoint_connections.cpp (connections come, write, wait and go), endpoint_requests.cpp (what
// comes in).

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text.hpp"
#include "msrp/decoder.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/reports.hpp"

namespace rcs::msrp {

/// When a call is made, and where its effects go.
struct Turn {
  core::Instant now;
  EndpointOutbox& out;
  node::Spares* spares = nullptr;  ///< null: none
};

/// Content that a session passes on, as events.
class Passing : public Reassembly::Sink {
 public:
  explicit Passing(SessionId session) : session_(session) {}
  void on_content(const std::string& message_id, std::string_view octets) override {
    out->emit(ContentArrived{session_, message_id, content_type, std::string(octets)});
  }
  void on_void(const std::string& message_id) override { out->emit(ContentVoid{session_, message_id}); }

  EndpointOutbox* out = nullptr;  ///< SAFETY: of the call that reassembly is in
  std::string content_type;       ///< of the chunk that is being read

 private:
  SessionId session_;
};

/// Answers of one session: a peer seldom has ten messages under way.
inline constexpr std::size_t kMaxHeld = 1024;

/// The answer to a message whose owner has not said yet whether it has it safe, or to a NICKNAME, then
/// without a Message-ID.
struct HeldAnswer {
  std::string message_id;
  node::ConnectionId connection;  ///< where it came
  Reports reports;                ///< about the chunk that waits for it
  ChunkEnd end;                   ///< without the content
};

/// A NICKNAME of ours that waits for its answer.
struct Naming {
  std::string transaction_id;
  std::string nickname;
  core::Instant deadline;
};

struct Session {
  Session(SessionId id_in, LocalEnd local_in);

  SessionId id;
  LocalEnd local;
  std::string own_uri;               ///< as text: From-Path of what we send
  std::optional<RemoteEnd> remote;   ///< once it was started
  std::string peer_path;             ///< To-Path of what we send
  node::ConnectionId connection;     ///< that carries it, or will when it is open; 0: none
  bool ready = false;                ///< told so
  bool lost = false;                 ///< told so, and not started anew
  bool expected = false;             ///< its peer has to come by itself, and a timer runs
  std::optional<RelayClient> relay;  ///< where a relay was asked for a path
  bool heard = false;                ///< its peer has sent something through the relay
  std::string opening;               ///< Message-ID of the bodiless SEND that bound it (MSRP-81)
  std::list<Outgoing> waiting;       ///< for its connection
  std::uint64_t waiting_octets = 0;
  Passing passing;
  Reassembly reassembly;
  std::map<std::uint64_t, HeldAnswer> held;  ///< by their tickets
  std::optional<Naming> naming;

  bool may_send() const;
  bool may_receive() const;
  /// To-Path of what is sent, where the peer's path is known.
  void set_peer_path();
  /// What is sent now would lead nowhere: the relay has given no path yet, or the peer, who has to begin, has
  /// not (MSRP-82).
  bool waits_for_path() const { return relay && (local.relays.empty() || (!remote->we_dial && !heard)); }
  bool dials() const { return remote->we_dial || !local.relays.empty(); }
  /// Whether it is the peer itself that our connection ends at, and has to show the certificate of its SDP.
  bool checks_fingerprint() const;
};

struct Connection {
  Connection(node::ConnectionId id_in, node::StreamKind kind_in, core::Random& random,
             const OutboundOptions& options)
      : id(id_in), kind(kind_in), outbound(random, options), reports(random) {}

  node::ConnectionId id;
  node::StreamKind kind;
  std::string place;        ///< that was dialled; empty: it was accepted
  std::string certificate;  ///< of the peer, DER
  bool open = false;        ///< else it is being dialled
  bool ended = false;       ///< for us; only the call that ended it may still look at it
  std::map<SessionId, Session*> sessions;
  std::optional<core::Instant> deadline;         ///< until it has to be open, bound or in use
  std::size_t asking = 0;                        ///< of its sessions, that wait for an answer of a relay
  std::optional<core::Instant> auth_deadline;    ///< of the first that does, or asks again
  std::optional<core::Instant> naming_deadline;  ///< of the first session that waits for a nickname
  std::optional<core::Instant> armed;            ///< its timer
  std::size_t in_flight = 0;                     ///< octets written since it was last drained
  Decoder decoder;
  Outbound outbound;
  Reports reports;             ///< about the request that is being read
  Session* reading = nullptr;  ///< whose SEND that is; null: nobody wants its body
  std::string owed;            ///< responses and REPORTs of this call
};

struct Endpoint::State {
  State(EndpointConfig config_in, core::Random& random_in)
      : config(std::move(config_in)), random(&random_in) {}

  // --- endpoint_sessions.cpp
  Session* find(SessionId id);
  void start(Turn turn, Session& session, RemoteEnd remote);
  core::Result<std::string> send(Turn turn, Session& session, Outgoing message);
  void abort(Turn turn, Session& session, const std::string& message_id);
  void close(Turn turn, Session& session);
  void attach(Turn turn, Session& session, Connection& connection);
  /// It has a connection and a peer: tells so, and what waited may leave. False: the peer is not who it has
  /// to be, and the connection has ended.
  bool make_ready(Turn turn, Session& session, Connection& connection);
  /// Takes it off its connection, which tells the end of its messages.
  void detach(Turn turn, Session& session, std::string_view why);
  void lose(Turn turn, Session& session, int code, std::string_view why);

  // --- endpoint_relays.cpp
  void authorize(Turn turn, Session& session, RelayLogin login);
  void begin_auth(Turn turn, Session& session, Connection& connection);
  /// False: it answers no AUTH.
  bool on_auth_response(Turn turn, Connection& connection, const Head& response);
  void on_auth_time(Turn turn, Connection& connection);
  /// Its peer sends: what waited for that goes on. False: as make_ready.
  bool hear(Turn turn, Session& session, Connection& connection, const Head& head);

  // --- endpoint_rooms.cpp
  core::Result<void> use_nickname(Turn turn, Session& session, const std::string& nickname);
  /// False: it answers no NICKNAME.
  bool on_nickname_response(Turn turn, Connection& connection, const Head& response);
  void on_nickname_time(Turn turn, Connection& connection);
  /// No answer will come any more.
  void end_naming(Turn turn, Session& session, Connection& connection, std::string_view why);

  // --- endpoint_connections.cpp
  Connection* find(node::ConnectionId id);
  void dial(Turn turn, Session& session);
  /// A connection there carries the session, one that is open or a new one; null: there is none to be had,
  /// and the session is lost.
  Connection* connect(Turn turn, Session& session, node::StreamTarget target);
  void accept(Turn turn, node::ConnectionId id, const node::Accepted& accepted);
  void on_opened(Turn turn, Connection& connection, std::string certificate);
  /// Writes what there is to write as far as may be, and sees to its timer: once, at the end of every call.
  void settle(Turn turn, Connection& connection);
  void on_timer(Turn turn, node::TimerKey key);
  void on_deadline(Turn turn, Connection& connection);
  /// It is gone, or will be: all its sessions are lost.
  void end(Turn turn, Connection& connection, int code, std::string_view why);
  void hang_up(Turn turn, Connection& connection, int code, std::string_view why);
  /// What became of its messages, and which sessions that ends.
  void tell_fates(Turn turn, Connection& connection);

  // --- endpoint_requests.cpp
  void read(Turn turn, Connection& connection, std::string_view octets);
  void answer(Turn turn, Session& session, std::uint64_t ticket, int status, std::string_view why);

  node::TimerKey timer_of(SessionId id) const { return {config.timer_kind, 2 * id.value + 1}; }
  node::TimerKey timer_of(node::ConnectionId id) const { return {config.timer_kind, 2 * id.value}; }

  EndpointConfig config;
  core::Random* random;
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions;
  std::unordered_map<std::string, Session*, core::TextHash, std::equal_to<>> by_session_id;
  std::unordered_map<node::ConnectionId, std::unique_ptr<Connection>> connections;
  std::unordered_map<std::string, Connection*> by_place;  ///< the last that was dialled there
  std::vector<std::unique_ptr<Connection>> ended;         ///< in this call
  std::uint64_t last_session = 0;
  std::uint64_t last_dial = 0;
  std::uint64_t last_ticket = 0;

 private:
  // --- endpoint_sessions.cpp
  core::Result<void> check(const Session& session, const Outgoing& message) const;
  core::Result<void> wait(Session& session, Outgoing message) const;
  void expect_peer(Turn turn, Session& session);
  void fail_waiting(Turn turn, Session& session, std::string_view why);

  // --- endpoint_relays.cpp
  void take_relay_events(Turn turn, Session& session);
  void look_at_auths(Connection& connection) const;

  // --- endpoint_rooms.cpp
  /// The session that a door has for this connection; null: none yet.
  static Session* entered(const Connection& connection, const Session& door);
  /// A new one; null: there are too many.
  Session* enter(Turn turn, const Session& door);
  void on_nickname(Turn turn, Connection& connection, const HeadArrived& arrived);
  static void look_at_namings(Connection& connection);

  // --- endpoint_connections.cpp
  Connection& add(node::ConnectionId id, node::StreamKind kind);
  Connection* reusable(const Session& session, const std::string& place);
  void write(Turn turn, Connection& connection);
  void arm(Turn turn, Connection& connection);

  // --- endpoint_requests.cpp
  void on_head(Turn turn, Connection& connection, const HeadArrived& arrived);
  void on_report(Turn turn, Connection& connection, const Head& report);
  void on_send(Turn turn, Connection& connection, const Head& head);
  bool bind(Turn turn, Session& session, Connection& connection, const Head& head);
  void on_body(Turn turn, Connection& connection, std::string_view octets);
  void on_end(Turn turn, Connection& connection, Flag flag);
  void on_whole(Turn turn, Connection& connection, Session& session, ChunkEnd end);
  bool is_held(Session& session, Connection& connection, Flag flag);
  /// Whom a request is for.
  struct Addressed {
    Session* session = nullptr;
    int status = 0;  ///< why nobody is
  };
  Addressed addressee(const Connection& connection, const std::string& to_path);
};

}  // namespace rcs::msrp
