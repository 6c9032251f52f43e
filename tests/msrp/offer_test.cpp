#include "msrp/offer.hpp"

#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::body::MediaDirection;
using rcs::body::MsrpMedia;
using rcs::body::Setup;
using rcs::core::Errc;
using rcs::core::Random;
using rcs::node::StreamKind;

namespace {

const Types kTypes{{"message/cpim", "application/im-iscomposing+xml"}, {"text/plain", "message/imdn+xml"}};

ListeningAt at(const std::string& host, std::uint16_t port) {
  ListeningAt out;
  out.host = host;
  out.port = port;
  return out;
}

/// One end of a negotiation.
struct End {
  explicit End(ListeningAt place, std::uint64_t seed = 1)
      : where(std::move(place)), random(seed), local(make_local_end(where, kTypes, random)) {}
  ListeningAt where;
  Random random;
  LocalEnd local;

  MsrpMedia offer() const { return offer_media(local, where); }
  Answered answer(const MsrpMedia& offer) const {
    auto out = answer_offer(offer, local, where);
    INFO((out ? std::string() : out.error().detail()));
    REQUIRE(out);
    return *out;
  }
  RemoteEnd read(const MsrpMedia& answer) const {
    auto out = read_answer(answer, local, where);
    INFO((out ? std::string() : out.error().detail()));
    REQUIRE(out);
    return *out;
  }
};

}  // namespace

TEST_CASE("CHAT-30 CHAT-31 MSRP-85: an offer names our address, path and types") {
  const End end(at("10.0.0.1", 2855));
  const auto offer = end.offer();
  CHECK(offer.address == "10.0.0.1");
  CHECK(offer.port == 2855);
  CHECK(offer.path == "msrp://10.0.0.1:2855/" + end.local.uri.session_id + ";tcp");
  CHECK(offer.accept_types == "message/cpim application/im-iscomposing+xml");
  CHECK(offer.accept_wrapped_types == "text/plain message/imdn+xml");
  CHECK(offer.max_size == end.local.limits.max_message);
  CHECK_FALSE(offer.tls);
}

TEST_CASE("CHAT-34: an offer is actpass where somebody listens, active on port 9 where nobody does") {
  CHECK(End(at("10.0.0.1", 2855)).offer().setup == Setup::actpass);
  const auto offer = End(at("10.0.0.1", 9)).offer();
  CHECK(offer.setup == Setup::active);
  CHECK(offer.port == 9);
}

TEST_CASE("CHAT-35: exactly one end dials") {
  const auto who = [](std::uint16_t offerer_port, std::uint16_t answerer_port, bool lets_dial) {
    const End offerer(at("10.0.0.1", offerer_port), 1);
    auto place = at("10.0.0.2", answerer_port);
    place.lets_dial = lets_dial;
    const End answerer(place, 2);
    const auto answered = answerer.answer(offerer.offer());
    const auto remote = offerer.read(answered.media);
    CHECK(remote.we_dial != answered.remote.we_dial);
    return remote.we_dial ? "offerer" : "answerer";
  };
  CHECK(std::string(who(2855, 2856, false)) == "answerer");
  CHECK(std::string(who(2855, 2856, true)) == "offerer");
  CHECK(std::string(who(9, 2856, false)) == "offerer");
  CHECK(std::string(who(2855, 9, true)) == "answerer");
}

TEST_CASE("CHAT-34: two ends that only dial can not meet") {
  const End offerer(at("10.0.0.1", 9), 1);
  const End answerer(at("10.0.0.2", 9), 2);
  const auto answered = answer_offer(offerer.offer(), answerer.local, answerer.where);
  REQUIRE_FALSE(answered);
  CHECK(answered.error().code() == Errc::unsupported);
}

TEST_CASE("CHAT-32 MSRP-86: the peer is its whole path") {
  auto offer = End(at("10.0.0.1", 2855)).offer();
  offer.path = "msrps://relay.example:2855/a;tcp msrp://10.0.0.1:2855/b;tcp";
  const auto answered = End(at("10.0.0.2", 9), 2).answer(offer);
  REQUIRE(answered.remote.path.size() == 2);
  CHECK(answered.remote.path.front().host == "relay.example");
  CHECK_FALSE(answered.remote.dial);
}

TEST_CASE("MSRP-85: an offer without a type we take is refused, one with a wildcard is taken") {
  const End end(at("10.0.0.2", 2855), 2);
  auto offer = End(at("10.0.0.1", 2855)).offer();
  offer.accept_types = "text/html";
  const auto refused = answer_offer(offer, end.local, end.where);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::unsupported);
  for (const auto* types : {"*", "message/*", "MESSAGE/CPIM", "text/html message/cpim"}) {
    INFO(types);
    offer.accept_types = types;
    CHECK(answer_offer(offer, end.local, end.where));
  }
}

