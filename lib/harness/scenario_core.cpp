#include "harness/scenario_core.hpp"

#include "harness/learned.hpp"

namespace rcs::harness {
namespace {

ims::SessionCase session_case(const std::string& name) {
  if (name == "terminating-registered") return ims::SessionCase::terminating;
  if (name == "terminating-unregistered") return ims::SessionCase::terminating_unregistered;
  if (name == "originating-unregistered") return ims::SessionCase::originating_unregistered;
  return ims::SessionCase::originating;
}

}  // namespace

ims::Profile profile_of(const std::vector<scenario::ProfileRow>& rows) {
  if (rows.empty()) return ims::default_profile();
  ims::Profile profile;
  for (const auto& row : rows) {
    ims::Criterion criterion;
    criterion.priority = row.priority;
    criterion.server = row.server;
    criterion.default_handling =
        row.terminate_on_failure ? ims::DefaultHandling::terminate : ims::DefaultHandling::continue_;
    // All groups must hold, in each any condition.
    std::vector<ims::Condition> cases;
    for (const auto& name : row.cases) cases.push_back(ims::Condition::on(session_case(name)));
    if (!cases.empty()) criterion.trigger.groups.push_back(std::move(cases));
    std::vector<ims::Condition> methods;
    for (const auto& name : row.methods) methods.push_back(ims::Condition::on(ims::method_of(name)));
    if (!methods.empty()) criterion.trigger.groups.push_back(std::move(methods));
    if (row.chat_only) criterion.trigger.groups.push_back({ims::Condition::on(ims::Flag::chat_tag)});
    profile.criteria.push_back(std::move(criterion));
  }
  return profile;
}

ims::AnswerMode answer_mode_of(const scenario::Network& network) {
  return network.proxied ? ims::AnswerMode::proxied : ims::AnswerMode::store_and_forward;
}

ims::OptionsMode options_mode_of(const scenario::Network& network) {
  return network.network_answers ? ims::OptionsMode::network : ims::OptionsMode::device;
}

std::vector<std::string> users_of(const scenario::Scenario& scenario) {
  std::vector<std::string> users;
  if (!scenario.network.only_actors) return users;
  for (const auto& actor : scenario.actors) users.push_back(actor.id);
  return users;
}

sip::Transport transport_of(const scenario::Network& network) {
  return network.tcp ? sip::Transport::tcp : sip::Transport::udp;
}

void shape_client(const scenario::Scenario& scenario, const std::string& actor, chat::AgentConfig& config) {
  const auto* asked = scenario.actor(actor);
  if (asked == nullptr) return;
  config.text_in_invite = asked->text_in_invite;
  if (asked->tcp) config.core.transport = sip::Transport::tcp;
  if (asked->services) config.services = services_of(*asked->services);
}

}  // namespace rcs::harness
