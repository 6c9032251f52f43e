// Chats that are up: BYE, session timers in both roles, requests inside the dialog.
#include "chat/identity.hpp"
#include "chat/invite.hpp"
#include "chat/lab.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// A chat that bob's agent started and the core answered as the peer.
struct Talking : Behind {
  sip::Dialog peer;
  explicit Talking(std::function<void(Message&)> edit = {}) {
    start();
    const auto invite = core.last("INVITE");
    Message ok;
    core.answer(invite, "t", [&](Message& m) {
      if (edit) edit(m);
      ok = m;
    });
    settle();
    REQUIRE(agent.count<ChatConnected>() == 1);
    peer = *sip::Dialog::from_request(invite, ok);
  }
  void settle(Duration d = 100ms) { lab.run_for(d); }
  Message ask(const char* method, std::function<void(Message&)> edit = {}) {
    auto request = peer.make_request(method);
    request.contacts.push_back(Core::contact("peer"));
    if (edit) edit(request);
    core.send(request);
    settle();
    REQUIRE_FALSE(core.responses(method).empty());
    return core.responses(method).back();
  }
};

auto timer(std::string session_expires, bool update = true) {
  return [session_expires = std::move(session_expires), update](Message& m) {
    if (!session_expires.empty()) m.add_header("Session-Expires", session_expires);
    m.add_header("Require", "timer");
    if (update) m.add_header("Allow", "INVITE, ACK, BYE, UPDATE");
  };
}

}  // namespace

TEST_CASE("CHAT-14: BYE by either side ends the chat at both, once") {
  Pair p;
  const auto chat = p.talk();
  SECTION("caller") {
    p.lab.command(p.alice, EndChat{outgoing_chat(1)});
    CHECK(p.alice.only<ChatEnded>().by_us);
    p.lab.run_for(100ms);
    CHECK_FALSE(p.bob.only<ChatEnded>().by_us);
    CHECK(p.bob.only<ChatEnded>().code == 200);
  }
  SECTION("callee") {
    p.lab.command(p.bob, EndChat{chat});
    CHECK(p.bob.only<ChatEnded>().by_us);
    p.lab.run_for(100ms);
    CHECK_FALSE(p.alice.only<ChatEnded>().by_us);
  }
  SECTION("both at once") {
    p.lab.command(p.bob, EndChat{chat});
    p.lab.command(p.alice, EndChat{outgoing_chat(1)});
    p.lab.run_for(100ms);
    CHECK(p.alice.count<ChatEnded>() == 1);
    CHECK(p.bob.count<ChatEnded>() == 1);
  }
  CHECK(p.alice.agent.open_chats() == 0);
  CHECK(p.bob.agent.open_chats() == 0);
  p.lab.command(p.alice, EndChat{outgoing_chat(1)});
  p.lab.run_for(120s);
  CHECK(p.alice.count<ChatEnded>() == 1);
  CHECK(p.alice.timers.empty());
  CHECK(p.bob.timers.empty());
}

TEST_CASE("CHAT-14: 481, 408 or silence to our BYE still ends the chat") {
  Talking t;
  t.lab.command(t.agent, EndChat{outgoing_chat(1)});
  t.settle();
  SECTION("481") { t.core.reply(t.core.last("BYE"), 481); }
  SECTION("silence") {}
  t.settle(40s);
  CHECK(t.agent.only<ChatEnded>().by_us);
  CHECK(t.agent.agent.open_chats() == 0);
}

TEST_CASE("CHAT-14: the Reason of a BYE is told") {
  Talking t;
  CHECK(t.ask("BYE", [](Message& m) { m.add_header("Reason", "SIP;cause=603;text=\"Declined\""); }).status ==
        200);
  CHECK(t.agent.only<ChatEnded>().code == 603);
  CHECK(t.agent.only<ChatEnded>().reason == "Declined");
  CHECK_FALSE(t.agent.only<ChatEnded>().by_us);
}

