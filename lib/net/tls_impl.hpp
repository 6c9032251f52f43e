#pragma once
// OpenSSL's objects with an owner, and the one context of a Tls. Private to the room.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "net/tls.hpp"

namespace rcs::net {

template <auto release>
struct Releases {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Releases<release>>;
using OwnedContext = Owned<SSL_CTX, SSL_CTX_free>;
using OwnedSession = Owned<SSL, SSL_free>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedBio = Owned<BIO, BIO_free_all>;

struct Tls::State {
  OwnedContext context;  // of both sides: TLS has one method for them
  std::string certificate;
};

/// DER; empty for none.
std::string der_of(X509* certificate);
/// Why the last call failed, out of OpenSSL's queue, which is empty afterwards.
std::string take_openssl_words();

}  // namespace rcs::net
