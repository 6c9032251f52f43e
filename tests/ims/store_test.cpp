// Store and forward at the terminating IM application server.
#include "device.hpp"

using namespace rcs;
using namespace rcs::test;
using Kind = ims::Notice::Kind;

TEST_CASE("CHAT-1 CHAT-40 CHAT-41: stored for who is away, delivered once, in order, at registration") {
  TwoUsers two({}, false);
  for (int i = 1; i <= 5; ++i) {
    two.sender.invite(two.receiver.uri(), "id-" + std::to_string(i), "text " + std::to_string(i));
    two.net.run_for(1s);
    CHECK(two.sender.status_of("INVITE") == 200);
  }
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 5);
  two.receiver.rings = true;
  two.receiver.answer_after = 10s;
  two.receiver.send_register();
  two.net.run_for(60s);
  const auto invites = two.receiver.got("INVITE");
  REQUIRE(invites.size() == 5);
  for (std::size_t i = 0; i < invites.size(); ++i) {
    const auto n = std::to_string(i + 1);
    CHECK(invites[i]->body.find(cpim_text("id-" + n, "text " + n)) != std::string::npos);
    CHECK(*invites[i]->header("P-Asserted-Identity") == "<sip:rcse-standfw@domain.com>");
    CHECK(*invites[i]->header("Referred-By") == "<sip:01087654321@domain.com>");
    CHECK(invites[i]->from.uri == two.sender.uri());
  }
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 0);
  two.receiver.send_register();
  two.net.run_for(600s);
  CHECK(two.receiver.got("INVITE").size() == 5);  // not again
}

TEST_CASE("CHAT-41: a new message goes behind those that wait") {
  TwoUsers two({}, false);
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  two.receiver.rings = true;
  two.receiver.answer = 0;
  two.receiver.send_register();
  two.sender.invite(two.receiver.uri(), "id-2");
  two.net.run_for(10s);
  REQUIRE(two.receiver.got("INVITE").size() == 2);
  CHECK(two.receiver.got("INVITE")[0]->body.find("id-1") != std::string::npos);
  CHECK(two.receiver.got("INVITE")[1]->body.find("id-2") != std::string::npos);
}

TEST_CASE("CHAT-42: the message is delivered although the sender has left") {
  TwoUsers two({}, false);
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  two.sender.bye();
  two.net.run_for(1s);
  CHECK(two.sender.status_of("BYE") == 200);
  two.receiver.send_register();
  two.net.run_for(10s);
  CHECK(two.receiver.got("INVITE").size() == 1);
  CHECK(two.receiver.got("ACK").size() == 1);
  CHECK(two.receiver.got("BYE").size() == 1);  // nobody is left to talk to
  CHECK(two.receiver.got("BYE").front()->header("Reason") == nullptr);
  two.net.run_for(60s);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}

TEST_CASE(
    "CHAT-42: a sender that leaves while it rings takes nothing away; taken up, the receiver's leg is "
    "ended") {
  TwoUsers two;
  two.receiver.rings = true;
  two.receiver.answer_after = 20s;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(5s);
  two.sender.bye();
  two.net.run_for(10s);
  CHECK(two.receiver.got("CANCEL").empty());
  CHECK(two.receiver.got("BYE").empty());
  two.net.run_for(10s);
  CHECK(two.receiver.got("ACK").size() == 1);
  CHECK(two.receiver.got("BYE").size() == 1);
  CHECK(two.net.notices_of(Kind::chat_accepted) == 1);
  CHECK(two.net.notices_of(Kind::message_done) == 1);
}

TEST_CASE("SIM-8: an idle session is ended towards both") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(299s);
  CHECK(two.sender.got("BYE").empty());
  two.net.run_for(10s);
  CHECK(two.sender.got("BYE").size() == 1);
  CHECK(two.receiver.got("BYE").size() == 1);
  CHECK(two.net.notices_of(Kind::message_done) == 1);
}

