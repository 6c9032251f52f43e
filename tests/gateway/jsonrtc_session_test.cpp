// The numbers of a session of JSON signalling, its acknowledgements, gaps and cuts.

#include "gateway/jsonrtc_session.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::gateway;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

ReadFrame numbered(std::uint64_t sequence, std::optional<std::uint64_t> ack = {}) {
  ReadFrame read;
  read.frame.package = "x";
  read.frame.action = "a" + std::to_string(sequence);
  read.frame.sequence = sequence;
  read.frame.ack = ack;
  return read;
}

ReadFrame bare_ack(std::uint64_t ack) {
  ReadFrame read;
  read.frame.type = FrameType::acknowledgement;
  read.frame.ack = ack;
  return read;
}

/// A session that has been opened with the peer's frame 1.
struct Opened {
  Opened() : session("s-1", {}) {
    session.open(now, numbered(1).frame, Frame{});
    texts();
  }
  std::vector<json> texts() {
    std::vector<json> out;
    last = session.take();
    for (const auto& text : last.texts) out.push_back(json::parse(text)["control"]);
    return out;
  }
  /// The numbers of the frames to be dealt with.
  std::vector<std::uint64_t> receive(ReadFrame read) {
    std::vector<std::uint64_t> out;
    for (const auto& one : session.receive(now, std::move(read)))
      out.push_back(one.frame.sequence.value_or(0));
    return out;
  }
  void wait(core::Duration by) {
    const auto end = now + by;
    while (const auto due = session.due()) {
      if (*due > end) break;
      now = std::max(now, *due);
      session.on_due(now);
      const auto wish = session.take();
      for (const auto& text : wish.texts) said.push_back(json::parse(text));
      if (wish.close) closed = wish.close->code;
      over = over || wish.over;
      if (wish.close || wish.over) break;
    }
    now = end;
  }
  core::Instant now{};
  JsonRtcSession session;
  JsonRtcSession::Wish last;
  std::vector<json> said;  ///< while waiting
  std::optional<int> closed;
  bool over = false;
};

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("WSC-20 CAP-42: each side counts its own frames from 1, acknowledgements take no number") {
  core::Instant now{};
  JsonRtcSession session("s-1", {});
  session.open(now, numbered(1).frame, Frame{});
  auto wish = session.take();
  REQUIRE(wish.texts.size() == 1);
  auto control = json::parse(wish.texts[0])["control"];
  CHECK(control["sequence"] == 1);
  CHECK(control["ack_sequence"] == 1);
  CHECK(control["session_id"] == "s-1");
  CHECK(session.receive(now, bare_ack(1)).empty());
  CHECK(session.receive(now, numbered(2)).size() == 1);
  session.on_due(now + 500ms);
  wish = session.take();
  REQUIRE(wish.texts.size() == 1);
  CHECK_FALSE(json::parse(wish.texts[0])["control"].contains("sequence"));
  CHECK(session.send(now, Frame{}) == 2);
  CHECK(session.send(now, Frame{}) == 3);
}

TEST_CASE("WSC-20: the peer counts on from where its first frame was") {
  JsonRtcSession session("s-1", {});
  session.open({}, numbered(9).frame, Frame{});
  CHECK(json::parse(session.take().texts.at(0))["control"]["ack_sequence"] == 9);
  CHECK(session.receive({}, numbered(10)).size() == 1);
}

TEST_CASE("WSC-21: what has arrived is acknowledged with the next frame, after 500 ms, or after 32 frames") {
  Opened o;
  o.receive(numbered(2));
  o.wait(499ms);
  CHECK(o.said.empty());
  o.wait(1ms);
  REQUIRE(o.said.size() == 1);
  CHECK(o.said[0] ==
        json({{"control", {{"type", "acknowledgement"}, {"session_id", "s-1"}, {"ack_sequence", 2}}}}));
  o.wait(10s);
  CHECK(o.said.size() == 1);

  o.receive(numbered(3));
  o.session.send(o.now, Frame{});
  CHECK(o.texts().at(0)["ack_sequence"] == 3);
  o.wait(10s);
  CHECK(o.said.size() == 1);

  for (std::uint64_t n = 4; n < 4 + kFramesPerAck - 1; ++n) o.receive(numbered(n));
  CHECK(o.texts().empty());
  o.receive(numbered(3 + kFramesPerAck));
  const auto acks = o.texts();
  REQUIRE(acks.size() == 1);
  CHECK(acks[0]["type"] == "acknowledgement");
  CHECK(acks[0]["ack_sequence"] == 3 + kFramesPerAck);
}

TEST_CASE("WSC-22: a duplicate is dropped and acknowledged again") {
  Opened o;
  CHECK(o.receive(numbered(2)) == Numbers{2});
  CHECK(o.receive(numbered(2)).empty());
  CHECK(o.texts().at(0)["ack_sequence"] == 2);
  CHECK(o.receive(numbered(1)).empty());
}

TEST_CASE("WSC-22: frames after a gap wait, and are dealt with in order") {
  Opened o;
  CHECK(o.receive(numbered(4)).empty());
  CHECK(o.receive(numbered(3)).empty());
  CHECK(o.receive(numbered(4)).empty());
  CHECK(o.receive(numbered(6)).empty());
  CHECK(o.receive(numbered(2)) == Numbers{2, 3, 4});
  CHECK(o.receive(numbered(5)) == Numbers{5, 6});
  o.wait(20s);
  CHECK_FALSE(o.closed);
  CHECK(o.said.back()["control"]["ack_sequence"] == 6);
}

