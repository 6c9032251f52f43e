#pragma once
// Hashes of octets (RFC 1321, FIPS 180-4) and hashes under a key (RFC 2104), computed by OpenSSL. What is
// asked with them stands elsewhere: digest_access.hpp, and the fingerprints of certificates.

#include <cstdint>
#include <string>
#include <string_view>

namespace rcs::core {

/// MD5 and SHA-1 only where an old peer knows nothing better: neither keeps two texts apart against somebody
/// who chooses them.
enum class DigestAlgorithm : std::uint8_t { md5, sha1, sha256, sha384, sha512, sha512_256 };

/// The hash as raw octets: 16, 20, 32, 48, 64 and 32 of them.
std::string digest(DigestAlgorithm algorithm, std::string_view octets);
/// The same in lower-case hexadecimal digits.
std::string hex_digest(DigestAlgorithm algorithm, std::string_view octets);

/// The keyed hash as raw octets. The key is never empty.
std::string hmac(DigestAlgorithm algorithm, std::string_view key, std::string_view octets);

/// Compares secrets: how long it takes tells their lengths, and not where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace rcs::core
