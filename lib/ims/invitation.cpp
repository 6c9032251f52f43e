#include "ims/invitation.hpp"

#include <algorithm>
#include <utility>

#include "body/multipart.hpp"
#include "core/text.hpp"
#include "ims/signal_text.hpp"

namespace rcs::ims {
namespace {

// What the receiver's client shows or matches; everything hop by hop or of the sender's dialog stays behind.
constexpr std::string_view kCarried[] = {"Subject",
                                         "Accept-Contact",
                                         "Reject-Contact",
                                         "Contribution-ID",
                                         "Conversation-ID",
                                         "InReplyTo-Contribution-ID",
                                         "P-Asserted-Service",
                                         "P-Preferred-Service",
                                         "Priority",
                                         "Privacy",
                                         "Message-Expires"};

constexpr std::string_view kOwnTypes = "message/cpim application/im-iscomposing+xml";
constexpr std::string_view kOwnWrappedTypes = "text/plain message/imdn+xml";

core::Result<void> read_part(const body::Part& part, Invitation& invitation) {
  RCS_TRY(const auto type, part.media_type());
  if (type.type == "application/sdp") {
    if (invitation.offer) return core::malformed("INVITE body: two SDP parts");
    RCS_TRY(invitation.offer, body::parse_sdp(part.content));
  } else if (type.type == "message/cpim") {
    if (!invitation.cpim) invitation.cpim = part;
    invitation.brings_text = true;
  }
  return {};
}

/// Those words of `offered` that we know, in the offer's order; all of `ours` when it takes anything.
std::string common_types(std::string_view offered, std::string_view ours) {
  std::string result;
  const auto known = core::split(ours, ' ');
  for (const auto word : core::split(offered, ' ')) {
    if (word == "*") return std::string(ours);
    if (std::none_of(known.begin(), known.end(), [&](auto k) { return core::iequals(k, word); })) continue;
    if (!result.empty()) result += ' ';
    result += word;
  }
  return result;
}

body::MsrpMedia own_media(const SdpEnd& end, bool tls) {
  body::MsrpMedia media;
  media.address = end.host.starts_with('[') ? end.host.substr(1, end.host.size() - 2) : end.host;
  media.port = 9;  // nobody listens here (RFC 6135 section 4.2)
  media.path = std::string(tls ? "msrps" : "msrp") + "://" + end.host + ":9/" + end.session + ";tcp";
  media.accept_types = kOwnTypes;
  media.accept_wrapped_types = kOwnWrappedTypes;
  media.setup = body::Setup::active;
  media.tls = tls;
  return media;
}

}  // namespace

core::Result<Invitation> read_invitation(const sip::Message& invite) {
  Invitation invitation;
  invitation.from = invite.from;
  sip::remove_param(invitation.from.params, "tag");
  invitation.to = invite.to;
  sip::remove_param(invitation.to.params, "tag");
  invitation.target = invite.request_uri;
  invitation.asserted = asserted_identity(invite).value_or(invitation.from);
  if (!invite.routes.empty()) {
    invitation.asked_txn = sip::param_value(invite.routes.front().uri.params, kAskedTxn).value_or("");
  }
  for (const auto name : kCarried) {
    for (const auto value : invite.header_values(name)) {
      invitation.headers.push_back({std::string(name), std::string(value)});
    }
  }
  if (invite.body.empty()) return invitation;
  const auto* content_type = invite.header("Content-Type");
  if (content_type == nullptr) return core::malformed("INVITE: a body without Content-Type");
  RCS_TRY(const auto type, body::parse_media_type(*content_type));
  if (type.type.starts_with("multipart/")) {
    const auto boundary = type.param("boundary");
    if (!boundary) return core::malformed("INVITE: Content-Type " + type.type + " without boundary");
    RCS_TRY(const auto parts, body::parse_multipart(invite.body, *boundary));
    for (const auto& part : parts) RCS_CHECK_OK(read_part(part, invitation));
  } else if (type.type == "application/sdp" || type.type == "message/cpim") {
    body::Part part;
    part.headers.push_back({"Content-Type", *content_type});
    part.content = invite.body;
    RCS_CHECK_OK(read_part(part, invitation));
  } else {
    return core::Error(core::Errc::unsupported,
                       "INVITE: body of type " + core::quoted(type.type) +
                           ", expected multipart/mixed, application/sdp or message/cpim");
  }
  return invitation;
}

bool is_usable(const std::optional<body::Sdp>& offer) {
  if (!offer) return true;  // our 200 makes the offer then
  const auto media = body::msrp_media(*offer);
  return media && !common_types(media->accept_types, kOwnTypes).empty();
}

std::string make_offer(const SdpEnd& end) {
  return body::format_sdp(body::make_msrp_sdp(own_media(end, false), end.id, end.id));
}

std::string make_sdp_answer(const SdpEnd& end, const body::Sdp& offer) {
  const auto theirs = body::msrp_media(offer);
  body::MsrpMedia ours = own_media(end, theirs && theirs->tls);
  if (theirs) {
    ours.accept_types = common_types(theirs->accept_types, kOwnTypes);
    const auto wrapped = common_types(theirs->accept_wrapped_types, kOwnWrappedTypes);
    if (!wrapped.empty()) ours.accept_wrapped_types = wrapped;
    // RFC 4145: who offers active is answered passive. Port 9 says all the same that nobody listens.
    if (theirs->setup == body::Setup::active) ours.setup = body::Setup::passive;
  }
  return format_answer(ours, end.id, offer);
}

std::string format_answer(const body::MsrpMedia& ours, std::uint64_t id, const body::Sdp& offer) {
  const auto theirs = body::msrp_media(offer);
  body::Sdp answer = body::make_msrp_sdp(ours, id, id);
  // One m= line for each of the offer (RFC 3264 section 6): ours at its place, the others refused.
  std::vector<body::SdpMedia> lines;
  bool placed = false;
  for (const auto& line : offer.media) {
    const bool is_ours = theirs && !placed && line.port != 0 && line.attribute("path") != nullptr &&
                         *line.attribute("path") == theirs->path;
    if (is_ours && !answer.media.empty()) {
      lines.push_back(answer.media.front());
      placed = true;
    } else {
      body::SdpMedia refused;
      refused.media = line.media;
      refused.protocol = line.protocol;
      refused.formats = line.formats;
      lines.push_back(std::move(refused));
    }
  }
  answer.media = std::move(lines);
  return body::format_sdp(answer);
}

void put_body(sip::Message& invite, const Invitation& invitation, const std::string& sdp,
              core::Random& random) {
  if (!invitation.cpim) {
    invite.set_header("Content-Type", "application/sdp");
    invite.body = sdp;
    return;
  }
  body::Part sdp_part;
  sdp_part.headers.push_back({"Content-Type", "application/sdp"});
  sdp_part.content = sdp;
  const std::vector<body::Part> parts = {*invitation.cpim, sdp_part};
  const auto boundary = body::make_boundary(parts, random);
  invite.set_header("Content-Type", "multipart/mixed;boundary=\"" + boundary + "\"");
  invite.body = body::format_multipart(parts, boundary);
}

}  // namespace rcs::ims
