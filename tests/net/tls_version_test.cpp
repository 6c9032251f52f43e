// TLS of peers that are too old: a raw OpenSSL end that speaks one version only.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

#include "net/raw_peer.hpp"
#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using node::StreamKind;
using test::lacks;
using test::RawSocket;
using Station = test::StreamStation;

namespace {

template <class T, void (*destroy)(T*)>
struct Freed {
  void operator()(T* what) const { destroy(what); }
};

/// One end of TLS of exactly one version, whatever the system's own policy is, over a raw socket.
class OldTls {
 public:
  OldTls(int version, bool server) : context_(SSL_CTX_new(TLS_method())) {
    SSL_CTX* context = context_.get();
    SSL_CTX_set_security_level(context, 0);  // else OpenSSL would not speak what is old itself
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    REQUIRE(SSL_CTX_set_min_proto_version(context, version) == 1);
    REQUIRE(SSL_CTX_set_max_proto_version(context, version) == 1);
    if (server) {
      const auto file = test::tls_file("localhost");
      REQUIRE(SSL_CTX_use_certificate_chain_file(context, file.c_str()) == 1);
      REQUIRE(SSL_CTX_use_PrivateKey_file(context, file.c_str(), SSL_FILETYPE_PEM) == 1);
    }
    tls_.reset(SSL_new(context));
    SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    server ? SSL_set_accept_state(tls_.get()) : SSL_set_connect_state(tls_.get());
  }

  /// Goes on with the handshake as far as these octets of the peer let it; what it says to that.
  std::string hear(std::string_view octets) {
    if (!octets.empty()) BIO_write(SSL_get_rbio(tls_.get()), octets.data(), static_cast<int>(octets.size()));
    if (!is_over()) {
      ERR_clear_error();
      const int result = SSL_do_handshake(tls_.get());
      done_ = result == 1;
      const bool failed = !done_ && SSL_get_error(tls_.get(), result) == SSL_ERROR_SSL;
      if (failed) words_ = ERR_reason_error_string(ERR_peek_error());
    }
    std::string out(BIO_ctrl_pending(SSL_get_wbio(tls_.get())), '\0');
    if (!out.empty()) BIO_read(SSL_get_wbio(tls_.get()), out.data(), static_cast<int>(out.size()));
    return out;
  }
  /// The same over a socket; true when it is over. Use it as the condition of run_until.
  bool step(RawSocket& socket) {
    const std::string_view fresh = std::string_view(socket.received()).substr(taken_);
    taken_ += fresh.size();
    socket.send(hear(fresh));
    return is_over();
  }
  bool is_over() const { return done_ || !words_.empty(); }
  bool done() const { return done_; }
  /// Why it failed.
  const std::string& words() const { return words_; }

 private:
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Freed<SSL, SSL_free>> tls_;
  std::size_t taken_ = 0;
  bool done_ = false;
  std::string words_;
};

net::StreamsOptions bearing_localhost() {
  net::StreamsOptions options;
  options.tls = test::tls_of("localhost", "localhost");
  return options;
}

/// How a client of this version fares with our server.
std::string as_client(int version, StreamKind kind) {
  net::Loop loop;
  Station bob(loop, bearing_localhost());
  OldTls tls(version, false);
  RawSocket socket(SOCK_STREAM);
  REQUIRE(socket.connect(bob.listen(kind).port));
  REQUIRE(loop.run_until([&] { return tls.step(socket); }, 20s));
  if (tls.done()) return "done";
  REQUIRE(loop.run_until([&] { return socket.closed(); }, 20s));
  CHECK(bob.peers.empty());
  return tls.words();
}

struct Outcome {
  bool opened = false;
  std::string ours;    // why the dial failed
  std::string theirs;  // why the server's handshake did
};

/// How we fare with a server of this version.
Outcome as_server(int version) {
  net::Loop loop;
  Station alice(loop, bearing_localhost());
  OldTls tls(version, true);
  RawSocket socket(SOCK_STREAM);
  node::StreamTarget to;
  to.kind = StreamKind::tls;
  to.host = "127.0.0.1";
  to.port = socket.bind();
  socket.listen();
  const auto& line = alice.dial(to);
  REQUIRE(loop.run_until([&] { return socket.accept(); }, 20s));
  bool over = false;
  REQUIRE(loop.run_until(
      [&] {
        over = tls.step(socket);
        return over && (line.opened || line.closed);
      },
      20s));
  return {line.opened, line.why, tls.words()};
}

/// Two such ends with each other: there are builds of OpenSSL that have unlearned what is old.
bool spoken(int version) {
  OldTls server(version, true);
  OldTls client(version, false);
  std::string said = client.hear({});
  for (int turn = 0; turn < 10 && !said.empty(); ++turn) said = client.hear(server.hear(said));
  return server.done() && client.done();
}

}  // namespace

TEST_CASE(
    "MSRP-92: a client of TLS 1.1 or older is refused for its version, one of TLS 1.2 or 1.3 is taken") {
  const auto kind = GENERATE(StreamKind::tls, StreamKind::wss);
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    CAPTURE(version);
    if (!spoken(version)) continue;
    CHECK(lacks(as_client(version, kind), {"alert protocol version"}) == "");
  }
  CHECK(as_client(TLS1_2_VERSION, kind) == "done");
  CHECK(as_client(TLS1_3_VERSION, kind) == "done");
}

TEST_CASE("MSRP-92: a server of TLS 1.1 or older is left, one of TLS 1.2 or 1.3 is not") {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    CAPTURE(version);
    if (!spoken(version)) continue;
    const auto outcome = as_server(version);
    CHECK_FALSE(outcome.opened);
    CHECK(lacks(outcome.ours, {"tls 127.0.0.1:", "protocol version"}) == "");
    CHECK(outcome.theirs == "unsupported protocol");
  }
  CHECK(as_server(TLS1_2_VERSION).opened);
  CHECK(as_server(TLS1_3_VERSION).opened);
}
