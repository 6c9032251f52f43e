#include "msrp/anchor_sdp.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "msrp/dial_target.hpp"
#include "msrp/uri.hpp"

namespace rcs::msrp {
namespace {

using core::Errc;
using core::Error;

/// Octets: it stands in every head that goes there, and a head has 8192. Five relays on the way make 1200.
constexpr std::size_t kMaxPeerPath = 4096;
constexpr std::uint16_t kNobodyListens = 9;

/// What says how to connect, and is ours to say.
constexpr std::array<std::string_view, 5> kOfPlace = {"path", "setup", "ws-resource-path", "msrp-cema",
                                                      "fingerprint"};

bool is_of_place(const body::SdpAttribute& attribute) {
  return std::any_of(kOfPlace.begin(), kOfPlace.end(),
                     [&](std::string_view name) { return core::iequals(attribute.name, name); });
}

bool is_message(const body::SdpMedia& line) { return core::iequals(line.media, "message"); }

bool is_line_of(const body::SdpMedia& line, const body::MsrpMedia& theirs) {
  const auto* path = line.attribute("path");
  const bool is_msrp =
      core::iequals(line.protocol, "TCP/MSRP") || core::iequals(line.protocol, "TCP/TLS/MSRP");
  return is_message(line) && is_msrp && line.port != 0 && path != nullptr &&
         core::trim(*path) == theirs.path && line.attribute("accept-types") != nullptr;
}

std::string_view name_of(node::StreamKind kind) {
  switch (kind) {
    case node::StreamKind::tcp:
      return "tcp";
    case node::StreamKind::tls:
      return "tls";
    case node::StreamKind::ws:
      return "ws";
    case node::StreamKind::wss:
      return "wss";
  }
  return "";
}

/// Some write `wss` as transport and mean TLS by that alone (MSRP-123).
core::Result<node::StreamKind> kind_of(const Uri& uri) {
  RCS_TRY(const auto target, dial_target(uri));
  return core::iequals(uri.transport, "wss") ? node::StreamKind::wss : target.kind;
}

std::string_view name_of(body::Setup setup) {
  switch (setup) {
    case body::Setup::active:
      return "active";
    case body::Setup::passive:
      return "passive";
    case body::Setup::actpass:
      break;
  }
  return "actpass";
}

void place_in(std::vector<body::SdpAttribute>& attributes, const AnchorPlace& place) {
  std::erase_if(attributes, is_of_place);
  attributes.push_back({"path", place.path});
  attributes.push_back({"setup", std::string(name_of(place.setup))});
  if (!place.resource.empty()) attributes.push_back({"ws-resource-path", place.resource});
  if (place.cema) attributes.push_back({"msrp-cema", {}});
  for (const auto& print : place.fingerprints)
    attributes.push_back({"fingerprint", print.hash + ' ' + print.value});
}

}  // namespace

core::Result<body::MsrpMedia> read_leg(const body::Sdp& sdp, SdpRole role, node::StreamKind kind) {
  const bool is_offer = role == SdpRole::offer;
  auto theirs = body::msrp_media(sdp, is_offer ? body::Setup::active : body::Setup::passive);
  if (!theirs) {
    return Error(Errc::unsupported,
                 std::string("SDP ") + (is_offer ? "offer" : "answer") +
                     ": expected an m=message line with a port, a=path and a=accept-types");
  }
  if (theirs->path.size() > kMaxPeerPath)
    return Error(Errc::too_large, "a=path: expected at most " + std::to_string(kMaxPeerPath) +
                                      " octets, got " + std::to_string(theirs->path.size()));
  RCS_TRY(const auto path, parse_sdp_path(theirs->path));
  const auto named = kind_of(path.front());
  if (!named || *named != kind) {
    return Error(Errc::unsupported, "a=path: expected the transport " + std::string(name_of(kind)) +
                                        ", which this leg is set to, got " +
                                        core::quoted(path.front().to_string(), 200));
  }
  if (!node::has_messages(kind)) return std::move(*theirs);
  // A browser always connects and nobody connects to it, whatever its lines say (MSRP-150).
  theirs->setup = body::Setup::active;
  theirs->port = kNobodyListens;
  theirs->tls = node::is_secure(kind);
  return std::move(*theirs);
}

body::Sdp with_anchor(body::Sdp sdp, const body::MsrpMedia& theirs, const AnchorPlace& place) {
  const bool is_alone = std::all_of(sdp.media.begin(), sdp.media.end(), is_message);
  sdp.origin_address = place.host;
  if (is_alone) {
    sdp.connection = place.host;
    std::erase_if(sdp.attributes, is_of_place);
  }
  bool is_done = false;
  for (auto& line : sdp.media) {
    if (!is_done && is_line_of(line, theirs)) {
      is_done = true;
      line.port = place.port;
      line.protocol = place.secure ? "TCP/TLS/MSRP" : "TCP/MSRP";
      line.connection = place.host;
      place_in(line.attributes, place);
    } else if (is_message(line)) {
      line.port = 0;  // it would go past us
      std::erase_if(line.attributes, is_of_place);
    }
  }
  RCS_ASSERT(is_done);
  return sdp;
}

}  // namespace rcs::msrp
