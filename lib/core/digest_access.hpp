#pragma once
// HTTP Digest access (RFC 7616, and RFC 2617 and 2069 for old peers), as HTTP, SIP and MSRP relays use it:
// the values of WWW-Authenticate, Authorization and Authentication-Info, text to values and back, and the
// arithmetic between them. Who asks and who answers stand in digest_client.hpp and digest_server.hpp. No
// -sess algorithms: nobody has been seen to use them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"

namespace rcs::core {

/// What of a request the response covers; `none` is RFC 2069, without cnonce and count.
enum class DigestQop : std::uint8_t { none, auth, auth_int };

/// The request that is answered for. SAFETY: borrowed for the call.
struct DigestRequest {
  std::string_view method;
  std::string_view uri;   ///< as it stands in the request
  std::string_view body;  ///< counts under auth-int
};

/// A name and what proves it: a password, or with AKA the octets of RES.
struct DigestCredentials {
  std::string username;
  std::string password;
};

/// WWW-Authenticate or Proxy-Authenticate, one challenge.
struct DigestChallenge {
  std::string realm;
  std::string nonce;
  std::string opaque;                        ///< empty: none
  std::optional<DigestAlgorithm> algorithm;  ///< absent: MD5
  std::vector<DigestQop> qops;               ///< offered; empty: none is known there
  bool stale = false;                        ///< the nonce was too old, and the password right
  bool userhash = false;                     ///< wants the name hashed
  friend bool operator==(const DigestChallenge&, const DigestChallenge&) = default;
};

/// Authorization or Proxy-Authorization.
struct DigestAnswer {
  std::string username;
  std::string realm;
  std::string nonce;
  std::string uri;  ///< empty: left out, as RFC 4976 does
  std::string response;
  std::string opaque;
  std::optional<DigestAlgorithm> algorithm;
  DigestQop qop = DigestQop::none;
  std::string cnonce;
  std::uint32_t nc = 0;
  bool userhash = false;
  friend bool operator==(const DigestAnswer&, const DigestAnswer&) = default;
};

/// Authentication-Info.
struct DigestInfo {
  std::string rspauth;  ///< proves that the server knows the password; empty: no proof
  std::string nextnonce;
  DigestQop qop = DigestQop::none;
  std::string cnonce;
  std::uint32_t nc = 0;
  friend bool operator==(const DigestInfo&, const DigestInfo&) = default;
};

/// Errors of all three: unsupported (another scheme than Digest, an algorithm or only qops that are not known
/// here), malformed, too_large. Unknown parameters are ignored.
Result<DigestChallenge> parse_digest_challenge(std::string_view text);
Result<DigestAnswer> parse_digest_answer(std::string_view text);
Result<DigestInfo> parse_digest_info(std::string_view text);

/// Controls in a value go out as blanks: none ends the header.
std::string format(const DigestChallenge& challenge);
std::string format(const DigestAnswer& answer);
std::string format(const DigestInfo& info);

/// The response that `answer` has to bear, from its other members; hexadecimal.
std::string digest_response(const DigestAnswer& answer, const DigestCredentials& credentials,
                            const DigestRequest& request);
/// The rspauth that proves the server to whom sent `answer`; `request.body` is that of the reply.
std::string digest_rspauth(const DigestAnswer& answer, const DigestCredentials& credentials,
                           const DigestRequest& request);
/// The username where the challenge says userhash.
std::string digest_userhash(DigestAlgorithm algorithm, std::string_view username, std::string_view realm);

}  // namespace rcs::core
