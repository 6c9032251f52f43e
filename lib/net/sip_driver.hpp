#pragma once
// Runs one SIP node on sockets: feeds it messages and timers with the time, carries its effects out, and
// keeps the record of both.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "net/loop.hpp"
#include "net/sip_tap.hpp"
#include "net/sip_transport.hpp"
#include "node/outbox.hpp"

namespace rcs::net {

/// `Node` has on_message, on_timer and on_unreachable over an Outbox<sip::Message, sip::Hop, Event>.
template <class Node, class Event>
class SipDriver {
 public:
  using Outbox = node::Outbox<sip::Message, sip::Hop, Event>;

  /// SAFETY: loop and tap outlive the driver. `tap` may be null.
  SipDriver(Loop& loop, SipTap* tap, std::function<void(Event)> on_event)
      : loop_(loop),
        tap_(tap),
        on_event_(std::move(on_event)),
        timers_(loop, [this](Instant now, node::TimerKey key) { fire(now, key); }) {}

  /// Binds first, so that the node can be made with the address it got; attach() before the loop runs.
  core::Result<Address> open(const Address& bind, std::function<void(const std::string&)> on_warning = {},
                             SipTls tls = {});
  /// Where TLS is taken; port 0: nowhere.
  Address local_tls() const { return transport_ ? transport_->local_tls() : Address{}; }
  /// SAFETY: the node outlives the driver or its close().
  void attach(Node& node) { node_ = &node; }
  void close() {
    if (transport_) transport_->close();
  }

  /// Lets `act(now, node, outbox)` speak to the node from outside (a command), then carries its effects out.
  template <class Act>
  void act(Act&& act) {
    Outbox out;
    act(loop_.now(), *node_, out);
    carry_out(out);
  }

 private:
  void fire(Instant now, node::TimerKey key) {
    if (tap_ != nullptr) tap_->on_timer(key);
    Outbox out;
    node_->on_timer(now, key, out);
    carry_out(out);
    if (tap_ != nullptr) tap_->done();
  }

  void carry_out(Outbox& out) {
    // A handler of an event may act on the node again; that lands in an outbox of its own, after what is
    // being carried out here.
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<typename Outbox::Send>(&effect)) {
        if (transport_) transport_->send(send->to, send->message);
      } else if (auto* arm = std::get_if<typename Outbox::Arm>(&effect)) {
        if (tap_ != nullptr) tap_->armed(arm->key);
        timers_.arm(arm->key, arm->after);
      } else if (auto* cancel = std::get_if<typename Outbox::Cancel>(&effect)) {
        if (tap_ != nullptr) tap_->cancelled(cancel->key);
        timers_.cancel(cancel->key);
      } else {
        on_event_(std::move(std::get<typename Outbox::Emit>(effect).event));
      }
    }
  }

  Loop& loop_;
  Node* node_ = nullptr;
  SipTap* tap_;
  std::function<void(Event)> on_event_;
  NodeTimers timers_;
  std::unique_ptr<SipTransport> transport_;
};

template <class Node, class Event>
core::Result<Address> SipDriver<Node, Event>::open(const Address& bind,
                                                   std::function<void(const std::string&)> on_warning,
                                                   SipTls tls) {
  SipTransport::Handlers handlers;
  handlers.on_message = [this](const sip::Hop& from, sip::Message&& message, std::string_view octets) {
    const Instant now = loop_.now();
    if (tap_ != nullptr) tap_->on_received(from, message, octets, now);
    Outbox out;
    node_->on_message(now, from, std::move(message), out);
    carry_out(out);
    if (tap_ != nullptr) tap_->done();
  };
  handlers.on_unreachable = [this](const sip::Hop& to, const std::string& why) {
    Outbox out;
    node_->on_unreachable(loop_.now(), to, why, out);
    carry_out(out);
  };
  if (tap_ != nullptr) {
    handlers.on_sent = [this](const sip::Hop& to, const sip::Message& message, std::string_view octets) {
      tap_->on_sent(loop_.now(), to, message, octets);
    };
  }
  handlers.on_warning = std::move(on_warning);
  RCS_TRY(transport_, SipTransport::open(loop_, bind, std::move(handlers), std::move(tls)));
  return transport_->local();
}

}  // namespace rcs::net
