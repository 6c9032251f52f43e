#pragma once
// ADDR:PORT as users write it.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::net {

struct Address {
  std::string host = "127.0.0.1";  ///< IP literal, IPv6 without brackets
  std::uint16_t port = 0;
  std::string to_string() const;  ///< IPv6 with brackets
  bool is_loopback() const;
  bool is_any() const;  ///< 0.0.0.0 or ::, good to listen on, no place to answer to
};

/// "127.0.0.1:8080", "[::1]:0", ":8080", "localhost:8080". Errors: malformed, says what was expected.
core::Result<Address> parse_address(std::string_view text, std::uint16_t default_port = 0);

}  // namespace rcs::net
