#pragma once
// The numbers that tables, JSON and pictures of the load simulation share: what several replications say
// together. Replications are separate draws of the same model, so their means differ by chance only, and by
// how much is the half width beside them.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/load_run.hpp"

namespace rcs::harness {

inline constexpr std::array<ClientKind, 2> kClientKinds = {ClientKind::standard, ClientKind::open_api};

/// "standard" or "open_api", as in files; and as people say it.
std::string_view name(ClientKind kind);
std::string_view title(ClientKind kind);

/// A mean over replications.
struct Estimate {
  double mean = 0;
  double half_width = 0;  ///< of the 95 % confidence interval; 0 for one replication
};
Estimate estimate(const LoadResult& result, const std::function<double(const LoadOutcome&)>& value);

/// Which messages of a user.
struct DeviceRole {
  const char* name;
  sim::Histogram DeviceLoad::*load;
};
inline constexpr std::array<DeviceRole, 3> kDeviceRoles = {{{"sender", &DeviceLoad::as_sender},
                                                            {"receiver", &DeviceLoad::as_receiver},
                                                            {"total", &DeviceLoad::total}}};

const sim::Histogram& device_load(const LoadOutcome& outcome, ClientKind kind, const DeviceRole& role);
/// The users of all replications in one.
sim::Histogram device_load(const LoadResult& result, ClientKind kind, const DeviceRole& role);
/// Mean messages at an open API user's device over those at a standard user's; 0 where either has none.
double device_ratio(const LoadOutcome& outcome);

using Delays = std::array<sim::Histogram, sim::kKinds> sim::LoadTally::*;
/// The sessions of all replications in one.
sim::Histogram delays(const LoadResult& result, std::size_t kind, Delays which);
std::uint64_t sessions(const LoadResult& result, std::size_t kind);

struct NodeSummary {
  std::string name;
  Estimate messages;
  Estimate per_second;             ///< over the whole length
  std::size_t busiest_minute = 0;  ///< of all replications
  double busiest_per_second = 0;
  std::uint64_t machines = 0;  ///< for the busiest minute; 0 where no capacity is known
};
std::vector<NodeSummary> node_summaries(const LoadResult& result, double node_capacity);

double per_second(std::uint64_t messages_a_minute);
std::uint64_t machines_for(double messages_per_second, double node_capacity);
/// Of the simulated time.
double length_in_seconds(const LoadResult& result);
double to_ms(std::uint64_t micros);

}  // namespace rcs::harness
