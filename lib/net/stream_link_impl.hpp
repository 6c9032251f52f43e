#pragma once
// One connection of Streams, from the dial or the accept to its end, and what all of them share. The link
// tells its connection's story in the order of node/stream.hpp; how octets or messages cross is said by the
// two kinds of link. Private to the room.

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/stream_socket_impl.hpp"
#include "net/streams.hpp"

namespace rcs::net {

class StreamLink;
using LinkPtr = std::shared_ptr<StreamLink>;
using PhaseTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                              asio::wait_traits<std::chrono::steady_clock>, Executor>;

struct StreamHub {
  static constexpr std::size_t kReadBytes = 64 * 1024;

  StreamHub(Loop& owner, StreamsOptions asked, Streams::OnNews tell_news)
      : loop(owner), options(std::move(asked)), on_news(std::move(tell_news)) {}

  Loop& loop;
  StreamsOptions options;
  Streams::OnNews on_news;
  std::unordered_map<node::ConnectionId, LinkPtr> links;
  std::uint64_t accepted = 0;
  bool closed = false;
  node::Spares spares;
  /// Used between two suspensions only.
  std::unique_ptr<char[]> scratch = std::make_unique_for_overwrite<char[]>(kReadBytes);

  /// Never inside of Streams::act(). What the node writes meanwhile leaves afterwards, together.
  void tell(node::ConnectionId connection, const node::StreamNews& news);
  /// What the node writes while `work` tells it several things leaves afterwards, together.
  template <class Work>
  void gather(Work work) {
    const bool outermost = !std::exchange(gathering_, true);
    work();
    if (!outermost) return;
    gathering_ = false;
    send_all();
  }
  /// Sends what the link has queued when this turn of the loop is over.
  void send_later(const std::shared_ptr<StreamHub>& self, LinkPtr link);

 private:
  void send_all();

  std::vector<LinkPtr> unsent_;
  bool gathering_ = false;
  bool posted_ = false;
};
using HubPtr = std::shared_ptr<StreamHub>;

class StreamLink : public std::enable_shared_from_this<StreamLink> {
 public:
  StreamLink(HubPtr hub, node::ConnectionId id, node::StreamKind kind);
  virtual ~StreamLink() = default;
  StreamLink(const StreamLink&) = delete;
  StreamLink& operator=(const StreamLink&) = delete;

  static LinkPtr make(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket);
  /// Both run the link to its opening; the link is in the table.
  static Task<void> dial(LinkPtr link, node::StreamTarget to);
  static Task<void> greet(LinkPtr link, StreamListen at);

  void write(node::Write what);
  void hang_up();
  void pause(bool on);
  /// Ends it without a word to anybody.
  void cut();
  virtual void send_queued() = 0;
  /// Over, with these words where the node still listens; empty: in order.
  void fail(std::string why);

 protected:
  virtual StreamSocket& stream() = 0;
  /// What comes above TLS; why not, or empty.
  virtual Task<std::string> shake_as_client(node::StreamTarget to) = 0;
  /// The resource that was asked for is left in `resource_`.
  virtual Task<std::string> shake_as_server(StreamListen at) = 0;
  /// Until is_paused(); called again when it no longer is.
  virtual void start_reading() = 0;
  virtual void queue(node::Write what) = 0;
  virtual bool nothing_queued() const = 0;
  /// Everything has left, and the node has hung up.
  virtual void leave() = 0;

  bool is_open() const { return open_; }
  bool is_paused() const { return paused_; }
  bool is_leaving() const { return leaving_; }
  bool is_over() const { return over_; }
  void tell(const node::StreamNews& news) { hub_->tell(id_, news); }
  void took(std::size_t octets) { queued_ -= octets; }
  /// The queue has run empty.
  void drained();

  HubPtr hub_;
  std::string resource_;

 private:
  static Task<std::string> connect(LinkPtr link, node::StreamTarget to);
  std::shared_ptr<bool> give_up_after(PhaseTimer& patience, Duration share);
  static Task<std::string> shake_tls(LinkPtr link, std::string host, bool check_authority);
  void limit_phase(Duration time, const char* why);
  void opened(const node::StreamNews& news);
  void finish();

  node::ConnectionId id_;
  node::StreamKind kind_;
  std::string place_;  // "tls example.com:2855: ", before why it could not be dialled
  PhaseTimer timer_;
  unsigned phase_ = 0;      // that the timer is for
  std::size_t queued_ = 0;  // octets
  bool dialled_ = false;
  bool open_ = false;
  bool paused_ = false;
  bool leaving_ = false;
  bool over_ = false;
  bool drained_posted_ = false;
};

LinkPtr make_octet_link(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket);
LinkPtr make_websocket_link(HubPtr hub, node::ConnectionId id, node::StreamKind kind, Socket socket);

}  // namespace rcs::net
