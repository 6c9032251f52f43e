// Requests through relays: how they look on the other side, what is answered and reported, and who may send
// them.

#include "msrp/relay_parties.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

const std::string kRelay = "msrps://relay.example:2855;tcp";
const std::string kAlice = "msrps://alice.invalid:9000/alice1;tcp";
const std::string kBob = "msrp://bob.example:9000/bob1;tcp";

/// Alice behind a relay, and Bob who listens.
struct Stage {
  explicit Stage(RelayConfig config = {})
      : relay(net, "relay.example", std::move(config)), alice(net), bob(net, "bob.example") {
    id = alice.dial("relay.example");
    path = alice.use_path(id, kRelay, kAlice);
  }
  /// From Alice to Bob; what the relay answers.
  std::vector<Seen> send_out(std::string_view tid, std::string_view body, std::string_view more = {}) {
    return alice.ask(id, send(tid, path + " " + kBob, kAlice, body, more));
  }
  const std::vector<Seen>& at_bob() { return bob.heard(bob.last_accepted()); }
  const std::vector<Seen>& at_alice() { return alice.heard(id); }

  StreamNet net;
  RelayParty relay;
  TextPeer alice;
  TextPeer bob;
  node::ConnectionId id;
  std::string path;
};

std::size_t count(const std::vector<Seen>& seen, std::string_view method, int report = 0) {
  return static_cast<std::size_t>(std::count_if(seen.begin(), seen.end(), [&](const Seen& one) {
    return one.head.method == method && (report == 0 || one.head.report_status->code == report);
  }));
}

}  // namespace

TEST_CASE("MSRP-106, MSRP-107: the relay's URI moves from path to path, and it answers the SEND itself") {
  Stage stage;
  const auto answers = stage.send_out("tid1", "hello");
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].head.status == 200);
  CHECK(answers[0].head.transaction_id == "tid1");
  CHECK(answers[0].head.to_path == kAlice);
  CHECK(answers[0].head.from_path == stage.path);
  REQUIRE(stage.at_bob().size() == 1);
  const auto& seen = stage.at_bob()[0];
  CHECK(seen.head.to_path == kBob);
  CHECK(seen.head.from_path == stage.path + " " + kAlice);
  CHECK(seen.head.transaction_id != "tid1");
  CHECK(seen.head.transaction_id.size() >= 16);
  CHECK(seen.body == "hello");
  CHECK(seen.end == Flag::last);

  // And back, on the same two connections.
  const auto from_bob = stage.bob.last_accepted();
  const auto back = stage.bob.ask(from_bob, send("tid2", stage.path + " " + kAlice, kBob, "hi"));
  REQUIRE(back.size() == 1);
  CHECK(back[0].head.status == 200);
  CHECK(back[0].head.from_path == stage.path);
  CHECK(stage.at_alice().back().head.to_path == kAlice);
  CHECK(stage.at_alice().back().head.from_path == stage.path + " " + kBob);
  CHECK(stage.at_alice().back().body == "hi");
  CHECK(stage.relay.relay.connections() == 2);
}

TEST_CASE("MSRP-106: headers behind the paths pass as they are, octet by octet") {
  Stage stage;
  const std::string lines =
      "message-id:  mm11 \r\nX-New:a  b\t\r\nFailure-report: YES\r\nByte-Range: 1-5/5\r\n"
      "Content-ID: <x@y>\r\nContent-Type: text/plain;charset=\"utf-8\"\r\n";
  std::string octets;
  struct Ear : TextPeer {
    using TextPeer::TextPeer;
    void hear(node::ConnectionId at, const node::StreamNews& news) override {
      if (const auto* heard = std::get_if<node::Octets>(&news)) octets->append(heard->octets);
      TextPeer::hear(at, news);
    }
    std::string* octets = nullptr;
  } ear(stage.net, "ear.example");
  ear.octets = &octets;
  stage.alice.ask(stage.id, request("tid1", "SEND", stage.path + " msrp://ear.example:9000/e;tcp", kAlice,
                                    lines, "hello"));
  const auto from = "From-Path: " + stage.path + " " + kAlice + "\r\n";
  const auto at = octets.find(from);
  REQUIRE(at != std::string::npos);
  CHECK(octets.substr(at + from.size(), lines.size()) == lines);
}

