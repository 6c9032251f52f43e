// The client machines: INVITE (RFC 3261 17.1.1, RFC 6026 7.2) and the others (17.1.2) and CANCEL.
#include "support/catch.hpp"
#include "transaction_bench.hpp"

using namespace rcs::sip;
using namespace rcs::sip::bench;

namespace {

using Times = std::vector<std::int64_t>;

Message reply(const Bench& bench, std::size_t to_sent, int status, std::string_view tag = "b1") {
  return make_response(bench.sent.at(to_sent).message, status, tag);
}

std::string branch_of(const Sent& sent) { return sent.message.vias.at(0).branch(); }

}  // namespace

TEST_CASE("INVITE client: everything is lost: A doubles over UDP, B ends it over any transport") {
  const bool udp = GENERATE(true, false);
  CAPTURE(udp);
  Bench bench;
  const auto id = bench.request(outgoing("INVITE"), udp ? kPeer : kPeerTcp);
  bench.advance(31999ms);
  CHECK(bench.told.empty());
  bench.advance(1ms);
  CHECK(bench.times("INVITE") == (udp ? Times{0, 500, 1500, 3500, 7500, 15500, 31500} : Times{0}));
  REQUIRE(bench.events<RequestTimedOut>().size() == 1);
  CHECK(bench.events<RequestTimedOut>()[0].txn == id);
  CHECK(bench.idle());
  bench.advance(200s);
  CHECK(bench.told.size() == 1);
}

TEST_CASE("INVITE client: a provisional response stops A and B") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  const auto id = bench.request(outgoing("INVITE"), udp ? kPeer : kPeerTcp);
  bench.receive(reply(bench, 0, 100, ""));
  CHECK(bench.timers() == 0);
  bench.receive(reply(bench, 0, 180));
  bench.receive(reply(bench, 0, 180));
  bench.advance(600s);
  CHECK(bench.times("INVITE") == Times{0});
  CHECK(bench.statuses() == std::vector<int>{100, 180, 180});
  CHECK(bench.events<RequestTimedOut>().empty());
  CHECK(bench.layer().open() == 1);
  const auto first = bench.events<ResponseArrived>()[0];
  CHECK(first.txn == id);
  CHECK(first.response.vias.empty());  // ours is taken off
}

TEST_CASE("CHAT-12: a non-2xx is acknowledged by the layer on the INVITE's branch") {
  const bool udp = GENERATE(true, false);
  const bool after_ringing = GENERATE(true, false);
  CAPTURE(udp, after_ringing);
  Bench bench;
  Message invite = outgoing("INVITE");
  NameAddr route;
  route.uri = make_sip_uri("", "proxy.example");
  set_param(route.uri.params, "lr", std::nullopt);
  invite.routes = {route};
  invite.add_header("Require", "100rel");
  invite.body = "offer";
  const auto id = bench.request(invite, udp ? kPeer : kPeerTcp);
  if (after_ringing) bench.receive(reply(bench, 0, 180, "early"));
  bench.receive(reply(bench, 0, 486, "b9"));

  REQUIRE(bench.sent.size() == 2);
  const Message& ack = bench.sent[1].message;
  CHECK(ack.method == "ACK");
  CHECK(bench.sent[1].to == bench.sent[0].to);
  CHECK(ack.vias == std::vector<Via>{bench.sent[0].message.vias[0]});
  CHECK(ack.request_uri == invite.request_uri);
  CHECK(ack.cseq == CSeq{7, "ACK"});
  CHECK(ack.call_id == invite.call_id);
  CHECK(ack.from == invite.from);
  CHECK(ack.to_tag() == "b9");
  CHECK(ack.routes == invite.routes);
  CHECK(ack.max_forwards == 70U);
  CHECK(ack.headers.empty());
  CHECK(ack.body.empty());
  CHECK(bench.statuses().back() == 486);
  CHECK(bench.events<ResponseArrived>().back().txn == id);
}

TEST_CASE(
    "INVITE client: D keeps a completed one over UDP to acknowledge repetitions; over TCP it ends at once") {
  SECTION("UDP") {
    Bench bench;
    bench.request(outgoing("INVITE"));
    bench.receive(reply(bench, 0, 486));
    bench.advance(31s);
    bench.receive(reply(bench, 0, 486));
    bench.receive(reply(bench, 0, 180));
    bench.receive(reply(bench, 0, 200));  // after a non-2xx: not for the user any more
    CHECK(bench.times("ACK") == Times{0, 31000});
    CHECK(bench.statuses() == std::vector<int>{486});
    bench.advance(999ms);
    CHECK_FALSE(bench.idle());
    bench.advance(1ms);
    CHECK(bench.idle());
  }
  SECTION("TCP") {
    Bench bench;
    bench.request(outgoing("INVITE"), kPeerTcp);
    bench.receive(reply(bench, 0, 486), kPeerTcp);
    CHECK(bench.times("ACK") == Times{0});
    CHECK(bench.idle());
  }
  SECTION("slow timers make it longer: 64*T1") {
    auto config = Bench::plain();
    config.timers = {2s, 16s, 17s};
    Bench bench(config);
    bench.request(outgoing("INVITE"));
    bench.receive(reply(bench, 0, 603));
    bench.advance(127999ms);
    CHECK_FALSE(bench.idle());
    bench.advance(1ms);
    CHECK(bench.idle());
  }
}

