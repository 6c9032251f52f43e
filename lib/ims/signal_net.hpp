#pragma once
// Roles joined by Signals in virtual time, without a word of text: every send takes one latency, equal times
// keep their order. What the same roles decide under SIP text must be equal to what they decide here.

#include <cstdint>
#include <map>
#include <queue>
#include <unordered_map>
#include <vector>

#include "ims/role.hpp"
#include "ims/sip_node.hpp"

namespace rcs::ims {

class SignalNet {
 public:
  explicit SignalNet(Duration latency) : latency_(latency) {}

  /// SAFETY: `role` outlives the net. With `recorded` its decisions go into steps().
  void add(NodeId node, Role& role, bool recorded);
  /// A dead node: what is sent to it fails back at once with 503 (IFC-4).
  void kill(NodeId node) { dead_[node] = true; }
  /// Carries out what a role did when asked from outside.
  void carry_out(NodeId node, RoleOutbox& out);
  void run_until(Instant end);

  Instant now() const { return now_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Notice>& notices() const { return notices_; }

 private:
  struct Event {
    Instant time;
    std::uint64_t serial = 0;
    NodeId to;
    NodeId from;
    bool is_timer = false;
    node::TimerKey timer;
    Signal signal;
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : serial > other.serial;
    }
  };
  struct Member {
    Role* role = nullptr;
    bool recorded = false;
  };
  void carry_out(NodeId node, RoleOutbox& out, Step* step);

  Duration latency_;
  Instant now_{};
  std::uint64_t serial_ = 0;
  std::unordered_map<NodeId, Member> members_;
  std::unordered_map<NodeId, bool> dead_;
  std::map<std::pair<NodeId, node::TimerKey>, std::uint64_t> armed_;
  std::priority_queue<Event> queue_;
  std::vector<Step> steps_;
  std::vector<Notice> notices_;
};

}  // namespace rcs::ims
