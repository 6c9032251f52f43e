// Hashes and keyed hashes against the vectors of their standards.

#include "core/digest.hpp"

#include "core/text.hpp"
#include "support/catch.hpp"

using namespace rcs::core;

TEST_CASE("hashes of abc are those of RFC 1321 and FIPS 180-4") {
  CHECK(hex_digest(DigestAlgorithm::md5, "abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex_digest(DigestAlgorithm::sha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex_digest(DigestAlgorithm::sha256, "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_digest(DigestAlgorithm::sha384, "abc") ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  CHECK(hex_digest(DigestAlgorithm::sha512, "abc") ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(hex_digest(DigestAlgorithm::sha512_256, "abc") ==
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST_CASE("a hash takes any octets and none") {
  CHECK(hex_digest(DigestAlgorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(digest(DigestAlgorithm::sha256, std::string_view("\0", 1)) !=
        digest(DigestAlgorithm::sha256, std::string_view("\0\0", 2)));
  CHECK(digest(DigestAlgorithm::sha512_256, "x").size() == 32);
}

TEST_CASE("keyed hashes are those of RFC 4231, case 2, and of RFC 2202") {
  const std::string_view text = "what do ya want for nothing?";
  CHECK(hex_encode(hmac(DigestAlgorithm::sha256, "Jefe", text)) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(hmac(DigestAlgorithm::sha384, "Jefe", text)) ==
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  CHECK(hex_encode(hmac(DigestAlgorithm::md5, "Jefe", text)) == "750c783e6ab0b503eaa86e310a5db738");
}

TEST_CASE("secrets are equal when all their octets are") {
  CHECK(equal_in_constant_time("secret", "secret"));
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("secret", "secres"));
  CHECK_FALSE(equal_in_constant_time("secret", "secre"));
}
