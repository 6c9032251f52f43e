#pragma once
// The initial INVITE of a 1-1 chat and what belongs to it, as pure functions: our Contact and SDP, the
// request a caller sends, and what a callee reads from one. No state, no transactions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "body/chat_body.hpp"
#include "body/sdp.hpp"
#include "chat/agent.hpp"
#include "chat/identity.hpp"
#include "core/random.hpp"
#include "sip/dialog.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

inline constexpr std::string_view kChatTag = "+g.oma.sip-im";  ///< the service: OMA SIMPLE IM
/// What a chat client of this profile may be sent over the life of a session.
inline constexpr std::string_view kChatMethods =
    "INVITE, ACK, CANCEL, BYE, UPDATE, MESSAGE, OPTIONS, NOTIFY, REFER";
/// What the agent itself takes at most: of answers that are asked for just this (405, 501, OPTIONS).
inline constexpr std::string_view kOwnMethods = "INVITE, ACK, CANCEL, BYE, UPDATE, MESSAGE, OPTIONS, NOTIFY";
inline constexpr std::string_view kAcceptedTypes = "application/sdp, multipart/mixed, message/cpim";
inline constexpr std::string_view kMsrpTypes = "message/cpim application/im-iscomposing+xml";
inline constexpr std::string_view kMsrpWrappedTypes = "text/plain message/imdn+xml";

/// Those of kOwnMethods that a client with these services takes: without messages outside of chats no
/// MESSAGE.
std::string own_methods(const ServiceSet& services);

/// A host as a URI writes it: an IPv6 literal gets brackets.
std::string uri_host(std::string_view host);
/// `<sip:USER@host:port>`; it names the transport when the core is not reached over UDP.
sip::NameAddr contact_address(const AgentConfig& config, const std::string& user);
/// That with `;+g.oma.sip-im`: of a chat.
sip::NameAddr make_contact(const AgentConfig& config, const std::string& user);
/// Requests to it need no route.
bool is_core(const sip::Uri& uri, const AgentConfig& config);
/// The core as a loose route.
sip::NameAddr core_route(const AgentConfig& config);

/// What names our end of the session in SDP; the same for its whole life, so that a refresh repeats the o=
/// line (CHAT-18).
struct LocalMedia {
  std::uint64_t sdp_id = 0;
  std::string msrp_session;
};
LocalMedia make_media(core::Random& random);
/// An offer, or an answer to `offer`, of a client without MSRP: port 9 and active, passive only towards an
/// active offer (CHAT-30, CHAT-34).
body::Sdp make_sdp(const AgentConfig& config, const LocalMedia& media,
                   const std::optional<body::MsrpMedia>& offer);
/// Our SDP as the body of `message`.
void set_sdp(sip::Message& message, const body::Sdp& sdp);

/// Of a text that is to be sent. Errors: malformed.
core::Result<void> check_content_type(const std::string& text);

struct InvitePlan {
  sip::Uri from;
  sip::Uri to;
  sip::Uri preferred_identity;
  std::vector<sip::NameAddr> routes;
  std::string contact_user;
  std::string subject;
  std::optional<body::ChatText> text;
  std::string conversation_id;  ///< for one large message of that thread, not a chat; empty: a chat
};
/// The INVITE of sip-chat-session section 8 without Via: headers by rules D1 to D9 and D18, Subject by
/// XLAT-2. A text without a date_time is of now.
sip::Message make_invite(InvitePlan plan, const AgentConfig& config, body::Sdp sdp, Instant now,
                         core::Random& random);

/// Why a request is not taken: the response to it.
struct Refusal {
  int status = 400;
  std::string reason;
  std::vector<sip::Header> headers;
};
/// What a response or an ACK says about the peer's message session (`unsaid` as body::msrp_media has it).
/// Errors: malformed without SDP; unsupported without a usable message stream.
core::Result<body::MsrpMedia> read_media(const sip::Message& message, body::Setup unsaid);
/// An SDP offer (or none: the offer is ours to make) and a first text in the body of an INVITE or UPDATE.
struct Offered {
  std::optional<body::MsrpMedia> media;
  std::optional<body::ChatText> text;
};
/// 400 malformed, 413 too large, 415 a type or a coding not taken, 488 an SDP without a usable message
/// stream.
std::variant<Offered, Refusal> read_offer(const sip::Message& request);

/// A Require option we do not know (420), a URI scheme we can not be called by (416), a method we do not take
/// (405, 501).
std::optional<Refusal> screen(const sip::Message& request);

/// What comes outside of dialogs, for a user without the service for it: 405 to a MESSAGE, with what is taken
/// in Allow; 488 to the INVITE of a chat, or of a large message.
std::optional<Refusal> screen_service(const sip::Message& request, const ServiceSet& services);

/// Status 422 with Min-SE when its Session-Expires is too small (CHAT-15).
std::optional<Refusal> refuse_timer(const sip::SessionTimerAnswer& answer);

}  // namespace rcs::chat
