#pragma once
// A network in virtual time for the tests of this room: the nodes of a core and some devices; every hop
// is encoded and decoded.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ims/core.hpp"
#include "sip/codec.hpp"
#include "sip/transaction.hpp"
#include "support/catch.hpp"

namespace rcs::test {

using core::Duration;
using core::Instant;
using namespace std::chrono_literals;

using DeviceOutbox = node::Outbox<sip::Message, sip::Hop, std::string>;

/// One message on the wire.
struct Wire {
  Instant time{};
  std::string from;
  std::string to;
  std::string label;  ///< "INVITE", "200 INVITE"
  sip::Message message;
  sip::Transport transport = sip::Transport::udp;
};

class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void on_message(Instant now, const sip::Hop& from, sip::Message message) = 0;
  virtual void on_timer(Instant now, node::TimerKey key) = 0;
  virtual void on_unreachable(Instant now, const sip::Hop& to, const std::string& why) = 0;
};

class SipNet {
 public:
  using Address = std::pair<std::string, std::uint16_t>;

  explicit SipNet(ims::CoreConfig config = {}, std::uint64_t seed = 1)
      : core_(with_addresses(std::move(config)), core::RandomSource(seed)) {
    for (std::size_t i = 0; i < ims::Core::size(); ++i) {
      auto& node = core_.at(i);
      add(node.name(), {node.address().host, node.address().port},
          std::make_unique<CoreEndpoint>(*this, node));
    }
  }

  static ims::CoreConfig with_addresses(ims::CoreConfig config) {
    for (std::size_t i = 0; i < config.addresses.size(); ++i)
      config.addresses[i] = {"10.0.0." + std::to_string(i + 1), 5060};
    return config;
  }

  void add(const std::string& name, Address address, std::unique_ptr<Endpoint> endpoint) {
    names_[address] = name;
    addresses_[name] = address;
    endpoints_[name] = std::move(endpoint);
  }

  ims::Core& core() { return core_; }
  Instant now() const { return now_; }
  std::vector<Wire>& wires() { return wires_; }
  const std::vector<ims::Notice>& notices() const { return notices_; }
  const std::vector<ims::Step>& steps() const { return steps_; }

  /// Nothing reaches it: silence, or refused connections.
  void kill(const std::string& name, bool refuses = false) { dead_[name] = refuses; }
  void revive(const std::string& name) { dead_.erase(name); }
  /// Called for each datagram; true: it is lost.
  std::function<bool(const Wire&, std::size_t index)> lose;
  /// What a node does with its MSRP connections.
  std::function<void(const node::StreamEffect&)> on_stream;

