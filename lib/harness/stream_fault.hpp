#pragma once
// How connections of a virtual network, or who stands at their ends, are made to fail.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rcs::harness {

/// What happens to a piece of octets when it arrives, one Write of its sender.
enum class StreamFault : std::uint8_t {
  none,
  before,  ///< the connection breaks, and the piece is lost
  within,  ///< its first half arrives, then the connection breaks
  after,   ///< it arrives, and then the connection breaks
  lost,    ///< it never arrives, and the connection goes on: as if the sender had not said it
  twice,   ///< it arrives two times: as if the sender had said it again
};

/// Asked for each piece. `from` and `to` are hosts.
using StreamFaultOf =
    std::function<StreamFault(const std::string& from, const std::string& to, std::string_view octets)>;

}  // namespace rcs::harness
