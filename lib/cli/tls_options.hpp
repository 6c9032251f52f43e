#pragma once
// The options of a tool that reaches a SIP core over TLS.

#include <string>

#include "core/result.hpp"

namespace CLI {
class App;
}

namespace rcs::cli {

struct TlsFiles {
  std::string certificate;  ///< PEM files; empty: none, or those of the system
  std::string key;
  std::string authorities;
};

/// Adds --tls-ca, --tls-cert and --tls-key.
void add_tls_options(CLI::App& app, TlsFiles& files);
/// `over_tls`: is the core reached that way? Errors: malformed, names the option and what is missing with it.
core::Result<void> check_tls_options(const TlsFiles& files, bool over_tls);

}  // namespace rcs::cli
