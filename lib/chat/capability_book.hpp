#pragma once
// What is known of the contacts of our users: a bounded memory of answers and of what contacts have told by
// themselves, by the rules of what may replace what (CAP-20 to 22, 53) and of how long it holds. A value: it
// asks nobody.

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "chat/capabilities.hpp"
#include "core/time.hpp"

namespace rcs::chat {

struct CapabilityTimes {
  core::Duration expiry = std::chrono::hours(24);  ///< what is older is asked for again when it is needed
  core::Duration guard = std::chrono::seconds(1);  ///< no second question about a contact earlier, ever
  core::Duration polling = std::chrono::hours(1);  ///< contacts that are watched are asked again; 0: never
  core::Duration pace = std::chrono::milliseconds(100);  ///< between two questions of that kind
};

/// About 240 octets each, and the tags that stand for no service. The one that was neither heard of nor asked
/// for longest makes room.
inline constexpr std::size_t kMaxCapabilityContacts = 100'000;

/// What an answer to OPTIONS, an OPTIONS of the contact's, or what it has published, says (CAP sections 2
/// and 5).
struct CapabilityNews {
  enum class Kind : std::uint8_t {
    capable,      ///< 200, by the contact's device or for it
    unreachable,  ///< 480 or 408 by the network
    stranger,     ///< 404, or noresource of a presence server
    published,    ///< a presence document
    silent,       ///< the presence server has no document
    none          ///< anything else: an error, nothing changes
  };
  Kind kind = Kind::none;
  Capabilities capabilities;               ///< of `capable` and `published`
  std::vector<std::string> raw_tags;       ///< of `capable`: not kept
  bool names_rcs = false;                  ///< of `published`: a service of RCS stands in it, open or not
  std::optional<core::Instant> told_at{};  ///< since when it is so; none: it is so now
};
CapabilityNews::Kind kind_of_answer(int status);
/// `record` after that news.
CapabilityRecord apply(CapabilityRecord record, CapabilityNews news, core::Instant now);
/// Everything but the times is equal.
bool same_facts(const CapabilityRecord& a, const CapabilityRecord& b);

class CapabilityBook {
 public:
  /// `owner` is whose view it is: two users may be told different things about one contact (CAP-10).
  struct Key {
    std::uint64_t owner = 0;
    std::string_view contact;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Entry {
    CapabilityRecord record;
    core::Instant told_at{};  ///< since when that is so, as far as was said
    core::Instant failed_at{};
    int failure = 0;  ///< status of the last question if it was not answered; 0: it was, or there was none
  };

  /// `salt` keeps peers from choosing contacts that fall into one bucket. `times` as in AgentConfig.
  CapabilityBook(CapabilityTimes times, std::uint64_t salt,
                 std::size_t max_contacts = kMaxCapabilityContacts);

  /// nullptr: nothing is known. SAFETY: until the next call that is not const.
  const Entry* find(const Key& key) const;
  enum class Use : std::uint8_t {
    ask,    ///< not known, too old, or to be asked afresh
    known,  ///< the record is the answer
    failed  ///< asked a moment ago, in vain: that is the answer
  };
  Use use_of(const Entry& entry, core::Instant now, bool fresh) const;

  struct Change {
    CapabilityRecord record;  ///< as it is now
    bool was_known = false;   ///< there was something before
    bool changed = false;     ///< and it was something else
  };
  /// News of an earlier time than what is known changes nothing (CAP-53), but that somebody was asked.
  Change learn(const Key& key, CapabilityNews news, core::Instant now);
  void note_failure(const Key& key, int status, core::Instant now);

  std::size_t size() const { return index_.size(); }

 private:
  struct Node {
    std::uint64_t owner;
    std::string contact;
    Entry entry;
    Key key() const { return {owner, contact}; }
  };
  using Place = std::list<Node>::iterator;
  struct KeyHash {
    using is_transparent = void;
    std::uint64_t salt;
    std::size_t operator()(const Key& key) const;
    std::size_t operator()(Place place) const { return (*this)(place->key()); }
  };
  struct KeyEqual {
    using is_transparent = void;
    bool operator()(Place a, Place b) const { return a == b; }
    bool operator()(const Key& a, Place b) const { return a == b->key(); }
    bool operator()(Place a, const Key& b) const { return a->key() == b; }
  };
  /// The entry of `key`, made if there is none, and now the youngest.
  Entry& touch(const Key& key);

  CapabilityTimes times_;
  std::size_t max_contacts_;
  std::list<Node> nodes_;  ///< the youngest first
  std::unordered_set<Place, KeyHash, KeyEqual> index_;
};

}  // namespace rcs::chat
