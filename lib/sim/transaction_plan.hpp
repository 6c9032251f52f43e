#pragma once
// The flows of a load model as tables for its transaction fidelity, inside the room: what each hop is to the
// transactions, what its arrival sets off, which hop it repeats or stops, and after how long anything
// happens.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "sim/delay.hpp"
#include "sim/load.hpp"
#include "sim/population.hpp"

namespace rcs::sim {

inline constexpr std::int32_t kNone = -1;

/// A span of time: constant ones have a line of their own (see DelayLines), random ones are drawn.
struct Span {
  std::uint32_t micros = 0;
  std::uint16_t line = 0;
  std::int16_t law = -1;  ///< index into TransactionPlan::laws; -1: constant
};

struct PlanHop {
  Part part = Part::plain;
  Mark mark = Mark::none;
  std::uint8_t kind = 0;
  bool datagram = false;
  bool failure = false;    ///< final response of an error
  bool repeats = false;    ///< final response to an INVITE that is sent again until it is acknowledged
  std::uint8_t drops = 0;  ///< so many of its sendings are lost on purpose
  bool counted = false;    ///< by the model's rule
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint16_t local = 0;  ///< its place in a session's flags
  Span link;
  Span wait;  ///< between its cause and its sending

  // Other hops of the same flow; kNone where there is none.
  std::int32_t cause = kNone;
  std::int32_t request = kNone;        ///< of a response: what it answers
  std::int32_t acknowledges = kNone;   ///< of an ACK: the response whose repetition it ends when it arrives
  std::int32_t stream_before = kNone;  ///< the one on the same stream that it can not overtake
  std::int32_t on_failure = kNone;     ///< of a request: the error response
  std::int32_t failure_ack = kNone;    ///< of an error response to an INVITE: its ACK
  std::uint32_t first_child = 0;       ///< into TransactionPlan::children
  std::uint32_t first_response = 0;    ///< into TransactionPlan::responses
  std::uint16_t children = 0;
  std::uint16_t responses = 0;
};

struct PlanNode {
  std::uint32_t workers = 0;
  std::uint32_t queue = UINT32_MAX;
  Span service;
};

struct TransactionPlan {
  explicit TransactionPlan(const LoadModel& model);

  const LoadModel& model;
  Population population;
  std::vector<PlanHop> hops;  ///< of the four flows, then those of failure_hops()
  std::vector<std::uint32_t> children;
  std::vector<std::uint32_t> responses;
  std::array<std::vector<std::uint32_t>, kKinds> roots;  ///< what a session's beginning sets off
  std::size_t flags = 0;                                 ///< places for hops in a session
  std::vector<PlanNode> nodes;                           ///< by actor
  std::vector<DelayTable> laws;
  std::size_t lines = 0;
  // From one sending to the next (RFC 3261 17.1.1.2, 17.1.2.2, 13.3.1.4); after the last one there is none.
  std::vector<Span> gaps_of_invite;  ///< timer A
  std::vector<Span> gaps;            ///< timers E and G, and of a 2xx: up to T2
  Span give_up;                      ///< timers B and F: 64*T1

 private:
  Span constant(Duration duration);
  Span span(const DelayModel& delay);
  std::int16_t law(const DelayModel& delay);
  void add_flow(std::size_t kind);
  void add_failures();
  void link_hops(std::size_t kind, std::size_t first);
  std::vector<Span> gaps_up_to(Duration longest);

  std::map<std::uint64_t, std::uint16_t> line_of_;  ///< by microseconds
  std::vector<DelayModel> law_models_;
};

}  // namespace rcs::sim
