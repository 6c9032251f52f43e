// Contacts that are asked now and then what they can do (CAP-62), and contacts that are told nothing when
// they ask (CAP-10).

#include <utility>

#include "chat/agent_state.hpp"

namespace rcs::chat {
namespace {

/// A contact whose watcher is not registered is looked at again so much later (CAP-63).
constexpr Duration kUnregisteredPause = std::chrono::minutes(1);
/// Contacts that are told of no services, those of all users together. Over: one more is told of them.
constexpr std::size_t kMaxHidden = 100'000;

constexpr node::TimerKey kPollingTimer{kAgentPollingTimers, 0};

ContactPolling::Key polling_key(const InquiryKey& key) { return {key.user.value, key.contact}; }

}  // namespace

void Agent::State::watch_contact(Step& step, const WatchContact& command) {
  const Asker asker{command.query, command.user, command.contact};
  auto parties = read_parties(step, asker);
  if (!parties) return;
  auto& [from, to] = *parties;
  const UserId user = config.expect_registered ? add_user(command.user, from) : find_user(from);
  const auto key = inquiry_key(user, to);
  const auto* entry = book().find({user.value, key.contact});
  const auto known = entry != nullptr ? entry->record : CapabilityRecord{};
  if (!polling.add(polling_key(key), known, step.now, random)) {
    return tell_refused(
        step, asker, 503,
        "contact: expected at most " + std::to_string(kMaxWatchedContacts) + " that are watched");
  }
  watched[key] = {command.user, std::move(from), std::move(to)};
  step.out.emit(CapabilitiesFound{command.query, command.user, command.contact, known, false, 0, {}});
  arm_polling(step);
}

void Agent::State::unwatch_contact(Step& step, const UnwatchContact& command) {
  const auto from = party(command.user);
  const auto to = party(command.contact);
  if (!from || !to) return;
  const auto key = inquiry_key(find_user(*from), *to);
  watched.erase(key);
  if (polling.remove(polling_key(key))) arm_polling(step);
}

void Agent::State::hide_services(const HideServices& command) {
  const auto from = party(command.user);
  const auto to = party(command.contact);
  if (!from || !to || from->user.empty()) return;
  const auto key =
      inquiry_key(config.expect_registered ? add_user(command.user, *from) : find_user(*from), *to);
  if (!command.hidden) {
    hidden.erase(key);
  } else if (hidden.size() < kMaxHidden) {
    hidden.insert(key);
  }
}

bool Agent::State::is_watched(const InquiryKey& key) const { return watched.contains(key); }

void Agent::State::note_asked(Step& step, const InquiryKey& key) {
  if (!is_watched(key)) return;
  const auto* entry = book().find({key.user.value, key.contact});
  polling.put_back(polling_key(key), entry != nullptr ? entry->record : CapabilityRecord{}, step.now, random);
  arm_polling(step);
}

void Agent::State::on_polling_timer(Step& step) {
  if (const auto due = polling.take(step.now)) ask_watched(step, {UserId{due->owner}, due->contact});
  arm_polling(step);
}

void Agent::State::ask_watched(Step& step, const InquiryKey& key) {
  if (inquiries.by_contact.contains({key, Discovery::options}))
    return;  // somebody else has asked: note_asked follows
  const auto& between = watched.at(key);
  Inquiry inquiry;
  inquiry.key = key;
  inquiry.user = between.user;
  inquiry.from = between.from;
  inquiry.to = between.to;
  if (!may_ask(inquiry)) return polling.put_off(polling_key(key), step.now, kUnregisteredPause);
  const auto* entry = book().find({key.user.value, key.contact});
  if (entry != nullptr && polling.is_young(entry->record, step.now))
    return polling.put_back(polling_key(key), entry->record, entry->record.asked_at, random);
  place_inquiry(step, open_inquiry(std::move(inquiry)));
}

void Agent::State::arm_polling(Step& step) {
  if (const auto next = polling.next()) {
    step.out.arm(kPollingTimer, std::max(Duration::zero(), *next - step.now));
  } else {
    step.out.cancel(kPollingTimer);
  }
}

}  // namespace rcs::chat
