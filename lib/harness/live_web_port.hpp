#pragma once
// A WebPort over sockets.

#include <memory>

#include "harness/web_port.hpp"
#include "http/url.hpp"
#include "net/loop.hpp"

namespace rcs::harness {

/// SAFETY: the loop outlives the port.
std::unique_ptr<WebPort> make_live_web_port(net::Loop& loop, const http::Url& server);

}  // namespace rcs::harness
