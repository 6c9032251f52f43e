// The session timers of sip/dialog.hpp (RFC 4028).
#include <algorithm>

#include "core/text.hpp"
#include "sip/dialog.hpp"

namespace rcs::sip {
namespace {

constexpr Duration kMaxByeLead = std::chrono::seconds(32);  // RFC 4028 section 10

std::string_view leading_part(std::string_view value) { return core::trim(value.substr(0, value.find(';'))); }

Error session_fault(const std::string& value, const char* wish) {
  return core::malformed("Session-Expires: " + std::string(wish) + ", got " + core::quoted(value));
}

Result<Refresher> refresher_of(const std::string& value) {
  Refresher found = Refresher::none;
  for (const std::string_view part : core::split(value, ';')) {
    const auto pair = core::split_once(part, '=');
    if (!pair || !core::iequals(core::trim(pair->first), "refresher")) continue;
    const std::string_view who = core::trim(pair->second);
    if (core::iequals(who, "uac")) {
      found = Refresher::uac;
    } else if (core::iequals(who, "uas")) {
      found = Refresher::uas;
    } else {
      return session_fault(value, "expected refresher uac or uas");
    }
  }
  return found;
}

std::uint32_t min_se_of(const Message& request) {
  const std::string* value = request.header("Min-SE");
  const auto seconds = value != nullptr ? core::parse_u32(leading_part(*value)) : std::nullopt;
  return std::max(kMinSessionExpires, seconds.value_or(0));
}

}  // namespace

Result<std::optional<SessionTimer>> session_expires(const Message& message) {
  const std::string* value = message.header("Session-Expires");
  if (value == nullptr) return std::optional<SessionTimer>();
  const auto seconds = core::parse_u32(leading_part(*value));
  if (!seconds) return session_fault(*value, "expected a number of seconds");
  RCS_TRY(const Refresher refresher, refresher_of(*value));
  return std::optional<SessionTimer>({std::chrono::seconds(*seconds), refresher});
}

SessionTimerAnswer answer_session_timer(const Message& request) {
  SessionTimerAnswer answer;
  const auto asked = session_expires(request);
  if (!asked) {
    answer.status = 400;
    return answer;
  }
  if (!*asked) return answer;
  const Duration offered = (*asked)->interval;
  if (offered < std::chrono::seconds(kMinSessionExpires)) {
    answer.status = 422;
    answer.min_se = kMinSessionExpires;
    return answer;
  }
  // Lowered to what we recommend, where the caller and the proxies on the way let us; never raised.
  const Duration wanted = std::chrono::seconds(std::max(kSessionExpires, min_se_of(request)));
  answer.timer.interval = std::min(offered, wanted);
  // Table 2. A caller that names a refresher without supporting timers (D9) is not relied on: we refresh.
  if (!request.lists("Supported", "timer")) {
    answer.timer.refresher = Refresher::uas;
  } else {
    answer.timer.refresher = (*asked)->refresher == Refresher::uas ? Refresher::uas : Refresher::uac;
  }
  answer.require = answer.timer.refresher == Refresher::uac;
  return answer;
}

Duration session_bye_after(Duration interval) { return interval - std::min(kMaxByeLead, interval / 3); }

Duration session_refresh_after(Duration interval) { return interval / 2; }

std::string to_string(const SessionTimer& timer) {
  std::string text = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(timer.interval).count());
  if (timer.refresher == Refresher::uac) text += ";refresher=uac";
  if (timer.refresher == Refresher::uas) text += ";refresher=uas";
  return text;
}

}  // namespace rcs::sip
