#include "harness/live_stage.hpp"

namespace rcs::harness {

std::string LiveStage::name_of(const sip::Hop& hop) const {
  if (const auto node = core_ ? core_->name_of(hop) : std::string(); !node.empty()) return node;
  if (gateway_ && gateway_->sip().port == hop.port) return "gateway";
  const auto other = other_names_ ? other_names_(hop) : std::string();
  return other.empty() ? hop.host + ":" + std::to_string(hop.port) : other;
}

std::string LiveStage::msrp_name_of(const std::string& host, std::uint16_t port) const {
  if (core_ && port != 0 && core_->msrp().port == port) return "t-imas";
  if (gateway_ && port != 0 && gateway_->msrp().port == port) return "gateway";
  return host + ":" + std::to_string(port);
}

core::Result<std::unique_ptr<LiveStage>> LiveStage::open(net::Loop& loop, LiveStageOptions options) {
  std::unique_ptr<LiveStage> stage(new LiveStage());
  stage->other_names_ = std::move(options.other_names);
  const auto names = [raw = stage.get()](const sip::Hop& hop) { return raw->name_of(hop); };

  options.core.domain = options.gateway_config.domain;
  options.core.numbers = {options.gateway_config.country_code, options.gateway_config.trunk_prefix,
                          options.gateway_config.international_prefixes};
  options.core.timers = options.timers;
  options.core.random = options.random;
  options.core.recorder = options.recorder;
  options.core.names = names;
  const auto msrp_names = [raw = stage.get()](const std::string& host, std::uint16_t port) {
    return raw->msrp_name_of(host, port);
  };
  options.core.msrp_names = msrp_names;
  if (options.msrp && !options.core.msrp) options.core.msrp = net::Address{options.core.host, 0};
  options.core.on_warning = options.on_warning;
  RCS_TRY(stage->core_, LiveCore::open(loop, std::move(options.core)));

  LiveGatewayOptions gateway;
  gateway.listen = options.listen;
  gateway.sip = options.sip;
  gateway.msrp = options.msrp;
  gateway.msrp_names = msrp_names;
  gateway.core = stage->core_->entry();
  gateway.config = std::move(options.gateway_config);
  gateway.timers = options.timers;
  gateway.random = options.random;
  gateway.recorder = options.recorder;
  gateway.hop_names = names;
  gateway.user_names = std::move(options.user_names);
  gateway.on_warning = std::move(options.on_warning);
  RCS_TRY(stage->gateway_, LiveGateway::open(loop, std::move(gateway)));
  return stage;
}

}  // namespace rcs::harness
