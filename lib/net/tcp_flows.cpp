#include "net/tcp_flows.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>

#include "net/sip_tls_impl.hpp"
#include "net/tcp_flows_impl.hpp"

namespace rcs::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsPerTurn = 4;  // then other work of the loop gets its turn
constexpr std::size_t kPiecesPerWrite = 16;
constexpr std::size_t kMaxTargets = 16;  // hops that are told when one connection fails
constexpr Duration kSweep = std::chrono::seconds(1);

std::string in_words(Duration time) { return std::to_string(core::to_ms(time)) + " ms"; }

}  // namespace

TcpFlowPtr TcpFlows::State::find(const sip::Hop& to, const std::vector<std::string>& ips) {
  if (const auto own = flows.find(to.flow); own != flows.end()) return own->second;
  const bool secure = to.transport == sip::Transport::tls;
  if (secure && to.flow) return nullptr;
  for (const auto& ip : ips) {
    const auto same = by_key.find({to.transport, name_of(to), ip, to.port});
    if (same != by_key.end()) return flows.at(same->second);
  }
  return nullptr;
}

TcpFlows::State::Key TcpFlows::State::key_of(const TcpFlow& flow) {
  return {flow.peer.transport, flow.name, flow.peer.host, flow.peer.port};
}

void TcpFlows::State::remove(const TcpFlowPtr& flow) {
  if (flow->closed) return;
  flow->closed = true;
  if (flow->over_tls() && flow->is_open()) flow->stream.end();
  flow->stream.close();
  flows.erase(flow->peer.flow);
  const auto known = by_key.find(key_of(*flow));
  if (known != by_key.end() && known->second == flow->peer.flow) by_key.erase(known);
}

void TcpFlows::State::drop(const TcpFlowPtr& flow, const std::string& why) {
  if (flow->closed) return;
  // The name matters as much as the address does: what is wrong with a certificate is wrong for that name.
  const bool names_peer = flow->over_tls() && !flow->is_open();
  const sip::Hop dialled{sip::Transport::tls, flow->name, flow->peer.port, {}};
  const std::string words = names_peer ? dialled.to_string() + ": " + why : why;
  remove(flow);
  for (const auto& target : flow->targets) report(target, words);
}

void TcpFlows::State::report(const sip::Hop& to, const std::string& why) {
  loop.post([self = shared_from_this(), to, why] {
    if (!self->closed) self->handlers.on_unreachable(to, why);
  });
}