TEST_CASE("WSC-22: a gap of more than 5 s ends the connection, not the session") {
  Opened o;
  o.receive(numbered(3));
  o.wait(4900ms);
  // Now another one is missing: it has its own 5 s.
  o.receive(numbered(5));
  CHECK(o.receive(numbered(2)) == Numbers{2, 3});
  o.wait(4900ms);
  CHECK_FALSE(o.closed);
  o.wait(200ms);
  CHECK(o.closed == kCloseProtocol);
  CHECK(o.said.back()["control"]["type"] == "error");
  CHECK(o.said.back()["header"]["error_code"] == 400);
  CHECK_FALSE(o.over);
}

TEST_CASE("WSC-22: only so many frames wait for a missing one") {
  Opened o;
  for (std::uint64_t n = 0; n < kHeldFrames; ++n) o.receive(numbered(3 + n));
  CHECK_FALSE(o.session.take().close);
  o.receive(numbered(3 + kHeldFrames));
  const auto wish = o.session.take();
  REQUIRE(wish.close);
  CHECK(wish.close->code == kCloseProtocol);
}

TEST_CASE("WSC-22: ... and only so much of them") {
  Opened o;
  auto large = [](std::uint64_t number) {
    auto read = numbered(number);
    read.frame.payload = std::string(kHeldOctets / 4, 'x');
    return read;
  };
  for (std::uint64_t n = 3; n < 6; ++n) o.receive(large(n));
  CHECK_FALSE(o.session.take().close);
  CHECK(o.receive(large(2)) == Numbers{2, 3, 4, 5});  // what is dealt with makes room
  for (std::uint64_t n = 7; n < 10; ++n) o.receive(large(n));
  CHECK_FALSE(o.session.take().close);
  o.receive(large(10));
  const auto wish = o.session.take();
  REQUIRE(wish.close);
  CHECK(wish.close->code == kCloseProtocol);
}

TEST_CASE("WSC-23: a peer that confirms nothing loses its session") {
  SECTION("too many frames") {
    Opened o;
    for (std::size_t n = 1; n < kUnconfirmedFrames; ++n) o.session.send(o.now, Frame{});
    o.texts();
    CHECK_FALSE(o.last.over);
    SECTION("one more") {
      o.session.send(o.now, Frame{});
      o.texts();
      CHECK(o.last.over);
      REQUIRE(o.last.close);
      CHECK(o.last.close->code == kCloseOverrun);
    }
    SECTION("one is confirmed before") {
      o.receive(bare_ack(1));
      o.session.send(o.now, Frame{});
      o.texts();
      CHECK_FALSE(o.last.over);
    }
  }
  SECTION("too many octets") {
    Opened o;
    Frame large;
    large.payload = "{\"content\":\"" + std::string(100 * 1024, 'x') + "\"}";
    for (int n = 0; n < 8; ++n) o.session.send(o.now, large);
    o.texts();
    CHECK_FALSE(o.last.over);
    o.session.send(o.now, large);
    o.texts();
    CHECK(o.last.over);
  }
}

TEST_CASE("WSC-25: after a cut what was not confirmed goes out again, in order, after the answer") {
  Opened o;
  o.session.send(o.now, Frame{});
  o.session.send(o.now, Frame{});
  o.receive(numbered(2, 2));
  o.texts();
  o.session.cut(o.now);
  o.session.send(o.now, Frame{});  // 4, while nobody is there
  CHECK(o.texts().empty());
  o.now += 30s;
  CHECK(o.session.resume(o.now, numbered(3, 2).frame, Frame{}).empty());
  const auto again = o.texts();
  REQUIRE(again.size() == 3);
  CHECK(again[0]["sequence"] == 5);
  CHECK(again[0]["ack_sequence"] == 3);
  CHECK(again[1]["sequence"] == 3);
  CHECK(again[2]["sequence"] == 4);
  CHECK(o.receive(numbered(4)) == Numbers{4});
}

TEST_CASE("WSC-25: what the peer sent into the cut comes after its connect, and each once") {
  Opened o;
  o.session.cut(o.now);
  // 2 and 3 were lost; 4 is the connect.
  CHECK(o.session.resume(o.now, numbered(4).frame, Frame{}).empty());
  CHECK(o.texts().at(0)["ack_sequence"] == 1);
  CHECK(o.receive(numbered(2)) == Numbers{2});
  CHECK(o.receive(numbered(3)) == Numbers{3});
  CHECK(o.receive(numbered(4)).empty());
  CHECK(o.receive(numbered(5)) == Numbers{5});
}

TEST_CASE("WSC-25: what waited for the number of the connect itself is dealt with then") {
  Opened o;
  CHECK(o.receive(numbered(3)).empty());
  o.session.cut(o.now);
  const auto freed = o.session.resume(o.now, numbered(2).frame, Frame{});
  REQUIRE(freed.size() == 1);
  CHECK(freed[0].frame.sequence == 3u);
}

TEST_CASE("WSC-28: a page that has forgotten its number goes on after our ack_sequence") {
  Opened o;
  for (std::uint64_t n = 2; n < 8; ++n) o.receive(numbered(n));
  o.session.cut(o.now);
  o.session.resume(o.now, numbered(1).frame, Frame{});
  const auto again = o.texts();
  CHECK(again.at(0)["ack_sequence"] == 7);
  CHECK(again.at(1)["sequence"] == 1);  // it shows no ack_sequence: all of ours
  CHECK(o.receive(numbered(8)) == Numbers{8});
}

TEST_CASE("WSC-27: a session that is cut is over after 60 s, and not before") {
  Opened o;
  o.session.cut(o.now);
  o.wait(59900ms);
  CHECK_FALSE(o.over);
  o.wait(200ms);
  CHECK(o.over);
  Opened other;
  other.session.cut(other.now);
  other.session.resume(other.now, numbered(2).frame, Frame{});
  other.session.take();
  other.wait(300s);
  CHECK_FALSE(other.over);
}
