// Sessions of an anchor: who may come, who is dialled, what is answered by the anchor itself, and how they
// end.

#include "msrp/anchor_parties.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace node = rcs::node;
using node::StreamKind;

namespace {

const std::string kText = "Message-ID: m1234\r\nByte-Range: 1-5/5\r\nContent-Type: text/plain\r\n";

std::string bodiless(std::string_view id, std::string_view to, std::string_view from,
                     std::string_view more = {}) {
  return wire(id, "SEND", to, from, "Message-ID: m" + std::string(id) + "\r\n" + std::string(more));
}

}  // namespace

TEST_CASE("MSRP-140, MSRP-142: requests, answers and reports pass, and only their paths change") {
  for (const auto in : {StreamKind::tcp, StreamKind::tls, StreamKind::ws, StreamKind::wss}) {
    for (const auto out : {StreamKind::tcp, StreamKind::tls, StreamKind::ws, StreamKind::wss}) {
      AnchorStage stage(in, out);
      stage.open();
      const auto towards_bob = [&](const std::string& id, const std::string& start, const std::string& lines,
                                   std::optional<std::string_view> body, char flag) {
        stage.alice.say(stage.at_alice, wire(id, start, stage.in_uri, stage.alice_path(), lines, body, flag));
        CHECK(stage.bob.heard(stage.at_bob) ==
              wire(id, start, stage.bob_path(), stage.out_uri, lines, body, flag));
      };
      const auto towards_alice = [&](const std::string& id, const std::string& start,
                                     const std::string& lines) {
        stage.bob.say(stage.at_bob, wire(id, start, stage.out_uri, stage.bob_path(), lines));
        CHECK(stage.alice.heard(stage.at_alice) == wire(id, start, stage.alice_path(), stage.in_uri, lines));
      };
      towards_bob("tid1", "SEND", "Message-ID: m1111\r\n", {}, '$');
      CHECK(stage.anchor.events == std::vector<std::string>{"up 1"});
      towards_alice("tid1", "200 OK", "");
      towards_bob("tid2", "SEND", "message-id:m2222\r\nX-Own:  two  blanks\r\n" + kText.substr(19), "hello",
                  '+');
      towards_alice("tid2", "413 too big", "X-Why: that\r\n");
      towards_bob("tid3", "SEND", "Success-Report: yes\r\nFailure-Report: partial\r\n" + kText, "", '#');
      towards_alice("r111", "REPORT", "Message-ID: m1234\r\nByte-Range: 1-5/5\r\nStatus: 000 200 OK\r\n");
      towards_bob("tid4", "NICKNAME", "Use-Nickname: \"Al\"\r\n", {}, '$');
      towards_alice("tid4", "425", "");
    }
  }
}

TEST_CASE("MSRP-50, MSRP-51: who names no session of the anchor gets 481, who names another's 506") {
  AnchorStage stage;
  stage.open();
  stage.alice.say(stage.at_alice, bodiless("tid1", stage.in_uri, kAlicePath));
  stage.bob.heard(stage.at_bob);
  OctetPeer mallory(stage.net);
  const auto id = mallory.dial(kInPort, StreamKind::tcp);
  const std::string own = "msrp://mallory.example:1/x;tcp";
  const auto asked = [&](const std::string& request) {
    mallory.say(id, request);
    const auto seen = decode_all(mallory.heard(id));
    return seen.messages.empty() ? 0 : seen.messages.back().head.status;
  };
  CHECK(asked(bodiless("tid2", stage.in_uri, own)) == 506);
  CHECK(asked(bodiless("tid3", stage.in_uri + " " + kBobPath, own)) == 481);
  CHECK(asked(bodiless("tid4", "msrp://anchor.example:9001/nobody;tcp", own)) == 481);
  CHECK(asked(bodiless("tid5", stage.in_uri, own, "Failure-Report: no\r\n")) == 0);
  CHECK(asked(wire("tid6", "REPORT", stage.in_uri, own, "Message-ID: mmmm\r\nStatus: 000 200 OK\r\n")) == 0);
  CHECK(asked(wire("tid7", "200 OK", stage.in_uri, own, "")) == 0);
  CHECK(asked(wire("tid8", "SEND", stage.in_uri, own, "Byte-Range: x\r\nMessage-ID: mmmm\r\n")) == 400);
  CHECK(stage.bob.heard(stage.at_bob).empty());
  CHECK(stage.alice.heard(stage.at_alice).empty());
  // The same URI in other letters is the same.
  auto other = stage.in_uri;
  other.replace(other.find("anchor"), 6, "ANCHOR");
  stage.alice.say(stage.at_alice, bodiless("tid9", other, kAlicePath));
  CHECK_FALSE(stage.bob.heard(stage.at_bob).empty());
}

