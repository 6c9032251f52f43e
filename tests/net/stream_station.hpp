#pragma once
// One end of connections for tests: Streams and what they told, connection by connection.

#include <map>
#include <string>
#include <vector>

#include "net/streams.hpp"
#include "support/catch.hpp"

namespace rcs::test {

inline std::string tls_file(const std::string& name) {
  return std::string(RCS_SOURCE_DIR) + "/tests/data/tls/" + name + ".pem";
}
/// Bears the name of the file, and trusts the authority of another.
inline std::shared_ptr<const net::Tls> tls_of(const std::string& certificate, const std::string& trusted) {
  net::TlsOptions options;
  options.certificate = tls_file(certificate);
  options.authorities = tls_file(trusted);
  auto made = net::Tls::make(options);
  REQUIRE(made);
  return *made;
}

/// What of `parts` the text does not have, and the text; empty: it has all.
inline std::string lacks(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts) {
    if (text.find(part) == std::string::npos) return "no \"" + part + "\" in: " + text;
  }
  return {};
}

struct StreamPeer {
  bool opened = false;
  bool accepted = false;
  bool closed = false;
  int drained = 0;
  std::string why;
  std::string certificate;
  node::Accepted as;
  std::string received;
  std::vector<std::size_t> pieces;  // of `received`
};

class StreamStation {
 public:
  explicit StreamStation(net::Loop& loop, net::StreamsOptions options = {})
      : streams(loop, std::move(options),
                [this](node::ConnectionId id, const node::StreamNews& news) { hear(id, news); }) {}

  net::Address listen(node::StreamKind kind, std::function<bool(std::string_view)> has_resource = {}) {
    net::StreamListen what;
    what.kind = kind;
    what.has_resource = std::move(has_resource);
    const auto at = streams.listen(std::move(what));
    REQUIRE(at);
    return *at;
  }
  StreamPeer& dial(node::StreamTarget to) {
    const auto id = node::dialled_connection(++dialled);
    streams.act(id, node::Dial{std::move(to)});
    last = id;
    return peers[id];
  }
  void write(node::ConnectionId id, std::string octets, bool text = false) {
    streams.act(id, node::Write{std::move(octets), text});
  }
  void hang_up(node::ConnectionId id) { streams.act(id, node::HangUp{}); }
  /// The only one that was accepted; null before.
  StreamPeer* guest() {
    const auto found = peers.find(node::accepted_connection(1));
    return found == peers.end() || !found->second.accepted ? nullptr : &found->second;
  }
  static node::ConnectionId guest_id() { return node::accepted_connection(1); }

  std::map<node::ConnectionId, StreamPeer> peers;
  std::function<void(node::ConnectionId, const node::StreamNews&)> on_news;
  std::uint64_t dialled = 0;
  node::ConnectionId last;
  net::Streams streams;

 private:
  void hear(node::ConnectionId id, const node::StreamNews& news) {
    StreamPeer& peer = peers[id];
    CHECK_FALSE(peer.closed);
    if (const auto* opened = std::get_if<node::Opened>(&news)) {
      CHECK_FALSE(peer.opened);
      peer.opened = true;
      peer.certificate = opened->certificate;
    } else if (const auto* accepted = std::get_if<node::Accepted>(&news)) {
      peer.accepted = true;
      peer.as = *accepted;
      peer.certificate = accepted->certificate;
    } else if (const auto* octets = std::get_if<node::Octets>(&news)) {
      CHECK_FALSE(octets->octets.empty());
      peer.received += octets->octets;
      peer.pieces.push_back(octets->octets.size());
    } else if (std::holds_alternative<node::Drained>(news)) {
      ++peer.drained;
    } else {
      peer.closed = true;
      peer.why = std::get<node::Closed>(news).why;
    }
    if (on_news) on_news(id, news);
  }
};

}  // namespace rcs::test
