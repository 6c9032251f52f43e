#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/error.hpp>
#include <string_view>

#include "net/certificate_names.hpp"
#include "net/sip_tls.hpp"
#include "net/sip_tls_impl.hpp"

namespace rcs::net {
namespace {

std::string words_of_verdict(long verdict) {
  switch (verdict) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its certificate is signed by an unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet";
    default:
      return std::string("its certificate: ") + X509_verify_cert_error_string(verdict);
  }
}

struct Wording {
  int reason;  // of OpenSSL
  const char* words;
};
constexpr std::array<Wording, 9> kWordings = {{
    {SSL_R_WRONG_VERSION_NUMBER, "the peer speaks no TLS"},
    {SSL_R_HTTP_REQUEST, "the peer speaks no TLS"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "the peer knows no TLS that is young enough: expected 1.2 or later"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the peer knows no version of TLS that we do"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the peer shows no certificate"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the peer asks for a certificate of ours"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the peer refuses the handshake"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the peer does not know the authority of our certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "the peer finds our certificate expired"},
}};

/// Keeps OpenSSL's own verdict; SSL_set_verify() takes none for "the one before".
int as_found(int good, X509_STORE_CTX*) { return good; }

}  // namespace

core::Result<SipTls> make_dialling_tls(TlsOptions options) {
  options.anonymous = options.certificate.empty();
  SipTls made;
  RCS_TRY(made.tls, Tls::make(options));
  return made;
}

core::Result<void> begin_sip_client(StreamSocket& stream, const Tls& tls, const std::string& host) {
  // The authority is asked for by OpenSSL, the name afterwards by us: SIP has rules of its own for it.
  RCS_CHECK_OK(stream.begin_tls(tls, host, false));
  SSL_set_verify(stream.session(), SSL_VERIFY_PEER, as_found);
  return {};
}

core::Result<void> begin_sip_server(StreamSocket& stream, const Tls& tls, bool ask_certificate) {
  RCS_CHECK_OK(stream.begin_tls(tls, "", false));
  const int asked = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_set_verify(stream.session(), ask_certificate ? asked : SSL_VERIFY_NONE, as_found);
  return {};
}

Task<std::string> shake_hands(StreamSocket& stream) {
  for (;;) {
    error_code ec;
    stream.handshake(ec);
    if (!ec) co_return "";
    if (ec != asio::error::would_block) co_return words_of_failure(stream, ec);
    auto [failed] = co_await stream.wait(kUse);
    if (failed) co_return failed.message();
  }
}

std::string words_of_failure(const StreamSocket& stream, const error_code& ec) {
  SSL* session = stream.session();
  const bool shaking = SSL_is_init_finished(session) == 0;
  const long verdict = SSL_get_verify_result(session);
  if (shaking && verdict != X509_V_OK) return words_of_verdict(verdict);
  const std::string words = stream.tls_words();
  for (const auto& [reason, meaning] : kWordings) {
    const char* spelled = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason));
    if (spelled != nullptr && words == spelled) return meaning;
  }
  const bool gone = ec == asio::error::eof || ec == asio::error::connection_reset ||
                    words.find("without an end of TLS") != std::string::npos;
  if (gone && shaking) return "the peer closed the connection during the TLS handshake";
  if (gone) return "the peer closed the connection";
  return words.empty() ? ec.message() : words;
}

std::string wrong_name(const StreamSocket& stream, const std::string& host) {
  const auto names = names_of_certificate(stream.peer_certificate());
  if (names.bear(host)) return {};
  return "its certificate is for " + names.to_string() + ", not for " + host;
}

}  // namespace rcs::net
