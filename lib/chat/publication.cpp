#include "chat/publication.hpp"

#include <algorithm>
#include <utility>

#include "chat/identity.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

using core::Duration;
using core::Instant;

/// A server that grants less is not asked at the speed of the network.
constexpr Duration kLeastRefresh = std::chrono::seconds(1);

/// SIP-ETag is a token (RFC 3903 section 11.3.1); it goes back to the server as it came.
bool is_entity_tag(std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c < 127 && c != ','; };
  return !text.empty() && text.size() <= kMaxEntityTag && std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

std::optional<Publication::Request> Publication::next(Instant now, const std::optional<ServiceSet>& wanted) {
  if (sent_) return std::nullopt;
  if (now >= expires_at_) entity_tag_.clear();
  const bool is_known = !entity_tag_.empty();
  if (!wanted) {
    if (is_known) sent_ = Request{entity_tag_, std::nullopt, 0};
    return sent_;
  }
  if (refused_ || now < not_before_) return std::nullopt;
  if (!is_known || told_ != *wanted) {
    sent_ = Request{entity_tag_, *wanted, expires_};
  } else if (now >= refresh_at_) {
    sent_ = Request{entity_tag_, std::nullopt, expires_};
  }
  return sent_;
}

Publication::Outcome Publication::on_response(const sip::Message& response, Instant now,
                                              core::Random& random) {
  const auto sent = std::exchange(sent_, std::nullopt);
  if (!sent) return {};
  if (sent->expires == 0) return on_removed();
  const int status = response.status;
  if (status < 300) return on_granted(*sent, response, now);
  if (status == 412 && !sent->if_match.empty()) {
    entity_tag_.clear();
    return {};
  }
  if (status == 423) {
    const auto minimum = delta_seconds(response, "Min-Expires");
    if (!minimum || *minimum <= sent->expires || *minimum > kMaxMinExpires) return give_up();
    expires_ = *minimum;
    return {};
  }
  if (status == 403) {
    refused_ = true;
    return {std::nullopt, !std::exchange(registered_anew_, true)};
  }
  const bool passes = (status >= 500 && status != 501) || status == 408 || status == 480;
  if (!passes) return give_up();
  return back_off(now, std::chrono::seconds(retry_after(response).value_or(0)), random);
}

Publication::Outcome Publication::on_granted(const Request& sent, const sip::Message& response, Instant now) {
  const auto* tag = response.header("SIP-ETag");
  const auto granted = std::min(response.expires().value_or(sent.expires), sent.expires);
  if (tag == nullptr || !is_entity_tag(*tag) || granted == 0) return give_up();
  entity_tag_ = *tag;
  if (sent.document) told_ = *sent.document;
  const auto after = std::max(kLeastRefresh, refresh_after(std::chrono::seconds(granted)));
  refresh_at_ = now + after;
  expires_at_ = now + std::chrono::seconds(granted);
  not_before_ = {};
  failures_ = 0;
  registered_anew_ = false;
  return {after, false};
}

Publication::Outcome Publication::on_failure(Instant now, core::Random& random) {
  const auto sent = std::exchange(sent_, std::nullopt);
  if (sent && sent->expires == 0) return on_removed();
  return back_off(now, Duration::zero(), random);
}

Publication::Outcome Publication::on_removed() {
  // Whatever the answer was, we no longer keep it.
  entity_tag_.clear();
  return {};
}

Publication::Outcome Publication::give_up() {
  entity_tag_.clear();
  refused_ = true;
  return {};
}

Publication::Outcome Publication::back_off(Instant now, Duration least, core::Random& random) {
  Duration pause = kFirstBackOff;
  for (int i = 0; i < failures_ && pause < kLastBackOff; ++i) pause *= 2;
  pause = std::min(pause, kLastBackOff);
  ++failures_;
  // Half fixed, half random: a server that comes back is not called by all at once.
  pause = pause / 2 + Duration(random.below(static_cast<std::uint64_t>((pause / 2).count())));
  pause = std::max(pause, least);
  not_before_ = now + pause;
  return {pause, false};
}

}  // namespace rcs::chat
