#include "cli/tls_options.hpp"

#include "support/catch.hpp"

using rcs::cli::check_tls_options;
using rcs::cli::TlsFiles;

TEST_CASE("options of TLS go with a core over TLS, and a key with its certificate") {
  CHECK(check_tls_options({}, false));
  CHECK(check_tls_options({}, true));
  CHECK(check_tls_options({"cert.pem", "key.pem", "ca.pem"}, true));
  CHECK(check_tls_options({"both.pem", "", ""}, true));
  for (const TlsFiles& files : {TlsFiles{"f", "", ""}, TlsFiles{"", "f", ""}, TlsFiles{"", "", "f"}}) {
    const auto refused = check_tls_options(files, false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail().find("transport=tls") != std::string::npos);
  }
  const auto keyless = check_tls_options({"", "key.pem", ""}, true);
  REQUIRE_FALSE(keyless);
  CHECK(keyless.error().detail() == "--tls-key: expected --tls-cert with it");
}
