#pragma once
// SDP (RFC 8866) as far as message sessions need it: our own small, bounded, total decoder, and the offers
// and answers of an MSRP session (RFC 4975 section 8, RFC 6135), rules CHAT-30 to CHAT-34.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace rcs::body {

using core::Result;

inline constexpr std::size_t kMaxSdpLines = 200;

struct SdpAttribute {
  std::string name;
  std::string value;  ///< empty for a flag
  friend bool operator==(const SdpAttribute&, const SdpAttribute&) = default;
};

struct SdpMedia {
  std::string media;       ///< "message"
  std::uint16_t port = 0;  ///< 0: refused
  std::string protocol;    ///< "TCP/MSRP"
  std::vector<std::string> formats;
  std::string connection;  ///< address of c=, empty: the session's
  std::vector<SdpAttribute> attributes;
  const std::string* attribute(std::string_view name) const;
  friend bool operator==(const SdpMedia&, const SdpMedia&) = default;
};

struct Sdp {
  std::string origin_user = "-";  ///< one word, as are the addresses
  std::uint64_t session_id = 0;
  std::uint64_t session_version = 0;
  std::string origin_address = "127.0.0.1";
  std::string session_name = "-";
  std::string connection;  ///< address of c=
  std::vector<SdpAttribute> attributes;
  std::vector<SdpMedia> media;
  friend bool operator==(const Sdp&, const Sdp&) = default;
};

/// Lines end in CRLF or LF; unknown line types are skipped, v=0 and o= are asked for. Errors: malformed
/// (names the line number), too_large.
Result<Sdp> parse_sdp(std::string_view text);
/// CRLF lines with t=0 0; control characters are left out of every value, so that none can begin a line of
/// its own.
std::string format_sdp(const Sdp& sdp);

enum class Setup : std::uint8_t { active, passive, actpass };
enum class MediaDirection : std::uint8_t { both, send_only, receive_only };
/// a=fingerprint (RFC 8122): "sha-256", "AB:CD:..."; as written.
struct SdpFingerprint {
  std::string hash;
  std::string value;
  friend bool operator==(const SdpFingerprint&, const SdpFingerprint&) = default;
};

/// a=chatroom (RFC 7701): this end knows chat rooms, and what of them (MSRP-160).
struct SdpChatRoom {
  bool nicknames = false;
  bool private_messages = false;
  friend bool operator==(const SdpChatRoom&, const SdpChatRoom&) = default;
};

/// What one end says about its MSRP session.
struct MsrpMedia {
  std::string address;       ///< c=
  std::uint16_t port = 9;    ///< 9: we connect, nobody listens (RFC 6135 4.2)
  std::string path;          ///< the a=path value: one or more MSRP URIs
  std::string accept_types;  ///< "message/cpim application/im-iscomposing+xml"
  std::string accept_wrapped_types;
  Setup setup = Setup::active;
  bool tls = false;                       ///< TCP/TLS/MSRP
  std::optional<std::uint64_t> max_size;  ///< octets of a message (MSRP-42)
  bool cema = false;                      ///< a=msrp-cema (RFC 6714)
  MediaDirection direction = MediaDirection::both;
  std::optional<SdpChatRoom> chat_room;
  std::string ws_resource;  ///< a=ws-resource-path: "/...", of the WebSocket that the path names (MSRP-144)
  std::vector<SdpFingerprint> fingerprints;  ///< of this m= line, else of the session
  friend bool operator==(const MsrpMedia&, const MsrpMedia&) = default;
};

/// A whole offer or answer with one m=message line.
Sdp make_msrp_sdp(const MsrpMedia& media, std::uint64_t session_id, std::uint64_t version);
/// The first usable m=message line (TCP/MSRP or TCP/TLS/MSRP, port not 0, a=path and a=accept-types present);
/// nullopt when none is. `unsaid` is taken where no a=setup says who connects (or holdconn, which is
/// ignored): it is the offerer that does (CHAT-33), so ask for `active` when reading an offer and for
/// `passive` when reading an answer.
std::optional<MsrpMedia> msrp_media(const Sdp& sdp, Setup unsaid = Setup::active);

}  // namespace rcs::body
