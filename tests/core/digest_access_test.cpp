// Digest access against the examples of its RFCs, and client against server in virtual time.

#include "core/digest_access.hpp"

#include "core/digest_client.hpp"
#include "core/digest_server.hpp"
#include "support/catch.hpp"

using namespace rcs::core;

namespace {

constexpr Instant kStart{};
constexpr DigestRequest kRequest{"AUTH", "msrps://relay.example:9000;tcp", {}};

DigestServerOptions options(std::string realm = "relay.example") {
  DigestServerOptions out;
  out.realm = std::move(realm);
  out.secret = "only the server knows";
  return out;
}

struct Pair {
  explicit Pair(DigestServerOptions server_options = options(), std::string password_in = "right")
      : server(std::move(server_options)), client({"alice", std::move(password_in)}, random) {}

  Result<void> challenge(Instant now, bool stale = false) {
    return client.challenged(format(server.challenge(now, random, stale)));
  }
  DigestAnswer answer(const DigestRequest& request = kRequest) {
    auto parsed = parse_digest_answer(client.authorize(request).value());
    REQUIRE(parsed);
    return *parsed;
  }
  DigestVerdict check(Instant now, const DigestAnswer& answered, const DigestRequest& request = kRequest) {
    return server.check(now, answered, request, std::string("right"));
  }

  Random random{7};
  DigestServer server;
  DigestClient client;
};

}  // namespace

TEST_CASE("the response is that of RFC 2617 section 3.5") {
  const auto answer = parse_digest_answer(
      R"(Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",)"
      R"( uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b",)"
      R"( response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41")");
  REQUIRE(answer);
  CHECK(answer->response ==
        digest_response(*answer, {"Mufasa", "Circle Of Life"}, {"GET", "/dir/index.html", {}}));
}

