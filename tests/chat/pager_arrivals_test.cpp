// SIP MESSAGE as it arrives: what is taken, what it is answered, what is told of it.
#include "chat/pager.hpp"
#include "support/packed.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;
using rcs::test::packed;
using rcs::test::Packing;

TEST_CASE("PGR-4: bare text is shown, and no notification is made of it") {
  Pager p;
  const auto answer = p.answer(p.message("text/plain;charset=iso-8859-1", "Gr\xFC\xDF Gott"));
  CHECK(answer.status == 200);
  CHECK(answer.contacts.empty());
  CHECK(answer.body.empty());
  const auto arrived = p.agent.only<TextArrived>();
  CHECK(arrived.text.text == "Gr\xFC\xDF Gott");
  CHECK(arrived.text.content_type == "text/plain;charset=iso-8859-1");
  CHECK(arrived.text.message_id.empty());
  CHECK_FALSE(arrived.expired);
  const auto opened = p.agent.only<ThreadOpened>();
  CHECK(opened.chat == arrived.chat);
  CHECK(opened.from == "sip:alice@domain.com");
  p.lab.run_for(1s);
  CHECK(p.core.all("MESSAGE").empty());
}

TEST_CASE("PGR-8: the 200 does not wait for the user") {
  Pager p;
  const auto begin = p.lab.now;
  p.core.send(p.message("message/cpim", cpim_of("m1", "hello")));
  p.lab.run_for(50ms);
  REQUIRE(p.lab.sent("200 MESSAGE").size() == 1);
  CHECK(p.lab.sent("200 MESSAGE")[0].at == begin + kLatency);
}

TEST_CASE("PGR-18: a text that comes again is shown once, by whichever way it comes") {
  Pager p;
  SECTION("the same request again") {
    const auto m = p.message("text/plain", "hello");
    for (int i = 0; i < 3; ++i) p.core.send(m, "z9hG4bKsame");
    p.lab.run_for(100ms);
    CHECK(p.core.responses("MESSAGE", 200).size() == 3);
  }
  SECTION("bare text by two ways") {
    const auto m = p.message("text/plain", "hello");
    for (int i = 0; i < 3; ++i) CHECK(p.status(m) == 200);
  }
  SECTION("another request with the same message") {
    for (int i = 0; i < 3; ++i) CHECK(p.status(p.message("message/cpim", cpim_of("m1", "hello"))) == 200);
    CHECK(p.core.all("MESSAGE").size() == 1);  // its notification
  }
  CHECK(p.agent.count<TextArrived>() == 1);
  CHECK(p.agent.count<ThreadOpened>() == 1);
  CHECK(p.status(p.message("text/plain", "hello")) == 200);
  CHECK(p.agent.count<TextArrived>() == 2);
}

TEST_CASE("PGR-17: other types get 415 with what is taken, other codings with those") {
  Pager p;
  auto answer = p.answer(p.message("image/png", "..."));
  CHECK(answer.status == 415);
  CHECK(*answer.header("Accept") ==
        "text/plain, message/cpim, application/im-iscomposing+xml, multipart/mixed");
  auto odd = p.message("text/plain", "...");
  odd.add_header("Content-Encoding", "br");
  answer = p.answer(odd);
  CHECK(answer.status == 415);
  CHECK(*answer.header("Accept-Encoding") == "gzip, deflate, identity");
  auto none = p.message("text/plain", "...");
  none.remove_header("Content-Type");
  CHECK(p.status(none) == 400);
  CHECK(p.status(p.message("message/cpim", "no cpim")) == 400);
  CHECK(p.agent.events.empty());
}

TEST_CASE("PGR-17: packed bodies are unpacked, up to a limit") {
  Pager p;
  const auto send = [&](std::string type, const std::string& content, const char* coding) {
    auto m = p.message(std::move(type), content);
    m.add_header("Content-Encoding", coding);
    return p.status(m);
  };
  CHECK(send("message/cpim", packed(cpim_of("m1", "zlib"), Packing::zlib), "deflate") == 200);
  CHECK(send("message/cpim", packed(cpim_of("m2", "gzip"), Packing::gzip), "GZIP") == 200);
  CHECK(send("text/plain", "plain", "identity") == 200);
  CHECK(send(std::string(body::kComposingType), packed(kTyping, Packing::zlib), "deflate") == 200);
  CHECK(texts_of(p.agent) == "zlib|gzip|plain");
  CHECK(typing_of(p.agent) == "active");
  CHECK(send("text/plain", "not packed", "gzip") == 400);
  CHECK(send("text/plain", packed(std::string(10'000'000, 'x'), Packing::gzip), "gzip") == 413);
  CHECK(p.agent.count<TextArrived>() == 3);
}

