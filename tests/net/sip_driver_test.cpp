#include "net/sip_driver.hpp"

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "net/raw_peer.hpp"
#include "net/sip_words.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Instant;
using rcs::net::Loop;
using rcs::net::SipDriver;
using rcs::net::SipTap;
using rcs::node::TimerKey;
using rcs::sip::Hop;
using rcs::sip::Transport;
using rcs::test::message_request;

namespace {

/// Answers requests, and after each sends one of its own when a timer fires.
struct EchoNode {
  using Outbox = rcs::node::Outbox<rcs::sip::Message, Hop, std::string>;

  void on_message(Instant, const Hop& from, rcs::sip::Message message, Outbox& out) {
    if (message.is_response()) return out.emit("answer " + std::to_string(message.status));
    out.send(from, rcs::sip::make_response(message, 200, "e1"));
    if (message.call_id == "quiet") return;
    back = from;
    out.arm({1, 1}, 2ms);
    out.arm({1, 2}, 1ms);
    out.cancel({1, 2});
  }
  void on_timer(Instant, TimerKey key, Outbox& out) {
    out.emit("timer " + std::to_string(key.id));
    out.send(back, message_request("quiet"));
  }
  void on_unreachable(Instant, const Hop& to, const std::string&, Outbox& out) {
    out.emit("unreachable " + to.to_string());
  }

  Hop back;
};

std::string who(const Hop&) { return "peer"; }

}  // namespace

TEST_CASE("a driver feeds its node, carries out its effects and keeps the record") {
  Loop loop;
  rcs::trace::Recorder recorder;
  EchoNode alice_node;
  EchoNode bob_node;
  SipTap alice_tap(recorder, "alice", who);
  SipTap bob_tap(recorder, "bob", who);
  std::vector<std::string> alice_events;
  std::vector<std::string> bob_events;
  SipDriver<EchoNode, std::string> alice(loop, &alice_tap,
                                         [&](std::string event) { alice_events.push_back(event); });
  SipDriver<EchoNode, std::string> bob(loop, &bob_tap,
                                       [&](std::string event) { bob_events.push_back(event); });
  REQUIRE(alice.open({"127.0.0.1", 0}));
  alice.attach(alice_node);
  bob.attach(bob_node);
  const auto at = bob.open({"127.0.0.1", 0});
  REQUIRE(at);

  alice.act([&](Instant, EchoNode&, EchoNode::Outbox& out) {
    out.send(Hop{Transport::udp, at->host, at->port, {}}, message_request("one"));
  });
  REQUIRE(loop.run_until([&] { return bob_events.size() == 2; }, 5s));
  CHECK(alice_events == std::vector<std::string>{"answer 200"});
  CHECK(bob_events == std::vector<std::string>{"timer 1", "answer 200"});

  const auto& records = recorder.records();
  REQUIRE(records.size() == 4);
  CHECK(records[0].label == "MESSAGE");
  CHECK(records[1].label == "200 MESSAGE");
  CHECK(records[1].cause == records[0].id);
  CHECK(records[2].label == "MESSAGE");
  CHECK(records[2].cause == records[0].id);  // through the timer that the first message armed
  CHECK(records[3].cause == records[2].id);
}

TEST_CASE("a driver tells its node who can not be reached, and is silent after close") {
  Loop loop;
  EchoNode node;
  std::vector<std::string> events;
  SipDriver<EchoNode, std::string> driver(loop, nullptr, [&](std::string event) { events.push_back(event); });
  const auto send = [](std::uint16_t port) {
    return [port](Instant, EchoNode&, EchoNode::Outbox& out) {
      out.send(Hop{Transport::udp, "127.0.0.1", port, {}}, message_request("one"));
    };
  };
  driver.attach(node);
  driver.act(send(9));  // before it is open: lost
  REQUIRE(driver.open({"127.0.0.1", 0}));
  std::uint16_t dead = 0;
  {
    rcs::test::RawSocket gone(SOCK_DGRAM);
    dead = gone.bind();
  }
  driver.act(send(dead));
  REQUIRE(loop.run_until([&] { return events.size() == 1; }, 5s));
  CHECK(events[0] == "unreachable udp:127.0.0.1:" + std::to_string(dead));
  driver.act(send(dead));
  driver.close();
  driver.act(send(dead));
  bool turned = false;
  loop.after(5ms, [&] { turned = true; });
  REQUIRE(loop.run_until([&] { return turned; }, 5s));
  CHECK(events.size() == 1);
}
