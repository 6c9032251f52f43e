#include "ims/authentication.hpp"

#include "core/digest_client.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;

namespace {

const std::string kPassword = "open sesame";

/// Where alice and bob have a password, and requests of theirs.
struct Gate {
  explicit Gate(std::vector<core::DigestAlgorithm> algorithms = {core::DigestAlgorithm::md5},
                core::DigestQop qop = core::DigestQop::auth, bool every_request = false)
      : authentication(make_config(std::move(algorithms), qop, every_request), directory, random) {}

  static ims::AuthenticationConfig make_config(std::vector<core::DigestAlgorithm> algorithms,
                                               core::DigestQop qop, bool every_request) {
    ims::AuthenticationConfig config;
    config.realm = "domain.com";
    config.password_of = [](const std::string& name) -> std::optional<std::string> {
      if (name == "alice" || name == "alice@domain.com" || name == "bob") return kPassword;
      return std::nullopt;
    };
    config.algorithms = std::move(algorithms);
    config.qops = {qop};
    config.every_request = every_request;
    return config;
  }

  static sip::Message request(const std::string& method, const std::string& user = "alice") {
    sip::Message message;
    message.method = method;
    message.request_uri = sip::make_sip_uri(method == "REGISTER" ? "" : "bob", "domain.com");
    message.from.uri = message.to.uri = sip::make_sip_uri(user, "domain.com");
    if (method != "REGISTER") message.to.uri = sip::make_sip_uri("bob", "domain.com");
    message.body = method == "MESSAGE" ? "hello" : "";
    return message;
  }
  /// The request with an answer to the challenge of that number.
  static sip::Message answered(core::DigestClient& client, sip::Message message) {
    const bool is_register = message.method == "REGISTER";
    const auto uri = message.request_uri.to_string();
    message.add_header(is_register ? "Authorization" : "Proxy-Authorization",
                       *client.authorize({message.method, uri, message.body}));
    return message;
  }
  core::DigestClient challenged(const std::string& name, const std::string& password, sip::Message message,
                                std::size_t which = 0) {
    const auto refusal = authentication.check(now, message);
    REQUIRE(refusal);
    core::DigestClient client({name, password}, random);
    REQUIRE(client.challenged(refusal->headers.at(which).value));
    return client;
  }

  core::Instant now{};
  core::Random random{1, "gate", "digest"};
  ims::Directory directory{ims::DirectoryConfig{}};
  ims::Authentication authentication;
};

}  // namespace

TEST_CASE(
    "REG-1: without credentials, with empty ones and with wrong ones a REGISTER gets a fresh challenge") {
  Gate gate;
  auto bare = Gate::request("REGISTER");
  const auto first = gate.authentication.check(gate.now, bare);
  REQUIRE(first);
  CHECK(first->status == 401);
  REQUIRE(first->headers.size() == 1);
  CHECK(first->headers[0].name == "WWW-Authenticate");
  const auto challenge = core::parse_digest_challenge(first->headers[0].value);
  REQUIRE(challenge);
  CHECK(challenge->realm == "domain.com");
  CHECK(challenge->qops == std::vector{core::DigestQop::auth});
  CHECK_FALSE(challenge->stale);

  auto named = Gate::request("REGISTER");
  named.add_header(
      "Authorization",
      R"(Digest username="alice", realm="domain.com", nonce="", uri="sip:domain.com", response="")");
  const auto second = gate.authentication.check(gate.now, named);
  REQUIRE(second);
  CHECK(second->status == 401);
  CHECK(second->headers[0].value != first->headers[0].value);

  auto client = gate.challenged("alice", "wrong", Gate::request("REGISTER"));
  auto wrong = Gate::answered(client, Gate::request("REGISTER"));
  CHECK(gate.authentication.check(gate.now, wrong)->status == 401);
  auto stranger = gate.challenged("nobody", kPassword, Gate::request("REGISTER"));
  auto strange = Gate::answered(stranger, Gate::request("REGISTER"));
  CHECK(gate.authentication.check(gate.now, strange)->status == 401);
}

