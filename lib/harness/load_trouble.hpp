#pragma once
// What loss and busy nodes did to the sessions of a load simulation: how many succeeded, what was sent again,
// how long messages waited. Empty at flow fidelity, which knows neither.

#include <optional>
#include <string>
#include <vector>

#include "harness/load_tables.hpp"

namespace rcs::harness {

/// Of all replications, sessions of one kind.
struct SessionFates {
  std::size_t kind = 0;
  std::uint64_t sessions = 0;
  std::uint64_t answered = 0;   ///< the sender's device was told of success
  std::uint64_t delivered = 0;  ///< the text came to the receiver's device
  std::uint64_t refused = 0;    ///< not answered: a node had no room
  std::uint64_t timed_out = 0;  ///< not answered: a request or its answer was lost too often
};
std::vector<SessionFates> session_fates(const LoadResult& result);

/// Of all replications, a node whose work takes time.
struct NodeWork {
  std::string name;
  std::uint32_t workers = 0;  ///< of each site
  double utilisation = 0;     ///< share of the time that its workers were busy
  sim::Histogram waits;       ///< microseconds
  std::uint64_t longest_queue = 0;
  std::uint64_t refused = 0;
};
std::vector<NodeWork> node_works(const LoadResult& result);

std::uint64_t repeats(const LoadResult& result);
std::uint64_t lost(const LoadResult& result);

/// Those of them that have rows.
std::vector<LoadTable> trouble_tables(const LoadResult& result);

}  // namespace rcs::harness