TEST_CASE("the responses are those of RFC 7616 section 3.9.1") {
  DigestAnswer answer;
  answer.realm = "http-auth@example.org";
  answer.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
  answer.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  answer.nc = 1;
  answer.qop = DigestQop::auth;
  const DigestCredentials mufasa{"Mufasa", "Circle of Life"};
  const DigestRequest request{"GET", "/dir/index.html", {}};
  answer.algorithm = DigestAlgorithm::md5;
  CHECK(digest_response(answer, mufasa, request) == "8ca523f5e9506fed4657c9700eebdbec");
  answer.algorithm = DigestAlgorithm::sha256;
  CHECK(digest_response(answer, mufasa, request) ==
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("the response under SHA-512-256 is that of RFC 7616 section 3.9.2 as corrected by erratum 4897") {
  DigestAnswer answer;
  answer.realm = "api@example.org";
  answer.nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK";
  answer.cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
  answer.nc = 1;
  answer.qop = DigestQop::auth;
  answer.algorithm = DigestAlgorithm::sha512_256;
  const DigestCredentials jason{"J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?"};
  CHECK(digest_userhash(DigestAlgorithm::sha512_256, jason.username, answer.realm) ==
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
  CHECK(digest_response(answer, jason, {"GET", "/doe.json", {}}) ==
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
}

TEST_CASE("without qop the response is that of RFC 2069, and with auth-int it covers the body") {
  DigestAnswer answer;
  answer.realm = "r";
  answer.nonce = "n";
  const auto hash = [](std::string_view text) { return hex_digest(DigestAlgorithm::md5, text); };
  const auto who = hash("alice:r:pw");
  CHECK(digest_response(answer, {"alice", "pw"}, {"GET", "/", {}}) == hash(who + ":n:" + hash("GET:/")));
  answer.qop = DigestQop::auth_int;
  answer.cnonce = "c";
  answer.nc = 0xab;
  CHECK(digest_response(answer, {"alice", "pw"}, {"PUT", "/", "body"}) ==
        hash(who + ":n:000000ab:c:auth-int:" + hash("PUT:/:" + hash("body"))));
}

TEST_CASE("a challenge is read as written, and what is unknown in it is ignored") {
  const auto challenge = parse_digest_challenge(
      R"(digest  REALM="a \"b\" \\c",nonce="n,=", , Algorithm=sha-256, qop="x-new, auth-int ,AUTH" ,stale=TRUE, new="1")");
  REQUIRE(challenge);
  CHECK(challenge->realm == R"(a "b" \c)");
  CHECK(challenge->nonce == "n,=");
  CHECK(challenge->algorithm == DigestAlgorithm::sha256);
  CHECK(challenge->qops == std::vector{DigestQop::auth_int, DigestQop::auth});
  CHECK(challenge->stale);
  const auto again = parse_digest_challenge(format(*challenge));
  REQUIRE(again);
  CHECK(*again == *challenge);
}

TEST_CASE("what is no challenge is told apart from what is of another kind") {
  const auto code = [](std::string_view text) { return parse_digest_challenge(text).error().code(); };
  CHECK(code(R"(Basic realm="x")") == Errc::unsupported);
  CHECK(code(R"(Digest realm="x", nonce="n", algorithm=MD5-sess)") == Errc::unsupported);
  CHECK(code(R"(Digest realm="x", nonce="n", qop="other")") == Errc::unsupported);
  CHECK(code("") == Errc::unsupported);
  CHECK(code(R"(Digest realm="x")") == Errc::malformed);
  CHECK(code(R"(Digest realm="x)") == Errc::malformed);
  CHECK(code(R"(Digest realm="x\)") == Errc::malformed);
  CHECK(code(R"(Digest realm="x" nonce="n")") == Errc::malformed);
  CHECK(code(R"(Digest realm="x", nonce="n", nonce="m")") == Errc::malformed);
  CHECK(code("Digest realm=\"x\r\n\", nonce=n") == Errc::malformed);
  CHECK(code("Digest " + std::string(5000, 'x')) == Errc::too_large);
  std::string many = R"(Digest realm="x", nonce="n")";
  for (int i = 0; i < 40; ++i) many += ", p" + std::to_string(i) + "=1";
  CHECK(code(many) == Errc::malformed);
}

TEST_CASE("an answer without its parts is malformed") {
  const std::string whole =
      R"(Digest username="u", realm="r", nonce="n", response="x", qop=auth, cnonce="c", nc=0000000A)";
  REQUIRE(parse_digest_answer(whole));
  CHECK(parse_digest_answer(whole)->nc == 10);
  const auto without = [&](std::string_view part, std::string_view instead) {
    auto text = whole;
    text.replace(text.find(part), part.size(), instead);
    return parse_digest_answer(text).has_error();
  };
  CHECK(without(R"(username="u", )", ""));
  CHECK(without(R"(nonce="n", )", ""));
  CHECK(without(R"(cnonce="c", )", ""));
  CHECK(without("0000000A", "A"));
  CHECK(without("0000000A", "0000000G"));
  CHECK(without("0000000A", "-000000A"));
  CHECK(without("qop=auth", "qop=other"));
  CHECK_FALSE(without("qop=auth", "qop=\"auth\""));
}

TEST_CASE("no value ends the header it stands in") {
  DigestChallenge challenge;
  challenge.realm = "a\r\nX: y";
  challenge.nonce = "n";
  CHECK(format(challenge).find('\n') == std::string::npos);
}

TEST_CASE("MSRP-100, MSRP-101: who knows the password gets in, and the next request needs no new challenge") {
  Pair pair;
  REQUIRE(pair.challenge(kStart));
  for (std::uint32_t count = 1; count <= 3; ++count) {
    const auto answer = pair.answer();
    CHECK(answer.nc == count);
    CHECK(pair.check(kStart + 1s, answer) == DigestVerdict::good);
    const auto info = format(pair.server.confirm(answer, {"", kRequest.uri, ""}, "right"));
    CHECK(pair.client.confirmed(info, kRequest));
  }
}

TEST_CASE("MSRP-101: a wrong password, method or URI is wrong, and so is a name that nobody has") {
  Pair pair;
  REQUIRE(pair.challenge(kStart));
  CHECK(pair.check(kStart, pair.answer(), {"SEND", kRequest.uri, {}}) == DigestVerdict::wrong);
  CHECK(pair.check(kStart, pair.answer(), {"AUTH", "msrps://other.example:9000;tcp", {}}) ==
        DigestVerdict::wrong);
  const auto answer = pair.answer();
  CHECK(pair.server.check(kStart, answer, kRequest, std::nullopt) == DigestVerdict::wrong);
  CHECK(pair.server.check(kStart, answer, kRequest, std::string("left")) == DigestVerdict::wrong);
  CHECK(pair.check(kStart, answer) == DigestVerdict::good);  // what failed used nothing up
}

TEST_CASE("an answer under less than was asked for is wrong") {
  Pair pair;
  REQUIRE(pair.challenge(kStart));
  auto answer = pair.answer();
  answer.qop = DigestQop::none;
  answer.response = digest_response(answer, {"alice", "right"}, kRequest);
  CHECK(pair.check(kStart, answer) == DigestVerdict::wrong);
  auto other = options();
  other.algorithm = DigestAlgorithm::sha256;
  Pair strong(other);
  REQUIRE(strong.challenge(kStart));
  answer = strong.answer();
  CHECK(strong.check(kStart, answer) == DigestVerdict::good);
  answer.algorithm.reset();
  answer.nc = 2;
  answer.response = digest_response(answer, {"alice", "right"}, kRequest);
  CHECK(strong.check(kStart, answer) == DigestVerdict::wrong);
}

TEST_CASE("nothing is taken twice, and counts may come out of order within the window") {
  Pair pair;
  REQUIRE(pair.challenge(kStart));
  std::vector<DigestAnswer> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(pair.answer());
  CHECK(pair.check(kStart, answers[1]) == DigestVerdict::good);
  CHECK(pair.check(kStart, answers[0]) == DigestVerdict::good);
  CHECK(pair.check(kStart, answers[0]) == DigestVerdict::stale);
  CHECK(pair.check(kStart, answers[70]) == DigestVerdict::good);
  CHECK(pair.check(kStart, answers[1]) == DigestVerdict::stale);
  CHECK(pair.check(kStart, answers[6]) == DigestVerdict::stale);  // left of the window
  CHECK(pair.check(kStart, answers[7]) == DigestVerdict::good);
  CHECK(pair.check(kStart, answers[7]) == DigestVerdict::stale);
}

TEST_CASE("a nonce that is too old, forged or of another server is stale where the password is right") {
  Pair pair;
  REQUIRE(pair.challenge(kStart));
  CHECK(pair.check(kStart + 5min, pair.answer()) == DigestVerdict::good);
  CHECK(pair.check(kStart + 5min + 1ns, pair.answer()) == DigestVerdict::stale);
  CHECK(pair.challenge(kStart + 5min, true));
  CHECK(pair.check(kStart + 5min, pair.answer()) == DigestVerdict::good);
  auto forged = pair.answer();
  forged.nonce[20] = forged.nonce[20] == '0' ? '1' : '0';
  forged.response = digest_response(forged, {"alice", "right"}, kRequest);
  CHECK(pair.check(kStart + 5min, forged) == DigestVerdict::stale);
  Pair other(options("other.example"));
  REQUIRE(other.challenge(kStart));
  auto borrowed = other.answer();
  CHECK(pair.check(kStart, borrowed) == DigestVerdict::wrong);
  borrowed.realm = "relay.example";
  borrowed.response = digest_response(borrowed, {"alice", "right"}, kRequest);
  CHECK(pair.check(kStart, borrowed) == DigestVerdict::stale);
}

TEST_CASE("what the server keeps is bounded, and what it forgot is not taken again") {
  auto few = options();
  few.max_used = 3;
  Pair pair(few);
  std::vector<DigestAnswer> answers;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(pair.client.challenged(format(pair.server.challenge(kStart + i * 1s, pair.random))));
    answers.push_back(pair.answer());
    CHECK(pair.check(kStart + 10s, answers.back()) == DigestVerdict::good);
    pair.client.accepted();
    CHECK(pair.server.used() <= 3);
  }
  for (const auto& answer : answers) CHECK(pair.check(kStart + 10s, answer) == DigestVerdict::stale);
  REQUIRE(pair.challenge(kStart + 400s));
  CHECK(pair.check(kStart + 400s, pair.answer()) == DigestVerdict::good);
  CHECK(pair.server.used() == 1);
}

TEST_CASE("without qop a nonce is good once") {
  auto old = options();
  old.qops.clear();
  old.algorithm.reset();
  Pair pair(old);
  REQUIRE(pair.challenge(kStart));
  const auto answer = pair.answer();
  CHECK(answer.cnonce.empty());
  CHECK(pair.check(kStart, answer) == DigestVerdict::good);
  CHECK(pair.check(kStart, pair.answer()) == DigestVerdict::stale);
}

TEST_CASE("a client that is challenged again gives up, unless only the nonce was old") {
  Pair pair(options(), "wrong");
  CHECK_FALSE(pair.client.authorize(kRequest));
  REQUIRE(pair.challenge(kStart));
  CHECK(pair.check(kStart, pair.answer()) == DigestVerdict::wrong);
  const auto again = pair.challenge(kStart);
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == Errc::refused);
  Pair other;
  REQUIRE(other.challenge(kStart));
  other.answer();
  CHECK(other.challenge(kStart, true));
  other.answer();
  CHECK(other.challenge(kStart, true));
  other.answer();
  CHECK_FALSE(other.challenge(kStart, true));  // it would go on for ever
}

TEST_CASE("MSRP-102: a server that does not know the password is found out, and its next nonce is taken") {
  Pair pair;
  REQUIRE(pair.challenge(kStart));
  auto answer = pair.answer();
  const auto wrong = pair.server.confirm(answer, {"", kRequest.uri, ""}, "guess");
  CHECK(pair.client.confirmed(format(wrong), kRequest).error().code() == Errc::refused);
  answer = pair.answer();
  auto info = pair.server.confirm(answer, {"", kRequest.uri, ""}, "right");
  info.nextnonce = pair.server.challenge(kStart, pair.random).nonce;
  REQUIRE(pair.client.confirmed(format(info), kRequest));
  const auto next = pair.answer();
  CHECK(next.nonce == info.nextnonce);
  CHECK(next.nc == 1);
  CHECK(pair.check(kStart, next) == DigestVerdict::good);
}
