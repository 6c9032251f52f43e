// Who gets a URI from a relay: with the relay of this house, and with one that says what the test wants.

#include "msrp/relay_client.hpp"

#include "msrp/relay_parties.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
using rcs::core::Instant;
namespace node = rcs::node;

namespace {

const Uri kOwn = parse_uri("msrps://alice.invalid:9000/alice1;tcp").value();
const Uri kRelay = parse_uri("msrps://relay.example:2855;tcp").value();

RelayLogin login(std::string password = "password of alice") {
  return {kRelay, {"alice", std::move(password)}, {}};
}

/// A client on a connection to a relay.
struct Client : StreamNet::Party {
  Client(StreamNet& net_in, RelayLogin login_in) : net(&net_in), client(std::move(login_in), kOwn, random) {
    node::Dial dial;
    dial.to.kind = node::StreamKind::tls;
    dial.to.host = "relay.example";
    dial.to.port = 2855;
    net->act(*this, id, dial);
    net->run(1s);
  }
  void hear(node::ConnectionId, const node::StreamNews& news) override {
    std::string out;
    if (std::holds_alternative<node::Opened>(news)) client.start(net->now(), out);
    if (const auto* octets = std::get_if<node::Octets>(&news)) {
      decoder.feed(octets->octets);
      while (const auto item = decoder.next()) {
        const auto* arrived = std::get_if<HeadArrived>(&*item);
        if (arrived != nullptr) CHECK(client.on_response(net->now(), *arrived->head, out));
      }
    }
    settle(std::move(out));
  }
  void ring(node::TimerKey) override {
    std::string out;
    client.on_time(net->now(), out);
    settle(std::move(out));
  }
  void settle(std::string out) {
    asked += out.empty() ? 0 : 1;
    if (!out.empty()) net->act(*this, id, node::Write{std::move(out)});
    for (auto& event : client.take_events()) events.push_back(std::move(event));
    if (client.next_deadline()) net->arm(*this, {1, 1}, *client.next_deadline() - net->now());
  }

  StreamNet* net;
  node::ConnectionId id = node::dialled_connection(1);
  rcs::core::Random random{5};
  RelayClient client;
  Decoder decoder;
  std::vector<RelayClientEvent> events;
  int asked = 0;
};

/// A client and the answers that the test gives it.
struct Script {
  Script() : client(login(), kOwn, random) { client.start({}, out); }
  /// What it was asked last.
  Seen request() {
    auto seen = decode_all(std::exchange(out, {}));
    REQUIRE(seen.messages.size() == 1);
    return seen.messages[0];
  }
  std::vector<RelayClientEvent> answer(const Seen& asked, int status, std::vector<Header> headers) {
    Head head;
    head.transaction_id = asked.head.transaction_id;
    head.status = status;
    head.others = std::move(headers);
    REQUIRE(client.on_response(now, head, out));
    return client.take_events();
  }
  rcs::core::Random random{5};
  Instant now{};
  std::string out;
  RelayClient client;
};

int code_of(const std::vector<RelayClientEvent>& events) {
  REQUIRE(events.size() == 1);
  return std::get<NoUsePath>(events[0]).code;
}

}  // namespace

TEST_CASE(
    "MSRP-101, MSRP-102, MSRP-105: a client gets its path and keeps it as long as the connection lives") {
  StreamNet net;
  RelayParty relay(net, "relay.example", {});
  Client client(net, login());
  REQUIRE(client.events.size() == 1);
  const auto path = std::get<UsePath>(client.events[0]).relays;
  REQUIRE(path.size() == 1);
  CHECK(path[0].host == "relay.example");
  CHECK(client.asked == 2);
  net.run(5h);
  CHECK(relay.relay.uris() == 1);
  CHECK(client.events.size() == 1);  // the same path all the time
  CHECK(client.asked > 6);
}