TEST_CASE(
    "CHAT-18: the refresher sends UPDATE at half the interval, over hours; the other side only watches") {
  Pair p;
  p.talk();
  p.lab.run_for(890s);
  CHECK(p.lab.sent("UPDATE").empty());
  p.lab.run_for(20s);
  REQUIRE(p.lab.sent("UPDATE").size() == 1);
  const auto update = p.lab.sent("UPDATE")[0].message;
  CHECK(p.lab.sent("UPDATE", &p.alice).size() == 1);
  CHECK(*update.header("Session-Expires") == "1800;refresher=uac");
  CHECK(update.lists("Supported", "timer"));
  CHECK(update.body.empty());
  CHECK(update.contacts.size() == 1);
  CHECK(p.lab.sent("200 UPDATE").size() == 1);
  p.lab.run_for(24h);
  CHECK(p.alice.count<ChatEnded>() == 0);
  CHECK(p.bob.count<ChatEnded>() == 0);
  CHECK(p.lab.sent("UPDATE", &p.alice).size() >= 95);
  CHECK(p.lab.sent("UPDATE", &p.bob).empty());
}

TEST_CASE("CHAT-17: a peer that chooses uas refreshes itself; we refresh when it leaves the choice to us") {
  SECTION("uas") {
    Talking t(timer("600;refresher=uas"));
    t.settle(350s);
    CHECK(t.core.all("UPDATE").empty());
    const auto ok = t.ask("UPDATE", [](Message& m) {
      m.add_header("Supported", "timer");
      m.add_header("Session-Expires", "600;refresher=uac");
    });
    CHECK(ok.status == 200);
    CHECK(*ok.header("Session-Expires") == "600;refresher=uac");
    CHECK(ok.lists("Require", "timer"));
    CHECK(ok.contacts.size() == 1);
    t.settle(560s);
    CHECK(t.core.all("BYE").empty());
    t.settle(20s);
    CHECK(t.core.all("BYE").size() >= 1);
  }
  SECTION("uac") {
    Talking t(timer("600;refresher=uac"));
    t.settle(300s);
    CHECK(t.core.all("UPDATE").size() == 1);
  }
  SECTION("absent: no timer at all") {
    Talking t(timer(""));
    t.settle(24h);
    CHECK(t.core.all("UPDATE").empty());
    CHECK(t.core.all("BYE").empty());
    CHECK(t.agent.agent.open_chats() == 1);
  }
}

TEST_CASE("CHAT-19: the side that does not refresh sends BYE at expiry minus min(32 s, interval/3)") {
  Talking t(timer("90;refresher=uas"));
  t.settle(59s);
  CHECK(t.core.all("BYE").empty());
  t.settle(2s);
  CHECK(t.core.all("BYE").size() >= 1);
  CHECK(t.agent.only<ChatEnded>().code == 408);
  CHECK_FALSE(t.agent.only<ChatEnded>().by_us);
  CHECK(t.agent.agent.open_chats() == 0);
}

TEST_CASE("CHAT-15: an interval below the minimum makes no storm of refreshes") {
  Talking t(timer("1;refresher=uac"));
  t.settle(40s);
  CHECK(t.core.all("UPDATE").empty());
  t.settle(10s);
  CHECK(t.core.all("UPDATE").size() >= 1);
}

TEST_CASE("CHAT-18: 408, 481 or silence to a refresh is the end: BYE") {
  Talking t(timer("600;refresher=uac"));
  t.settle(300s);
  const auto update = t.core.last("UPDATE");
  int code = 408;
  SECTION("481") {
    t.core.reply(update, 481);
    code = 481;
  }
  SECTION("408") { t.core.reply(update, 408); }
  SECTION("silence") { t.settle(33s); }
  t.settle(1s);
  CHECK_FALSE(t.core.all("BYE").empty());
  CHECK(t.agent.only<ChatEnded>().code == code);
}

