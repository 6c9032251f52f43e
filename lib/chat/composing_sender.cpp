#include "chat/composing_sender.hpp"

#include <algorithm>

#include "body/iscomposing.hpp"

namespace rcs::chat {

using core::Instant;

namespace {

constexpr std::uint32_t kMaxRefresh = 86'400;  // seconds; nobody types for longer than a day

}  // namespace

std::optional<ComposingState> ComposingSender::on_input(Instant now, std::optional<std::uint32_t> refresh) {
  idle_at_ = now + kComposingIdleTime;
  if (state_ == ComposingState::active) return std::nullopt;
  state_ = ComposingState::active;
  refresh_ = refresh;
  if (refresh_) {
    refresh_ = std::clamp(*refresh_, body::kMinComposingRefresh, kMaxRefresh);
    refresh_at_ = now + std::chrono::seconds(*refresh_);
  }
  return ComposingState::active;
}

std::optional<ComposingState> ComposingSender::on_stop() {
  if (state_ == ComposingState::idle) return std::nullopt;
  state_ = ComposingState::idle;
  return ComposingState::idle;
}

void ComposingSender::on_content_sent() { state_ = ComposingState::idle; }

std::optional<ComposingState> ComposingSender::on_time(Instant now) {
  if (state_ == ComposingState::idle) return std::nullopt;
  if (now >= idle_at_) return on_stop();
  if (!refresh_ || now < refresh_at_) return std::nullopt;
  refresh_at_ = now + std::chrono::seconds(*refresh_);
  return ComposingState::active;
}

std::optional<Instant> ComposingSender::next_deadline() const {
  if (state_ == ComposingState::idle) return std::nullopt;
  return refresh_ ? std::min(idle_at_, refresh_at_) : idle_at_;
}

}  // namespace rcs::chat
