#include "net/streams.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <map>
#include <utility>

#include "net/stream_link_impl.hpp"

namespace rcs::net {
namespace {

using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

// no descriptors left: wait for some to be closed
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

struct Listener {
  Listener(HubPtr to, StreamListen asked)
      : hub(std::move(to)),
        what(std::move(asked)),
        acceptor(hub->loop.context()),
        pause(hub->loop.context()) {}

  HubPtr hub;
  StreamListen what;
  Acceptor acceptor;
  PhaseTimer pause;
  bool closed = false;

  error_code open();
  void close();
  static Task<void> run(std::shared_ptr<Listener> self);
};

error_code Listener::open() {
  error_code ec;
  const auto ip = asio::ip::make_address(what.bind.host, ec);
  if (ec) return ec;
  const tcp::endpoint endpoint(ip, what.bind.port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  if (!ec) what.bind.port = acceptor.local_endpoint(ec).port();
  return ec;
}

void Listener::close() {
  closed = true;
  error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
}

Task<void> Listener::run(std::shared_ptr<Listener> self) {
  StreamHub& hub = *self->hub;
  while (!self->closed) {
    auto [ec, socket] = co_await self->acceptor.async_accept(kUse);
    if (self->closed) co_return;
    if (ec == asio::error::connection_aborted) continue;
    if (ec) {
      self->pause.expires_after(kAcceptPause);
      auto [stopped] = co_await self->pause.async_wait(kUse);
      if (stopped) co_return;
      continue;
    }
    if (hub.links.size() >= hub.options.limits.connections) continue;  // and is closed
    const LinkPtr link = StreamLink::make(self->hub, node::accepted_connection(++hub.accepted),
                                          self->what.kind, std::move(socket));
    asio::co_spawn(hub.loop.context(), StreamLink::greet(link, self->what), rethrow);
  }
}

}  // namespace

struct Streams::State {
  State(Loop& loop, StreamsOptions options, OnNews on_news)
      : hub(std::make_shared<StreamHub>(loop, std::move(options), std::move(on_news))) {}

  HubPtr hub;
  std::multimap<std::uint16_t, std::shared_ptr<Listener>> listeners;  // two addresses may share a port

  void dial(node::ConnectionId connection, node::Dial what);
};

void Streams::State::dial(node::ConnectionId connection, node::Dial what) {
  if (hub->links.contains(connection)) return;
  if (hub->links.size() >= hub->options.limits.connections) {
    asio::post(hub->loop.context(), [hub = hub, connection] {
      node::Closed news;
      news.why = "too many connections are open";
      hub->tell(connection, news);
    });
    return;
  }
  Socket socket(hub->loop.context());
  const LinkPtr link = StreamLink::make(hub, connection, what.to.kind, std::move(socket));
  asio::co_spawn(hub->loop.context(), StreamLink::dial(link, std::move(what.to)), rethrow);
}

Streams::Streams(Loop& loop, StreamsOptions options, OnNews on_news)
    : state_(std::make_shared<State>(loop, std::move(options), std::move(on_news))) {}

Streams::~Streams() { close(); }

core::Result<Address> Streams::listen(StreamListen listen) {
  const HubPtr& hub = state_->hub;
  const std::string place = "can not listen on " + listen.bind.to_string() + ": ";
  if (node::is_secure(listen.kind) && hub->options.tls == nullptr)
    return core::Error(core::Errc::unsupported, place + "TLS needs a certificate");
  auto listener = std::make_shared<Listener>(hub, std::move(listen));
  if (const error_code failed = listener->open())
    return core::Error(core::Errc::unreachable, place + failed.message());
  state_->listeners.emplace(listener->what.bind.port, listener);
  asio::co_spawn(hub->loop.context(), Listener::run(listener), rethrow);
  return listener->what.bind;
}

void Streams::stop_listening(std::uint16_t port) {
  const auto [first, last] = state_->listeners.equal_range(port);
  for (auto listener = first; listener != last; ++listener) listener->second->close();
  state_->listeners.erase(first, last);
}

void Streams::act(node::ConnectionId connection, node::StreamAction action) {
  const HubPtr& hub = state_->hub;
  if (hub->closed) return;
  if (auto* dial = std::get_if<node::Dial>(&action)) return state_->dial(connection, std::move(*dial));
  const auto found = hub->links.find(connection);
  if (found == hub->links.end()) return;
  const LinkPtr link = found->second;  // which may end by this
  if (auto* write = std::get_if<node::Write>(&action)) {
    link->write(std::move(*write));
  } else if (const auto* pause = std::get_if<node::Pause>(&action)) {
    link->pause(pause->on);
  } else {
    link->hang_up();
  }
}

std::size_t Streams::connections() const { return state_->hub->links.size(); }

void Streams::close() {
  StreamHub& hub = *state_->hub;
  hub.closed = true;
  for (auto& [port, listener] : std::exchange(state_->listeners, {})) listener->close();
  while (!hub.links.empty()) {
    const LinkPtr link = hub.links.begin()->second;
    link->cut();
  }
}

}  // namespace rcs::net
