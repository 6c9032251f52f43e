#pragma once
// MSRP nodes on connections in virtual time, and somebody who says things over one: each until it is
// delivered, over as many connections as that takes.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/virtual_streams.hpp"
#include "msrp/endpoint.hpp"
#include "support/catch.hpp"

namespace rcs::test {

struct VirtualNet {
  sim::Wheel wheel;
  sim::Links links{
      {{sim::DelayModel::Shape::constant, std::chrono::milliseconds(10), std::chrono::milliseconds(10)}, 0.0},
      1};
  harness::VirtualStreams streams{wheel, links};
};

/// A node at a host, with its timers.
template <class Node, class Event>
class Placed {
 public:
  using Outbox = node::Outbox<node::StreamAction, node::ConnectionId, Event>;
  using OnEvent = std::function<void(const Event&)>;

  /// SAFETY: net and node outlive this.
  Placed(
      VirtualNet& net, const std::string& host, Node& node, OnEvent on_event = [](const Event&) {})
      : net_(net),
        node_(node),
        on_event_(std::move(on_event)),
        timers_(net.wheel,
                [this](core::Instant now, node::TimerKey key) {
                  act([&](Node& n, Outbox& out) { n.on_timer(now, key, out); });
                }),
        port_(net.streams.attach(host, [this](node::ConnectionId id, const node::StreamNews& news) {
          act([&](Node& n, Outbox& out) { n.on_stream(net_.wheel.now(), id, news, out); });
        })) {}

  void listen(std::uint16_t port, node::StreamKind kind) { port_->listen(port, kind); }
  template <class Act>
  void act(Act&& what) {
    Outbox out;
    what(node_, out);
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<typename Outbox::Send>(&effect)) {
        port_->act(send->to, std::move(send->message));
      } else if (const auto* arming = std::get_if<typename Outbox::Arm>(&effect)) {
        timers_.arm(arming->key, arming->after);
      } else if (const auto* cancelled = std::get_if<typename Outbox::Cancel>(&effect)) {
        timers_.cancel(cancelled->key);
      } else {
        on_event_(std::get<typename Outbox::Emit>(effect).event);
      }
    }
  }

 private:
  VirtualNet& net_;
  Node& node_;
  OnEvent on_event_;
  sim::NodeTimers timers_;
  std::unique_ptr<harness::VirtualStreams::Port> port_;
};

/// One end of a session of texts; success reports are asked for.
class Speaker {
 public:
  Speaker(VirtualNet& net, const std::string& host, const std::string& uri, std::uint64_t seed,
          msrp::EndpointConfig config = {})
      : net_(net),
        random_(seed),
        endpoint(config, random_),
        at(net, host, endpoint,
           [this](const auto& event) { std::visit([this](const auto& what) { on(what); }, event); }) {
    local.uri = msrp::parse_uri(uri).value();
    local.types.accepted = {"text/plain"};
    session = endpoint.open(local).value();
  }

  void authorize(const msrp::RelayLogin& login) {
    at.act([&](auto& node, auto& out) { node.authorize(net_.wheel.now(), session, login, out); });
  }
  void start(msrp::Path peer, bool we_dial) {
    msrp::RemoteEnd remote;
    remote.path = std::move(peer);
    remote.types.accepted = {"text/plain"};
    remote.we_dial = we_dial;
    at.act([&](auto& node, auto& out) { node.start(net_.wheel.now(), session, remote, out); });
  }
  /// What the session does not take is said when there is one again.
  void say(const std::string& id) {
    msrp::Outgoing message;
    message.message_id = id;
    message.content = text_of(id);
    message.content_type = "text/plain";
    message.success_report = true;
    message.failure_report = failure_report;
    bool taken = false;
    at.act([&](auto& node, auto& out) {
      taken = node.send(net_.wheel.now(), session, std::move(message), out).has_value();
    });
    if (!taken) unsaid.push_back(id);
  }
  void say_again() {
    for (const auto& id : std::exchange(unsaid, {})) say(id);
  }
  void close() {
    at.act([&](auto& node, auto& out) { node.close(net_.wheel.now(), session, out); });
  }
  /// a=path of its SDP.
  msrp::Path path() const {
    msrp::Path path(local.relays.rbegin(), local.relays.rend());
    path.push_back(local.uri);
    return path;
  }
  /// How often it was told so of this text.
  std::ptrdiff_t told(const std::string& id, msrp::MessageFate::Kind kind) const {
    const auto found = fates.find(id);
    return found == fates.end() ? 0 : std::count(found->second.begin(), found->second.end(), kind);
  }
  std::ptrdiff_t shows(const std::string& id) const { return std::count(shown.begin(), shown.end(), id); }
  /// Those that end in 3 are of several chunks.
  static std::string text_of(const std::string& id) {
    return "the text of " + id + std::string(id.ends_with('3') ? 7000 : 0, '.');
  }

 private:
  VirtualNet& net_;
  core::Random random_;

 public:
  msrp::Endpoint endpoint;
  Placed<msrp::Endpoint, msrp::EndpointEvent> at;
  msrp::LocalEnd local;
  msrp::SessionId session;
  msrp::FailureReport failure_report = msrp::FailureReport::yes;
  std::vector<std::string> shown;
  std::vector<std::string> unsaid;  ///< not known to have arrived, and not under way
  std::map<std::string, std::vector<msrp::MessageFate::Kind>> fates;
  std::size_t losses = 0;  ///< of the session
  std::function<void()> on_lost, on_path;

 private:
  void on(const msrp::MessageArrived& event) {
    shown.push_back(event.message.message_id);
    CHECK(event.message.content == text_of(event.message.message_id));
  }
  void on(const msrp::MessageFate& event) {
    fates[event.message_id].push_back(event.kind);
    using Kind = msrp::MessageFate::Kind;
    if (event.kind == Kind::failed || event.kind == Kind::unconfirmed) unsaid.push_back(event.message_id);
  }
  void on(const msrp::RelayReady& event) {
    local.relays = event.relays;
    if (on_path) net_.wheel.after({}, on_path);
  }
  void on(const msrp::SessionLost&) {
    ++losses;
    if (on_lost) net_.wheel.after({}, on_lost);
  }
  void on(const msrp::SessionReady&) {
    net_.wheel.after({}, [this] { say_again(); });
  }
  void on(const msrp::ContentArrived&) {}
  void on(const msrp::ContentVoid&) {}
  void on(const msrp::SessionEntered&) {}
  void on(const msrp::NicknameAsked&) {}
  void on(const msrp::NicknameAnswered&) {}
};

}  // namespace rcs::test
