#pragma once
// What a user answers challenges with (RFC 3261 section 22, RFC 8760): a registrar's 401 and a proxy's 407,
// of as many realms as stand on the way. What was answered once is said at once from then on, until the
// server wants it anew.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/digest_client.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

/// Realms of one user: its registrar, and a proxy or two.
inline constexpr std::size_t kMaxRealms = 8;

class Credentials {
 public:
  /// SAFETY: `random` outlives this.
  Credentials(core::DigestCredentials login, core::Random& random)
      : login_(std::move(login)), random_(&random) {}

  /// The challenges of a 401 or 407, of each realm the first that is known here. `again`: the request has
  /// answered one before, for nothing else. Errors: refused, when that answer was no good; malformed or
  /// unsupported, when none can be answered.
  core::Result<void> challenged(const sip::Message& response, bool again);
  /// What the realms want to see that have asked; what the request has from before goes.
  void authorize(sip::Message& request);

 private:
  struct Realm {
    std::string name;
    bool is_proxy = false;
    bool is_registrar = false;  ///< asks for REGISTER alone; the others do not see what it is told
    core::DigestClient client;
  };
  Realm* realm_of(const std::string& name, bool is_proxy, bool is_registrar);

  core::DigestCredentials login_;
  core::Random* random_;
  std::vector<Realm> realms_;
};

}  // namespace rcs::chat
