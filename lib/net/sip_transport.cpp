#include "net/sip_transport.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "core/text.hpp"
#include "net/name_cache.hpp"
#include "net/tcp_flows.hpp"
#include "net/udp_port.hpp"
#include "sip/codec.hpp"

namespace rcs::net {
namespace {

namespace asio = boost::asio;

constexpr int kPortAttempts = 64;       // ports that are free for UDP and taken for TCP, before we give up
constexpr int kWarningsPerSecond = 10;  // a flood of garbage must not become a flood of words

/// "[::1]" and "::1" are the same host for a socket.
std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

bool is_literal(const std::string& host) {
  boost::system::error_code ec;
  static_cast<void>(asio::ip::make_address(host, ec));
  return !ec;
}

/// What phones and proxies send to keep a NAT binding open: nothing but line ends or zeros.
bool is_keep_alive(std::string_view octets) {
  return std::all_of(octets.begin(), octets.end(),
                     [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// The address to bind, with a name resolved. Blocks for a name; done once, before anything runs.
core::Result<Address> literal(Loop& loop, const Address& bind) {
  Address address{without_brackets(bind.host), bind.port};
  if (is_literal(address.host)) return address;
  boost::system::error_code ec;
  asio::ip::tcp::resolver resolver(loop.context());
  const auto found = resolver.resolve(address.host, "", ec);
  if (ec || found.empty()) {
    return core::Error(core::Errc::unreachable,
                       "can not bind " + bind.to_string() + ": " + (ec ? ec.message() : "no address"));
  }
  address.host = found.begin()->endpoint().address().to_string();
  return address;
}

}  // namespace

struct SipTransport::State : std::enable_shared_from_this<SipTransport::State> {
  State(Loop& owner, Handlers asked) : loop(owner), handlers(std::move(asked)), names(owner) {}

  Loop& loop;
  Handlers handlers;
  NameCache names;
  std::unique_ptr<UdpPort> udp;
  std::unique_ptr<TcpFlows> tcp;
  std::string bound_host;
  std::string tls_host;
  Instant warning_second{};
  int warnings = 0;
  bool closed = false;

  UdpPort::Handlers udp_handlers();
  TcpFlows::Handlers tcp_handlers();
  core::Result<void> bind(const Address& address, const SipTls& tls);

  void warn(const std::string& words) {
    if (closed || !handlers.on_warning) return;
    const Instant now = loop.now();
    if (now - warning_second >= std::chrono::seconds(1)) {
      const int unsaid = warnings - kWarningsPerSecond;
      warning_second = now;
      warnings = 0;
      if (unsaid > 0)
        handlers.on_warning("sip: " + std::to_string(unsaid) + " more warnings of this kind were left out");
    }
    if (++warnings <= kWarningsPerSecond) handlers.on_warning(words);
  }

  void malformed(const sip::Hop& from, std::string_view octets, const core::Error& error) {
    warn("malformed SIP from " + from.to_string() + ": " + error.detail());
    if (const auto answer = sip::bad_request_response(octets, "Bad Request")) send(from, *answer);
  }

  void unreachable(const sip::Hop& to, const std::string& why) {
    if (!closed) handlers.on_unreachable(to, why);
  }

  void send(const sip::Hop& to, const sip::Message& message);
  void send_octets(const sip::Hop& to, const NameCache::Addresses& ips, std::string octets) {
    if (to.transport == sip::Transport::udp) {
      udp->send(Address{ips.front(), to.port}, std::move(octets));
    } else {
      tcp->send(to, ips, std::move(octets));
    }
  }
};

// The handlers hold the state only while they run: a handler of the user may destroy the transport.
UdpPort::Handlers SipTransport::State::udp_handlers() {
  UdpPort::Handlers result;
  const std::weak_ptr<State> weak = weak_from_this();
  result.on_datagram = [weak](const Address& from, std::string_view octets) {
    const auto self = weak.lock();
    if (!self || self->closed || is_keep_alive(octets)) return;
    const sip::Hop hop{sip::Transport::udp, from.host, from.port, {}};
    auto message = sip::decode(octets);
    if (!message) return self->malformed(hop, octets, message.error());
    self->handlers.on_message(hop, std::move(*message), octets);
  };
  result.on_unreachable = [weak](const Address& to, const std::string& why) {
    const auto self = weak.lock();
    if (!self) return;
    // A sender knows its peer by the host it wrote: the address, or any name that led to it.
    std::vector<std::string> hosts = self->names.names_of(to.host);
    hosts.push_back(to.host);
    for (auto& host : hosts)
      self->unreachable(sip::Hop{sip::Transport::udp, std::move(host), to.port, {}}, why);
  };
  result.on_warning = [weak](const std::string& words) {
    if (const auto self = weak.lock()) self->warn(words);
  };
  return result;
}

TcpFlows::Handlers SipTransport::State::tcp_handlers() {
  TcpFlows::Handlers result;
  const std::weak_ptr<State> weak = weak_from_this();
  result.on_message = [weak](const sip::Hop& from, sip::Message message, std::string_view octets) {
    const auto self = weak.lock();
    if (self && !self->closed) self->handlers.on_message(from, std::move(message), octets);
  };
  result.on_malformed = [weak](const sip::Hop& from, std::string_view octets, const core::Error& error,
                               bool) {
    const auto self = weak.lock();
    if (self && !self->closed) self->malformed(from, octets, error);
  };
  result.on_unreachable = [weak](const sip::Hop& to, const std::string& why) {
    if (const auto self = weak.lock()) self->unreachable(to, why);
  };
  result.on_warning = [weak](const std::string& words) {
    if (const auto self = weak.lock()) self->warn(words);
  };
  return result;
}

core::Result<void> SipTransport::State::bind(const Address& address, const SipTls& tls) {
  TcpLimits limits;
  limits.connections = kMaxTcpConnections;
  limits.queue_bytes = kMaxTcpQueueBytes;
  limits.connect_timeout = kTcpConnectTimeout;
  limits.idle_timeout = kTcpIdleTimeout;
  core::Error last;
  for (int attempt = 0; attempt < (address.port == 0 ? kPortAttempts : 1); ++attempt) {
    RCS_TRY(udp, UdpPort::open(loop, address, kUdpReceiveBuffer, udp_handlers()));
    auto listening = TcpFlows::open(loop, Address{address.host, udp->port()}, limits, tcp_handlers(), tls);
    if (listening) {
      tcp = std::move(*listening);
      return {};
    }
    last = listening.error();
  }
  return last;
}

void SipTransport::State::send(const sip::Hop& to, const sip::Message& message) {
  if (closed) return;
  std::string octets = sip::encode(message);
  if (handlers.on_sent) handlers.on_sent(to, message, octets);
  if (closed) return;
  const std::string host = without_brackets(to.host);
  const bool one_way = to.transport == sip::Transport::tls && to.flow;
  if (one_way || is_literal(host) || tcp->has(to.flow)) return send_octets(to, {host}, std::move(octets));
  names.resolve(host, [weak = weak_from_this(), to,
                       octets = std::move(octets)](const core::Result<NameCache::Addresses>& found) {
    const auto self = weak.lock();
    if (!self || self->closed) return;
    if (found) return self->send_octets(to, *found, octets);
    self->loop.post([self, to, why = found.error().detail()] { self->unreachable(to, why); });
  });
}

core::Result<std::unique_ptr<SipTransport>> SipTransport::open(Loop& loop, const Address& bind,
                                                               Handlers handlers, SipTls tls) {
  RCS_TRY(const Address address, literal(loop, bind));
  auto state = std::make_shared<State>(loop, std::move(handlers));
  state->bound_host = address.host;
  if (tls.listen) {
    state->tls_host = without_brackets(tls.listen->host);
    RCS_TRY(tls.listen, literal(loop, *tls.listen));
  }
  for (const Address& own : {address, tls.listen.value_or(address)}) {
    if (own.is_any())  // a node writes its address into Via, Contact and routes
      return core::malformed(own.to_string() + ": expected the one address that peers answer to");
  }
  RCS_CHECK_OK(state->bind(address, tls));
  return std::unique_ptr<SipTransport>(new SipTransport(std::move(state)));
}

SipTransport::SipTransport(std::shared_ptr<State> state) : state_(std::move(state)) {}
SipTransport::~SipTransport() { close(); }

Address SipTransport::local() const { return Address{state_->bound_host, state_->udp->port()}; }
Address SipTransport::local_tls() const { return Address{state_->tls_host, state_->tcp->tls_port()}; }

void SipTransport::send(const sip::Hop& to, const sip::Message& message) { state_->send(to, message); }

void SipTransport::close() {
  if (state_->closed) return;
  state_->closed = true;
  state_->names.close();
  state_->udp->close();
  state_->tcp->close();
}

}  // namespace rcs::net
