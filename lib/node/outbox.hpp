#pragma once
// The seam. A node is a thing that reacts: messages and timers come in with the time, effects go out as data.
// It never blocks, never throws, keeps no pointer to a driver; its effects are drained after the call
// returns, so nothing re-enters it.
//
//   concept Node:  n.on_message(Instant now, Peer from, M message, Outbox& out)
//                  n.on_timer  (Instant now, TimerKey key,         Outbox& out)

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/time.hpp"

namespace rcs::node {

/// Names a timer of one node. Arming a key that is armed moves it; a key is free again when it fires.
struct TimerKey {
  std::uint32_t kind = 0;  ///< which machine's timer; each room lists its kinds
  std::uint64_t id = 0;    ///< which instance of the machine
  friend auto operator<=>(TimerKey, TimerKey) = default;
};

struct NoEvent {};

/// Effects in the order they were asked for.
template <class Message, class Peer, class Event = NoEvent>
class Outbox {
 public:
  struct Send {
    template <class P, class M>
    Send(P&& t, M&& m) : to(std::forward<P>(t)), message(std::forward<M>(m)) {}
    Peer to;
    Message message;
  };
  struct Arm {
    TimerKey key;
    core::Duration after;
  };
  struct Cancel {
    TimerKey key;
  };
  struct Emit {
    template <class E>
    Emit(std::in_place_t, E&& e) : event(std::forward<E>(e)) {}
    Event event;
  };
  using Effect = std::variant<Send, Arm, Cancel, Emit>;

  // Templates, so that a message, which is dear to move, is made where it stays.
  template <class P = Peer, class M = Message>
  void send(P&& to, M&& message) {
    add(std::in_place_type<Send>, std::forward<P>(to), std::forward<M>(message));
  }
  void arm(TimerKey key, core::Duration after) { add(std::in_place_type<Arm>, Arm{key, after}); }
  void cancel(TimerKey key) { add(std::in_place_type<Cancel>, Cancel{key}); }
  template <class E = Event>
  void emit(E&& event) {
    add(std::in_place_type<Emit>, std::in_place, std::forward<E>(event));
  }

  bool empty() const { return effects_.empty(); }
  const std::vector<Effect>& effects() const { return effects_; }
  /// The effects so far; the outbox is empty afterwards.
  std::vector<Effect> take() { return std::exchange(effects_, {}); }

 private:
  /// A message is an effect of a kilobyte, dear to move when the vector grows, and nearly every step of a
  /// machine has this many effects at most.
  static constexpr std::size_t kUsual = 4;

  template <class... Args>
  void add(Args&&... args) {
    if (effects_.capacity() == 0) effects_.reserve(kUsual);
    effects_.emplace_back(std::forward<Args>(args)...);
  }

  std::vector<Effect> effects_;
};

/// Passes every effect of an inner machine on to its owner: sends and timers to `outer`, events to
/// `on_event`. `on_event` may ask the machine for more, which lands in `inner` and is drained too, in order.
template <class Message, class Peer, class Inner, class Outer, class OnEvent>
void drain(Outbox<Message, Peer, Inner>& inner, Outbox<Message, Peer, Outer>& outer, OnEvent&& on_event) {
  using Box = Outbox<Message, Peer, Inner>;
  while (!inner.empty()) {
    for (auto& effect : inner.take()) {
      if (auto* send = std::get_if<typename Box::Send>(&effect)) {
        outer.send(std::move(send->to), std::move(send->message));
      } else if (auto* arm = std::get_if<typename Box::Arm>(&effect)) {
        outer.arm(arm->key, arm->after);
      } else if (auto* cancel = std::get_if<typename Box::Cancel>(&effect)) {
        outer.cancel(cancel->key);
      } else {
        on_event(std::move(std::get<typename Box::Emit>(effect).event));
      }
    }
  }
}

}  // namespace rcs::node

template <>
struct std::hash<rcs::node::TimerKey> {
  std::size_t operator()(rcs::node::TimerKey key) const noexcept {
    // Ids count up, and what is armed together is looked up together: neighbours stay neighbours.
    return std::hash<std::uint64_t>()(key.id + key.kind * 0x9e3779b97f4a7c15ULL);
  }
};
