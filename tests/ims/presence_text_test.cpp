// What watchers of a user are told, and when (RFC 6665, RFC 3856).
#include "presence_net.hpp"

using namespace rcs;
using namespace rcs::test;

TEST_CASE("PRES-20 PRES-21: who subscribes is told at once, along the way that the core has recorded") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  two.net.wires().clear();
  CHECK(two.subscribe(600) == 200);
  CHECK(two.net.hops({"SUBSCRIBE", "NOTIFY"}) ==
        std::vector<std::string>{"sender>o-cscf SUBSCRIBE", "o-cscf>t-cscf SUBSCRIBE", "t-cscf>ps SUBSCRIBE",
                                 "ps>t-cscf NOTIFY", "t-cscf>o-cscf NOTIFY", "o-cscf>sender NOTIFY"});
  const auto& response = two.sender.responses.back();
  CHECK(*response.header("Expires") == "600");
  CHECK(response.contacts.at(0).uri.host == two.net.core().address("ps").host);
  CHECK(two.told().size() == 1);
  const auto& notify = two.last();
  CHECK(notify.call_id == response.call_id);
  CHECK(notify.to_tag() == response.from_tag());
  CHECK(notify.from_tag() == response.to_tag());
  CHECK(notify.request_uri == two.sender.contact_uri());
  CHECK(*notify.header("Event") == "presence");
  CHECK(*notify.header("Content-Type") == "application/pidf+xml");
  CHECK(two.state() == "active;expires=600");
  CHECK(two.known() == std::vector<std::string>{kChat});
}

TEST_CASE("PRES-20 PRES-23: a refresh is answered by a NOTIFY too, and so is the end") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  CHECK(two.subscribe(600) == 200);
  two.net.run_for(100s);
  two.net.wires().clear();
  CHECK(two.resubscribe(900) == 200);
  CHECK(two.net.hops({"SUBSCRIBE"}) == std::vector<std::string>{"sender>o-cscf SUBSCRIBE",
                                                                "o-cscf>t-cscf SUBSCRIBE",
                                                                "t-cscf>ps SUBSCRIBE"});
  CHECK(two.told().size() == 2);
  CHECK(two.state() == "active;expires=900");
  CHECK(two.resubscribe(0) == 200);
  CHECK(two.told().size() == 3);
  CHECK(two.state() == "terminated;reason=timeout");
  CHECK(two.known() == std::vector<std::string>{kChat});
  CHECK(two.resubscribe(900) == 481);
  CHECK(two.told().size() == 3);
  CHECK(two.kept() == 1);  // what is published
}

TEST_CASE("PRES-23: a fetch is one NOTIFY, and leaves nothing behind") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  const auto before = two.kept();
  CHECK(two.subscribe(0) == 200);
  CHECK(*two.sender.responses.back().header("Expires") == "0");
  CHECK(two.told().size() == 1);
  CHECK(two.state() == "terminated;reason=timeout");
  CHECK(two.known() == std::vector<std::string>{kChat});
  two.net.run_for(100s);
  CHECK(two.kept() == before);
  CHECK(two.told().size() == 1);
}

TEST_CASE("PRES-22: subscriptions of less than a minute get 423, long ones a day") {
  PresenceUsers two;
  CHECK(two.subscribe(59) == 423);
  CHECK(PresenceUsers::field(two.sender, "Min-Expires") == "60");
  CHECK(two.told().empty());
  CHECK(two.kept() == 0);
  CHECK(two.subscribe(1'000'000) == 200);
  CHECK(*two.sender.responses.back().header("Expires") == "86400");
  CHECK(two.state() == "active;expires=86400");
  CHECK(two.resubscribe(30) == 423);
  CHECK(two.told().size() == 1);
  CHECK(two.kept() == 1);
}

TEST_CASE("PRES-24: another package is 489, another type 406, and a list is not taken as one user") {
  PresenceUsers two;
  const auto status = [&](const std::function<void(sip::Message&)>& spoil) {
    auto request = two.to_subscribe(600);
    spoil(request);
    return two.send(two.sender, request);
  };
  CHECK(status([](auto& r) { r.set_header("Event", "presence.winfo"); }) == 489);
  CHECK(PresenceUsers::field(two.sender, "Allow-Events") == "presence");
  CHECK(status([](auto& r) { r.set_header("Accept", "application/watcherinfo+xml"); }) == 406);
  CHECK(PresenceUsers::field(two.sender, "Accept") == "application/pidf+xml");
  CHECK(status([](auto& r) { r.add_header("Require", "eventlist"); }) == 420);
  CHECK(PresenceUsers::field(two.sender, "Unsupported") == "eventlist");
  CHECK(status([](auto& r) { r.contacts.clear(); }) == 400);
  CHECK(two.told().empty());
  CHECK(status([](auto& r) {
          r.set_header("Accept", "multipart/related, application/rlmi+xml, application/pidf+xml;q=0.5");
          r.add_header("Supported", "eventlist");
        }) == 200);
  CHECK(status([](auto& r) { r.remove_header("Accept"); }) == 200);
  CHECK(status([](auto& r) { r.set_header("Accept", "*/*"); }) == 200);
  CHECK(two.told().size() == 3);
}

