#pragma once
// SIP, SIPS and tel URIs (RFC 3261 section 19.1, RFC 3966) and name-addr as values. Text form in and out;
// escapes in the user part are decoded here and encoded again on output, so that a value compares by meaning.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace rcs::sip {

using core::Result;

/// `;name` or `;name=value`; names compare without case. A value is kept as written, quotes included.
struct Param {
  std::string name;
  std::optional<std::string> value;
  friend bool operator==(const Param&, const Param&) = default;
};
using Params = std::vector<Param>;

const Param* find_param(const Params& params, std::string_view name);
/// Its value without surrounding quotes; nullopt when absent or without a value.
std::optional<std::string> param_value(const Params& params, std::string_view name);
void set_param(Params& params, std::string_view name, std::optional<std::string> value);
void remove_param(Params& params, std::string_view name);

struct Uri {
  std::string scheme = "sip";  ///< lower case: sip, sips, tel, urn ...
  std::string user;  ///< unescaped; for tel: the number as written; for other schemes: all after the colon
  std::string password;    ///< unescaped; deprecated, kept
  std::string host;        ///< lower case; an IPv6 reference keeps its brackets; empty for tel
  std::uint16_t port = 0;  ///< 0: not given
  Params params;
  std::string headers;  ///< after '?', as written

  bool is_sip() const { return scheme == "sip" || scheme == "sips"; }
  std::string to_string() const;
  friend bool operator==(const Uri&, const Uri&) = default;
};

Result<Uri> parse_uri(std::string_view text);
/// RFC 3261 section 19.1.4 equality for sip and sips; other schemes compare their parts.
bool equivalent(const Uri& a, const Uri& b);
/// sip:user@host[:port]
Uri make_sip_uri(std::string_view user, std::string_view host, std::uint16_t port = 0);

/// Display name, URI and the header's own parameters (From, To, Contact, Route, P-Asserted-Identity ...).
struct NameAddr {
  std::string display;  ///< unquoted
  Uri uri;
  Params params;

  std::optional<std::string> tag() const { return param_value(params, "tag"); }
  /// Always with angle brackets.
  std::string to_string() const;
  friend bool operator==(const NameAddr&, const NameAddr&) = default;
};

Result<NameAddr> parse_name_addr(std::string_view text);
/// A comma-separated list of them, commas inside quotes and brackets respected.
Result<std::vector<NameAddr>> parse_name_addr_list(std::string_view text);

}  // namespace rcs::sip
