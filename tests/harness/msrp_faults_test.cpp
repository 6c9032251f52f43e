// Sessions of MSRP in virtual time whose peers or relays fail: reports that are lost, requests that come
// twice, a relay that restarts. No message is shown twice, and none is told delivered that was not.

#include <optional>

#include "harness/msrp_speaker.hpp"
#include "msrp/relay.hpp"

using namespace rcs;
using namespace rcs::test;
using namespace std::chrono_literals;
using harness::StreamFault;
using Kind = msrp::MessageFate::Kind;

namespace {

constexpr int kTexts = 6;

std::string text_id(const std::string& who, int n) { return who + "-text-" + std::to_string(n); }

/// Each shown once, and not told delivered more often.
void check_all_shown(const Speaker& sender, const Speaker& receiver, const std::string& who) {
  CHECK(receiver.shown.size() == kTexts);
  for (int n = 0; n < kTexts; ++n) {
    const auto id = text_id(who, n);
    CAPTURE(id);
    CHECK(receiver.shows(id) == 1);
    CHECK(sender.told(id, Kind::delivered) <= 1);
  }
}

/// Two ends on a WebSocket, where each request and each answer is a piece of its own.
struct Pair {
  explicit Pair(harness::StreamFaultOf faults = {})
      : alice(net, "alice.example", "msrp://alice.example:9000/alice1;ws", 1, config()),
        bob(net, "bob.example", "msrp://bob.example:9000/bob1;ws", 2, config()) {
    net.streams.set_faults(std::move(faults));
    bob.at.listen(9000, node::StreamKind::ws);
    bob.start(alice.path(), false);
    alice.start(bob.path(), true);
    net.wheel.run_for(1s);
  }
  static msrp::EndpointConfig config() {
    msrp::EndpointConfig out;
    out.message_chunk = 2048;
    return out;
  }
  void talk() {
    for (int n = 0; n < kTexts; ++n) {
      alice.say(text_id("alice", n));
      bob.say(text_id("bob", n));
      net.wheel.run_for(15ms);  // some of it is under way at the same time
    }
    net.wheel.run_for(60s);
  }
  void end() {
    alice.close();
    bob.close();
    net.wheel.run_for(60s);
  }
  VirtualNet net;
  Speaker alice;
  Speaker bob;
};

bool is_report(std::string_view octets) { return octets.substr(0, octets.find("\r\n")).ends_with(" REPORT"); }

std::string message_of(std::string_view octets) {
  constexpr std::string_view kName = "\r\nMessage-ID: ";
  const auto at = octets.find(kName) + kName.size();
  return std::string(octets.substr(at, octets.find("\r\n", at) - at));
}

/// How many pieces a talk has.
std::size_t pieces_of(const std::function<bool(std::string_view)>& counted) {
  std::size_t pieces = 0;
  Pair pair([&](const auto&, const auto&, auto octets) {
    pieces += counted(octets) ? 1 : 0;
    return StreamFault::none;
  });
  pair.talk();
  return pieces;
}

}  // namespace

TEST_CASE(
    "MSRP-38 MSRP-73: a report that is lost makes its message unconfirmed, never delivered, and no other") {
  const auto failure_report = GENERATE(msrp::FailureReport::yes, msrp::FailureReport::partial);
  const auto reports = pieces_of(is_report);
  REQUIRE(reports >= 2 * kTexts);
  for (std::size_t broken = 0; broken < reports; ++broken) {
    std::size_t seen = 0;
    std::string victim;
    Pair pair([&](const auto&, const auto&, auto octets) {
      if (!is_report(octets) || seen++ != broken) return StreamFault::none;
      victim = message_of(octets);
      return StreamFault::lost;
    });
    pair.alice.failure_report = pair.bob.failure_report = failure_report;
    pair.talk();
    CAPTURE(broken, victim);
    REQUIRE_FALSE(victim.empty());
    pair.end();
    check_all_shown(pair.alice, pair.bob, "alice");
    check_all_shown(pair.bob, pair.alice, "bob");
    for (const auto& [sender, who] : {std::pair(&pair.alice, "alice"), std::pair(&pair.bob, "bob")}) {
      for (int n = 0; n < kTexts; ++n) {
        const auto id = text_id(who, n);
        CAPTURE(id);
        CHECK(sender->told(id, Kind::failed) == 0);
        CHECK(sender->told(id, Kind::delivered) == (id == victim ? 0 : 1));
        CHECK(sender->told(id, Kind::unconfirmed) == (id == victim ? 1 : 0));
      }
    }
  }
}

TEST_CASE("MSRP-55 MSRP-58 MSRP-75: whatever is said twice, request, answer or report, changes nothing") {
  const auto pieces = pieces_of([](auto) { return true; });
  REQUIRE(pieces > 6 * kTexts);
  for (std::size_t broken = 0; broken < pieces; ++broken) {
    std::size_t seen = 0;
    std::string where;
    Pair pair([&](const auto& from, const auto& to, auto octets) {
      if (seen++ != broken) return StreamFault::none;
      where = from + ">" + to + " " + std::string(octets.substr(0, 200));
      return StreamFault::twice;
    });
    pair.talk();
    CAPTURE(broken, where);
    pair.end();
    check_all_shown(pair.alice, pair.bob, "alice");
    check_all_shown(pair.bob, pair.alice, "bob");
    CHECK(pair.alice.losses + pair.bob.losses == 0);
    CHECK(pair.alice.unsaid.empty());
    CHECK(pair.bob.unsaid.empty());
    for (int n = 0; n < kTexts; ++n) {
      CAPTURE(n);
      CHECK(pair.alice.told(text_id("alice", n), Kind::sent) <= 1);
      CHECK(pair.bob.told(text_id("bob", n), Kind::sent) <= 1);
    }
  }
}

