#include "core/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limits>

#include "core/result.hpp"
#include "core/text.hpp"

namespace rcs::core {
namespace {

const EVP_MD* method_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::md5:
      return EVP_md5();
    case DigestAlgorithm::sha1:
      return EVP_sha1();
    case DigestAlgorithm::sha256:
      return EVP_sha256();
    case DigestAlgorithm::sha384:
      return EVP_sha384();
    case DigestAlgorithm::sha512:
      return EVP_sha512();
    case DigestAlgorithm::sha512_256:
      return EVP_sha512_256();
  }
  return nullptr;
}

unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string digest(DigestAlgorithm algorithm, std::string_view octets) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  RCS_ASSERT(
      EVP_Digest(octets.data(), octets.size(), octets_of(out), &length, method_of(algorithm), nullptr) == 1);
  out.resize(length);
  return out;
}

std::string hex_digest(DigestAlgorithm algorithm, std::string_view octets) {
  return hex_encode(digest(algorithm, octets));
}

std::string hmac(DigestAlgorithm algorithm, std::string_view key, std::string_view octets) {
  RCS_ASSERT(!key.empty() && key.size() <= std::numeric_limits<int>::max());
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  RCS_ASSERT(HMAC(method_of(algorithm), key.data(), static_cast<int>(key.size()), octets_of(octets),
                  octets.size(), octets_of(out), &length) != nullptr);
  out.resize(length);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace rcs::core
