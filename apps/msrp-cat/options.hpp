#pragma once
// What msrp-cat was asked to do.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/tool.hpp"
#include "msrp/listening.hpp"
#include "msrp/message.hpp"
#include "msrp/uri.hpp"
#include "net/address.hpp"
#include "node/stream.hpp"

namespace rcs::cat {

struct Options {
  cli::CommonOptions common;
  bool limited = false;  ///< --timeout was given: it holds for the wait of a listener too

  std::string place;  ///< ADDR:PORT of a listener, or the peer's URI
  bool listen = false;
  bool keep = false;  ///< -k
  bool offer = false;
  std::string sdp;  ///< --answer: where the peer's SDP is; with --offer its answer, else its offer
  bool answer = false;
  bool cema = false;

  bool tls = false;
  bool websocket = false;
  std::vector<std::string> origins;  ///< whose pages may come with a browser; net::StreamListen
  std::string certificate;
  std::string key;
  std::string authorities;
  bool insecure = false;

  bool whole = false;
  std::string file;
  std::string content_type;
  bool cpim = false;
  std::string from;
  std::string to;
  std::uint64_t chunk_size = 0;
  bool success_report = false;
  msrp::FailureReport failure_report = msrp::FailureReport::yes;
  std::vector<std::string> accept;  ///< media types; empty: any
  std::uint64_t max_size = 0;       ///< 0: any
  std::uint64_t count = 0;          ///< messages to wait for
  bool hexdump = false;

  std::string room;  ///< --room: the CPIM To of what is for all in it
  std::string nickname;

  /// --anchor: what its sessions are connected by, towards who offers and towards who answers.
  std::optional<std::pair<node::StreamKind, node::StreamKind>> anchor;

  bool relay_server = false;
  std::string relay;
  std::string user;
  std::string password;

  // Made of the above by check().
  net::Address bind;
  msrp::Path peer;  ///< empty: nobody was named
  std::optional<msrp::Uri> relay_uri;
  std::optional<msrp::Fingerprint> peer_print;

  bool by_sdp() const { return offer || answer; }
};

}  // namespace rcs::cat
