#pragma once
// A whole gateway on sockets: the API's meaning, the chat client, the event log, HTTP and SIP, on one loop.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "chat/agent.hpp"
#include "core/random.hpp"
#include "gateway/config.hpp"
#include "harness/entropy.hpp"
#include "harness/live_media.hpp"
#include "harness/web_tap.hpp"
#include "http/server.hpp"
#include "net/loop.hpp"
#include "net/sip_driver.hpp"
#include "store/event_log.hpp"
#include "trace/recorder.hpp"

namespace rcs::gateway {
class Gateway;
}

namespace rcs::harness {

struct LiveGatewayOptions {
  net::Address listen{"127.0.0.1", 8080};
  net::Address sip{"127.0.0.1", 5070};
  std::optional<net::Address> msrp;  ///< where MSRP connections are taken; none: chats are only set up
  sip::Hop core;
  bool messages_by_tcp = false;  ///< as in chat::AgentConfig
  net::SipTls sip_tls;           ///< with what a core over TLS is reached
  /// As in chat::AgentConfig.
  std::function<std::optional<core::DigestCredentials>(const sip::Uri& identity)> login_of;
  gateway::Config config;  ///< public_url empty: http://ADDR:PORT as bound
  sip::TimerValues timers;
  core::RandomSource random = random_source(0);
  trace::Recorder* recorder = nullptr;
  net::ActorNames hop_names;  ///< with a recorder
  MsrpNames msrp_names;       ///< with a recorder
  UserNames user_names;       ///< with a recorder
  std::function<void(const std::string&)> on_warning;
};

class LiveGateway {
 public:
  /// Errors: unreachable, names the address that could not be bound. SAFETY: loop and recorder outlive the
  /// gateway.
  static core::Result<std::unique_ptr<LiveGateway>> open(net::Loop& loop, LiveGatewayOptions options);
  ~LiveGateway();

  net::Address http() const;
  net::Address sip() const;
  /// Port 0: nowhere.
  net::Address msrp() const { return media_ ? media_->local() : net::Address{}; }
  void cut_media() {
    if (media_) media_->cut();
  }
  /// Tells event connections when to come again and ends them (CMT-59), lets other exchanges end, takes no
  /// new ones; then `done`.
  void shut_down(std::function<void()> done);
  bool is_registered(const std::string& user) const { return agent_->is_registered(user); }

 private:
  LiveGateway(net::Loop& loop, LiveGatewayOptions options);
  core::Result<void> bind();
  core::Result<void> bind_media();
  void carry_out(node::Outbox<core::WebAction, core::WebId, chat::Command>& out);

  net::Loop& loop_;
  LiveGatewayOptions options_;
  core::Random gateway_random_;
  core::Random agent_random_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<chat::Agent> agent_;
  std::unique_ptr<net::SipTap> sip_tap_;
  std::unique_ptr<WebTap> web_tap_;
  std::unique_ptr<net::SipDriver<chat::Agent, chat::Event>> driver_;
  std::unique_ptr<LiveMedia> media_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<net::NodeTimers> timers_;
  net::Address sip_address_;
};

}  // namespace rcs::harness