void TcpFlows::State::write(const TcpFlowPtr& flow, std::string octets) {
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

void TcpFlows::State::send_queued(const TcpFlowPtr& flow) {
  if (!flow->is_open() || flow->writing || flow->closed || flush(flow) || flow->closed) return;
  flow->writing = true;
  asio::co_spawn(loop.context(), write_loop(shared_from_this(), flow), rethrow);
}

void TcpFlows::State::release_held() {
  for (const auto& flow : std::exchange(held, {})) {
    flow->held = false;
    send_queued(flow);
  }
}

bool TcpFlows::State::flush(const TcpFlowPtr& flow) {
  while (!flow->queue.empty()) {
    std::array<asio::const_buffer, kPiecesPerWrite> pieces;
    std::size_t count = 0;
    for (auto piece = flow->queue.begin(); piece != flow->queue.end() && count < kPiecesPerWrite; ++piece)
      pieces[count++] = asio::buffer(*piece);
    error_code ec;
    std::size_t sent = flow->stream.write_now(pieces, ec);
    if (ec == asio::error::would_block) return false;
    if (ec) {
      drop(flow, flow->over_tls() ? words_of_failure(flow->stream, ec) : ec.message());
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

/// A peer that closes is told too: whoever still waits for an answer over this connection need not wait on.
TcpFlows::State::Read TcpFlows::State::read(const TcpFlowPtr& flow) {
  const bool secure = flow->over_tls();
  for (int i = 0; i < kReadsPerTurn; ++i) {
    error_code ec;
    std::size_t got = 0;
    do {  // TLS hands out a record at a time, and may keep more of them where no wait would see them
      got += flow->stream.read_now(asio::buffer(scratch.get() + got, kReadBytes - got), ec);
    } while (secure && !ec && got < kReadBytes);
    if (got > 0) {
      flow->active = loop.now();
      flow->pinged = {};
      flow->decoder.feed(std::string_view(scratch.get(), got));
      reading = true;
      take_messages(flow);
      reading = false;
      release_held();
      if (flow->closed || closed) return Read::over;
    }
    if (ec && ec != asio::error::would_block) {
      const bool ended = ec == asio::error::eof;
      drop(flow, ended    ? "the peer closed the connection"
                 : secure ? words_of_failure(flow->stream, ec)
                          : ec.message());
      return Read::over;
    }
    if (ec || got < kReadBytes) return Read::wait;
  }
  return secure ? Read::again : Read::wait;
}

void TcpFlows::State::take_messages(const TcpFlowPtr& flow) {
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

/// A connection over which a device is reached lives as long as both ends hear of each other.
void TcpFlows::State::keep_alive(const TcpFlowPtr& flow, Instant now) {
  if (flow->pinged != Instant{}) {
    if (now - flow->pinged >= limits.pong_timeout) drop(flow, "the peer does not answer");
  } else if (now - flow->active >= limits.ping_after) {
    flow->pinged = now;
    write(flow, "\r\n\r\n");
  }
}

void TcpFlows::State::sweep() {
  const Instant now = loop.now();
  std::vector<TcpFlowPtr> all;
  for (const auto& [id, flow] : flows) all.push_back(flow);
  for (const auto& flow : all) {
    const Duration quiet = now - flow->active;
    if (!flow->is_open()) {
      if (quiet >= limits.connect_timeout)
        drop(flow, std::string("no ") + flow->opening + " within " + in_words(limits.connect_timeout));
    } else if (quiet >= limits.idle_timeout) {
      flow->queue.empty() ? remove(flow) : drop(flow, "the peer does not read");
    } else if (flow->over_tls() && flow->was_dialled()) {
      keep_alive(flow, now);
    }
  }
}

Task<void> TcpFlows::State::read_loop(std::shared_ptr<State> self, TcpFlowPtr flow) {
  // A handshake may have brought the first message with it.
  auto next = flow->over_tls() ? self->read(flow) : Read::wait;
  while (next != Read::over && !flow->closed && !self->closed) {
    if (next == Read::wait) {
      auto [ec] = co_await flow->stream.socket().async_wait(Socket::wait_read, kUse);
      if (ec) co_return;
    } else {
      co_await asio::post(self->loop.context().get_executor(), asio::use_awaitable_t<Executor>());
    }
    if (flow->closed || self->closed) co_return;
    next = self->read(flow);
  }
}

Task<void> TcpFlows::State::write_loop(std::shared_ptr<State> self, TcpFlowPtr flow) {
  while (!flow->closed && !self->closed) {
    auto [ec] = co_await flow->stream.socket().async_wait(Socket::wait_write, kUse);
    if (ec || flow->closed || self->closed || self->flush(flow)) break;
  }
  flow->writing = false;
}

Task<void> TcpFlows::State::sweep_loop(std::shared_ptr<State> self) {
  const auto& limits = self->limits;
  const Duration step = std::min({kSweep, limits.connect_timeout, limits.idle_timeout, limits.ping_after});
  while (!self->closed && !self->flows.empty()) {
    self->sweeper.expires_after(step);
    auto [ec] = co_await self->sweeper.async_wait(kUse);
    if (ec || self->closed) co_return;
    self->sweep();
  }
  self->sweeping = false;
}

core::Result<std::unique_ptr<TcpFlows>> TcpFlows::open(Loop& loop, const Address& bind, TcpLimits limits,
                                                       Handlers handlers, SipTls tls) {
  auto state = std::make_shared<State>(loop);
  state->limits = limits;
  state->handlers = std::move(handlers);
  state->tls = std::move(tls);
  state->scratch = std::make_unique_for_overwrite<char[]>(kReadBytes);
  RCS_CHECK_OK(state->listen(sip::Transport::tcp, bind));
  if (state->tls.listen) RCS_CHECK_OK(state->listen(sip::Transport::tls, *state->tls.listen));
  for (auto& listener : state->listeners)
    asio::co_spawn(loop.context(), State::accept_loop(state, listener), rethrow);
  return std::unique_ptr<TcpFlows>(new TcpFlows(std::move(state)));
}

TcpFlows::TcpFlows(std::shared_ptr<State> state) : state_(std::move(state)) {}
TcpFlows::~TcpFlows() { close(); }

std::uint16_t TcpFlows::port() const { return state_->port_of(sip::Transport::tcp); }
std::uint16_t TcpFlows::tls_port() const { return state_->port_of(sip::Transport::tls); }

bool TcpFlows::has(sip::FlowId flow) const { return state_->flows.contains(flow); }

void TcpFlows::send(const sip::Hop& to, const std::vector<std::string>& ips, std::string octets) {
  State& state = *state_;
  if (state.closed) return;
  TcpFlowPtr flow = state.find(to, ips);
  if (flow == nullptr) flow = state.dial(to, ips);
  if (flow == nullptr) return;
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
  for (auto& listener : state.listeners) {
    error_code ec;
    listener.acceptor.close(ec);
    listener.pause.cancel();
  }
  state.sweeper.cancel();
  while (!state.flows.empty()) {
    const TcpFlowPtr flow = state.flows.begin()->second;
    state.remove(flow);
  }
}

}  // namespace rcs::net
