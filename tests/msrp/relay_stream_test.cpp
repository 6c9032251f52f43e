// Content that flows through a relay: in whatever pieces, past others, at the pace of who reads, and never
// more of it in memory than the queues may hold.

#include <set>

#include "core/text.hpp"
#include "msrp/reassembly.hpp"
#include "msrp/relay_outlet.hpp"
#include "msrp/relay_parties.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

const std::string kRelay = "msrps://relay.example:2855;tcp";
const std::string kAlice = "msrps://alice.invalid:9000/alice1;tcp";
const std::string kBob = "msrp://bob.example:9000/bob1;tcp";

/// Puts chunks together, and counts them.
struct Collector {
  void take(const std::vector<Seen>& all) {
    for (; at < all.size() && all[at].end; ++at) {
      const auto& seen = all[at];
      if (seen.head.method != "SEND") continue;
      REQUIRE(seen.defect.empty());
      REQUIRE(reassembly.begin(seen.head));
      REQUIRE(reassembly.add(seen.body));
      auto end = reassembly.end(*seen.end);
      REQUIRE(end);
      chunks += 1;
      if (*seen.end == Flag::more) smallest = std::min(smallest, seen.body.size());
      if (end->message) messages[end->message->message_id] = end->message->content;
    }
  }
  ReassemblyLimits limits = [] {
    ReassemblyLimits out;
    out.max_message = 64 << 20;
    return out;
  }();
  Reassembly reassembly{limits};
  std::size_t at = 0;
  std::size_t chunks = 0;
  std::size_t smallest = SIZE_MAX;  // of those with more to come
  std::map<std::string, std::string> messages;
};

std::string random_text(rcs::core::Random& random, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    const std::string pieces[] = {"\r\n-------",
                                  random.hex(16),
                                  "-------",
                                  "\r\n",
                                  std::string(1, '\0'),
                                  "$\r\n",
                                  std::string(random.below(300), 'x')};
    out += pieces[random.below(std::size(pieces))];
  }
  out.resize(size);
  return out;
}

struct Stage {
  explicit Stage(RelayConfig config = {}, const std::string& bob_name = "bob.example")
      : relay(net, "relay.example", std::move(config)), alice(net), bob(net, bob_name) {
    id = alice.dial("relay.example");
    path = alice.use_path(id, kRelay, kAlice);
  }
  StreamNet net;
  RelayParty relay;
  TextPeer alice;
  TextPeer bob;
  node::ConnectionId id;
  std::string path;
};

}  // namespace

TEST_CASE("MSRP-9, MSRP-34, MSRP-108: big and small messages of many senders to one next hop arrive whole") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Stage stage;
    rcs::core::Random random(seed);
    stage.net.cut(1 + random.below(9000), seed);
    TextPeer carol(stage.net);
    const std::string uri = "msrps://carol.invalid:9000/carol1;tcp";
    const auto at_relay = carol.dial("relay.example");
    const auto path = carol.use_path(at_relay, kRelay, uri);
    std::map<std::string, std::string> sent;
    std::size_t chunks = 0;
    for (int i = 0; i < 12; ++i) {
      const bool is_big = random.below(3) == 0;
      const auto body = random_text(random, is_big ? 30'000 + random.below(60'000) : random.below(4000));
      const auto tid = random.hex(16);
      auto& who = i % 2 == 0 ? stage.alice : carol;
      const auto whose = i % 2 == 0 ? stage.id : at_relay;
      const auto text =
          send(tid, (i % 2 == 0 ? stage.path : path) + " " + kBob, i % 2 == 0 ? kAlice : uri, body);
      who.say(whose, text);
      sent["m" + tid] = body;
      ++chunks;
    }
    stage.net.run(10s);
    Collector collected;
    collected.take(stage.bob.heard(stage.bob.last_accepted()));
    CHECK(collected.messages == sent);
    CHECK(collected.chunks >= chunks);
    CHECK(collected.smallest >= 2048);  // MSRP-33
    for (auto* peer : {&stage.alice, &carol}) {
      for (const auto& seen : peer->heard(peer == &carol ? at_relay : stage.id))
        CHECK((seen.head.status == 200 || seen.head.status == 401));
    }
  }
}

