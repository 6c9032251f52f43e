#pragma once
// Where a node takes MSRP connections, as its SDP says it.

#include <cstdint>
#include <string>
#include <vector>

#include "node/stream.hpp"

namespace rcs::msrp {

/// A certificate's hash as SDP has it (RFC 8122): "sha-256" and upper-case hex pairs with colons (MSRP-91).
struct Fingerprint {
  std::string hash;
  std::string value;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Port 9: nowhere, so that the node always dials (RFC 6135 section 4.2).
struct ListeningAt {
  std::string host = "127.0.0.1";  ///< without brackets
  std::uint16_t port = 9;
  node::StreamKind kind = node::StreamKind::tcp;
  std::vector<Fingerprint> fingerprints;  ///< of its certificate
  bool cema = false;                      ///< middleboxes may carry the media (RFC 6714)
  bool lets_dial = false;  ///< who leaves it open dials: for a server, whose clients sit behind NATs
};

}  // namespace rcs::msrp
