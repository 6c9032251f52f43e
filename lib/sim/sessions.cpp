#include "sim/sessions.hpp"

#include <string>

namespace rcs::sim {
namespace {

std::uint64_t first_user(const LoadModel& model, std::uint64_t shard) {
  return model.population.users * shard / model.shards;
}

}  // namespace

Sessions::Sessions(const LoadModel& model, const Population& population, std::uint32_t shard)
    : population_(population),
      end_(static_cast<std::uint64_t>(model.length.count() / 1000)),
      first_user_(first_user(model, shard)),
      users_(first_user(model, std::uint64_t{shard} + 1) - first_user_),
      arrivals_(model.mean_per_day * static_cast<double>(users_), model.profile,
                core::Random(model.seed, std::to_string(shard), "arrivals")),
      who_(model.seed, std::to_string(shard), "who") {}

Session Sessions::next() {
  if (users_ == 0) return {};
  Session out;
  out.begin = arrivals_.next();
  if (out.begin >= end_) {
    users_ = 0;
    return {};
  }
  out.sender = first_user_ + pick(who_, users_);
  out.receiver = population_.draw_receiver(out.sender, who_);
  out.kind = kind_of(population_.is_open_api(out.sender), population_.is_open_api(out.receiver));
  return out;
}

}  // namespace rcs::sim
