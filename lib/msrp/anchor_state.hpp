#pragma once
// What an anchor keeps: its sessions with their two legs, its connections, and which leg is bound to which.
// Private to the anchor's sources: anchor.cpp (what its owner asks, and the time), anchor_sessions.cpp
// (sessions begin, find their connections and end), anchor_links.cpp (connections come, write, wait and go),
// anchor_forward.cpp (what comes in is passed on).

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text.hpp"
#include "msrp/anchor.hpp"
#include "msrp/anchor_lane.hpp"
#include "msrp/decoder.hpp"
#include "msrp/offer.hpp"

namespace rcs::msrp {

/// When a call is made, and where its effects go.
struct AnchorTurn {
  core::Instant now;
  AnchorOutbox& out;
};

struct AnchorSession;

/// One side of a session: we are its peer's peer.
struct AnchorLeg {
  AnchorLeg(AnchorSession& session_in, AnchorSide side_in, ListeningAt at_in, core::Random& random,
            std::uint64_t message_chunk);

  bool is_web() const { return node::has_messages(at.kind); }
  AnchorLeg& opposite() const;

  AnchorSession* session;
  AnchorSide side;
  ListeningAt at;
  LocalEnd local;
  std::string own_uri;
  std::string resource;             ///< of a WebSocket; empty: it is none
  std::optional<RemoteEnd> remote;  ///< once its SDP was taken
  std::string peer_path;            ///< as text
  bool dials = false;               ///< nobody is taken who comes by himself
  node::ConnectionId link;          ///< that carries it, or will when it is open; 0: none
  AnchorLane lane;                  ///< to its peer
  bool holds = false;               ///< its opposite's connection is not read, for the lane is full
  bool touched = false;             ///< in this call
};

struct AnchorSession {
  AnchorSession(AnchorSessionId id_in, ListeningAt in, ListeningAt out, core::Random& random,
                std::uint64_t message_chunk);

  AnchorSessionId id;
  std::array<AnchorLeg, 2> legs;
  bool answered = false;
  bool up = false;
};

/// Of requests to several peers on one connection (MSRP-141).
struct AnchorTransaction {
  const AnchorLeg* leg = nullptr;
  core::Instant until;
};

struct AnchorLink {
  node::ConnectionId id;
  node::StreamKind kind = node::StreamKind::tcp;
  std::string place;        ///< that was dialled; empty: it was accepted
  std::string certificate;  ///< of the peer, DER
  bool open = false;        ///< else it is being dialled
  bool over = false;        ///< or will be when this call ends
  std::string why;          ///< it is
  core::Instant since;      ///< it was accepted

  std::vector<AnchorLeg*> legs;  ///< bound to it, in the order they were
  Decoder decoder{Decoder::Lines::keep};
  AnchorLeg* reading = nullptr;  ///< whose peer's message is coming in and passed on; null: nobody wants it

  AnchorLeg* writing = nullptr;   ///< whose message is written and not at its end
  std::size_t next_leg = 0;       ///< whose turn it is then
  std::vector<std::string> owed;  ///< answers of our own, whole, and what legs that have gone had left
  std::size_t owed_octets = 0;
  std::size_t backlog = 0;    ///< octets written and not yet drained
  core::Instant full_since;   ///< it has to be drained before more is written
  core::Instant turn_since;   ///< of `writing`
  std::size_t held_back = 0;  ///< so many full lanes keep us from reading it
  std::unordered_map<std::string, AnchorTransaction> transactions;  ///< while it carries several legs
  bool touched = false;                                             ///< in this call
  std::optional<core::Instant> armed;                               ///< its timer
};

struct Anchor::State {
  State(AnchorConfig config_in, core::Random& random_in) : config(std::move(config_in)), random(&random_in) {}

  // --- anchor_sessions.cpp
  core::Result<Offered> take_offer(AnchorTurn turn, const body::Sdp& offer, ListeningAt in, ListeningAt out);
  core::Result<body::Sdp> take_answer(AnchorTurn turn, AnchorSession& session, const body::Sdp& answer);
  AnchorSession* find(AnchorSessionId id);
  /// Who comes on an accepted connection may have this leg.
  bool is_awaited(const AnchorLeg& leg, const AnchorLink& link) const;
  /// False: the peer is not who it has to be, and the session has failed.
  bool bind(AnchorTurn turn, AnchorLeg& leg, AnchorLink& link);
  /// The connection is open. False: as bind().
  bool greet(AnchorTurn turn, AnchorLeg& leg, AnchorLink& link);
  void look_whether_up(AnchorTurn turn, AnchorSession& session);
  void fail(AnchorTurn turn, AnchorSession& session, std::string why);
  /// Nothing of it is left but what its lanes have to write yet.
  void finish(AnchorTurn turn, AnchorSession& session);
  void on_session_time(AnchorTurn turn, AnchorSession& session);

