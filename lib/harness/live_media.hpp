#pragma once
// The MSRP connections of one actor on sockets, and the record of what goes over them. Binds first, so that
// its node can be made with the address it got.

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "harness/msrp_tap.hpp"
#include "msrp/listening.hpp"
#include "net/loop.hpp"
#include "net/streams.hpp"
#include "node/stream.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

struct LiveMediaOptions {
  net::Address bind{"127.0.0.1", 0};
  std::string actor;
  trace::Recorder* recorder = nullptr;
  MsrpNames names;  ///< with a recorder; none: addresses
};

class LiveMedia {
 public:
  using OnNews = net::Streams::OnNews;

  /// Errors: unreachable, names the address that could not be bound. SAFETY: loop and recorder outlive this.
  static core::Result<std::unique_ptr<LiveMedia>> open(net::Loop& loop, LiveMediaOptions options);
  /// What is heard goes there. SAFETY: until close().
  void attach(OnNews on_news) { on_news_ = std::move(on_news); }
  void act(node::StreamEffect effect);
  /// All connections break; the node hears so.
  void cut();
  /// The node hears nothing any more.
  void close() { streams_.close(); }

  const net::Address& local() const { return local_; }
  msrp::ListeningAt at() const;

 private:
  LiveMedia(net::Loop& loop, LiveMediaOptions options);
  void hear(node::ConnectionId connection, const node::StreamNews& news);

  net::Loop& loop_;
  std::unique_ptr<MsrpTap> tap_;
  OnNews on_news_;
  net::Streams streams_;
  net::Address local_;
  std::set<node::ConnectionId> open_;
};

}  // namespace rcs::harness
