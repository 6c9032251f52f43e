// Challenges to the requests of an agent's users, by a core the test plays, with the checking half of Digest.
#include "chat/lab.hpp"
#include "core/digest_server.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

constexpr const char* kBob = "sip:bob@domain.com";
constexpr const char* kCarol = "sip:carol@domain.com";
constexpr const char* kPassword = "open sesame";

std::function<void(AgentConfig&)> with_password(std::string password) {
  return [password](AgentConfig& config) {
    config.login_of = [password](const sip::Uri& identity) {
      return std::optional(core::DigestCredentials{identity.user, password});
    };
  };
}

/// A core that asks for a password: a registrar by 401, a proxy by 407.
struct Guarded : Behind {
  explicit Guarded(core::DigestAlgorithm algorithm = core::DigestAlgorithm::md5,
                   core::DigestQop qop = core::DigestQop::auth, const std::string& password = kPassword)
      : Behind(with_password(password)),
        registrar(options("r", algorithm, qop)),
        proxy(options("p", algorithm, qop)) {
    core.on_register = [this](const Message& m) {
      if (checks(m, registrar, "Authorization")) return core.grant(m);
      refuse(m, 401, "WWW-Authenticate", registrar);
    };
    core.on_other = [this](const Message& m) {
      if (m.is_response() || m.method == "ACK" || m.method == "CANCEL") return;
      if (!checks(m, proxy, "Proxy-Authorization")) return refuse(m, 407, "Proxy-Authenticate", proxy);
      if (m.method == "INVITE") return core.answer(m);
      core.reply(m, m.method == "OPTIONS" ? 480 : 200);
    };
  }
  static core::DigestServerOptions options(std::string secret, core::DigestAlgorithm algorithm,
                                           core::DigestQop qop) {
    core::DigestServerOptions options;
    options.realm = "domain.com";
    options.secret = std::move(secret);
    options.algorithm = algorithm;
    options.qops = {qop};
    return options;
  }
  bool checks(const Message& m, core::DigestServer& server, const char* header) {
    const auto* text = m.header(header);
    const auto answer = text != nullptr ? core::parse_digest_answer(*text) : core::Error();
    if (!answer) return false;
    CHECK(answer->uri == m.request_uri.to_string());
    verdicts.push_back(
        server.check(lab.now, *answer, {m.method, answer->uri, m.body}, std::string(kPassword)));
    return verdicts.back() == core::DigestVerdict::good;
  }
  void refuse(const Message& m, int status, const char* header, core::DigestServer& server) {
    const bool stale = !verdicts.empty() && verdicts.back() == core::DigestVerdict::stale;
    core.reply(m, status, [&](Message& response) {
      response.add_header(header, "Bearer realm=\"domain.com\"");  // not for us
      response.add_header(header, core::format(server.challenge(lab.now, random, stale)));
    });
  }
  core::Random random{5};
  core::DigestServer registrar;
  core::DigestServer proxy;
  std::vector<core::DigestVerdict> verdicts;
};

}  // namespace

TEST_CASE("REG-1: a challenged REGISTER is answered with CSeq+1 and the same Call-ID, for each algorithm") {
  for (const auto algorithm :
       {core::DigestAlgorithm::md5, core::DigestAlgorithm::sha256, core::DigestAlgorithm::sha512_256}) {
    for (const auto qop : {core::DigestQop::auth, core::DigestQop::auth_int}) {
      Guarded g(algorithm, qop);
      g.register_user(kBob);
      CHECK(g.agent.count<Registered>() == 1);
      const auto registers = g.core.all("REGISTER");
      REQUIRE(registers.size() == 2);
      CHECK(registers[0].header("Authorization") == nullptr);
      CHECK(registers[1].call_id == registers[0].call_id);
      CHECK(registers[1].cseq.number == registers[0].cseq.number + 1);
      g.lab.run_for(2h);  // the refreshes answer at once; a nonce that is too old costs a round (REG-2)
      CHECK(g.agent.count<RegistrationFailed>() == 0);
      const auto all = g.core.all("REGISTER");
      for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].cseq.number == all[i - 1].cseq.number + 1);
      CHECK(all.size() >= 5);
    }
  }
}