TEST_CASE("a relay writes chunks and their answers in the memory that its driver has to spare") {
  Stage stage;
  stage.alice.say(stage.id, send("first1", stage.path + " " + kBob, kAlice, "so that bob is dialled"));
  stage.net.run(1s);
  node::Spares spares;
  std::set<const char*> memory;
  for (int i = 0; i < 2; ++i) {
    std::string spare(node::Spares::kLeastOctets, ' ');
    memory.insert(spare.data());
    spares.give(std::move(spare));
  }
  const auto from = node::accepted_connection(1);
  const auto text = send("second", stage.path + " " + kBob, kAlice, std::string(5000, 'x'));
  RelayOutbox out;
  stage.relay.relay.on_stream(stage.net.now(), from, node::Octets{text, &spares}, out);
  std::size_t writes = 0;
  for (auto& effect : out.take()) {
    auto* send = std::get_if<RelayOutbox::Send>(&effect);
    auto* write = send == nullptr ? nullptr : std::get_if<node::Write>(&send->message);
    if (write == nullptr) continue;
    CHECK(memory.erase(write->octets.data()) == 1);
    ++writes;
  }
  CHECK(writes == 2);  // to bob, and the 200 to alice
}

TEST_CASE("MSRP-107: a message of 32 MiB to a slow reader passes in bounded memory, at the reader's pace") {
  RelayConfig config;
  Stage stage(config);
  struct Slow : TextPeer {
    using TextPeer::TextPeer;
    void hear(node::ConnectionId at, const node::StreamNews& news) override {
      if (const auto* octets = std::get_if<node::Octets>(&news)) {
        total += octets->octets.size();
        // Reads as much as came, and sleeps on it.
        net->act(*this, at, node::Pause{true});
        net->arm(*this, {1, at.value}, 10ms);
      }
    }
    void ring(node::TimerKey key) override {
      net->act(*this, node::ConnectionId{key.id}, node::Pause{false});
    }
    StreamNet* net = nullptr;
    std::size_t total = 0;
  } slow(stage.net, "slow.example");
  slow.net = &stage.net;

  constexpr std::size_t kPiece = 64 << 10;
  constexpr std::size_t kPieces = 512;
  stage.alice.say(stage.id, "MSRP tid1 SEND\r\nTo-Path: " + stage.path +
                                " msrp://slow.example:9000/s;tcp\r\nFrom-Path: " + kAlice +
                                "\r\nMessage-ID: mmmm\r\nByte-Range: 1-*/*\r\nContent-Type: a/b\r\n\r\n");
  for (std::size_t i = 0; i < kPieces; ++i) stage.alice.say(stage.id, std::string(kPiece, 'x'));
  stage.alice.say(stage.id, "\r\n-------tid1$\r\n");
  stage.net.run(600s);
  CHECK(slow.total > kPiece * kPieces);
  CHECK(slow.total < kPiece * kPieces + 1000);  // one chunk all the way
  CHECK(stage.relay.most_held <= config.write_ahead + 2 * kPiece);
  CHECK(stage.net.pauses(stage.relay, node::accepted_connection(1)) > 10);
  const auto& all = stage.alice.heard(stage.id);
  CHECK(std::any_of(all.begin(), all.end(), [](const Seen& seen) {
    return seen.head.transaction_id == "tid1" && seen.head.status == 200;
  }));
}

