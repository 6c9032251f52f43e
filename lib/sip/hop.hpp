#pragma once
// Where a SIP message comes from or goes to: the Peer of every node that speaks SIP.

#include <compare>
#include <cstdint>
#include <string>

#include "core/id.hpp"

namespace rcs::sip {

enum class Transport : std::uint8_t { udp, tcp, tls };
constexpr const char* name(Transport t) {
  return t == Transport::udp ? "udp" : t == Transport::tcp ? "tcp" : "tls";
}

using FlowId = core::Id<struct FlowTag>;

struct Hop {
  Transport transport = Transport::udp;
  std::string host;  ///< an IP address literal (or a host name for a driver to resolve)
  std::uint16_t port = 0;
  FlowId flow;  ///< the connection it came in on, so that the answer goes back over it; 0: any or a new one

  std::string to_string() const {
    return std::string(name(transport)) + ":" + host + ":" + std::to_string(port);
  }
  friend auto operator<=>(const Hop&, const Hop&) = default;
};

}  // namespace rcs::sip
