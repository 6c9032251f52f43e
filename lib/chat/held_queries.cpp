#include <optional>
#include <utility>

#include "chat/agent_held_queries.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::chat {
namespace {

node::TimerKey timer_of(QueryId query) { return {kAgentHeldQueryTimers, query.value}; }

/// What an asker says of itself: in its Contact, or where nothing is said there in Accept-Contact. nullopt:
/// nothing is said, or by a machine, which does not wait for a person's device.
std::optional<Capabilities> own_word(const sip::Message& request) {
  Capabilities said;
  if (!request.contacts.empty()) said = read_capabilities(request.contacts.front().params);
  if (said.automata) return std::nullopt;
  const auto* wish = request.header("Accept-Contact");
  if (said.services.empty() && wish != nullptr) {
    for (const auto& preference : sip::parse_preferences(*wish)) {
      auto named = read_capabilities(preference);
      if (!named.services.empty() || !named.other_tags.empty()) said = std::move(named);
    }
  }
  const bool says_something = !said.services.empty() || !said.other_tags.empty();
  return says_something && !said.automata ? std::optional(std::move(said)) : std::nullopt;
}

}  // namespace

void Agent::State::HeldQueries::hold(Step& step, const HoldQueries& command) {
  const auto identity = party(command.user);
  if (!identity || key_of(*identity).user.empty()) return;  // nobody asks whom nobody can name
  if (command.hold) {
    holding.try_emplace(state.add_user(command.user, *identity), 0);
    return;
  }
  const UserId user = state.find_user(*identity);
  holding.erase(user);
  for (auto place = waiting.begin(); place != waiting.end();) {
    const auto next = std::next(place);
    if (place->second.user == user) finish(step, place, state.services_of(user));
    place = next;
  }
}

bool Agent::State::HeldQueries::take(Step& step, const sip::RequestArrived& event, UserId user,
                                     const sip::Uri& asker) {
  const auto held = holding.find(user);
  if (held == holding.end() || held->second >= kHeldQueriesPerUser || waiting.size() >= kMaxHeldQueries)
    return false;
  auto said = own_word(event.request);
  if (!said) return false;
  ++held->second;
  const QueryId query{++last};
  waiting.emplace(query, Held{user, event.txn, event.request});
  step.out.arm(timer_of(query), patience());
  step.out.emit(QueryArrived{query, state.users.at(user).name, asker.to_string(), std::move(*said)});
  return true;
}

void Agent::State::HeldQueries::answer(Step& step, const AnswerQuery& command) {
  const auto place = waiting.find(command.query);
  if (place == waiting.end()) return;  // answered, by another or by time
  finish(step, place, command.services);
}

void Agent::State::HeldQueries::on_timer(Step& step, QueryId query) {
  const auto place = waiting.find(query);
  if (place != waiting.end()) finish(step, place, state.services_of(place->second.user));
}

void Agent::State::HeldQueries::finish(Step& step, Place place, const ServiceSet& services) {
  step.out.cancel(timer_of(place->first));
  const auto node = waiting.extract(place);
  const auto& held = node.mapped();
  if (const auto user = holding.find(held.user); user != holding.end()) --user->second;
  state.answer_options(step, held.txn, held.request, held.user, services);
}

}  // namespace rcs::chat
