#pragma once
// SIP over TCP and TLS: listeners and the connections that were taken or made, each cut into messages. A
// connection is named by its flow id, so that answers go back the way the request came (RFC 5626). One over
// TCP is found again by the address of its peer; one over TLS only by whom we dialled, for it is trusted
// under the name that its certificate was held against (RFC 5923 section 9.1).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"
#include "net/sip_tls.hpp"
#include "sip/codec.hpp"
#include "sip/hop.hpp"

namespace rcs::net {

struct TcpLimits {
  std::size_t connections = 4096;
  std::size_t queue_bytes = 4 * 1024 * 1024;           ///< a peer that does not read is cut
  Duration connect_timeout = std::chrono::seconds(5);  ///< of TCP; and as much again for a TLS handshake
  Duration idle_timeout = std::chrono::seconds(600);
  /// Who dials us and then says nothing holds one of these; a second's worth of a busy server's handshakes.
  std::size_t handshakes = 256;
  /// TLS: a connection that we made is kept open for what comes back over it (RFC 5626 section 4.4.1: 95 to
  /// 120 s); a peer that leaves a ping unanswered for `pong_timeout` is gone (section 4.4.1: 10 s).
  Duration ping_after = std::chrono::seconds(100);
  Duration pong_timeout = std::chrono::seconds(10);
};

class TcpFlows {
 public:
  struct Handlers {
    /// SAFETY: `octets` lives until the call returns.
    std::function<void(const sip::Hop& from, sip::Message message, std::string_view octets)> on_message;
    /// A message that is not one; when `framed` is false its connection is closed after the call.
    std::function<void(const sip::Hop& from, std::string_view octets, const core::Error& error, bool framed)>
        on_malformed;
    std::function<void(const sip::Hop& to, const std::string& why)> on_unreachable;
    std::function<void(const std::string& words)> on_warning;
  };
  /// `bind.host` and that of `tls.listen` are IP literals. Errors: unreachable; unsupported: TLS is to be
  /// taken without a certificate.
  static core::Result<std::unique_ptr<TcpFlows>> open(Loop& loop, const Address& bind, TcpLimits limits,
                                                      Handlers handlers, SipTls tls = {});
  ~TcpFlows();

  std::uint16_t port() const;
  std::uint16_t tls_port() const;  ///< 0: TLS is not taken
  /// True while the connection of this flow is open.
  bool has(sip::FlowId flow) const;
  /// Over the flow of `to` while it lives, else over a connection to one of `ips` (the first that takes it)
  /// and the port of `to`, else over a new one. Over TLS a flow that has ended has no other: nobody could be
  /// dialled whose certificate names that peer. Failures come through on_unreachable in a later turn of the
  /// loop.
  void send(const sip::Hop& to, const std::vector<std::string>& ips, std::string octets);
  std::size_t connections() const;
  void close();

 private:
  struct State;
  explicit TcpFlows(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace rcs::net
