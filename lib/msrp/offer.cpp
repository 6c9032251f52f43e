#include "msrp/offer.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "msrp/dial_target.hpp"

namespace rcs::msrp {
namespace {

using core::Errc;
using core::Error;

constexpr std::uint16_t kNobodyListens = 9;  // RFC 6135 section 4.2.1

bool listens(const ListeningAt& at) { return at.port != kNobodyListens; }

std::string in_uri(std::string_view host) {
  const bool ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  return ipv6 ? "[" + std::string(host) + "]" : std::string(host);
}

std::string without_brackets(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return std::string(bracketed ? host.substr(1, host.size() - 2) : host);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

Types read_types(const body::MsrpMedia& media) {
  const auto words = [](std::string_view text) {
    std::vector<std::string> out;
    for (const auto word : core::split(text, ' ')) {
      if (!core::trim(word).empty()) out.emplace_back(core::trim(word));
    }
    return out;
  };
  return {words(media.accept_types), words(media.accept_wrapped_types)};
}

bool has_common(const Types& ours, const Types& theirs) {
  const auto any = [](const Types& from, const Types& of) {
    return std::any_of(of.accepted.begin(), of.accepted.end(),
                       [&](const std::string& type) { return type == "*" || from.takes(type); });
  };
  return any(ours, theirs) || any(theirs, ours);
}

Direction mirrored(body::MediaDirection direction) {
  switch (direction) {
    case body::MediaDirection::send_only:
      return Direction::receive_only;
    case body::MediaDirection::receive_only:
      return Direction::send_only;
    case body::MediaDirection::both:
      break;
  }
  return Direction::both;
}

body::MediaDirection in_sdp(Direction direction) {
  switch (direction) {
    case Direction::send_only:
      return body::MediaDirection::send_only;
    case Direction::receive_only:
      return body::MediaDirection::receive_only;
    case Direction::both:
      break;
  }
  return body::MediaDirection::both;
}

/// Our path as SDP has it: what the peer sends through first, our own URI last (MSRP-104).
Path own_path(const LocalEnd& local) {
  Path path(local.relays.rbegin(), local.relays.rend());
  path.push_back(local.uri);
  return path;
}

body::MsrpMedia media_of(const LocalEnd& local, const ListeningAt& at) {
  body::MsrpMedia media;
  media.address = without_brackets(local.uri.host);
  media.port = local.uri.port.value_or(kNobodyListens);
  media.path = format_path(own_path(local));
  media.accept_types = joined(local.types.accepted);
  media.accept_wrapped_types = joined(local.types.wrapped);
  media.max_size = local.limits.max_message;
  media.tls = local.uri.secure;
  media.cema = at.cema;
  media.chat_room = local.chat_room;
  media.direction = in_sdp(local.direction);
  for (const auto& print : at.fingerprints) media.fingerprints.push_back({print.hash, print.value});
  return media;
}

/// c= and m= are of the peer's own URI (CHAT-30), unless a middlebox has put itself there.
bool points_elsewhere(const body::MsrpMedia& theirs, const Uri& own) {
  if (own.port != theirs.port) return true;
  // A name in the path and an address in c= say nothing about each other without a resolver.
  const auto host = without_brackets(own.host);
  const bool is_address =
      host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
  return is_address && !core::iequals(host, without_brackets(theirs.address));
}

node::StreamKind kind_of(const Uri& uri) {
  const bool web = core::iequals(uri.transport, "ws") || core::iequals(uri.transport, "wss");
  if (web) return uri.secure ? node::StreamKind::wss : node::StreamKind::ws;
  return uri.secure ? node::StreamKind::tls : node::StreamKind::tcp;
}

/// What is the same for an offer and an answer of the peer.
core::Result<RemoteEnd> read_media(const body::MsrpMedia& theirs, const LocalEnd& local,
                                   const ListeningAt& at, bool we_dial) {
  RemoteEnd remote;
  RCS_TRY(remote.path, parse_sdp_path(theirs.path));
  remote.types = read_types(theirs);
  if (!has_common(local.types, remote.types)) {
    return Error(Errc::unsupported, "a=accept-types: expected one of " + joined(local.types.accepted) +
                                        ", got " + core::quoted(theirs.accept_types));
  }
  if (theirs.tls != local.uri.secure) {
    return Error(Errc::unsupported, std::string("m=message: expected ") +
                                        (local.uri.secure ? "TCP/TLS/MSRP" : "TCP/MSRP") + ", got the other");
  }
  remote.max_size = theirs.max_size;
  remote.chat_room = theirs.chat_room;
  remote.direction = mirrored(theirs.direction);
  for (const auto& print : theirs.fingerprints) remote.fingerprints.push_back({print.hash, print.value});
  const Uri& own = remote.path.back();
  const bool elsewhere = points_elsewhere(theirs, own);
  const bool cema = at.cema && theirs.cema;
  // Relays and CEMA do not go together: with both, the peer's path counts (MSRP-89).
  const bool has_relays = remote.path.size() > 1 || !local.relays.empty();
  if (elsewhere && theirs.port != kNobodyListens && !cema && !has_relays && !theirs.cema) {
    return Error(Errc::unsupported, "a=path: expected the address of c= and m=, " +
                                        core::quoted(theirs.address + ":" + std::to_string(theirs.port)) +
                                        ", or a=msrp-cema, got " + core::quoted(own.to_string()));
  }
  remote.we_dial = we_dial;  // behind a relay that is who begins: either end dials its own (MSRP-88)
  if (!we_dial || has_relays) return remote;
  if (cema && elsewhere) {
    node::StreamTarget target;
    target.kind = kind_of(own);
    target.host = without_brackets(theirs.address);
    target.port = theirs.port;
    target.check_authority = remote.fingerprints.empty();
    remote.dial = std::move(target);
  }
  if (node::has_messages(kind_of(own)) && !theirs.ws_resource.empty()) {
    if (!remote.dial) {
      RCS_TRY(remote.dial, dial_target(own));
    }
    remote.dial->resource = theirs.ws_resource;
  }
  return remote;
}

}  // namespace

LocalEnd make_local_end(const ListeningAt& at, Types types, core::Random& random) {
  LocalEnd local;
  local.uri.secure = node::is_secure(at.kind);
  local.uri.host = in_uri(at.host);
  local.uri.port = at.port;
  local.uri.session_id = new_session_id(random);
  local.uri.transport = node::has_messages(at.kind) ? "ws" : "tcp";
  local.types = std::move(types);
  return local;
}

body::MsrpMedia offer_media(const LocalEnd& local, const ListeningAt& at) {
  auto media = media_of(local, at);
  // Behind a relay nobody can dial us, and we dial no peer: the relay is there for both.
  media.setup = listens(at) || !local.relays.empty() ? body::Setup::actpass : body::Setup::active;
  return media;
}

core::Result<Answered> answer_offer(const body::MsrpMedia& offer, const LocalEnd& local,
                                    const ListeningAt& at) {
  const bool reachable = listens(at) || !local.relays.empty();
  // Who offers active dials, who is passive is dialled; actpass leaves it to us (CHAT-35).
  const bool they_dial = offer.setup == body::Setup::active ||
                         (offer.setup == body::Setup::actpass && at.lets_dial && reachable);
  const bool we_dial = !they_dial;
  if (!we_dial && !reachable)
    return Error(Errc::unsupported, "a=setup:active: expected actpass, for nobody listens here");
  Answered out;
  RCS_TRY(out.remote, read_media(offer, local, at, we_dial));
  out.media = media_of(local, at);
  out.media.setup = we_dial ? body::Setup::active : body::Setup::passive;
  out.media.cema = at.cema && offer.cema;
  return out;
}

core::Result<RemoteEnd> read_answer(const body::MsrpMedia& answer, const LocalEnd& local,
                                    const ListeningAt& at) {
  const bool we_dial = answer.setup != body::Setup::active;
  const bool reachable = listens(at) || !local.relays.empty();
  if (!we_dial && !reachable)
    return Error(Errc::unsupported, "a=setup:active: expected passive, for nobody listens here");
  return read_media(answer, local, at, we_dial);
}

}  // namespace rcs::msrp
