#pragma once
// Whom of the contacts that our users watch to ask next, and when (CAP-62): those of whom nothing is known
// first, in the order in which they came; the others when what is known of them has become old, each at a
// moment of its own, so that an address book that was read in at once is not asked for at once for ever. One
// at a time with a pause in between. A value: it asks nobody.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "chat/capability_book.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace rcs::chat {

/// All users' together: an hour has room for nine times as many questions at the pace of CapabilityTimes.
inline constexpr std::size_t kMaxWatchedContacts = 4'000;

class ContactPolling {
 public:
  struct Key {
    std::uint64_t owner = 0;  ///< as CapabilityBook::Key
    std::string contact;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  explicit ContactPolling(const CapabilityTimes& times) : times_(times) {}

  /// False: there is no room. One that is watched stays where it is.
  bool add(const Key& key, const CapabilityRecord& known, core::Instant now, core::Random& random);
  /// False: it was not watched.
  bool remove(const Key& key);
  bool contains(const Key& key) const { return due_.contains(key); }
  std::size_t size() const { return due_.size(); }

  /// When take() will have somebody; nullopt: not before something is added or changed.
  std::optional<core::Instant> next() const;
  /// Whom to ask now. It is out of the line until put_back().
  std::optional<Key> take(core::Instant now);
  /// Asked, or heard of otherwise, or asked in vain: what is known of it now says when it is its turn again.
  void put_back(const Key& key, const CapabilityRecord& known, core::Instant now, core::Random& random);
  /// It was heard of so lately, by itself or because somebody asked, that its turn is not now.
  bool is_young(const CapabilityRecord& known, core::Instant now) const;
  /// It could not be asked: its turn comes after `pause`.
  void put_off(const Key& key, core::Instant now, core::Duration pause);

 private:
  using Turn = std::tuple<bool, core::Instant, std::uint64_t>;  ///< known, when, by arrival
  core::Instant due_after(const CapabilityRecord& known, core::Instant now, core::Random& random) const;
  void place(const Key& key, bool known, core::Instant when);

  CapabilityTimes times_;
  std::map<Key, std::optional<Turn>> due_;  ///< without one: out of the line
  std::map<Turn, Key> line_;
  std::uint64_t arrivals_ = 0;
  core::Instant not_before_{};
};

}  // namespace rcs::chat
