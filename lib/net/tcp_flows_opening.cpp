// How a flow comes about: listeners, dialling, the TLS handshake of either side.

#include <boost/asio/co_spawn.hpp>

#include "core/text.hpp"
#include "net/sip_tls_impl.hpp"
#include "net/tcp_flows_impl.hpp"

namespace rcs::net {
namespace {

// no descriptors left: wait for some to be closed
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

Address to_address(const tcp::endpoint& endpoint) {
  auto ip = endpoint.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped())
    ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  return Address{ip.to_string(), endpoint.port()};
}

std::string place_of(sip::Transport over, const Address& address) {
  return std::string(sip::name(over)) + " " + address.to_string();
}

}  // namespace

core::Result<void> TcpFlows::State::listen(sip::Transport over, const Address& address) {
  const auto place = "can not listen on " + place_of(over, address) + ": ";
  if (over == sip::Transport::tls && (tls.tls == nullptr || tls.tls->certificate().empty()))
    return core::Error(core::Errc::unsupported, place + "TLS needs a certificate");
  auto& acceptor = listeners.emplace_back(loop, over).acceptor;
  error_code ec;
  const auto ip = asio::ip::make_address(address.host, ec);
  const tcp::endpoint endpoint(ip, address.port);
  if (!ec) acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  if (ec) return core::Error(core::Errc::unreachable, place + ec.message());
  return {};
}

std::uint16_t TcpFlows::State::port_of(sip::Transport over) const {
  for (const Listener& listener : listeners) {
    error_code ec;
    if (listener.transport == over) return listener.acceptor.local_endpoint(ec).port();
  }
  return 0;
}

/// Under which a peer over TLS is trusted; empty over TCP.
std::string TcpFlows::State::name_of(const sip::Hop& to) {
  if (to.transport != sip::Transport::tls) return {};
  const bool brackets = to.host.size() > 2 && to.host.front() == '[' && to.host.back() == ']';
  return core::to_lower(brackets ? to.host.substr(1, to.host.size() - 2) : to.host);
}

TcpFlowPtr TcpFlows::State::add(Socket socket, sip::Hop peer, std::string name) {
  peer.flow = sip::FlowId{next_flow++};
  auto flow = std::make_shared<TcpFlow>(std::move(socket), std::move(peer));
  flow->name = std::move(name);
  flow->active = loop.now();
  flows.emplace(flow->peer.flow, flow);
  if (!flow->over_tls() || flow->was_dialled()) by_key[key_of(*flow)] = flow->peer.flow;
  if (!sweeping) {
    sweeping = true;
    asio::co_spawn(loop.context(), sweep_loop(shared_from_this()), rethrow);
  }
  return flow;
}

/// Null: it has been reported.
TcpFlowPtr TcpFlows::State::dial(const sip::Hop& to, const std::vector<std::string>& ips) {
  const bool secure = to.transport == sip::Transport::tls;
  std::vector<tcp::endpoint> endpoints;
  for (const auto& ip : ips) {
    error_code ec;
    const auto address = asio::ip::make_address(ip, ec);
    if (!ec) endpoints.emplace_back(address, to.port);
  }
  const char* why = nullptr;
  if (secure && to.flow) {
    why = "the connection over which it was reached has ended";
  } else if (secure && tls.tls == nullptr) {
    why = "TLS is not set up here";
  } else if (endpoints.empty()) {
    why = "not an IP address";
  } else if (flows.size() >= limits.connections) {
    why = "too many connections are open";
  }
  if (why != nullptr) {
    report(to, why);
    return nullptr;
  }
  Socket socket(loop.context());
  const sip::Hop peer{to.transport, ips.front(), to.port, {}};
  auto flow = add(std::move(socket), peer, name_of(to));
  asio::co_spawn(loop.context(), connect(shared_from_this(), flow, std::move(endpoints)), rethrow);
  return flow;
}

