// The server machines: INVITE (RFC 3261 17.2.1, RFC 6026 7.1) and the others (17.2.2), matching (17.2.3),
// CANCEL and the source of a request (RFC 3261 18.2.1, RFC 3581).
#include "support/catch.hpp"
#include "transaction_bench.hpp"

using namespace rcs::sip;
using namespace rcs::sip::bench;

namespace {

using Times = std::vector<std::int64_t>;

// Lets a request in and gives the transaction it opened.
ServerTxnId open_with(Bench& bench, const Message& request, const Hop& from = kPeer) {
  const std::size_t before = bench.events<RequestArrived>().size();
  bench.receive(request, from);
  const auto arrived = bench.events<RequestArrived>();
  REQUIRE(arrived.size() == before + 1);
  return arrived.back().txn;
}

Message answer(const Bench& bench, int status, std::string_view tag = "b1") {
  return make_response(bench.events<RequestArrived>().at(0).request, status, tag);
}

std::size_t requests(const Bench& bench) { return bench.events<RequestArrived>().size(); }

const Hop kFlow{Transport::tcp, "192.0.2.9", 5060, FlowId{4}};

}  // namespace

TEST_CASE("INVITE server: the layer says 100 after 200 ms of silence, and only then") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  Message invite = incoming("INVITE");
  invite.add_header("Timestamp", "54.2");
  const auto txn = open_with(bench, invite, udp ? kPeer : kFlow);
  SECTION("silent user") {
    bench.advance(199ms);
    bench.receive(invite, udp ? kPeer : kFlow);
    CHECK(bench.sent.empty());
    bench.advance(1ms);
    REQUIRE(bench.times(100) == Times{200});
    CHECK(bench.sent[0].message.to_tag().empty());
    REQUIRE(bench.sent[0].message.header("Timestamp") != nullptr);
    CHECK(*bench.sent[0].message.header("Timestamp") == "54.2");
    bench.receive(invite, udp ? kPeer : kFlow);
    CHECK(bench.times(100) == Times{200, 200});
    bench.advance(600s);
    CHECK(bench.times(100).size() == 2);
    CHECK(bench.layer().open() == 1);
  }
  SECTION("a user that answers in time") {
    const int status = GENERATE(100, 180, 200, 486);
    bench.advance(100ms);
    bench.respond(txn, answer(bench, status));
    bench.advance(300ms);
    CHECK(bench.times(100).size() == (status == 100 ? 1 : 0));
  }
  CHECK(requests(bench) == 1);
}

TEST_CASE("INVITE server: a repeated INVITE gets the last provisional response") {
  Bench bench;
  const auto txn = open_with(bench, incoming("INVITE"));
  bench.respond(txn, answer(bench, 180));
  bench.respond(txn, answer(bench, 183));
  bench.advance(1s);
  bench.receive(incoming("INVITE"));
  CHECK(bench.times(180) == Times{0});
  CHECK(bench.times(183) == Times{0, 1000});
  CHECK(requests(bench) == 1);
}

TEST_CASE(
    "INVITE server: a non-2xx that is never acknowledged: G doubles to T2 over UDP, H ends it over any "
    "transport") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  const auto txn = open_with(bench, incoming("INVITE"), udp ? kPeer : kFlow);
  bench.respond(txn, answer(bench, 486));
  bench.advance(31999ms);
  CHECK(bench.events<ServerTxnEnded>().empty());
  bench.advance(1ms);
  const Times repeated{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};
  CHECK(bench.times(486) == (udp ? repeated : Times{0}));
  REQUIRE(bench.events<ServerTxnEnded>().size() == 1);
  CHECK(bench.events<ServerTxnEnded>()[0].txn == txn);
  CHECK(bench.events<ServerTxnEnded>()[0].unacknowledged);
  CHECK(bench.idle());
}

