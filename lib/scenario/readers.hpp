#pragma once
// The parts of a scenario file, each read by its own source; private to this room.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/complaints.hpp"
#include "scenario/scenario.hpp"
#include "scenario/yaml_tree.hpp"

namespace rcs::scenario {

inline constexpr std::string_view kCoreNodes[] = {"o-cscf", "o-imas", "t-cscf", "t-imas", "options-as"};

Network read_network(Complaints& complaints, const YamlNode& node);
std::vector<ProfileRow> read_profile(Complaints& complaints, const YamlNode& node);
/// The actors are those of `scenario`.
std::vector<Step> read_steps(Complaints& complaints, const YamlNode& node, const Scenario& scenario);

/// [a-z][a-z0-9-]*, at most 32 characters.
bool is_actor_name(std::string_view text);
/// The actors' names, then `more`.
std::vector<std::string_view> actor_names(const Scenario& scenario,
                                          std::span<const std::string_view> more = {});

}  // namespace rcs::scenario
