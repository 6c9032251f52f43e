#include "store/memory_log.hpp"

#include <algorithm>

#include "core/result.hpp"

namespace rcs::store {
namespace {

// The first event past `seq`. Numbers increase by one, though trim leaves gaps before pinned ones: counted
// from the end its place is most often right, and a long log is not searched through.
template <class Events>
auto first_after(Events& events, std::uint64_t seq) {
  if (events.empty() || seq >= events.back().seq) return events.end();
  const auto behind = events.back().seq - seq;
  if (behind < events.size() && events[events.size() - behind - 1].seq == seq)
    return events.end() - static_cast<std::ptrdiff_t>(behind);
  return std::upper_bound(events.begin(), events.end(), seq,
                          [](std::uint64_t number, const StoredEvent& event) { return number < event.seq; });
}

}  // namespace

const MemoryLog::Log* MemoryLog::find(std::string_view user) const {
  const auto at = logs_.find(user);
  return at == logs_.end() ? nullptr : &at->second;
}

MemoryLog::Log& MemoryLog::at(std::string_view user) {
  const auto known = logs_.find(user);
  return known != logs_.end() ? known->second : logs_.emplace(std::string(user), Log()).first->second;
}

std::uint64_t MemoryLog::last_seq(std::string_view user) const {
  const auto* log = find(user);
  return log ? log->last : 0;
}

std::uint64_t MemoryLog::dropped_seq(std::string_view user) const {
  const auto* log = find(user);
  return log ? log->dropped : 0;
}

void MemoryLog::append(std::string_view user, StoredEvent event) {
  auto& log = at(user);
  RCS_ASSERT(event.seq == log.last + 1);
  log.last = event.seq;
  if (event.pinned) ++log.pinned;
  log.events.push_back(std::move(event));
}

std::vector<StoredEvent> MemoryLog::read(std::string_view user, std::uint64_t after, std::size_t max) const {
  const auto* log = find(user);
  if (!log || after >= log->last) return {};  // most often: a reader that has all
  const auto begin = first_after(log->events, after);
  const auto count = std::min(max, static_cast<std::size_t>(log->events.end() - begin));
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

std::vector<StoredEvent> MemoryLog::pinned(std::string_view user) const {
  std::vector<StoredEvent> out;
  const auto* log = find(user);
  if (!log || log->pinned == 0) return out;
  for (const auto& event : log->events) {
    if (event.pinned) out.push_back(event);
  }
  return out;
}

void MemoryLog::unpin(std::string_view user, std::uint64_t seq) {
  if (seq == 0 || !find(user)) return;
  auto& log = at(user);
  const auto event = first_after(log.events, seq - 1);
  if (event == log.events.end() || event->seq != seq || !event->pinned) return;
  event->pinned = false;
  --log.pinned;
}

void MemoryLog::trim(std::string_view user, std::size_t max_events, core::UnixMs oldest) {
  if (!find(user)) return;
  auto& log = at(user);
  auto unpinned = log.events.size() - log.pinned;
  auto end = log.events.begin();
  auto kept = end;  // pinned events move up to here; what lies between `kept` and `end` is dropped
  for (; end != log.events.end(); ++end) {
    if (!end->pinned) {
      if (unpinned <= max_events && end->time >= oldest) break;
      --unpinned;
      log.dropped = std::max(log.dropped, end->seq);
      continue;
    }
    if (kept != end) *kept = std::move(*end);
    ++kept;
  }
  log.events.erase(kept, end);
}

std::optional<std::uint64_t> MemoryLog::position(std::string_view user, std::string_view device) const {
  const auto* log = find(user);
  if (!log) return std::nullopt;
  const auto known = log->devices.find(device);
  return known == log->devices.end() ? std::nullopt : std::optional(known->second.seq);
}

void MemoryLog::set_position(std::string_view user, std::string_view device, std::uint64_t seq,
                             core::UnixMs now) {
  auto& devices = at(user).devices;
  const auto known = devices.find(device);
  if (known != devices.end()) {
    known->second = {seq, now};
    return;
  }
  if (devices.size() == kMaxDevicesPerUser) {
    devices.erase(std::min_element(devices.begin(), devices.end(), [](const auto& a, const auto& b) {
      return a.second.seen < b.second.seen;
    }));
  }
  devices.emplace(std::string(device), Device{seq, now});
}

void MemoryLog::forget_devices(std::string_view user, core::UnixMs oldest) {
  if (!find(user)) return;
  std::erase_if(at(user).devices, [&](const auto& device) { return device.second.seen < oldest; });
}

}  // namespace rcs::store
