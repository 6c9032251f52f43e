// Chats we start, against a core the test plays.
#include "chat/identity.hpp"
#include "chat/lab.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {
const ChatId kChat = outgoing_chat(1);

/// A chat of bob with carol whose INVITE the core has.
struct Calling : Behind {
  Message invite;
  explicit Calling(std::function<void(AgentConfig&)> edit = {}) : Behind(std::move(edit)) {
    start();
    invite = core.last("INVITE");
  }
  void settle(Duration d = 100ms) { lab.run_for(d); }
};

void by_store(Message& m) { m.add_header("P-Asserted-Identity", "<sip:rcse-standfw@domain.com>"); }

}  // namespace

TEST_CASE_METHOD(Calling,
                 "provisional responses over 100 are told once each, 2xx is acknowledged and connects") {
  core.reply(invite, 100);
  settle();
  CHECK(agent.count<ChatProgress>() == 0);
  core.answer(invite, "t", {}, 180);
  core.answer(invite, "t", {}, 180);
  core.answer(invite, "t", {}, 183);
  settle();
  REQUIRE(agent.count<ChatProgress>() == 2);
  CHECK(agent.all<ChatProgress>()[0].status == 180);
  CHECK(agent.all<ChatProgress>()[1].status == 183);
  core.answer(invite);
  settle();
  CHECK_FALSE(agent.only<ChatAnswered>().by_network);
  CHECK(agent.count<ChatConnected>() == 1);
  CHECK(agent.agent.open_chats() == 1);
}

TEST_CASE_METHOD(Calling,
                 "CHAT-12: the ACK of a 2xx is end to end, with a new branch and the INVITE's number") {
  core.answer(invite, "t", [](Message& m) {
    m.record_routes.push_back(*sip::parse_name_addr("<sip:192.0.2.1:5060;lr>"));
  });
  settle();
  REQUIRE(core.all("ACK").size() == 1);
  const auto ack = core.last("ACK");
  CHECK(ack.request_uri.to_string() == "sip:peer@192.0.2.1:5060");
  CHECK(ack.cseq == sip::CSeq{1, "ACK"});
  CHECK(ack.vias[0].branch() != invite.vias[0].branch());
  CHECK(ack.to_tag() == "t");
  CHECK(ack.routes.size() == 1);
}

TEST_CASE_METHOD(Calling, "CHAT-11: each repeated 2xx gets an ACK again and is told once") {
  core.answer(invite);
  settle(500ms);
  core.answer(invite);
  settle(1s);
  core.answer(invite);
  settle();
  CHECK(core.all("ACK").size() == 3);
  CHECK(agent.count<ChatAnswered>() == 1);
  CHECK(agent.count<ChatConnected>() == 1);
  CHECK(core.all("BYE").empty());
}

TEST_CASE_METHOD(Calling,
                 "CHAT-1 CHAT-6: an answer by the network is not the receiver's; an UPDATE by a person is") {
  core.answer(invite, "t", by_store);
  settle();
  CHECK(agent.only<ChatAnswered>().by_network);
  CHECK(agent.count<ChatConnected>() == 0);
  auto dialog = *sip::Dialog::from_request(invite, [&] {
    auto m = sip::make_response(invite, 200, "t");
    m.contacts.push_back(Core::contact("peer"));
    return m;
  }());
  const auto ask = [&](const char* method, const char* identity) {
    auto request = dialog.make_request(method);
    request.contacts.push_back(Core::contact("peer"));
    if (identity != nullptr) request.add_header("P-Asserted-Identity", identity);
    core.send(request);
    settle();
    CHECK(core.responses(method).back().status == 200);
  };
  ask("UPDATE", nullptr);
  ask("UPDATE", "<sip:rcse-standfw@domain.com>");
  CHECK(agent.count<ChatConnected>() == 0);
  SECTION("UPDATE") { ask("UPDATE", "<sip:carol@domain.com>"); }
  SECTION("re-INVITE") { ask("INVITE", "\"Carol\" <sip:carol@domain.com>, <tel:+1>"); }
  CHECK(agent.count<ChatConnected>() == 1);
  ask("UPDATE", "<sip:carol@domain.com>");
  CHECK(agent.count<ChatConnected>() == 1);
}