TEST_CASE(
    "CAP-51 PRES-5: a user that is not of the domain is 404, one who has told nothing has a NOTIFY of "
    "nothing") {
  ims::CoreConfig config;
  config.users = {"01087654321", "01012345678"};
  PresenceUsers two(config);
  auto unknown = two.to_subscribe(0);
  unknown.request_uri = sip::make_sip_uri("01099999999", "domain.com");
  CHECK(two.send(two.sender, unknown) == 404);
  CHECK(two.told().empty());
  CHECK(two.subscribe(0) == 200);
  REQUIRE(two.told().size() == 1);
  CHECK(two.last().body.empty());
  CHECK(two.last().header("Content-Type") == nullptr);
}

TEST_CASE("PRES-8 CAP-51: who is away is what it has published, until that runs out") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat}), 600) == 200);
  two.receiver.send_register(0);
  two.net.run_for(1s);
  CHECK(two.subscribe(0) == 200);
  CHECK(two.known() == std::vector<std::string>{kChat});
  two.net.run_for(600s);
  CHECK(two.subscribe(0) == 200);
  CHECK(two.last().body.empty());
}

TEST_CASE("PRES-8: two devices are one document, and when one runs out the other stays") {
  PresenceUsers two;
  auto& second = Device::add(two.net, "second", "10.1.0.9", "01012345678");
  second.send_register();
  two.net.run_for(1s);
  CHECK(two.publish(two.receiver, services({kChat}), 600) == 200);
  CHECK(two.publish(second, services({kFiles}), 3600) == 200);
  CHECK(two.subscribe(3600) == 200);
  CHECK(two.known() == std::vector<std::string>{kChat, kFiles});
  const auto presence = body::parse_pidf(two.last().body);
  CHECK(presence->entity == "sip:01012345678@domain.com");
  CHECK(presence->tuples[0].id != presence->tuples[1].id);
  const auto id_before = presence->tuples[1].id;
  const auto tag = PresenceUsers::tag(second);
  two.net.run_for(601s);
  CHECK(two.told().size() == 2);
  CHECK(two.known() == std::vector<std::string>{kFiles});
  CHECK(two.publish(second, services({kChat, kFiles}), 3600, tag) == 200);
  two.net.run_for(6s);
  CHECK(two.known() == std::vector<std::string>{kChat, kFiles});
  CHECK(body::parse_pidf(two.last().body)->tuples[0].id == id_before);  // the same device, the same ids
}

TEST_CASE("PRES-8: who watches learns that there is nothing any more") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  CHECK(two.subscribe(3600) == 200);
  two.net.run_for(10s);
  CHECK(two.publish(two.receiver, "", 0, PresenceUsers::tag(two.receiver)) == 200);
  two.net.run_for(1s);
  CHECK(two.told().size() == 2);
  CHECK_FALSE(two.last().body.empty());
  CHECK(two.known().empty());
}

TEST_CASE("PRES-8: one user has one state, whichever form of its identity is asked for") {
  ims::CoreConfig config;
  config.numbers.country_code = "82";
  PresenceUsers two(config);
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  auto request = two.to_subscribe(0);
  request.request_uri.scheme = "tel";
  request.request_uri.user = "+821012345678";
  request.request_uri.host.clear();
  CHECK(two.send(two.sender, request) == 200);
  REQUIRE(two.told().size() == 1);
  CHECK(two.known() == std::vector<std::string>{kChat});
}

TEST_CASE("PRES-29: of many changes in 5 s a watcher is told the first, and what it has come to") {
  PresenceUsers two;
  CHECK(two.subscribe(3600) == 200);
  two.net.run_for(10s);
  two.net.wires().clear();
  CHECK(two.publish(two.receiver, services({})) == 200);
  CHECK(two.told().size() == 2);  // the one of the SUBSCRIBE before
  for (const char* service : {kFiles, kChat, kFiles, kChat}) {
    CHECK(two.publish(two.receiver, services({service}), 3600, PresenceUsers::tag(two.receiver)) == 200);
  }
  CHECK(two.told().size() == 2);
  two.net.run_for(6s);
  CHECK(two.told().size() == 3);
  CHECK(two.known() == std::vector<std::string>{kChat});
  std::vector<Instant> times;
  for (const auto& wire : two.net.wires()) {
    if (wire.from == "ps" && wire.label == "NOTIFY") times.push_back(wire.time);
  }
  REQUIRE(times.size() == 2);
  CHECK(times[1] - times[0] == 5s);
  two.net.run_for(100s);
  CHECK(two.told().size() == 3);
}

