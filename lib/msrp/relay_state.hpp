#pragma once
// What a relay keeps: its connections, and what comes in on each. Private to the relay's sources: relay.cpp
// (connections come, write, wait and go), relay_forward.cpp (requests are passed on), relay_answers.cpp
// (answers come, or none), relay_auth.cpp (who gets a URI).

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "msrp/decoder.hpp"
#include "msrp/relay.hpp"
#include "msrp/relay_outlet.hpp"
#include "msrp/relay_routes.hpp"

namespace rcs::msrp {

/// When a call is made, and where its effects go.
struct RelayTurn {
  core::Instant now;
  RelayOutbox& out;
  node::Spares* spares = nullptr;  ///< null: none
};

/// A step that was found once, for all requests with the same paths.
struct CachedStep {
  std::string to_path;
  std::string from_path;
  std::uint64_t epoch = 0;  ///< another one: not true any more
  RelayStep step;
};

/// The request that is coming in.
struct Transfer {
  enum class Kind : std::uint8_t { none, forward, auth, ignored };
  Kind kind = Kind::none;
  Head head;            ///< without other headers, but for an AUTH
  std::string lines;    ///< the headers behind the paths, as they came
  std::string to_path;  ///< as it goes on
  std::string from_path;
  std::string own;
  node::ConnectionId next;
  bool begun = false;        ///< a chunk of it was begun there
  std::uint64_t passed = 0;  ///< octets
  /// Octets that wait until a chunk is worth to be begun: at kSmallChunk, or with the end.
  std::string held;
};

struct RelayLink {
  RelayLink(node::ConnectionId id_in, node::StreamKind kind_in, core::Random& random,
            RelayOutlet::Options options)
      : id(id_in), kind(kind_in), outlet(random, options) {}

  node::ConnectionId id;
  node::StreamKind kind;
  std::string place;    ///< that was dialled; empty: it was accepted
  bool open = false;    ///< else it is being dialled
  bool over = false;    ///< or will be when this call ends
  std::string why;      ///< it is
  core::Instant since;  ///< it was dialled or accepted
  core::Instant used;   ///< the last octets, either way
  bool valid = false;   ///< a request was
  std::size_t refusals = 0;

  Decoder decoder{Decoder::Lines::keep};
  Transfer transfer;
  std::vector<CachedStep> steps;             ///< of sessions that take turns
  std::size_t step = 0;                      ///< the last that was used
  std::vector<std::string> uris;             ///< that were handed out on it, by their session ids
  std::optional<core::Instant> next_expiry;  ///< none of them expires before
  std::vector<std::string> learned;          ///< keys

  RelayOutlet outlet;
  std::size_t backlog = 0;  ///< octets written and not yet drained
  core::Instant full_since;
  std::vector<node::ConnectionId> waiting;  ///< who may not send until its queue is short again
  bool paused = false;
  bool touched = false;                ///< in this call
  std::optional<core::Instant> armed;  ///< its timer
};

struct Relay::State {
  State(RelayConfig config_in, core::Random& random_in)
      : config(std::move(config_in)), random(&random_in), digest(config.digest) {}

  // --- relay.cpp
  RelayLink* find(node::ConnectionId id);
  void on_stream(RelayTurn turn, node::ConnectionId id, const node::StreamNews& news);
  void on_timer(RelayTurn turn, RelayLink& link);
  /// Writes what has gathered and ends what is over: last in every call.
  void settle(RelayTurn turn);
  RelayLink* dial(RelayTurn turn, const node::StreamTarget& to);
  /// It will be written, and its timer looked after.
  void touch(RelayLink& link);
  void hang_up(RelayLink& link, std::string why);
  bool is_full(const RelayLink& link) const;
  /// `from` has sent what `to` has to write: it may have to wait.
  void hold_back(RelayTurn turn, RelayLink& from, RelayLink& to);

  // --- relay_forward.cpp
  void on_head(RelayTurn turn, RelayLink& link, const HeadArrived& arrived);
  void on_body(RelayTurn turn, RelayLink& link, std::string_view octets);
  void on_end(RelayTurn turn, RelayLink& link, Flag flag);
  /// Answers a request as its method and Failure-Report want it; the rest of it is ignored.
  void refuse(RelayTurn turn, RelayLink& link, int status, std::string_view comment);
  /// The connection is gone on which it came, or where it went.
  void abandon(RelayTurn turn, RelayLink& link);

  // --- relay_answers.cpp
  void on_response(RelayTurn turn, const Head& head, std::string_view lines, RelayLink& link);
  /// No answer came to this one, and none will.
  void tell_failure(RelayTurn turn, const RelayTransaction& transaction, int status,
                    std::string_view comment);

  // --- relay_auth.cpp
  void on_auth(RelayTurn turn, RelayLink& link);

  RelayConfig config;
  core::Random* random;
  core::DigestServer digest;
  RelayRoutes routes;
  std::unordered_map<node::ConnectionId, std::unique_ptr<RelayLink>> links;
  std::unordered_map<std::string, node::ConnectionId> by_place;
  std::vector<node::ConnectionId> touched;
  std::vector<node::ConnectionId> over;
  std::uint64_t dialled = 0;
  std::string scratch;

 private:
  // --- relay.cpp
  RelayLink& add(RelayTurn turn, node::ConnectionId id, node::StreamKind kind);
  void read(RelayTurn turn, RelayLink& link, std::string_view octets);
  void write(RelayTurn turn, RelayLink& link);
  void relieve(RelayTurn turn, RelayLink& link);
  void end(RelayTurn turn, RelayLink& link);
  void drop_expired(RelayTurn turn, RelayLink& link);
  void arm(RelayTurn turn, RelayLink& link);
  core::Instant next_deadline(const RelayLink& link) const;

  // --- relay_forward.cpp
  core::Result<const RelayStep*> step_of(RelayTurn turn, RelayLink& link, const Head& head);
  core::Result<node::ConnectionId> next_of(RelayTurn turn, const RelayStep& step);
  void learn(RelayLink& link, std::string_view from_path);
  void pass(RelayTurn turn, RelayLink& link, RelayLink& next, std::string_view octets);
  void begin(RelayTurn turn, RelayLink& link, RelayLink& next);

  // --- relay_auth.cpp
  void answer_auth(RelayTurn turn, RelayLink& link, int status, std::string_view comment,
                   std::vector<Header> headers);
  void challenge(RelayTurn turn, RelayLink& link, bool stale);
  void grant(RelayTurn turn, RelayLink& link, const core::DigestAnswer& answer, core::Duration expires,
             std::string_view password);
  RelayedUri* granted(RelayLink& link, const std::string& username);
};

}  // namespace rcs::msrp
