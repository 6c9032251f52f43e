#include "harness/virtual_streams.hpp"

#include <variant>
#include <vector>

namespace rcs::harness {
namespace {

bool breaks(StreamFault fault) {
  return fault == StreamFault::before || fault == StreamFault::within || fault == StreamFault::after;
}

}  // namespace

std::unique_ptr<VirtualStreams::Port> VirtualStreams::attach(std::string host, OnNews on_news) {
  std::unique_ptr<Port> port(new Port(*this, ++last_port_, std::move(host), std::move(on_news)));
  ports_[port->id_] = port.get();
  return port;
}

VirtualStreams::Port::~Port() {
  on_news_ = [](node::ConnectionId, const node::StreamNews&) {};
  cut();
  std::erase_if(network_.listeners_, [&](const auto& entry) { return entry.second.port == id_; });
  network_.ports_.erase(id_);
}

void VirtualStreams::Port::listen(std::uint16_t port, node::StreamKind kind) {
  network_.listeners_[{host_, port}] = {id_, kind};
}

void VirtualStreams::Port::act(node::ConnectionId connection, node::StreamAction action) {
  if (const auto* dial = std::get_if<node::Dial>(&action)) return network_.dial(*this, connection, dial->to);
  const auto place = ends_.find(connection);
  if (place == ends_.end()) return;  // it has ended, and the node is about to hear so
  if (auto* write = std::get_if<node::Write>(&action)) {
    network_.write(place->second, std::move(write->octets));
  } else if (std::holds_alternative<node::HangUp>(action)) {
    network_.hang_up(place->second);
  }
  // A Pause changes nothing here: what is under way is held in this memory either way.
}

void VirtualStreams::Port::cut() {
  std::vector<Place> all;
  for (const auto& [name, place] : ends_) all.push_back(place);
  for (const auto& place : all) network_.break_up(place.connection, place.end, "connection reset");
}

VirtualStreams::Connection* VirtualStreams::find(std::uint64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

void VirtualStreams::carry(Port::Place from, std::function<void()> work) {
  const Connection& connection = connections_.at(from.connection);
  // A link of its own, so that what else these two hosts say to each other keeps its delays.
  const auto arrival = links_.stream(wheel_.now(), connection.ends[from.end].host + ":msrp",
                                     connection.ends[1 - from.end].host + ":msrp");
  wheel_.after(arrival - wheel_.now(), std::move(work));
}

void VirtualStreams::tell(Port::Place place, const node::StreamNews& news) {
  const Connection* connection = find(place.connection);
  if (connection == nullptr) return;
  const End& end = connection->ends[place.end];
  const auto port = ports_.find(end.port);
  if (port != ports_.end()) port->second->on_news_(end.name, news);
}

void VirtualStreams::close(Port::Place place, const std::string& why) {
  Connection* connection = find(place.connection);
  if (connection == nullptr) return;
  End end = connection->ends[place.end];
  connection->ends[place.end].port = 0;
  if (connection->ends[1 - place.end].port == 0) connections_.erase(place.connection);
  const auto port = ports_.find(end.port);
  if (port == ports_.end()) return;
  port->second->ends_.erase(end.name);
  port->second->on_news_(end.name, node::Closed{why});
}

void VirtualStreams::dial(Port& port, node::ConnectionId name, const node::StreamTarget& target) {
  const std::uint64_t id = ++last_connection_;
  Connection& connection = connections_[id];
  connection.ends[0] = {port.id_, name, port.host_, 0};
  connection.ends[1].host = target.host;
  port.ends_[name] = {id, 0};
  carry({id, 0}, [this, id, target] { arrive(id, target); });
}

void VirtualStreams::arrive(std::uint64_t id, const node::StreamTarget& target) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->ends[0].port == 0) return;
  const auto listener = listeners_.find({target.host, target.port});
  if (listener == listeners_.end() || listener->second.kind != target.kind) {
    const std::string why =
        target.host + ":" + std::to_string(target.port) +
        (listener == listeners_.end() ? ": connection refused" : ": expected another kind of connection");
    return carry({id, 1}, [this, id, why] { close({id, 0}, why); });
  }
  Port& port = *ports_.at(listener->second.port);
  const auto name = node::accepted_connection(++port.accepted_);
  connection->ends[1].port = port.id_;
  connection->ends[1].name = name;
  port.ends_[name] = {id, 1};
  carry({id, 1}, [this, id] { tell({id, 0}, node::Opened{}); });
  tell({id, 1}, node::Accepted{target.kind, target.port, target.resource, {}});
}

void VirtualStreams::write(Port::Place place, std::string octets) {
  if (octets.empty()) return;
  ++connections_.at(place.connection).ends[place.end].in_flight;
  carry(place, [this, place, octets = std::move(octets)] { deliver(place, octets); });
}

void VirtualStreams::deliver(Port::Place from, const std::string& octets) {
  const Connection* connection = find(from.connection);
  if (connection == nullptr) return;
  const Port::Place to{from.connection, 1 - from.end};
  if (connection->ends[to.end].port == 0) return;
  const StreamFault fault =
      fault_of_ ? fault_of_(connection->ends[from.end].host, connection->ends[to.end].host, octets)
                : StreamFault::none;
  if (fault == StreamFault::within && octets.size() > 1) {
    tell(to, node::Octets{std::string_view(octets).substr(0, octets.size() / 2)});
  } else if (fault != StreamFault::before && fault != StreamFault::lost) {
    tell(to, node::Octets{octets});
  }
  if (fault == StreamFault::twice) tell(to, node::Octets{octets});
  if (breaks(fault)) return break_up(from.connection, to.end, "connection reset");
  Connection* left = find(from.connection);  // unless hearing that made the peer hang up
  if (left == nullptr) return;
  End& writer = left->ends[from.end];
  if (writer.in_flight == 0 || --writer.in_flight != 0) return;
  tell(from, node::Drained{});
}

void VirtualStreams::hang_up(Port::Place place) {
  Connection& connection = connections_.at(place.connection);
  End& end = connection.ends[place.end];
  if (const auto port = ports_.find(end.port); port != ports_.end()) port->second->ends_.erase(end.name);
  end.port = 0;
  const Port::Place peer{place.connection, 1 - place.end};
  if (connection.ends[peer.end].port == 0) {
    connections_.erase(place.connection);
    return;
  }
  carry(place, [this, peer] { close(peer, {}); });
}

void VirtualStreams::break_up(std::uint64_t id, std::size_t near, const std::string& why) {
  const Connection* connection = find(id);
  if (connection == nullptr) return;
  const Port::Place far{id, 1 - near};
  if (connection->ends[far.end].port != 0) carry({id, near}, [this, far, why] { close(far, why); });
  close({id, near}, why);
}

}  // namespace rcs::harness
