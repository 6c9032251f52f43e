#pragma once
// Who stands around an anchor in its tests: the anchor itself on a StreamNet, and peers that write octets and
// keep what they get as it came.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "msrp/anchor.hpp"
#include "msrp/encoder.hpp"
#include "msrp/events.hpp"
#include "msrp/stream_net.hpp"
#include "msrp/uri.hpp"
#include "support/catch.hpp"

namespace rcs::msrp {

inline const std::string kAnchorHost = "anchor.example";
inline constexpr std::uint16_t kInPort = 9001;
inline constexpr std::uint16_t kOutPort = 9002;

class AnchorParty : public StreamNet::Party {
 public:
  explicit AnchorParty(StreamNet& net, AnchorConfig config = {}, std::uint64_t seed = 1)
      : net_(&net), random_(seed), anchor(config, random_) {
    net.listen(kAnchorHost, kInPort, *this);
    net.listen(kAnchorHost, kOutPort, *this);
  }
  static ListeningAt at(std::uint16_t port, node::StreamKind kind) {
    ListeningAt out;
    out.host = kAnchorHost;
    out.port = port;
    out.kind = kind;
    if (node::is_secure(kind)) out.fingerprints = {{"sha-256", "AB:CD"}};
    return out;
  }
  core::Result<Anchor::Offered> offer(const body::Sdp& sdp, ListeningAt in, ListeningAt out) {
    AnchorOutbox box;
    auto offered = anchor.take_offer(net_->now(), sdp, std::move(in), std::move(out), box);
    carry_out(box);
    return offered;
  }
  core::Result<body::Sdp> answer(AnchorSessionId session, const body::Sdp& sdp) {
    AnchorOutbox box;
    auto answered = anchor.take_answer(net_->now(), session, sdp, box);
    carry_out(box);
    return answered;
  }
  void end(AnchorSessionId session) {
    AnchorOutbox box;
    anchor.end(net_->now(), session, box);
    carry_out(box);
  }
  void hear(node::ConnectionId connection, const node::StreamNews& news) override {
    AnchorOutbox box;
    anchor.on_stream(net_->now(), connection, news, box);
    carry_out(box);
  }
  void ring(node::TimerKey key) override {
    AnchorOutbox box;
    anchor.on_timer(net_->now(), key, box);
    carry_out(box);
  }

  std::vector<std::string> events;  ///< "up 1", "ended 1 in", "failed 1 why"
  std::size_t most_held = 0;

 private:
  void carry_out(AnchorOutbox& box) {
    for (const auto& effect : box.effects()) {
      const auto* emit = std::get_if<AnchorOutbox::Emit>(&effect);
      if (emit != nullptr) std::visit([this](const auto& event) { note(event); }, emit->event);
    }
    net_->carry_out(*this, box);
    most_held = std::max(most_held, anchor.held());
  }
  void note(const AnchorUp& event) { events.push_back("up " + std::to_string(event.session.value)); }
  void note(const AnchorEnded& event) {
    events.push_back("ended " + std::to_string(event.session.value) +
                     (event.by == AnchorSide::in ? " in" : " out"));
  }
  void note(const AnchorFailed& event) {
    events.push_back("failed " + std::to_string(event.session.value) + " " + event.why);
  }
  StreamNet* net_;
  core::Random random_;

 public:
  Anchor anchor;
};

class OctetPeer : public StreamNet::Party {
 public:
  explicit OctetPeer(StreamNet& net, const std::string& host = "") : net_(&net) {
    if (!host.empty()) net.listen(host, 9000, *this);
  }
  node::ConnectionId dial(std::uint16_t port, node::StreamKind kind, std::string resource = "/") {
    const auto id = node::dialled_connection(++dialled_);
    node::Dial dial;
    dial.to = {kind, kAnchorHost, port, std::move(resource), true};
    net_->act(*this, id, dial);
    net_->run(std::chrono::milliseconds(10));
    return last = id;
  }
  void say(node::ConnectionId id, std::string text) { net_->act(*this, id, node::Write{std::move(text)}); }
  /// What has come since the last call.
  std::string heard(node::ConnectionId id) {
    net_->run(std::chrono::milliseconds(50));
    return std::exchange(wires_[id].octets, {});
  }
  /// As messages, where the connection has such.
  std::vector<std::string> messages(node::ConnectionId id) {
    net_->run(std::chrono::milliseconds(50));
    return std::exchange(wires_[id].messages, {});
  }
  bool is_open(node::ConnectionId id) { return wires_[id].open; }
  void hear(node::ConnectionId id, const node::StreamNews& news) override {
    auto& wire = wires_[id];
    if (std::holds_alternative<node::Accepted>(news)) last = id;
    if (std::holds_alternative<node::Closed>(news)) wire.open = false;
    if (std::holds_alternative<node::Accepted>(news) || std::holds_alternative<node::Opened>(news))
      wire.open = true;
    const auto* octets = std::get_if<node::Octets>(&news);
    if (octets == nullptr) return;
    wire.octets.append(octets->octets);
    wire.messages.emplace_back(octets->octets);
  }

