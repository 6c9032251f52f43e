#pragma once
// The body of a chat INVITE: multipart/mixed of a CPIM message (the first text) and the SDP offer, made and
// taken apart. Accepts SDP alone (XLAT-5), either order of parts, and what the published example prints (D10,
// D13, D17).

#include <optional>
#include <string>
#include <string_view>

#include "body/cpim.hpp"
#include "body/mime.hpp"
#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace rcs::body {

/// The first message of a chat as it travels in CPIM.
struct ChatText {
  std::string message_id;  ///< imdn.Message-ID; empty: none
  std::string from;        ///< URI
  std::string to;          ///< URI
  std::string content_type = "text/plain;charset=UTF-8";
  std::string text;  ///< octets of the content
  std::optional<core::UnixMs> date_time;
  bool want_delivery = true;  ///< positive-delivery
  bool want_display = true;   ///< display
  bool want_failure = false;  ///< negative-delivery
  friend bool operator==(const ChatText&, const ChatText&) = default;
};

/// NS, From, To, DateTime, imdn.Message-ID, imdn.Disposition-Notification, then the content with Content-Type
/// (IMDN-1). An empty `from` or `to` becomes sip:anonymous@anonymous.invalid (CPIM-13, CPIM-14); without a
/// message_id no notification is asked for, as nothing could name the message in it.
Cpim make_chat_cpim(const ChatText& text);
/// Reads one back; missing headers leave their members empty (and nothing wanted), and so
/// does a DateTime that can not be read. content_type is as written; text the octets as they are, whatever
/// their charset.
ChatText read_chat_cpim(const Cpim& cpim);

struct ChatBody {
  std::optional<ChatText> text;
  std::optional<Sdp> sdp;
};
struct TypedBody {
  std::string content_type;
  std::string content;
};
/// text and sdp: multipart/mixed with a random quoted boundary (D6), CPIM first; sdp alone: application/sdp;
/// text alone: message/cpim; neither: an empty body without a type.
TypedBody make_chat_body(const ChatBody& body, core::Random& random);
/// From the Content-Type and octets of a SIP body; both empty: an INVITE without a body. Inner Content-Length
/// is not looked at (D13). Errors: malformed; unsupported for a type or a required part we do not take
/// (MIME-6, 415).
Result<ChatBody> read_chat_body(std::string_view content_type, std::string_view content);

}  // namespace rcs::body
