// Registrations of an agent over time, against a core the test plays.
#include "chat/lab.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {
constexpr const char* kBob = "sip:bob@domain.com";
}

TEST_CASE("REG-10 REG-11: a user is registered, refreshed before the end, and unregistered") {
  Behind b;
  b.register_user(kBob);
  CHECK(b.agent.only<Registered>().user == kBob);
  CHECK(b.agent.only<Registered>().expires == 3600s);
  const auto first = b.core.last("REGISTER");
  b.lab.run_for(2990s);
  CHECK(b.core.all("REGISTER").size() == 1);
  b.lab.run_for(20s);
  REQUIRE(b.core.all("REGISTER").size() == 2);
  CHECK(b.core.last("REGISTER").call_id == first.call_id);
  CHECK(b.core.last("REGISTER").cseq.number == first.cseq.number + 1);
  CHECK(b.core.last("REGISTER").from_tag() == first.from_tag());
  b.lab.run_for(24h);
  CHECK(b.agent.agent.is_registered(kBob));
  CHECK(b.agent.count<Registered>() == 1);
  CHECK(b.agent.count<RegistrationFailed>() == 0);

  b.lab.command(b.agent, Unregister{kBob});
  b.lab.run_for(1s);
  CHECK(b.core.last("REGISTER").expires() == 0U);
  CHECK(b.agent.only<Unregistered>().user == kBob);
  CHECK_FALSE(b.agent.agent.is_registered(kBob));
  b.lab.run_for(24h);
  CHECK(b.core.last("REGISTER").expires() == 0U);
  CHECK(b.agent.timers.empty());
}

TEST_CASE("a second Register of a registered user tells so at once; of one on its way it waits") {
  Behind b;
  b.lab.command(b.agent, Register{kBob});
  b.lab.command(b.agent, Register{kBob});
  b.lab.run_for(100ms);
  CHECK(b.agent.count<Registered>() == 1);
  b.lab.command(b.agent, Register{kBob});
  CHECK(b.agent.count<Registered>() == 2);
  CHECK(b.core.all("REGISTER").size() == 1);
}

TEST_CASE("REG-13: failures are told, retried after the back-off, and end when the core grants") {
  Behind b;
  int failures = 3;
  b.core.on_register = [&](const Message& m) { failures-- > 0 ? b.core.reply(m, 500) : b.core.grant(m); };
  b.lab.command(b.agent, Register{kBob});
  b.lab.run_for(100ms);
  CHECK(b.agent.only<RegistrationFailed>().status == 500);
  CHECK(b.agent.only<RegistrationFailed>().will_retry);
  b.lab.run_for(14s);
  CHECK(b.core.all("REGISTER").size() == 1);
  b.lab.run_for(17s);
  CHECK(b.core.all("REGISTER").size() == 2);
  b.lab.run_for(180s);
  CHECK(b.agent.count<RegistrationFailed>() == 3);
  CHECK(b.agent.agent.is_registered(kBob));
  CHECK(b.agent.count<Registered>() == 1);
}

TEST_CASE("REG-13: 403 five times, then silence until somebody asks again") {
  Behind b;
  b.core.on_register = [&](const Message& m) { b.core.reply(m, 403); };
  b.lab.command(b.agent, Register{kBob});
  b.lab.run_for(24h);
  CHECK(b.core.all("REGISTER").size() == 5);
  CHECK_FALSE(b.agent.all<RegistrationFailed>().back().will_retry);
  b.start();
  CHECK(b.core.all("REGISTER").size() == 5);
  CHECK(b.agent.only<ChatFailed>().status == 403);
  b.lab.command(b.agent, Register{kBob});
  b.lab.run_for(1s);
  CHECK(b.core.all("REGISTER").size() == 6);
  CHECK(b.agent.all<RegistrationFailed>().back().will_retry);
}

TEST_CASE("REG-13: Retry-After holds back retries and new chats alike") {
  Behind b;
  b.core.on_register = [&](const Message& m) {
    b.core.reply(m, 503, [](Message& r) { r.add_header("Retry-After", "900"); });
  };
  b.start();
  CHECK(b.agent.only<ChatFailed>().status == 503);
  CHECK(b.agent.only<ChatFailed>().retry_after.value_or(0) >= 900);
  b.start(2);
  CHECK(b.agent.count<ChatFailed>() == 2);
  CHECK(b.agent.all<ChatFailed>()[1].retry_after.value_or(0) >= 800);
  b.lab.run_for(895s);
  CHECK(b.core.all("REGISTER").size() == 1);
  b.lab.run_for(100s);
  CHECK(b.core.all("REGISTER").size() == 2);
}

