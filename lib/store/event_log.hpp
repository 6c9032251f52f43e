#pragma once
// Where the ordered event log of each user lives: an interface that the gateway is handed, with the memory
// behind it here. A log holds opaque events by increasing sequence number, and how far each device of the
// user has taken them. Retention is the caller's rule, applied through trim(); an event that is `pinned` (an
// invitation still open) outlives it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace rcs::store {

struct StoredEvent {
  std::uint64_t seq = 0;  ///< strictly increasing per user, from 1
  core::UnixMs time;
  std::string type;  ///< "chat", "system" ...: what `types=` filters on
  std::string json;  ///< the whole event object as it is delivered
  bool pinned = false;
  friend bool operator==(const StoredEvent&, const StoredEvent&) = default;
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  /// Changes when earlier events are gone for good (a new or wiped store), so that old cursors are noticed
  /// (CMT-30).
  virtual std::string epoch() const = 0;
  /// The last sequence number ever given to this user; 0: none.
  virtual std::uint64_t last_seq(std::string_view user) const = 0;
  /// Numbers up to this one have been dropped by trim (0: none).
  virtual std::uint64_t dropped_seq(std::string_view user) const = 0;
  /// event.seq must be last_seq + 1.
  virtual void append(std::string_view user, StoredEvent event) = 0;
  /// At most `max` events with seq > after, in order.
  virtual std::vector<StoredEvent> read(std::string_view user, std::uint64_t after,
                                        std::size_t max) const = 0;
  /// Events still pinned, in order.
  virtual std::vector<StoredEvent> pinned(std::string_view user) const = 0;
  virtual void unpin(std::string_view user, std::uint64_t seq) = 0;
  /// Drops, from the oldest on, unpinned events while there are more than `max_events` of them or they are
  /// older than `oldest`. It ends at the first that stays, so of the unpinned events a whole run up to
  /// last_seq is left even where times went backwards.
  virtual void trim(std::string_view user, std::size_t max_events, core::UnixMs oldest) = 0;
  /// How far a device has taken the log (API-63); nullopt: the device was never seen.
  virtual std::optional<std::uint64_t> position(std::string_view user, std::string_view device) const = 0;
  virtual void set_position(std::string_view user, std::string_view device, std::uint64_t seq,
                            core::UnixMs now) = 0;
  /// Forgets devices not heard of since `oldest` (CMT-84).
  virtual void forget_devices(std::string_view user, core::UnixMs oldest) = 0;
};

}  // namespace rcs::store
