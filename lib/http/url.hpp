#pragma once
// http://host:port/path as users and instance URLs write it.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::http {

struct Url {
  std::string host;
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query
  std::string authority() const;
};

/// Errors: malformed (says what is wrong), unsupported for another scheme than http or ws.
core::Result<Url> parse_url(std::string_view text);

}  // namespace rcs::http