TEST_CASE_METHOD(Calling, "a final response is the chat's failure, with its status, phrase and Retry-After") {
  const int statuses[] = {302, 401, 404, 480, 486, 488, 500, 503, 600, 603};
  const int status = GENERATE(range(0, 10));
  core.reply(invite, statuses[status], [](Message& m) {
    m.reason = "As The Peer Says";
    m.add_header("Retry-After", "120 (soon)");
  });
  settle();
  const auto failed = agent.only<ChatFailed>();
  CHECK(failed.status == statuses[status]);
  CHECK(failed.reason == "As The Peer Says");
  CHECK(failed.retry_after == 120U);
  CHECK(agent.agent.open_chats() == 0);
  const auto ack = core.last("ACK");
  CHECK(ack.vias[0].branch() == invite.vias[0].branch());  // CHAT-12
}

TEST_CASE_METHOD(Calling,
                 "a core that forgot its user answers 403: registered anew, the INVITE goes out once more") {
  const auto registrations = core.all("REGISTER").size();
  core.reply(invite, 403);
  settle();
  CHECK(core.all("REGISTER").size() == registrations + 1);
  REQUIRE(core.all("INVITE").size() == 2);
  const auto second = core.last("INVITE");
  CHECK(second.call_id == invite.call_id);
  CHECK(second.cseq.number == 2);
  CHECK(agent.count<ChatFailed>() == 0);
  SECTION("and is taken") {
    core.answer(second);
    settle();
    CHECK(agent.count<ChatAnswered>() == 1);
  }
  SECTION("and is refused for good") {
    core.reply(second, 403);
    settle();
    CHECK(agent.only<ChatFailed>().status == 403);
    CHECK(core.all("INVITE").size() == 2);
  }
}

TEST_CASE("a core that was away is told of all users again") {
  Behind b;
  b.register_user("sip:bob@domain.com");
  b.register_user("sip:eve@domain.com");
  b.lab.refusing.insert("192.0.2.1:5060");
  b.start();
  b.lab.refusing.clear();
  b.lab.run_for(5s);
  CHECK(b.core.all("REGISTER").size() == 4);
}

TEST_CASE("no answer is 408, no way to the core 503") {
  Behind b([](AgentConfig& c) { c.expect_registered = false; });
  SECTION("silent") {
    b.start();
    b.lab.run_for(31s);
    CHECK(b.agent.count<ChatFailed>() == 0);
    b.lab.run_for(2s);
    CHECK(b.agent.only<ChatFailed>().status == 408);
  }
  SECTION("refused") {
    b.lab.refusing.insert("192.0.2.1:5060");
    b.start();
    b.lab.run_for(1s);
    CHECK(b.agent.only<ChatFailed>().status == 503);
    CHECK(b.agent.only<ChatFailed>().reason == "connection refused");
  }
  CHECK(b.agent.agent.open_chats() == 0);
  b.lab.run_for(60s);
  CHECK(b.agent.timers.empty());
}

TEST_CASE_METHOD(Calling, "CHAT-15: 422 is answered once with its Min-SE, same Call-ID, next CSeq") {
  const auto too_small = [](Message& m) { m.add_header("Min-SE", "3600"); };
  core.reply(invite, 422, too_small);
  settle();
  REQUIRE(core.all("INVITE").size() == 2);
  const auto second = core.last("INVITE");
  CHECK(second.call_id == invite.call_id);
  CHECK(second.from_tag() == invite.from_tag());
  CHECK(second.cseq.number == 2);
  CHECK(*second.header("Session-Expires") == "3600;refresher=uac");
  CHECK(*second.header("Min-SE") == "3600");
  CHECK(second.body == invite.body);
  SECTION("and then goes on") {
    core.answer(second);
    settle();
    CHECK(core.last("ACK").cseq.number == 2);
    CHECK(agent.count<ChatConnected>() == 1);
  }
  SECTION("not twice") {
    core.reply(second, 422, too_small);
    settle();
    CHECK(core.all("INVITE").size() == 2);
    CHECK(agent.only<ChatFailed>().status == 422);
  }
}

