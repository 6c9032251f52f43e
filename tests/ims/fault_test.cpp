// Loss, death, loops and garbage.
#include "device.hpp"

using namespace rcs;
using namespace rcs::test;

TEST_CASE("SIM-13: whichever datagram is lost once, the chat completes and nothing is left behind") {
  // How many messages a run has without loss.
  std::size_t total = 0;
  {
    TwoUsers two;
    two.sender.invite(two.receiver.uri());
    two.net.run_for(10s);
    total = two.net.wires().size();
  }
  REQUIRE(total > 30);
  for (std::size_t lost = 0; lost < total; ++lost) {
    CAPTURE(lost);
    TwoUsers two;
    std::string what = "(by stream)";
    two.net.lose = [&](const Wire& wire, std::size_t index) {
      if (index == lost) what = wire.from + ">" + wire.to + " " + wire.label;
      return index == lost;
    };
    two.sender.invite(two.receiver.uri());
    two.net.run_for(60s);
    CAPTURE(what);
    CHECK(two.sender.status_of("INVITE") == 200);
    CHECK(two.receiver.got("INVITE").size() == 1);
    CHECK_FALSE(two.receiver.got("ACK").empty());
    CHECK(two.sender.got("UPDATE").size() == 1);
    CHECK(two.net.notices_of(ims::Notice::Kind::chat_accepted) == 1);
    two.sender.bye();
    two.net.run_for(600s);
    CHECK(two.receiver.got("BYE").size() == 1);
    for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
  }
}

TEST_CASE("SIM-13: every second datagram lost at random, chats still complete") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    TwoUsers two;
    core::Random random(seed);
    two.net.lose = [&](const Wire&, std::size_t) { return random.below(100) < 30; };
    two.sender.invite(two.receiver.uri());
    two.net.run_for(200s);
    CHECK(two.sender.status_of("INVITE") == 200);
    CHECK(two.receiver.got("INVITE").size() >= 1);
  }
}

TEST_CASE("a dead core node: the sender is told, or times out at a dead entry") {
  const bool refuses = GENERATE(true, false);
  TwoUsers two;
  two.net.kill("t-cscf", refuses);
  two.sender.invite(two.receiver.uri());
  two.net.run_for(100s);
  CHECK(two.sender.status_of("INVITE") == (refuses ? 503 : 408));
  TwoUsers other;
  other.net.kill("o-cscf", refuses);
  other.sender.invite(other.receiver.uri());
  other.net.run_for(100s);
  CHECK(other.sender.timeouts == 1);
}

TEST_CASE("CHAT-20: a large invitation goes by stream on every hop") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri(), "id-1", std::string(20'000, 'x'));
  two.net.run_for(1s);
  CHECK(two.receiver.got("ACK").size() == 1);
  for (const auto& wire : two.net.wires()) {
    if (wire.label == "INVITE") CHECK(wire.transport == sip::Transport::tcp);
  }
}

TEST_CASE("SIM-1 PGR-33: Max-Forwards at its end is 483, Proxy-Require 420, OPTIONS to a node itself 200") {
  TwoUsers two;
  auto message = two.sender.request("MESSAGE", two.receiver.uri());
  message.max_forwards = 0;
  two.sender.send(message);
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("MESSAGE") == 483);
  message.max_forwards = 3;
  message.call_id = "b";
  two.sender.send(message);
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("MESSAGE") == 483);
  message.max_forwards.reset();
  message.call_id = "c";
  message.add_header("Proxy-Require", "telepathy");
  two.sender.send(message);
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("MESSAGE") == 420);
  CHECK(*two.sender.responses.back().header("Unsupported") == "telepathy");
  auto options = two.sender.request("OPTIONS", sip::make_sip_uri("", "10.0.0.1", 5060));
  two.sender.send(options);
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("OPTIONS") == 200);
  CHECK(two.sender.responses.back().lists("Allow", "INVITE"));
}

TEST_CASE("SIM-1: a request that comes round and round is 482") {
  TwoUsers two;
  auto message = two.sender.request("MESSAGE", two.receiver.uri());
  for (int i = 0; i < 8; ++i) {
    sip::Via via;
    via.host = "10.0.0.1";
    via.port = 5060;
    sip::set_param(via.params, "branch", "z9hG4bK" + std::to_string(i));
    message.vias.push_back(via);
  }
  two.sender.send(message);
  two.net.run_for(100ms);
  const auto wires = two.net.hops();
  CHECK(std::count(wires.begin(), wires.end(), "o-cscf>sender 482 MESSAGE") == 1);
  CHECK(std::count(wires.begin(), wires.end(), "o-cscf>o-imas MESSAGE") == 0);
}

TEST_CASE("SIM-1: a request within a dialog that leads back to its proxy is refused, not passed round") {
  TwoUsers two;
  auto bye = two.sender.request("BYE", sip::make_sip_uri("", "10.0.0.1", 5060));
  sip::set_param(bye.to.params, "tag", "x");
  two.sender.send(bye);
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("BYE") == 481);
  CHECK(two.net.hops().size() == 2);
}

