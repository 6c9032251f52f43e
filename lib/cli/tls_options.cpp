#include "cli/tls_options.hpp"

#include <CLI/CLI.hpp>

namespace rcs::cli {

void add_tls_options(CLI::App& app, TlsFiles& files) {
  app.add_option(
         "--tls-ca", files.authorities,
         "With a core over TLS: certificates of the authorities to trust, PEM; the system's when left out")
      ->option_text("FILE");
  app.add_option("--tls-cert", files.certificate,
                 "With a core over TLS: own certificate, PEM; none is shown when left out")
      ->option_text("FILE");
  app.add_option("--tls-key", files.key, "Its key, PEM; left out: it stands in the file of --tls-cert")
      ->option_text("FILE");
}

core::Result<void> check_tls_options(const TlsFiles& files, bool over_tls) {
  const bool any = !files.authorities.empty() || !files.certificate.empty() || !files.key.empty();
  if (any && !over_tls) {
    return core::malformed(
        "--tls-ca, --tls-cert, --tls-key: expected --core sips:HOST:PORT or "
        "'sip:HOST:PORT;transport=tls' with them");
  }
  if (!files.key.empty() && files.certificate.empty())
    return core::malformed("--tls-key: expected --tls-cert with it");
  return {};
}

}  // namespace rcs::cli