TEST_CASE("MSRP-145: a WebSocket is opened at the resource of a leg, once, and nowhere else") {
  AnchorStage stage(StreamKind::wss, StreamKind::tcp);
  stage.set_up();
  const auto resource = attribute(stage.back, "ws-resource-path");
  CHECK(resource.size() == 33);
  CHECK(stage.anchor.anchor.has_resource(resource));
  CHECK_FALSE(stage.anchor.anchor.has_resource(resource + "?x"));
  CHECK_FALSE(stage.anchor.anchor.has_resource("/"));
  OctetPeer mallory(stage.net);
  CHECK_FALSE(mallory.is_open(mallory.dial(kInPort, StreamKind::wss, "/guessed")));
  CHECK_FALSE(mallory.is_open(mallory.dial(kInPort, StreamKind::ws, resource)));  // without TLS
  const auto plain = mallory.dial(kInPort, StreamKind::tls);
  mallory.say(plain, bodiless("tid1", stage.in_uri, kWebAlicePath));  // not by its resource
  CHECK(decode_all(mallory.heard(plain)).messages.at(0).head.status == 481);
  stage.connect();
  CHECK(stage.alice.is_open(stage.at_alice));
  CHECK_FALSE(stage.anchor.anchor.has_resource(resource));
  CHECK_FALSE(mallory.is_open(mallory.dial(kInPort, StreamKind::wss, resource)));
  CHECK(stage.anchor.events == std::vector<std::string>{"up 1"});
}

TEST_CASE("MSRP-146: nobody comes, and the session fails and leaves nothing") {
  AnchorConfig config;
  config.wait_time = 20s;
  SECTION("to a WebSocket") {
    AnchorStage stage(StreamKind::ws, StreamKind::tcp, config);
    stage.set_up();
    stage.net.run(19s);
    CHECK(stage.anchor.anchor.connections() == 1);  // to Bob
    stage.net.run(1s);
    CHECK(stage.anchor.events == std::vector<std::string>{"failed 1 nobody came within 20 s to the leg in"});
    CHECK_FALSE(stage.anchor.anchor.has_resource(attribute(stage.back, "ws-resource-path")));
    stage.net.run(1s);
    CHECK_FALSE(stage.bob.is_open(stage.bob.last));
    CHECK(stage.anchor.anchor.sessions() == 0);
    CHECK(stage.anchor.anchor.connections() == 0);
  }
  SECTION("to either") {
    AnchorStage stage(StreamKind::tcp, StreamKind::ws, config);
    stage.set_up();
    stage.net.run(20s);
    CHECK(stage.anchor.events ==
          std::vector<std::string>{"failed 1 nobody came within 20 s to the leg in and out"});
  }
  SECTION("with an answer") {
    AnchorStage stage(StreamKind::tcp, StreamKind::tcp, config);
    const auto at = AnchorParty::at(kInPort, StreamKind::tcp);
    REQUIRE(stage.anchor.offer(sdp_of(kAlicePath, "actpass"), at, at));
    stage.net.run(299s);
    CHECK(stage.anchor.events.empty());
    stage.net.run(1s);
    CHECK(stage.anchor.events == std::vector<std::string>{"failed 1 no answer to the offer within 300 s"});
    CHECK(stage.anchor.anchor.sessions() == 0);
  }
  SECTION("with a request on a connection") {
    AnchorStage stage(StreamKind::tcp, StreamKind::tcp, config);
    const auto id = stage.alice.dial(kInPort, StreamKind::tcp);
    stage.net.run(29s);
    CHECK(stage.alice.is_open(id));
    stage.net.run(2s);
    CHECK_FALSE(stage.alice.is_open(id));
    CHECK(stage.anchor.anchor.connections() == 0);
  }
}

TEST_CASE("MSRP-146: an answerer that can not be reached") {
  AnchorStage stage;
  stage.net.stop("bob.example", 9000);
  stage.set_up();
  stage.net.run(1s);
  CHECK(stage.anchor.events == std::vector<std::string>{"failed 1 the out leg: no connection: refused"});
  CHECK(stage.anchor.anchor.connections() == 0);
}