TEST_CASE("CHAT-12: the ACK of a non-2xx on the INVITE's branch ends the repetition and is absorbed") {
  SECTION("UDP: I absorbs what comes late") {
    Bench bench;
    const Message invite = incoming("INVITE");
    const auto txn = open_with(bench, invite);
    bench.respond(txn, answer(bench, 486));
    bench.receive(invite);
    CHECK(bench.times(486) == Times{0, 0});
    bench.advance(600ms);
    bench.receive(companion_of(invite, "ACK", "b1"));
    bench.receive(companion_of(invite, "ACK", "b1"));
    bench.receive(invite);
    bench.respond(txn, answer(bench, 603));
    CHECK(bench.timers() == 1);
    bench.advance(4999ms);
    CHECK(bench.events<ServerTxnEnded>().empty());
    bench.advance(1ms);
    REQUIRE(bench.events<ServerTxnEnded>().size() == 1);
    CHECK_FALSE(bench.events<ServerTxnEnded>()[0].unacknowledged);
    CHECK(bench.times(486) == Times{0, 0, 500});
    CHECK(bench.times(603).empty());
    CHECK(bench.events<AckArrived>().empty());
    CHECK(bench.idle());
  }
  SECTION("TCP: the end at once") {
    Bench bench;
    const Message invite = incoming("INVITE");
    const auto txn = open_with(bench, invite, kFlow);
    bench.respond(txn, answer(bench, 486));
    bench.receive(companion_of(invite, "ACK", "b1"), kFlow);
    CHECK(bench.events<ServerTxnEnded>().size() == 1);
    CHECK(bench.events<AckArrived>().empty());
    CHECK(bench.idle());
  }
}

TEST_CASE("INVITE server: an ACK before any final response is nobody's") {
  Bench bench;
  const Message invite = incoming("INVITE");
  open_with(bench, invite);
  bench.receive(companion_of(invite, "ACK", "b1"));
  CHECK(bench.events<AckArrived>().empty());
  CHECK(bench.layer().open() == 1);
}

TEST_CASE(
    "CHAT-11 INVITE server: after a 2xx INVITEs are absorbed, 2xx are the user's to repeat, L ends it (RFC "
    "6026)") {
  const bool udp = GENERATE(true, false);
  Bench bench;
  const Message invite = incoming("INVITE");
  const Hop from = udp ? kPeer : kFlow;
  const auto txn = open_with(bench, invite, from);
  bench.respond(txn, answer(bench, 180));
  bench.respond(txn, answer(bench, 200));
  bench.advance(500ms);
  bench.receive(invite, from);
  CHECK(bench.times(200) == Times{0});
  bench.respond(txn, answer(bench, 200));
  bench.respond(txn, answer(bench, 180));
  bench.respond(txn, answer(bench, 486));
  CHECK(bench.times(200) == Times{0, 500});
  CHECK(bench.times(486).empty());
  CHECK(bench.times(180) == Times{0});
  bench.advance(31499ms);
  bench.receive(invite, from);
  CHECK(requests(bench) == 1);
  CHECK(bench.events<ServerTxnEnded>().empty());
  bench.advance(1ms);
  REQUIRE(bench.events<ServerTxnEnded>().size() == 1);
  CHECK_FALSE(bench.events<ServerTxnEnded>()[0].unacknowledged);
  CHECK(bench.idle());
  bench.respond(txn, answer(bench, 200));
  CHECK(bench.times(200).size() == 2);
}

TEST_CASE("CHAT-12: the ACK of a 2xx goes up, with a new branch or by mistake with the INVITE's") {
  Bench bench;
  const Message invite = incoming("INVITE");
  const auto txn = open_with(bench, invite);
  bench.respond(txn, answer(bench, 200));
  const std::string branch = GENERATE("z9hG4bKnew", "z9hG4bKpeer1");
  Message ack = companion_of(invite, "ACK", "b1");
  set_param(ack.vias[0].params, "branch", branch);
  bench.receive(ack);
  bench.receive(ack);
  REQUIRE(bench.events<AckArrived>().size() == 2);
  CHECK(bench.events<AckArrived>()[0].ack.to_tag() == "b1");
  CHECK(bench.events<AckArrived>()[0].from == kPeer);
  CHECK(requests(bench) == 1);
}

