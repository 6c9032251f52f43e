#pragma once
// SIP in virtual time: octets between addresses over simulated links, and the driver that runs one node on
// it. Every message is encoded, carried and decoded, as on sockets.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "net/sip_tap.hpp"
#include "node/outbox.hpp"
#include "sim/links.hpp"
#include "sim/wheel.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"

namespace rcs::harness {

class VirtualSip {
 public:
  struct Port {
    std::function<void(const sip::Hop& from, sip::Message message, std::string_view octets)> on_message;
    std::function<void(const sip::Hop& to, const std::string& why)> on_unreachable;
  };
  using Loses = std::function<bool(const sip::Hop& from, const sip::Hop& to, const sip::Message& message)>;
  /// `loses`: a message that does not arrive whatever the links do. SAFETY: wheel and links outlive the
  /// network.
  VirtualSip(sim::Wheel& wheel, sim::Links& links, Loses loses)
      : wheel_(wheel), links_(links), loses_(std::move(loses)) {}

  void attach(const std::string& host, std::uint16_t port, Port handlers);
  void detach(const std::string& host, std::uint16_t port);
  /// What is sent to `name` goes to `host`: a resolver.
  void name_host(const std::string& name, const std::string& host) { names_[name] = host; }
  /// From the node at `self`. A message to an address where nobody is comes back as unreachable, as a refused
  /// port does.
  void send(const sip::Hop& self, const sip::Hop& to, const sip::Message& message, std::string octets);

 private:
  using Address = std::pair<std::string, std::uint16_t>;
  const std::string& address_of(const std::string& host) const;
  void deliver(const sip::Hop& self, const sip::Hop& to, const std::string& octets);

  sim::Wheel& wheel_;
  sim::Links& links_;
  Loses loses_;
  std::map<Address, Port> ports_;
  std::map<std::string, std::string> names_;
};

/// Runs one SIP node in virtual time; the live counterpart is net::SipDriver.
template <class Node, class Event>
class VirtualSipDriver {
 public:
  using Outbox = node::Outbox<sip::Message, sip::Hop, Event>;

  /// SAFETY: wheel, network, node and tap outlive the driver.
  VirtualSipDriver(sim::Wheel& wheel, VirtualSip& network, sip::Hop self, Node& node, net::SipTap& tap,
                   std::function<void(Event)> on_event)
      : wheel_(wheel),
        network_(network),
        self_(std::move(self)),
        node_(node),
        tap_(tap),
        on_event_(std::move(on_event)),
        timers_(wheel, [this](core::Instant now, node::TimerKey key) {
          tap_.on_timer(key);
          Outbox out;
          node_.on_timer(now, key, out);
          carry_out(out);
          tap_.done();
        }) {
    network_.attach(self_.host, self_.port,
                    {[this](const sip::Hop& from, sip::Message message, std::string_view octets) {
                       tap_.on_received(from, message, octets, wheel_.now());
                       Outbox out;
                       node_.on_message(wheel_.now(), from, std::move(message), out);
                       carry_out(out);
                       tap_.done();
                     },
                     [this](const sip::Hop& to, const std::string& why) {
                       Outbox out;
                       node_.on_unreachable(wheel_.now(), to, why, out);
                       carry_out(out);
                     }});
  }
  ~VirtualSipDriver() { network_.detach(self_.host, self_.port); }
  VirtualSipDriver(const VirtualSipDriver&) = delete;
  VirtualSipDriver& operator=(const VirtualSipDriver&) = delete;

  template <class Act>
  void act(Act&& act) {
    Outbox out;
    act(wheel_.now(), node_, out);
    carry_out(out);
  }

 private:
  void carry_out(Outbox& out);

  sim::Wheel& wheel_;
  VirtualSip& network_;
  sip::Hop self_;
  Node& node_;
  net::SipTap& tap_;
  std::function<void(Event)> on_event_;
  sim::NodeTimers timers_;
};

std::string encode_for_wire(const sip::Message& message);

template <class Node, class Event>
void VirtualSipDriver<Node, Event>::carry_out(Outbox& out) {
  for (auto& effect : out.take()) {
    if (auto* send = std::get_if<typename Outbox::Send>(&effect)) {
      auto octets = encode_for_wire(send->message);
      tap_.on_sent(wheel_.now(), send->to, send->message, octets);
      network_.send(self_, send->to, send->message, std::move(octets));
    } else if (auto* arm = std::get_if<typename Outbox::Arm>(&effect)) {
      tap_.armed(arm->key);
      timers_.arm(arm->key, arm->after);
    } else if (auto* cancel = std::get_if<typename Outbox::Cancel>(&effect)) {
      tap_.cancelled(cancel->key);
      timers_.cancel(cancel->key);
    } else {
      on_event_(std::move(std::get<typename Outbox::Emit>(effect).event));
    }
  }
}

}  // namespace rcs::harness
