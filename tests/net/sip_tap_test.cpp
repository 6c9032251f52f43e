#include "net/sip_tap.hpp"

#include "net/sip_words.hpp"
#include "sip/codec.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Instant;
using rcs::net::make_record;
using rcs::net::record_key;
using rcs::net::SipTap;
using rcs::node::TimerKey;
using rcs::sip::Hop;
using rcs::sip::Transport;
using rcs::test::message_request;

namespace {

std::string who(const Hop& hop) { return hop.port == 1 ? "alice" : hop.port == 2 ? "bob" : hop.to_string(); }
const Hop kAlice{Transport::udp, "127.0.0.1", 1, {}};
const Hop kBob{Transport::udp, "127.0.0.1", 2, {}};

}  // namespace

TEST_CASE("a record key is the same at both ends of a hop, and different for everything else") {
  const auto request = message_request("c1");
  auto arrived = *rcs::sip::decode(rcs::sip::encode(request));
  CHECK(record_key(arrived) == record_key(request));
  rcs::sip::set_param(arrived.vias[0].params, "received", "10.0.0.1");
  CHECK(record_key(arrived) == record_key(request));

  auto other = request;
  rcs::sip::set_param(other.vias[0].params, "branch", "z9hG4bKother");
  CHECK(record_key(other) != record_key(request));
  const auto ringing = rcs::sip::make_response(request, 180, "t1");
  const auto ringing_elsewhere = rcs::sip::make_response(request, 180, "t2");
  const auto ok = rcs::sip::make_response(request, 200, "t1");
  CHECK(record_key(ringing) != record_key(request));
  CHECK(record_key(ringing) != record_key(ringing_elsewhere));
  CHECK(record_key(ringing) != record_key(ok));
  CHECK(record_key(*rcs::sip::decode(rcs::sip::encode(ok))) == record_key(ok));
}

TEST_CASE("a record carries label, summary, size, transport, message id and octets") {
  auto request = message_request(
      "c1", "TCP",
      "From: <sip:alice@home1.net>\r\nx-imdn.Message-ID: no\r\nimdn.Message-ID:  m-42 \r\n\r\nhi");
  const auto octets = rcs::sip::encode(request);
  const auto record = make_record(request, octets, Transport::tcp);
  CHECK(record.label == "MESSAGE");
  CHECK(record.summary == "MESSAGE sip:bob@home1.net");
  CHECK(record.size == octets.size());
  CHECK(record.transport == "tcp");
  CHECK(record.message_id == "m-42");
  CHECK(record.content == octets);
  const auto answer = make_record(rcs::sip::make_response(request, 200, "t"), "x", Transport::udp);
  CHECK(answer.label == "200 MESSAGE");
  CHECK(answer.message_id.empty());
}

TEST_CASE("what is sent while a message is handled has it as its cause") {
  rcs::trace::Recorder recorder;
  SipTap alice(recorder, "alice", who);
  SipTap bob(recorder, "bob", who);
  const auto request = message_request("c1");
  alice.on_sent(Instant{} + 1ms, kBob, request, "req");
  bob.on_received(kAlice, request, "req", Instant{} + 2ms);
  bob.armed({1, 7});
  bob.armed({1, 8});
  bob.cancelled({1, 8});
  const auto answer = rcs::sip::make_response(request, 200, "t");
  bob.on_sent(Instant{} + 3ms, kAlice, answer, "ans");
  bob.done();

  SECTION("directly") {
    REQUIRE(recorder.records().size() == 2);
    const auto& sent = recorder.records()[0];
    const auto& replied = recorder.records()[1];
    CHECK(sent.from == "alice");
    CHECK(sent.to == "bob");
    CHECK(sent.time == Instant{} + 1ms);
    CHECK_FALSE(sent.cause);
    CHECK(replied.cause == sent.id);
  }
  SECTION("through a timer") {
    bob.on_timer({1, 7});
    bob.on_sent(Instant{} + 9ms, kAlice, message_request("c2"), "later");
    bob.done();
    CHECK(recorder.records()[2].cause == recorder.records()[0].id);
  }
  SECTION("a timer that was cancelled, or armed by nothing, is no cause") {
    bob.on_timer({1, 8});
    bob.on_sent(Instant{} + 9ms, kAlice, message_request("c2"), "later");
    CHECK_FALSE(recorder.records()[2].cause);
  }
}

TEST_CASE("a stranger's message is recorded where it arrives") {
  rcs::trace::Recorder recorder;
  SipTap bob(recorder, "bob", who);
  const Hop stranger{Transport::tcp, "10.0.0.9", 5060, {}};
  bob.on_received(stranger, message_request("c1"), "req", Instant{} + 5ms);
  bob.done();
  REQUIRE(recorder.records().size() == 1);
  CHECK(recorder.records()[0].from == "tcp:10.0.0.9:5060");
  CHECK(recorder.records()[0].to == "bob");
  CHECK(recorder.records()[0].time == Instant{} + 5ms);
}
