#pragma once
// What became of the sessions of a live load, as numbers. Every time is taken from the moment a session was
// meant to begin, not from when the generator got round to it: else a stall that holds the generator up would
// hide the waiting of all who should have come in it (coordinated omission). The times from the sending stand
// beside it, so that the difference shows. Who never got an answer counts with the time waited so far, which
// is a lower bound. Pure.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace rcs::harness {

/// What is waited for, from the beginning of a session.
enum class LiveMark : std::uint8_t {
  answered,  ///< the POST's 200 at the sender
  invited,   ///< the event `initiate`, with the text, at the receiver
  accepted,  ///< the event `accepted` at the sender
};
inline constexpr std::array<LiveMark, 3> kLiveMarks = {LiveMark::answered, LiveMark::invited,
                                                       LiveMark::accepted};
/// "answered", "initiate", "accepted".
std::string_view name(LiveMark mark);

/// One session; times from the beginning of the run.
struct LiveSession {
  std::uint64_t sender = 0;  ///< the population's number
  std::uint64_t receiver = 0;
  core::Duration intended{};
  std::optional<core::Duration> sent{};                                    ///< the POST left the generator
  std::array<std::optional<core::Duration>, kLiveMarks.size()> reached{};  ///< by LiveMark
  std::optional<core::Duration> over{};                                    ///< everything reached, or failed
  std::string failure{};  ///< "POST 429 rate-limited" ...; empty: none
  bool waited = false;    ///< failed because nothing came in time: its waiting times are lower bounds

  bool has(LiveMark mark) const { return reached[static_cast<std::size_t>(mark)].has_value(); }
  bool completed() const {
    return has(LiveMark::answered) && has(LiveMark::invited) && has(LiveMark::accepted);
  }
};

/// The whole run as the generator saw it.
struct LiveRun {
  std::vector<LiveSession> sessions;  ///< as planned, the earliest first
  core::Duration window{};            ///< in which they were to begin
  std::size_t users = 0;              ///< with an open event channel
  std::size_t broken_channels = 0;    ///< event channels that broke during the run, each time
  std::string channel_trouble;        ///< of the first
  bool out_of_connections = false;    ///< the generator could not open as many as the load needs
  bool stopped = false;               ///< by the user
};

/// A time waited.
struct Waited {
  core::Duration time{};
  bool unanswered = false;  ///< at least so long
};

struct LatencyQuantile {
  core::Duration time{};
  bool at_least = false;  ///< some who never got an answer are below it: the true one may lie above
};

inline constexpr std::array<double, 5> kLatencyShares = {0.5, 0.9, 0.99, 0.999, 1};
inline constexpr std::array<std::string_view, 5> kLatencyNames = {"p50", "p90", "p99", "p99.9", "max"};

/// Exact: every time is kept. Without times all is 0.
struct Latency {
  Latency() = default;
  explicit Latency(std::vector<Waited> times);
  /// The least time that at least the share `p` (0..1) of all do not exceed.
  LatencyQuantile quantile(double p) const;

  std::vector<Waited> sorted;  ///< rising; equal ones: those that were answered first
  std::size_t unanswered = 0;

 private:
  std::size_t first_unanswered_ = 0;  ///< in `sorted`; its size where all were answered
};

/// How late the generator was with the sending.
struct Lateness {
  core::Duration bound{};   ///< a session sent later than that is late
  std::size_t late = 0;     ///< so many were
  std::size_t allowed = 0;  ///< ... and so many may be
  core::Duration median{};
  core::Duration p99{};
  core::Duration worst{};
};
inline constexpr std::size_t kOneLateOf = 1'000;  ///< one session in so many may be late

struct LiveTally {
  std::size_t planned = 0;
  std::size_t begun = 0;
  std::size_t completed = 0;
  std::size_t failed = 0;
  std::map<std::string, std::size_t> failures;  ///< what happened, how often
  /// By LiveMark. Of sessions that got so far or never had an answer; those that were refused are failures
  /// only.
  std::array<Latency, kLiveMarks.size()> from_intended;
  std::array<Latency, kLiveMarks.size()> from_sent;
  Lateness lateness;
  double offered_per_second = 0;  ///< in the window
  double begun_per_second = 0;    ///< in the window, or up to the last one begun where that is later
  double completed_per_second =
      0;                ///< ... up to the last one completed: what a gateway with too much carries
  std::string invalid;  ///< why the run says nothing about the gateway; empty: it is valid

  bool valid() const { return invalid.empty(); }
};

LiveTally tally_live_load(const LiveRun& run, core::Duration late_bound);

/// A part of the window: the latencies of the sessions that were to begin in it, to the last mark.
struct LatencySlice {
  core::Duration begin{};
  core::Duration end{};
  Latency accepted;
};
/// Equal slices, at most `most` of them and not so many that a slice would have few sessions.
std::vector<LatencySlice> slice_live_load(const LiveRun& run, std::size_t most);

}  // namespace rcs::harness
