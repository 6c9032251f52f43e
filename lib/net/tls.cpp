#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "core/text.hpp"
#include "net/tls_impl.hpp"

namespace rcs::net {
namespace {

using core::Errc;
using core::Error;

constexpr long kDay = 86'400;
constexpr long kLifetime = 365 * kDay;      // of a certificate that lives as long as the process
constexpr int kReadBytes = 64 * 1024;       // several records in one system call
constexpr std::size_t kMaxNameOctets = 64;  // X.520: of a common name; certificates bear it as SAN as well

Error broken(const std::string& what) { return Error(Errc::internal, what + ": " + take_openssl_words()); }

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_names(X509* certificate, const std::string& name) {
  const std::string common = name.substr(0, kMaxNameOctets);
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* octets = reinterpret_cast<const unsigned char*>(common.data());
  boost::system::error_code no_address;
  static_cast<void>(boost::asio::ip::make_address(name, no_address));
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, octets, static_cast<int>(common.size()), -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         add_extension(certificate, NID_subject_alt_name, (no_address ? "DNS:" : "IP:") + name);
}

/// Nobody else has its number: a random one, positive, of 16 octets.
bool set_serial(X509* certificate) {
  unsigned char octets[16];
  if (RAND_bytes(octets, sizeof(octets)) != 1) return false;
  octets[0] &= 0x7F;
  const Owned<BIGNUM, BN_free> number(BN_bin2bn(octets, sizeof(octets), nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

core::Result<void> use_new_certificate(SSL_CTX* context, const std::string& name) {
  for (const char c : name) {  // what stands in an extension's text must not begin another value
    if (!core::is_alnum(c) && c != '.' && c != '-' && c != '_' && c != ':')
      return core::malformed("certificate for " + core::quoted(name) +
                             ": expected a host name or an address");
  }
  const OwnedKey key(EVP_EC_gen("P-256"));
  const OwnedCertificate certificate(X509_new());
  const bool made =
      key != nullptr && certificate != nullptr && !name.empty() &&
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 && set_serial(certificate.get()) &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifetime) != nullptr &&
      X509_set_pubkey(certificate.get(), key.get()) == 1 && set_names(certificate.get(), name) &&
      X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0 &&
      SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
      SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  if (!made) return broken("can not make a certificate for " + core::quoted(name));
  return {};
}

core::Result<void> use_files(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  const auto wrong = [](const std::string& file, const char* wish) {
    return core::malformed(file + ": expected " + wish + ": " + take_openssl_words());
  };
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return wrong(certificate, "a certificate in PEM");
  const std::string& key_file = key.empty() ? certificate : key;
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return wrong(key_file, "the private key of that certificate in PEM, without a passphrase");
  return {};
}

core::Result<void> trust(SSL_CTX* context, const std::string& authorities) {
  if (authorities.empty()) {
    SSL_CTX_set_default_verify_paths(context);  // a system without any trusts nobody
    ERR_clear_error();
    return {};
  }
  if (SSL_CTX_load_verify_file(context, authorities.c_str()) == 1) return {};
  return core::malformed(authorities +
                         ": expected certificates of authorities in PEM: " + take_openssl_words());
}

void set_modes(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBytes);
  // A resumed session bears no certificate to look at.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
}

}  // namespace

std::string der_of(X509* certificate) {
  if (certificate == nullptr) return {};
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &out);
  return der;
}

std::string take_openssl_words() {
  // The first reason is the cause; what follows is where it passed through.
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (ERR_SYSTEM_ERROR(code)) {
    return boost::system::error_code(ERR_GET_REASON(code), boost::system::system_category()).message();
  }
  const char* words = ERR_reason_error_string(code);
  return words != nullptr ? words : "reason " + std::to_string(code);
}

core::Result<std::shared_ptr<const Tls>> Tls::make(const TlsOptions& options) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(TLS_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return broken("TLS");
  set_modes(context);
  if (!options.certificate.empty()) {
    RCS_CHECK_OK(use_files(context, options.certificate, options.key));
  } else if (!options.anonymous) {
    RCS_CHECK_OK(use_new_certificate(context, options.name));
  }
  RCS_CHECK_OK(trust(context, options.authorities));
  state->certificate = der_of(SSL_CTX_get0_certificate(context));
  return std::shared_ptr<const Tls>(new Tls(std::move(state)));
}

Tls::Tls(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tls::~Tls() = default;

const std::string& Tls::certificate() const { return state_->certificate; }

}  // namespace rcs::net