TEST_CASE("MSRP-149: the end of one connection or of the signalling is the end of the other") {
  struct Way {
    std::string how;
    std::string event;
  };
  const Way ways[] = {{"far", "ended 1 out"},
                      {"near", "ended 1 in"},
                      {"killed", "failed 1 the out leg: reset"},
                      {"in the middle", "failed 1 the out leg: the peer left in the middle of a message"},
                      {"signalling", "up 1"}};
  for (const auto& [how, event] : ways) {
    for (const auto in : {StreamKind::wss, StreamKind::tcp}) {
      CAPTURE(how);
      AnchorStage stage(in);
      stage.open();
      stage.alice.say(stage.at_alice, bodiless("tid1", stage.in_uri, stage.alice_path()));
      stage.net.run(1s);
      REQUIRE(stage.anchor.events == std::vector<std::string>{"up 1"});
      // What was said before is still told.
      stage.bob.say(stage.at_bob, wire("tid1", "200 OK", stage.out_uri, kBobPath, ""));
      if (how == "in the middle") {
        stage.bob.say(stage.at_bob, "MSRP tid2 SEND\r\n");
        stage.net.act(stage.bob, stage.at_bob, node::HangUp{});
      }
      if (how == "far") stage.net.act(stage.bob, stage.at_bob, node::HangUp{});
      if (how == "near") stage.net.act(stage.alice, stage.at_alice, node::HangUp{});
      if (how != "near") {
        const auto heard = stage.alice.heard(stage.at_alice);
        CHECK(heard == wire("tid1", "200 OK", stage.alice_path(), stage.in_uri, ""));
      }
      if (how == "killed") stage.net.kill(stage.bob, stage.at_bob);
      if (how == "signalling") stage.anchor.end(stage.session);
      stage.net.run(1s);
      if (how != "near") CHECK_FALSE(stage.alice.is_open(stage.at_alice));
      if (how != "far" && how != "in the middle") CHECK_FALSE(stage.bob.is_open(stage.at_bob));
      CHECK(stage.anchor.events.back() == event);
      CHECK(stage.anchor.anchor.connections() == 0);
      CHECK(stage.anchor.anchor.sessions() == 0);
      CHECK(stage.anchor.anchor.held() == 0);
      stage.anchor.end(stage.session);  // is gone
    }
  }
}

TEST_CASE("MSRP-142: where its own transport fails, the anchor tells who has sent") {
  AnchorStage stage;
  stage.open();
  const auto sent = [&](const std::string& id, const std::string& more, bool whole) {
    auto text = wire(id, "SEND", stage.in_uri, kAlicePath, more + kText, "hello");
    if (!whole) text.resize(text.size() - 20);
    stage.alice.say(stage.at_alice, text);
    stage.net.run(1s);
    stage.net.kill(stage.bob, stage.at_bob);
    return decode_all(stage.alice.heard(stage.at_alice)).messages;
  };
  SECTION("of a chunk that was not answered") {
    const auto told = sent("tid1", "", true);
    REQUIRE(told.size() == 1);
    CHECK(told[0].head.method == "REPORT");
    CHECK(told[0].head.message_id == "m1234");
    CHECK(told[0].head.report_status->code == 408);
    CHECK(told[0].head.byte_range->end == 5U);
    CHECK(told[0].head.to_path == kAlicePath);
    CHECK(told[0].head.from_path == stage.in_uri);
  }
  SECTION("of one that is coming in") {
    const auto told = sent("tid1", "Failure-Report: partial\r\n", false);
    REQUIRE(told.size() == 1);
    CHECK(told[0].head.status == 481);
    CHECK(told[0].head.transaction_id == "tid1");
  }
  SECTION("not of one whose sender does not want it") {
    CHECK(sent("tid1", "Failure-Report: no\r\n", false).empty());
  }
  SECTION("not of one that was answered") {
    stage.alice.say(stage.at_alice, wire("tid1", "SEND", stage.in_uri, kAlicePath, kText, "hello"));
    stage.bob.heard(stage.at_bob);
    stage.bob.say(stage.at_bob, wire("tid1", "200 OK", stage.out_uri, kBobPath, ""));
    stage.alice.heard(stage.at_alice);
    stage.net.kill(stage.bob, stage.at_bob);
    CHECK(stage.alice.heard(stage.at_alice).empty());
  }
  SECTION("and ends what was told of a message that can not go on") {
    auto text = wire("tid9", "SEND", stage.out_uri, kBobPath, kText, "hello");
    text.resize(text.size() - 20);
    stage.alice.say(stage.at_alice, bodiless("tid1", stage.in_uri, kAlicePath, "Failure-Report: no\r\n"));
    stage.net.run(1s);
    stage.bob.say(stage.at_bob, text);
    stage.net.run(1s);
    stage.net.kill(stage.bob, stage.at_bob);
    const auto told = decode_all(stage.alice.heard(stage.at_alice)).messages;
    REQUIRE(told.size() == 1);
    CHECK(told[0].end == Flag::abandoned);
  }
}

