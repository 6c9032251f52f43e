#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "net/address.hpp"
#include "net/stream_link_impl.hpp"

namespace rcs::net {
namespace {

using Resolver = asio::ip::basic_resolver<tcp, Executor>;

const char* name_of(node::StreamKind kind) {
  switch (kind) {
    case node::StreamKind::tcp:
      return "tcp ";
    case node::StreamKind::tls:
      return "tls ";
    case node::StreamKind::ws:
      return "ws ";
    case node::StreamKind::wss:
      return "wss ";
  }
  return "";
}

std::string in_words(Duration time) {
  const auto ms = core::to_ms(time);
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

void StreamHub::tell(node::ConnectionId connection, const node::StreamNews& news) {
  if (closed) return;
  gather([&] { on_news(connection, news); });
}

void StreamHub::send_later(const HubPtr& self, LinkPtr link) {
  unsent_.push_back(std::move(link));
  if (gathering_ || posted_) return;
  posted_ = true;
  asio::post(loop.context(), [self] {
    self->posted_ = false;
    self->send_all();
  });
}

void StreamHub::send_all() {
  for (const auto& link : std::exchange(unsent_, {})) link->send_queued();
}

StreamLink::StreamLink(HubPtr hub, node::ConnectionId id, node::StreamKind kind)
    : hub_(std::move(hub)), id_(id), kind_(kind), timer_(hub_->loop.context()) {}

LinkPtr StreamLink::make(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket) {
  const auto make_link = node::has_messages(kind) ? make_websocket_link : make_octet_link;
  LinkPtr link = make_link(hub, id, kind, std::move(socket));
  hub->links[id] = link;
  return link;
}

void StreamLink::limit_phase(Duration time, const char* why) {
  timer_.expires_after(time);
  timer_.async_wait([weak = weak_from_this(), phase = ++phase_, time, why](const error_code& ec) {
    const LinkPtr self = weak.lock();
    // A wait that was over when it was cancelled still comes here.
    if (!ec && self && self->phase_ == phase) self->fail(self->place_ + why + " within " + in_words(time));
  });
}

void StreamLink::opened(const node::StreamNews& news) {
  timer_.cancel();
  ++phase_;
  open_ = true;
  place_.clear();
  tell(news);
  if (over_) return;
  if (!paused_) start_reading();
  if (!over_) send_queued();
}

Task<void> StreamLink::dial(LinkPtr link, node::StreamTarget to) {
  link->dialled_ = true;
  link->place_ = name_of(link->kind_) + Address{to.host, to.port}.to_string() + ": ";
  link->limit_phase(link->hub_->options.limits.dial_time, "no connection");
  std::string why;
  if (node::is_secure(to.kind) && link->hub_->options.tls == nullptr) why = "TLS is not set up here";
  if (why.empty()) why = co_await connect(link, to);
  if (why.empty() && !link->over_ && node::is_secure(to.kind))
    why = co_await shake_tls(link, to.host, to.check_authority);
  if (why.empty() && !link->over_) why = co_await link->shake_as_client(to);
  if (link->over_) co_return;
  if (!why.empty()) {
    link->fail(link->place_ + why);
    co_return;
  }
  node::Opened news;
  news.certificate = link->stream().peer_certificate();
  link->opened(news);
}

/// An address that does not answer leaves time for those behind it. False afterwards: its time was over.
std::shared_ptr<bool> StreamLink::give_up_after(PhaseTimer& patience, Duration share) {
  auto trying = std::make_shared<bool>(true);
  patience.expires_after(share);
  patience.async_wait([self = shared_from_this(), trying](const error_code& ec) {
    error_code ignored;
    if (!ec && std::exchange(*trying, false)) self->stream().socket().cancel(ignored);
  });
  return trying;
}

Task<std::string> StreamLink::connect(LinkPtr link, node::StreamTarget to) {
  std::vector<tcp::endpoint> endpoints;
  error_code last;
  const auto literal = asio::ip::make_address(to.host, last);
  if (!last) {
    endpoints.emplace_back(literal, to.port);
  } else {
    Resolver resolver(link->hub_->loop.context());
    auto [no_name, found] = co_await resolver.async_resolve(to.host, std::to_string(to.port), kUse);
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
    last = no_name;
  }
  Socket& socket = link->stream().socket();
  PhaseTimer patience(link->hub_->loop.context());  // its end takes the wait back
  const Duration share =
      link->hub_->options.limits.dial_time / static_cast<int>(std::max<std::size_t>(endpoints.size(), 1));
  for (const tcp::endpoint& endpoint : endpoints) {
    if (link->over_) co_return "";
    error_code ignored;
    socket.close(ignored);
    const auto trying = link->give_up_after(patience, share);
    auto [refused] = co_await socket.async_connect(endpoint, kUse);
    last = *trying ? refused : asio::error::timed_out;
    *trying = false;
    if (last) continue;
    // To connect, asio waits for the socket to be writable, and from then on each wait for input would be
    // woken for that too. Given to it anew, the socket is waited on for input alone.
    if (!link->over_) socket.assign(endpoint.protocol(), socket.release(ignored), ignored);
    link->stream().connected();
    co_return "";
  }
  const std::string tried =
      endpoints.size() > 1 ? " (the last of " + std::to_string(endpoints.size()) + " addresses)" : "";
  co_return last ? last.message() + tried : "the name has no address";
}

Task<std::string> StreamLink::shake_tls(LinkPtr link, std::string host, bool check_authority) {
  StreamSocket& stream = link->stream();
  if (auto begun = stream.begin_tls(*link->hub_->options.tls, host, check_authority); !begun)
    co_return begun.error().detail();
  while (!link->over_) {
    error_code ec;
    stream.handshake(ec);
    if (!ec) break;
    if (ec != asio::error::would_block) {
      const std::string words = stream.tls_words();
      co_return words.empty() ? ec.message() : words;
    }
    auto [failed] = co_await stream.wait(kUse);
    if (failed) co_return failed.message();
  }
  co_return "";
}

Task<void> StreamLink::greet(LinkPtr link, StreamListen at) {
  const std::uint16_t port = at.bind.port;
  link->limit_phase(link->hub_->options.limits.greet_time, "no handshake");
  link->stream().connected();
  std::string why;
  if (node::is_secure(link->kind_)) why = co_await shake_tls(link, "", false);
  if (why.empty() && !link->over_) why = co_await link->shake_as_server(std::move(at));
  if (link->over_) co_return;
  if (!why.empty()) {
    link->cut();  // the node has never heard of it
    co_return;
  }
  node::Accepted news;
  news.kind = link->kind_;
  news.port = port;
  news.resource = link->resource_;
  news.certificate = link->stream().peer_certificate();
  link->opened(news);
}

void StreamLink::write(node::Write what) {
  if (leaving_ || over_ || what.octets.empty()) return;
  queued_ += what.octets.size();
  if (queued_ > hub_->options.limits.queue_bytes)
    return fail("the peer does not read: " + std::to_string(queued_) + " octets wait for it");
  const bool first = nothing_queued();
  if (!first && what.octets.capacity() > 2 * what.octets.size() + node::Spares::kLeastOctets) {
    // What stands behind other octets may wait long: it takes the memory that it needs.
    std::string fitting(what.octets);
    hub_->spares.give(std::exchange(what.octets, std::move(fitting)));
  }
  queue(std::move(what));
  if (first) hub_->send_later(hub_, shared_from_this());
}

void StreamLink::drained() {
  if (over_) return;
  if (leaving_) return leave();
  if (std::exchange(drained_posted_, true)) return;
  asio::post(hub_->loop.context(), [self = shared_from_this()] {
    self->drained_posted_ = false;
    if (!self->over_ && !self->leaving_ && self->nothing_queued())
      self->tell(node::Drained{&self->hub_->spares});
  });
}

void StreamLink::hang_up() {
  if (leaving_ || over_) return;
  if (!open_) return cut();
  leaving_ = true;
  pause(false);  // to see the peer's end
  limit_phase(hub_->options.limits.leave_time, "no end");
  if (nothing_queued()) leave();
}

void StreamLink::pause(bool on) {
  if (paused_ == on || over_) return;
  paused_ = on;
  if (!open_ || on) return;
  asio::post(hub_->loop.context(), [self = shared_from_this()] {
    if (!self->over_ && !self->paused_) self->start_reading();
  });
}

void StreamLink::cut() {
  leaving_ = true;
  fail("");
}

void StreamLink::fail(std::string why) {
  if (over_) return;
  finish();
  const bool known = open_ || dialled_;  // by the node
  if (leaving_ || !known) return;
  asio::post(hub_->loop.context(), [hub = hub_, id = id_, why = std::move(why)] {
    node::Closed news;
    news.why = why;
    hub->tell(id, news);
  });
}

void StreamLink::finish() {
  over_ = true;
  timer_.cancel();
  stream().close();
  hub_->links.erase(id_);
}

}  // namespace rcs::net
