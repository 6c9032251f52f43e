// What the presence server takes of a user's devices, and refuses (RFC 3903).
#include "ims/presence_text.hpp"
#include "presence_net.hpp"

using namespace rcs;
using namespace rcs::test;

TEST_CASE(
    "PRES-1 PRES-2 PRES-7: state is taken at the presence server, each time under a new tag, without a "
    "dialog") {
  PresenceUsers two;
  auto request = two.to_publish(two.receiver, services({kChat}), 600);
  two.net.wires().clear();
  CHECK(two.send(two.receiver, request) == 200);
  CHECK(two.net.hops({"PUBLISH"}) ==
        std::vector<std::string>{"receiver>o-cscf PUBLISH", "o-cscf>t-cscf PUBLISH", "t-cscf>ps PUBLISH"});
  const auto& response = two.receiver.responses.back();
  CHECK(response.record_routes.empty());
  CHECK(response.contacts.empty());
  CHECK(PresenceUsers::field(two.receiver, "Expires") == "600");
  const auto first = PresenceUsers::tag(two.receiver);
  CHECK(first.size() > 8);
  CHECK(two.publish(two.receiver, "", 7200, first) == 200);  // refreshed
  const auto second = PresenceUsers::tag(two.receiver);
  CHECK(second != first);
  CHECK(PresenceUsers::field(two.receiver, "Expires") == "7200");
  CHECK(two.publish(two.receiver, services({kFiles}), 3600, second) == 200);  // changed
  const auto third = PresenceUsers::tag(two.receiver);
  CHECK(third != second);
  CHECK(two.publish(two.receiver, "", 0, third) == 200);  // withdrawn
  CHECK(PresenceUsers::field(two.receiver, "Expires") == "0");
  CHECK(PresenceUsers::tag(two.receiver) != third);
  CHECK(two.kept() == 0);
}

TEST_CASE("PRES-3: a tag that is not in force any more, or never was, is 412") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  const auto first = PresenceUsers::tag(two.receiver);
  CHECK(two.publish(two.receiver, "", 3600, first) == 200);
  const auto second = PresenceUsers::tag(two.receiver);
  for (const auto& tag : {first, second + "0", std::string("abc"), std::string("0")}) {
    CAPTURE(tag);
    CHECK(two.publish(two.receiver, services({kFiles}), 3600, tag) == 412);
  }
  // Nobody reaches what another has published.
  auto foreign = two.to_publish(two.sender, services({kFiles}));
  foreign.add_header("SIP-If-Match", second);
  CHECK(two.send(two.sender, foreign) == 412);
  CHECK(two.subscribe(0) == 200);
  CHECK(two.known() == std::vector<std::string>{kChat});
}

TEST_CASE("PRES-3: a server that has forgotten all takes no tag of its life before for one of its own") {
  PresenceUsers before;
  CHECK(before.publish(before.receiver, services({kChat})) == 200);
  const auto tag = PresenceUsers::tag(before.receiver);
  SipNet net({}, 2);
  auto& device = Device::add(net, "receiver", "10.1.0.2", "01012345678");
  device.send_register();
  net.run_for(100ms);
  device.send(before.to_publish(device, services({kFiles})));
  net.run_for(100ms);
  REQUIRE(device.status_of("PUBLISH") == 200);
  auto again = before.to_publish(device, "");
  again.add_header("SIP-If-Match", tag);
  device.send(again);
  net.run_for(100ms);
  CHECK(device.status_of("PUBLISH") == 412);
}

TEST_CASE("PRES-4: a minute is the shortest time, a day the longest") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat}), 59) == 423);
  CHECK(PresenceUsers::field(two.receiver, "Min-Expires") == "60");
  CHECK(two.kept() == 0);
  CHECK(two.publish(two.receiver, services({kChat}), 60) == 200);
  CHECK(two.publish(two.receiver, services({kChat}), 1'000'000) == 200);
  CHECK(PresenceUsers::field(two.receiver, "Expires") == "86400");
  auto request = two.to_publish(two.receiver, services({kChat}));
  request.remove_header("Expires");
  CHECK(two.send(two.receiver, request) == 200);
  CHECK(PresenceUsers::field(two.receiver, "Expires") == "3600");
}

