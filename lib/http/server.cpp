#include "http/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "http/connection.hpp"

namespace rcs::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

constexpr int kAcceptsPerTurn = 64;  // then other work of the loop gets its turn
constexpr core::Duration kAcceptPause =
    std::chrono::milliseconds(100);          // no descriptors left: wait for some to be closed
constexpr std::size_t kRefusedAtOnce = 256;  // connections over the limit that still hear why
constexpr core::Duration kLongestSweep = std::chrono::seconds(1);
constexpr core::Duration kShortestSweep = std::chrono::milliseconds(5);

/// Often enough to keep every limit to a quarter of itself.
core::Duration sweep_period(const ServerLimits& limits) {
  const auto shortest = std::min({limits.header_timeout, limits.body_timeout, limits.keep_alive_timeout,
                                  limits.write_timeout, limits.websocket_ping});
  return std::clamp(shortest / 4, kShortestSweep, kLongestSweep);
}

core::Error can_not_listen(const net::Address& bind, const std::string& why) {
  return core::Error(core::Errc::unreachable, "can not listen on http " + bind.to_string() + ": " + why);
}

}  // namespace

struct Server::State {
  State(net::Loop& owner, ServerLimits limits, Handlers handlers)
      : loop(owner),
        hub(std::make_shared<Hub>(owner, limits, std::move(handlers))),
        acceptor(owner.context()),
        pause(owner.context()),
        sweeper(owner.context()) {}

  net::Loop& loop;
  std::shared_ptr<Hub> hub;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  asio::steady_timer sweeper;
  net::Address address;
  bool closed = false;

  std::optional<std::string> listen(const net::Address& bind);
  /// False when the system has no descriptor or memory for another connection.
  bool accept_waiting();
  void sweep();

  static asio::awaitable<void> accept_loop(std::shared_ptr<State> self);
  static asio::awaitable<void> sweep_loop(std::shared_ptr<State> self);
};

std::optional<std::string> Server::State::listen(const net::Address& bind) {
  error_code ec;
  auto ip = asio::ip::make_address(bind.host, ec);
  if (ec) {
    tcp::resolver resolver(loop.context());
    const auto found = resolver.resolve(bind.host, "", ec);
    if (ec || found.empty()) return ec ? ec.message() : "no address";
    ip = found.begin()->endpoint().address();
  }
  const tcp::endpoint endpoint(ip, bind.port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  if (!ec) acceptor.non_blocking(true, ec);
  if (ec) return ec.message();
  address = net::Address{ip.to_string(), acceptor.local_endpoint(ec).port()};
  return std::nullopt;
}

bool Server::State::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn && !closed; ++i) {
    const int native = ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (native >= 0) {
      const std::size_t open = hub->connections.size();
      if (open >= hub->limits.connections + kRefusedAtOnce) {
        ::close(native);
      } else {
        open_connection(hub, native, open >= hub->limits.connections);
      }
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
    // Anything else is about the one connection that was to come (accept(2): a network error of it may be
    // reported here).
  }
  return true;
}

asio::awaitable<void> Server::State::accept_loop(std::shared_ptr<State> self) {
  while (!self->closed) {
    auto [ec] = co_await self->acceptor.async_wait(tcp::acceptor::wait_read, kUse);
    if (ec || self->closed) co_return;
    if (self->accept_waiting()) continue;
    self->pause.expires_after(kAcceptPause);
    auto [stopped] = co_await self->pause.async_wait(kUse);
    if (stopped) co_return;
  }
}

void Server::State::sweep() {
  const core::Instant now = loop.now();
  std::vector<std::shared_ptr<Connection>> late;
  for (const auto& [id, connection] : hub->connections) {
    if (connection->overdue(now)) late.push_back(connection);
  }
  for (const auto& connection : late) connection->expire(now);
}

asio::awaitable<void> Server::State::sweep_loop(std::shared_ptr<State> self) {
  const core::Duration period = sweep_period(self->hub->limits);
  while (!self->closed) {
    self->sweeper.expires_after(period);
    auto [ec] = co_await self->sweeper.async_wait(kUse);
    if (ec || self->closed) co_return;
    self->sweep();
  }
}

core::Result<std::unique_ptr<Server>> Server::open(net::Loop& loop, const net::Address& bind,
                                                   ServerLimits limits, Handlers handlers) {
  auto state = std::make_shared<State>(loop, limits, std::move(handlers));
  if (const auto failure = state->listen(bind)) return can_not_listen(bind, *failure);
  asio::co_spawn(loop.context(), State::accept_loop(state), net::rethrow);
  asio::co_spawn(loop.context(), State::sweep_loop(state), net::rethrow);
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { close(); }

net::Address Server::local() const { return state_->address; }

void Server::act(core::WebId id, core::WebAction action) {
  Hub& hub = *state_->hub;
  const auto found = hub.connections.find(id.value >> kExchangeBits);
  if (found == hub.connections.end()) return;
  const std::shared_ptr<Connection> connection = found->second;
  connection->act(static_cast<std::uint32_t>(id.value & kMaxExchange), std::move(action));
}

std::size_t Server::connections() const { return state_->hub->connections.size(); }

void Server::drain(std::function<void()> done) {
  State& state = *state_;
  if (state.closed || state.hub->on_drained) return;
  error_code ec;
  state.acceptor.close(ec);
  if (state.hub->connections.empty()) return state.loop.post(std::move(done));
  state.hub->on_drained = std::move(done);
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [id, connection] : state.hub->connections) all.push_back(connection);
  for (const auto& connection : all) connection->retire();
}

void Server::close() {
  State& state = *state_;
  if (state.closed) return;
  state.closed = true;
  state.hub->closed = true;
  error_code ec;
  state.acceptor.close(ec);
  state.pause.cancel();
  state.sweeper.cancel();
  while (!state.hub->connections.empty()) {
    const std::shared_ptr<Connection> connection = state.hub->connections.begin()->second;
    connection->cut();
  }
}

}  // namespace rcs::http
