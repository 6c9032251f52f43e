#include "net/udp_port.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace rcs::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
// Bound to the loop's own executor: asio's default types can hold any and pay for it at every wait.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_datagram_socket<udp, Executor>;
using Task = asio::awaitable<void, Executor>;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable_t<Executor>());

constexpr std::size_t kSlot = 65'536;
/// A send reports what earlier datagrams met before it takes the new one; a report that stays is about this
/// one.
constexpr int kSendAttempts = 4;

bool is_of_earlier(int error) { return error == ECONNREFUSED || error == EHOSTUNREACH || error == EINTR; }

std::string reason(int error) {
  return boost::system::error_code(error, boost::system::system_category()).message();
}

/// As address_v4::to_string, which goes through printf: once a datagram that is felt.
std::string dotted(const asio::ip::address_v4::bytes_type& octets) {
  char text[16];
  char* end = text;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i != 0) *end++ = '.';
    end = std::to_chars(end, text + sizeof text, static_cast<unsigned>(octets[i])).ptr;
  }
  return {text, end};
}

Address to_address(const udp::endpoint& endpoint) {
  auto ip = endpoint.address();
  if (ip.is_v4()) return Address{dotted(ip.to_v4().to_bytes()), endpoint.port()};
  if (ip.is_v6() && ip.to_v6().is_v4_mapped())
    ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  return Address{ip.to_string(), endpoint.port()};
}

Address to_address(const sockaddr_storage& from, socklen_t size) {
  udp::endpoint endpoint;
  std::memcpy(endpoint.data(), &from, std::min<std::size_t>(size, endpoint.capacity()));
  return to_address(endpoint);
}

/// The buffers of one recvmmsg. Not touched until used, so a quiet port costs no memory for them.
struct Batch {
  std::unique_ptr<char[]> octets = std::make_unique_for_overwrite<char[]>(kSlot * kUdpBatch);
  std::array<mmsghdr, kUdpBatch> messages{};
  std::array<iovec, kUdpBatch> pieces{};
  std::array<sockaddr_storage, kUdpBatch> sources{};

  void prepare() {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      pieces[i] = iovec{octets.get() + i * kSlot, kSlot};
      messages[i] = mmsghdr{};
      messages[i].msg_hdr.msg_name = &sources[i];
      messages[i].msg_hdr.msg_namelen = sizeof(sources[i]);
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

struct Waiting {
  udp::endpoint to;
  std::string octets;
};

}  // namespace

struct UdpPort::State {
  explicit State(Loop& owner) : loop(owner), socket(owner.context()) {}

  Loop& loop;
  Socket socket;
  Handlers handlers;
  Batch batch;
  std::deque<Waiting> queue;  ///< what was sent in this turn of the loop, or waits for the socket
  bool v6 = false;
  bool reading = false;   ///< datagrams are being handed out; what their handlers send is flushed afterwards
  bool flushing = false;  ///< a flush is posted
  bool writing = false;   ///< the socket is full: write_loop flushes
  bool closed = false;

  void warn(const std::string& words) {
    if (handlers.on_warning) handlers.on_warning(words);
  }

  std::optional<std::string> bind(const Address& address);
  void ask_for_buffer(const Address& address, int wanted);
  void read_refusals();
  bool read_batch();
  /// Hands at most kUdpBatch datagrams of the queue to the system: how many it took, or the negative errno
  /// that the first of them met.
  int send_batch();

  static void report(const std::shared_ptr<State>& self, Address to, std::string why) {
    self->loop.post([self, to = std::move(to), why = std::move(why)] {
      if (!self->closed) self->handlers.on_unreachable(to, why);
    });
  }

  static Task read_loop(std::shared_ptr<State> self) {
    while (!self->closed) {
      auto [ec] = co_await self->socket.async_wait(Socket::wait_read, kUse);
      if (ec || self->closed) co_return;
      int turns = 0;
      self->reading = true;
      while (!self->closed && turns < kUdpBatchesPerTurn && self->read_batch()) {
        flush(self);
        ++turns;
      }
      self->reading = false;
      flush(self);
    }
  }

