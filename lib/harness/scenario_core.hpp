#pragma once
// The core and the clients a scenario asks for, in the terms of the rooms they are of.

#include <string>
#include <vector>

#include "chat/agent.hpp"
#include "ims/core.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

ims::Profile profile_of(const std::vector<scenario::ProfileRow>& rows);
ims::AnswerMode answer_mode_of(const scenario::Network& network);
ims::OptionsMode options_mode_of(const scenario::Network& network);
/// Who is known; empty: everybody.
std::vector<std::string> users_of(const scenario::Scenario& scenario);
/// How devices that say nothing of it reach the network.
sip::Transport transport_of(const scenario::Network& network);
/// Makes the client of a standard client's actor what the scenario says, once its core is set.
void shape_client(const scenario::Scenario& scenario, const std::string& actor, chat::AgentConfig& config);

}  // namespace rcs::harness