TEST_CASE_METHOD(Calling, "CHAT-15: 422 without a sane Min-SE is a failure") {
  SECTION("none") { core.reply(invite, 422); }
  SECTION("absurd") {
    core.reply(invite, 422, [](Message& m) { m.add_header("Min-SE", "4000000000"); });
  }
  settle();
  CHECK(agent.only<ChatFailed>().status == 422);
}

TEST_CASE_METHOD(Calling, "a second 2xx from a fork is acknowledged and hung up, the first stays") {
  core.answer(invite, "first");
  settle();
  core.answer(invite, "second");
  settle();
  REQUIRE(core.all("ACK").size() == 2);
  CHECK(core.all("ACK")[1].to_tag() == "second");
  REQUIRE(core.all("BYE").size() == 1);
  CHECK(core.last("BYE").to_tag() == "second");
  CHECK(agent.count<ChatAnswered>() == 1);
  CHECK(agent.count<ChatEnded>() == 0);
  CHECK(agent.agent.open_chats() == 1);
}

TEST_CASE_METHOD(Calling, "a 2xx that makes no dialog fails the chat") {
  SECTION("no Contact") { core.reply(invite, 200); }
  SECTION("no To tag") {
    auto response = sip::make_response(invite, 200, "");
    response.contacts.push_back(Core::contact("x"));
    lab.send(core.address, sip::response_hop(response), response);
  }
  settle();
  CHECK(agent.only<ChatFailed>().status == 502);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Calling, "CHAT-13: EndChat cancels after a provisional response; 487 ends the chat") {
  lab.command(agent, EndChat{kChat});
  settle();
  CHECK(core.all("CANCEL").empty());
  core.reply(invite, 100);
  settle();
  REQUIRE(core.all("CANCEL").size() == 1);
  const auto cancel = core.last("CANCEL");
  CHECK(cancel.request_uri == invite.request_uri);
  CHECK(cancel.call_id == invite.call_id);
  CHECK(cancel.cseq.number == invite.cseq.number);
  CHECK(cancel.vias[0] == invite.vias[0]);
  core.reply(cancel, 200);
  core.reply(invite, 487);
  settle();
  CHECK(agent.only<ChatFailed>().status == 487);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Calling, "a 2xx that crosses the CANCEL is acknowledged and hung up") {
  core.answer(invite, "t", {}, 180);
  settle();
  lab.command(agent, EndChat{kChat});
  core.answer(invite, "t");
  settle();
  CHECK(core.all("ACK").size() == 1);
  CHECK(core.all("BYE").size() == 1);
  CHECK(agent.count<ChatAnswered>() == 0);
  CHECK(agent.only<ChatEnded>().by_us);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Calling, "a CANCEL nobody answers ends after 64*T1; a 2xx after that opens nothing") {
  core.answer(invite, "t", {}, 180);
  settle();
  lab.command(agent, EndChat{kChat});
  settle(33s);
  CHECK(agent.only<ChatFailed>().status == 487);
  CHECK(agent.agent.open_chats() == 0);
  core.answer(invite, "t");
  settle();
  CHECK(agent.count<ChatAnswered>() == 0);
  CHECK(agent.count<ChatFailed>() == 1);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Calling, "EndChat while the core says nothing at all ends as the user asked") {
  lab.command(agent, EndChat{kChat});
  settle(40s);
  CHECK(agent.only<ChatFailed>().status == 487);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Calling, "a caller that rings for ever gives up: CANCEL, then 408") {
  core.answer(invite, "t", {}, 180);
  settle(180s + 33s);
  CHECK_FALSE(core.all("CANCEL").empty());
  settle(33s);
  CHECK(agent.only<ChatFailed>().status == 408);
  settle(60s);
  CHECK(agent.agent.open_chats() == 0);
}

TEST_CASE_METHOD(Calling, "responses that belong to nothing are dropped") {
  auto stray = invite;
  stray.vias[0].params = {{"branch", "z9hG4bKstray"}};
  core.answer(stray);
  core.reply(stray, 486);
  auto other_call = invite;
  other_call.call_id = "other";
  core.answer(other_call, "t", [](Message& m) { m.vias[0].params = {{"branch", "z9hG4bKx"}}; });
  settle();
  CHECK(agent.count<ChatAnswered>() == 0);
  CHECK(agent.count<ChatFailed>() == 0);
  CHECK(agent.agent.open_chats() == 1);
}
