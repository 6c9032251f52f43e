#pragma once
// The parts of a scenario file, each read by its own source; private to this room.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/complaints.hpp"
#include "scenario/scenario.hpp"
#include "scenario/yaml_tree.hpp"

namespace rcs::scenario {

inline constexpr std::string_view kCoreNodes[] = {"o-cscf", "o-imas", "t-cscf", "t-imas", "options-as", "ps"};

Network read_network(Complaints& complaints, const YamlNode& node);
std::vector<ProfileRow> read_profile(Complaints& complaints, const YamlNode& node);
/// What an actor does not say of itself, the network does.
std::vector<Actor> read_actors(Complaints& complaints, const YamlNode& node, const Network& network);
/// The actors are those of `scenario`.
std::vector<Step> read_steps(Complaints& complaints, const YamlNode& node, const Scenario& scenario);
/// `expect`: into the sequence and the counts of `scenario`, whose actors it names.
void read_expectations(Complaints& complaints, const YamlNode& node, Scenario& scenario);

/// udp or tcp.
bool read_transport(Complaints& complaints, const YamlNode& node, std::string_view key, bool& tcp);
/// A list of services, each once and by id or name; it may be empty.
bool read_services(Complaints& complaints, const YamlNode& node, std::string_view key,
                   std::optional<std::vector<std::string>>& out);

/// [a-z][a-z0-9-]*, at most 32 characters.
bool is_actor_name(std::string_view text);
/// Digits, or + and digits.
bool is_number(std::string_view text);
bool is_domain(std::string_view text);
/// The actors' names, then `more`.
std::vector<std::string_view> actor_names(const Scenario& scenario,
                                          std::span<const std::string_view> more = {});

}  // namespace rcs::scenario