TEST_CASE("CHAT-18: a peer without UPDATE is refreshed by re-INVITE with the same o= line") {
  Talking t(timer("600;refresher=uac", false));
  const auto first = t.core.all("INVITE").front();
  t.settle(300s);
  CHECK(t.core.all("UPDATE").empty());
  REQUIRE(t.core.all("INVITE").size() == 2);
  const auto again = t.core.last("INVITE");
  CHECK(again.to_tag() == "t");
  const auto line = [](const std::string& body) {
    return body.substr(body.find("o="), body.find("s=-") - body.find("o="));
  };
  CHECK(line(again.body) == line(first.body));
  t.core.answer(again, "t", timer("600;refresher=uac", false));
  t.settle();
  CHECK(t.core.last("ACK").cseq.number == again.cseq.number);
  t.settle(290s);
  CHECK(t.core.all("INVITE").size() == 2);
  t.settle(10s);
  CHECK(t.core.last("INVITE").cseq.number == again.cseq.number + 1);
}

TEST_CASE("CHAT-18: UPDATE refused as a method is replaced by re-INVITE") {
  Talking t(timer("600;refresher=uac"));
  t.settle(300s);
  t.core.reply(t.core.last("UPDATE"), 405);
  t.settle();
  CHECK(t.core.all("INVITE").size() == 2);
  CHECK(t.core.last("INVITE").to_tag() == "t");
}

TEST_CASE("CHAT-15: 422 to a refresh is repeated with the longer interval, 491 a little later") {
  Talking t(timer("600;refresher=uac"));
  t.settle(300s);
  SECTION("422") {
    t.core.reply(t.core.last("UPDATE"), 422, [](Message& m) { m.add_header("Min-SE", "900"); });
    t.settle();
    REQUIRE(t.core.all("UPDATE").size() == 2);
    CHECK(*t.core.last("UPDATE").header("Session-Expires") == "900;refresher=uac");
    CHECK(*t.core.last("UPDATE").header("Min-SE") == "900");
    t.core.reply(t.core.last("UPDATE"), 422, [](Message& m) { m.add_header("Min-SE", "900"); });
    t.settle(10s);
    CHECK(t.core.all("UPDATE").size() == 2);
  }
  SECTION("491") {
    t.core.reply(t.core.last("UPDATE"), 491);
    t.settle(2s);
    CHECK(t.core.all("UPDATE").size() == 1);
    t.settle(2200ms);
    CHECK(t.core.all("UPDATE").size() == 2);
  }
  SECTION("another failure leaves the session to its timer") {
    t.core.reply(t.core.last("UPDATE"), 500);
    t.settle(200s);
    CHECK(t.core.all("BYE").empty());
    t.settle(80s);
    CHECK_FALSE(t.core.all("BYE").empty());
    CHECK(t.agent.only<ChatEnded>().code == 408);
  }
}

TEST_CASE("CHAT-18: an UPDATE without Session-Expires does not stop our refreshes") {
  Talking t(timer("600;refresher=uac"));
  t.settle(10s);
  CHECK(t.ask("UPDATE").status == 200);
  t.settle(290s);
  CHECK(t.core.all("UPDATE").size() == 1);
}

TEST_CASE("CHAT-16: a re-INVITE in the session is answered, repeated until its ACK, and moves the target") {
  Talking t;
  const auto ok = t.ask("INVITE", [](Message& m) {
    m.contacts = {Core::contact("moved")};
    m.add_header("Content-Type", "application/sdp");
    m.body = Core::kSdp;
  });
  CHECK(ok.status == 200);
  CHECK(std::get<Offered>(read_offer(ok)).media);
  t.settle(1s);
  CHECK(t.core.responses("INVITE", 200).size() >= 2);
  SECTION("with ACK") {
    t.core.send(t.peer.make_ack(ok.cseq.number));
    t.settle(60s);
    CHECK(t.agent.count<ChatEnded>() == 0);
    CHECK(t.agent.count<ChatConnected>() == 1);
    t.lab.command(t.agent, EndChat{outgoing_chat(1)});
    t.settle();
    CHECK(t.core.last("BYE").request_uri.user == "moved");
  }
  SECTION("without") {
    t.settle(35s);
    CHECK(t.agent.only<ChatEnded>().code == 408);
  }
  SECTION("an ACK with another number is not its ACK") {
    t.core.send(t.peer.make_ack(ok.cseq.number + 7));
    t.settle(35s);
    CHECK(t.agent.only<ChatEnded>().code == 408);
  }
  SECTION("one more before the ACK is 500") {
    CHECK(t.ask("INVITE").status == 500);
    CHECK(t.core.responses("INVITE").back().header("Retry-After") != nullptr);
  }
}

