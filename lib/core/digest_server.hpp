#pragma once
// Who asks for Digest (RFC 7616 sections 3.3 and 5): challenges whose nonces it knows again without having
// kept them, for they bear their time and a hash under a secret; and the check of what comes back. A nonce
// that was used is kept with a window of its counts as long as it is good, so that nothing is taken twice.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/digest_access.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace rcs::core {

struct DigestServerOptions {
  std::string realm;
  std::string secret;  ///< of the nonces; never empty, and nobody else's
  std::optional<DigestAlgorithm> algorithm = DigestAlgorithm::md5;  ///< asked for; absent: MD5, unsaid
  std::vector<DigestQop> qops = {DigestQop::auth};  ///< empty: RFC 2069, with which a nonce is good once
  Duration nonce_lifetime = std::chrono::minutes(5);
  std::size_t max_used = 100'000;  ///< nonces that are kept, 150 octets each
};

enum class DigestVerdict : std::uint8_t {
  good,
  stale,  ///< the password is right, the nonce old, used, or not ours: to be challenged anew with `stale`
  wrong
};

class DigestServer {
 public:
  explicit DigestServer(DigestServerOptions options);

  const std::string& realm() const { return options_.realm; }
  DigestChallenge challenge(Instant now, Random& random, bool stale = false) const;
  /// `password`: of answer.username; absent where nobody has this name, which takes as long as a wrong one.
  /// `good` uses up the count of the nonce.
  DigestVerdict check(Instant now, const DigestAnswer& answer, const DigestRequest& request,
                      const std::optional<std::string>& password);
  /// The Authentication-Info for an answer that was good.
  DigestInfo confirm(const DigestAnswer& answer, const DigestRequest& reply, std::string_view password) const;

  std::size_t used() const { return used_.size(); }

 private:
  /// When it was made, and what else makes it unlike others.
  using NonceKey = std::pair<Instant, std::string>;
  /// The highest count so far, and which of the 64 up to it came.
  struct Window {
    std::uint32_t highest = 0;
    std::uint64_t seen = 0;
    bool take(std::uint32_t count);
  };

  std::string sign(std::string_view head) const;
  std::optional<NonceKey> recognise(Instant now, std::string_view nonce) const;
  bool use(Instant now, NonceKey key, std::uint32_t count);

  DigestServerOptions options_;
  std::map<NonceKey, Window> used_;
  std::optional<Instant> floor_;  // nonces made up to then are stale: their windows were given up
};

}  // namespace rcs::core