TEST_CASE("REG-7: 423 is answered with a longer Expires at once") {
  Behind b([](AgentConfig& c) { c.register_expires = 60; });
  b.core.on_register = [&](const Message& m) {
    if (m.expires().value_or(0) >= 3600) return b.core.grant(m);
    b.core.reply(m, 423, [](Message& r) { r.add_header("Min-Expires", "3600"); });
  };
  b.register_user(kBob);
  CHECK(b.core.all("REGISTER").size() == 2);
  CHECK(b.agent.count<RegistrationFailed>() == 0);
}

TEST_CASE("a core that does not answer is 408, one that can not be reached 503, and both are tried again") {
  Behind b;
  SECTION("silent") {
    b.lab.dead.insert("192.0.2.1:5060");
    b.lab.command(b.agent, Register{kBob});
    b.lab.run_for(33s);
    CHECK(b.agent.only<RegistrationFailed>().status == 408);
    b.lab.dead.clear();
  }
  SECTION("refusing") {
    b.lab.refusing.insert("192.0.2.1:5060");
    b.lab.command(b.agent, Register{kBob});
    b.lab.run_for(1s);
    CHECK(b.agent.only<RegistrationFailed>().status == 503);
    CHECK(b.agent.only<RegistrationFailed>().reason == "connection refused");
    b.lab.refusing.clear();
  }
  CHECK(b.agent.only<RegistrationFailed>().will_retry);
  CHECK_FALSE(b.agent.agent.is_registered(kBob));
  b.lab.run_for(31s);
  CHECK(b.agent.agent.is_registered(kBob));
}

TEST_CASE("a lost refresh leaves the binding until its end, then the user is no longer registered") {
  Behind b;
  b.register_user(kBob);
  b.lab.dead.insert("192.0.2.1:5060");
  b.lab.run_for(3050s);
  CHECK(b.agent.count<RegistrationFailed>() >= 1);
  CHECK(b.agent.agent.is_registered(kBob));
  b.lab.run_for(600s);
  CHECK_FALSE(b.agent.agent.is_registered(kBob));
  b.lab.dead.clear();
  b.lab.run_for(3600s);
  CHECK(b.agent.agent.is_registered(kBob));
  CHECK(b.agent.count<Registered>() == 2);
}

TEST_CASE("StartChat registers an unknown user first; its failure is the chat's") {
  Behind b;
  SECTION("granted") {
    b.start();
    REQUIRE(b.core.got.size() == 2);
    CHECK(b.core.got[0].method == "REGISTER");
    CHECK(b.core.got[1].method == "INVITE");
    CHECK(b.agent.count<Registered>() == 1);
  }
  SECTION("refused") {
    b.core.on_register = [&](const Message& m) {
      b.core.reply(m, 404, [](Message& r) { r.reason = "No Such User"; });
    };
    b.start();
    CHECK(b.agent.only<RegistrationFailed>().status == 404);
    CHECK(b.agent.only<ChatFailed>().status == 404);
    CHECK(b.agent.only<ChatFailed>().reason == "No Such User");
    CHECK(b.agent.agent.open_chats() == 0);
    CHECK(b.core.all("INVITE").empty());
  }
  SECTION("ended meanwhile") {
    b.core.on_register = [](const Message&) {};
    b.start();
    b.lab.command(b.agent, EndChat{outgoing_chat(1)});
    CHECK(b.agent.only<ChatFailed>().status == 487);
    b.core.grant(b.core.last("REGISTER"));
    b.lab.run_for(1s);
    CHECK(b.core.all("INVITE").empty());
  }
}

TEST_CASE("a new chat tries the registration at once while it backs off without Retry-After") {
  Behind b;
  bool up = false;
  b.core.on_register = [&](const Message& m) { up ? b.core.grant(m) : b.core.reply(m, 500); };
  b.lab.command(b.agent, Register{kBob});
  b.lab.run_for(1s);
  up = true;
  b.start();
  CHECK(b.core.all("INVITE").size() == 1);
}

