#pragma once
// Connections in virtual time, as node/stream.hpp has them: dialled by address over simulated links, every
// octet there and in order; what the links lose comes later, never not at all. Connections break as a test
// wants it.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "harness/stream_fault.hpp"
#include "node/stream.hpp"
#include "sim/links.hpp"
#include "sim/wheel.hpp"

namespace rcs::harness {

class VirtualStreams {
 public:
  using OnNews = std::function<void(node::ConnectionId, const node::StreamNews&)>;

  /// One node's end of the network.
  class Port {
   public:
    /// Everybody it was connected with is told that it is gone.
    ~Port();
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    /// Others may dial this port of its host.
    void listen(std::uint16_t port, node::StreamKind kind = node::StreamKind::tcp);
    void act(node::ConnectionId connection, node::StreamAction action);
    /// All its connections break, at both ends.
    void cut();
    std::size_t connections() const { return ends_.size(); }

   private:
    friend class VirtualStreams;
    Port(VirtualStreams& network, std::uint64_t id, std::string host, OnNews on_news)
        : network_(network), id_(id), host_(std::move(host)), on_news_(std::move(on_news)) {}

    /// Which end of which connection a name of this node is.
    struct Place {
      std::uint64_t connection = 0;
      std::size_t end = 0;
    };
    VirtualStreams& network_;
    std::uint64_t id_;
    std::string host_;
    OnNews on_news_;
    std::map<node::ConnectionId, Place> ends_;
    std::uint64_t accepted_ = 0;
  };

  /// SAFETY: wheel and links outlive the network, the network its ports.
  VirtualStreams(sim::Wheel& wheel, sim::Links& links) : wheel_(wheel), links_(links) {}

  /// Connections from and to `host`; a host may have several ports.
  std::unique_ptr<Port> attach(std::string host, OnNews on_news);
  void set_faults(StreamFaultOf fault_of) { fault_of_ = std::move(fault_of); }

 private:
  struct End {
    std::uint64_t port = 0;  // 0: nobody, or not any more
    node::ConnectionId name;
    std::string host;
    std::size_t in_flight = 0;  // pieces it wrote that have not arrived
  };
  struct Connection {
    End ends[2];  // who dialled, who was dialled
  };
  struct Listener {
    std::uint64_t port = 0;
    node::StreamKind kind = node::StreamKind::tcp;
  };

  void dial(Port& port, node::ConnectionId name, const node::StreamTarget& target);
  void arrive(std::uint64_t id, const node::StreamTarget& target);
  void write(Port::Place place, std::string octets);
  void deliver(Port::Place from, const std::string& octets);
  void hang_up(Port::Place place);
  /// Both ends hear of it, the one at `near` at once.
  void break_up(std::uint64_t id, std::size_t near, const std::string& why);
  /// What `work` does happens when it has come from that end to the other one.
  void carry(Port::Place from, std::function<void()> work);
  void tell(Port::Place place, const node::StreamNews& news);
  /// The last that this end hears.
  void close(Port::Place place, const std::string& why);
  Connection* find(std::uint64_t id);

  sim::Wheel& wheel_;
  sim::Links& links_;
  StreamFaultOf fault_of_;
  std::uint64_t last_port_ = 0;
  std::uint64_t last_connection_ = 0;
  std::map<std::uint64_t, Port*> ports_;
  std::map<std::pair<std::string, std::uint16_t>, Listener> listeners_;
  std::map<std::uint64_t, Connection> connections_;
};

}  // namespace rcs::harness
