#pragma once
// What a network does to a message between two nodes: how long it takes, or that it is lost. Links are made
// as they are first used, each with a random stream of its own, so that traffic on one does not change
// another.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/random.hpp"
#include "core/time.hpp"

namespace rcs::sim {

using core::Duration;
using core::Instant;

struct LinkModel {
  Duration delay_min = std::chrono::milliseconds(5);
  Duration delay_max = std::chrono::milliseconds(5);  ///< uniform between the two; equal: constant
  double loss = 0;                                    ///< of datagrams, 0..1; streams lose nothing
};

class Links {
 public:
  Links(LinkModel model, std::uint64_t seed) : model_(model), seed_(seed) {}

  /// When a datagram sent now arrives; nullopt: it is lost. Datagrams may overtake each other.
  std::optional<Instant> datagram(Instant now, std::string_view from, std::string_view to);
  /// When octets of a stream sent now arrive: never before those sent earlier on the same link.
  Instant stream(Instant now, std::string_view from, std::string_view to);

 private:
  struct Link {
    core::Random random;
    Instant last_arrival{};
  };
  Link& at(std::string_view from, std::string_view to);
  Duration draw_delay(Link& link) const;

  LinkModel model_;
  std::uint64_t seed_;
  std::map<std::pair<std::string, std::string>, Link> links_;
};

}  // namespace rcs::sim