TEST_CASE("Unregister while a REGISTER is on its way ends unregistered, Register after it ends registered") {
  Behind b;
  SECTION("unregister wins") {
    b.lab.command(b.agent, Register{kBob});
    b.lab.command(b.agent, Unregister{kBob});
    b.lab.run_for(1s);
    CHECK(b.agent.count<Registered>() == 0);
    CHECK(b.agent.count<Unregistered>() == 1);
    CHECK(b.core.last("REGISTER").expires() == 0U);
  }
  SECTION("register wins") {
    b.register_user(kBob);
    b.lab.command(b.agent, Unregister{kBob});
    b.lab.command(b.agent, Register{kBob});
    b.lab.run_for(1s);
    CHECK(b.agent.agent.is_registered(kBob));
    CHECK(b.agent.count<Unregistered>() == 0);
    CHECK(b.core.last("REGISTER").expires() != 0U);
  }
  SECTION("of nobody") {
    b.lab.command(b.agent, Unregister{"sip:nobody@domain.com"});
    CHECK(b.agent.count<Unregistered>() == 1);
  }
  SECTION("no answer") {
    b.register_user(kBob);
    b.lab.dead.insert("192.0.2.1:5060");
    b.lab.command(b.agent, Unregister{kBob});
    b.lab.run_for(33s);
    CHECK(b.agent.count<Unregistered>() == 1);
  }
}

TEST_CASE("a user that is no URI is refused, not registered") {
  Behind b;
  for (const char* bad : {"", "bob", "sip:", "sip:domain.com", "sip:b\r\nVia: x@d", "http://x/"}) {
    CAPTURE(bad);
    const auto before = b.agent.count<RegistrationFailed>();
    b.lab.command(b.agent, Register{bad});
    REQUIRE(b.agent.count<RegistrationFailed>() == before + 1);
    CHECK(b.agent.all<RegistrationFailed>().back().status == 400);
    CHECK_FALSE(b.agent.all<RegistrationFailed>().back().will_retry);
  }
  CHECK(b.lab.wire.empty());
}

TEST_CASE("REG-34 REG-38: a call for any identity of the implicit set finds its user") {
  Behind b;
  b.core.on_register = [&](const Message& m) {
    b.core.grant(m, 3600, [](Message& r) {
      r.add_header("P-Associated-URI", "<sip:bob@domain.com>, <tel:+82-10-1234-5678>");
    });
  };
  b.register_user(kBob);
  auto invite = b.core.invite();
  SECTION("Request-URI in tel form") { invite.request_uri = *sip::parse_uri("tel:+821012345678"); }
  SECTION("Request-URI in sip form") {
    invite.request_uri = *sip::parse_uri("sip:+821012345678@domain.com;user=phone");
  }
  SECTION("P-Called-Party-ID") {
    invite.request_uri = *sip::parse_uri("sip:192.0.2.10:5070");
    invite.to.uri = *sip::parse_uri("sip:somebody@else");
    invite.add_header("P-Called-Party-ID", "<tel:+821012345678>");
  }
  SECTION("To") {
    invite.request_uri = *sip::parse_uri("sip:x@192.0.2.10:5070");
    invite.to.uri = *sip::parse_uri("tel:+821012345678");
  }
  b.core.send(invite);
  b.lab.run_for(100ms);
  CHECK(b.agent.only<ChatInvited>().user == kBob);
}

TEST_CASE("REG-38: users with one user part in two domains are told apart") {
  Behind b;
  b.register_user("sip:bob@one.com");
  b.register_user("sip:bob@two.com");
  auto invite = b.core.invite();
  SECTION("by P-Called-Party-ID") {
    invite.add_header("P-Called-Party-ID", "<sip:bob@two.com>");
    invite.to.uri = *sip::parse_uri("sip:bob@one.com");
  }
  SECTION("by To") { invite.to.uri = *sip::parse_uri("sip:bob@two.com"); }
  b.core.send(invite);
  b.lab.run_for(100ms);
  CHECK(b.agent.only<ChatInvited>().user == "sip:bob@two.com");
}