TEST_CASE("INVITE client: each 2xx goes up for the time of M, also that of another branch (RFC 6026)") {
  const bool udp = GENERATE(true, false);
  const bool after_ringing = GENERATE(true, false);
  CAPTURE(udp, after_ringing);
  Bench bench;
  const auto id = bench.request(outgoing("INVITE"), udp ? kPeer : kPeerTcp);
  if (after_ringing) bench.receive(reply(bench, 0, 180));
  bench.receive(reply(bench, 0, 200, "b1"));
  bench.advance(20s);
  bench.receive(reply(bench, 0, 200, "b1"));
  bench.receive(reply(bench, 0, 200, "b2"));
  bench.receive(reply(bench, 0, 486, "b3"));
  bench.receive(reply(bench, 0, 180, "b3"));
  CHECK(bench.times("ACK").empty());  // the user's
  std::vector<std::string> tags;
  for (const auto& e : bench.events<ResponseArrived>()) {
    CHECK(e.txn == id);
    if (e.response.status == 200) tags.push_back(e.response.to_tag());
  }
  CHECK(tags == std::vector<std::string>{"b1", "b1", "b2"});
  bench.advance(11999ms);
  CHECK_FALSE(bench.idle());
  bench.advance(1ms);
  CHECK(bench.idle());

  bench.receive(reply(bench, 0, 200, "b4"));
  REQUIRE(bench.events<ResponseArrived>().back().response.to_tag() == "b4");
  CHECK_FALSE(bench.events<ResponseArrived>().back().txn);
  CHECK(bench.times("INVITE") == Times{0});
}

TEST_CASE("CHAT-12: the ACK of a 2xx gets a branch of its own and no transaction") {
  Bench bench;
  bench.request(outgoing("INVITE"));
  bench.receive(reply(bench, 0, 200));
  bench.act([&](TxnOutbox& out) { bench.layer().send_ack({}, outgoing("ACK"), kPeer, out); });
  REQUIRE(bench.times("ACK").size() == 1);
  CHECK(branch_of(bench.sent[1]).substr(0, 7) == "z9hG4bK");
  CHECK(branch_of(bench.sent[1]) != branch_of(bench.sent[0]));
  CHECK(bench.layer().open() == 1);
}

TEST_CASE("non-INVITE client: everything is lost: E doubles to T2 over UDP, F ends it over any transport") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  const auto id = bench.request(outgoing("MESSAGE"), udp ? kPeer : kPeerTcp);
  bench.advance(31999ms);
  CHECK(bench.told.empty());
  bench.advance(1ms);
  const Times repeated{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};
  CHECK(bench.times("MESSAGE") == (udp ? repeated : Times{0}));
  REQUIRE(bench.events<RequestTimedOut>().size() == 1);
  CHECK(bench.events<RequestTimedOut>()[0].txn == id);
  CHECK(bench.idle());
}

TEST_CASE("non-INVITE client: after a provisional response it repeats each T2, and F still runs") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  bench.request(outgoing("OPTIONS"), udp ? kPeer : kPeerTcp);
  bench.advance(100ms);
  bench.receive(reply(bench, 0, 100));
  bench.advance(60s);
  const Times repeated{0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500};
  CHECK(bench.times("OPTIONS") == (udp ? repeated : Times{0}));
  CHECK(bench.when<RequestTimedOut>() == Times{32000});
  CHECK(bench.idle());
}

TEST_CASE("non-INVITE client: one final response goes up; K absorbs repetitions over UDP") {
  const int status = GENERATE(200, 202, 302, 404, 503, 603);
  const bool provisional = GENERATE(false, true);
  SECTION("UDP") {
    Bench bench;
    bench.request(outgoing("MESSAGE"));
    if (provisional) bench.receive(reply(bench, 0, 100));
    bench.receive(reply(bench, 0, status));
    bench.receive(reply(bench, 0, status));
    bench.receive(reply(bench, 0, 100));
    CHECK(bench.events<ResponseArrived>().size() == (provisional ? 2 : 1));
    CHECK(bench.statuses().back() == status);
    CHECK(bench.timers() == 1);
    bench.advance(4999ms);
    CHECK_FALSE(bench.idle());
    bench.advance(1ms);
    CHECK(bench.idle());
    CHECK(bench.times("MESSAGE") == Times{0});
  }
  SECTION("TCP") {
    Bench bench;
    bench.request(outgoing("MESSAGE"), kPeerTcp);
    if (provisional) bench.receive(reply(bench, 0, 100));
    bench.receive(reply(bench, 0, status));
    CHECK(bench.idle());
    CHECK(bench.statuses().back() == status);
  }
}