  template <class Outbox>
  void carry_out(const std::string& name, Outbox& out) {
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<typename Outbox::Send>(&effect)) {
        transmit(name, send->to, send->message);
      } else if (auto* arm = std::get_if<typename Outbox::Arm>(&effect)) {
        const auto serial = ++serial_;
        armed_[{name, arm->key}] = serial;
        push(arm->after, [this, name, key = arm->key, serial] {
          const auto found = armed_.find({name, key});
          if (found == armed_.end() || found->second != serial) return;
          armed_.erase(found);
          if (!dead_.contains(name)) endpoints_.at(name)->on_timer(now_, key);
        });
      } else if (auto* cancel = std::get_if<typename Outbox::Cancel>(&effect)) {
        armed_.erase({name, cancel->key});
      } else {
        take(std::get<typename Outbox::Emit>(effect).event);
      }
    }
  }

  void at(Duration after, std::function<void()> act) { push(after, std::move(act)); }
  void run_for(Duration span) { run_until(now_ + span); }
  void run_until(Instant end) {
    std::size_t events = 0;
    while (!queue_.empty() && queue_.top().time <= end) {
      auto event = queue_.top();
      queue_.pop();
      now_ = event.time;
      event.act();
      REQUIRE(++events < 200'000);  // nothing spins
    }
    now_ = end;
  }
  std::size_t timers() const { return armed_.size(); }

  /// "o-cscf>o-imas INVITE" for each message of those labels, in order; all of them when empty.
  std::vector<std::string> hops(const std::set<std::string>& labels = {}) const {
    std::vector<std::string> result;
    for (const auto& wire : wires_) {
      if (labels.empty() || labels.contains(wire.label)) {
        result.push_back(wire.from + ">" + wire.to + " " + wire.label);
      }
    }
    return result;
  }
  const Wire* find(const std::string& hop) const {
    for (const auto& wire : wires_) {
      if (wire.from + ">" + wire.to + " " + wire.label == hop) return &wire;
    }
    return nullptr;
  }
  std::size_t count(const std::string& hop) const {
    const auto all = hops();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), hop));
  }
  std::size_t notices_of(ims::Notice::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(notices_.begin(), notices_.end(), [&](const auto& n) { return n.kind == kind; }));
  }
  static constexpr Duration kLatency = 1ms;

 private:
  class CoreEndpoint final : public Endpoint {
   public:
    CoreEndpoint(SipNet& net, ims::SipNode& node) : net_(net), node_(node) {}
    void on_message(Instant now, const sip::Hop& from, sip::Message message) override {
      ims::NodeOutbox out;
      node_.on_message(now, from, std::move(message), out);
      net_.carry_out(node_.name(), out);
    }
    void on_timer(Instant now, node::TimerKey key) override {
      ims::NodeOutbox out;
      node_.on_timer(now, key, out);
      net_.carry_out(node_.name(), out);
    }
    void on_unreachable(Instant now, const sip::Hop& to, const std::string& why) override {
      ims::NodeOutbox out;
      node_.on_unreachable(now, to, why, out);
      net_.carry_out(node_.name(), out);
    }

   private:
    SipNet& net_;
    ims::SipNode& node_;
  };

  struct Event {
    Instant time;
    std::uint64_t serial;
    std::function<void()> act;
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : serial > other.serial;
    }
  };

  void take(const std::string&) {}
  void take(const ims::NodeEvent& event) {
    if (const auto* notice = std::get_if<ims::Notice>(&event)) notices_.push_back(*notice);
    if (const auto* step = std::get_if<ims::Step>(&event)) steps_.push_back(*step);
    if (const auto* effect = std::get_if<node::StreamEffect>(&event); effect != nullptr && on_stream)
      on_stream(*effect);
  }
  void push(Duration after, std::function<void()> act) {
    queue_.push({now_ + after, ++serial_, std::move(act)});
  }

  void transmit(const std::string& name, sip::Hop to, const sip::Message& message) {
    std::string target;
    if (to.flow) {
      const auto& [a, b] = flows_.at(to.flow.value - 1);
      target = a == name ? b : a;
    } else if (const auto found = names_.find({to.host, to.port}); found != names_.end()) {
      target = found->second;
    }
    Wire wire{.time = now_, .from = name, .to = target, .message = message, .transport = to.transport};
    wire.label =
        message.is_request() ? message.method : std::to_string(message.status) + " " + message.cseq.method;
    const bool udp = to.transport == sip::Transport::udp;
    wires_.push_back(wire);
    if (udp && lose && lose(wire, wires_.size() - 1)) return;
    const auto dead = dead_.find(target);
    if (target.empty() || (dead != dead_.end() && (dead->second || !udp))) {
      push(kLatency, [this, name, to] { endpoints_.at(name)->on_unreachable(now_, to, "refused"); });
      return;
    }
    if (dead != dead_.end()) return;
    sip::Hop from{to.transport, addresses_.at(name).first, addresses_.at(name).second, to.flow};
    if (!udp && !to.flow) {
      flows_.emplace_back(name, target);
      from.flow.value = flows_.size();
      from.port = static_cast<std::uint16_t>(40000 + flows_.size());
    }
    push(kLatency, [this, target, from, octets = sip::encode(message)] {
      auto decoded = sip::decode(octets);
      if (!decoded) FAIL("undecodable: " << decoded.error().detail() << "\n" << octets);
      if (!dead_.contains(target)) endpoints_.at(target)->on_message(now_, from, std::move(*decoded));
    });
  }

  ims::Core core_;
  Instant now_{};
  std::uint64_t serial_ = 0;
  std::priority_queue<Event> queue_;
  std::map<std::string, std::unique_ptr<Endpoint>> endpoints_;
  std::map<Address, std::string> names_;
  std::map<std::string, Address> addresses_;
  std::map<std::pair<std::string, node::TimerKey>, std::uint64_t> armed_;
  std::map<std::string, bool> dead_;
  std::vector<std::pair<std::string, std::string>> flows_;
  std::vector<Wire> wires_;
  std::vector<ims::Notice> notices_;
  std::vector<ims::Step> steps_;
};

}  // namespace rcs::test
