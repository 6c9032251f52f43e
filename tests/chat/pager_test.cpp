// Threads: texts by SIP MESSAGE, as they leave.
#include <algorithm>

#include "chat/pager.hpp"
#include "chat/pager_request.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

TEST_CASE("PGR-5: a text by MESSAGE is sent with the 2xx, delivered and displayed by notification") {
  Threads t;
  t.say("m1", "Watson, come here.");
  t.run();
  CHECK(t.bob.only<ThreadOpened>().from == "sip:alice@domain.com");
  CHECK(t.bob.only<ThreadOpened>().user == "sip:bob@domain.com");
  CHECK(texts_of(t.bob) == "Watson, come here.");
  CHECK(fate_of(t.alice, "m1") == "sent 200, delivered");
  t.display(t.bob, t.theirs(), "m1");
  t.run();
  CHECK(fate_of(t.alice, "m1") == "sent 200, delivered, displayed");
  t.text(t.bob, t.theirs(), "r1", "I come.");
  t.run();
  CHECK(t.alice.only<TextArrived>().chat == t.ours());
  CHECK(t.alice.count<ThreadOpened>() == 0);
  CHECK(t.lab.sent("INVITE").empty());
}

TEST_CASE("PGR-1, PGR-2, PGR-3, PGR-16, PGR-41: the request and its answer, as they are written") {
  Threads t;
  t.say("m1", "one");
  t.say("m2", "two");
  t.run();
  std::set<std::string> conversations;
  std::set<std::string> contributions;
  const auto requests = t.lab.sent("MESSAGE");
  REQUIRE(requests.size() == 4);  // two texts, two notifications
  for (const auto& sent : requests) {
    const auto& m = sent.message;
    CHECK(m.contacts.empty());
    CHECK(m.to_tag().empty());
    CHECK(*m.header("Content-Type") == "message/cpim");
    CHECK(*m.header("Accept-Contact") ==
          "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"");
    CHECK(*m.header("P-Preferred-Service") == "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg");
    CHECK(m.header("P-Preferred-Identity") != nullptr);
    CHECK(m.header("Expires") == nullptr);
    conversations.insert(*m.header("Conversation-ID"));
    contributions.insert(*m.header("Contribution-ID"));
    CHECK(sent.octets.starts_with("MESSAGE sip:"));
  }
  CHECK(conversations.size() == 1);
  CHECK(conversations.begin()->size() == 32);
  CHECK(contributions.size() == 4);
  for (const auto& answer : t.lab.sent("200 MESSAGE")) {
    CHECK(answer.message.contacts.empty());
    CHECK(answer.octets.ends_with("Content-Length: 0\r\n\r\n"));
    CHECK_FALSE(answer.message.to_tag().empty());
  }
  const auto cpim = body::parse_cpim(requests[0].message.body);
  REQUIRE(cpim);
  CHECK(*cpim->imdn("Message-ID") == "m1");
  CHECK(cpim->header({}, "DateTime") != nullptr);
}

TEST_CASE("PGR-10: one MESSAGE at a time to a peer, the next after the final response") {
  Threads t;
  for (int i = 1; i <= 5; ++i) t.say("m" + std::to_string(i), "text " + std::to_string(i));
  std::map<std::string, int> open;
  t.lab.lose = [&](const Lab::Sent& sent) {
    const auto who = key_of_hop(sent.message.is_request() ? sent.from : sent.to);
    if (sent.message.method == "MESSAGE") CHECK(++open[who] == 1);
    if (sent.message.cseq.method == "MESSAGE" && sent.message.is_response()) --open[who];
    return false;
  };
  open[key_of_hop(t.alice.address)] = 1;  // the first left with the command
  t.run(2s);
  CHECK(texts_of(t.bob) == "text 1|text 2|text 3|text 4|text 5");
}

TEST_CASE("PGR-10: other peers are not waited for") {
  Pager p;
  p.open(1, "sip:alice@domain.com");
  p.open(2, "sip:carol@domain.com");
  p.text("m1", "hello", {}, 1);
  p.text("m2", "hello", {}, 1);
  p.text("m3", "hello", {}, 2);
  CHECK(p.core.all("MESSAGE").size() == 2);
  p.core.reply(p.core.all("MESSAGE")[0], 200);
  p.lab.run_for(50ms);
  CHECK(p.core.all("MESSAGE").size() == 3);
}

TEST_CASE("PGR-5, PGR-6: 202 is told, and claims no more than that") {
  Pager p;
  p.open();
  p.text("m1", "hello");
  p.core.reply(p.core.last("MESSAGE"), 202);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m1") == "sent 202");
}

TEST_CASE("PGR-7: any other final response is a failure, with its status") {
  for (const int status : {300, 404, 480, 486, 503, 603}) {
    Pager p;
    p.open();
    p.text("m1", "hello");
    p.text("m2", "world");
    p.core.reply(p.core.last("MESSAGE"), status);
    p.lab.run_for(50ms);
    CHECK(fate_of(p.agent, "m1") == "failed " + std::to_string(status));
    p.core.reply(p.core.last("MESSAGE"), 200);
    p.lab.run_for(50ms);
    CHECK(fate_of(p.agent, "m2") == "sent 200");
  }
}

TEST_CASE("PGR-4, PGR-17: who takes no CPIM gets the text bare, from then on at once; other content fails") {
  Pager p;
  p.open();
  p.text("m1", "hello");
  p.core.reply(p.core.last("MESSAGE"), 415, [](Message& m) { m.add_header("Accept", "text/plain"); });
  p.lab.run_for(50ms);
  REQUIRE(p.core.all("MESSAGE").size() == 2);
  CHECK(*p.core.last("MESSAGE").header("Content-Type") == "text/plain;charset=UTF-8");
  CHECK(p.core.last("MESSAGE").body == "hello");
  CHECK(fate_of(p.agent, "m1").empty());
  p.core.reply(p.core.last("MESSAGE"), 200);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m1") == "sent 200");
  p.text("m2", "world");
  CHECK(p.core.last("MESSAGE").body == "world");
  p.core.reply(p.core.last("MESSAGE"), 415);  // not even that
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m2") == "failed 415");

  SendText picture{outgoing_chat(1), {}, {}};
  picture.text.message_id = "m3";
  picture.text.content_type = "image/gif";
  p.lab.command(p.agent, picture);
  p.lab.run_for(50ms);
  CHECK(*p.core.last("MESSAGE").header("Content-Type") == "message/cpim");
  p.core.reply(p.core.last("MESSAGE"), 415);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m3") == "failed 415");
}

TEST_CASE("PGR-12: what is to be delivered now or never waits for our own registration, not in the network") {
  Pager p([](AgentConfig& config) { config.expect_registered = true; });
  p.open();
  p.text("m1", "hello", Duration{});
  p.lab.run_for(100ms);
  CHECK(*p.core.last("MESSAGE").header("Expires") == "0");
  p.core.reply(p.core.last("MESSAGE"), 480);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m1") == "failed 480");
}

TEST_CASE("PGR-7: no answer in 32 seconds is a failure, and the next text leaves") {
  Pager p;
  p.open();
  p.text("m1", "hello");
  p.text("m2", "world");
  p.lab.run_for(31s);
  CHECK(fate_of(p.agent, "m1").empty());
  p.lab.run_for(2s);
  CHECK(fate_of(p.agent, "m1") == "failed 408");
  p.core.reply(p.core.last("MESSAGE"), 200);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m2") == "sent 200");
  CHECK(p.agent.agent.open_messages() == 0);
}

TEST_CASE("PGR-12: a text that is worth something for a time says so, with the date") {
  Pager p;
  p.open();
  p.text("m1", "lunch?", 90s);
  const auto message = p.core.last("MESSAGE");
  CHECK(*message.header("Expires") == "90");
  CHECK(*message.header("Date") == "Sun, 01 Jan 2012 10:10:10 GMT");
  SECTION("what waited too long does not leave") {
    p.text("m2", "now?", 10s);
    p.lab.run_for(33s);
    CHECK(fate_of(p.agent, "m2") == "failed 408");
    CHECK(p.core.last("MESSAGE").call_id == message.call_id);
  }
}

TEST_CASE("PGR-14: an im URI is written to as the sip URI of the same user") {
  Pager p;
  p.open(1, "im:alice@domain.com");
  p.text("m1", "hello");
  CHECK(p.core.last("MESSAGE").request_uri.to_string() == "sip:alice@domain.com");
  CHECK(p.core.last("MESSAGE").to.uri.to_string() == "sip:alice@domain.com");
}

TEST_CASE("PGR-19: what stands behind the ? of a target is not honoured") {
  Pager p;
  p.open(1, "sip:alice@domain.com?body=attack&Subject=x");
  p.text("m1", "hello");
  const auto message = p.core.last("MESSAGE");
  CHECK(message.request_uri.to_string() == "sip:alice@domain.com");
  CHECK(message.header("Subject") == nullptr);
  CHECK(message.body.find("attack") == std::string::npos);
}

TEST_CASE("a thread goes to a telephone number as well") {
  Pager p;
  p.open(1, "tel:+821012345678");
  p.text("m1", "hello");
  CHECK(p.core.last("MESSAGE").request_uri.to_string() == "tel:+821012345678");
}

TEST_CASE("a thread to nobody is refused, and so is a text in one that is not there") {
  Pager p;
  p.open(1, "mailto:alice");
  CHECK(p.agent.only<ChatFailed>().status == 400);
  p.text("m1", "hello");
  CHECK(fate_of(p.agent, "m1") == "failed");
  CHECK(p.core.got.empty());
}

TEST_CASE("a user registers for its thread; a core that has forgotten it is told anew, once") {
  Pager p([](AgentConfig& config) { config.expect_registered = true; });
  p.open();
  p.text("m1", "hello");
  p.lab.run_for(100ms);
  CHECK(p.core.all("REGISTER").size() == 1);
  p.core.reply(p.core.last("MESSAGE"), 403);
  p.lab.run_for(100ms);
  CHECK(p.core.all("REGISTER").size() == 2);
  REQUIRE(p.core.all("MESSAGE").size() == 2);
  CHECK(p.core.all("MESSAGE")[1].cseq.number == 2);
  p.core.reply(p.core.last("MESSAGE"), 403);
  p.lab.run_for(100ms);
  CHECK(fate_of(p.agent, "m1") == "failed 403");
  CHECK(p.core.all("REGISTER").size() == 2);
}

TEST_CASE("texts of a user who can not register fail together, after one attempt") {
  Pager p([](AgentConfig& config) { config.expect_registered = true; });
  p.core.on_register = [&](const Message& m) { p.core.reply(m, 404); };
  p.open();
  for (const auto* id : {"m1", "m2", "m3"}) {
    SendText send{outgoing_chat(1), {}, {}};
    send.text.message_id = id;
    send.text.text = "hello";
    p.lab.command(p.agent, send);
  }
  p.lab.run_for(100ms);
  for (const auto* id : {"m1", "m2", "m3"}) CHECK(fate_of(p.agent, id) == "failed 404");
  CHECK(p.core.all("REGISTER").size() == 1);
  CHECK(p.core.all("MESSAGE").empty());
}

TEST_CASE("a thread that is opened anew goes on under its new id") {
  Threads t;
  t.say("m1", "hello");
  t.run();
  const auto opened = t.theirs();
  t.lab.command(t.bob, OpenThread{outgoing_chat(7), "sip:bob@domain.com", "sip:alice@domain.com"});
  t.display(t.bob, outgoing_chat(7), "m1");
  t.text(t.bob, outgoing_chat(7), "r1", "hi");
  t.run();
  CHECK(fate_of(t.bob, "r1") == "sent 200, delivered");
  CHECK(t.bob.all<TextState>().back().chat == outgoing_chat(7));
  CHECK(fate_of(t.alice, "m1") == "sent 200, delivered, displayed");
  t.lab.command(t.bob, ForgetChat{opened});  // that is a name of nothing now
  t.say("m2", "again");
  t.run();
  CHECK(t.bob.all<TextArrived>().back().chat == outgoing_chat(7));
  t.lab.command(t.bob, ForgetChat{outgoing_chat(7)});
  t.say("m3", "and again");
  t.run();
  CHECK(t.bob.count<ThreadOpened>() == 2);
  CHECK(texts_of(t.bob) == "hello|again|and again");
}

TEST_CASE("what waits in a thread that is closed fails, and does not leave") {
  Pager p;
  p.open();
  p.text("m1", "hello");
  p.text("m2", "world");
  p.lab.command(p.agent, EndChat{outgoing_chat(1)});
  CHECK(fate_of(p.agent, "m1") == "failed 487");
  CHECK(fate_of(p.agent, "m2") == "failed 487");
  p.core.reply(p.core.last("MESSAGE"), 200);
  p.lab.run_for(1s);
  CHECK(p.core.all("MESSAGE").size() == 1);
  CHECK(p.agent.agent.open_messages() == 0);
}

TEST_CASE("PGR-10, IMDN-4, IMDN-14: on a line that loses much, each text is shown once and in order") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO(seed);
    Threads t(seed);
    core::Random chance(seed);
    t.lab.lose = [&](const Lab::Sent&) { return chance.below(3) == 0; };
    for (int i = 1; i <= 6; ++i) t.say("m" + std::to_string(i), std::to_string(i));
    t.run(300s);
    t.lab.lose = {};
    for (int i = 1; i <= 6; ++i) {
      const auto told = states_of(t.alice, "m" + std::to_string(i));
      INFO(told);
      const auto texts = t.bob.all<TextArrived>();
      const auto count = std::count_if(texts.begin(), texts.end(),
                                       [&](const auto& a) { return a.text.text == std::to_string(i); });
      CHECK(count <= 1);
      const bool settled = told == "sent" || told == "sent delivered" || told == "failed";
      CHECK(settled);
      if (told.find("sent") != std::string::npos) CHECK(count == 1);
    }
    std::vector<std::string> shown;
    for (const auto& arrived : t.bob.all<TextArrived>()) shown.push_back(arrived.text.text);
    CHECK(std::is_sorted(shown.begin(), shown.end()));
  }
}