  /// Sends what is queued; what the socket does not take is left to write_loop.
  static void flush(const std::shared_ptr<State>& self) {
    if (self->closed || self->writing || !drain_queue(self)) return;
    self->writing = true;
    asio::co_spawn(self->loop.context(), write_loop(self), rethrow);
  }

  /// True when the socket takes no more for now.
  static bool drain_queue(const std::shared_ptr<State>& self) {
    int attempts = 0;
    while (!self->queue.empty()) {
      const int sent = self->send_batch();
      if (sent > 0) {
        self->queue.erase(self->queue.begin(), self->queue.begin() + sent);
        attempts = 0;
        continue;
      }
      const int error = -sent;
      if (error == EAGAIN || error == ENOBUFS) return true;
      if (is_of_earlier(error) && ++attempts < kSendAttempts) continue;
      report(self, to_address(self->queue.front().to), reason(error));
      self->queue.pop_front();
      attempts = 0;
    }
    return false;
  }

  static Task write_loop(std::shared_ptr<State> self) {
    while (!self->closed && !self->queue.empty()) {
      auto [ec] = co_await self->socket.async_wait(Socket::wait_write, kUse);
      if (ec || self->closed) co_return;
      drain_queue(self);
    }
    self->writing = false;
  }
};

std::optional<std::string> UdpPort::State::bind(const Address& address) {
  boost::system::error_code ec;
  const auto ip = asio::ip::make_address(address.host, ec);
  if (ec) return ec.message();
  v6 = ip.is_v6();
  const udp::endpoint endpoint(ip, address.port);
  socket.open(endpoint.protocol(), ec);
  if (ec) return ec.message();
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
  if (v6) ::setsockopt(socket.native_handle(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
  socket.non_blocking(true, ec);
  if (!ec) socket.bind(endpoint, ec);
  if (ec) return ec.message();
  return std::nullopt;
}

void UdpPort::State::ask_for_buffer(const Address& address, int wanted) {
  const int fd = socket.native_handle();
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
  }
  int got = 0;
  socklen_t size = sizeof(got);
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &size);
  got /= 2;  // the kernel doubles what was asked, for its own book-keeping
  if (got >= wanted) return;
  warn("udp " + address.to_string() + ": asked for a receive buffer of " + std::to_string(wanted) +
       " octets, the system gave " + std::to_string(got) +
       "; a burst may lose datagrams (raise net.core.rmem_max)");
}

void UdpPort::State::read_refusals() {
  std::vector<std::pair<Address, int>> told;
  for (int i = 0; i < kUdpBatch * kUdpBatchesPerTurn && !closed; ++i) {
    std::array<char, 64> start;
    std::array<char, 512> control;
    sockaddr_storage to{};
    iovec piece{start.data(), start.size()};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = sizeof(to);
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      const bool v4_error = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
      const bool v6_error = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
      if (!v4_error && !v6_error) continue;
      sock_extended_err error;
      std::memcpy(&error, CMSG_DATA(part), sizeof(error));
      if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
      auto item = std::pair(to_address(to, message.msg_namelen), static_cast<int>(error.ee_errno));
      bool known = false;
      for (const auto& [address, code] : told)
        known = known || (address.host == item.first.host && address.port == item.first.port);
      if (!known) told.push_back(std::move(item));
    }
  }
  for (const auto& [address, code] : told) {
    if (closed) return;
    handlers.on_unreachable(address, reason(code));
  }
}