TEST_CASE("REG-1: the right password lets a REGISTER in, and goes no further with it") {
  for (const auto algorithm :
       {core::DigestAlgorithm::md5, core::DigestAlgorithm::sha256, core::DigestAlgorithm::sha512_256}) {
    for (const auto qop : {core::DigestQop::auth, core::DigestQop::auth_int}) {
      Gate gate({algorithm}, qop);
      for (const std::string name : {"alice", "alice@domain.com"}) {
        auto client = gate.challenged(name, kPassword, Gate::request("REGISTER"));
        auto good = Gate::answered(client, Gate::request("REGISTER"));
        CHECK_FALSE(gate.authentication.check(gate.now, good));
        CHECK(good.header("Authorization") == nullptr);
      }
    }
  }
}

TEST_CASE("REG-2 REG-3: an old nonce is stale, a count is taken once") {
  Gate gate;
  auto client = gate.challenged("alice", kPassword, Gate::request("REGISTER"));
  const auto first = Gate::answered(client, Gate::request("REGISTER"));
  auto copy = first;
  CHECK_FALSE(gate.authentication.check(gate.now, copy));
  auto replayed = first;
  const auto refused = gate.authentication.check(gate.now, replayed);
  REQUIRE(refused);
  CHECK(refused->status == 401);
  auto next = Gate::answered(client, Gate::request("REGISTER"));
  CHECK_FALSE(gate.authentication.check(gate.now, next));
  gate.now += 6min;
  auto late = Gate::answered(client, Gate::request("REGISTER"));
  const auto stale = gate.authentication.check(gate.now, late);
  REQUIRE(stale);
  CHECK(core::parse_digest_challenge(stale->headers.at(0).value)->stale);
}

TEST_CASE("REG-5: a password is good for its own user alone") {
  Gate gate;
  auto client = gate.challenged("bob", kPassword, Gate::request("REGISTER"));
  auto other = Gate::answered(client, Gate::request("REGISTER", "alice"));
  CHECK(gate.authentication.check(gate.now, other)->status == 403);
}

TEST_CASE("REG-4: other methods are challenged as by a proxy, where that is wanted; never ACK and CANCEL") {
  Gate open;
  auto message = Gate::request("MESSAGE");
  CHECK_FALSE(open.authentication.check(open.now, message));

  Gate gate({core::DigestAlgorithm::md5}, core::DigestQop::auth_int, true);
  const auto refusal = gate.authentication.check(gate.now, message);
  REQUIRE(refusal);
  CHECK(refusal->status == 407);
  CHECK(refusal->headers.at(0).name == "Proxy-Authenticate");
  auto client = gate.challenged("alice", kPassword, message);
  const auto answered = Gate::answered(client, message);
  auto changed = answered;
  changed.body = "hellO";  // auth-int covers it
  CHECK(gate.authentication.check(gate.now, changed)->status == 407);
  auto good = answered;
  CHECK_FALSE(gate.authentication.check(gate.now, good));
  for (const std::string method : {"ACK", "CANCEL"}) {
    auto free = Gate::request(method);
    CHECK_FALSE(gate.authentication.check(gate.now, free));
  }
}

TEST_CASE("REG-1: several algorithms are offered, the best first, and each is taken") {
  Gate gate({core::DigestAlgorithm::sha256, core::DigestAlgorithm::md5});
  auto bare = Gate::request("REGISTER");
  const auto refusal = gate.authentication.check(gate.now, bare);
  REQUIRE(refusal);
  REQUIRE(refusal->headers.size() == 2);
  CHECK(refusal->headers[0].value.find("SHA-256") != std::string::npos);
  CHECK(refusal->headers[1].value.find("MD5") != std::string::npos);
  for (const std::size_t which : {0u, 1u}) {
    auto client = gate.challenged("alice", kPassword, Gate::request("REGISTER"), which);
    auto good = Gate::answered(client, Gate::request("REGISTER"));
    CHECK_FALSE(gate.authentication.check(gate.now, good));
  }
}

TEST_CASE("REG-1: an answer for another address is refused") {
  Gate gate;
  auto client = gate.challenged("alice", kPassword, Gate::request("REGISTER"));
  auto moved = Gate::answered(client, Gate::request("REGISTER"));
  moved.request_uri.host = "elsewhere.com";
  CHECK(gate.authentication.check(gate.now, moved)->status == 400);
}
