#pragma once
// How connections of a virtual network are made to break.

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
};

/// Asked for each piece. `from` and `to` are hosts.
using StreamFaultOf =
    std::function<StreamFault(const std::string& from, const std::string& to, std::string_view octets)>;

}  // namespace rcs::harness
