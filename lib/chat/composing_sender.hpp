#pragma once
// Whether the peer is to be told that our user is typing: the sender's machine of RFC 3994 section 3.2
// (ISC-1, ISC-2). It knows neither messages nor sessions; time comes in as an argument, and next_deadline()
// says when to call again.

#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace rcs::chat {

/// Without input for so long the user has stopped (RFC 3994 section 3.2).
inline constexpr core::Duration kComposingIdleTime = std::chrono::seconds(15);

enum class ComposingState : std::uint8_t { idle, active };

class ComposingSender {
 public:
  /// The user types. `refresh`, in seconds, is how often a peer is told that it goes on; under a minute
  /// counts as a minute (ISC-1), none: it is told once. What to tell the peer now, if anything.
  std::optional<ComposingState> on_input(core::Instant now, std::optional<std::uint32_t> refresh);
  /// The user has stopped.
  std::optional<ComposingState> on_stop();
  /// A message has left: it says by itself that nobody types any more.
  void on_content_sent();
  std::optional<ComposingState> on_time(core::Instant now);
  std::optional<core::Instant> next_deadline() const;

  ComposingState state() const { return state_; }
  /// Seconds, as the peer is told them.
  std::optional<std::uint32_t> refresh() const { return refresh_; }

 private:
  ComposingState state_ = ComposingState::idle;
  std::optional<std::uint32_t> refresh_;
  core::Instant idle_at_{};
  core::Instant refresh_at_{};  // where there is a refresh
};

}  // namespace rcs::chat
