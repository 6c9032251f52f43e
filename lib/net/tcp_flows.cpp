#include "net/tcp_flows.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace rcs::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
// Bound to the loop's own executor: asio's default types can hold any and pay for it at every wait.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Task = asio::awaitable<void, Executor>;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable_t<Executor>());

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsPerTurn = 4;  // then other work of the loop gets its turn
constexpr std::size_t kPiecesPerWrite = 16;
constexpr std::size_t kMaxTargets = 16;  // hops that are told when one connection fails
constexpr Duration kSweep = std::chrono::seconds(1);
// no descriptors left: wait for some to be closed
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

Address to_address(const tcp::endpoint& endpoint) {
  auto ip = endpoint.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped())
    ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  return Address{ip.to_string(), endpoint.port()};
}

struct Flow {
  explicit Flow(Socket connected_or_not) : socket(std::move(connected_or_not)) {}

  Socket socket;
  sip::Hop peer;  // with the flow id
  sip::StreamDecoder decoder;
  std::list<std::string> queue;
  std::size_t queued_bytes = 0;
  std::vector<sip::Hop> targets;  // whom its messages were meant for, as the sender named them
  Instant active{};               // octets went either way, or the connect began
  bool connected = false;
  bool writing = false;
  bool held = false;  // what is sent goes out when what is being read has been dealt with
  bool closed = false;
};
using FlowPtr = std::shared_ptr<Flow>;

}  // namespace

struct TcpFlows::State : std::enable_shared_from_this<TcpFlows::State> {
  explicit State(Loop& owner)
      : loop(owner), acceptor(owner.context()), pause(owner.context()), sweeper(owner.context()) {}

  Loop& loop;
  Acceptor acceptor;
  asio::steady_timer pause;
  asio::steady_timer sweeper;
  TcpLimits limits;
  Handlers handlers;
  std::map<sip::FlowId, FlowPtr> flows;
  std::map<std::pair<std::string, std::uint16_t>, sip::FlowId> by_address;
  // used between two suspensions only
  std::unique_ptr<char[]> scratch = std::make_unique_for_overwrite<char[]>(kReadBytes);
  std::uint64_t next_flow = 1;
  std::vector<FlowPtr> held;  // flows with Flow::held
  bool reading = false;       // messages are being handed out
  bool sweeping = false;
  bool closed = false;

  std::optional<std::string> listen(const Address& address);
  FlowPtr add(Socket socket, const Address& peer);
  FlowPtr find(const sip::Hop& to, const std::string& ip);
  void remove(const FlowPtr& flow);
  /// Closes a flow that failed and tells those whose messages may be lost.
  void drop(const FlowPtr& flow, const std::string& why);
  void report(const sip::Hop& to, const std::string& why);
  void write(const FlowPtr& flow, std::string octets);
  /// Writes what is queued; what the socket does not take is left to write_loop.
  void send_queued(const FlowPtr& flow);
  void release_held();
  /// False when the socket takes no more for now, or the flow is gone.
  bool flush(const FlowPtr& flow);
  bool read(const FlowPtr& flow);
  void take_messages(const FlowPtr& flow);
  void sweep();

  static Task accept_loop(std::shared_ptr<State> self);
  static Task connect(std::shared_ptr<State> self, FlowPtr flow, tcp::endpoint to);
  static Task read_loop(std::shared_ptr<State> self, FlowPtr flow);
  static Task write_loop(std::shared_ptr<State> self, FlowPtr flow);
  static Task sweep_loop(std::shared_ptr<State> self);
};