TEST_CASE("PRES-23: a subscription that is not refreshed ends with a last NOTIFY") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat}), 7200) == 200);
  CHECK(two.subscribe(600) == 200);
  two.net.run_for(601s);
  CHECK(two.told().size() == 2);
  CHECK(two.state() == "terminated;reason=timeout");
  CHECK(two.known() == std::vector<std::string>{kChat});
  CHECK(two.kept() == 1);
  two.net.run_for(100s);
  CHECK(two.publish(two.receiver, services({kFiles}), 3600, PresenceUsers::tag(two.receiver)) == 200);
  two.net.run_for(10s);
  CHECK(two.told().size() == 2);
}

TEST_CASE("PRES-27: a watcher that is not there any more is told nothing any more") {
  PresenceUsers two;
  CHECK(two.publish(two.receiver, services({kChat}), 7200) == 200);
  CHECK(two.subscribe(3600) == 200);
  CHECK(two.kept() == 2);
  two.net.run_for(10s);
  two.net.kill("sender");
  CHECK(two.publish(two.receiver, services({kFiles}), 7200, PresenceUsers::tag(two.receiver)) == 200);
  two.net.run_for(40s);  // 64 * T1
  CHECK(two.kept() == 1);
}

TEST_CASE("PRES-22: within a dialog the requests have their order, and the subscription its name") {
  PresenceUsers two;
  auto request = two.to_subscribe(600);
  request.set_header("Event", "presence; id=a7 ; x=y");
  const auto sent = request;
  CHECK(two.send(two.sender, request) == 200);
  CHECK(*two.last().header("Event") == "presence;id=a7");
  two.dialog = *sip::Dialog::from_response(sent, two.sender.responses.back());
  auto old = two.dialog;
  CHECK(two.resubscribe(600) == 481);  // of another id
  CHECK(two.resubscribe(600, "presence;id=a7") == 200);
  std::swap(old, two.dialog);
  CHECK(two.resubscribe(600, "presence;id=a7") == 500);  // the number of before
  CHECK(two.told().size() == 2);
}

TEST_CASE("PRES-20: a watcher that moves is told at its new place") {
  PresenceUsers two;
  auto& other = Device::add(two.net, "other", "10.1.0.8", "01087654321");
  CHECK(two.subscribe(600) == 200);
  auto request = two.dialog.make_request("SUBSCRIBE");
  request.add_header("Event", "presence");
  request.contacts.resize(1);
  request.contacts[0].uri = other.contact_uri();
  CHECK(two.send(two.sender, request) == 200);
  CHECK(two.told().size() == 1);
  CHECK(other.got("NOTIFY").size() == 1);
}

TEST_CASE("PRES-20 REG-30: a watcher behind a connection that it has made is told over that") {
  PresenceUsers two;
  two.net.core().set_tls_address("o-cscf", {"core.example", 5061});
  auto hop = two.sender.entry();
  hop.transport = sip::Transport::tls;
  const auto subscribe = two.to_subscribe(600);
  two.sender.send(subscribe, hop);
  two.net.run_for(20ms);
  REQUIRE(two.sender.status_of("SUBSCRIBE") == 200);
  REQUIRE(two.told().size() == 1);
  const auto* wire = two.net.find("o-cscf>sender NOTIFY");
  REQUIRE(wire != nullptr);
  CHECK(wire->transport == sip::Transport::tls);
  CHECK(two.net.find("t-cscf>o-cscf NOTIFY")->transport == sip::Transport::udp);
  two.net.run_for(10s);
  CHECK(two.publish(two.receiver, services({kChat})) == 200);
  CHECK(two.told().size() == 2);
  auto dialog = sip::Dialog::from_response(subscribe, two.sender.responses.back());
  REQUIRE(dialog);
  auto refresh = dialog->make_request("SUBSCRIBE");
  refresh.add_header("Event", "presence");
  two.sender.responses.clear();
  two.sender.send(refresh, hop);
  two.net.run_for(20ms);
  CHECK(two.sender.status_of("SUBSCRIBE") == 200);
  CHECK(two.told().size() == 3);
}

// --- the criteria
// --------------------------------------------------------------------------------------------------------

TEST_CASE("IFC-4: without the presence server no device is asked in its place") {
  PresenceUsers two;
  two.net.kill("ps", true);
  CHECK(two.subscribe(600) == 503);
  CHECK(two.publish(two.receiver, services({kChat})) == 503);
  CHECK(two.receiver.got("SUBSCRIBE").empty());
}
