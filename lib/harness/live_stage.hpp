#pragma once
// A core and a gateway in front of it on loopback sockets: what `rcsgw-serve` without a core, `rcs-send
// --sim` and live scenarios run on.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/live_core.hpp"
#include "harness/live_gateway.hpp"

namespace rcs::harness {

struct LiveStageOptions {
  LiveCoreOptions core;
  net::Address listen{"127.0.0.1", 0};
  net::Address sip{"127.0.0.1", 0};
  std::optional<net::Address> msrp =
      net::Address{"127.0.0.1", 0};  ///< of the gateway; none: no messages at all
  gateway::Config gateway_config;    ///< public_url empty: as bound; its domain is the core's too
  sip::TimerValues timers;
  core::RandomSource random = random_source(0);
  trace::Recorder* recorder = nullptr;
  UserNames user_names;
  std::function<std::string(const sip::Hop&)> other_names;  ///< actors that are neither core nor gateway
  std::function<void(const std::string&)> on_warning;
};

class LiveStage {
 public:
  /// SAFETY: loop and recorder outlive the stage.
  static core::Result<std::unique_ptr<LiveStage>> open(net::Loop& loop, LiveStageOptions options);

  LiveCore& core() { return *core_; }
  LiveGateway& gateway() { return *gateway_; }
  /// Who speaks at an address: a node, "gateway", or what other_names says.
  std::string name_of(const sip::Hop& hop) const;
  /// The same of an MSRP address.
  std::string msrp_name_of(const std::string& host, std::uint16_t port) const;

 private:
  LiveStage() = default;
  std::function<std::string(const sip::Hop&)> other_names_;
  std::unique_ptr<LiveCore> core_;
  std::unique_ptr<LiveGateway> gateway_;
};

}  // namespace rcs::harness
