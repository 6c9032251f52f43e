#pragma once
// The sessions of one shard as they begin: when, who, to whom. The same for one model and seed whatever then
// becomes of them.

#include <cstdint>

#include "sim/delay_lines.hpp"
#include "sim/load.hpp"

namespace rcs::sim {

struct Session {
  std::uint64_t begin = kNever;  ///< microseconds; kNever: there is none any more
  std::uint64_t sender = 0;
  std::uint64_t receiver = 0;
  std::size_t kind = 0;  ///< see kind_of
};

class Sessions {
 public:
  /// SAFETY: `population`, made of the model's, outlives this.
  Sessions(const LoadModel& model, const Population& population, std::uint32_t shard);
  /// In the order of time.
  Session next();

 private:
  const Population& population_;
  std::uint64_t end_;
  std::uint64_t first_user_;  ///< of the shard's senders
  std::uint64_t users_;
  Arrivals arrivals_;
  core::Random who_;
};

}  // namespace rcs::sim
