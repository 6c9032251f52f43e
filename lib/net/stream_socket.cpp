#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <cerrno>

#include "core/text.hpp"
#include "net/stream_socket_impl.hpp"

namespace rcs::net {
namespace {

// OpenSSL's own socket BIO writes with write(), which raises SIGPIPE when the peer is gone; this one does
// not.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* octets, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(socket_of(bio), octets, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* bio_method() {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
  }();
  return kMethod;
}

OwnedBio make_bio(int socket) {
  OwnedBio bio(BIO_new(bio_method()));
  if (bio == nullptr) return bio;
  BIO_set_data(bio.get(), reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio.get(), 1);
  return bio;
}

/// A certificate is asked for and taken as it is: whoever wants to know looks at it.
int take_any(int, X509_STORE_CTX*) { return 1; }

bool expect_name(SSL* tls, const std::string& host, bool address) {
  X509_VERIFY_PARAM* wish = SSL_get0_param(tls);
  if (address) return X509_VERIFY_PARAM_set1_ip_asc(wish, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(wish, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(wish, host.c_str(), host.size()) == 1;
}

}  // namespace

void StreamSocket::connected() {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

core::Result<void> StreamSocket::begin_tls(const Tls& tls, const std::string& host, bool check_authority) {
  const auto failed = [] {
    return core::Error(core::Errc::internal, "can not begin TLS: " + take_openssl_words());
  };
  ERR_clear_error();
  tls_.reset(SSL_new(tls.state().context.get()));
  OwnedBio bio = make_bio(socket_.native_handle());
  if (tls_ == nullptr || bio == nullptr) return failed();
  SSL_set0_rbio(tls_.get(), bio.get());
  BIO_up_ref(bio.get());
  SSL_set0_wbio(tls_.get(), bio.release());
  if (host.empty()) {
    SSL_set_accept_state(tls_.get());
    SSL_set_verify(tls_.get(), SSL_VERIFY_PEER, take_any);
    return {};
  }
  SSL_set_connect_state(tls_.get());
  boost::system::error_code no_address;
  static_cast<void>(asio::ip::make_address(host, no_address));
  const bool address = !no_address;
  if (!address && SSL_set_tlsext_host_name(tls_.get(), host.c_str()) != 1) return failed();  // SNI
  SSL_set_verify(tls_.get(), SSL_VERIFY_PEER, check_authority ? nullptr : take_any);
  if (check_authority && !expect_name(tls_.get(), host, address)) return failed();
  if (check_authority) expected_ = host;
  return {};
}

void StreamSocket::handshake(error_code& ec) {
  ERR_clear_error();
  judge(SSL_do_handshake(tls_.get()), ec);
}

/// Sets `ec`, and what wait() waits for.
void StreamSocket::judge(int result, error_code& ec) {
  ec = {};
  if (result > 0) return;
  const int system = errno;
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      wanted_ = Socket::wait_read;
      ec = asio::error::would_block;
      return;
    case SSL_ERROR_WANT_WRITE:
      wanted_ = Socket::wait_write;
      ec = asio::error::would_block;
      return;
    case SSL_ERROR_ZERO_RETURN:
      ec = asio::error::eof;
      return;
    case SSL_ERROR_SYSCALL:
      ec = system != 0 ? error_code(system, asio::error::get_system_category())
                       : error_code(asio::error::connection_reset);
      reason_ = ec.message();
      ERR_clear_error();
      return;
    default:
      ec = asio::error::connection_aborted;
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        reason_ = "the peer closed the connection without an end of TLS";
        ERR_clear_error();
      } else {
        reason_ = take_openssl_words();
      }
  }
}

std::string StreamSocket::tls_words() const {
  if (tls_ == nullptr || reason_.empty()) return {};
  const long verdict = SSL_get_verify_result(tls_.get());
  if (expected_.empty() || verdict == X509_V_OK) return reason_;
  return std::string("its certificate: ") + X509_verify_cert_error_string(verdict) +
         "; expected one that bears the name " + expected_ + ", vouched for by a trusted authority";
}

std::string StreamSocket::peer_certificate() const {
  return tls_ == nullptr ? std::string() : der_of(SSL_get0_peer_certificate(tls_.get()));
}

std::size_t StreamSocket::read_now(asio::mutable_buffer into, error_code& ec) {
  if (tls_ == nullptr) {
    wanted_ = Socket::wait_read;
    return socket_.read_some(into, ec);
  }
  std::size_t got = 0;
  ERR_clear_error();
  judge(SSL_read_ex(tls_.get(), into.data(), into.size(), &got), ec);
  return ec ? 0 : got;
}

std::size_t StreamSocket::write_tls(const char* octets, std::size_t size, error_code& ec) {
  std::size_t sent = 0;
  ERR_clear_error();
  judge(SSL_write_ex(tls_.get(), octets, size, &sent), ec);
  return ec ? 0 : sent;
}

void StreamSocket::end() {
  if (tls_ != nullptr && SSL_is_init_finished(tls_.get()) && reason_.empty()) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());  // as far as the socket takes it
    ERR_clear_error();
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void StreamSocket::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace rcs::net
