#include "sim/links.hpp"

#include <algorithm>

namespace rcs::sim {

Links::Link& Links::at(std::string_view from, std::string_view to) {
  std::pair<std::string, std::string> key{from, to};
  const auto found = links_.find(key);
  if (found != links_.end()) return found->second;
  Link link{core::Random(seed_, key.first, "link to " + key.second), {}};
  return links_.emplace(std::move(key), std::move(link)).first->second;
}

Duration Links::draw_delay(Link& link) const {
  const auto span = model_.delay_max - model_.delay_min;
  if (span <= Duration::zero()) return model_.delay_min;
  return model_.delay_min + Duration(static_cast<Duration::rep>(
                                link.random.below(static_cast<std::uint64_t>(span.count()) + 1)));
}

std::optional<Instant> Links::datagram(Instant now, std::string_view from, std::string_view to) {
  auto& link = at(from, to);
  const bool lost = model_.loss > 0 && link.random.unit() < model_.loss;
  const auto arrival = now + draw_delay(link);
  if (lost) return std::nullopt;
  return arrival;
}

Instant Links::stream(Instant now, std::string_view from, std::string_view to) {
  auto& link = at(from, to);
  link.last_arrival = std::max(link.last_arrival, now + draw_delay(link));
  return link.last_arrival;
}

}  // namespace rcs::sim