TEST_CASE("REG-1: a wrong password is told as a failure and not tried for ever") {
  Guarded g(core::DigestAlgorithm::md5, core::DigestQop::auth, "wrong");
  g.lab.command(g.agent, Register{kBob});
  g.lab.run_for(1s);
  REQUIRE(g.agent.count<RegistrationFailed>() == 1);
  CHECK(g.agent.only<RegistrationFailed>().status == 401);
  CHECK(g.core.all("REGISTER").size() == 2);
}

TEST_CASE("REG-1: who has no password is told of the 401") {
  Behind b;
  b.core.on_register = [&](const Message& m) {
    b.core.reply(m, 401, [](Message& r) {
      r.add_header("WWW-Authenticate", R"(Digest realm="x", nonce="1", algorithm=MD5, qop="auth")");
    });
  };
  b.lab.command(b.agent, Register{kBob});
  b.lab.run_for(1s);
  CHECK(b.agent.only<RegistrationFailed>().status == 401);
  CHECK(b.core.all("REGISTER").size() == 1);
}

TEST_CASE("REG-4: what a proxy challenges goes again: INVITE, MESSAGE and OPTIONS, later ones at once") {
  Guarded g;
  g.register_user(kBob);
  StartChat start{outgoing_chat(1), kBob, kCarol, "greetings", body::ChatText{}};
  start.text->message_id = "m1";
  start.text->text = "hello";
  g.lab.command(g.agent, start);
  g.lab.run_for(1s);
  CHECK(g.agent.count<ChatAnswered>() == 1);
  const auto invites = g.core.all("INVITE");
  REQUIRE(invites.size() == 2);
  CHECK(invites[1].cseq.number == invites[0].cseq.number + 1);
  CHECK(invites[1].call_id == invites[0].call_id);
  CHECK(invites[1].body == invites[0].body);
  CHECK(invites[1].header("Authorization") == nullptr);  // the registrar's
  REQUIRE_FALSE(g.core.all("ACK").empty());
  CHECK(g.core.last("ACK").cseq.number == invites[1].cseq.number);

  g.lab.command(g.agent, OpenThread{outgoing_chat(2), kBob, kCarol});
  SendText text{outgoing_chat(2), {}, {}};
  text.text.message_id = "m2";
  text.text.text = "a message";
  g.lab.command(g.agent, text);
  g.lab.command(g.agent, QueryCapabilities{QueryId{1}, kBob, kCarol, false, {}});
  g.lab.run_for(1s);
  CHECK(g.core.all("MESSAGE").size() == 1);
  CHECK(g.core.all("OPTIONS").size() == 1);
  CHECK(g.agent.only<CapabilitiesFound>().error.empty());

  g.lab.command(g.agent, EndChat{outgoing_chat(1)});
  g.lab.run_for(1s);
  REQUIRE(g.core.all("BYE").size() == 1);
  CHECK(g.core.last("BYE").cseq.number > invites[1].cseq.number);
}

TEST_CASE("REG-2: a nonce that has become stale between two requests is answered anew") {
  Guarded g;
  g.register_user(kBob);
  g.lab.command(g.agent, QueryCapabilities{QueryId{1}, kBob, kCarol, false, {}});
  g.lab.run_for(1s);
  g.lab.run_for(20min);
  g.lab.command(g.agent, QueryCapabilities{QueryId{2}, kBob, kCarol, true, {}});
  g.lab.run_for(1s);
  CHECK(g.core.all("OPTIONS").size() == 4);
  CHECK(g.agent.all<CapabilitiesFound>().back().status == 480);
}
