#pragma once
// Who is meant: the forms an RCS ID is written in (numbers with separators, tel and sip URIs, names), made
// one (rules API-120 to API-124 and NUM-1 to NUM-10). Whatever passes here is safe to put into a SIP URI and,
// percent-encoded, into a path.

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "gateway/config.hpp"

namespace rcs::gateway {

struct Identity {
  std::string
      key;  ///< equal for all forms of one user: "+821087654321", "01087654321", "alice", "alice@other.com"
  std::string shown;  ///< in paths and events, by Config::id_form
  std::string sip;    ///< as an own public identity: "sip:01087654321@domain.com"
  std::string uri;    ///< as a recipient, by Config::uri_form
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// From a path segment or a JSON string (percent-decoded). Errors: malformed, says what was expected.
core::Result<Identity> read_identity(std::string_view text, const Config& config);

/// How the sender of a SIP message is shown: as its identity where that can be read, else its user part. A
/// name of a foreign domain keeps its host, so that it can not pass for one of ours.
std::string shown_sender(std::string_view uri, const Config& config);

/// Letters, digits, - . _ at most 64: what names a device (API-66).
bool is_device_name(std::string_view text);

}  // namespace rcs::gateway
