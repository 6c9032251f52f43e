#pragma once
// What a network does to a message between two nodes: how long it takes, or that it is lost. Links are made
// as they are first used, each with a random stream of its own, so that traffic on one does not change
// another.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/random.hpp"
#include "core/time.hpp"
#include "sim/delay.hpp"

namespace rcs::sim {

using core::Instant;

struct LinkModel {
  DelayModel delay;
  double loss = 0;  ///< of datagrams, 0..1; streams lose nothing
};

class Links {
 public:
  using ModelOf = std::function<LinkModel(std::string_view from, std::string_view to)>;
  /// All links alike.
  Links(LinkModel model, std::uint64_t seed)
      : Links([model](std::string_view, std::string_view) { return model; }, seed) {}
  Links(ModelOf model_of, std::uint64_t seed) : model_of_(std::move(model_of)), seed_(seed) {}

  /// When a datagram sent now arrives; nullopt: it is lost. Datagrams may overtake each other.
  std::optional<Instant> datagram(Instant now, std::string_view from, std::string_view to);
  /// When octets of a stream sent now arrive: never before those sent earlier on the same link.
  Instant stream(Instant now, std::string_view from, std::string_view to);

 private:
  struct Link {
    LinkModel model;
    core::Random random;
    Instant last_arrival{};
  };
  Link& at(std::string_view from, std::string_view to);

  ModelOf model_of_;
  std::uint64_t seed_;
  std::map<std::pair<std::string, std::string>, Link> links_;
};

}  // namespace rcs::sim