TEST_CASE("CHAT-13: a CANCEL waits for a provisional response and repeats the INVITE's identity") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  Message invite = outgoing("INVITE");
  NameAddr route;
  route.uri = make_sip_uri("", "proxy.example");
  invite.routes = {route};
  invite.add_header("Require", "100rel");
  invite.add_header("Proxy-Require", "sec-agree");
  const auto id = bench.request(invite, udp ? kPeer : kPeerTcp);
  const bool before = GENERATE(true, false);
  CAPTURE(udp, before);
  if (before) {
    bench.cancel(id);
    CHECK(bench.times("CANCEL").empty());
    bench.advance(100ms);
    bench.receive(reply(bench, 0, 100, ""));
  } else {
    bench.receive(reply(bench, 0, 180));
    bench.advance(100ms);
    bench.cancel(id);
  }
  bench.cancel(id);  // once is enough
  bench.receive(reply(bench, 0, 180));
  REQUIRE(bench.times("CANCEL") == Times{100});
  const Sent cancel = bench.sent.back();
  CHECK(cancel.to == bench.sent[0].to);
  CHECK(cancel.message.vias == bench.sent[0].message.vias);
  CHECK(cancel.message.request_uri == invite.request_uri);
  CHECK(cancel.message.from == invite.from);
  CHECK(cancel.message.to == invite.to);
  CHECK(cancel.message.call_id == invite.call_id);
  CHECK(cancel.message.cseq == CSeq{7, "CANCEL"});
  CHECK(cancel.message.routes == invite.routes);
  CHECK(cancel.message.headers.empty());
  CHECK(cancel.message.max_forwards == 70U);

  const std::size_t told = bench.told.size();
  bench.receive(make_response(cancel.message, 200, "b1"));
  CHECK(bench.told.size() == told);  // the user asked for no CANCEL transaction
  bench.receive(reply(bench, 0, 487));
  CHECK(bench.statuses().back() == 487);
  CHECK(bench.times("ACK").size() == 1);
  bench.advance(40s);
  CHECK(bench.idle());
  CHECK(bench.events<RequestTimedOut>().empty());
}

TEST_CASE("CHAT-13: a CANCEL is not sent for an INVITE that has its final response, nor for other requests") {
  const int status = GENERATE(200, 486);
  Bench bench;
  const auto id = bench.request(outgoing("INVITE"));
  bench.receive(reply(bench, 0, status));
  bench.cancel(id);
  const auto other = bench.request(outgoing("OPTIONS"));
  bench.receive(make_response(bench.sent.back().message, 100, ""));
  bench.cancel(other);
  bench.cancel(ClientTxnId{4711});
  bench.advance(1s);
  CHECK(bench.times("CANCEL").empty());
}

TEST_CASE("CHAT-13: a cancelled INVITE crossing with its 2xx is the user's to end") {
  Bench bench;
  const auto id = bench.request(outgoing("INVITE"));
  bench.cancel(id);
  bench.receive(reply(bench, 0, 200));
  CHECK(bench.statuses() == std::vector<int>{200});
  CHECK(bench.times("CANCEL").empty());
  bench.advance(32s);
  CHECK(bench.idle());
}

TEST_CASE("CHAT-13: without a final response 64*T1 after the CANCEL the INVITE times out") {
  const bool answered = GENERATE(true, false);  // the CANCEL itself
  Bench bench;
  const auto id = bench.request(outgoing("INVITE"));
  bench.receive(reply(bench, 0, 180));
  bench.advance(10s);
  bench.cancel(id);
  if (answered) bench.receive(make_response(bench.sent.back().message, 200, "b1"));
  bench.advance(31999ms);
  CHECK(bench.events<RequestTimedOut>().empty());
  bench.advance(1ms);
  REQUIRE(bench.events<RequestTimedOut>().size() == 1);
  CHECK(bench.events<RequestTimedOut>()[0].txn == id);
  CHECK(bench.times("CANCEL").size() == (answered ? 1 : 11));
  CHECK(bench.idle());
}

TEST_CASE("CHAT-13: cancelled and never answered at all: B ends it without a CANCEL") {
  Bench bench;
  bench.cancel(bench.request(outgoing("INVITE")));
  bench.advance(32s);
  CHECK(bench.times("CANCEL").empty());
  CHECK(bench.events<RequestTimedOut>().size() == 1);
  CHECK(bench.idle());
}
