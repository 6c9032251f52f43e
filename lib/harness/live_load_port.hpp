#pragma once
// How the users of a live load reach the gateway. Requests of all users share a pool of connections: each
// takes one that nobody waits on, or a new one, so that no request ever stands behind another user's, or the
// same user's earlier one, and a slow gateway does not slow the load down. Each user has one connection of
// its own, for events.

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "harness/web_port.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "net/loop.hpp"

namespace rcs::harness {

class ConnectionPool {
 public:
  /// At most `most` connections. SAFETY: `loop` outlives the pool.
  ConnectionPool(net::Loop& loop, const http::Url& server, std::size_t most);

  /// As http::Client::request. Errors besides: too_large, when all connections are waited on.
  void request(core::WebRequest request, core::Duration timeout, WebPort::OnReply on_reply);
  /// Requests without an answer.
  std::size_t waiting() const { return busy_.size(); }

 private:
  net::Loop& loop_;
  http::Url server_;
  std::size_t most_;
  std::uint64_t last_ = 0;
  std::vector<std::unique_ptr<http::Client>> idle_;  ///< the latest used is used first: few are kept busy
  std::unordered_map<std::uint64_t, std::unique_ptr<http::Client>> busy_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

/// One user's port: commands, and HEAD, go through `pool`; polls, streams and WebSockets over a connection of
/// its own. `on_channel` is called when a stream or WebSocket was opened. SAFETY: `loop` and `pool` outlive
/// the port, and the pool is destroyed before what its callbacks use.
std::unique_ptr<WebPort> make_load_port(net::Loop& loop, const http::Url& server, ConnectionPool& pool,
                                        std::function<void()> on_channel);

}  // namespace rcs::harness
