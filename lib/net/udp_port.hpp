#pragma once
// A UDP socket for bursts: many datagrams a system call in both directions, what is sent in one turn of the
// loop going out at its end, and refusals of the far end (ICMP, over the socket's error queue) told by
// destination.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"

namespace rcs::net {

/// datagrams that wait for the socket; more are lost, as on any full link
inline constexpr std::size_t kMaxUdpQueue = 4096;
inline constexpr std::size_t kMaxDatagram = 65'507;  ///< what IPv4 can carry
inline constexpr int kUdpBatch = 32;                 ///< datagrams a system call
inline constexpr int kUdpBatchesPerTurn = 16;        ///< then other work of the loop gets its turn

class UdpPort {
 public:
  struct Handlers {
    /// SAFETY: `octets` lives until the call returns.
    std::function<void(const Address& from, std::string_view octets)> on_datagram;
    std::function<void(const Address& to, const std::string& why)> on_unreachable;
    std::function<void(const std::string& words)> on_warning;
  };
  /// `bind.host` is an IP literal. Asks for a receive buffer of `receive_buffer` octets and warns when it got
  /// less. Errors: unreachable.
  static core::Result<std::unique_ptr<UdpPort>> open(Loop& loop, const Address& bind, int receive_buffer,
                                                     Handlers handlers);
  ~UdpPort();

  std::uint16_t port() const;
  /// `to.host` is an IP literal. Failures come through on_unreachable in a later turn of the loop.
  void send(const Address& to, std::string octets);
  void close();

 private:
  struct State;
  explicit UdpPort(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace rcs::net