TEST_CASE("CHAT-18: an offer that crosses our refresh is 491, an unusable one 488, and the session stays") {
  Talking t(timer("600;refresher=uac"));
  const auto offer = [](const char* sdp) {
    return [sdp](Message& m) {
      m.add_header("Content-Type", "application/sdp");
      m.body = sdp;
    };
  };
  CHECK(t.ask("UPDATE", offer("v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\nm=audio 5 RTP/AVP 0\r\n"))
            .status == 488);
  const auto ok = t.ask("UPDATE", offer(Core::kSdp));
  CHECK(ok.status == 200);
  CHECK_FALSE(ok.body.empty());
  t.settle(300s);
  REQUIRE(t.core.all("UPDATE").size() == 1);
  CHECK(t.ask("INVITE", offer(Core::kSdp)).status == 491);
  CHECK(t.ask("UPDATE").status == 200);
  CHECK(t.agent.agent.open_chats() == 1);
}

TEST_CASE("requests inside a chat: OPTIONS, an unknown option, an old CSeq, a method we do not take") {
  Talking t;
  CHECK(t.ask("OPTIONS").status == 200);
  CHECK(t.ask("UPDATE", [](Message& m) { m.add_header("Require", "precondition"); }).status == 420);
  CHECK(t.ask("INFO").status == 405);
  const auto old = t.ask("UPDATE", [](Message& m) { m.cseq.number = 1; });
  CHECK(old.status == 500);
  CHECK(t.agent.agent.open_chats() == 1);
}

TEST_CASE("one agent is caller and callee of the same call, and keeps both apart") {
  Lab lab;
  auto config = agent_config();
  config.expect_registered = false;
  config.accept_unknown_users = true;
  config.core = {sip::Transport::udp, "192.0.2.1", 5060, {}};
  auto& box = lab.add(config);
  // A proxy that only adds its Via and sends all back to the one agent.
  const Hop proxy{sip::Transport::udp, "192.0.2.1", 5060, {}};
  int branches = 0;
  lab.listen(proxy, [&](const Hop&, Message m) {
    if (m.is_response()) {
      m.vias.erase(m.vias.begin());
      return lab.send(proxy, sip::response_hop(m), m);
    }
    sip::Via via;
    via.host = "192.0.2.1";
    via.port = 5060;
    via.params.push_back(
        {"branch", "z9hG4bK" + std::to_string(m.cseq.method == "CANCEL" ? branches : ++branches)});
    m.vias.insert(m.vias.begin(), via);
    m.routes.clear();
    lab.send(proxy, box.address, m);
  });
  StartChat start{outgoing_chat(1), "sip:alice@d", "sip:bob@d", "s", {}};
  lab.command(box, start);
  lab.run_for(100ms);
  const auto invited = box.only<ChatInvited>();
  lab.command(box, AcceptChat{invited.chat});
  lab.run_for(100ms);
  CHECK(box.count<ChatConnected>() == 2);
  CHECK(box.agent.open_chats() == 2);
  lab.command(box, EndChat{invited.chat});
  lab.run_for(100ms);
  CHECK(box.count<ChatEnded>() == 2);
  CHECK(box.agent.open_chats() == 0);
}
