#pragma once
// Who we are over TLS, and whose word we take: a certificate with its key, from files or made at the start,
// and the authorities that may vouch for a peer. TLS 1.2 or later only (RFC 8996, MSRP-92).

#include <memory>
#include <string>

#include "core/result.hpp"

namespace rcs::net {

struct TlsOptions {
  std::string certificate;  ///< PEM file, the chain after it; empty: one made now, signed by itself, EC P-256
  std::string key;          ///< PEM file; empty: it stands in the file of the certificate
  std::string authorities;  ///< PEM file; empty: those of the system
  std::string name = "localhost";  ///< host name or address in the certificate that is made
  bool anonymous = false;          ///< no certificate, neither of a file nor made: only to dial with
};

class Tls {
 public:
  /// Errors: malformed (names the file, what was expected in it and the reason); internal.
  static core::Result<std::shared_ptr<const Tls>> make(const TlsOptions& options);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  /// Ours, DER: what its fingerprint is made from (RFC 8122); empty for none.
  const std::string& certificate() const;

  struct State;
  const State& state() const { return *state_; }

 private:
  explicit Tls(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rcs::net
