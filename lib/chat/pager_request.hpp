#pragma once
// A SIP MESSAGE outside of sessions (RFC 3428, pager mode) as pure functions: the request that is sent, what
// is read from one that came, and how the INVITE for a message too large for that is told from one for a
// chat. No state, no transactions.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "chat/content.hpp"
#include "chat/invite.hpp"
#include "chat/messaging.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

/// What may be in a MESSAGE to us; in CPIM that is anything.
inline constexpr std::string_view kMessageTypes =
    "text/plain, message/cpim, application/im-iscomposing+xml, multipart/mixed";

/// Makes `request`, a MESSAGE outside of dialogs, one of RCS standalone messaging: no Contact (PGR-2), and
/// Expires with Date where it is only worth something until `owed.deadline` (PGR-12).
void write_message(sip::Message& request, const MessageOwed& owed, const AgentConfig& config, Instant now,
                   core::Random& random);
/// The octets of a request once it has the Via of its sender: no less.
std::size_t octets_of_request(const sip::Message& request, const AgentConfig& config);

/// Of a multipart the message in it; what goes with that for other clients, such as whom it went to as well
/// (PGR-42), is left out. 400 malformed, 413 too large once unpacked, 415 a type or a coding not taken, with
/// those that are (PGR-17).
std::variant<Content, Refusal> read_message(const sip::Message& request);
/// Its time was over before it came (PGR-12): Date and Expires. Without a Date it begins with the arrival.
bool has_expired(const sip::Message& request, core::UnixMs now);
/// Conversation-ID; empty where there is none, or one that can not be repeated.
std::string conversation_id_of(const sip::Message& request);

/// Makes an INVITE one for a single large message.
void mark_large_message(sip::Message& invite, const std::string& conversation_id, core::Random& random);
bool is_large_message(const sip::Message& invite);

}  // namespace rcs::chat
