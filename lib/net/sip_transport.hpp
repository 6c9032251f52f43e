#pragma once
// SIP over UDP and TCP on one port (CHAT-20: every UDP listener also listens on TCP), and over TLS on one of
// its own where that is set up. Octets to messages at the rim, nothing above: no transactions, no
// retransmission.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"
#include "net/sip_tls.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"

namespace rcs::net {

/// bursts: the usual 208 KiB holds about 100 chat requests
inline constexpr int kUdpReceiveBuffer = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxTcpConnections = 4096;
inline constexpr std::size_t kMaxTcpQueueBytes = 4 * 1024 * 1024;  ///< a peer that does not read is cut
inline constexpr Duration kTcpConnectTimeout = std::chrono::seconds(5);
inline constexpr Duration kTcpIdleTimeout = std::chrono::seconds(600);

class SipTransport {
 public:
  struct Handlers {
    /// `octets` are those the message was decoded from.
    std::function<void(const sip::Hop& from, sip::Message&& message, std::string_view octets)> on_message;
    /// Nothing gets to `to` (named as in send()), or the connection that messages to it went over has ended:
    /// what still waits for an answer from there will not get one. Never called from inside send().
    std::function<void(const sip::Hop& to, const std::string& why)> on_unreachable;
    /// Each message sent, with its octets; may be empty.
    std::function<void(const sip::Hop& to, const sip::Message& message, std::string_view octets)> on_sent;
    /// A word for the operator: a refused buffer size, a malformed message; may be empty.
    std::function<void(const std::string& words)> on_warning;
  };
  /// Binds UDP and TCP; port 0 picks one that is free for both; and TLS where it is to listen. Errors:
  /// unreachable, names the address and the reason; malformed for 0.0.0.0 and ::, which no peer could answer
  /// to; unsupported: TLS is to listen without a certificate.
  static core::Result<std::unique_ptr<SipTransport>> open(Loop& loop, const Address& bind, Handlers handlers,
                                                          SipTls tls = {});
  ~SipTransport();

  Address local() const;
  /// Where TLS is taken, its host as it was asked for: that is the name a certificate bears. Port 0: nowhere.
  Address local_tls() const;
  /// Fire and forget: failures come back through on_unreachable. Request over TCP: an open connection to that
  /// address is used again; over TLS one to the same name and address. The peer's certificate has to bear the
  /// host of `to` as it stands there, name or address. Over TLS a hop with a flow is reached over that flow
  /// or not at all.
  void send(const sip::Hop& to, const sip::Message& message);
  /// Closes sockets and connections; nothing is called afterwards.
  void close();

 private:
  struct State;
  explicit SipTransport(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  ///< shared with its coroutines
};

}  // namespace rcs::net