TEST_CASE("MSRP-150: who connects is the offerer, unless it can not, and to a WebSocket always its client") {
  StreamNet net;
  AnchorParty anchor(net);
  OctetPeer alice(net, "alice.example");
  OctetPeer bob(net, "bob.example");
  const auto tcp = AnchorParty::at(kInPort, StreamKind::tcp);
  const auto set_up = [&](const std::string& offered, const std::string& answered) {
    const auto offer =
        anchor.offer(sdp_of(kAlicePath, offered), tcp, AnchorParty::at(kOutPort, StreamKind::tcp));
    REQUIRE(offer);
    CHECK(attribute(offer->sdp, "setup") == "actpass");
    const auto answer = anchor.answer(offer->session, sdp_of(kBobPath, answered));
    REQUIRE(answer);
    net.run(1s);
    return attribute(*answer, "setup");
  };
  CHECK(set_up("actpass", "passive") == "passive");
  REQUIRE(net.dials().size() == 1);
  CHECK(net.dials()[0].host == "bob.example");
  // Whom we dial has to hear which session it is (MSRP-81), and owes no answer to us.
  const auto opening = decode_all(bob.heard(bob.last)).messages;
  REQUIRE(opening.size() == 1);
  CHECK(opening[0].head.to_path == kBobPath);
  CHECK_FALSE(opening[0].head.has_body);
  CHECK(opening[0].head.failure_report == FailureReport::no);

  CHECK(set_up("active", "active") == "passive");
  CHECK(net.dials().size() == 1);
  CHECK(set_up("passive", "active") == "active");
  REQUIRE(net.dials().size() == 2);
  CHECK(net.dials()[1].host == "alice.example");

  const auto web =
      anchor.offer(sdp_of(kAlicePath, "actpass"), tcp, AnchorParty::at(kOutPort, StreamKind::wss));
  CHECK(attribute(web->sdp, "setup") == "actpass");
  CHECK(anchor.answer(web->session, sdp_of(kWebBobPath, "passive")));
  CHECK(net.dials().size() == 2);
  // Where nobody listens on the out leg, the answerer has to.
  auto nowhere = AnchorParty::at(9, StreamKind::tcp);
  CHECK(attribute(anchor.offer(sdp_of(kAlicePath, "actpass"), tcp, nowhere)->sdp, "setup") == "active");
  nowhere.kind = StreamKind::ws;
  CHECK_FALSE(anchor.offer(sdp_of(kAlicePath, "actpass"), tcp, nowhere));
}

TEST_CASE("MSRP-151: a session is there at once, and what comes before its other side is waits in order") {
  AnchorStage stage(StreamKind::tcp, StreamKind::ws);
  stage.set_up();
  CHECK(stage.anchor.anchor.sessions() == 1);
  stage.at_alice = stage.alice.dial(kInPort, StreamKind::tcp);
  std::vector<std::string> wanted;
  for (int i = 0; i < 20; ++i) {
    const auto id = "tid" + std::to_string(10 + i);
    stage.alice.say(stage.at_alice, wire(id, "SEND", stage.in_uri, kAlicePath, kText, "hello"));
    wanted.push_back(wire(id, "SEND", stage.bob_path(), stage.out_uri, kText, "hello"));
  }
  stage.net.run(1s);
  CHECK(stage.anchor.events.empty());
  const auto id = stage.bob.dial(kOutPort, StreamKind::ws, attribute(stage.onward, "ws-resource-path"));
  CHECK(stage.bob.messages(id) == wanted);
  CHECK(stage.anchor.events == std::vector<std::string>{"up 1"});
}