  node::ConnectionId last;  ///< that was dialled or accepted

 private:
  struct Wire {
    std::string octets;
    std::vector<std::string> messages;
    bool open = false;
  };
  StreamNet* net_;
  std::map<node::ConnectionId, Wire> wires_;
  std::uint64_t dialled_ = 0;
};

inline const std::string kAlicePath = "msrp://alice.example:9000/alice1;tcp";
inline const std::string kBobPath = "msrp://bob.example:9000/bob1;tcp";
inline const std::string kWebAlicePath = "msrps://a1b2c3.invalid:443/alice1;ws";
inline const std::string kWebBobPath = "msrps://d4e5f6.invalid:443/bob1;ws";

inline std::string path_for(node::StreamKind kind, bool is_alice) {
  if (node::has_messages(kind)) {
    auto path = is_alice ? kWebAlicePath : kWebBobPath;
    return node::is_secure(kind) ? path : path.replace(0, 5, "msrp");
  }
  auto path = is_alice ? kAlicePath : kBobPath;
  return node::is_secure(kind) ? path.replace(0, 4, "msrps") : path;
}

inline body::Sdp sdp_of(const std::string& path, const std::string& setup) {
  const auto uri = parse_path(path).value().back();
  body::Sdp sdp;
  sdp.session_id = 7;
  sdp.origin_address = sdp.connection = uri.host;
  auto& line = sdp.media.emplace_back();
  line.media = "message";
  line.port = uri.port.value();
  line.protocol = uri.secure ? "TCP/TLS/MSRP" : "TCP/MSRP";
  line.formats = {"*"};
  line.attributes = {{"accept-types", "message/cpim text/plain"}, {"path", path}, {"setup", setup}};
  return sdp;
}

inline std::string attribute(const body::Sdp& sdp, std::string_view name) {
  for (const auto& line : sdp.media) {
    if (const auto* value = line.port != 0 ? line.attribute(name) : nullptr) return *value;
  }
  return {};
}

/// Two peers with an anchor between them; Bob's end is dialled by the anchor unless it is a WebSocket.
struct AnchorStage {
  explicit AnchorStage(node::StreamKind in = node::StreamKind::tcp,
                       node::StreamKind out = node::StreamKind::tcp, AnchorConfig config = {})
      : anchor(net, config), alice(net), bob(net, "bob.example"), in_kind(in), out_kind(out) {}

  /// Offer and answer.
  void set_up() {
    const auto offered = anchor.offer(sdp_of(path_for(in_kind, true), "actpass"),
                                      AnchorParty::at(kInPort, in_kind), AnchorParty::at(kOutPort, out_kind));
    REQUIRE(offered);
    session = offered->session;
    onward = offered->sdp;
    back = anchor.answer(session, sdp_of(path_for(out_kind, false), "passive")).value();
    in_uri = attribute(back, "path");
    out_uri = attribute(onward, "path");
  }
  void connect() {
    const auto resource = [](const body::Sdp& sdp) {
      const auto path = attribute(sdp, "ws-resource-path");
      return path.empty() ? "/" : path;
    };
    at_alice = alice.dial(kInPort, in_kind, resource(back));
    if (node::has_messages(out_kind)) bob.dial(kOutPort, out_kind, resource(onward));
    at_bob = bob.last;
    REQUIRE(bob.is_open(at_bob));
    bob.heard(at_bob);  // the opening of the anchor, where it has dialled
  }
  void open() {
    set_up();
    connect();
  }
  std::string alice_path() const { return path_for(in_kind, true); }
  std::string bob_path() const { return path_for(out_kind, false); }

  StreamNet net;
  AnchorParty anchor;
  OctetPeer alice;
  OctetPeer bob;
  node::StreamKind in_kind;
  node::StreamKind out_kind;
  AnchorSessionId session;
  body::Sdp onward;
  body::Sdp back;
  std::string in_uri;
  std::string out_uri;
  node::ConnectionId at_alice;
  node::ConnectionId at_bob;
};

/// Whole. `lines`: behind the paths, each with its line end.
inline std::string wire(std::string_view id, std::string_view start, std::string_view to,
                        std::string_view from, std::string_view lines,
                        std::optional<std::string_view> body = {}, char flag = '$') {
  std::string out = "MSRP " + std::string(id) + " " + std::string(start) + "\r\nTo-Path: " + std::string(to) +
                    "\r\nFrom-Path: " + std::string(from) + "\r\n" + std::string(lines);
  if (body) out.append("\r\n").append(*body).append("\r\n");
  return out.append("-------").append(id) + flag + "\r\n";
}

}  // namespace rcs::msrp