TEST_CASE("PGR-12, PGR-13: a text whose time is over is shown as such") {
  Pager p;
  const auto expired = [&](const char* date, const char* expires) {
    auto m = p.message("text/plain", "lunch?");
    if (date != nullptr) m.add_header("Date", date);
    if (expires != nullptr) m.add_header("Expires", expires);
    CHECK(p.status(m) == 200);
    return p.agent.all<TextArrived>().back().expired;
  };
  CHECK(expired("Sun, 01 Jan 2012 10:00:00 GMT", "60"));
  CHECK_FALSE(expired("Sun, 01 Jan 2012 10:00:00 GMT", "6000"));
  CHECK_FALSE(expired("Sun, 01 Jan 2012 10:00:00 GMT", nullptr));
  CHECK_FALSE(expired(nullptr, "60"));
  CHECK_FALSE(expired("yesterday", "60"));
}

TEST_CASE("PGR-44: an option that is required and not known is 420") {
  Pager p;
  auto m = p.message("text/plain", "hello");
  m.add_header("Require", "recipient-list-message");
  const auto answer = p.answer(m);
  CHECK(answer.status == 420);
  CHECK(*answer.header("Unsupported") == "recipient-list-message");
  CHECK(p.agent.events.empty());
}

TEST_CASE("PGR-14: im URIs in a request are those of the same users") {
  Pager p;
  auto m = p.message("text/plain", "hello");
  m.request_uri = *sip::parse_uri("im:bob@domain.com");
  m.to.uri = *sip::parse_uri("im:bob@domain.com");
  m.from.uri = *sip::parse_uri("im:alice@domain.com");
  CHECK(p.status(m) == 200);
  CHECK(p.agent.only<ThreadOpened>().from == "sip:alice@domain.com");
  CHECK(p.agent.only<ThreadOpened>().user == "sip:bob@domain.com");
}

TEST_CASE("a MESSAGE for somebody who is not here gets 404") {
  Pager p([](AgentConfig& config) { config.accept_unknown_users = false; });
  CHECK(p.status(p.message("text/plain", "hello")) == 404);
  CHECK(p.agent.events.empty());
}

TEST_CASE("PGR-41, IMDN-12: the notification goes to the sender of the message, in its conversation") {
  Pager p;
  auto m = p.message("message/cpim", cpim_of("m1", "hello"));
  m.add_header("Conversation-ID", "f81d4fae7dec11d0a76500a0c91e6bf6");
  CHECK(p.status(m) == 200);
  p.lab.command(p.agent, SendState{p.agent.only<ThreadOpened>().chat, "m1", MessageState::displayed});
  p.lab.run_for(50ms);
  REQUIRE(p.core.all("MESSAGE").size() == 1);
  const auto delivered = p.core.last("MESSAGE");
  p.core.reply(delivered, 200);
  p.lab.run_for(50ms);
  REQUIRE(p.core.all("MESSAGE").size() == 2);
  for (const auto& notice : p.core.all("MESSAGE")) {
    CHECK(notice.request_uri.to_string() == "sip:alice@domain.com");
    CHECK(notice.to.uri.to_string() == "sip:alice@domain.com");
    CHECK(notice.from.uri.to_string() == "sip:bob@domain.com");
    CHECK(*notice.header("Content-Type") == "message/cpim");
    CHECK(*notice.header("Conversation-ID") == "f81d4fae7dec11d0a76500a0c91e6bf6");
    const auto cpim = body::parse_cpim(notice.body);
    REQUIRE(cpim);
    CHECK(cpim->imdn("Disposition-Notification") == nullptr);
  }
}

TEST_CASE("IMDN-9: what was refused is not notified") {
  Pager p;
  auto m = p.message("message/cpim", cpim_of("m1", "hello"));
  m.add_header("Content-Encoding", "compress");
  CHECK(p.status(m) == 415);
  p.lab.run_for(1s);
  CHECK(p.core.all("MESSAGE").empty());
}

TEST_CASE("IMDN-10: many notifications in one message are all taken") {
  Pager p;
  p.open();
  for (const auto* id : {"m1", "m2"}) {
    p.text(id, "hello");
    p.core.reply(p.core.last("MESSAGE"), 200);
    p.lab.run_for(50ms);
  }
  std::string parts;
  for (const auto* id : {"m1", "m2"}) {
    body::Imdn imdn;
    imdn.message_id = id;
    imdn.kind = body::ImdnKind::display;
    imdn.status = body::ImdnStatus::displayed;
    parts += "--b1\r\nContent-Type: message/imdn+xml\r\n\r\n" + body::format_imdn(imdn) + "\r\n";
  }
  const auto cpim =
      "From: <sip:alice@domain.com>\r\nTo: <sip:bob@domain.com>\r\n"
      "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: n1\r\n\r\n"
      "Content-Type: multipart/mixed;boundary=b1\r\nContent-Disposition: notification\r\n\r\n" +
      parts + "--b1--\r\n";
  CHECK(p.status(p.message("message/cpim", cpim)) == 200);
  CHECK(fate_of(p.agent, "m1") == "sent 200, delivered, displayed");
  CHECK(fate_of(p.agent, "m2") == "sent 200, delivered, displayed");
  CHECK(p.agent.count<TextArrived>() == 0);
}