TEST_CASE("unknown methods pass, MESSAGE visits both servers, unknown dialogs are 481") {
  TwoUsers two;
  two.sender.send(two.sender.request("NEWTHING", two.receiver.uri()));
  two.sender.send(two.sender.request("MESSAGE", two.receiver.uri()));
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("NEWTHING") == 200);
  CHECK(two.sender.status_of("MESSAGE") == 200);
  CHECK(two.net.hops({"MESSAGE"}) ==
        std::vector<std::string>{"sender>o-cscf MESSAGE", "o-cscf>o-imas MESSAGE", "o-imas>o-cscf MESSAGE",
                                 "o-cscf>t-cscf MESSAGE", "t-cscf>t-imas MESSAGE", "t-imas>t-cscf MESSAGE",
                                 "t-cscf>receiver MESSAGE"});
  auto bye = two.sender.request("BYE", sip::make_sip_uri("", "10.0.0.4", 5060));
  sip::set_param(bye.to.params, "tag", "x");
  two.sender.send(bye);
  two.net.run_for(100ms);
  CHECK(two.sender.status_of("BYE") == 481);
}

TEST_CASE("CHAT-21: bodies that are not an invitation are refused, not crashed on") {
  TwoUsers two;
  const auto status_for = [&](const std::string& type, const std::string& body) {
    auto invite = two.sender.make_invite(two.receiver.uri());
    invite.set_header("Content-Type", type);
    invite.body = body;
    two.sender.send(invite);
    two.net.run_for(1s);
    return two.sender.status_of("INVITE");
  };
  CHECK(status_for("image/png", "x") == 415);
  CHECK(status_for("multipart/mixed", "x") == 400);
  CHECK(status_for("multipart/mixed;boundary=b", "no delimiter") == 400);
  CHECK(status_for("application/sdp", "nonsense") == 400);
  CHECK(status_for("application/sdp", "v=0\nm=o 0P\xff\xff") == 400);
  const std::string audio = "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
  CHECK(status_for("application/sdp", audio) == 488);
  CHECK(two.receiver.got("INVITE").empty());
  CHECK(status_for("application/sdp", kOffer) == 200);
  two.net.run_for(600s);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}

TEST_CASE("CHAT-10: an INVITE without an offer gets one; an active offer a passive answer") {
  TwoUsers two;
  auto invite = two.sender.make_invite(two.receiver.uri());
  invite.remove_header("Content-Type");
  invite.body.clear();
  two.sender.send(invite);
  two.net.run_for(100ms);
  CHECK(two.sender.responses.back().body.find("a=setup:active") != std::string::npos);
  auto active = two.sender.make_invite(two.receiver.uri());
  active.body.replace(active.body.find("actpass"), 7, "active");
  active.body += "m=audio 9 RTP/AVP 0\r\n";
  two.sender.send(active);
  two.net.run_for(100ms);
  const auto& body = two.sender.responses.back().body;
  CHECK(body.find("a=setup:passive") != std::string::npos);
  CHECK(body.find("m=audio 0 RTP/AVP 0") != std::string::npos);
}

TEST_CASE("SIM-15: one seed, one run; another seed, other tags") {
  const auto run = [](std::uint64_t seed) {
    SipNet net({}, seed);
    auto& sender = Device::add(net, "sender", "10.1.0.1", "01087654321");
    auto& receiver = Device::add(net, "receiver", "10.1.0.2", "01012345678");
    sender.send_register();
    receiver.send_register();
    net.run_for(1s);
    sender.invite(receiver.uri(), "id-1");
    net.run_for(400s);
    std::string all;
    for (const auto& wire : net.wires()) all += sip::encode(wire.message);
    return all;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("hostile input: mangled messages of a real run crash and hang no node") {
  std::vector<std::string> seeds;
  {
    TwoUsers two;
    two.sender.session_expires = "1800;refresher=uac";
    two.sender.invite(two.receiver.uri(), "id-1");
    two.net.run_for(1s);
    two.sender.bye();
    two.net.run_for(1s);
    two.sender.send_register();
    two.net.run_for(1s);
    for (const auto& wire : two.net.wires()) seeds.push_back(sip::encode(wire.message));
  }
  TwoUsers two;
  core::Random random(42);
  std::size_t taken = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string octets = seeds[random.below(seeds.size())];
    for (auto edits = random.below(4); edits > 0; --edits) {
      const auto at = random.below(octets.size());
      const auto span = 1 + random.below(8);
      switch (random.below(4)) {
        case 0:
          octets[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          octets.erase(at, span);
          break;
        case 2:
          octets.insert(at, octets.substr(random.below(octets.size()), span));
          break;
        default:
          octets.insert(at, "\r\nRoute: <sip:10.0.0.1;lr;odi=7>");
          break;
      }
    }
    auto message = sip::decode(octets);
    if (!message) continue;
    ++taken;
    auto& node = two.net.core().at(random.below(4));
    const bool inside = random.below(2) == 0;
    const sip::Hop from{sip::Transport::udp, inside ? "10.0.0.1" : "10.1.0.77", 5060, {}};
    ims::NodeOutbox out;
    node.on_message(two.net.now(), from, std::move(*message), out);
    CHECK(out.effects().size() < 200);
    two.net.carry_out(node.name(), out);
    two.net.run_for(20ms);
  }
  CHECK(taken > 1000);
  two.net.run_for(26h);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}
