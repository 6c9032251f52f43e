// Content that flows through an anchor: in whatever pieces, on shared connections, into WebSocket messages,
// at the pace of who reads.

#include "core/text.hpp"
#include "msrp/anchor_lane.hpp"
#include "msrp/anchor_parties.hpp"
#include "msrp/reassembly.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace node = rcs::node;
using node::StreamKind;
using rcs::core::Random;

namespace {

const std::string kLines = "Message-ID: m1234\r\nByte-Range: 1-*/*\r\nContent-Type: text/plain\r\n";

template <std::size_t N>
const std::string& one_of(Random& random, const std::string (&choices)[N]) {
  return choices[random.below(N)];
}

/// Octets that could be taken for an end-line, without the one that they end with.
std::string random_body(Random& random, const std::string& id, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    const std::string pieces[] = {
        "\r\n-------", "-------" + id, "\r\n-------" + id + "x", "\r",
        "\n",          "$\r\n",        std::string(1, '\0'),     std::string(random.below(400), 'x')};
    out += one_of(random, pieces);
    for (const auto* end : {"$\r\n", "+\r\n", "#\r\n"}) {
      const auto at = ("\r\n" + out + "\r\n-------" + id).find("\r\n-------" + id + end);
      if (at != std::string::npos) out.clear();
    }
  }
  return out;
}

struct Generated {
  std::string id;
  std::string start;
  std::string lines;
  std::optional<std::string> body;
  char flag = '$';
};

Generated generate(Random& random, std::size_t most) {
  Generated out;
  out.id = random.token(4 + random.below(29));
  out.start = one_of(random, {"SEND", "SEND", "SEND", "SEND", "REPORT", "NICKNAME", "200 OK", "481", "XNEW"});
  const bool is_send = out.start == "SEND";
  if (is_send || out.start == "REPORT") out.lines = "Message-ID: " + random.token(10) + "\r\n";
  if (out.start == "REPORT") out.lines += "Status: 000 200 fine\r\n";
  out.lines +=
      one_of(random, {"", "X-Own:  a b\r\n", "failure-report: partial\r\n", "Success-Report: yes\r\n"});
  if (random.below(2) == 0) out.lines += "Byte-Range: " + std::to_string(1 + random.below(9000)) + "-*/*\r\n";
  if (!is_send) return out;
  out.flag = one_of(random, {"$", "+", "#"})[0];
  if (random.below(5) == 0) return out;
  out.lines += "Content-Type: text/plain\r\n";
  out.body = random_body(random, out.id, random.below(most));
  return out;
}

std::string text_of(const Generated& one, const std::string& to, const std::string& from) {
  return wire(one.id, one.start, to, from, one.lines, one.body, one.flag);
}

/// Puts chunks together.
std::string content_of(const std::vector<Seen>& chunks) {
  ReassemblyLimits limits;
  limits.max_message = 64 << 20;
  Reassembly reassembly{limits};
  for (const auto& chunk : chunks) {
    REQUIRE(chunk.defect.empty());
    REQUIRE(reassembly.begin(chunk.head));
    REQUIRE(reassembly.add(chunk.body));
    auto end = reassembly.end(*chunk.end);
    REQUIRE(end);
    if (end->message) return end->message->content;
  }
  return "no whole message";
}

/// Two sessions from two offerers, whose answerer is one, at one connection.
struct Shared {
  explicit Shared(AnchorConfig config = {}) : anchor(net, config), bob(net, "bob.example") {
    for (auto* leg : {&first, &second}) {
      leg->peer = std::make_unique<OctetPeer>(net);
      const auto tcp = AnchorParty::at(kInPort, StreamKind::tcp);
      const auto offered = anchor.offer(sdp_of(kAlicePath, "actpass"), tcp, tcp);
      leg->path = leg == &first ? kBobPath : "msrp://bob.example:9000/bob2;tcp";
      leg->session = offered->session;
      leg->out_uri = attribute(offered->sdp, "path");
      leg->in_uri = attribute(anchor.answer(offered->session, sdp_of(leg->path, "passive")).value(), "path");
      leg->id = leg->peer->dial(kInPort, StreamKind::tcp);
    }
    REQUIRE(net.dials().size() == 3);  // two to the anchor
    bob.heard(bob.last);
  }
  struct Leg {
    std::unique_ptr<OctetPeer> peer;
    AnchorSessionId session;
    node::ConnectionId id;
    std::string in_uri;
    std::string out_uri;
    std::string path;
    void say(const std::string& id_of, const std::string& body, char flag = '$') const {
      peer->say(id, wire(id_of, "SEND", in_uri, kAlicePath, kLines, body, flag));
    }
    std::string heard() const { return peer->heard(id); }
  };
  StreamNet net;
  AnchorParty anchor;
  OctetPeer bob;
  Leg first;
  Leg second;
};

}  // namespace

