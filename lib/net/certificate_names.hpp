#pragma once
// Whom a certificate speaks for in SIP (RFC 5922 section 7): the hosts of its sip URIs; where it has none,
// its DNS names; its common name only when it has no subjectAltName at all. Names compare whole: no
// wildcards. Addresses, which that RFC leaves out, count where a peer is named by one.

#include <string>
#include <string_view>
#include <vector>

namespace rcs::net {

struct CertificateNames {
  std::vector<std::string> hosts;      ///< lower case
  std::vector<std::string> addresses;  ///< IP literals, IPv6 without brackets

  /// `host`: a name or an IP literal without brackets.
  bool bear(std::string_view host) const;
  /// "a.example", "a.example, b.example and 3 more"; "nobody".
  std::string to_string() const;
};

/// Of a certificate in DER; none for octets that are no certificate.
CertificateNames names_of_certificate(std::string_view der);

}  // namespace rcs::net