std::optional<std::string> TcpFlows::State::listen(const Address& address) {
  error_code ec;
  const auto ip = asio::ip::make_address(address.host, ec);
  if (ec) return ec.message();
  const tcp::endpoint endpoint(ip, address.port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  if (ec) return ec.message();
  return std::nullopt;
}

FlowPtr TcpFlows::State::add(Socket socket, const Address& peer) {
  auto flow = std::make_shared<Flow>(std::move(socket));
  flow->peer = sip::Hop{sip::Transport::tcp, peer.host, peer.port, sip::FlowId{next_flow++}};
  flow->active = loop.now();
  flows.emplace(flow->peer.flow, flow);
  by_address[{peer.host, peer.port}] = flow->peer.flow;
  if (!sweeping) {
    sweeping = true;
    asio::co_spawn(loop.context(), sweep_loop(shared_from_this()), rethrow);
  }
  return flow;
}

FlowPtr TcpFlows::State::find(const sip::Hop& to, const std::string& ip) {
  if (const auto own = flows.find(to.flow); own != flows.end()) return own->second;
  const auto same = by_address.find({ip, to.port});
  return same == by_address.end() ? nullptr : flows.at(same->second);
}

void TcpFlows::State::remove(const FlowPtr& flow) {
  if (flow->closed) return;
  flow->closed = true;
  error_code ec;
  flow->socket.close(ec);
  flows.erase(flow->peer.flow);
  const auto known = by_address.find({flow->peer.host, flow->peer.port});
  if (known != by_address.end() && known->second == flow->peer.flow) by_address.erase(known);
}

void TcpFlows::State::drop(const FlowPtr& flow, const std::string& why) {
  if (flow->closed) return;
  remove(flow);
  for (const auto& target : flow->targets) report(target, why);
}

void TcpFlows::State::report(const sip::Hop& to, const std::string& why) {
  loop.post([self = shared_from_this(), to, why] {
    if (!self->closed) self->handlers.on_unreachable(to, why);
  });
}

void TcpFlows::State::write(const FlowPtr& flow, std::string octets) {
  if (flow->closed) return;
  if (flow->queued_bytes + octets.size() > limits.queue_bytes) {
    return drop(flow,
                "the peer does not read: " + std::to_string(flow->queued_bytes) + " octets wait for it");
  }
  flow->queued_bytes += octets.size();
  flow->queue.push_back(std::move(octets));
  if (!reading) return send_queued(flow);
  // A request is often answered twice at once, and a second system call costs more than the message.
  if (flow->held) return;
  flow->held = true;
  held.push_back(flow);
}

void TcpFlows::State::send_queued(const FlowPtr& flow) {
  if (!flow->connected || flow->writing || flow->closed || flush(flow) || flow->closed) return;
  flow->writing = true;
  asio::co_spawn(loop.context(), write_loop(shared_from_this(), flow), rethrow);
}

void TcpFlows::State::release_held() {
  for (const auto& flow : std::exchange(held, {})) {
    flow->held = false;
    send_queued(flow);
  }
}

bool TcpFlows::State::flush(const FlowPtr& flow) {
  while (!flow->queue.empty()) {
    std::array<asio::const_buffer, kPiecesPerWrite> pieces;
    std::size_t count = 0;
    for (auto piece = flow->queue.begin(); piece != flow->queue.end() && count < kPiecesPerWrite; ++piece)
      pieces[count++] = asio::buffer(*piece);
    error_code ec;
    std::size_t sent = flow->socket.write_some(pieces, ec);
    if (ec == asio::error::would_block) return false;
    if (ec) {
      drop(flow, ec.message());
      return false;
    }
    flow->active = loop.now();
    flow->queued_bytes -= sent;
    while (!flow->queue.empty() && sent >= flow->queue.front().size()) {
      sent -= flow->queue.front().size();
      flow->queue.pop_front();
    }
    if (sent > 0) flow->queue.front().erase(0, sent);
  }
  return true;
}

/// False when the flow is over. A peer that closes is told too: whoever still waits for an answer over this
/// connection need not wait on.
bool TcpFlows::State::read(const FlowPtr& flow) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    error_code ec;
    const std::size_t got = flow->socket.read_some(asio::buffer(scratch.get(), kReadBytes), ec);
    if (ec == asio::error::would_block) return true;
    if (ec) {
      drop(flow, ec == asio::error::eof ? "the peer closed the connection" : ec.message());
      return false;
    }
    flow->active = loop.now();
    flow->decoder.feed(std::string_view(scratch.get(), got));
    reading = true;
    take_messages(flow);
    reading = false;
    release_held();
    if (flow->closed || closed) return false;
    if (got < kReadBytes) return true;
  }
  return true;
}

void TcpFlows::State::take_messages(const FlowPtr& flow) {
  while (!flow->closed && !closed) {
    auto item = flow->decoder.next();
    if (!item) return;
    if (auto* message = std::get_if<sip::Message>(&*item)) {
      handlers.on_message(flow->peer, std::move(*message), flow->decoder.last_octets());
    } else if (std::holds_alternative<sip::StreamDecoder::KeepAlive>(*item)) {
      write(flow, "\r\n");
    } else {
      const bool framed = flow->decoder.framed();
      handlers.on_malformed(flow->peer, flow->decoder.last_octets(), std::get<core::Error>(*item), framed);
      if (!framed && !closed) {
        send_queued(flow);  // why it is closed
        remove(flow);
      }
    }
  }
}

void TcpFlows::State::sweep() {
  const Instant now = loop.now();
  std::vector<std::pair<FlowPtr, std::string>> late;
  for (const auto& [id, flow] : flows) {
    const Duration quiet = now - flow->active;
    if (!flow->connected && quiet >= limits.connect_timeout) {
      late.emplace_back(
          flow, "no connection within " + std::to_string(core::to_ms(limits.connect_timeout)) + " ms");
    } else if (flow->connected && quiet >= limits.idle_timeout) {
      late.emplace_back(flow, flow->queue.empty() ? "" : "the peer does not read");
    }
  }
  for (const auto& [flow, why] : late) why.empty() ? remove(flow) : drop(flow, why);
}

