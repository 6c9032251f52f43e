#pragma once
// A chat client on sockets, as the tools have it that speak SIP themselves: the agent, its driver, its MSRP
// connections and the record of both.

#include <functional>
#include <memory>
#include <string>

#include "chat/agent.hpp"
#include "core/random.hpp"
#include "harness/live_media.hpp"
#include "net/sip_driver.hpp"
#include "net/tls.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

struct LiveAgentOptions {
  std::string actor;  ///< in records
  net::Address bind{"127.0.0.1", 0};
  net::TlsOptions tls;   ///< where the core is reached over TLS
  bool messages = true;  ///< take and dial MSRP connections, on the address of `bind`
  chat::AgentConfig
      agent;  ///< `core` and what else is wished; our own addresses and the wall clock are filled in
  trace::Recorder* recorder = nullptr;
  net::ActorNames names;  ///< with a recorder; none: addresses
  std::function<void(const std::string&)> on_warning;
};

class LiveAgent {
 public:
  using OnEvent = std::function<void(const chat::Event&)>;

  /// Errors: unreachable, names the address that could not be bound; those of the TLS files. SAFETY: loop,
  /// random and recorder outlive the agent.
  static core::Result<std::unique_ptr<LiveAgent>> open(net::Loop& loop, LiveAgentOptions options,
                                                       core::Random& random, OnEvent on_event);
  ~LiveAgent();

  void execute(chat::Command command);
  const chat::Agent& agent() const { return *agent_; }
  /// Where SIP reaches it.
  const net::Address& local() const { return local_; }

 private:
  LiveAgent(net::Loop& loop, const LiveAgentOptions& options, OnEvent on_event);
  core::Result<void> open_media(const LiveAgentOptions& options);

  net::Loop& loop_;
  OnEvent on_event_;
  net::Address local_;
  std::unique_ptr<net::SipTap> tap_;
  std::unique_ptr<LiveMedia> media_;
  std::unique_ptr<chat::Agent> agent_;
  net::SipDriver<chat::Agent, chat::Event> driver_;
};

/// One user's way to log in: under `user`, or the user part of its id where that is empty. Empty without a
/// password.
decltype(chat::AgentConfig::login_of) login_of(std::string user, std::string password);
/// Sets the way to a core as the user names it, "sip:127.0.0.1:5060". Errors: malformed.
core::Result<void> lead_to_core(chat::AgentConfig& agent, const std::string& uri);
/// 0108..., +82..., tel:... or sip:... as a URI.
std::string contact_uri(const std::string& id, const std::string& domain);

}  // namespace rcs::harness
