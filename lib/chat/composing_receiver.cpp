#include "chat/composing_receiver.hpp"

#include <algorithm>

namespace rcs::chat {
namespace {

constexpr std::uint32_t kMaxBelieved =
    3600;  // seconds; a peer that dies while typing has stopped within that

}  // namespace

bool ComposingReceiver::on_active(core::Instant now, std::optional<std::uint32_t> refresh) {
  const bool news = !until_;
  const auto seconds = std::clamp(refresh.value_or(kComposingDefaultRefresh), 1U, kMaxBelieved);
  until_ = now + std::chrono::seconds(seconds) + (refresh ? kComposingGrace : core::Duration{});
  return news;
}

bool ComposingReceiver::on_idle() {
  const bool news = until_.has_value();
  until_.reset();
  return news;
}

bool ComposingReceiver::on_time(core::Instant now) { return until_ && now >= *until_ && on_idle(); }

}  // namespace rcs::chat