TEST_CASE("MSRP-140: random chunks, however they are cut, come out with their paths changed alone") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const StreamKind kinds[] = {StreamKind::tcp, StreamKind::ws};
    AnchorStage stage(kinds[seed % 2], kinds[seed / 2 % 2]);
    stage.net.cut(seed % 3 == 0 ? 1 : 1 + random.below(3000), seed);
    stage.open();
    const auto first = wire("first", "SEND", stage.in_uri, stage.alice_path(), "Message-ID: mmmm\r\n");
    stage.alice.say(stage.at_alice, first);  // which session it is
    stage.net.run(1s);
    REQUIRE(stage.bob.heard(stage.at_bob).size() > 0);
    stage.bob.messages(stage.at_bob);
    std::string wanted;
    std::vector<std::string> messages;
    for (auto n = 1 + random.below(10); n > 0; --n) {
      const auto one = generate(random, seed % 3 == 0 ? 200 : 9000);
      stage.alice.say(stage.at_alice, text_of(one, stage.in_uri, stage.alice_path()));
      messages.push_back(text_of(one, stage.bob_path(), stage.out_uri));
      wanted += messages.back();
    }
    stage.net.run(1s);
    if (node::has_messages(stage.out_kind)) {
      const auto got = stage.bob.messages(stage.at_bob);
      REQUIRE(got.size() == messages.size());
      for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == messages[i]);
    } else {
      REQUIRE(stage.bob.heard(stage.at_bob) == wanted);
    }
    REQUIRE(stage.anchor.anchor.held() == 0);
  }
}

TEST_CASE("MSRP-140: a chunk of 2 GiB passes while it comes, in constant memory") {
  AnchorStage stage;
  stage.open();
  stage.alice.say(stage.at_alice, "MSRP tid1 SEND\r\nTo-Path: " + stage.in_uri +
                                      "\r\nFrom-Path: " + kAlicePath + "\r\n" + kLines + "\r\n");
  const auto head = stage.bob.heard(stage.at_bob).size();
  const std::string block(1 << 20, 'x');
  std::uint64_t passed = 0;
  const auto pass = [&](std::string_view octets) {
    AnchorOutbox out;
    stage.anchor.anchor.on_stream({}, node::accepted_connection(2), node::Octets{octets}, out);
    for (auto& effect : out.take()) {
      const auto* send = std::get_if<AnchorOutbox::Send>(&effect);
      if (send == nullptr) continue;  // a timer
      passed += std::get<node::Write>(send->message).octets.size();
      REQUIRE(stage.anchor.anchor.held() <= 2 * block.size());
    }
    stage.anchor.anchor.on_stream({}, node::dialled_connection(1), node::Drained{}, out);
  };
  for (int i = 0; i < 2048; ++i) pass(block);
  pass("\r\n-------tid1$\r\n");
  CHECK(head > 0);
  CHECK(passed == (std::uint64_t{1} << 31) + 16);
}

