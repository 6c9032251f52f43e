#pragma once
// Who a device belongs to: Digest (RFC 3261 section 22, RFC 7616, RFC 8760) for the requests with which users
// enter the core. It challenges and checks; the node that hosts it answers. Requests within a registration
// may be taken without, as an IMS core does that trusts the address which registered.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/digest_server.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "ims/directory.hpp"
#include "sip/message.hpp"

namespace rcs::ims {

struct AuthenticationConfig {
  std::string realm;
  /// Of a user name as Authorization has it; nullopt: there is nobody of that name.
  std::function<std::optional<std::string>(const std::string& username)> password_of;
  /// Challenges go out in this order: a client answers the first that it knows (RFC 8760 section 2.4).
  std::vector<core::DigestAlgorithm> algorithms = {
      core::DigestAlgorithm::sha256, core::DigestAlgorithm::sha512_256, core::DigestAlgorithm::md5};
  std::vector<core::DigestQop> qops = {core::DigestQop::auth};
  bool every_request = false;  ///< with 407 (REG-4); else REGISTER alone
  core::Duration nonce_lifetime = std::chrono::minutes(5);
};

class Authentication {
 public:
  /// SAFETY: `directory` and `random` outlive this.
  Authentication(AuthenticationConfig config, Directory& directory, core::Random& random);

  /// What a request is refused with.
  struct Refusal {
    int status = 401;  ///< 400, 401, 403, 407
    std::vector<sip::Header> headers;
  };
  /// nullopt: it comes from whom it says; the credentials that said so are taken out of it. So are ACK and
  /// CANCEL, which nobody could repeat (RFC 3261 section 22.1).
  std::optional<Refusal> check(core::Instant now, sip::Message& request);

 private:
  Refusal challenge(core::Instant now, bool is_register, bool stale);
  core::DigestServer* server_of(const core::DigestAnswer& answer);
  bool speaks_for(const std::string& username, const sip::Message& request) const;

  AuthenticationConfig config_;
  Directory& directory_;
  core::Random& random_;
  std::vector<core::DigestServer> servers_;  ///< one for each algorithm
};

}  // namespace rcs::ims
