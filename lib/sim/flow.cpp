#include "sim/flow.hpp"

namespace rcs::sim {

std::uint32_t Flow::messages(std::uint16_t actor, unsigned rule) const {
  std::uint32_t n = 0;
  for (const auto& hop : hops) {
    if ((hop.counted >> rule & 1u) != 0 && (hop.from == actor || hop.to == actor)) ++n;
  }
  return n;
}

namespace {

bool answers_well(const Flow& flow, std::size_t index) {
  const Hop& hop = flow.hops[index];
  if (hop.answers < 0) return hop.part != Part::provisional && hop.part != Part::final;
  if (static_cast<std::size_t>(hop.answers) >= index) return false;
  const Hop& request = flow.hops[static_cast<std::size_t>(hop.answers)];
  const bool fits = hop.part == Part::plain ? request.part == Part::web_request
                                            : hop.part != Part::ack && is_request(request.part);
  return fits && request.from == hop.to && request.to == hop.from;
}

}  // namespace

core::Result<void> check(const Flow& flow) {
  const auto bad = [&flow](std::size_t hop, const std::string& what) {
    return core::malformed("flow " + flow.name + ": hop " + std::to_string(hop) + ": " + what);
  };
  const auto size = static_cast<std::int32_t>(flow.hops.size());
  if (flow.hops.empty()) return core::malformed("flow " + flow.name + ": expected a hop, got none");
  if (flow.answered >= size || flow.invited >= size)
    return core::malformed("flow " + flow.name + ": a mark lies past the last hop");
  Duration waits{};
  for (std::int32_t i = 0; i < size; ++i) {
    const auto& hop = flow.hops[static_cast<std::size_t>(i)];
    const auto at = static_cast<std::size_t>(i);
    if (hop.cause < -1 || hop.cause >= i) return bad(at, "its cause must stand before it");
    if (hop.from >= flow.actors.size() || hop.to >= flow.actors.size())
      return bad(at, "an actor that is not there");
    if (!answers_well(flow, at)) return bad(at, "no response to a request that stands before it");
    if (hop.wait < Duration::zero()) return bad(at, "sent before its cause arrived");
    waits += hop.wait;
  }
  if (waits > kMaxWaits)
    return core::malformed("flow " + flow.name + ": its waits add up to more than 30 minutes");
  return {};
}

}  // namespace rcs::sim