Task TcpFlows::State::accept_loop(std::shared_ptr<State> self) {
  while (!self->closed) {
    tcp::endpoint peer;
    auto [ec, socket] = co_await self->acceptor.async_accept(peer, kUse);
    if (self->closed) co_return;
    if (ec == asio::error::connection_aborted) continue;
    if (ec) {
      if (self->handlers.on_warning)
        self->handlers.on_warning("tcp: can not accept a connection: " + ec.message());
      self->pause.expires_after(kAcceptPause);
      auto [stopped] = co_await self->pause.async_wait(kUse);
      if (stopped) co_return;
      continue;
    }
    if (self->flows.size() >= self->limits.connections) {
      if (self->handlers.on_warning)
        self->handlers.on_warning("tcp " + to_address(peer).to_string() + ": refused, too many connections");
      continue;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    auto flow = self->add(std::move(socket), to_address(peer));
    flow->connected = true;
    asio::co_spawn(self->loop.context(), read_loop(self, flow), rethrow);
  }
}

Task TcpFlows::State::connect(std::shared_ptr<State> self, FlowPtr flow, tcp::endpoint to) {
  auto [ec] = co_await flow->socket.async_connect(to, kUse);
  if (flow->closed || self->closed) co_return;
  if (ec) {
    self->drop(flow, ec.message());
    co_return;
  }
  error_code ignored;
  // To connect, asio waits for the socket to be writable, and from then on each wait for input would be woken
  // for that too. Given to it anew, the socket is waited on for input alone.
  flow->socket.assign(to.protocol(), flow->socket.release(ignored), ignored);
  flow->socket.set_option(tcp::no_delay(true), ignored);
  flow->socket.non_blocking(true, ignored);
  flow->connected = true;
  flow->active = self->loop.now();
  asio::co_spawn(self->loop.context(), read_loop(self, flow), rethrow);
  self->send_queued(flow);
}

Task TcpFlows::State::read_loop(std::shared_ptr<State> self, FlowPtr flow) {
  while (!flow->closed && !self->closed) {
    auto [ec] = co_await flow->socket.async_wait(Socket::wait_read, kUse);
    if (ec || flow->closed || self->closed || !self->read(flow)) co_return;
  }
}

Task TcpFlows::State::write_loop(std::shared_ptr<State> self, FlowPtr flow) {
  while (!flow->closed && !self->closed) {
    auto [ec] = co_await flow->socket.async_wait(Socket::wait_write, kUse);
    if (ec || flow->closed || self->closed || self->flush(flow)) break;
  }
  flow->writing = false;
}

Task TcpFlows::State::sweep_loop(std::shared_ptr<State> self) {
  while (!self->closed && !self->flows.empty()) {
    self->sweeper.expires_after(std::min({kSweep, self->limits.connect_timeout, self->limits.idle_timeout}));
    auto [ec] = co_await self->sweeper.async_wait(kUse);
    if (ec || self->closed) co_return;
    self->sweep();
  }
  self->sweeping = false;
}

core::Result<std::unique_ptr<TcpFlows>> TcpFlows::open(Loop& loop, const Address& bind, TcpLimits limits,
                                                       Handlers handlers) {
  auto state = std::make_shared<State>(loop);
  state->limits = limits;
  state->handlers = std::move(handlers);
  if (const auto failure = state->listen(bind)) {
    return core::Error(core::Errc::unreachable,
                       "can not listen on tcp " + bind.to_string() + ": " + *failure);
  }
  asio::co_spawn(loop.context(), State::accept_loop(state), rethrow);
  return std::unique_ptr<TcpFlows>(new TcpFlows(std::move(state)));
}

TcpFlows::TcpFlows(std::shared_ptr<State> state) : state_(std::move(state)) {}
TcpFlows::~TcpFlows() { close(); }

std::uint16_t TcpFlows::port() const {
  error_code ec;
  return state_->acceptor.local_endpoint(ec).port();
}

bool TcpFlows::has(sip::FlowId flow) const { return state_->flows.contains(flow); }

void TcpFlows::send(const sip::Hop& to, const std::string& ip, std::string octets) {
  State& state = *state_;
  if (state.closed) return;
  FlowPtr flow = state.find(to, ip);
  if (flow == nullptr) {
    error_code ec;
    const auto address = asio::ip::make_address(ip, ec);
    if (ec) return state.report(to, "not an IP address: " + ip);
    if (state.flows.size() >= state.limits.connections)
      return state.report(to, "too many connections are open");
    Socket socket(state.loop.context());
    flow = state.add(std::move(socket), Address{ip, to.port});
    asio::co_spawn(state.loop.context(), State::connect(state_, flow, tcp::endpoint(address, to.port)),
                   rethrow);
  }
  const bool known = std::find(flow->targets.begin(), flow->targets.end(), to) != flow->targets.end();
  if (!known && flow->targets.size() < kMaxTargets) flow->targets.push_back(to);
  state.write(flow, std::move(octets));
}

std::size_t TcpFlows::connections() const { return state_->flows.size(); }

void TcpFlows::close() {
  State& state = *state_;
  if (state.closed) return;
  state.release_held();  // what was sent goes out, as far as the sockets take it
  state.closed = true;
  error_code ec;
  state.acceptor.close(ec);
  state.pause.cancel();
  state.sweeper.cancel();
  while (!state.flows.empty()) {
    const FlowPtr flow = state.flows.begin()->second;
    state.remove(flow);
  }
}

}  // namespace rcs::net
