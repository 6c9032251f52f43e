#pragma once
// Who answers a Digest challenge (RFC 7616 section 3.4): keeps the last one, counts the requests that are
// answered with its nonce, and looks whether the server proves itself. One for each server and name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest_access.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace rcs::core {

class DigestClient {
 public:
  /// SAFETY: `random` outlives this.
  DigestClient(DigestCredentials credentials, Random& random)
      : credentials_(std::move(credentials)), random_(&random) {}

  /// The WWW-Authenticate of a 401. Errors: as parse_digest_challenge; refused when what was answered to the
  /// last challenge is no good: the name or the password, or the server is never content with its own nonces.
  Result<void> challenged(std::string_view text);
  /// The Authorization of the next request; nullopt before the first challenge.
  std::optional<std::string> authorize(const DigestRequest& request);
  /// A success without Authentication-Info.
  void accepted();
  /// The Authentication-Info of a success; `reply` is the request that was authorized, with the reply's body.
  /// Errors: as parse_digest_info; refused when the server does not know the password.
  Result<void> confirmed(std::string_view text, const DigestRequest& reply);

 private:
  DigestCredentials credentials_;
  Random* random_;
  std::optional<DigestChallenge> challenge_;
  std::uint32_t count_ = 0;             // of requests with this nonce
  std::optional<DigestAnswer> answer_;  // the last one; empty once it is taken
  int stale_ = 0;                       // challenges for a stale nonce since the last success
};

}  // namespace rcs::core
