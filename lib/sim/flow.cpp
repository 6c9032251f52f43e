#include "sim/flow.hpp"

namespace rcs::sim {

std::uint32_t Flow::messages(std::uint16_t actor, unsigned rule) const {
  std::uint32_t n = 0;
  for (const auto& hop : hops) {
    if ((hop.counted >> rule & 1u) != 0 && (hop.from == actor || hop.to == actor)) ++n;
  }
  return n;
}

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
    if (hop.wait < Duration::zero()) return bad(at, "sent before its cause arrived");
    waits += hop.wait;
  }
  if (waits > kMaxWaits)
    return core::malformed("flow " + flow.name + ": its waits add up to more than 30 minutes");
  return {};
}

}  // namespace rcs::sim
