#include "sip/hop.hpp"

#include <utility>

#include "core/text.hpp"
#include "sip/transaction.hpp"

namespace rcs::sip {
namespace {

constexpr std::uint16_t kSipPort = 5060;
constexpr std::uint16_t kSipsPort = 5061;

std::uint16_t default_port(Transport t) { return t == Transport::tls ? kSipsPort : kSipPort; }

// A hop's IPv6 literal has no brackets.
std::string bare_host(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

// Of a Via or a transport parameter; a reliable one that we do not know runs over TCP.
Transport transport_named(std::string_view word) {
  if (core::iequals(word, "UDP")) return Transport::udp;
  if (core::iequals(word, "TLS") || core::iequals(word, "WSS")) return Transport::tls;
  return Transport::tcp;
}

}  // namespace

// maddr is left out on purpose: unicast senders do not need it, and it lets a stranger choose whom we send
// to.
Hop response_hop(const Message& response, FlowId flow) {
  Hop hop;
  hop.flow = flow;
  if (response.vias.empty()) return hop;
  const Via& top = response.vias.front();
  hop.transport = transport_named(top.transport);
  const auto received = param_value(top.params, "received");
  hop.host = bare_host(received && !received->empty() ? *received : top.host);
  hop.port = top.port != 0 ? top.port : default_port(hop.transport);
  if (hop.transport == Transport::udp) {
    const auto port = core::parse_u32(param_value(top.params, "rport").value_or(""), UINT16_MAX);
    if (port && *port != 0) hop.port = static_cast<std::uint16_t>(*port);
  }
  return hop;
}

bool names_transport(const Uri& uri) {
  return uri.scheme == "sips" || !param_value(uri.params, "transport").value_or("").empty();
}

Hop hop_of(const Uri& uri) {
  Hop hop;
  const auto transport = param_value(uri.params, "transport");
  if (transport && !transport->empty()) hop.transport = transport_named(*transport);
  if (uri.scheme == "sips") hop.transport = Transport::tls;
  const auto maddr = param_value(uri.params, "maddr");
  hop.host = bare_host(maddr && !maddr->empty() ? *maddr : uri.host);
  hop.port = uri.port != 0 ? uri.port : default_port(hop.transport);
  return hop;
}

}  // namespace rcs::sip
