#include "ims/profile.hpp"

#include <algorithm>

namespace rcs::ims {
namespace {

bool holds(const Condition& condition, const Signal& signal) {
  bool result = false;
  switch (condition.kind) {
    case Condition::Kind::method:
      result = signal.method == condition.method;
      break;
    case Condition::Kind::session_case:
      result = signal.session_case == condition.session_case;
      break;
    case Condition::Kind::flag:
      result = signal.has(condition.flag);
      break;
  }
  return result != condition.negated;
}

}  // namespace

bool matches(const Trigger& trigger, const Signal& signal) {
  if (trigger.groups.empty()) return true;
  const auto condition_holds = [&](const Condition& c) { return holds(c, signal); };
  if (trigger.cnf) {
    return std::all_of(trigger.groups.begin(), trigger.groups.end(), [&](const auto& group) {
      return std::any_of(group.begin(), group.end(), condition_holds);
    });
  }
  return std::any_of(trigger.groups.begin(), trigger.groups.end(), [&](const auto& group) {
    return std::all_of(group.begin(), group.end(), condition_holds);
  });
}

Profile default_profile() {
  using C = Condition;
  const std::vector<C> originating = {C::on(SessionCase::originating)};
  const std::vector<C> terminating = {C::on(SessionCase::terminating),
                                      C::on(SessionCase::terminating_unregistered)};
  const std::vector<C> invite = {C::on(Method::invite)};
  const std::vector<C> chat = {C::on(Flag::chat_tag), C::on(Flag::standalone)};
  const std::vector<C> message = {C::on(Method::message)};
  const std::vector<C> options = {C::on(Method::options)};
  const std::vector<C> presence = {C::on(Method::subscribe), C::on(Method::publish)};
  Profile profile;
  profile.criteria = {
      {.priority = 1, .trigger = {.groups = {originating, invite, chat}}, .server = "o-imas"},
      {.priority = 1, .trigger = {.groups = {terminating, invite, chat}}, .server = "t-imas"},
      {.priority = 2, .trigger = {.groups = {originating, message}}, .server = "o-imas"},
      {.priority = 2, .trigger = {.groups = {terminating, message}}, .server = "t-imas"},
      {.priority = 3, .trigger = {.groups = {terminating, options}}, .server = "options-as"},
      // No device has an answer in its place.
      {.priority = 4,
       .trigger = {.groups = {terminating, presence}},
       .server = "ps",
       .default_handling = DefaultHandling::terminate},
      {.priority = 6, .trigger = {.groups = {{C::on(Method::register_)}}}, .server = "t-imas"},
  };
  return profile;
}

void FilterSet::add(const Criterion& criterion, NodeId server) {
  if (server && entries_.size() < kMaxCriteria) entries_.push_back(Entry{criterion, server});
}

void FilterSet::sort() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.criterion.priority < b.criterion.priority;
  });
}

std::optional<FilterSet::Match> FilterSet::next(const Signal& signal) const {
  for (std::size_t i = signal.odi; i < entries_.size(); ++i) {
    if (matches(entries_[i].criterion.trigger, signal)) return fired(static_cast<std::uint8_t>(i + 1));
  }
  return std::nullopt;
}

std::optional<FilterSet::Match> FilterSet::fired(std::uint8_t odi) const {
  if (odi == 0 || odi > entries_.size()) return std::nullopt;
  const auto& entry = entries_[odi - 1u];
  return Match{entry.server, odi, entry.criterion.default_handling};
}

}  // namespace rcs::ims
