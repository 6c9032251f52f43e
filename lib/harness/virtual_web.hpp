#pragma once
// HTTP in virtual time: exchanges between API clients and the gateway's meaning, over simulated links,
// without a socket.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/web.hpp"
#include "harness/web_port.hpp"
#include "sim/links.hpp"
#include "sim/wheel.hpp"

namespace rcs::harness {

class VirtualWeb {
 public:
  struct Server {
    std::function<void(core::WebId, const core::WebRequest&)> on_request;
    std::function<void(core::WebId, const std::string&)> on_text;
    std::function<void(core::WebId)> on_gone;
  };
  static constexpr std::string_view kGatewayEnd = "gateway/http";  ///< of its links

  /// SAFETY: wheel and links outlive it.
  VirtualWeb(sim::Wheel& wheel, sim::Links& links) : wheel_(wheel), links_(links) {}

  /// Without a server, requests are refused.
  void serve(Server server) { server_ = std::move(server); }
  void stop();
  /// The server acts on an exchange.
  void act(core::WebId id, core::WebAction action);
  std::unique_ptr<WebPort> make_port(const std::string& client);

 private:
  friend class VirtualWebPort;
  using OnAction = std::function<void(core::Result<core::WebAction>)>;
  core::WebId open(const std::string& client, core::WebRequest request, OnAction on_action);
  void text(core::WebId id, std::string text);
  void forget(core::WebId id);
  void to_server(const std::string& client, std::function<void()> work);

  struct Exchange {
    std::string client;
    OnAction on_action;
  };
  sim::Wheel& wheel_;
  sim::Links& links_;
  Server server_;
  std::map<core::WebId, Exchange> exchanges_;
  std::uint64_t last_ = 0;
};

}  // namespace rcs::harness