TEST_CASE("IMDN-14: a notification that is faster than the answer settles the text") {
  Pager p;
  p.open();
  p.text("m1", "hello");
  const auto message = p.core.last("MESSAGE");
  body::ImdnMessage notice;
  notice.message_id = "n1";
  notice.imdn.message_id = "m1";
  CHECK(p.status(p.message("message/cpim", body::format_cpim(body::make_imdn_cpim(notice)))) == 200);
  CHECK(fate_of(p.agent, "m1") == "sent, delivered");
  p.core.reply(message, 500);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m1") == "sent, delivered");
}

TEST_CASE("PGR-1: a MESSAGE inside the dialog of a chat is a text of that chat") {
  Talk t;
  t.meet();
  const auto invite = t.lab.sent("INVITE")[0].message;
  const auto ok = t.lab.sent("200 INVITE")[0].message;
  auto dialog = *sip::Dialog::from_response(invite, ok);
  auto message = dialog.make_request("MESSAGE");
  sip::Via via;
  via.host = kCoreHost;
  via.port = 5060;
  via.params.push_back({"branch", "z9hG4bKin"});
  message.vias = {via};
  message.add_header("Content-Type", "text/plain");
  message.body = "inside";
  int status = 0;
  t.lab.listen({sip::Transport::udp, kCoreHost, 5060, {}}, [&](const Hop&, Message m) { status = m.status; });
  t.lab.send({sip::Transport::udp, kCoreHost, 5060, {}}, t.bob.address, message);
  t.run();
  CHECK(status == 200);
  CHECK(t.bob.only<TextArrived>().chat == t.invited());
  CHECK(t.bob.only<TextArrived>().text.text == "inside");
  CHECK(t.bob.count<ThreadOpened>() == 0);
}

TEST_CASE("a chat and a thread of the same two do not get in each other's way") {
  Talk t;
  t.meet();
  t.lab.command(t.bob, OpenThread{outgoing_chat(9), "sip:bob@domain.com", "sip:alice@domain.com"});
  t.text(t.bob, outgoing_chat(9), "t1", "by message");
  t.reply("c1", "by session");
  t.run();
  CHECK(texts_of(t.alice).find("by message") != std::string::npos);
  CHECK(texts_of(t.alice).find("by session") != std::string::npos);
  CHECK(fate_of(t.bob, "t1") == "sent 200, delivered");
  CHECK(t.alice.all<ThreadOpened>().size() == 1);
  // What was seen in one is known in the other.
  t.text(t.bob, outgoing_chat(9), "c1", "by session");
  t.run();
  CHECK(t.alice.count<TextArrived>() == 2);
}

TEST_CASE("whom the network vouches for, with that one the thread is") {
  Pager p;
  auto m = p.message("text/plain", "hello");
  m.from.display = "Alice";
  SECTION("by the same name") {
    m.add_header("P-Asserted-Identity", "<tel:+821012345678>, <sip:alice@domain.com>");
    CHECK(p.status(m) == 200);
    CHECK(p.agent.only<ThreadOpened>().from == "sip:alice@domain.com");
    CHECK(p.agent.only<ThreadOpened>().display == "Alice");
  }
  SECTION("by another") {
    m.add_header("P-Asserted-Identity", "<sip:mallory@domain.com>");
    CHECK(p.status(m) == 200);
    CHECK(p.agent.only<ThreadOpened>().from == "sip:mallory@domain.com");
    CHECK(p.agent.only<ThreadOpened>().display.empty());
  }
}

TEST_CASE("an answer without Content-Length and a request with folded lines are read") {
  Pager p;
  p.open();
  p.text("m1", "hello");
  auto response = sip::encode(sip::make_response(p.core.last("MESSAGE"), 200, "t"));
  const auto length = response.find("Content-Length");
  response.erase(length, response.find("\r\n", length) + 2 - length);
  const auto decoded = sip::decode(response);
  REQUIRE(decoded);
  p.lab.send(p.core.address, sip::response_hop(*decoded), *decoded);
  p.lab.run_for(50ms);
  CHECK(fate_of(p.agent, "m1") == "sent 200");

  auto folded = p.message("text/plain", "folded");
  folded.vias.resize(1);
  folded.vias[0].host = kCoreHost;
  folded.vias[0].port = 5060;
  folded.vias[0].params.push_back({"branch", "z9hG4bKfolded"});
  auto octets = sip::encode(folded);
  const auto type = octets.find("Content-Type: ");
  octets.replace(type, 14, "Content-Type:\r\n  ");
  const auto read = sip::decode(octets);
  REQUIRE(read);
  p.lab.send(p.core.address, p.agent.address, *read);
  p.lab.run_for(50ms);
  CHECK(texts_of(p.agent) == "folded");
}
