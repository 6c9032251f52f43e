// Devices behind TLS connections that they have made: they are reached over those alone (RFC 5626).

#include <memory>
#include <variant>

#include "ims/core.hpp"
#include "sip/transaction.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using ims::NodeOutbox;

namespace {

constexpr core::Instant kNow{};
const sip::Hop kAlice{sip::Transport::tls, "192.0.2.7", 40'001, sip::FlowId{7}};
const sip::Hop kBob{sip::Transport::tls, "192.0.2.8", 40'002, sip::FlowId{8}};

/// A core whose nodes are asked one by one.
struct Bench {
  Bench() : core(make_config(), core::RandomSource(1)) {
    core.set_tls_address("o-cscf", {"core.example", 5061});
  }
  static ims::CoreConfig make_config() {
    ims::CoreConfig config;
    for (std::size_t i = 0; i < config.addresses.size(); ++i)
      config.addresses[i] = {"10.0.0." + std::to_string(i + 1), 5060};
    return config;
  }
  sip::Hop at(const std::string& node) const {
    return {sip::Transport::udp, core.address(node).host, core.address(node).port, {}};
  }
  /// What the node sends because of it, but for 100 Trying.
  std::vector<NodeOutbox::Send> hear(const std::string& node, const sip::Hop& from, sip::Message message) {
    NodeOutbox out;
    core.node(node)->on_message(kNow, from, std::move(message), out);
    return sends(out);
  }
  static std::vector<NodeOutbox::Send> sends(NodeOutbox& out) {
    std::vector<NodeOutbox::Send> sent;
    for (auto& effect : out.take()) {
      auto* send = std::get_if<NodeOutbox::Send>(&effect);
      if (send != nullptr && send->message.status != 100) sent.push_back(std::move(*send));
    }
    return sent;
  }
  /// Registers a device and gives the way to it, as the registrar keeps it.
  sip::NameAddr path_of(const std::string& user, const sip::Hop& device) {
    const auto sent = hear("o-cscf", device, request("REGISTER", user, device));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].to == at("t-cscf"));
    const auto* path = sent[0].message.header("Path");
    REQUIRE(path != nullptr);
    const auto value = sip::parse_name_addr(*path);
    REQUIRE(value);
    const auto answers = hear("t-cscf", at("o-cscf"), sent[0].message);
    REQUIRE(!answers.empty());
    CHECK(answers[0].message.status == 200);
    hear("o-cscf", at("t-cscf"), answers[0].message);
    return *value;
  }
  /// As a device sends it to the core.
  sip::Message request(const std::string& method, const std::string& user, const sip::Hop& device) {
    sip::Message message;
    message.method = method;
    const auto identity = sip::make_sip_uri(user, "domain.com");
    message.request_uri = method == "REGISTER" ? sip::make_sip_uri("", "domain.com") : identity;
    sip::Via via;
    via.transport = "TLS";
    via.host = device.host;
    via.port = device.port;
    via.params = {{"branch", "z9hG4bK" + std::to_string(++serial)}};
    message.vias = {via};
    message.from.uri = identity;
    message.from.params = {{"tag", "f1"}};
    message.to.uri = identity;
    message.call_id = "call-" + std::to_string(serial);
    message.cseq = {1, method};
    sip::NameAddr contact;
    contact.uri = sip::make_sip_uri(user, device.host, device.port);
    contact.uri.params = {{"transport", "tls"}};
    message.contacts = {contact};
    return message;
  }
  /// As another node of the core sends it on, by a route.
  sip::Message from_core(const std::string& method, const sip::NameAddr& route) {
    auto message = request(method, "alice", kAlice);
    message.vias.front().transport = "UDP";
    message.vias.front().host = core.address("t-cscf").host;
    message.vias.front().port = core.address("t-cscf").port;
    message.request_uri = sip::make_sip_uri("bob", "192.0.2.8", 40'002);
    message.routes = {route};
    return message;
  }

  ims::Core core;
  int serial = 0;
};

}  // namespace

TEST_CASE("REG-30: who registers over TLS gets a Path through the node that holds the connection") {
  Bench bench;
  const auto path = bench.path_of("alice", kAlice);
  CHECK(path.uri.host == "10.0.0.1");
  CHECK_FALSE(path.uri.user.empty());
  CHECK(sip::find_param(path.uri.params, "lr") != nullptr);
  CHECK(bench.path_of("bob", kBob).uri.user != path.uri.user);
  SECTION("one that the device has brought along does not count") {
    auto message = bench.request("REGISTER", "carol", kAlice);
    message.add_header("Path", "<sip:evil@203.0.113.1;lr>");
    const auto sent = bench.hear("o-cscf", kAlice, message);
    REQUIRE(sent.size() == 1);
    const auto values = sent[0].message.header_values("Path");
    REQUIRE(values.size() == 1);
    CHECK(std::string(values[0]).find("evil") == std::string::npos);
  }
  SECTION("over other transports devices are dialled, as ever") {
    const sip::Hop udp{sip::Transport::udp, "192.0.2.9", 5060, {}};
    const auto sent = bench.hear("o-cscf", udp, bench.request("REGISTER", "dave", udp));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].message.header("Path") == nullptr);
  }
}