TEST_CASE("SIM-8: a refusal of the receiver ends the sender's leg with its reason") {
  const int status = GENERATE(486, 600, 603, 403, 488);
  TwoUsers two;
  two.receiver.answer = status;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  CHECK(two.sender.status_of("INVITE") == 200);
  REQUIRE(two.sender.got("BYE").size() == 1);
  CHECK(*two.sender.got("BYE")[0]->header("Reason") ==
        "SIP;cause=" + std::to_string(status) + ";text=\"" + std::string(sip::reason_phrase(status)) + "\"");
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 0);
  CHECK(two.sender.got("UPDATE").empty());
}

TEST_CASE("SIM-8: a receiver that can not be reached now gets it at its next registration") {
  const int status = GENERATE(408, 480, 503);
  TwoUsers two;
  two.receiver.answer = status;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 1);
  CHECK(two.sender.got("BYE").empty());
  two.receiver.answer = 200;
  two.receiver.send_register();
  two.net.run_for(1s);
  CHECK(two.receiver.got("INVITE").size() == 2);
  CHECK(two.receiver.got("ACK").size() == 1);
  CHECK(two.sender.got("UPDATE").size() == 1);  // its leg was still up
}

TEST_CASE("SIM-8: a device that is gone without a word does not lose the message") {
  const bool refuses = GENERATE(true, false);
  TwoUsers two;
  two.net.kill("receiver", refuses);
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(100s);
  CHECK(two.sender.status_of("INVITE") == 200);
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 1);
  two.net.revive("receiver");
  two.receiver.send_register();
  two.net.run_for(10s);
  CHECK(two.receiver.got("ACK").size() == 1);
}

TEST_CASE("SIM-8: who never answers is cancelled and asked again at the next registration") {
  TwoUsers two;
  two.receiver.rings = true;
  two.receiver.answer = 0;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(310s);
  CHECK(two.receiver.got("CANCEL").size() == 1);
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 1);
  two.receiver.answer = 200;
  two.receiver.send_register();
  two.net.run_for(10s);
  CHECK(two.receiver.got("ACK").size() == 1);
}

TEST_CASE("the store has an end: so many messages a user, so many hours") {
  ims::CoreConfig config;
  config.max_stored_per_user = 2;
  TwoUsers two(config, false);
  for (int i = 0; i < 3; ++i) {
    two.sender.invite(two.receiver.uri(), "id");
    two.net.run_for(1s);
  }
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 2);
  REQUIRE(two.sender.got("BYE").size() == 1);
  CHECK(two.sender.got("BYE")[0]->header("Reason")->starts_with("SIP;cause=480"));
  two.net.run_for(24h);
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 0);
  CHECK(two.net.notices_of(Kind::chat_lost) == 3);
  two.net.run_for(1h);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}

TEST_CASE("a registration that crosses the failing invitation is not missed") {
  TwoUsers two({}, false);
  two.sender.invite(two.receiver.uri(), "id-1");
  // Registers so that the third-party REGISTER reaches the server while the 480 of its invitation is still
  // under way.
  std::size_t deliveries = 0;
  for (int step = 0; step < 40 && deliveries == 0; ++step) {
    two.net.run_for(1ms);
    if (two.net.count("t-imas>t-cscf INVITE") == 1) {
      two.receiver.send_register();
      ++deliveries;
    }
  }
  two.net.run_for(5s);
  CHECK(two.receiver.got("ACK").size() == 1);
}

TEST_CASE("CHAT-11: without an ACK the 200 is repeated, then BYE; the receiver is invited all the same") {
  TwoUsers two;
  two.sender.acks = false;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(31s);
  // At 0, 0.5, 1.5, 3.5, 7.5, 11.5 ... 27.5, 31.5
  CHECK(two.net.count("o-cscf>sender 200 INVITE") == 10);
  CHECK(two.receiver.got("INVITE").empty());
  two.net.run_for(5s);
  CHECK(two.sender.got("BYE").size() == 1);
  CHECK(two.receiver.got("INVITE").size() == 1);
}

