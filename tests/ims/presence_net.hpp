#pragma once
// One user who watches and one who publishes, with raw requests, at a whole core.

#include <string>
#include <vector>

#include "body/pidf.hpp"
#include "device.hpp"

namespace rcs::test {

inline constexpr const char* kChat = "org.openmobilealliance:IM-session";
inline constexpr const char* kFiles = "org.openmobilealliance:File-Transfer";

inline std::string services(const std::vector<std::string>& names) {
  body::Presence presence;
  presence.entity = "tel:+821087654321";
  for (const auto& name : names) {
    body::PresenceTuple tuple;
    tuple.id = "a" + std::to_string(presence.tuples.size());
    tuple.open = true;
    tuple.service_id = name;
    tuple.version = "1.0";
    presence.tuples.push_back(std::move(tuple));
  }
  return body::format_pidf(presence);
}

/// The sender watches; the receiver, and its second device, publish.
struct PresenceUsers : TwoUsers {
  explicit PresenceUsers(ims::CoreConfig config = {}) : TwoUsers(std::move(config)) {}

  sip::Message to_publish(Device& device, const std::string& body, std::uint32_t expires = 3600) {
    auto request = device.request("PUBLISH", device.uri());
    request.add_header("Event", "presence");
    request.add_header("Expires", std::to_string(expires));
    if (!body.empty()) request.add_header("Content-Type", "application/pidf+xml");
    request.body = body;
    return request;
  }
  int send(Device& device, sip::Message request) {
    const auto method = request.method;
    device.responses.clear();
    device.send(std::move(request));
    net.run_for(20ms);
    return device.status_of(method);
  }
  int publish(Device& device, const std::string& body, std::uint32_t expires = 3600,
              const std::string& tag = "") {
    auto request = to_publish(device, body, expires);
    if (!tag.empty()) request.add_header("SIP-If-Match", tag);
    return send(device, std::move(request));
  }
  static std::string field(const Device& device, const char* name) {
    const auto* value = device.responses.empty() ? nullptr : device.responses.back().header(name);
    return value == nullptr ? "" : *value;
  }
  static std::string tag(const Device& device) { return field(device, "SIP-ETag"); }

  sip::Message to_subscribe(std::uint32_t expires) {
    auto request = sender.request("SUBSCRIBE", receiver.uri());
    request.add_header("Event", "presence");
    request.add_header("Expires", std::to_string(expires));
    request.add_header("Accept", "application/pidf+xml");
    request.contacts.resize(1);
    request.contacts[0].uri = sender.contact_uri();
    return request;
  }
  int subscribe(std::uint32_t expires) {
    auto request = to_subscribe(expires);
    const auto sent = request;
    const int status = send(sender, std::move(request));
    if (status == 200) {
      auto made = sip::Dialog::from_response(sent, sender.responses.back());
      REQUIRE(made);
      dialog = *made;
    }
    return status;
  }
  /// In the dialog.
  int resubscribe(std::uint32_t expires, const std::string& event = "presence") {
    auto request = dialog.make_request("SUBSCRIBE");
    request.add_header("Event", event);
    request.add_header("Expires", std::to_string(expires));
    request.contacts.resize(1);
    request.contacts[0].uri = sender.contact_uri();
    return send(sender, std::move(request));
  }
  std::vector<const sip::Message*> told() const { return sender.got("NOTIFY"); }
  const sip::Message& last() const {
    REQUIRE_FALSE(told().empty());
    return *told().back();
  }
  std::string state() const { return *last().header("Subscription-State"); }
  /// What the watcher was told last: the services, in their order.
  std::vector<std::string> known() const {
    const auto presence = body::parse_pidf(last().body);
    REQUIRE(presence);
    std::vector<std::string> names;
    for (const auto& tuple : presence->tuples) names.push_back(tuple.service_id);
    return names;
  }
  /// Publications and subscriptions that the server holds, its transactions being over.
  std::size_t kept() {
    net.run_for(40s);
    return net.core().node("ps")->open();
  }

  sip::Dialog dialog;
};

}  // namespace rcs::test
