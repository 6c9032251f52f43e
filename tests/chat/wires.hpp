#pragma once
// Connections between agents in virtual time: what node/stream.hpp asks for, in order and with a delay. A
// test may cut them, at once or at an octet of its choice.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "node/stream.hpp"

namespace rcs::chat::test {

class Wires {
 public:
  using Hear = std::function<void(node::ConnectionId, const node::StreamNews&)>;
  using Later = std::function<void(core::Duration, std::function<void()>)>;

  /// SAFETY: `later` may be called as long as this lives.
  Wires(Later later, core::Duration delay) : later_(std::move(later)), delay_(delay) {}

  void listen(const std::string& host, std::uint16_t port, Hear hear) {
    listeners_[{host, port}] = std::move(hear);
  }

  /// What the node that hears by `own` asks of a connection.
  void act(const std::string& node, const Hear& own, node::ConnectionId id, node::StreamAction action) {
    if (auto* dial = std::get_if<node::Dial>(&action)) return connect(node, own, id, dial->to);
    const auto found = ends_.find({node, id});
    if (found == ends_.end()) return;
    auto wire = found->second.wire;
    const int side = found->second.side;
    if (auto* write = std::get_if<node::Write>(&action)) {
      written.push_back(write->octets);
      if (cut_at && cut_at(write->octets)) return cut(wire, "reset by peer");
      later_(delay_, [this, wire, side, octets = std::move(write->octets)] {
        if (!wire->up) return;
        tell(*wire, 1 - side, node::Octets{octets});
        tell(*wire, side, node::Drained{});
      });
    } else {
      forget(*wire, side);
      later_(delay_, [this, wire, side] {
        if (!wire->up) return;
        wire->up = false;
        tell(*wire, 1 - side, node::Closed{});
        forget(*wire, 1 - side);
      });
    }
  }

  /// All connections break.
  void cut_all() {
    std::vector<std::shared_ptr<Wire>> wires;
    for (const auto& [key, end] : ends_) {
      if (end.side == 0) wires.push_back(end.wire);
    }
    for (const auto& wire : wires) cut(wire, "cut");
  }
  std::size_t open() const { return ends_.size() / 2; }
  std::size_t dialled() const { return dialled_; }

  std::vector<std::string> written;
  std::function<bool(const std::string&)> cut_at;  ///< true: the connection breaks instead of taking this
  bool refusing = false;                           ///< nobody gets through

 private:
  struct Wire {
    bool up = true;
    Hear hear[2];
    std::string node[2];
    node::ConnectionId id[2];
  };
  struct End {
    std::shared_ptr<Wire> wire;
    int side = 0;
  };

  void connect(const std::string& node, const Hear& own, node::ConnectionId id,
               const node::StreamTarget& to) {
    ++dialled_;
    const auto listener = listeners_.find({to.host, to.port});
    if (refusing || listener == listeners_.end()) {
      const std::string why = "connection refused by " + to.host + ":" + std::to_string(to.port);
      return later_(2 * delay_, [own, id, why] { own(id, node::Closed{why}); });
    }
    auto wire = std::make_shared<Wire>();
    wire->hear[0] = own;
    wire->hear[1] = listener->second;
    wire->node[0] = node;
    wire->node[1] = to.host;
    wire->id[0] = id;
    wire->id[1] = node::accepted_connection(++accepted_);
    ends_[{wire->node[0], wire->id[0]}] = {wire, 0};
    ends_[{wire->node[1], wire->id[1]}] = {wire, 1};
    later_(delay_, [this, wire, port = to.port] {
      if (wire->up) tell(*wire, 1, node::Accepted{node::StreamKind::tcp, port, {}, {}});
    });
    later_(2 * delay_, [this, wire] {
      if (wire->up) tell(*wire, 0, node::Opened{});
    });
  }
  void cut(const std::shared_ptr<Wire>& wire, const std::string& why) {
    wire->up = false;
    later_(core::Duration{}, [this, wire, why] {
      for (const int side : {0, 1}) {
        tell(*wire, side, node::Closed{why});
        forget(*wire, side);
      }
    });
  }
  /// Nothing to an end that has hung up.
  void tell(const Wire& wire, int side, const node::StreamNews& news) {
    if (ends_.contains({wire.node[side], wire.id[side]})) wire.hear[side](wire.id[side], news);
  }
  void forget(const Wire& wire, int side) { ends_.erase({wire.node[side], wire.id[side]}); }

  Later later_;
  core::Duration delay_;
  std::map<std::pair<std::string, std::uint16_t>, Hear> listeners_;
  std::map<std::pair<std::string, node::ConnectionId>, End> ends_;
  std::uint64_t accepted_ = 0;
  std::size_t dialled_ = 0;
};

}  // namespace rcs::chat::test
