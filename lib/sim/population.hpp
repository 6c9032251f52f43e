#pragma once
// Who sends to whom: users numbered from 0, each a standard client or one of the open API, and the law by
// which a sender picks a receiver.

#include <cstdint>
#include <memory>

#include "core/random.hpp"

namespace rcs::sim {

class Pairs;

/// Uniform in 0..bound-1 by one multiplication; its bias is below bound / 2^64.
inline std::uint64_t pick(core::Random& random, std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(random.next()) * bound >> 64);
}

/// Ranks 1..n with probability proportional to rank^-exponent, by rejection-inversion (W. Hormann and
/// G. Derflinger, 1996): constant time and no table.
class Zipf {
 public:
  Zipf(std::uint64_t n, double exponent);
  std::uint64_t draw(core::Random& random) const;

 private:
  double integral(double x) const;
  double inverse(double y) const;

  double exponent_;
  double lowest_;   ///< the integral's value that rank 1 begins at
  double highest_;  ///< ... and that rank n ends at
  double squeeze_;
  std::uint64_t n_;
};

struct PopulationConfig {
  std::uint64_t users = 10'000'000;
  double share_open_api = 0.5;  ///< 0..1, the probability of each user
  double zipf_exponent = 0;     ///< of the receivers' popularity; 0: uniform
  std::uint64_t seed = 1;
  /// Of the senders in them; null: of none. Their users are among these.
  std::shared_ptr<const Pairs> pairs{};
};

class Population {
 public:
  explicit Population(const PopulationConfig& config);

  std::uint64_t users() const { return config_.users; }
  /// Behind the open API; else a standard client. The same for one seed, however often it is asked.
  bool is_open_api(std::uint64_t user) const;
  /// Another user than the sender: by the sender's pairs, without any by popularity, whose ranks are spread
  /// over the user numbers.
  std::uint64_t draw_receiver(std::uint64_t sender, core::Random& random) const;

 private:
  std::uint64_t draw_by_popularity(std::uint64_t sender, core::Random& random) const;

  PopulationConfig config_;
  std::uint64_t api_below_;  ///< of a user's hash
  std::uint64_t stride_;     ///< prime to the number of users: rank to user
  Zipf zipf_;
};

}  // namespace rcs::sim