TEST_CASE("MSRP-85: TLS on one end only is refused") {
  const End end(at("10.0.0.2", 2855), 2);
  auto offer = End(at("10.0.0.1", 2855)).offer();
  offer.tls = true;
  CHECK(answer_offer(offer, end.local, end.where).error().code() == Errc::unsupported);
}

TEST_CASE("MSRP-21: a path without a port is refused") {
  const End end(at("10.0.0.2", 2855), 2);
  auto offer = End(at("10.0.0.1", 2855)).offer();
  offer.path = "msrp://a.example/b;tcp";
  CHECK(answer_offer(offer, end.local, end.where).error().code() == Errc::malformed);
}

TEST_CASE("MSRP-61: what one end only sends, the other only receives") {
  const End end(at("10.0.0.2", 2855), 2);
  auto offer = End(at("10.0.0.1", 2855)).offer();
  offer.direction = MediaDirection::send_only;
  CHECK(end.answer(offer).remote.direction == Direction::receive_only);
  offer.direction = MediaDirection::receive_only;
  CHECK(end.answer(offer).remote.direction == Direction::send_only);
}

TEST_CASE("CHAT-36 MSRP-89: with CEMA on both ends, c= and m= say where to dial") {
  auto place = at("10.0.0.1", 2855);
  place.cema = true;
  const End offerer(place, 1);
  place = at("10.0.0.2", 2856);
  place.cema = true;
  const End answerer(place, 2);
  auto offer = offerer.offer();
  CHECK(offer.cema);
  offer.address = "192.0.2.7";  // a middlebox
  offer.port = 4000;
  const auto answered = answerer.answer(offer);
  CHECK(answered.media.cema);
  REQUIRE(answered.remote.we_dial);
  REQUIRE(answered.remote.dial);
  CHECK(answered.remote.dial->host == "192.0.2.7");
  CHECK(answered.remote.dial->port == 4000);
  CHECK(answered.remote.dial->kind == StreamKind::tcp);
  CHECK(answered.remote.path.front().host == "10.0.0.1");  // To-Path stays as it was
}

TEST_CASE("CHAT-37: without CEMA a changed c= or m= is refused") {
  const End end(at("10.0.0.2", 2855), 2);
  auto offer = End(at("10.0.0.1", 2855)).offer();
  offer.port = 4000;
  CHECK(answer_offer(offer, end.local, end.where).error().code() == Errc::unsupported);
  offer.port = 2855;
  offer.address = "192.0.2.7";
  CHECK(answer_offer(offer, end.local, end.where).error().code() == Errc::unsupported);
  offer.path = "msrp://a.example:2855/b;tcp";  // a name: nothing says that it is another place
  CHECK(answer_offer(offer, end.local, end.where));
}

TEST_CASE("MSRP-88 MSRP-104: behind a relay the path begins at the relay, and who is active begins") {
  End end(at("10.0.0.2", 9), 2);
  end.local.relays = {*parse_uri("msrps://near.example:2855/n;tcp"),
                      *parse_uri("msrps://far.example:2855/f;tcp")};
  const auto answered = end.answer(End(at("10.0.0.1", 9)).offer());
  CHECK_FALSE(answered.remote.we_dial);
  CHECK(answered.media.setup == Setup::passive);
  CHECK(answered.media.path.starts_with(
      "msrps://far.example:2855/f;tcp msrps://near.example:2855/n;tcp msrp://10.0.0.2"));
}

TEST_CASE("MSRP-91: fingerprints are told and taken over") {
  auto place = at("10.0.0.1", 2855);
  place.kind = StreamKind::tls;
  place.fingerprints = {{"sha-256", "AB:CD"}};
  const End offerer(place, 1);
  const End answerer(place, 2);
  const auto answered = answerer.answer(offerer.offer());
  CHECK(answered.remote.fingerprints == place.fingerprints);
  CHECK(offerer.offer().tls);
  CHECK(offerer.offer().path.starts_with("msrps://"));
}

TEST_CASE("an IPv6 address has brackets in the path and none in c=") {
  const auto offer = End(at("::1", 2855)).offer();
  CHECK(offer.address == "::1");
  CHECK(offer.path.starts_with("msrp://[::1]:2855/"));
  CHECK(End(at("::2", 2855), 2).answer(offer).remote.path.front().host == "[::1]");
}