bool TcpFlows::State::has_room(sip::Transport over, const Address& peer) {
  const bool too_many = flows.size() >= limits.connections;
  if (!too_many && (over == sip::Transport::tcp || shaking < limits.handshakes)) return true;
  warn(place_of(over, peer) + ": refused, too many " + (too_many ? "connections" : "TLS handshakes at once"));
  return false;
}

void TcpFlows::State::opened(const TcpFlowPtr& flow) {
  flow->opening = nullptr;
  flow->active = loop.now();
  asio::co_spawn(loop.context(), read_loop(shared_from_this(), flow), rethrow);
  send_queued(flow);
}

Task<void> TcpFlows::State::accept_loop(std::shared_ptr<State> self, Listener& listener) {
  while (!self->closed) {
    tcp::endpoint from;
    auto [ec, socket] = co_await listener.acceptor.async_accept(from, kUse);
    if (self->closed) co_return;
    if (ec == asio::error::connection_aborted) continue;
    if (ec) {
      self->warn(std::string(sip::name(listener.transport)) +
                 ": can not accept a connection: " + ec.message());
      listener.pause.expires_after(kAcceptPause);
      auto [stopped] = co_await listener.pause.async_wait(kUse);
      if (stopped) co_return;
      continue;
    }
    const Address peer = to_address(from);
    if (!self->has_room(listener.transport, peer)) continue;
    const sip::Hop hop{listener.transport, peer.host, peer.port, {}};
    auto flow = self->add(std::move(socket), hop, {});
    flow->stream.connected();
    if (flow->over_tls()) {
      asio::co_spawn(self->loop.context(), greet(self, flow), rethrow);
    } else {
      self->opened(flow);
    }
  }
}

/// TLS with who has dialled us.
Task<void> TcpFlows::State::greet(std::shared_ptr<State> self, TcpFlowPtr flow) {
  flow->opening = "TLS handshake";
  ++self->shaking;
  std::string why;
  if (const auto begun = begin_sip_server(flow->stream, *self->tls.tls, self->tls.ask_certificate); !begun) {
    why = begun.error().detail();
  } else {
    why = co_await shake_hands(flow->stream);
  }
  --self->shaking;
  if (flow->closed || self->closed) co_return;
  if (!why.empty()) {
    self->warn(place_of(flow->peer.transport, Address{flow->peer.host, flow->peer.port}) + ": " + why);
    self->remove(flow);
    co_return;
  }
  self->opened(flow);
}

Task<void> TcpFlows::State::connect(std::shared_ptr<State> self, TcpFlowPtr flow,
                                    std::vector<tcp::endpoint> to) {
  Socket& socket = flow->stream.socket();
  error_code last;
  error_code ignored;
  for (const tcp::endpoint& endpoint : to) {
    socket.close(ignored);
    auto [refused] = co_await socket.async_connect(endpoint, kUse);
    if (flow->closed || self->closed) co_return;
    last = refused;
    if (refused) continue;
    // To connect, asio waits for the socket to be writable, and from then on each wait for input would be
    // woken for that too. Given to it anew, the socket is waited on for input alone.
    socket.assign(endpoint.protocol(), socket.release(ignored), ignored);
    break;
  }
  if (last) {
    self->drop(flow, last.message());
    co_return;
  }
  flow->stream.connected();
  if (!flow->over_tls()) {
    self->opened(flow);
    co_return;
  }
  flow->opening = "TLS handshake";
  flow->active = self->loop.now();
  std::string why;
  if (const auto begun = begin_sip_client(flow->stream, *self->tls.tls, flow->name); !begun) {
    why = begun.error().detail();
  } else {
    why = co_await shake_hands(flow->stream);
  }
  if (flow->closed || self->closed) co_return;
  if (why.empty()) why = wrong_name(flow->stream, flow->name);
  if (!why.empty()) {
    self->drop(flow, why);
    co_return;
  }
  self->opened(flow);
}

}  // namespace rcs::net
