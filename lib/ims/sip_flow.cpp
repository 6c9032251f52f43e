// Devices behind connections that they have made (RFC 5626): over TLS nobody could dial them, so the node
// that holds the connection writes a name of it into Path (REG-30) and Record-Route, and finds it again by
// that.

#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "ims/sip_node_state.hpp"

namespace rcs::ims {
namespace {

constexpr std::size_t kKeyLetters = 32;
constexpr std::size_t kProofDigits = 20;  // 80 bits: nobody hits on a connection that was not told to him

std::string proof_of(const std::string& key, std::string_view flow) {
  return core::hex_encode(core::hmac(core::DigestAlgorithm::sha256, key, flow)).substr(0, kProofDigits);
}

}  // namespace

/// PROOF-FLOW-PORT-HOST (RFC 5626 section 5.2): all that is needed to find it, and a proof that it is ours.
std::string SipNode::State::name_of_flow(const sip::Hop& device) {
  if (flow_key.empty()) flow_key = random.token(kKeyLetters);
  const std::string flow =
      std::to_string(device.flow.value) + "-" + std::to_string(device.port) + "-" + device.host;
  return proof_of(flow_key, flow) + "-" + flow;
}

std::optional<sip::Hop> SipNode::State::flow_named(std::string_view name) const {
  const auto parts = core::split_once(name, '-');
  if (!parts || flow_key.empty()) return std::nullopt;
  const auto& [proof, flow] = *parts;
  if (!core::equal_in_constant_time(proof, proof_of(flow_key, flow))) return std::nullopt;
  const auto number = core::split_once(flow, '-');
  const auto port = number ? core::split_once(number->second, '-') : std::nullopt;
  if (!port) return std::nullopt;
  sip::Hop device;
  device.transport = sip::Transport::tls;
  device.flow = sip::FlowId{core::parse_u64(number->first).value_or(0)};
  device.port = static_cast<std::uint16_t>(core::parse_u32(port->first, UINT16_MAX).value_or(0));
  device.host = port->second;
  return device;
}

sip::NameAddr SipNode::State::route_over(const sip::Hop& device) {
  auto route = own_route();
  route.uri.user = name_of_flow(device);
  return route;
}

void SipNode::State::add_path(sip::Message& copy, const sip::Hop& device) {
  copy.remove_header("Path");  // the way to a device is not for the device to say
  copy.add_header("Path", route_over(device).to_string());
}

/// Of two ways to one node, the device takes the one over TLS, and the core the other (RFC 5658).
void SipNode::State::record_route(sip::Message& copy, const Exchange& exchange) {
  auto& recorded = copy.record_routes;
  if (exchange.device) {
    recorded.insert(recorded.begin(), directory.tls_route_to(config.self));
    recorded.insert(recorded.begin(), route_over(*exchange.device));
  } else if (exchange.flow) {
    recorded.insert(recorded.begin(), route_over(*exchange.flow));
    recorded.insert(recorded.begin(), directory.tls_route_to(config.self));
  } else {
    recorded.insert(recorded.begin(), own_route());
  }
}

}  // namespace rcs::ims
