#pragma once
// Whether the peer is typing, as far as it says so: the receiver's machine of RFC 3994 section 3.3 (ISC-3).
// It knows neither messages nor sessions; time comes in as an argument, and next_deadline() says when to call
// again.

#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace rcs::chat {

/// So long is `active` believed that says nothing about it, in seconds (RFC 3994 section 3.3).
inline constexpr std::uint32_t kComposingDefaultRefresh = 120;
/// Where a refresh was promised it may be so long on its way: else a peer that types on would seem to pause
/// each time.
inline constexpr core::Duration kComposingGrace = std::chrono::seconds(2);

class ComposingReceiver {
 public:
  /// The peer says that its user types; `refresh` in seconds. True where that is news; so below.
  bool on_active(core::Instant now, std::optional<std::uint32_t> refresh);
  bool on_idle();
  /// A message has come: nobody types any more.
  bool on_content() { return on_idle(); }
  bool on_time(core::Instant now);
  std::optional<core::Instant> next_deadline() const { return until_; }

  bool active() const { return until_.has_value(); }

 private:
  std::optional<core::Instant> until_;  // while active
};

}  // namespace rcs::chat
