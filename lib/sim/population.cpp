#include "sim/population.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/result.hpp"
#include "sim/pairs.hpp"

namespace rcs::sim {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t coprime_near(std::uint64_t wish, std::uint64_t n) {
  while (std::gcd(wish, n) != 1) ++wish;
  return wish;
}

}  // namespace

// H(x), the integral of x^-s: (x^(1-s) - 1) / (1 - s), and log x at s = 1.
double Zipf::integral(double x) const {
  const double t = 1 - exponent_;
  const double log_x = std::log(x);
  return std::abs(t) < 1e-9 ? log_x : std::expm1(t * log_x) / t;
}

double Zipf::inverse(double y) const {
  const double t = 1 - exponent_;
  return std::abs(t) < 1e-9 ? std::exp(y) : std::exp(std::log1p(std::max(t * y, -1.0)) / t);
}

Zipf::Zipf(std::uint64_t n, double exponent) : exponent_(exponent), n_(n) {
  RCS_ASSERT(n >= 1 && exponent > 0);
  lowest_ = integral(1.5) - 1.0;
  highest_ = integral(static_cast<double>(n) + 0.5);
  squeeze_ = 2 - inverse(integral(2.5) - std::pow(2.0, -exponent));
}

std::uint64_t Zipf::draw(core::Random& random) const {
  for (;;) {
    const double y = highest_ + random.unit() * (lowest_ - highest_);
    const double x = inverse(y);
    const auto rank = std::clamp<double>(std::floor(x + 0.5), 1, static_cast<double>(n_));
    if (rank - x <= squeeze_ || y >= integral(rank + 0.5) - std::pow(rank, -exponent_))
      return static_cast<std::uint64_t>(rank);
  }
}

Population::Population(const PopulationConfig& config)
    : config_(config),
      api_below_(config.share_open_api >= 1 ? UINT64_MAX
                                            : static_cast<std::uint64_t>(config.share_open_api * 0x1.0p64)),
      stride_(coprime_near(config.users / 2 + config.users / 8 + 1, config.users)),
      zipf_(config.users, config.zipf_exponent > 0 ? config.zipf_exponent : 1.0) {
  RCS_ASSERT(config.pairs == nullptr || config.pairs->last_user() < config.users);
  RCS_ASSERT(config.users >= 2 && config.share_open_api >= 0 && config.share_open_api <= 1);
}

bool Population::is_open_api(std::uint64_t user) const {
  if (api_below_ == UINT64_MAX) return true;
  return mix(user + 0x9e3779b97f4a7c15ULL * (config_.seed + 1)) < api_below_;
}

std::uint64_t Population::draw_receiver(std::uint64_t sender, core::Random& random) const {
  if (config_.pairs != nullptr && config_.pairs->has(sender)) return config_.pairs->draw(sender, random);
  return draw_by_popularity(sender, random);
}

std::uint64_t Population::draw_by_popularity(std::uint64_t sender, core::Random& random) const {
  if (config_.zipf_exponent <= 0) {
    const auto other = pick(random, config_.users - 1);
    return other < sender ? other : other + 1;
  }
  for (;;) {
    const auto rank = zipf_.draw(random) - 1;
    __extension__ using Wide = unsigned __int128;
    const auto user = static_cast<std::uint64_t>(static_cast<Wide>(rank) * stride_ % config_.users);
    if (user != sender) return user;
  }
}

}  // namespace rcs::sim