TEST_CASE("MSRP-106: relay after relay, in any cuts") {
  for (const std::size_t most : {0, 1, 7, 900}) {
    CAPTURE(most);
    StreamNet net;
    net.cut(most, most);
    RelayParty first(net, "relay.example", {}, 1);
    RelayParty second(net, "second.example", {}, 2);
    TextPeer alice(net);
    TextPeer bob(net);
    const auto at_first = alice.dial("relay.example");
    const auto at_second = bob.dial("second.example");
    const auto alice_path = alice.use_path(at_first, kRelay, kAlice);
    const auto bob_path = bob.use_path(at_second, "msrps://second.example:2855;tcp", kBob);
    const std::string body(5000, 'x');
    const auto to_bob = alice_path + " " + bob_path + " " + kBob;
    const auto from_alice = bob_path + " " + alice_path + " " + kAlice;
    CHECK(TextPeer::one(alice.ask(at_first, send("tid1", to_bob, kAlice, body, "Success-Report: yes\r\n")))
              .head.status == 200);
    std::string arrived;
    for (const auto& seen : bob.heard(at_second)) {
      if (seen.head.method != "SEND") continue;
      CHECK(seen.head.from_path == from_alice);
      arrived += seen.body;
    }
    CHECK(arrived == body);
    // A REPORT goes the same way back, and nothing is said to it.
    const auto before = bob.heard(at_second).size();
    bob.ask(at_second, request("tid2", "REPORT", from_alice, kBob,
                               "Message-ID: mtid1\r\nByte-Range: 1-5000/5000\r\nStatus: 000 200 OK\r\n"));
    CHECK(bob.heard(at_second).size() == before);
    const auto& report = alice.heard(at_first).back();
    CHECK(report.head.method == "REPORT");
    CHECK(report.head.to_path == kAlice);
    CHECK(report.head.from_path == alice_path + " " + bob_path + " " + kBob);
    CHECK(report.head.report_status->code == 200);
    CHECK(first.relay.connections() == 2);
    CHECK(second.relay.connections() == 2);
  }
}

TEST_CASE("MSRP-106: two clients of one relay, and one with itself") {
  Stage stage;
  TextPeer carol(stage.net);
  const auto at_relay = carol.dial("relay.example");
  const std::string uri = "msrps://carol.invalid:9000/carol1;tcp";
  const auto path = carol.use_path(at_relay, kRelay, uri);
  const auto text = send("tid1", stage.path + " " + path + " " + uri, kAlice, "hello");
  CHECK(TextPeer::one(stage.alice.ask(stage.id, text)).head.status == 200);
  CHECK(carol.heard(at_relay).back().body == "hello");
  CHECK(carol.heard(at_relay).back().head.from_path == path + " " + stage.path + " " + kAlice);
  const std::string other = "msrps://alice.invalid:9000/alice2;tcp";
  const auto second = stage.alice.use_path(stage.id, kRelay, other);
  stage.alice.ask(stage.id, send("tid2", stage.path + " " + second + " " + other, kAlice, "note"));
  CHECK(count(stage.at_alice(), "SEND") == 1);
  CHECK(stage.net.dials().size() == 2);  // those of the two clients
}

TEST_CASE("MSRP-106: two sessions through one connection each find their peer") {
  Stage stage;
  TextPeer carol(stage.net, "carol.example");
  const std::string other = "msrps://alice.invalid:9000/alice2;tcp";
  const std::string uri = "msrp://carol.example:9000/carol1;tcp";
  const auto second = stage.alice.use_path(stage.id, kRelay, other);
  for (int i = 0; i < 3; ++i) {
    const auto tid = "tid" + std::to_string(i);
    stage.send_out(tid + "b", "to bob");
    stage.alice.ask(stage.id, send(tid + "c", second + " " + uri, other, "to carol"));
  }
  CHECK(count(stage.at_bob(), "SEND") == 3);
  CHECK(count(carol.heard(carol.last_accepted()), "SEND") == 3);
  CHECK(carol.heard(carol.last_accepted())[0].head.from_path == second + " " + other);
}

TEST_CASE("MSRP-106: what the relay did not hand out, or to somebody else, is of no use") {
  Stage stage;
  const auto status = [&](TextPeer& peer, node::ConnectionId id, const std::string& to) {
    return TextPeer::one(peer.ask(id, send("tid1", to, kAlice, "hello"))).head.status;
  };
  CHECK(status(stage.alice, stage.id, "msrps://relay.example:2855/guess;tcp " + kBob) == 481);
  CHECK(status(stage.alice, stage.id, kBob) == 481);
  CHECK(status(stage.alice, stage.id, stage.path) == 481);
  CHECK(status(stage.alice, stage.id, kRelay + " " + kBob) == 481);
  // Who does not have the URI reaches Alice by it, and nobody else.
  TextPeer eve(stage.net);
  const auto from_eve = eve.dial("relay.example");
  CHECK(status(eve, from_eve, stage.path + " " + kBob) == 200);
  CHECK(stage.at_alice().back().head.to_path == kBob);
  CHECK(stage.net.dials().size() == 2);
  // Failure-Report decides whether a refusal is told.
  CHECK(eve.ask(from_eve, send("tid3", kBob, kAlice, "x", "Failure-Report: no\r\n")).empty());
  CHECK(eve.ask(from_eve, send("tid4", kBob, kAlice, "x", "Failure-Report: partial\r\n")).size() == 1);
  CHECK(
      eve.ask(from_eve, request("tid5", "REPORT", kBob, kAlice, "Message-ID: mmmm\r\nStatus: 000 200 OK\r\n"))
          .empty());
  CHECK(TextPeer::one(eve.ask(from_eve, request("tid6", "SEND", stage.path, kAlice, ""))).head.status == 400);
}