TEST_CASE("REG-31: what comes by that Path goes over the connection of the device") {
  Bench bench;
  bench.path_of("alice", kAlice);
  const auto path = bench.path_of("bob", kBob);
  const std::string method = GENERATE("MESSAGE", "OPTIONS", "INVITE");
  const auto sent = bench.hear("o-cscf", bench.at("t-cscf"), bench.from_core(method, path));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].to == kBob);
  CHECK(sent[0].message.routes.empty());
  CHECK(sent[0].message.request_uri.user == "bob");
  CHECK(sent[0].message.vias.front().transport == "TLS");
  CHECK(sent[0].message.vias.front().port == 5061);
  if (method != "INVITE") {
    CHECK(sent[0].message.record_routes.empty());
    return;
  }
  // RFC 5658: the device goes on over TLS, the core by the name of the connection.
  const auto& recorded = sent[0].message.record_routes;
  REQUIRE(recorded.size() == 2);
  CHECK(recorded[0].to_string() == "<sip:core.example:5061;transport=tls;lr>");
  CHECK(recorded[1].uri == path.uri);
}

TEST_CASE("RFC 5658: a device that calls over TLS is found again by the recorded route") {
  Bench bench;
  bench.path_of("alice", kAlice);
  auto invite = bench.request("INVITE", "alice", kAlice);
  invite.request_uri = invite.to.uri = sip::make_sip_uri("bob", "domain.com");
  const auto sent = bench.hear("o-cscf", kAlice, invite);
  REQUIRE(sent.size() == 1);
  const auto& recorded = sent[0].message.record_routes;
  REQUIRE(recorded.size() == 2);
  CHECK(recorded[1].to_string() == "<sip:core.example:5061;transport=tls;lr>");
  // A BYE of the network, by the route set as it stands.
  auto bye = bench.from_core("BYE", recorded[0]);
  bye.routes.push_back(recorded[1]);
  bye.to.params = {{"tag", "t1"}};
  const auto back = bench.hear("o-cscf", bench.at("t-cscf"), bye);
  REQUIRE(back.size() == 1);
  CHECK(back[0].to == kAlice);
  // And one of the device.
  auto own = bench.request("BYE", "alice", kAlice);
  own.to.params = {{"tag", "t1"}};
  own.routes = {recorded[1], recorded[0]};
  own.request_uri = sip::make_sip_uri("", "10.0.0.3", 5060);
  const auto away = bench.hear("o-cscf", kAlice, own);
  REQUIRE(away.size() == 1);
  CHECK(away[0].to == bench.at("t-cscf"));
}

TEST_CASE("RFC 5626 5.3: a name of a connection that was not given is 430, and strangers may use none") {
  Bench bench;
  bench.path_of("alice", kAlice);
  auto path = bench.path_of("bob", kBob);
  SECTION("forged") {
    auto& name = path.uri.user;
    name.replace(name.find('-') + 1, 1, "7");
    const auto sent = bench.hear("o-cscf", bench.at("t-cscf"), bench.from_core("MESSAGE", path));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].message.status == ims::kFlowFailed);
  }
  SECTION("of a life before this one") {
    bench.core.restart("o-cscf");
    const auto sent = bench.hear("o-cscf", bench.at("t-cscf"), bench.from_core("MESSAGE", path));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].message.status == ims::kFlowFailed);
  }
  SECTION("from a stranger") {
    auto message = bench.request("MESSAGE", "alice", kAlice);
    message.routes = {path};
    message.to.uri = message.request_uri = sip::make_sip_uri("bob", "domain.com");
    const auto sent = bench.hear("o-cscf", kAlice, message);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].to.transport == sip::Transport::udp);
  }
}

TEST_CASE(
    "RFC 5626 5.3.1: a connection that has ended is 430 to the registrar's node, and 480 to the caller") {
  Bench bench;
  bench.path_of("alice", kAlice);
  bench.path_of("bob", kBob);
  auto message = bench.request("MESSAGE", "alice", kAlice);
  message.to.uri = message.request_uri = sip::make_sip_uri("bob", "domain.com");
  // From the sender's side it is on its way to t-cscf ...
  auto asserted = bench.from_core("MESSAGE", {});
  asserted.routes.clear();
  asserted.vias.front().host = "10.0.0.2";
  asserted.request_uri = message.request_uri;
  asserted.add_header("P-Asserted-Identity", "<sip:alice@domain.com>");
  asserted.add_header("Content-Type", "text/plain");
  auto sent = bench.hear("t-cscf", bench.at("o-imas"), asserted);
  REQUIRE(sent.size() == 1);
  while (sent[0].to != bench.at("o-cscf")) {  // ... and through the servers of the receiver
    const std::string node = sent[0].to == bench.at("t-imas") ? "t-imas" : "t-cscf";
    const auto from = node == "t-imas" ? bench.at("t-cscf") : bench.at("t-imas");
    sent = bench.hear(node, from, sent[0].message);
    REQUIRE(sent.size() == 1);
  }
  const auto over = bench.hear("o-cscf", bench.at("t-cscf"), sent[0].message);
  REQUIRE(over.size() == 1);
  CHECK(over[0].to == kBob);
  NodeOutbox out;
  bench.core.node("o-cscf")->on_unreachable(kNow, kBob, "the peer closed the connection", out);
  const auto failed = Bench::sends(out);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].message.status == ims::kFlowFailed);
  CHECK(failed[0].message.reason == "Flow Failed");
  const auto told = bench.hear("t-cscf", bench.at("o-cscf"), failed[0].message);
  REQUIRE(!told.empty());
  CHECK(told[0].message.status == 480);
}
