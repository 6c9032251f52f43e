// Much traffic between two endpoints: cut anywhere, in both directions, with slow readers, over streams and
// over WebSocket messages, and with certificates.

#include <algorithm>

#include "msrp/endpoint_bench.hpp"
#include "msrp/fingerprint.hpp"
#include "msrp/sources.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Random;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

std::string some_content(Random& random, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    const std::string pieces[] = {"\r\n-------", random.token(8), std::string(1, '\0'),
                                  "\r\nMSRP abcd SEND\r\n", "\xff"};
    out += pieces[random.below(std::size(pieces))];
  }
  out.resize(size);
  return out;
}

/// What both ends of the same talk are told, with the octets cut so.
std::string talk_cut(std::function<std::size_t(std::size_t)> cut, bool web) {
  const std::string tail = web ? "ws" : "tcp";
  Talk talk(local_end("alice", web, tail), local_end("bob", web, tail));
  talk.line.cut = std::move(cut);
  Random random(7);
  talk.start();
  std::vector<std::string> sent;
  for (int i = 0; i < 30; ++i) {
    auto message = text(some_content(random, random.below(4) == 0 ? 9000 : random.below(300)));
    message.success_report = i % 3 == 0;
    message.failure_report = i % 5 == 0 ? FailureReport::partial : FailureReport::yes;
    sent.push_back(std::get<std::string>(message.content));
    if (i % 2 == 0) {
      talk.a.sent(talk.alice_session, std::move(message));
    } else {
      talk.b.sent(talk.bob_session, std::move(message));
    }
    if (i % 7 == 0) talk.line.carry();
  }
  talk.line.carry();
  REQUIRE(talk.a.arrived.size() + talk.b.arrived.size() == sent.size());
  std::vector<std::string> arrived;
  for (const auto* bench : {&talk.a, &talk.b}) {
    for (const auto& each : bench->arrived) arrived.push_back(each.message.content);
  }
  std::sort(sent.begin(), sent.end());
  std::sort(arrived.begin(), arrived.end());
  CHECK(arrived == sent);
  auto told = talk.a.told() + " | " + talk.b.told();
  talk.a.wait(30s);  // errors about what is not answered may come so long
  talk.b.wait(30s);
  CHECK(talk.a.timers.empty());
  CHECK(talk.b.timers.empty());
  return told;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("MSRP-10, MSRP-54: however the octets are cut, both ends are told the same") {
  const auto whole = talk_cut({}, false);
  CHECK(count(whole, "arrived") == 30);
  CHECK(count(whole, "sent") == 30);
  CHECK(count(whole, "delivered") == 10);
  CHECK(talk_cut([](std::size_t) { return 1; }, false) == whole);
  Random random(3);
  for (int i = 0; i < 20; ++i)
    CHECK(talk_cut([&](std::size_t size) { return 1 + random.below(size); }, false) == whole);
}

TEST_CASE("MSRP-121, MSRP-127: over WebSocket the same is told") {
  const auto told = talk_cut({}, true);
  CHECK(count(told, "arrived") == 30);
  CHECK(count(told, "sent") == 30);
  CHECK(count(told, "delivered") == 10);
}

TEST_CASE("MSRP-121, MSRP-122, MSRP-127: each WebSocket message is one chunk or answer, of bounded size") {
  EndpointConfig config;
  config.message_chunk = 3000;
  Bench b(config);
  const auto session = b.open(local_end("bob", true, "ws"));
  b.start(session, remote_end(local_end("alice", true, "ws"), false));
  const auto connection = b.accept(node::StreamKind::wss);
  b.feed(connection,
         "MSRP tid1abcd SEND\r\nTo-Path: msrps://host.example:7000/bob;ws\r\nFrom-Path: "
         "msrps://x.invalid:443/alice;ws\r\nMessage-ID: abcd1\r\nSuccess-Report: yes\r\nContent-Type: "
         "text/plain\r\n\r\nHi\r\n-------tid1abcd$\r\n");
  b.sent(session, text(std::string(7000, 'x')));
  b.sent(session, text("\xff\xfe"));
  const auto writes = b.writes[connection];
  REQUIRE(writes.size() == 6);
  std::vector<Seen> seen;
  for (const auto& write : writes) {
    const auto one = decode_all(write.octets).messages;
    REQUIRE(one.size() == 1);
    REQUIRE(one[0].end);
    seen.push_back(one[0]);
  }
  CHECK(seen[0].head.status == 200);
  CHECK(seen[1].head.method == "REPORT");
  CHECK(seen[2].head.byte_range == ByteRange{1, {}, 7000});
  CHECK(seen[2].body.size() == 3000);
  CHECK(seen[2].end == Flag::more);
  CHECK(seen[3].head.byte_range == ByteRange{3001, {}, 7000});
  CHECK(seen[3].head.message_id == seen[2].head.message_id);
  CHECK(seen[3].head.transaction_id != seen[2].head.transaction_id);
  CHECK(seen[4].body.size() == 1000);
  CHECK(seen[4].end == Flag::last);
  CHECK(writes[4].text);
  CHECK_FALSE(writes[5].text);
}

TEST_CASE("MSRP-121: what is not exactly one request or response in a WebSocket message is hung up on") {
  const std::string one =
      "MSRP tid1abcd SEND\r\nTo-Path: msrps://host.example:7000/bob;ws\r\nFrom-Path: "
      "msrps://x.invalid:443/alice;ws\r\nMessage-ID: abcd1\r\n-------tid1abcd$\r\n";
  for (const auto& octets :
       {one + one, one.substr(0, one.size() - 1), one.substr(0, 20), one + "MSRP", std::string("\r\n")}) {
    INFO(octets);
    Bench b;
    b.start(b.open(local_end("bob", true, "ws")), remote_end(local_end("alice", true, "ws"), false));
    const auto connection = b.accept(node::StreamKind::wss);
    b.feed(connection, octets);
    CHECK(b.hung_up.size() == 1);
    CHECK(b.endpoint.connections() == 0);
  }
}

TEST_CASE("MSRP-121: a source that runs dry ends its chunk, and goes on in another") {
  Bench b;
  const auto session = b.open(local_end("bob", true, "ws"));
  b.start(session, remote_end(local_end("alice", true, "ws"), true));
  const auto connection = b.dials.begin()->first;
  b.hear(connection, node::Opened{});
  b.writes.clear();
  TextSource::Text slow{"first", 0, SIZE_MAX, Source::State::dry, std::nullopt};
  auto message = text("");
  message.content = std::make_unique<TextSource>(slow);
  b.sent(session, std::move(message));
  auto seen = b.seen(connection);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].body == "first");
  CHECK(seen[0].end == Flag::more);
  slow.octets += "second";
  slow.after = Source::State::end;
  EndpointOutbox out;
  b.endpoint.resume(b.now, session, out);
  REQUIRE(out.effects().size() == 1);
  const auto& write = std::get<node::Write>(std::get<EndpointOutbox::Send>(out.effects()[0]).message);
  seen = decode_all(write.octets).messages;
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].body == "second");
  CHECK(seen[0].end == Flag::last);
}

