#pragma once
// OPTIONS that somebody else than the client answers: which of them wait, for whom and how long (CAP-40,
// CAP-41). What is told of the contact that asks, and the form of every answer, are inquiries.cpp's.

#include <cstddef>
#include <cstdint>
#include <map>

#include "chat/agent_state.hpp"

namespace rcs::chat {

/// That wait at one time, of one user: more contacts than ask within the few seconds that one waits. Others
/// are answered at once.
inline constexpr std::size_t kHeldQueriesPerUser = 64;
/// Of all users: some 5 KB each, their requests being kept.
inline constexpr std::size_t kMaxHeldQueries = 5'000;

struct Agent::State::HeldQueries {
  explicit HeldQueries(State& owner) : state(owner) {}

  void hold(Step& step, const HoldQueries& command);
  void answer(Step& step, const AnswerQuery& command);
  /// An OPTIONS of `asker` to `user`: true when it waits from now on, for QueryArrived has been told.
  bool take(Step& step, const sip::RequestArrived& event, UserId user, const sip::Uri& asker);
  void on_timer(Step& step, QueryId query);
  /// The user has left: under this id nobody is asked for it any more.
  void forget(UserId user) { holding.erase(user); }

  struct Held {
    UserId user;
    sip::ServerTxnId txn;
    sip::Message request;
  };
  using Place = std::map<QueryId, Held>::iterator;
  void finish(Step& step, Place place, const ServiceSet& services);
  /// Long before the asker gives up (64*T1): 4 s.
  Duration patience() const { return 8 * state.config.timers.t1; }

  State& state;  ///< SAFETY: it owns this
  std::uint64_t last = 0;
  std::map<UserId, std::size_t> holding;  ///< whose queries are held, and how many of them wait
  std::map<QueryId, Held> waiting;
};

}  // namespace rcs::chat
