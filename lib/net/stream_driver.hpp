#pragma once
// Runs one node of connections on sockets: feeds it what happens to them and timers, with the time, and
// carries its effects out.

#include <deque>
#include <functional>
#include <utility>
#include <variant>

#include "net/loop.hpp"
#include "net/streams.hpp"
#include "node/outbox.hpp"

namespace rcs::net {

/// `Node` has on_stream and on_timer over an Outbox<node::StreamAction, node::ConnectionId, Event>.
template <class Node, class Event>
class StreamDriver {
 public:
  using Outbox = node::Outbox<node::StreamAction, node::ConnectionId, Event>;
  /// Who looks on; both may be empty.
  struct Watch {
    std::function<void(node::ConnectionId, const node::StreamNews&)> on_news;  ///< before the node hears it
    std::function<void(node::ConnectionId, const node::StreamAction&)>
        on_action;  ///< before it is carried out
  };

  /// SAFETY: the loop outlives the driver.
  StreamDriver(Loop& loop, StreamsOptions options, std::function<void(Event)> on_event, Watch watch = {})
      : loop_(loop),
        on_event_(std::move(on_event)),
        watch_(std::move(watch)),
        timers_(loop, [this](Instant now, node::TimerKey key) { fire(now, key); }),
        streams_(loop, std::move(options),
                 [this](node::ConnectionId id, const node::StreamNews& news) { hear(id, news); }) {}

  /// Listens first, so that the node can be made with the port that it got; attach() before the loop runs.
  Streams& streams() { return streams_; }
  /// SAFETY: the node outlives the driver.
  void attach(Node& node) { node_ = &node; }

  /// Lets `act(now, node, outbox)` speak to the node from outside (a command), then carries its effects out.
  template <class Act>
  void act(Act&& act) {
    Outbox out;
    act(loop_.now(), *node_, out);
    carry_out(out);
  }

 private:
  void hear(node::ConnectionId connection, const node::StreamNews& news) {
    if (watch_.on_news) watch_.on_news(connection, news);
    Outbox out;
    node_->on_stream(loop_.now(), connection, news, out);
    carry_out(out);
  }

  void fire(Instant now, node::TimerKey key) {
    Outbox out;
    node_->on_timer(now, key, out);
    carry_out(out);
  }

  /// A handler of an event may act on the node again: what follows from that is carried out after what is
  /// being carried out here, as the node has said it.
  void carry_out(Outbox& out) {
    for (auto& effect : out.take()) effects_.push_back(std::move(effect));
    if (std::exchange(carrying_out_, true)) return;
    while (!effects_.empty()) {
      auto effect = std::move(effects_.front());
      effects_.pop_front();
      carry_out(effect);
    }
    carrying_out_ = false;
  }

  void carry_out(typename Outbox::Effect& effect) {
    if (auto* send = std::get_if<typename Outbox::Send>(&effect)) {
      if (watch_.on_action) watch_.on_action(send->to, send->message);
      streams_.act(send->to, std::move(send->message));
    } else if (auto* arm = std::get_if<typename Outbox::Arm>(&effect)) {
      timers_.arm(arm->key, arm->after);
    } else if (auto* cancel = std::get_if<typename Outbox::Cancel>(&effect)) {
      timers_.cancel(cancel->key);
    } else {
      on_event_(std::move(std::get<typename Outbox::Emit>(effect).event));
    }
  }

  Loop& loop_;
  Node* node_ = nullptr;
  std::function<void(Event)> on_event_;
  Watch watch_;
  std::deque<typename Outbox::Effect> effects_;
  bool carrying_out_ = false;
  NodeTimers timers_;
  Streams streams_;
};

}  // namespace rcs::net