TEST_CASE("MSRP-151: an answerer that is faster than its answer is heard when that is there") {
  AnchorStage stage;
  const auto offered =
      stage.anchor.offer(sdp_of(kAlicePath, "actpass"), AnchorParty::at(kInPort, StreamKind::tcp),
                         AnchorParty::at(kOutPort, StreamKind::tcp));
  const auto out_uri = attribute(offered->sdp, "path");
  const auto at_bob = stage.bob.dial(kOutPort, StreamKind::tcp);
  stage.bob.say(at_bob, wire("tid1", "SEND", out_uri, kBobPath, kText, "hello"));
  stage.net.run(1s);
  const auto back = stage.anchor.answer(offered->session, sdp_of(kBobPath, "active"));
  REQUIRE(back);
  CHECK_FALSE(stage.anchor.answer(offered->session, sdp_of(kBobPath, "active")));  // once
  const auto in_uri = attribute(*back, "path");
  const auto at_alice = stage.alice.dial(kInPort, StreamKind::tcp);
  stage.alice.say(at_alice, bodiless("tid2", in_uri, kAlicePath));
  CHECK(stage.alice.heard(at_alice) == wire("tid1", "SEND", kAlicePath, in_uri, kText, "hello"));
  CHECK(stage.bob.heard(at_bob) == bodiless("tid2", kBobPath, out_uri));
  CHECK(stage.anchor.events == std::vector<std::string>{"up 1"});
}

TEST_CASE("MSRP-90, MSRP-91: a peer that shows another certificate than its SDP said is not connected") {
  AnchorStage stage(StreamKind::tcp, StreamKind::tls);
  const auto offered =
      stage.anchor.offer(sdp_of(kAlicePath, "actpass"), AnchorParty::at(kInPort, StreamKind::tcp),
                         AnchorParty::at(kOutPort, StreamKind::tls));
  auto answer = sdp_of(path_for(StreamKind::tls, false), "passive");
  answer.media[0].attributes.push_back({"fingerprint", "sha-256 " + std::string(31 * 3, 'A') + "AA"});
  REQUIRE(stage.anchor.answer(offered->session, answer));
  REQUIRE(stage.net.dials().size() == 1);
  CHECK_FALSE(stage.net.dials()[0].check_authority);
  stage.net.run(1s);
  REQUIRE(stage.anchor.events.size() == 1);
  CHECK(stage.anchor.events[0].starts_with("failed 1 the out leg: "));
  CHECK(stage.bob.heard(stage.bob.last).empty());
  CHECK(stage.anchor.anchor.connections() == 0);
}

TEST_CASE("MSRP-121: what is not one chunk in one WebSocket message, or no MSRP, ends the connection") {
  for (const bool is_web : {true, false}) {
    AnchorStage stage(is_web ? StreamKind::ws : StreamKind::tcp);
    stage.open();
    const auto text = bodiless("tid1", stage.in_uri, stage.alice_path());
    stage.alice.say(stage.at_alice, is_web ? text + text : text + "nonsense\r\n");
    stage.net.run(1s);
    CHECK_FALSE(stage.alice.is_open(stage.at_alice));
    CHECK_FALSE(stage.bob.is_open(stage.at_bob));
    CHECK(stage.anchor.events.back().starts_with("failed 1 the in leg: "));
  }
}

TEST_CASE("MSRP-143: an anchor has as many sessions and connections as it may") {
  AnchorConfig config;
  config.max_sessions = 2;
  config.max_connections = 2;
  AnchorStage stage(StreamKind::tcp, StreamKind::tcp, config);
  const auto at = AnchorParty::at(kInPort, StreamKind::tcp);
  const auto first = stage.anchor.offer(sdp_of(kAlicePath, "actpass"), at, at);
  CHECK(stage.anchor.offer(sdp_of(kAlicePath, "actpass"), at, at));
  CHECK(stage.anchor.offer(sdp_of(kAlicePath, "actpass"), at, at).error().code() ==
        rcs::core::Errc::too_large);
  CHECK(stage.alice.is_open(stage.alice.dial(kInPort, StreamKind::tcp)));
  CHECK(stage.alice.is_open(stage.alice.dial(kInPort, StreamKind::tcp)));
  CHECK_FALSE(stage.alice.is_open(stage.alice.dial(kInPort, StreamKind::tcp)));
  REQUIRE(stage.anchor.answer(first->session, sdp_of(kBobPath, "passive")));
  CHECK(stage.anchor.events == std::vector<std::string>{"failed 1 there are too many connections"});
}
