#pragma once
// The event log in memory: nothing outlives the process; a new one has a new epoch.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/text.hpp"
#include "store/event_log.hpp"

namespace rcs::store {

/// Device names come from clients, so their number has an end: past it the one not heard of for longest is
/// forgotten, as after 24 h.
inline constexpr std::size_t kMaxDevicesPerUser = 64;

class MemoryLog final : public EventLog {
 public:
  explicit MemoryLog(std::string epoch) : epoch_(std::move(epoch)) {}
  std::string epoch() const override { return epoch_; }
  std::uint64_t last_seq(std::string_view user) const override;
  std::uint64_t dropped_seq(std::string_view user) const override;
  void append(std::string_view user, StoredEvent event) override;
  std::vector<StoredEvent> read(std::string_view user, std::uint64_t after, std::size_t max) const override;
  std::vector<StoredEvent> pinned(std::string_view user) const override;
  void unpin(std::string_view user, std::uint64_t seq) override;
  void trim(std::string_view user, std::size_t max_events, core::UnixMs oldest) override;
  std::optional<std::uint64_t> position(std::string_view user, std::string_view device) const override;
  void set_position(std::string_view user, std::string_view device, std::uint64_t seq,
                    core::UnixMs now) override;
  void forget_devices(std::string_view user, core::UnixMs oldest) override;

 private:
  struct Device {
    std::uint64_t seq = 0;
    core::UnixMs seen;
  };
  struct Log {
    std::deque<StoredEvent> events;
    std::uint64_t last = 0;
    std::uint64_t dropped = 0;
    std::size_t pinned = 0;  // how many of `events`
    std::map<std::string, Device, std::less<>> devices;
  };
  const Log* find(std::string_view user) const;
  Log& at(std::string_view user);

  std::string epoch_;
  std::unordered_map<std::string, Log, core::TextHash, std::equal_to<>> logs_;  // looked up only
};

}  // namespace rcs::store
