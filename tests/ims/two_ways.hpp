#pragma once
// Two users of whom each may write in a chat or by SIP MESSAGE, and a terminating server that goes between
// the two ways.

#include <string>
#include <vector>

#include "body/imdn.hpp"
#include "msrp_peer.hpp"

namespace rcs::test {

using Ids = std::vector<std::string>;

inline const std::string kTypes =
    "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state></isComposing>";

struct TwoWays : TwoChatters {
  explicit TwoWays(ims::CoreConfig config = {}, bool receiver_registers = true)
      : TwoChatters(std::move(config), receiver_registers) {}

  /// A MESSAGE from `from` to the other one.
  sip::Message make(Device& from, const std::string& body, const std::string& type = "message/cpim") {
    auto message = from.request("MESSAGE", other(from).uri());
    message.add_header("Content-Type", type);
    message.body = body;
    return message;
  }
  /// The answer that its sender has after `wait`; 0: none.
  int page(Device& from, const sip::Message& message, Duration wait = 1s) {
    from.responses.clear();
    from.send(message);
    net().run_for(wait);
    return from.status_of("MESSAGE");
  }
  int page(Device& from, const std::string& id, Duration wait = 1s) {
    return page(from, make(from, text(id)), wait);
  }
  static std::string text(const std::string& id) { return cpim_text(id, "text of " + id); }
  Device& other(const Device& one) { return &one == &two.sender ? two.receiver : two.sender; }
  static Ids bodies(const Device& device) {
    Ids result;
    for (const auto* message : device.got("MESSAGE")) result.push_back(message->body);
    return result;
  }
  /// Its device can not be reached, then registers.
  void come() {
    two.receiver.send_register();
    net().run_for(1s);
  }
  std::size_t waiting() { return net().core().stored_for(two.receiver.uri()); }
  void check_over() {
    net().run_for(400s);
    for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(net().core().at(i).open() == 0);
  }
};

}  // namespace rcs::test