TEST_CASE("MSRP-106: a peer that came by itself is answered on its own connection") {
  Stage stage;
  TextPeer carol(stage.net);  // listens nowhere
  const std::string uri = "msrp://carol.invalid:9000/carol1;tcp";
  const auto from_carol = carol.dial("relay.example");
  carol.ask(from_carol, request("tid1", "SEND", stage.path + " " + kAlice, uri, "Message-ID: mmmm\r\n"));
  stage.alice.ask(stage.id, send("tid2", stage.path + " " + uri, kAlice, "hello"));
  CHECK(carol.heard(from_carol).back().body == "hello");
  // Nobody takes her URI from her.
  TextPeer eve(stage.net);
  const auto from_eve = eve.dial("relay.example");
  eve.ask(from_eve, request("tid3", "SEND", stage.path + " " + kAlice, uri, "Message-ID: nnnn\r\n"));
  stage.alice.ask(stage.id, send("tid4", stage.path + " " + uri, kAlice, "again"));
  CHECK(carol.heard(from_carol).back().body == "again");
}

TEST_CASE("MSRP-107: silence of the next hop for 30 s is reported, where a report is wanted") {
  Stage stage;
  stage.bob.status.reset();
  stage.send_out("tid1", "hello");
  stage.send_out("tid2", "hello", "Failure-Report: partial\r\n");
  stage.send_out("tid3", "hello", "Failure-Report: no\r\n");
  CHECK(count(stage.at_bob(), "SEND") == 3);
  stage.net.run(29s);
  CHECK(count(stage.at_alice(), "REPORT") == 0);
  stage.net.run(2s);
  REQUIRE(count(stage.at_alice(), "REPORT") == 1);
  const auto& report = stage.at_alice().back();
  CHECK(report.head.report_status->code == 408);
  CHECK(report.head.message_id == "mtid1");
  CHECK(report.head.to_path == kAlice);
  CHECK(report.head.from_path == stage.path);
  CHECK(report.head.byte_range == ByteRange{1, 5, 5});
}

TEST_CASE("MSRP-107: an error of the next hop is reported for yes and partial") {
  Stage stage;
  stage.bob.status = 413;
  CHECK(stage.send_out("tid1", "hello")[0].head.status == 200);
  stage.send_out("tid2", "hello", "Failure-Report: partial\r\n");
  stage.send_out("tid3", "hello", "Failure-Report: no\r\n");
  CHECK(count(stage.at_alice(), "REPORT") == 2);
  CHECK(count(stage.at_alice(), "REPORT", 413) == 2);
  stage.net.run(31s);
  CHECK(count(stage.at_alice(), "REPORT") == 2);
}

TEST_CASE("MSRP-107: a next hop that can not be reached, or is lost, is reported") {
  Stage stage;
  stage.alice.ask(stage.id, send("tid1", stage.path + " msrp://nobody.example:1/x;tcp", kAlice, "hello"));
  CHECK(count(stage.at_alice(), "REPORT", 481) == 1);
  CHECK(TextPeer::one(
            stage.alice.ask(stage.id, send("tid2", stage.path + " msrp://x.example:1/x;sctp", kAlice, "hi")))
            .head.status == 481);
  stage.bob.status.reset();
  stage.send_out("tid3", "hello");
  stage.net.kill(stage.bob, stage.bob.last_accepted());
  stage.net.run(1s);
  CHECK(count(stage.at_alice(), "REPORT", 408) == 1);
  // The next message gets a new connection.
  stage.bob.status = 200;
  stage.send_out("tid4", "hello");
  CHECK(stage.at_bob().back().body == "hello");
  stage.net.run(31s);
  CHECK(count(stage.at_alice(), "REPORT") == 2);
}

