#include "harness/virtual_sip.hpp"

#include "sip/codec.hpp"

namespace rcs::harness {

namespace {

std::string end_of_link(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

}  // namespace

std::string encode_for_wire(const sip::Message& message) { return sip::encode(message); }

void VirtualSip::attach(const std::string& host, std::uint16_t port, Port handlers) {
  ports_[{host, port}] = std::move(handlers);
}

void VirtualSip::detach(const std::string& host, std::uint16_t port) { ports_.erase({host, port}); }

const std::string& VirtualSip::address_of(const std::string& host) const {
  const auto named = names_.find(host);
  return named == names_.end() ? host : named->second;
}

void VirtualSip::send(const sip::Hop& self, const sip::Hop& to, const sip::Message& message,
                      std::string octets) {
  if (loses_(self, to, message)) return;
  const auto from_key = end_of_link(self.host, self.port);
  const auto to_key = end_of_link(address_of(to.host), to.port);
  core::Instant arrival;
  if (to.transport == sip::Transport::udp) {
    const auto at = links_.datagram(wheel_.now(), from_key, to_key);
    if (!at) return;
    arrival = *at;
  } else {
    arrival = links_.stream(wheel_.now(), from_key, to_key);
  }
  wheel_.after(arrival - wheel_.now(),
               [this, self, to, octets = std::move(octets)] { deliver(self, to, octets); });
}

void VirtualSip::deliver(const sip::Hop& self, const sip::Hop& to, const std::string& octets) {
  const auto receiver = ports_.find({address_of(to.host), to.port});
  if (receiver == ports_.end()) {
    const auto sender = ports_.find({self.host, self.port});
    if (sender != ports_.end()) sender->second.on_unreachable(to, "connection refused");
    return;
  }
  auto message = sip::decode(octets);
  if (!message) return;  // what can not be read is dropped, as a stack on sockets would
  sip::Hop from = self;
  from.transport = to.transport;
  receiver->second.on_message(from, std::move(*message), octets);
}

}  // namespace rcs::harness
