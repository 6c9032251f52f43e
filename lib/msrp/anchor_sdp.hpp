#pragma once
// The SDP of an anchored session: what a peer's says of its leg, and the same with the anchor in the peer's
// place (rules MSRP-144, MSRP-147, MSRP-150). Only what says how to connect is changed; what the peers say to
// each other about their messages passes. Private to the anchor.

#include <string>

#include "body/sdp.hpp"
#include "core/result.hpp"
#include "msrp/listening.hpp"

namespace rcs::msrp {

enum class SdpRole : bool { offer, answer };

/// The first usable m=message line of a peer whose leg is of this kind. Errors: unsupported: there is none,
/// or its path is of another kind; malformed; too_large.
core::Result<body::MsrpMedia> read_leg(const body::Sdp& sdp, SdpRole role, node::StreamKind kind);

/// How we are reached on the other leg.
struct AnchorPlace {
  std::string host;
  std::uint16_t port = 0;
  bool secure = false;
  std::string path;
  body::Setup setup = body::Setup::passive;
  std::string resource;  ///< of a WebSocket; empty: it is none
  bool cema = false;
  std::vector<Fingerprint> fingerprints;
};

/// `sdp` with this place instead of that of `theirs`, which was read from it.
body::Sdp with_anchor(body::Sdp sdp, const body::MsrpMedia& theirs, const AnchorPlace& place);

}  // namespace rcs::msrp
