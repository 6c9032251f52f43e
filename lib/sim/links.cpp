#include "sim/links.hpp"

#include <algorithm>

namespace rcs::sim {

Links::Link& Links::at(std::string_view from, std::string_view to) {
  std::pair<std::string, std::string> key{from, to};
  const auto found = links_.find(key);
  if (found != links_.end()) return found->second;
  Link link{model_of_(from, to), core::Random(seed_, key.first, "link to " + key.second), {}};
  return links_.emplace(std::move(key), std::move(link)).first->second;
}

std::optional<Instant> Links::datagram(Instant now, std::string_view from, std::string_view to) {
  auto& link = at(from, to);
  const bool lost = link.model.loss > 0 && link.random.unit() < link.model.loss;
  const auto arrival = now + draw(link.model.delay, link.random);
  if (lost) return std::nullopt;
  return arrival;
}

Instant Links::stream(Instant now, std::string_view from, std::string_view to) {
  auto& link = at(from, to);
  link.last_arrival = std::max(link.last_arrival, now + draw(link.model.delay, link.random));
  return link.last_arrival;
}

}  // namespace rcs::sim