TEST_CASE("MSRP-127: a chunk too big for one WebSocket message becomes several, with one answer") {
  AnchorConfig config;
  config.message_chunk = 1000;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    AnchorStage stage(StreamKind::tcp, StreamKind::wss, config);
    stage.net.cut(1 + random.below(3000), seed);
    stage.open();
    const auto body = random_body(random, "tid1", 5'500 + random.below(400));
    const auto size = std::to_string(body.size());
    stage.alice.say(stage.at_alice, wire("tid1", "SEND", stage.in_uri, kAlicePath,
                                         "Message-ID: m1234\r\nX-Own: x\r\nByte-Range: 1-" + size + "/" +
                                             size + "\r\nContent-Type: a/b\r\n",
                                         body));
    stage.net.run(1s);
    const auto messages = stage.bob.messages(stage.at_bob);
    std::vector<Seen> chunks;
    for (const auto& message : messages) {
      const auto seen = decode_all(message);
      REQUIRE(seen.messages.size() == 1);
      REQUIRE(seen.error.empty());
      chunks.push_back(seen.messages[0]);
    }
    REQUIRE(chunks.size() == (body.size() + 999) / 1000);
    CHECK(content_of(chunks) == body);
    std::uint64_t next = 1;
    for (const auto& chunk : chunks) {
      const auto& range = *chunk.head.byte_range;
      CHECK(range.start == next);
      next += chunk.body.size();
      CHECK(range.end == next - 1);
      CHECK(range.total == body.size());
      CHECK(chunk.end == (&chunk == &chunks.back() ? Flag::last : Flag::more));
      CHECK(chunk.head.others == std::vector<Header>{{"X-Own", "x"}});
      CHECK(chunk.head.to_path == stage.bob_path());
    }
    // The answers to all are one to who sent it.
    const bool fails = seed % 2 == 0;
    for (const auto& chunk : chunks) {
      const bool refused = fails && &chunk == &chunks[1];
      stage.bob.say(stage.at_bob, wire(chunk.head.transaction_id, refused ? "413" : "200 OK", stage.out_uri,
                                       stage.bob_path(), ""));
    }
    const auto answers = decode_all(stage.alice.heard(stage.at_alice)).messages;
    REQUIRE(answers.size() == (fails ? 2 : 1));
    CHECK(answers[0].head.status == (fails ? 413 : 200));
    for (const auto& answer : answers) CHECK(answer.head.transaction_id == "tid1");
  }
}

TEST_CASE("MSRP-141: a transaction id changes only where it collides on a shared connection") {
  Shared stage;
  stage.first.say("same", "one");
  stage.net.run(1s);
  stage.second.say("same", "two");
  stage.second.say("other", "three");
  const auto seen = decode_all(stage.bob.heard(stage.bob.last)).messages;
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].head.transaction_id == "same");
  CHECK(seen[1].head.transaction_id != "same");
  CHECK(seen[1].body == "two");
  CHECK(seen[1].head.to_path == stage.second.path);
  CHECK(seen[2].head.transaction_id == "other");
  for (const auto& one : seen) {
    std::string answer;
    append_response(answer, one.head, 200);
    stage.bob.say(stage.bob.last, answer);
  }
  CHECK(stage.first.heard() == wire("same", "200", kAlicePath, stage.first.in_uri, ""));
  CHECK(stage.second.heard() == wire("same", "200", kAlicePath, stage.second.in_uri, "") +
                                    wire("other", "200", kAlicePath, stage.second.in_uri, ""));
  // It is free again once answered.
  stage.second.say("same", "four");
  CHECK(decode_all(stage.bob.heard(stage.bob.last)).messages.at(0).head.transaction_id == "same");
  stage.net.run(31s);
  stage.first.say("same", "five");
  CHECK(decode_all(stage.bob.heard(stage.bob.last)).messages.at(0).head.transaction_id == "same");
}

TEST_CASE("MSRP-9, MSRP-141: a changed transaction id whose end-line is in the body is changed once more") {
  Random random(1);
  Random same(1);
  AnchorLane lane(random, {});
  Head head;
  head.transaction_id = "tid1";
  head.method = "SEND";
  head.message_id = "m1234";
  head.has_body = true;
  const auto id = new_transaction_id(same);
  const auto end_line = "\r\n-------" + new_transaction_id(same) + "$\r\n";
  lane.begin(head, kLines, {kBobPath, kAlicePath}, new_transaction_id(random));
  const auto body = "x\r\n-------" + id + "$\r\n" + end_line + "MSRP evil";
  for (const char octet : body) lane.write(std::string_view(&octet, 1));
  lane.end(Flag::last);
  const auto seen = decode_all(lane.take().at(0).octets);
  REQUIRE(seen.error.empty());
  REQUIRE(seen.messages.size() == 3);
  CHECK(content_of(seen.messages) == body);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto answer = lane.on_answer(seen.messages[i].head.transaction_id, 200);
    CHECK(answer.goes_on == (i == 2));
    CHECK(answer.transaction_id == "tid1");
  }
}