TEST_CASE("PRES-5: what is not presence, or of nobody, is refused with what would be taken") {
  ims::CoreConfig config;
  config.users = {"01087654321", "01012345678"};
  PresenceUsers two(config);
  const auto status = [&](const std::function<void(sip::Message&)>& spoil) {
    auto request = two.to_publish(two.receiver, services({kChat}));
    spoil(request);
    return two.send(two.receiver, request);
  };
  CHECK(status([](auto& r) { r.set_header("Event", "reg"); }) == 489);
  CHECK(PresenceUsers::field(two.receiver, "Allow-Events") == "presence");
  CHECK(status([](auto& r) { r.remove_header("Event"); }) == 489);
  CHECK(status([](auto& r) { r.set_header("Content-Type", "text/plain"); }) == 415);
  CHECK(PresenceUsers::field(two.receiver, "Accept") == "application/pidf+xml");
  CHECK(status([](auto& r) { r.remove_header("Content-Type"); }) == 415);
  CHECK(status([](auto& r) { r.add_header("Content-Encoding", "gzip"); }) == 415);
  CHECK(PresenceUsers::field(two.receiver, "Accept-Encoding") == "identity");
  CHECK(status([](auto& r) { r.add_header("SIP-If-Match", "a, b"); }) == 400);
  CHECK(status([](auto& r) { r.add_header("Require", "x"); }) == 420);
  CHECK(PresenceUsers::field(two.receiver, "Unsupported") == "x");
  CHECK(status([](auto& r) { r.body.clear(); }) == 400);
  CHECK(status([](auto& r) { r.set_header("Expires", "0"); }) == 400);
  CHECK(status([](auto& r) { r.request_uri.user = "01099999999"; }) == 404);
  CHECK(two.kept() == 0);
}

TEST_CASE("PRES-40: a document that is none is refused with the reason, a long one for its length") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, "<presence") == 400);
  CHECK(PresenceUsers::field(two.receiver, "Warning").starts_with("399 rcsgw \"presence: "));
  CHECK(two.publish(two.receiver, "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"><tuple/></presence>") ==
        400);
  CHECK(PresenceUsers::field(two.receiver, "Warning") ==
        "399 rcsgw \"presence: expected a tuple with an id\"");
  const auto shell = [](const std::string& inside) {
    return "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"><note>" + inside + "</note></presence>";
  };
  CHECK(two.publish(two.receiver, shell(std::string(ims::kMaxPublishedOctets, 'x'))) == 413);
  CHECK(two.publish(two.receiver, shell(std::string(ims::kMaxPublishedOctets / 2, '>'))) == 413);  // &gt;
  CHECK(two.kept() == 0);
  CHECK(two.publish(two.receiver, shell(std::string(ims::kMaxPublishedOctets - 100, 'x'))) == 200);
}

TEST_CASE("PRES-1: nobody publishes for another") {
  PresenceUsers two;
  auto request = two.sender.request("PUBLISH", two.receiver.uri());
  request.add_header("Event", "presence");
  request.add_header("Content-Type", "application/pidf+xml");
  request.body = services({kChat});
  CHECK(two.send(two.sender, request) == 403);
  auto asserted = two.sender.request("PUBLISH", two.receiver.uri());
  asserted.headers = request.headers;
  asserted.body = request.body;
  asserted.add_header("P-Asserted-Identity", "<" + two.receiver.uri().to_string() + ">");
  CHECK(two.send(two.sender, asserted) == 403);
  CHECK(two.kept() == 0);
}

TEST_CASE("PRES-5: other methods are told which there are") {
  PresenceUsers two;
  ims::NodeOutbox out;
  auto request = two.sender.request("INFO", two.receiver.uri());
  const auto& address = two.net.core().address("t-cscf");
  request.vias = {{.host = address.host, .port = 5060, .params = {{"branch", "z9hG4bK1"}}}};
  two.net.core().node("ps")->on_message(two.net.now(), {sip::Transport::udp, address.host, 5060, {}}, request,
                                        out);
  std::optional<sip::Message> answer;
  for (auto& effect : out.take()) {
    if (auto* send = std::get_if<ims::NodeOutbox::Send>(&effect)) answer = std::move(send->message);
  }
  REQUIRE(answer);
  CHECK(answer->status == 405);
  CHECK(*answer->header("Allow") == "PUBLISH, SUBSCRIBE, OPTIONS");
}