TEST_CASE(
    "PGR-18 non-INVITE server: repetitions are absorbed, then answered from the transaction; J ends it") {
  Bench bench;
  const Message request = incoming("MESSAGE");
  const auto txn = open_with(bench, request);
  bench.receive(request);
  CHECK(bench.sent.empty());
  bench.advance(10s);  // no 100 of the layer's own
  CHECK(bench.sent.empty());
  bench.respond(txn, answer(bench, 100));
  bench.receive(request);
  CHECK(bench.times(100) == Times{10000, 10000});
  bench.respond(txn, answer(bench, 200));
  bench.respond(txn, answer(bench, 404));  // too late
  bench.advance(31999ms);
  bench.receive(request);
  CHECK(bench.times(200) == Times{10000, 41999});
  CHECK(bench.times(404).empty());
  CHECK(bench.events<ServerTxnEnded>().empty());
  bench.advance(1ms);
  REQUIRE(bench.events<ServerTxnEnded>().size() == 1);
  CHECK(bench.events<ServerTxnEnded>()[0].txn == txn);
  CHECK(requests(bench) == 1);
  CHECK(bench.idle());
  bench.receive(request);
  CHECK(requests(bench) == 2);
}

TEST_CASE("non-INVITE server: over TCP the final response is the end") {
  Bench bench;
  const auto txn = open_with(bench, incoming("MESSAGE"), kFlow);
  bench.respond(txn, answer(bench, 202));
  CHECK(bench.events<ServerTxnEnded>().size() == 1);
  CHECK(bench.idle());
  bench.respond(txn, answer(bench, 200));
  CHECK(bench.sent.size() == 1);
}

TEST_CASE("CHAT-13 server: CANCEL is answered 200 and told once, the INVITE is the user's to answer 487") {
  Bench bench;
  const Message invite = incoming("INVITE");
  const auto txn = open_with(bench, invite);
  const std::string ringing_tag = GENERATE("b1", "");
  if (!ringing_tag.empty()) bench.respond(txn, answer(bench, 180, ringing_tag));
  const Message cancel = companion_of(invite, "CANCEL");
  bench.receive(cancel);
  bench.receive(cancel);
  REQUIRE(bench.times(200).size() == 2);
  const Message ok = bench.sent.back().message;
  CHECK(ok.cseq == CSeq{7, "CANCEL"});
  CHECK_FALSE(ok.to_tag().empty());
  if (!ringing_tag.empty()) CHECK(ok.to_tag() == ringing_tag);
  CHECK(bench.sent[bench.sent.size() - 2].message == ok);
  REQUIRE(bench.events<CancelArrived>().size() == 1);
  CHECK(bench.events<CancelArrived>()[0].invite == txn);
  bench.respond(txn, answer(bench, 487));
  bench.receive(companion_of(invite, "ACK", "b1"));
  bench.advance(5s);
  CHECK(bench.idle());
}

TEST_CASE("CHAT-13 server: a CANCEL after the final response changes nothing") {
  const int status = GENERATE(200, 486);
  Bench bench;
  const Message invite = incoming("INVITE");
  const auto txn = open_with(bench, invite);
  bench.respond(txn, answer(bench, status));
  bench.forget();
  bench.receive(companion_of(invite, "CANCEL"));
  CHECK(bench.times(200).size() == 1);
  CHECK(bench.told.empty());
  CHECK(bench.layer().open() == 1);
}

TEST_CASE("CHAT-13 server: a CANCEL that fits no INVITE gets 481") {
  Bench bench;
  const Message invite = incoming("INVITE");
  open_with(bench, invite);
  Message cancel = companion_of(invite, "CANCEL");
  SECTION("other branch") { set_param(cancel.vias[0].params, "branch", "z9hG4bKother"); }
  SECTION("other sent-by") { cancel.vias[0].port = 5099; }
  bench.receive(cancel);
  CHECK(bench.times(481).size() == 1);
  CHECK(bench.events<CancelArrived>().empty());
  CHECK(bench.layer().open() == 1);
}

