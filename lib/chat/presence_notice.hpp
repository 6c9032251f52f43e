#pragma once
// What a NOTIFY of the event package presence says (RFC 6665, RFC 3856): the state of the subscription, and
// the document about one contact, alone or as a member of a list (RFC 4662).

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "body/pidf.hpp"
#include "chat/identity.hpp"
#include "chat/invite.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

inline constexpr std::string_view kPresenceEvent = "presence";
/// Of a SUBSCRIBE (PRES-100).
inline constexpr std::string_view kPresenceTypes =
    "application/pidf+xml, multipart/related, application/rlmi+xml";

struct PresenceNotice {
  bool terminated = false;
  std::string reason;  ///< why, lower case: "timeout", "noresource", "rejected" ...; empty: not said
  std::optional<body::Presence> document;  ///< none: without a body, or a list without one for the contact
};
/// Of the same package, about `contact`; of a list what it says of that member: one that is terminated there
/// is terminated here. Refusal: 489 another package, 400 malformed, 415 a type that is not taken.
std::variant<PresenceNotice, Refusal> read_notice(const sip::Message& notify, const UserKey& contact);
/// Errors as read_notice: 489.
std::optional<Refusal> refuse_event(const sip::Message& notify);

}  // namespace rcs::chat
