#include "msrp/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/digest.hpp"
#include "core/text.hpp"

namespace rcs::msrp {
namespace {

struct Hash {
  std::string_view name;
  core::DigestAlgorithm algorithm;
};
constexpr Hash kOurs = {"sha-256", core::DigestAlgorithm::sha256};
/// The best first.
constexpr std::array<Hash, 4> kHashes = {{{"sha-512", core::DigestAlgorithm::sha512},
                                          {"sha-384", core::DigestAlgorithm::sha384},
                                          kOurs,
                                          {"sha-1", core::DigestAlgorithm::sha1}}};

/// Upper-case hex pairs with colons.
std::string value_of(core::DigestAlgorithm algorithm, std::string_view certificate) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : core::digest(algorithm, certificate)) {
    const auto octet = static_cast<unsigned char>(c);
    if (!out.empty()) out += ':';
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
  return out;
}

}  // namespace

Fingerprint fingerprint_of(std::string_view certificate) {
  return {std::string(kOurs.name), value_of(kOurs.algorithm, certificate)};
}

core::Result<void> check_certificate(std::string_view certificate,
                                     const std::vector<Fingerprint>& announced) {
  const auto refused = [](std::string words) { return core::Error(core::Errc::refused, std::move(words)); };
  if (certificate.empty())
    return refused("MSRP peer: expected a certificate with the fingerprint of its SDP, got none");
  for (const auto& hash : kHashes) {
    const auto is_of_hash = [&](const Fingerprint& print) { return core::iequals(print.hash, hash.name); };
    if (std::none_of(announced.begin(), announced.end(), is_of_hash)) continue;
    const auto value = value_of(hash.algorithm, certificate);
    const bool matches = std::any_of(announced.begin(), announced.end(), [&](const Fingerprint& print) {
      return is_of_hash(print) && core::iequals(print.value, value);
    });
    if (matches) return {};
    return refused("MSRP peer: expected a certificate with the " + std::string(hash.name) +
                   " fingerprint of its SDP, got one with " + value);
  }
  return refused("MSRP peer: expected a fingerprint by SHA-256 or better in its SDP, got " +
                 core::quoted(announced.empty() ? std::string("none") : announced.front().hash));
}

}  // namespace rcs::msrp