TEST_CASE("MSRP-107: a peer that reads nothing is hung up, and who sent to it goes on") {
  Stage stage;
  stage.bob.status.reset();
  const auto text = [&](int i, const std::string& to) {
    return send("tid" + std::to_string(i), stage.path + " " + to, kAlice, std::string(20'000, 'x'));
  };
  stage.alice.ask(stage.id, text(0, kBob));
  stage.net.act(stage.bob, stage.bob.last_accepted(), node::Pause{true});
  for (int i = 1; i < 30; ++i) stage.alice.say(stage.id, text(i, kBob));
  stage.net.run(20s);
  CHECK(stage.bob.is_open(stage.bob.last_accepted()));
  TextPeer carol(stage.net, "carol.example");
  stage.alice.say(stage.id, text(99, "msrp://carol.example:9000/c;tcp"));
  stage.net.run(15s);
  CHECK(stage.relay.relay.connections() == 3);  // a new one to Bob
  CHECK(carol.heard(carol.last_accepted()).back().body.size() == 20'000);
  const auto& all = stage.alice.heard(stage.id);
  CHECK(std::any_of(all.begin(), all.end(), [](const Seen& seen) {
    return seen.head.method == "REPORT" && seen.head.report_status->code == 408;
  }));
}

TEST_CASE("MSRP-107: chunks that nobody answers hold their senders back") {
  RelayConfig config;
  config.max_unanswered = 10;
  Stage stage(config);
  stage.bob.status.reset();
  for (int i = 0; i < 30; ++i)
    stage.alice.say(stage.id, send("tid" + std::to_string(i), stage.path + " " + kBob, kAlice, "x"));
  stage.net.run(5s);
  CHECK(stage.bob.heard(stage.bob.last_accepted()).size() == 10);
  stage.net.run(70s);
  CHECK(stage.bob.heard(stage.bob.last_accepted()).size() == 30);
}

TEST_CASE("MSRP-121, MSRP-122, MSRP-127: towards a WebSocket each chunk is one message, and none too big") {
  RelayConfig config;
  config.message_chunk = 4000;
  Stage stage(config);
  TextPeer browser(stage.net);
  const std::string uri = "msrps://x.invalid:443/web1;ws";
  const auto at_relay = browser.dial("relay.example", node::StreamKind::wss);
  const auto path = browser.use_path(at_relay, kRelay, uri);
  const auto before = browser.messages();
  rcs::core::Random random(4);
  const auto body = random_text(random, 30'000);
  stage.alice.ask(stage.id, send("tid1", stage.path + " " + path + " " + uri, kAlice, body));
  Collector collected;
  collected.take(browser.heard(at_relay));
  CHECK(collected.messages["mtid1"] == body);
  CHECK(collected.chunks == 8);
  CHECK(browser.messages() == before + 8);
  // From there too: what is not exactly one chunk ends the connection.
  browser.ask(at_relay, send("tid2", path + " " + stage.path + " " + kAlice, uri, "hello"));
  CHECK(stage.alice.heard(stage.id).back().body == "hello");
  const auto text = send("tid3", path + " " + stage.path + " " + kAlice, uri, "hello");
  browser.say(at_relay, text + text);
  stage.net.run(1s);
  CHECK_FALSE(browser.is_open(at_relay));
}

TEST_CASE("MSRP-2, MSRP-9: a body that holds the end-line of the chunk that is made of it is cut before it") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    rcs::core::Random random(seed);
    rcs::core::Random same(seed);
    const auto end_line = "\r\n-------" + same.hex(16) + "1$\r\n";
    const auto cut = same.below(end_line.size());
    RelayOutlet::Options options;
    options.answer_time = 30s;
    RelayOutlet outlet(random, options);
    const std::string body = std::string(100, 'x') + end_line + "MSRP evil SEND\r\n" + end_line;
    RelayOutlet::ChunkHead head{"SEND", "msrp://b:1/b;tcp", "msrp://a:1/a;tcp",
                                "Message-ID: mmmm\r\nContent-Type: a/b\r\n", true};
    const node::ConnectionId writer{1};
    for (std::string_view rest = body; !rest.empty();) {
      outlet.begin({}, writer, head, RelayTransaction{});
      while (!rest.empty()) {
        const auto piece = rest.substr(0, 100 + cut);
        const auto written = outlet.write({}, piece);
        rest.remove_prefix(written);
        if (written < piece.size()) break;
      }
    }
    outlet.end({}, Flag::last);
    const auto writes = outlet.take();
    REQUIRE(writes.size() == 1);
    const auto seen = decode_all(writes[0].octets);
    CHECK(seen.error.empty());
    REQUIRE(seen.messages.size() == 2);
    CHECK(seen.messages[0].end == Flag::more);
    CHECK(seen.messages[0].body + seen.messages[1].body == body);
    // Each is answered once, whatever is guessed.
    CHECK_FALSE(outlet.take("xxxxxxxxxxxxxxxx1"));
    CHECK_FALSE(outlet.take(seen.messages[0].head.transaction_id + "0"));
    const auto first = outlet.take(seen.messages[0].head.transaction_id);
    REQUIRE(first);
    CHECK(first->range.end == seen.messages[0].body.size());
    CHECK_FALSE(outlet.take(seen.messages[0].head.transaction_id));
    CHECK(outlet.unanswered() == 1);
  }
}