TEST_CASE(
    "MSRP-37 MSRP-58: whatever is lost, nothing is told delivered that was not, and nothing shown twice") {
  const auto pieces = pieces_of([](auto) { return true; });
  for (std::size_t broken = 0; broken < pieces; ++broken) {
    std::size_t seen = 0;
    std::string where;
    Pair pair([&](const auto& from, const auto& to, auto octets) {
      if (seen++ != broken) return StreamFault::none;
      where = from + ">" + to + " " + std::string(octets.substr(0, 200));
      return StreamFault::lost;
    });
    pair.talk();
    CAPTURE(broken, where);
    for (const auto& [from, to, who] :
         {std::tuple(&pair.alice, &pair.bob, "alice"), std::tuple(&pair.bob, &pair.alice, "bob")}) {
      for (int n = 0; n < kTexts; ++n) {
        const auto id = text_id(who, n);
        CAPTURE(id);
        CHECK(to->shows(id) <= 1);
        CHECK(from->told(id, Kind::delivered) <= to->shows(id));
      }
    }
  }
}

namespace {

/// Alice behind a relay, Bob behind none. Whoever carries SDP between them does so at once.
struct Relayed {
  Relayed()
      : alice(net, "alice.invalid", "msrps://alice.invalid:9000/alice1;tcp", 1),
        bob(net, "bob.example", "msrps://bob.example:9000/bob1;tcp", 2) {
    bob.at.listen(9000, node::StreamKind::tls);
    build_relay();
    alice.on_lost = [this] { alice.authorize(login()); };
    alice.on_path = [this] {
      bob.start(alice.path(), false);
      alice.start(bob.path(), true);
    };
    alice.authorize(login());
    net.wheel.run_for(1s);
  }
  static msrp::RelayLogin login() {
    return {msrp::parse_uri("msrps://relay.example:2855;tcp").value(), {"alice", "secret"}, {}, true};
  }
  void build_relay() {
    msrp::RelayConfig config;
    config.uri = login().relay;
    config.digest.realm = "relay.example";
    config.digest.secret = "a secret of the relay";
    config.password_of = [](const std::string&) { return std::optional<std::string>("secret"); };
    relay = std::make_unique<msrp::Relay>(std::move(config), random);
    placed = std::make_unique<Placed<msrp::Relay, msrp::RelayEvent>>(net, "relay.example", *relay);
    placed->listen(2855, node::StreamKind::tls);
  }
  /// It dies with all it holds, and comes again on the same port, knowing nothing.
  void restart_relay() {
    placed.reset();
    build_relay();
  }
  void talk() {
    for (int n = 0; n < kTexts; ++n) {
      alice.say(text_id("alice", n));
      bob.say(text_id("bob", n));
      net.wheel.run_for(15ms);
    }
    net.wheel.run_for(120s);
  }
  VirtualNet net;
  core::Random random{3};
  std::unique_ptr<msrp::Relay> relay;
  std::unique_ptr<Placed<msrp::Relay, msrp::RelayEvent>> placed;
  Speaker alice;
  Speaker bob;
};

}  // namespace

TEST_CASE(
    "MSRP-83 MSRP-105: a relay that restarts at whatever moment loses, doubles and makes up no message") {
  std::size_t pieces = 0;
  {
    Relayed stage;
    stage.net.streams.set_faults([&](const auto&, const auto&, auto) {
      ++pieces;
      return StreamFault::none;
    });
    stage.talk();
    CHECK(stage.alice.losses + stage.bob.losses == 0);
  }
  REQUIRE(pieces > 4 * kTexts);
  for (std::size_t broken = 0; broken < pieces; ++broken) {
    Relayed stage;
    std::size_t seen = 0;
    std::string where;
    stage.net.streams.set_faults([&](const auto& from, const auto& to, auto octets) {
      if (seen++ != broken) return StreamFault::none;
      where = from + ">" + to + " " + std::string(octets.substr(0, 200));
      stage.net.wheel.after({}, [&stage] { stage.restart_relay(); });
      return StreamFault::none;
    });
    stage.talk();
    CAPTURE(broken, where);
    CHECK(stage.alice.losses >= 1);
    check_all_shown(stage.alice, stage.bob, "alice");
    check_all_shown(stage.bob, stage.alice, "bob");
    for (int n = 0; n < kTexts; ++n) {
      CAPTURE(n);
      CHECK(stage.alice.told(text_id("alice", n), Kind::delivered) == 1);
      CHECK(stage.bob.told(text_id("bob", n), Kind::delivered) == 1);
    }
  }
}