TEST_CASE("server: branch, sent-by and method together name a transaction (RFC 3261 17.2.3)") {
  Bench bench;
  Message request = incoming("MESSAGE");
  open_with(bench, request);
  SECTION("another sent-by") {
    SECTION("host") { request.vias[0].host = "192.0.2.10"; }
    SECTION("port") { request.vias[0].port = 5061; }
    open_with(bench, request);
  }
  SECTION("another method") { open_with(bench, incoming("OPTIONS")); }
  SECTION("another branch, though all the rest is the same: a merged request is the user's to tell") {
    open_with(bench, incoming("MESSAGE", "z9hG4bKpeer2"));
  }
  SECTION("the same, though everything else differs") {
    request.call_id = "call-2";
    request.request_uri = make_sip_uri("carol", "c.example");
    bench.receive(request);
    CHECK(requests(bench) == 1);
  }
  SECTION("a host name is compared without case") {
    Message named = incoming("MESSAGE", "z9hG4bKnamed");
    named.vias[0].host = "PC.example";
    open_with(bench, named);
    named.vias[0].host = "pc.EXAMPLE";
    bench.receive(named);
    CHECK(requests(bench) == 2);
  }
}

TEST_CASE("D3 server: without the magic cookie requests match by RFC 2543 rules") {
  const std::string branch = GENERATE("", "1", "old-branch");
  CAPTURE(branch);
  Bench bench;
  const Message invite = incoming("INVITE", branch);
  const auto txn = open_with(bench, invite);
  bench.receive(invite);
  CHECK(requests(bench) == 1);

  SECTION("what differs is another request") {
    Message other = invite;
    SECTION("Call-ID") { other.call_id = "call-2"; }
    SECTION("CSeq") { other.cseq.number = 8; }
    SECTION("From tag") { set_param(other.from.params, "tag", "a2"); }
    SECTION("Request-URI") { other.request_uri.user = "carol"; }
    SECTION("top Via") { other.vias[0].port = 5099; }
    open_with(bench, other);
  }
  SECTION("CANCEL") {
    bench.receive(companion_of(invite, "CANCEL"));
    REQUIRE(bench.events<CancelArrived>().size() == 1);
    CHECK(bench.events<CancelArrived>()[0].invite == txn);
  }
  SECTION("ACK with the response's To tag is absorbed, with another it is not") {
    bench.respond(txn, answer(bench, 486));
    bench.receive(companion_of(invite, "ACK", "b2"));
    CHECK(bench.events<AckArrived>().size() == 1);
    bench.receive(companion_of(invite, "ACK", "b1"));
    CHECK(bench.events<AckArrived>().size() == 1);
    bench.advance(5s);
    CHECK(bench.idle());
  }
}

