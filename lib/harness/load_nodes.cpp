#include "harness/load_nodes.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "core/text.hpp"
#include "harness/flow_recorder.hpp"

namespace rcs::harness {
namespace {

using Set = std::function<core::Result<void>(std::string_view value, sim::NodeModel& node)>;

std::string node_names() {
  std::string out;
  for (std::size_t i = sim::kReceiver + 1; i < flow_actors().size(); ++i)
    out += (out.empty() ? "" : ", ") + flow_actors()[i];
  return out;
}

core::Result<std::size_t> node_index(std::string_view name) {
  const auto& actors = flow_actors();
  const auto found = std::find(actors.begin() + sim::kReceiver + 1, actors.end(), name);
  if (found == actors.end()) {
    return core::Error(core::Errc::unknown,
                       "expected one of " + node_names() + ", got " + core::quoted(name));
  }
  return static_cast<std::size_t>(found - actors.begin());
}

core::Result<void> set_nodes(std::string_view text, std::vector<sim::NodeModel>& nodes, const Set& set) {
  nodes.resize(std::max(nodes.size(), flow_actors().size()));
  for (const auto part : core::split(text, ',')) {
    const auto named = core::split_once(part, '=');
    if (named) {
      RCS_TRY(const auto index, node_index(named->first));
      RCS_CHECK_OK(set(named->second, nodes[index]));
      continue;
    }
    for (std::size_t i = sim::kReceiver + 1; i < nodes.size(); ++i) RCS_CHECK_OK(set(part, nodes[i]));
  }
  return {};
}

core::Result<std::uint32_t> whole(std::string_view text, std::uint32_t most) {
  const auto value = core::parse_u64(text);
  if (!value || *value > most) {
    return core::malformed("expected 0 to " + std::to_string(most) +
                           ", or such a number for each of some nodes (o-cscf=4,t-imas=8), got " +
                           core::quoted(text));
  }
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

core::Result<void> set_workers(std::string_view text, std::vector<sim::NodeModel>& nodes) {
  return set_nodes(text, nodes, [](std::string_view value, sim::NodeModel& node) -> core::Result<void> {
    RCS_TRY(node.workers, whole(value, sim::kMaxWorkers));
    return {};
  });
}

core::Result<void> set_service(std::string_view text, std::vector<sim::NodeModel>& nodes) {
  return set_nodes(text, nodes, [](std::string_view value, sim::NodeModel& node) -> core::Result<void> {
    RCS_TRY(node.service, sim::parse_delay(value));
    return {};
  });
}

core::Result<void> set_queue(std::string_view text, std::vector<sim::NodeModel>& nodes) {
  return set_nodes(text, nodes, [](std::string_view value, sim::NodeModel& node) -> core::Result<void> {
    RCS_TRY(node.queue, whole(value, UINT32_MAX));
    return {};
  });
}

}  // namespace rcs::harness