/// True when the batch was full, so that more may be waiting.
bool UdpPort::State::read_batch() {
  batch.prepare();
  const int count =
      ::recvmmsg(socket.native_handle(), batch.messages.data(), kUdpBatch, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    // Woken without a datagram to read: for the error queue, which keeps the socket ready until it is read.
    const bool more = errno != EAGAIN && errno != EWOULDBLOCK && errno != EBADF;
    read_refusals();
    return more;
  }
  for (int i = 0; i < count && !closed; ++i) {
    const auto& message = batch.messages[static_cast<std::size_t>(i)];
    const auto at = static_cast<std::size_t>(i) * kSlot;
    handlers.on_datagram(to_address(batch.sources[static_cast<std::size_t>(i)], message.msg_hdr.msg_namelen),
                         std::string_view(batch.octets.get() + at, message.msg_len));
  }
  return count == kUdpBatch;
}

int UdpPort::State::send_batch() {
  std::array<mmsghdr, kUdpBatch> messages;
  std::array<iovec, kUdpBatch> pieces;
  const std::size_t count = std::min<std::size_t>(queue.size(), kUdpBatch);
  for (std::size_t i = 0; i < count; ++i) {
    Waiting& datagram = queue[i];
    pieces[i] = iovec{datagram.octets.data(), datagram.octets.size()};
    messages[i] = mmsghdr{};
    messages[i].msg_hdr.msg_name = datagram.to.data();
    messages[i].msg_hdr.msg_namelen = static_cast<socklen_t>(datagram.to.size());
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = ::sendmmsg(socket.native_handle(), messages.data(), static_cast<unsigned>(count),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent >= 0 ? sent : -errno;
}

core::Result<std::unique_ptr<UdpPort>> UdpPort::open(Loop& loop, const Address& bind, int receive_buffer,
                                                     Handlers handlers) {
  auto state = std::make_shared<State>(loop);
  state->handlers = std::move(handlers);
  if (const auto failure = state->bind(bind)) {
    return core::Error(core::Errc::unreachable, "can not bind udp " + bind.to_string() + ": " + *failure);
  }
  boost::system::error_code ec;
  state->ask_for_buffer(Address{bind.host, state->socket.local_endpoint(ec).port()}, receive_buffer);
  asio::co_spawn(loop.context(), State::read_loop(state), rethrow);
  return std::unique_ptr<UdpPort>(new UdpPort(std::move(state)));
}

UdpPort::UdpPort(std::shared_ptr<State> state) : state_(std::move(state)) {}
UdpPort::~UdpPort() { close(); }

std::uint16_t UdpPort::port() const {
  boost::system::error_code ec;
  return state_->socket.local_endpoint(ec).port();
}

void UdpPort::send(const Address& to, std::string octets) {
  State& state = *state_;
  if (state.closed) return;
  boost::system::error_code ec;
  auto ip = asio::ip::make_address(to.host, ec);
  if (ec) return State::report(state_, to, "not an IP address");
  if (ip.is_v6() && !state.v6)
    return State::report(state_, to, "an IPv6 address, but the socket is bound to IPv4");
  if (ip.is_v4() && state.v6) ip = asio::ip::make_address_v6(asio::ip::v4_mapped, ip.to_v4());
  if (octets.size() > kMaxDatagram) {
    return State::report(
        state_, to, "a message of " + std::to_string(octets.size()) + " octets does not fit a UDP datagram");
  }
  const udp::endpoint endpoint(ip, to.port);
  if (state.queue.size() >= kMaxUdpQueue) return;
  state.queue.push_back(Waiting{endpoint, std::move(octets)});
  if (state.queue.size() >= kUdpBatch) return State::flush(state_);
  if (state.reading || state.flushing || state.writing) return;
  state.flushing = true;
  asio::post(state.loop.context(), [self = state_] {
    self->flushing = false;
    State::flush(self);
  });
}

void UdpPort::close() {
  if (state_->closed) return;
  if (!state_->writing) State::drain_queue(state_);  // what was sent goes out, as far as the socket takes it
  state_->closed = true;
  boost::system::error_code ec;
  state_->socket.close(ec);
}

}  // namespace rcs::net