TEST_CASE("MSRP-101: a wrong password is told, and not tried again") {
  StreamNet net;
  RelayParty relay(net, "relay.example", {});
  Client client(net, login("wrong"));
  CHECK(code_of(client.events) == 401);
  CHECK(std::get<NoUsePath>(client.events[0]).why.find("alice") != std::string::npos);
  net.run(1h);
  CHECK(client.asked == 2);
}

TEST_CASE("MSRP-103: a time that is out of bounds is moved into them") {
  StreamNet net;
  RelayParty relay(net, "relay.example", {});
  for (const auto wish : {1s, 100'000s}) {
    auto wanted = login();
    wanted.expires = wish;
    Client client(net, wanted);
    REQUIRE(client.events.size() == 1);
    CHECK(std::holds_alternative<UsePath>(client.events[0]));
    CHECK(client.asked == 3);
    net.kill(client, client.id);
  }
}

TEST_CASE("MSRP-103: bounds that nobody can keep end it") {
  Script script;
  CHECK(script.answer(script.request(), 423, {{"Min-Expires", "100"}}).empty());
  const auto again = script.request();
  CHECK(header(again, "Expires") == "100");
  CHECK(code_of(script.answer(again, 423, {{"Max-Expires", "50"}})) == 423);
  Script other;
  CHECK(code_of(other.answer(other.request(), 423, {})) == 423);
}

TEST_CASE("MSRP-102: the path is used as it was told, a changed one is told, and none is an error") {
  Script script;
  const std::string two = "msrps://b.example:1/b;tcp msrps://c.example:2/c;tcp";
  const auto first = script.answer(script.request(), 200, {{"use-path", two}, {"Expires", "100"}});
  REQUIRE(first.size() == 1);
  CHECK(format_path(std::get<UsePath>(first[0]).relays) == two);
  CHECK(script.client.next_deadline() == Instant{} + 50s);
  script.client.on_time(script.now += 50s, script.out);
  CHECK(script.answer(script.request(), 200, {{"Use-Path", two}}).empty());
  script.client.on_time(script.now += 1h, script.out);
  const auto changed = script.answer(script.request(), 200, {{"Use-Path", "msrps://b.example:1/d;tcp"}});
  REQUIRE(changed.size() == 1);
  script.client.on_time(script.now += 1h, script.out);
  CHECK(code_of(script.answer(script.request(), 200, {{"Use-Path", "msrps://b.example/noport;tcp"}})) == 0);
  CHECK_FALSE(script.client.next_deadline());
}

TEST_CASE("MSRP-100: challenges that are none, refusals and silence are told") {
  Script basic;
  CHECK(code_of(basic.answer(basic.request(), 401, {{"WWW-Authenticate", "Basic realm=\"x\""}})) == 401);
  Script forbidden;
  CHECK(code_of(forbidden.answer(forbidden.request(), 403, {})) == 403);
  Script silent;
  silent.client.on_time(Instant{} + 29s, silent.out);
  CHECK(silent.client.take_events().empty());
  silent.client.on_time(Instant{} + 30s, silent.out);
  CHECK(code_of(silent.client.take_events()) == 408);
  Head other;
  other.transaction_id = "another1";
  other.status = 200;
  CHECK_FALSE(silent.client.on_response({}, other, silent.out));
}

TEST_CASE("MSRP-102: a relay that does not know the password is not believed") {
  Script script;
  CHECK(script
            .answer(script.request(), 401,
                    {{"WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\""}})
            .empty());
  const auto asked = script.request();
  const auto answer = rcs::core::parse_digest_answer(header(asked, "Authorization"));
  REQUIRE(answer);
  rcs::core::DigestInfo info;
  info.rspauth = rcs::core::digest_rspauth(*answer, {"alice", "a guess"}, {{}, kRelay.to_string(), {}});
  CHECK(code_of(script.answer(asked, 200,
                              {{"Use-Path", "msrps://b.example:1/b;tcp"},
                               {"Authentication-Info", rcs::core::format(info)}})) == 0);
}
