#pragma once
// A transaction layer in virtual time: timers wait in a map by time and fire when a test lets time pass; what
// was sent and told is kept with its time in milliseconds. Messages are built by hand, so that these tests
// rest on no text.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/random.hpp"
#include "sip/transaction.hpp"

namespace rcs::sip::bench {

using namespace std::chrono_literals;

inline const Hop kPeer{Transport::udp, "192.0.2.9", 5060, {}};
inline const Hop kPeerTcp{Transport::tcp, "192.0.2.9", 5060, {}};

struct Sent {
  std::int64_t at_ms;
  Hop to;
  Message message;
};

struct Told {
  std::int64_t at_ms;
  TxnEvent event;
};

class Bench {
 public:
  static TransactionLayer::Config plain() {
    TransactionLayer::Config config;
    config.sent_by_host = "192.0.2.1";
    config.sent_by_port = 5070;
    return config;
  }
  explicit Bench(TransactionLayer::Config config = plain(), std::uint64_t seed = 1)
      : random_(seed), layer_(std::move(config), random_) {}

  TransactionLayer& layer() { return layer_; }
  std::int64_t now_ms() const { return core::to_ms(now_.time_since_epoch()); }

  void receive(const Message& message, const Hop& from = kPeer) {
    act([&](TxnOutbox& out) { layer_.on_message(now_, from, Message(message), out); });
  }
  ClientTxnId request(const Message& message, const Hop& to = kPeer) {
    ClientTxnId id;
    act([&](TxnOutbox& out) { id = layer_.send_request(now_, message, to, out); });
    return id;
  }
  void respond(ServerTxnId txn, const Message& response) {
    act([&](TxnOutbox& out) { layer_.respond(now_, txn, response, out); });
  }
  void cancel(ClientTxnId txn) {
    act([&](TxnOutbox& out) { layer_.cancel(now_, txn, out); });
  }
  void unreachable(const Hop& to) {
    act([&](TxnOutbox& out) { layer_.on_unreachable(now_, to, "connection refused", out); });
  }
  template <class Act>
  void act(Act&& what) {
    TxnOutbox out;
    what(out);
    for (auto& effect : out.take()) carry_out(effect);
  }

  void advance(core::Duration by) {
    const core::Instant end = now_ + by;
    while (!queue_.empty() && queue_.begin()->first.first <= end) {
      const auto [place, key] = *queue_.begin();
      queue_.erase(queue_.begin());
      armed_.erase(key);
      now_ = place.first;
      act([&](TxnOutbox& out) { layer_.on_timer(now_, key, out); });
    }
    now_ = end;
  }

  std::size_t timers() const { return queue_.size(); }
  /// Nothing runs and nothing waits.
  bool idle() const { return queue_.empty() && layer_.open() == 0; }

  std::vector<Sent> sent;
  std::vector<Told> told;

  /// The times at which something with this method or status was sent.
  std::vector<std::int64_t> times(std::string_view method) const {
    std::vector<std::int64_t> found;
    for (const Sent& s : sent) {
      if (s.message.method == method) found.push_back(s.at_ms);
    }
    return found;
  }
  std::vector<std::int64_t> times(int status) const {
    std::vector<std::int64_t> found;
    for (const Sent& s : sent) {
      if (s.message.status == status) found.push_back(s.at_ms);
    }
    return found;
  }
  template <class E>
  std::vector<E> events() const {
    std::vector<E> found;
    for (const Told& t : told) {
      if (const E* e = std::get_if<E>(&t.event)) found.push_back(*e);
    }
    return found;
  }
  std::vector<int> statuses() const {
    std::vector<int> found;
    for (const auto& e : events<ResponseArrived>()) found.push_back(e.response.status);
    return found;
  }
  template <class E>
  std::vector<std::int64_t> when() const {
    std::vector<std::int64_t> found;
    for (const Told& t : told) {
      if (std::holds_alternative<E>(t.event)) found.push_back(t.at_ms);
    }
    return found;
  }
  void forget() {
    sent.clear();
    told.clear();
  }

 private:
  using Place = std::pair<core::Instant, std::uint64_t>;

  void disarm(node::TimerKey key) {
    const auto it = armed_.find(key);
    if (it == armed_.end()) return;
    queue_.erase(it->second);
    armed_.erase(it);
  }
  void carry_out(TxnOutbox::Effect& effect) {
    if (auto* s = std::get_if<TxnOutbox::Send>(&effect)) {
      sent.push_back({now_ms(), s->to, std::move(s->message)});
    } else if (auto* a = std::get_if<TxnOutbox::Arm>(&effect)) {
      disarm(a->key);
      const Place place{now_ + a->after, ++sequence_};
      queue_.emplace(place, a->key);
      armed_[a->key] = place;
    } else if (auto* c = std::get_if<TxnOutbox::Cancel>(&effect)) {
      disarm(c->key);
    } else {
      told.push_back({now_ms(), std::move(std::get<TxnOutbox::Emit>(effect).event)});
    }
  }

  core::Random random_;
  TransactionLayer layer_;
  core::Instant now_{};
  std::uint64_t sequence_ = 0;
  std::map<Place, node::TimerKey> queue_;
  std::map<node::TimerKey, Place> armed_;
};

/// A request as its transaction user gives it: no Via yet.
inline Message outgoing(std::string method) {
  Message m;
  m.method = method;
  m.request_uri = make_sip_uri("bob", "b.example");
  m.from.uri = make_sip_uri("alice", "a.example");
  set_param(m.from.params, "tag", "a1");
  m.to.uri = make_sip_uri("bob", "b.example");
  m.call_id = "call-1";
  m.cseq = {7, std::move(method)};
  m.max_forwards = 70;
  return m;
}

/// A request as it comes in, with the Via of kPeer.
inline Message incoming(std::string method, const std::string& branch = "z9hG4bKpeer1") {
  Message m = outgoing(std::move(method));
  Via via;
  via.host = "192.0.2.9";
  via.port = 5060;
  if (!branch.empty()) set_param(via.params, "branch", branch);
  m.vias.push_back(std::move(via));
  return m;
}

/// ACK or CANCEL for an incoming INVITE.
inline Message companion_of(const Message& invite, std::string method, const std::string& to_tag = "") {
  Message m = invite;
  m.method = method;
  m.cseq.method = std::move(method);
  if (!to_tag.empty()) set_param(m.to.params, "tag", to_tag);
  return m;
}

}  // namespace rcs::sip::bench