TEST_CASE("an endpoint writes in the memory that its driver has to spare") {
  EndpointConfig config;
  config.write_ahead = 100'000;
  Talk talk(local_end("alice"), local_end("bob"), config);
  talk.start();
  talk.a.carried = false;  // the line stands still
  talk.a.sent(talk.alice_session, text(std::string(250'000, 'x')));
  const auto connection = talk.a.dials.begin()->first;
  talk.a.written(connection);
  node::Spares spares;
  spares.give(std::string(200'000, ' '));
  talk.a.hear(connection, node::Drained{&spares});
  CHECK(talk.a.written(connection).size() >= config.write_ahead);
  CHECK(spares.take().capacity() == std::string().capacity());  // it has gone away with what was written
  spares.give(std::string(200'000, ' '));
  talk.a.feed(connection, "\r\n");  // nothing is written, and nothing kept
  talk.a.hear(connection, node::Octets{"\r\n", &spares});
  CHECK(spares.take().capacity() >= 200'000);
}

TEST_CASE("MSRP-34: a big message is written no faster than the stream takes it, and small ones pass") {
  EndpointConfig config;
  config.write_ahead = 100'000;
  Talk talk(local_end("alice"), local_end("bob"), config);
  talk.start();
  talk.line.writes = 0;
  Random random(1);
  const auto big = some_content(random, 3 << 20);
  talk.a.carried = false;  // the line stands still
  talk.a.sent(talk.alice_session, text(big));
  auto connection = talk.a.dials.begin()->first;
  std::size_t octets = 0;
  for (const auto& write : talk.a.writes[connection]) octets += write.octets.size();
  CHECK(octets >= config.write_ahead);
  CHECK(octets < config.write_ahead + 1000);
  talk.a.sent(talk.alice_session, text("small"));
  std::string all = talk.a.written(connection);
  std::size_t most = 0;
  for (talk.a.hear(connection, node::Drained());; talk.a.hear(connection, node::Drained())) {
    const auto piece = talk.a.written(connection);
    if (piece.empty()) break;
    most = std::max(most, piece.size());
    all += piece;
  }
  CHECK(most < config.write_ahead + 1000);
  talk.b.carried = false;
  talk.b.feed(node::accepted_connection(1), all);
  REQUIRE(talk.b.arrived.size() == 2);
  CHECK(talk.b.arrived[0].message.content == "small");
  CHECK(talk.b.arrived[1].message.content == big);
}

TEST_CASE("MSRP-34: a peer that reads no answers is hung up on") {
  EndpointConfig config;
  config.write_ahead = 20'000;
  config.outbound.sender.max_control = 20'000;
  Bench b(config);
  b.start(b.open(local_end("bob")), remote_end(local_end("alice"), false));
  const auto connection = b.accept();
  const std::string one =
      "MSRP tid1abcd SEND\r\nTo-Path: msrp://host.example:7000/bob;tcp\r\nFrom-Path: "
      "msrp://host.example:7000/alice;tcp\r\nMessage-ID: abcd1\r\n-------tid1abcd$\r\n";
  std::size_t fed = 0;
  while (b.hung_up.empty() && fed < 1000) {
    b.feed(connection, one);
    ++fed;
  }
  CHECK(fed > 200);
  CHECK(fed < 500);
  CHECK(b.told() == "ready 1, lost 1 0");
}

TEST_CASE("many requests that come at once are answered at once, in one write") {
  Bench b;
  b.start(b.open(local_end("bob")), remote_end(local_end("alice"), false));
  const auto connection = b.accept();
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const auto n = std::to_string(1000 + i);
    all += "MSRP tid" + n + " SEND\r\nTo-Path: msrp://host.example:7000/bob;tcp\r\nFrom-Path: " +
           "msrp://host.example:7000/alice;tcp\r\nMessage-ID: id" + n +
           "\r\nContent-Type: text/plain\r\n\r\n" + n + "\r\n-------tid" + n + "$\r\n";
  }
  b.feed(connection, all);
  CHECK(b.arrived.size() == 100);
  CHECK(b.writes[connection].size() == 1);
  CHECK(b.seen(connection).size() == 100);
}

TEST_CASE(
    "MSRP-53, MSRP-55: content that is passed on comes in order and once, and void when it is abandoned") {
  auto bob = local_end("bob");
  bob.pass_on = true;
  bob.limits.max_message = 8 << 20;
  Talk talk(local_end("alice"), bob);
  Random random(5);
  talk.line.cut = [&](std::size_t size) { return 1 + random.below(std::min<std::size_t>(size, 5000)); };
  talk.start();
  talk.b.told();
  const auto big = some_content(random, 3 << 20);
  const auto id = talk.a.sent(talk.alice_session, text(big));
  talk.line.carry();
  CHECK(talk.b.passed[id] == big);
  REQUIRE(talk.b.arrived.size() == 1);
  CHECK(talk.b.arrived[0].message.content.empty());
  CHECK(talk.b.arrived[0].message.length == big.size());
  CHECK(talk.a.told() == "ready 1, sent 1");
  talk.b.told();

  TextSource::Text broken{"some", 0, SIZE_MAX, Source::State::broken, std::nullopt};
  auto message = text("");
  message.content = std::make_unique<TextSource>(broken);
  const auto other = talk.a.sent(talk.alice_session, std::move(message));
  talk.line.carry();
  CHECK(talk.a.told() == "failed 1 0");
  const bool begun = talk.b.passed.contains(other);
  CHECK(talk.b.told() == (begun ? "void 1 " + other : ""));
}

TEST_CASE(
    "MSRP-83: what was passed on of half a message is void when its connection breaks, and comes anew") {
  auto bob = local_end("bob");
  bob.pass_on = true;
  Talk talk(local_end("alice"), bob);
  talk.start();
  talk.line.at_most = 1000;
  auto message = text(std::string(5000, 'x'));
  message.message_id = "half";
  talk.a.sent(talk.alice_session, std::move(message));
  talk.line.carry();
  CHECK_FALSE(talk.b.passed["half"].empty());
  talk.line.break_all();
  CHECK(talk.b.told() == "ready 1, void 1 half, lost 1 0");
  talk.b.passed.clear();
  talk.line.at_most = SIZE_MAX;
  talk.start();
  auto again = text(std::string(5000, 'y'));
  again.message_id = "half";
  talk.a.sent(talk.alice_session, std::move(again));
  talk.line.carry();
  CHECK(talk.b.passed["half"] == std::string(5000, 'y'));
}

TEST_CASE("MSRP-90: a peer with the certificate of its SDP is taken, on both sides") {
  Talk talk(local_end("alice", true), local_end("bob", true));
  auto to_bob = remote_end(talk.bob_end, true);
  to_bob.fingerprints = {fingerprint_of("b")};
  auto to_alice = remote_end(talk.alice_end, false);
  to_alice.fingerprints = {fingerprint_of("a")};
  talk.b.start(talk.bob_session, to_alice);
  talk.a.start(talk.alice_session, to_bob);
  CHECK_FALSE(talk.a.dials.begin()->second.check_authority);
  talk.a.sent(talk.alice_session, text("secret"));
  talk.line.carry();
  CHECK(talk.a.told() == "ready 1, sent 1");
  CHECK(talk.b.told() == "ready 1, arrived 1 secret");
}

TEST_CASE("MSRP-90: a peer with another certificate is hung up on at once, whoever has dialled") {
  for (const std::string wrong : {"a", "b"}) {
    INFO(wrong);
    Talk talk(local_end("alice", true), local_end("bob", true));
    talk.line.certificates[wrong == "a" ? 0 : 1] = "mallory";
    auto to_bob = remote_end(talk.bob_end, true);
    to_bob.fingerprints = {fingerprint_of("b")};
    auto to_alice = remote_end(talk.alice_end, false);
    to_alice.fingerprints = {fingerprint_of("a")};
    talk.b.start(talk.bob_session, to_alice);
    talk.a.start(talk.alice_session, to_bob);
    talk.a.sent(talk.alice_session, text("secret"));
    talk.line.carry();
    CHECK(talk.b.arrived.empty());
    CHECK(talk.line.links() == 0);
    CHECK(talk.a.told() == (wrong == "b" ? "failed 1 0, lost 1 0" : "ready 1, failed 1 0, lost 1 0"));
    if (wrong == "a") CHECK(talk.b.told() == "lost 1 0");
  }
}

TEST_CASE("MSRP-90: a peer that comes before its SDP is looked at when that is there") {
  Talk talk(local_end("alice", true), local_end("bob", true));
  talk.line.certificates[0] = "mallory";
  talk.a.start(talk.alice_session, remote_end(talk.bob_end, true));
  CHECK(talk.a.dials.begin()->second.check_authority);
  talk.line.carry();
  auto to_alice = remote_end(talk.alice_end, false);
  to_alice.fingerprints = {fingerprint_of("a")};
  talk.b.start(talk.bob_session, to_alice);
  CHECK(talk.b.told() == "lost 1 0");
  CHECK(talk.b.hung_up.size() == 1);
}

TEST_CASE("MSRP-90: without TLS a session of msrps shows no certificate, and is not taken") {
  Bench b;
  const auto session = b.open(local_end("bob", true));
  auto remote = remote_end(local_end("alice", true), false);
  remote.fingerprints = {fingerprint_of("a")};
  b.start(session, remote);
  const auto connection = b.accept(node::StreamKind::tcp);
  b.feed(connection,
         "MSRP tid1abcd SEND\r\nTo-Path: msrps://host.example:7000/bob;tcp\r\nFrom-Path: "
         "msrps://host.example:7000/alice;tcp\r\nMessage-ID: abcd1\r\n-------tid1abcd$\r\n");
  const auto seen = b.seen(connection);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.status == 481);
  CHECK(b.told().empty());  // whoever it was has not taken the place of the peer
}

TEST_CASE("MSRP-91: the best hash counts, SHA-1 only where there is none better, MD5 never") {
  const std::string certificate = "abc";
  const Fingerprint good{
      "SHA-256",
      "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:"
      "15:AD"};
  const Fingerprint sha1{"sha-1", "A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D"};
  const Fingerprint md5{"md5", "90:01:50:98:3C:D2:4F:B0:D6:96:3F:7D:28:E1:7F:72"};
  const Fingerprint other = fingerprint_of("another");
  CHECK(fingerprint_of(certificate) == Fingerprint{"sha-256", good.value});
  CHECK(check_certificate(certificate, {good}));
  CHECK(check_certificate(certificate, {other, good}));
  CHECK(check_certificate(certificate, {sha1}));
  CHECK(check_certificate(certificate, {md5, sha1}));
  CHECK_FALSE(check_certificate(certificate, {other}));
  CHECK_FALSE(check_certificate(certificate, {other, sha1}));
  CHECK_FALSE(check_certificate(certificate, {md5}));
  CHECK_FALSE(check_certificate(certificate, {}));
  CHECK_FALSE(check_certificate("", {good}));
}
