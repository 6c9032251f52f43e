#pragma once
// The inside of TcpFlows, shared by its sources: tcp_flows.cpp (what crosses a connection) and
// tcp_flows_opening.cpp (how one comes about). Private to the room.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "net/stream_socket_impl.hpp"
#include "net/tcp_flows.hpp"

namespace rcs::net {

using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

struct TcpFlow {
  TcpFlow(Socket connected_or_not, sip::Hop whom)
      : stream(std::move(connected_or_not)), peer(std::move(whom)) {}

  StreamSocket stream;
  sip::Hop peer;     // its address, with the flow id
  std::string name;  // TLS: whom we dialled, as the sender named it; empty: we were dialled
  sip::StreamDecoder decoder;
  std::list<std::string> queue;
  std::size_t queued_bytes = 0;
  std::vector<sip::Hop> targets;       // whom its messages were meant for, as the sender named them
  Instant active{};                    // octets went either way, or this stage of the opening began
  Instant pinged{};                    // and nothing has been heard since; zero: no ping is out
  const char* opening = "connection";  // the stage that is waited for; null: it is open
  bool writing = false;
  bool held = false;  // what is sent goes out when what is being read has been dealt with
  bool closed = false;

  bool is_open() const { return opening == nullptr; }
  bool over_tls() const { return peer.transport == sip::Transport::tls; }
  bool was_dialled() const { return !name.empty(); }
};
using TcpFlowPtr = std::shared_ptr<TcpFlow>;

struct TcpFlows::State : std::enable_shared_from_this<TcpFlows::State> {
  explicit State(Loop& owner) : loop(owner), sweeper(owner.context()) {}

  struct Listener {
    Listener(Loop& loop, sip::Transport over)
        : transport(over), acceptor(loop.context()), pause(loop.context()) {}
    sip::Transport transport;
    Acceptor acceptor;
    asio::steady_timer pause;
  };
  /// Transport, name (TLS), address and port.
  using Key = std::tuple<sip::Transport, std::string, std::string, std::uint16_t>;
  enum class Read { wait, again, over };

  Loop& loop;
  std::list<Listener> listeners;
  asio::steady_timer sweeper;
  TcpLimits limits;
  Handlers handlers;
  SipTls tls;
  std::map<sip::FlowId, TcpFlowPtr> flows;
  std::map<Key, sip::FlowId> by_key;
  // used between two suspensions only
  std::unique_ptr<char[]> scratch;
  std::uint64_t next_flow = 1;
  std::vector<TcpFlowPtr> held;  // flows with TcpFlow::held
  std::size_t shaking = 0;       // of those who dialled us: TLS handshakes that are not over
  bool reading = false;          // messages are being handed out
  bool sweeping = false;
  bool closed = false;

  // tcp_flows_opening.cpp
  core::Result<void> listen(sip::Transport over, const Address& address);
  std::uint16_t port_of(sip::Transport over) const;
  static std::string name_of(const sip::Hop& to);
  TcpFlowPtr add(Socket socket, sip::Hop peer, std::string name);
  TcpFlowPtr dial(const sip::Hop& to, const std::vector<std::string>& ips);
  /// False: there is no room for who has dialled us.
  bool has_room(sip::Transport over, const Address& peer);
  void opened(const TcpFlowPtr& flow);
  static Task<void> accept_loop(std::shared_ptr<State> self, Listener& listener);
  static Task<void> connect(std::shared_ptr<State> self, TcpFlowPtr flow, std::vector<tcp::endpoint> to);
  static Task<void> greet(std::shared_ptr<State> self, TcpFlowPtr flow);

  // tcp_flows.cpp
  TcpFlowPtr find(const sip::Hop& to, const std::vector<std::string>& ips);
  static Key key_of(const TcpFlow& flow);
  void remove(const TcpFlowPtr& flow);
  /// Closes a flow that failed and tells those whose messages may be lost.
  void drop(const TcpFlowPtr& flow, const std::string& why);
  void report(const sip::Hop& to, const std::string& why);
  void warn(const std::string& words) {
    if (handlers.on_warning) handlers.on_warning(words);
  }
  void write(const TcpFlowPtr& flow, std::string octets);
  /// Writes what is queued; what the socket does not take is left to write_loop.
  void send_queued(const TcpFlowPtr& flow);
  void release_held();
  /// False when the socket takes no more for now, or the flow is gone.
  bool flush(const TcpFlowPtr& flow);
  Read read(const TcpFlowPtr& flow);
  void take_messages(const TcpFlowPtr& flow);
  void sweep();
  void keep_alive(const TcpFlowPtr& flow, Instant now);
  static Task<void> read_loop(std::shared_ptr<State> self, TcpFlowPtr flow);
  static Task<void> write_loop(std::shared_ptr<State> self, TcpFlowPtr flow);
  static Task<void> sweep_loop(std::shared_ptr<State> self);
};

}  // namespace rcs::net