  // --- anchor_links.cpp
  AnchorLink* find(node::ConnectionId id);
  void on_stream(AnchorTurn turn, node::ConnectionId id, const node::StreamNews& news);
  void on_link_time(AnchorTurn turn, AnchorLink& link);
  /// Null: there are too many.
  AnchorLink* dial(AnchorTurn turn, const node::StreamTarget& to);
  void unbind(AnchorTurn turn, AnchorLeg& leg);
  void hang_up(AnchorLink& link, std::string why);
  /// It has something to write, or its timer may have to move.
  void touch(AnchorLink& link);
  void touch(AnchorLeg& leg);
  void owe(AnchorLink& link, std::string whole);
  /// Writes what has gathered, holds back whom it is too much of, and ends what is over: last in every call.
  void settle(AnchorTurn turn);

  // --- anchor_forward.cpp
  void read(AnchorTurn turn, AnchorLink& link, std::string_view octets);
  /// Answers a request as its method and Failure-Report want it; the rest of it is ignored.
  void refuse(AnchorLink& link, const Head& request, int status, std::string_view comment);
  /// What is coming in on the leg's connection has nowhere to go any more.
  void give_up_reading(AnchorLeg& leg);
  /// Its connection is lost: tells the other peer, where that can not know it (MSRP-142).
  void tell_loss(AnchorLeg& lost);

  node::TimerKey timer_of(AnchorSessionId id) const { return {config.timer_kind, 2 * id.value + 1}; }
  node::TimerKey timer_of(node::ConnectionId id) const { return {config.timer_kind, 2 * id.value}; }

  AnchorConfig config;
  core::Random* random;
  std::unordered_map<AnchorSessionId, std::unique_ptr<AnchorSession>> sessions;
  std::unordered_map<std::string, AnchorLeg*, core::TextHash, std::equal_to<>> by_session_id;
  std::unordered_map<std::string, AnchorLeg*, core::TextHash, std::equal_to<>> by_resource;
  std::unordered_map<node::ConnectionId, std::unique_ptr<AnchorLink>> links;
  std::unordered_map<std::string, node::ConnectionId> by_place;
  std::vector<AnchorLeg*> touched_legs;  ///< null: its session has gone
  std::vector<node::ConnectionId> touched;
  std::vector<node::ConnectionId> over;
  std::uint64_t last_session = 0;
  std::uint64_t dialled = 0;

 private:
  // --- anchor_sessions.cpp
  void connect(AnchorTurn turn, AnchorLeg& leg);
  AnchorLink* reusable(const AnchorLeg& leg, const node::StreamTarget& target);

  // --- anchor_links.cpp
  AnchorLink& add(AnchorTurn turn, node::ConnectionId id, node::StreamKind kind);
  void accept(AnchorTurn turn, node::ConnectionId id, const node::Accepted& accepted);
  void on_opened(AnchorTurn turn, AnchorLink& link, const std::string& certificate);
  /// All sessions on it are over.
  void drop(AnchorTurn turn, AnchorLink& link, const std::string& why);
  bool others_wait(const AnchorLink& link) const;
  void put(AnchorTurn turn, AnchorLink& link, std::vector<node::Write> writes);
  void write(AnchorTurn turn, AnchorLink& link);
  void write_owed(AnchorTurn turn, AnchorLink& link);
  void look_at_hold(AnchorTurn turn, AnchorLeg& leg);
  void arm(AnchorTurn turn, AnchorLink& link);

  // --- anchor_forward.cpp
  void on_head(AnchorTurn turn, AnchorLink& link, const HeadArrived& arrived);
  void on_response(AnchorLink& link, AnchorLeg& leg, const HeadArrived& arrived);
  AnchorLeg* addressed(const AnchorLink& link, std::string_view to_path);
  std::string id_towards(AnchorTurn turn, AnchorLeg& to, const Head& head);
};

}  // namespace rcs::msrp