TEST_CASE("SIM-8: BYE of one side ends the other with the same reason") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  two.receiver.bye("SIP;cause=600;text=\"x\"");
  two.net.run_for(1s);
  CHECK(two.receiver.status_of("BYE") == 200);
  REQUIRE(two.sender.got("BYE").size() == 1);
  CHECK(two.sender.got("BYE")[0]->header("Reason")->starts_with("SIP;cause=600;"));
  two.net.run_for(60s);
  two.sender.bye();
  two.net.run_for(1s);
  CHECK(two.sender.status_of("BYE") == 481);  // CHAT-14
}

TEST_CASE("no UPDATE for a sender that does not allow it") {
  TwoUsers two;
  two.sender.extra_allow = "INVITE, ACK, BYE";
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  CHECK(two.receiver.got("ACK").size() == 1);
  CHECK(two.sender.got("UPDATE").empty());
}

TEST_CASE("CHAT-15 CHAT-16 CHAT-17: session timers as answered") {
  TwoUsers two;
  two.sender.session_expires = "60";
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  CHECK(two.sender.status_of("INVITE") == 422);
  CHECK(*two.sender.responses.back().header("Min-SE") == "90");
  two.sender.session_expires = "1800;refresher=uac";
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  const auto& ok = two.sender.responses.back();
  REQUIRE(ok.status == 200);
  CHECK(*ok.header("Session-Expires") == "1800;refresher=uac");
  CHECK(*ok.header("Require") == "timer");
  REQUIRE(two.sender.got("UPDATE").size() == 1);
  CHECK(*two.sender.got("UPDATE")[0]->header("Session-Expires") == "1800;refresher=uas");
}

TEST_CASE("CHAT-18 CHAT-19: who does not refresh is let go; who leaves it to us is refreshed") {
  ims::CoreConfig config;
  config.idle_timeout = 24h;
  const bool we_refresh = GENERATE(false, true);
  TwoUsers two(config);
  two.sender.session_expires = we_refresh ? "120;refresher=uas" : "120;refresher=uac";
  two.sender.invite(two.receiver.uri());
  two.net.run_for(200s);
  CHECK(two.sender.got("BYE").size() == (we_refresh ? 0 : 1));
  CHECK(two.receiver.got("BYE").size() == (we_refresh ? 0 : 1));
  CHECK(two.sender.got("UPDATE").size() == (we_refresh ? 4 : 1));
}

TEST_CASE("CHAT-18: re-INVITE and UPDATE of the sender refresh its leg, the o= line stays") {
  ims::CoreConfig config;
  config.idle_timeout = 24h;
  TwoUsers two(config);
  two.sender.session_expires = "120;refresher=uac";
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  const std::string first = two.sender.responses.back().body;
  for (int i = 0; i < 4; ++i) {
    auto refresh = two.sender.dialog->make_request(i % 2 == 0 ? "INVITE" : "UPDATE");
    refresh.contacts.resize(1);
    refresh.contacts[0].uri = two.sender.contact_uri();
    refresh.add_header("Session-Expires", "120;refresher=uac");
    refresh.add_header("Supported", "timer");
    if (i % 2 == 0) {
      refresh.add_header("Content-Type", "application/sdp");
      refresh.body = kOffer;
    }
    two.sender.send(refresh);
    two.net.run_for(60s);
    CHECK(two.sender.responses.back().status == 200);
    if (i % 2 == 0) CHECK(two.sender.responses.back().body == first);
  }
  CHECK(two.sender.got("BYE").empty());
  auto old = two.sender.dialog->make_request("UPDATE");
  old.cseq.number = 1;
  two.sender.send(old);
  two.net.run_for(1s);
  CHECK(two.sender.responses.back().status == 500);
}
