#pragma once
// What a scenario runs in: a core, a gateway and clients, on sockets or in virtual time. The runner sees only
// this.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chat/command.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "harness/stream_fault.hpp"
#include "harness/web_port.hpp"
#include "scenario/scenario.hpp"
#include "sim/links.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

/// A standard client of a scenario.
class SipClient {
 public:
  virtual ~SipClient() = default;
  virtual void execute(chat::Command command) = 0;
};

class World {
 public:
  virtual ~World() = default;

  virtual core::Instant now() const = 0;
  virtual core::WallClock wall() const = 0;
  /// Runs until `done()` or until `limit` has passed; true when done.
  virtual bool run_until(const std::function<bool()>& done, core::Duration limit) = 0;
  virtual void run_for(core::Duration span) = 0;

  /// The way of the API actor `name` to the gateway; its traffic is recorded.
  virtual std::unique_ptr<WebPort> make_web_port(const std::string& name) = 0;
  /// A standard client registered nowhere yet; its traffic is recorded as `name`'s.
  virtual core::Result<std::unique_ptr<SipClient>> make_sip_client(
      const std::string& name, std::function<void(const chat::Event&)> on_event) = 0;
  /// Has the gateway registered this public identity with the core?
  virtual bool gateway_registered(const std::string& user) const = 0;

  /// Kills a node of the core, or "gateway": sockets closed, state gone. Errors: unknown (no such node).
  virtual core::Result<void> stop_node(const std::string& name) = 0;
  virtual core::Result<void> start_node(const std::string& name) = 0;
  /// Breaks all MSRP connections of a standard client, of "gateway" or of "t-imas". Errors: unknown (nobody
  /// of that name has any).
  virtual core::Result<void> cut_media(const std::string& name) = 0;

  virtual trace::Recorder& recorder() = 0;
};

/// The first `copies` sendings of a SIP message from one actor to another do not arrive.
struct LostMessage {
  std::string from;
  std::string to;
  std::string label;  ///< "INVITE", "200 INVITE" ...
  unsigned copies = 1;
};

/// The links of a virtual world.
struct VirtualNetwork {
  sim::LinkModel access;  ///< between a user's device and the network, or the gateway
  sim::LinkModel core;    ///< between the nodes of the network
  std::vector<LostMessage> lost;
  StreamFaultOf stream_faults;  ///< of MSRP connections; empty: none break
};
/// As a scenario describes it: all links alike.
VirtualNetwork network_of(const scenario::Scenario& scenario);

/// `seed` decides every random number of the run.
core::Result<std::unique_ptr<World>> make_virtual_world(const scenario::Scenario& scenario,
                                                        std::uint64_t seed);
std::unique_ptr<World> make_virtual_world(const scenario::Scenario& scenario, VirtualNetwork network,
                                          std::uint64_t seed);
/// On loopback sockets, ports picked by the system.
core::Result<std::unique_ptr<World>> make_live_world(const scenario::Scenario& scenario, std::uint64_t seed);

}  // namespace rcs::harness
