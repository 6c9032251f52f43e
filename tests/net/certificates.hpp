#pragma once
// An authority for tests, and certificates of it as files: right ones, and each wrong in one way.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "net/tls.hpp"
#include "support/catch.hpp"

namespace rcs::test {

struct CertificateWish {
  std::string alternatives = "DNS:core.example";  ///< as OpenSSL writes a subjectAltName; empty: none
  std::string common_name = "test";
  long valid_from = -86'400;  ///< seconds from now
  long valid_to = 86'400;
  bool by_itself = false;  ///< signed with its own key
};

class Authority {
 public:
  Authority() : folder_(make_folder()), key_(make_key()) {
    CertificateWish wish;
    wish.alternatives.clear();
    wish.common_name = folder_.substr(folder_.rfind('/') + 1);  // like no other
    certificate_ = sign(wish, key_.get(), nullptr);
    write("authority", certificate_.get(), nullptr);
  }
  ~Authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// Certificates of those it vouches for, PEM.
  std::string file() const { return folder_ + "/authority.pem"; }
  /// A certificate and its key, PEM.
  std::string issue(const CertificateWish& wish) {
    const Key key = make_key();
    const Certificate made = sign(wish, key.get(), wish.by_itself ? nullptr : certificate_.get());
    return write("issued-" + std::to_string(++issued_), made.get(), key.get());
  }
  /// What shows such a certificate and trusts this authority.
  std::shared_ptr<const net::Tls> tls(const CertificateWish& wish) {
    net::TlsOptions options;
    options.certificate = issue(wish);
    options.authorities = file();
    return make(options);
  }
  /// What shows none and trusts this authority.
  std::shared_ptr<const net::Tls> client() const {
    net::TlsOptions options;
    options.anonymous = true;
    options.authorities = file();
    return make(options);
  }

 private:
  struct Frees {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Frees>;
  using Certificate = std::unique_ptr<X509, Frees>;

  static std::string make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "rcs-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    return name;
  }
  static Key make_key() { return Key(EVP_EC_gen("P-256")); }
  static std::shared_ptr<const net::Tls> make(const net::TlsOptions& options) {
    auto made = net::Tls::make(options);
    REQUIRE(made);
    return *made;
  }

  static void extend(X509* certificate, int id, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  Certificate sign(const CertificateWish& wish, EVP_PKEY* key, X509* issuer) {
    Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_to);
    const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, name, -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer != nullptr ? issuer : made.get()));
    X509_set_pubkey(made.get(), key);
    if (key == key_.get()) extend(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    if (!wish.alternatives.empty()) extend(made.get(), NID_subject_alt_name, wish.alternatives);
    REQUIRE(X509_sign(made.get(), issuer != nullptr ? key_.get() : key, EVP_sha256()) > 0);
    return made;
  }

  std::string write(const std::string& name, X509* certificate, EVP_PKEY* key) {
    std::string path = folder_;
    path.append("/").append(name).append(".pem");
    const std::unique_ptr<std::FILE, Frees> file(std::fopen(path.c_str(), "w"));
    REQUIRE(file != nullptr);
    REQUIRE(PEM_write_X509(file.get(), certificate) == 1);
    if (key != nullptr)
      REQUIRE(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return path;
  }

  std::string folder_;
  Key key_;
  Certificate certificate_;
  long serial_ = 0;
  int issued_ = 0;
};

}  // namespace rcs::test