TEST_CASE("PGR-30 PGR-31: received and rport say where a request came from, and its answer goes there") {
  struct Case {
    const char* name;
    std::string host;
    std::uint16_t port;
    Params asked;
    Hop from;
    std::optional<std::string> received;
    std::optional<std::string> rport;
    std::string answered_to;
  };
  const Hop nat{Transport::udp, "198.51.100.7", 40000, {}};
  const Hop nat_tcp{Transport::tcp, "198.51.100.7", 40000, FlowId{9}};
  const Hop v6{Transport::udp, "2001:db8::1", 5060, {}};
  const std::optional<std::string> none;
  const Case cases[] = {
      {"same address", "192.0.2.9", 5060, {}, kPeer, none, none, "udp:192.0.2.9:5060"},
      {"same address, no port", "192.0.2.9", 0, {}, kPeer, none, none, "udp:192.0.2.9:5060"},
      {"another port, rport not asked", "192.0.2.9", 5099, {}, kPeer, none, none, "udp:192.0.2.9:5099"},
      {"a name", "pc.example", 5099, {}, kPeer, "192.0.2.9", none, "udp:192.0.2.9:5099"},
      {"behind a NAT without rport",
       "10.0.0.1",
       5099,
       {},
       nat,
       "198.51.100.7",
       none,
       "udp:198.51.100.7:5099"},
      {"rport asked",
       "10.0.0.1",
       5099,
       {{"rport", none}},
       nat,
       "198.51.100.7",
       "40000",
       "udp:198.51.100.7:40000"},
      {"rport asked, same address",
       "192.0.2.9",
       5099,
       {{"rport", none}},
       kPeer,
       "192.0.2.9",
       "5060",
       "udp:192.0.2.9:5060"},
      {"claims are not believed",
       "10.0.0.1",
       5099,
       {{"received", "203.0.113.5"}, {"rport", "53"}},
       nat,
       "198.51.100.7",
       "40000",
       "udp:198.51.100.7:40000"},
      {"a claim that was not needed",
       "192.0.2.9",
       5060,
       {{"received", "203.0.113.5"}},
       kPeer,
       none,
       none,
       "udp:192.0.2.9:5060"},
      {"TCP: the connection, else where the peer listens",
       "10.0.0.1",
       5099,
       {{"rport", none}},
       nat_tcp,
       "198.51.100.7",
       "40000",
       "tcp:198.51.100.7:5099"},
      {"IPv6", "[2001:db8::1]", 5060, {}, v6, none, none, "udp:2001:db8::1:5060"},
      {"IPv6 by name", "pc.example", 5060, {}, v6, "2001:db8::1", none, "udp:2001:db8::1:5060"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Bench bench;
    Message request = incoming("MESSAGE");
    request.vias[0].host = c.host;
    request.vias[0].port = c.port;
    for (const Param& p : c.asked) set_param(request.vias[0].params, p.name, p.value);
    request.vias.push_back(request.vias[0]);  // a hop further off is left as it is
    const auto txn = open_with(bench, request, c.from);
    const Message arrived = bench.events<RequestArrived>()[0].request;
    CHECK(param_value(arrived.vias[0].params, "received") == c.received);
    CHECK(param_value(arrived.vias[0].params, "rport") == c.rport);
    CHECK(arrived.vias[1] == request.vias[1]);
    bench.respond(txn, make_response(arrived, 200, "b1"));
    REQUIRE(bench.sent.size() == 1);
    CHECK(bench.sent[0].to.to_string() == c.answered_to);
    CHECK(bench.sent[0].to.flow == c.from.flow);
    bench.receive(request, c.from);  // what the layer wrote into the Via does not hide a repetition
    CHECK(requests(bench) == 1 + (c.from.flow ? 1 : 0));
  }
}

TEST_CASE("server: the INVITE can be looked up until its final response") {
  const int status = GENERATE(200, 486);
  Bench bench;
  const auto txn = open_with(bench, incoming("INVITE"));
  bench.respond(txn, answer(bench, 180));
  REQUIRE(bench.layer().request_of(txn) != nullptr);
  CHECK(*bench.layer().request_of(txn) == bench.events<RequestArrived>()[0].request);
  bench.respond(txn, answer(bench, status));
  CHECK(bench.layer().request_of(txn) == nullptr);
}

TEST_CASE("server: a request that is no INVITE belongs to the user alone") {
  Bench bench;
  CHECK(bench.layer().request_of(open_with(bench, incoming("MESSAGE"))) == nullptr);
}

TEST_CASE("D1 server: a request without Call-ID or with two methods gets 400") {
  Message request = incoming("MESSAGE");
  SECTION("no Call-ID") { request.call_id.clear(); }
  SECTION("CSeq of another method") { request.cseq.method = "INVITE"; }
  Bench bench;
  bench.receive(request);
  CHECK(bench.told.empty());
  REQUIRE(bench.times(400).size() == 1);
  CHECK(bench.sent[0].to == kPeer);
  CHECK(bench.idle());
}

TEST_CASE("server: a request without a Via can not be answered and is dropped") {
  Bench bench;
  Message request = incoming(GENERATE("MESSAGE", "INVITE", "ACK", "CANCEL"));
  request.vias.clear();
  bench.receive(request);
  CHECK(bench.sent.empty());
  CHECK(bench.told.empty());
  CHECK(bench.idle());
}

TEST_CASE("server: an unreachable peer does not end its transactions (RFC 6026 8.8)") {
  Bench bench;
  const auto txn = open_with(bench, incoming("INVITE"));
  bench.respond(txn, answer(bench, 486));
  bench.unreachable(kPeer);
  CHECK(bench.layer().open() == 1);
  bench.advance(500ms);
  CHECK(bench.times(486) == Times{0, 500});
}
