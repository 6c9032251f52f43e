#pragma once
// Connections in virtual time between nodes of a test (node/stream.hpp): octets come in order, cut anew where
// the test wants it, a millisecond after they were written; a paused end takes nothing, and a writer hears of
// Drained when the other end has taken all. Nothing here is random but the cuts.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

class StreamNet {
 public:
  struct Party {
    virtual ~Party() = default;
    virtual void hear(node::ConnectionId connection, const node::StreamNews& news) = 0;
    virtual void ring(node::TimerKey) {}
  };

  core::Instant now() const { return now_; }
  void listen(const std::string& host, std::uint16_t port, Party& party) {
    listening_[{host, port}] = &party;
  }
  void stop(const std::string& host, std::uint16_t port) { listening_.erase({host, port}); }
  /// Octets are told in pieces of 1 to `most` octets; 0: as they were written.
  void cut(std::size_t most, std::uint64_t seed) {
    most_ = most;
    random_.emplace(seed);
  }

  void act(Party& party, node::ConnectionId id, node::StreamAction action) {
    const Place place{&party, id};
    if (const auto* dial = std::get_if<node::Dial>(&action)) {
      dials_.push_back(dial->to);
      const auto to = dial->to;
      ends_[place];
      after(kDelay, [this, place, to] { connect(place, to); });
      return;
    }
    if (!ends_.contains(place)) return;
    auto& end = ends_[place];
    if (auto* write = std::get_if<node::Write>(&action)) {
      end.unread += write->octets.size();
      end.most_unread = std::max(end.most_unread, end.unread);
      carry(place, std::move(*write));
    } else if (const auto* pause = std::get_if<node::Pause>(&action)) {
      end.paused = pause->on;
      end.pauses += pause->on ? 1 : 0;
      if (!pause->on) after(kDelay, [this, place] { deliver(place); });
    } else {
      hang_up(place);
    }
  }
  void arm(Party& party, node::TimerKey key, core::Duration in) {
    cancel(party, key);
    timers_[{&party, key}] = queue_
                                 .emplace(std::pair(now_ + std::max(in, core::Duration(0)), ++order_),
                                          [this, p = &party, key] {
                                            timers_.erase({p, key});
                                            p->ring(key);
                                          })
                                 .first;
  }
  void cancel(Party& party, node::TimerKey key) {
    const auto at = timers_.find({&party, key});
    if (at == timers_.end()) return;
    queue_.erase(at->second);
    timers_.erase(at);
  }
  template <class Outbox>
  void carry_out(Party& party, Outbox& out) {
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<typename Outbox::Send>(&effect)) {
        act(party, send->to, std::move(send->message));
      } else if (const auto* arming = std::get_if<typename Outbox::Arm>(&effect)) {
        arm(party, arming->key, arming->after);
      } else if (const auto* cancelled = std::get_if<typename Outbox::Cancel>(&effect)) {
        cancel(party, cancelled->key);
      }
    }
  }
  /// The connection breaks for both.
  void kill(Party& party, node::ConnectionId id) {
    const Place place{&party, id};
    close(other(place), "reset");
    close(place, "reset");
  }

  void run(core::Duration time) {
    const auto until = now_ + time;
    while (!queue_.empty() && queue_.begin()->first.first <= until) step();
    now_ = until;
  }

  const std::vector<node::StreamTarget>& dials() const { return dials_; }
  std::size_t most_unread(Party& party, node::ConnectionId id) { return ends_[{&party, id}].most_unread; }
  std::size_t pauses(Party& party, node::ConnectionId id) { return ends_[{&party, id}].pauses; }

 private:
  static constexpr core::Duration kDelay = std::chrono::milliseconds(1);
  using Place = std::pair<Party*, node::ConnectionId>;
  struct End {
    Place other{};
    node::StreamKind kind = node::StreamKind::tcp;
    std::deque<std::string> arrived;
    std::size_t unread = 0;  // octets that it has written and the other end has not taken
    std::size_t most_unread = 0;
    std::size_t pauses = 0;
    bool paused = false;
    bool leaving = false;
  };

  void after(core::Duration in, std::function<void()> what) {
    queue_.emplace(std::pair(now_ + in, ++order_), std::move(what));
  }
  void step() {
    auto node = queue_.extract(queue_.begin());
    now_ = node.key().first;
    node.mapped()();
  }
  Place other(Place place) {
    const auto at = ends_.find(place);
    return at == ends_.end() ? Place{} : at->second.other;
  }

  void connect(Place place, const node::StreamTarget& to) {
    if (!ends_.contains(place)) return;
    const auto at = listening_.find({to.host, to.port});
    if (at == listening_.end()) return close(place, "refused");
    const Place there{at->second, node::accepted_connection(++accepted_)};
    ends_[place].other = there;
    ends_[place].kind = to.kind;
    ends_[there].other = place;
    ends_[there].kind = to.kind;
    node::Accepted accepted;
    accepted.kind = to.kind;
    accepted.port = to.port;
    accepted.resource = to.resource;
    there.first->hear(there.second, accepted);
    if (ends_.contains(place)) place.first->hear(place.second, node::Opened{});
  }
  void carry(Place from, node::Write write) {
    const bool whole = most_ == 0 || node::has_messages(ends_[from].kind);
    std::string_view rest = write.octets;
    while (!rest.empty()) {
      const auto piece = rest.substr(0, whole ? rest.size() : 1 + random_->below(most_));
      rest.remove_prefix(piece.size());
      after(kDelay, [this, to = ends_[from].other, text = std::string(piece)]() mutable {
        if (!ends_.contains(to)) return;
        ends_[to].arrived.push_back(std::move(text));
        deliver(to);
      });
    }
  }
  void deliver(Place to) {
    while (ends_.contains(to) && !ends_[to].paused && !ends_[to].arrived.empty()) {
      auto& end = ends_[to];
      const auto text = std::move(end.arrived.front());
      end.arrived.pop_front();
      const auto from = end.other;
      to.first->hear(to.second, node::Octets{text});
      if (!ends_.contains(from)) continue;
      auto& writer = ends_[from];
      writer.unread -= text.size();
      if (writer.unread > 0) continue;
      if (writer.leaving) {
        ends_.erase(from);
        close(to, "");
      } else {
        from.first->hear(from.second, node::Drained{});
      }
    }
  }
  void hang_up(Place place) {
    auto& end = ends_[place];
    if (end.unread > 0) {
      end.leaving = true;
      return;
    }
    const auto there = end.other;
    ends_.erase(place);
    if (there.first != nullptr) after(kDelay, [this, there] { close(there, ""); });
  }
  void close(Place place, const std::string& why) {
    if (place.first == nullptr || ends_.erase(place) == 0) return;
    node::Closed closed;
    closed.why = why;
    place.first->hear(place.second, closed);
  }

  core::Instant now_{};
  std::uint64_t order_ = 0;
  std::uint64_t accepted_ = 0;
  std::size_t most_ = 0;
  std::optional<core::Random> random_;
  std::vector<node::StreamTarget> dials_;
  using Queue = std::map<std::pair<core::Instant, std::uint64_t>, std::function<void()>>;
  Queue queue_;
  std::map<std::pair<Party*, node::TimerKey>, Queue::iterator> timers_;
  std::map<std::pair<std::string, std::uint16_t>, Party*> listening_;
  std::map<Place, End> ends_;
};

}  // namespace rcs::msrp