TEST_CASE("MSRP-107: a next hop that is lost in the middle of a chunk, and a sender that is") {
  Stage stage;
  const std::string piece(10'000, 'x');
  const auto head = [&](std::string_view tid) {
    return "MSRP " + std::string(tid) + " SEND\r\nTo-Path: " + stage.path + " " + kBob +
           "\r\nFrom-Path: " + kAlice +
           "\r\nMessage-ID: mmmm\r\nByte-Range: 1-*/50000\r\nContent-Type: text/plain\r\n\r\n";
  };
  stage.alice.say(stage.id, head("tid1") + piece);
  stage.net.run(1s);
  CHECK(stage.at_bob().back().body == piece);  // before its end is there
  CHECK_FALSE(stage.at_bob().back().end);
  stage.net.kill(stage.bob, stage.bob.last_accepted());
  stage.net.run(1s);
  REQUIRE(stage.at_alice().back().head.transaction_id == "tid1");
  CHECK(stage.at_alice().back().head.status == 481);
  const auto before = stage.at_alice().size();
  stage.alice.ask(stage.id, piece + "\r\n-------tid1$\r\n");
  CHECK(stage.at_alice().size() == before);  // it was answered

  stage.alice.say(stage.id, head("tid2") + piece);
  stage.net.run(1s);
  CHECK_FALSE(stage.at_bob().back().end);
  stage.net.kill(stage.alice, stage.id);
  stage.net.run(1s);
  CHECK(stage.at_bob().back().end == Flag::abandoned);
}

TEST_CASE("MSRP-108: an unknown method passes like a REPORT, and its answer comes all the way back") {
  Stage stage;
  stage.alice.say(stage.id,
                  request("tid1", "NICKNAME", stage.path + " " + kBob, kAlice, "Use-Nickname: \"al\"\r\n"));
  stage.net.run(1s);
  const auto seen = stage.at_bob().back();
  CHECK(seen.head.method == "NICKNAME");
  CHECK(seen.head.use_nickname == "\"al\"");
  std::string answer;
  append_response(answer, seen.head, 425, "taken");
  stage.bob.say(stage.bob.last_accepted(), answer);
  stage.net.run(1s);
  const auto& back = stage.at_alice().back();
  CHECK(back.head.transaction_id == "tid1");
  CHECK(back.head.status == 425);
  CHECK(back.head.comment == "taken");
  CHECK(back.head.to_path == kAlice);
  CHECK(back.head.from_path == stage.path + " " + kBob);
  // No answer to it is one as well.
  stage.alice.ask(stage.id, request("tid2", "OTHER", stage.path + " " + kBob, kAlice, ""));
  stage.net.run(31s);
  CHECK(stage.at_alice().back().head.transaction_id == "tid2");
  CHECK(stage.at_alice().back().head.status == 408);
}

TEST_CASE("MSRP-109: a connection without a valid request is closed after 30 s") {
  Stage stage;
  TextPeer eve(stage.net);
  const auto silent = eve.dial("relay.example");
  const auto noisy = eve.dial("relay.example");
  const auto garbage = eve.dial("relay.example");
  stage.net.run(25s);
  eve.ask(noisy, send("tid1", kBob, kAlice, "x"));
  eve.say(garbage, "GET / HTTP/1.1\r\n");
  stage.net.run(1s);
  CHECK_FALSE(eve.is_open(garbage));
  CHECK(eve.is_open(silent));
  stage.net.run(5s);
  CHECK_FALSE(eve.is_open(silent));
  CHECK_FALSE(eve.is_open(noisy));
}

TEST_CASE("MSRP-109: an idle connection is closed: a client's after an hour, any other after five minutes") {
  Stage stage;
  TextPeer eve(stage.net);
  const auto foreign = eve.dial("relay.example");
  eve.ask(foreign, send("tid1", stage.path + " " + kAlice, kBob, "x"));
  stage.net.run(299s);
  CHECK(eve.is_open(foreign));
  eve.ask(foreign, send("tid1", stage.path + " " + kAlice, kBob, "x"));
  stage.net.run(299s);
  CHECK(eve.is_open(foreign));
  stage.net.run(2s);
  CHECK_FALSE(eve.is_open(foreign));
  REQUIRE(stage.alice.is_open(stage.id));
  stage.net.run(59min);
  CHECK_FALSE(stage.alice.is_open(stage.id));  // and its URI has expired
  CHECK(stage.relay.relay.uris() == 0);
  CHECK(stage.relay.relay.connections() == 0);
}

TEST_CASE("MSRP-109: there are not more connections than there may be") {
  RelayConfig config;
  config.max_connections = 2;
  Stage stage(config);
  TextPeer eve(stage.net);
  const auto second = eve.dial("relay.example");
  node::Dial dial;
  dial.to.host = "relay.example";
  dial.to.port = 2855;
  stage.net.act(eve, node::dialled_connection(9), dial);
  stage.net.run(1s);
  CHECK_FALSE(eve.is_open(node::dialled_connection(9)));
  CHECK(eve.is_open(second));
  CHECK(stage.send_out("tid1", "hello")[0].head.status == 481);
}
