#pragma once
// SIP over TCP: a listener and the connections it accepted or made, each cut into messages. A connection is
// named by its flow id, so that answers go back the way the request came (RFC 5626), and is found again by
// the address of its peer.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"
#include "sip/codec.hpp"
#include "sip/hop.hpp"

namespace rcs::net {

struct TcpLimits {
  std::size_t connections = 4096;
  std::size_t queue_bytes = 4 * 1024 * 1024;  ///< a peer that does not read is cut
  Duration connect_timeout = std::chrono::seconds(5);
  Duration idle_timeout = std::chrono::seconds(600);
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
  /// `bind.host` is an IP literal. Errors: unreachable.
  static core::Result<std::unique_ptr<TcpFlows>> open(Loop& loop, const Address& bind, TcpLimits limits,
                                                      Handlers handlers);
  ~TcpFlows();

  std::uint16_t port() const;
  /// True while the connection of this flow is open.
  bool has(sip::FlowId flow) const;
  /// Over the flow of `to` while it lives, else over a connection to `ip` and the port of `to`, else over a
  /// new one. Failures come through on_unreachable in a later turn of the loop.
  void send(const sip::Hop& to, const std::string& ip, std::string octets);
  std::size_t connections() const;
  void close();

 private:
  struct State;
  explicit TcpFlows(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace rcs::net
