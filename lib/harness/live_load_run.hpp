#pragma once
// The generator of a load against a live gateway: opens an event channel for every user who will take part,
// then begins each chat when its schedule says, whatever became of those before (an open loop): the sender's
// POST, the event `initiate` at the receiver, who accepts by a PUT, and `accepted` at the sender. Only the
// public HTTP API is used.

#include <cstddef>
#include <functional>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"
#include "harness/event_stream.hpp"
#include "harness/live_load_tally.hpp"
#include "net/loop.hpp"
#include "sim/load.hpp"

namespace rcs::harness {

struct LiveLoadOptions {
  std::string url;       ///< of the gateway: http://HOST[:PORT]
  sim::LoadModel model;  ///< see make_live_schedule
  double speed = 1;      ///< virtual seconds in a real one
  EventTransport transport = EventTransport::poll;
  std::string token;  ///< good for every user; empty: dev-<RCS ID>
  /// Beyond which a session was sent too late to say anything about the gateway.
  core::Duration late_bound = std::chrono::milliseconds(10);
  core::Duration timeout = std::chrono::seconds(60);  ///< a session that is not through then has failed
};

struct LiveProgress {
  std::size_t users = 0;
  std::size_t users_open = 0;  ///< less than `users`: their event channels are being opened
  std::size_t planned = 0;
  std::size_t begun = 0;
  std::size_t completed = 0;
  std::size_t failed = 0;
};

/// The RCS ID of a user of the population: eleven digits that no public number has.
std::string live_user_id(std::uint64_t user);

/// Runs all of it. `on_progress` is called some ten times a second; false stops the run. Errors: malformed
/// (the URL, the model), too_large (more users than this process may open connections for), and, while the
/// channels are opened, what the gateway or the network said: unreachable, refused, timed_out.
core::Result<LiveRun> run_live_load(net::Loop& loop, const LiveLoadOptions& options,
                                    const std::function<bool(const LiveProgress&)>& on_progress);

}  // namespace rcs::harness