TEST_CASE(
    "MSRP-151: chunks on a shared connection do not mix, and one that does not end lets others go first") {
  Shared stage;
  const auto part = wire("long", "SEND", stage.first.in_uri, kAlicePath, kLines, "the beginning ");
  stage.first.peer->say(stage.first.id, part.substr(0, part.size() - 16));
  stage.net.run(1s);
  stage.second.say("tid2", "short");
  stage.net.run(3s);
  const auto begun = stage.bob.heard(stage.bob.last);
  CHECK(begun.ends_with("the beginning "));
  stage.net.run(2s);
  const auto then = stage.bob.heard(stage.bob.last);
  stage.first.peer->say(stage.first.id, "and the end\r\n-------long$\r\n");
  const auto all = decode_all(begun + then + stage.bob.heard(stage.bob.last));
  REQUIRE(all.error.empty());
  REQUIRE(all.messages.size() == 3);
  CHECK(all.messages[1].body == "short");
  CHECK(all.messages[0].end == Flag::more);
  CHECK(all.messages[2].head.byte_range->start == 15);
  CHECK(content_of({all.messages[0], all.messages[2]}) == "the beginning and the end");
}

TEST_CASE("MSRP-142, MSRP-149: the end of one session on a shared connection leaves the other") {
  Shared stage;
  const auto part = wire("long", "SEND", stage.first.in_uri, kAlicePath, kLines, "the beginning ");
  stage.first.peer->say(stage.first.id, part.substr(0, part.size() - 16));
  stage.net.run(1s);
  stage.net.kill(*stage.first.peer, stage.first.id);
  stage.second.say("tid2", "short");
  const auto seen = decode_all(stage.bob.heard(stage.bob.last)).messages;
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].end == Flag::abandoned);
  CHECK(seen[1].body == "short");
  CHECK(stage.anchor.events == std::vector<std::string>{"up 1", "failed 1 the in leg: reset", "up 2"});
  // Bob still knows it, and hears better.
  stage.bob.say(stage.bob.last,
                wire("bob1", "SEND", stage.first.out_uri, stage.first.path, kLines, "are you there"));
  CHECK(decode_all(stage.bob.heard(stage.bob.last)).messages.at(0).head.status == 481);
  stage.anchor.end(stage.second.session);
  stage.net.run(1s);
  CHECK_FALSE(stage.bob.is_open(stage.bob.last));
  CHECK(stage.anchor.anchor.connections() == 0);
}

TEST_CASE("MSRP-140: who does not read keeps its peer from being read, and is hung up in the end") {
  AnchorConfig config;
  AnchorStage stage(StreamKind::tcp, StreamKind::tcp, config);
  stage.open();
  stage.net.act(stage.bob, stage.at_bob, node::Pause{true});
  const std::string body(100'000, 'x');
  for (int i = 0; i < 100; ++i)
    stage.alice.say(stage.at_alice, wire("tid1", "SEND", stage.in_uri, kAlicePath, kLines, body));
  stage.net.run(50s);
  CHECK(stage.net.pauses(stage.anchor, node::accepted_connection(2)) == 1);
  CHECK(stage.anchor.most_held < config.write_ahead + config.max_waiting + 3 * body.size());
  SECTION("it reads again") {
    stage.net.act(stage.bob, stage.at_bob, node::Pause{false});
    stage.net.run(1s);
    CHECK(decode_all(stage.bob.heard(stage.at_bob)).messages.size() == 100);
    stage.net.run(100s);
    CHECK(stage.anchor.events == std::vector<std::string>{"up 1"});
  }
  SECTION("it never does") {
    stage.net.run(20s);
    CHECK(stage.anchor.events.back().find("unread for 60 s") != std::string::npos);
    CHECK(stage.anchor.anchor.connections() == 0);
    CHECK_FALSE(stage.alice.is_open(stage.at_alice));
  }
}

TEST_CASE("MSRP-50: a peer that does not read the answers to its false requests is hung up") {
  AnchorStage stage;
  stage.open();
  stage.alice.say(stage.at_alice, wire("tid1", "SEND", stage.in_uri, kAlicePath, "Message-ID: mmmm\r\n"));
  stage.net.run(1s);
  stage.net.act(stage.alice, stage.at_alice, node::Pause{true});
  const auto wrong = wire("tid2", "SEND", "msrp://x.example:1/y;tcp", kAlicePath, "Message-ID: mmmm\r\n");
  std::string many;
  for (int i = 0; i < 4000; ++i) many += wrong;
  stage.alice.say(stage.at_alice, many);
  stage.net.run(100s);
  CHECK(stage.anchor.anchor.connections() == 0);
  CHECK(stage.anchor.most_held < (1 << 20));
}
