#pragma once
// SIP over TLS (RFC 3261 section 26.3.2): with what it is spoken and where it is taken.

#include <memory>
#include <optional>

#include "net/address.hpp"
#include "net/tls.hpp"

namespace rcs::net {

struct SipTls {
  std::shared_ptr<const Tls> tls;  ///< null: TLS is neither taken nor dialled
  std::optional<Address> listen;   ///< where it is taken; port 0 picks one
  /// Who dials us has to show a certificate that an authority we trust vouches for.
  bool ask_certificate = false;
};

/// Of who only dials, and shows no certificate unless `options` name one. Errors: those of Tls::make().
core::Result<SipTls> make_dialling_tls(TlsOptions options);

}  // namespace rcs::net
