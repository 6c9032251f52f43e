#include "chat/capability_book.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/hash.hpp"

namespace rcs::chat {

using core::Instant;

CapabilityNews::Kind kind_of_answer(int status) {
  using Kind = CapabilityNews::Kind;
  if (status >= 200 && status < 300) return Kind::capable;
  if (status == 480 || status == 408) return Kind::unreachable;
  return status == 404 ? Kind::stranger : Kind::none;
}

CapabilityRecord apply(CapabilityRecord record, CapabilityNews news, Instant now) {
  using Answer = CapabilityRecord::Answer;
  const Instant told_at = news.told_at.value_or(now);
  switch (news.kind) {
    case CapabilityNews::Kind::capable: {
      // A machine answers for a user whose devices are away (RCS 5.1 section 2.7.1.1).
      const bool chats = news.capabilities.services.has(Service::chat);
      const bool is_user = chats || news.capabilities.automata;
      record.rcs_user = is_user ? Answer::yes : Answer::no;
      record.registered = news.capabilities.automata ? Answer::no : chats ? Answer::yes : Answer::unknown;
      record.capabilities = is_user ? std::move(news.capabilities) : Capabilities{};
      record.capabilities_at = told_at;
      break;
    }
    case CapabilityNews::Kind::published: {
      // Only what is open takes anything now (RFC 3863 section 4.1.4); whoever shuts all may still be there,
      // and who publishes other things may still be a user.
      if (news.names_rcs) record.rcs_user = Answer::yes;
      if (!news.capabilities.services.empty()) record.registered = Answer::yes;
      const bool is_user = record.rcs_user == Answer::yes;
      record.capabilities = is_user ? std::move(news.capabilities) : Capabilities{};
      record.capabilities_at = told_at;
      break;
    }
    case CapabilityNews::Kind::unreachable:
      record.registered = Answer::no;
      break;
    case CapabilityNews::Kind::stranger:
      record = {};
      record.rcs_user = Answer::no;
      break;
    case CapabilityNews::Kind::silent:
      break;
    case CapabilityNews::Kind::none:
      return record;
  }
  record.asked_at = now;
  return record;
}

bool same_facts(const CapabilityRecord& a, const CapabilityRecord& b) {
  return a.rcs_user == b.rcs_user && a.registered == b.registered && a.capabilities == b.capabilities;
}

std::size_t CapabilityBook::KeyHash::operator()(const Key& key) const {
  return static_cast<std::size_t>(core::Hash().add(salt).add(key.owner).add(key.contact).value());
}

CapabilityBook::CapabilityBook(CapabilityTimes times, std::uint64_t salt, std::size_t max_contacts)
    : times_(times), max_contacts_(max_contacts), index_(0, KeyHash{salt}, KeyEqual{}) {}

const CapabilityBook::Entry* CapabilityBook::find(const Key& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &(*found)->entry;
}

CapabilityBook::Use CapabilityBook::use_of(const Entry& entry, Instant now, bool fresh) const {
  const bool empty = entry.record.empty();  // of whom nobody could tell anything
  const auto limit = fresh || empty ? times_.guard : times_.expiry;
  const bool heard = !empty || entry.failure == 0;
  const bool known = heard && now - entry.record.asked_at < limit;
  const bool failed_just_now = entry.failure != 0 && now - entry.failed_at < times_.guard;
  if (failed_just_now && (fresh || !known)) return Use::failed;
  return known ? Use::known : Use::ask;
}

CapabilityBook::Change CapabilityBook::learn(const Key& key, CapabilityNews news, Instant now) {
  if (news.kind == CapabilityNews::Kind::none) {
    const auto* known = find(key);
    return known == nullptr ? Change{} : Change{known->record, !known->record.empty(), false};
  }
  Entry& entry = touch(key);
  const bool was_known = !entry.record.empty();
  const Instant told_at = news.told_at.value_or(now);
  if (was_known && told_at < entry.told_at) {
    entry.record.asked_at = std::max(entry.record.asked_at, now);
    entry.failure = 0;
    return {entry.record, true, false};
  }
  const bool tells = news.kind != CapabilityNews::Kind::silent;
  auto record = apply(entry.record, std::move(news), now);
  const bool changed = !same_facts(record, entry.record);
  entry = {std::move(record), tells ? told_at : entry.told_at, {}, 0};
  return {entry.record, was_known, changed};
}

void CapabilityBook::note_failure(const Key& key, int status, Instant now) {
  Entry& entry = touch(key);
  entry.failed_at = now;
  entry.failure = status;
}

CapabilityBook::Entry& CapabilityBook::touch(const Key& key) {
  if (const auto found = index_.find(key); found != index_.end()) {
    nodes_.splice(nodes_.begin(), nodes_, *found);
    return nodes_.front().entry;
  }
  if (nodes_.size() >= max_contacts_) {
    index_.erase(std::prev(nodes_.end()));
    nodes_.pop_back();
  }
  nodes_.push_front({key.owner, std::string(key.contact), {}});
  index_.insert(nodes_.begin());
  return nodes_.front().entry;
}

}  // namespace rcs::chat
