// Sessions with peers of other habits: what they take and list, how they offer and answer.
#include "body/imdn.hpp"
#include "chat/stranger.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

constexpr const char* kTyping =
    "<?xml version=\"1.0\"?><isComposing "
    "xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state>"
    "</isComposing>";

struct Calling : Stranger {
  explicit Calling(msrp::Types types = {{"message/cpim"}, {"*"}},
                   std::function<int(const msrp::WholeMessage&)> judge = {})
      : Stranger(std::move(types)) {
    local.hold_answers = judge != nullptr;
    verdict = std::move(judge);
    start();
    answer_call();
    REQUIRE(agent.count<ChatConnected>() == 1);
  }
  void say(const std::string& id, const std::string& words,
           const std::string& type = "text/plain;charset=UTF-8") {
    SendText send{outgoing_chat(1), {}};
    send.text.message_id = id;
    send.text.text = words;
    send.text.content_type = type;
    lab.command(agent, send);
    lab.run_for(200ms);
  }
  void type() {
    lab.command(agent, SendComposing{outgoing_chat(1), true, {}, {}});
    lab.run_for(200ms);
  }
};

std::string body_line(const std::string& body, const std::string& start) {
  const auto at = body.find("\n" + start) + 1;
  return body.substr(at, body.find("\r\n", at) - at);
}

}  // namespace

TEST_CASE("MSRP-87: a peer that lists message/cpim first gets everything wrapped in CPIM") {
  SECTION("which lists nothing bare") {
    Calling t({{"message/cpim"}, {"text/plain", "message/imdn+xml", "application/im-iscomposing+xml"}});
    t.say("m2", "hi");
    t.type();
    REQUIRE(t.got().size() == 2);
    CHECK(t.got()[0] == "cpim(text/plain;charset=UTF-8: hi)");
    CHECK(t.got()[1].starts_with("cpim(application/im-iscomposing+xml: <"));
    CHECK(t.messages[1].content.find("imdn.") == std::string::npos);
  }
  SECTION("which takes text alone, too") {
    Calling t({{"message/cpim", "text/plain"}, {"text/plain"}});
    t.say("m2", "hi");
    CHECK(t.got().back() == "cpim(text/plain;charset=UTF-8: hi)");
  }
}

TEST_CASE("ISC-4: typing goes bare where that is listed, wrapped where that is, else not at all") {
  SECTION("bare") {
    Calling t({{"message/cpim", "application/im-iscomposing+xml"}, {"text/plain", "message/imdn+xml"}});
    t.type();
    REQUIRE(t.got().size() == 1);
    CHECK(t.got()[0].starts_with("application/im-iscomposing+xml: <"));
  }
  SECTION("not at all") {
    Calling t({{"message/cpim"}, {"text/plain", "message/imdn+xml"}});
    t.type();
    CHECK(t.got().empty());
    t.say("m2", "hi");
    CHECK(states_of(t.agent, "m2") == "sent");
  }
}

TEST_CASE("MSRP-41: a peer that knows no CPIM gets bare text, and no type that it does not list is sent") {
  Calling t({{"text/plain"}, {}});
  t.say("m2", "hi");
  REQUIRE(t.got().size() == 1);
  CHECK(t.got()[0] == "text/plain;charset=UTF-8: hi");
  CHECK(states_of(t.agent, "m2") == "sent");
  t.say("m3", "<b>", "text/html");
  CHECK(states_of(t.agent, "m3") == "failed");
  CHECK(t.agent.all<TextState>().back().code == 415);
  t.say("m4", "goes on");
  CHECK(states_of(t.agent, "m4") == "sent");
}

TEST_CASE("MSRP-39: 415 stops CPIM in the session, and texts go on bare where the peer lists that") {
  std::size_t asked = 0;
  const auto no_cpim = [&](const msrp::WholeMessage& message) {
    ++asked;
    return message.content_type == "message/cpim" ? 415 : 200;
  };
  SECTION("which it does") {
    Calling t({{"message/cpim", "text/plain"}, {"*"}}, no_cpim);
    for (const std::string id : {"m2", "m3"}) {
      SendText send{outgoing_chat(1), {}};
      send.text.message_id = id;
      send.text.text = id + " at once";
      t.lab.command(t.agent, send);
    }
    t.lab.run_for(200ms);
    CHECK(t.got() == std::vector<std::string>{"text/plain;charset=UTF-8: m2 at once",
                                              "text/plain;charset=UTF-8: m3 at once"});
    CHECK(asked == 4);
    t.say("m4", "and later");
    CHECK(t.got().back() == "text/plain;charset=UTF-8: and later");
    CHECK(asked == 5);  // CPIM was not tried again
    for (const auto* id : {"m2", "m3", "m4"}) CHECK(states_of(t.agent, id) == "sent");
    t.say("m5", "<b>", "text/html");
    CHECK(states_of(t.agent, "m5") == "failed");
    CHECK(t.agent.all<TextState>().back().code == 415);
  }
  SECTION("which it does not") {
    Calling t({{"message/cpim"}, {"*"}}, no_cpim);
    t.say("m2", "hi");
    t.say("m3", "hi");
    CHECK(t.got().empty());
    CHECK(asked == 1);
    for (const auto* id : {"m2", "m3"}) CHECK(states_of(t.agent, id) == "failed");
    CHECK(t.agent.all<TextState>().back().code == 415);
  }
  SECTION("nor takes it after all") {
    Calling t({{"message/cpim", "text/plain"}, {"*"}}, [&](const msrp::WholeMessage&) {
      ++asked;
      return 415;
    });
    t.say("m2", "hi");
    t.say("m3", "hi");
    CHECK(asked == 2);
    for (const auto* id : {"m2", "m3"}) CHECK(states_of(t.agent, id) == "failed");
    CHECK(t.agent.count<ChatEnded>() == 0);
  }
}

TEST_CASE("MSRP-42: what is too large for the peer fails, and what is behind it does not") {
  Calling t;
  auto offer = t.core.invite();
  // The peer says by a re-INVITE that it takes less.
  auto again = t.dialog.make_request("INVITE");
  again.contacts.push_back(Core::contact("peer"));
  again.add_header("Content-Type", "application/sdp");
  t.local.limits.max_message = 1000;
  t.local.uri.session_id = "anew";
  t.session = {};
  again.body = t.offer_sdp();
  t.core.send(again);
  t.lab.run_for(100ms);
  t.take_answer(t.core.responses("INVITE", 200).back());
  t.core.send(t.dialog.make_ack(again.cseq.number));
  t.lab.run_for(200ms);
  t.say("big", std::string(2000, 'x'));
  t.say("small", "x");
  CHECK(states_of(t.agent, "big") == "failed");
  CHECK(t.agent.all<TextState>()[1].code == 413);
  CHECK(states_of(t.agent, "small") == "sent");
  CHECK(t.got().back() == "cpim(text/plain;charset=UTF-8: x)");
}

TEST_CASE("what comes bare or wrapped, a text or typing, is told") {
  Stranger t;
  t.call();
  REQUIRE(t.agent.count<ChatConnected>() == 1);
  t.write("application/im-iscomposing+xml", kTyping);
  CHECK(typing_of(t.agent) == "active");
  t.write("text/plain", "bare");
  CHECK(texts_of(t.agent) == "bare");
  CHECK(typing_of(t.agent) == "active idle");
  CHECK(t.agent.all<TextArrived>()[0].text.from == "sip:alice@domain.com");
  CHECK_FALSE(t.agent.all<TextArrived>()[0].text.want_delivery);
  body::ChatText typing;
  typing.content_type = "application/im-iscomposing+xml";
  typing.text = kTyping;
  t.write("message/cpim", body::format_cpim(body::make_chat_cpim(typing)));
  CHECK(typing_of(t.agent) == "active idle active");
  t.write_text("w1", "wrapped");
  CHECK(texts_of(t.agent) == "bare|wrapped");
  CHECK(t.agent.all<TextArrived>()[1].text.from == "sip:alice@domain.com");
  t.write_text("w1", "wrapped");
  CHECK(texts_of(t.agent) == "bare|wrapped");
  t.write("message/cpim", "this is no CPIM");
  t.write("message/cpim", "From: <sip:a@x>\r\nRequire: Alien\r\n\r\nContent-Type: text/plain\r\n\r\nno");
  CHECK(texts_of(t.agent) == "bare|wrapped");
}

TEST_CASE("IMDN-6: a notification goes by the routes that the message asks for, anonymous where that was") {
  Stranger t;
  t.call();
  t.write("message/cpim",
          "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\n"
          "DateTime: 2012-01-01T10:10:10Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: w1\r\n"
          "imdn.Disposition-Notification: positive-delivery\r\nimdn.IMDN-Record-Route: <sip:a@x>\r\n"
          "imdn.IMDN-Record-Route: <sip:b@x>\r\n\r\nContent-Type: text/plain\r\n\r\nhi");
  REQUIRE(t.messages.size() == 1);
  const auto cpim = body::parse_cpim(t.messages[0].content);
  REQUIRE(cpim);
  std::vector<std::string> routes;
  for (const auto& header : cpim->headers) {
    if (header.name == "IMDN-Route") routes.push_back(header.value);
  }
  CHECK(routes == std::vector<std::string>{"<sip:a@x>", "<sip:b@x>"});
  CHECK(cpim->from()->uri == "sip:anonymous@anonymous.invalid");
  CHECK(cpim->to()->uri == "sip:anonymous@anonymous.invalid");
  CHECK(body::read_imdn_cpim(*cpim)->front().date_time == "2012-01-01T10:10:10Z");
}

TEST_CASE("IMDN-14: a negative notification fails the text; what a server did with it tells nothing") {
  Calling t;
  t.say("m2", "hi");
  const auto notify = [&](body::ImdnKind kind, body::ImdnStatus status) {
    body::ImdnMessage notice;
    notice.message_id = "n";
    notice.imdn.message_id = "m2";
    notice.imdn.kind = kind;
    notice.imdn.status = status;
    t.write("message/cpim", body::format_cpim(body::make_imdn_cpim(notice)));
  };
  notify(body::ImdnKind::processing, body::ImdnStatus::stored);
  notify(body::ImdnKind::display, body::ImdnStatus::forbidden);
  CHECK(states_of(t.agent, "m2") == "sent");
  notify(body::ImdnKind::delivery, body::ImdnStatus::failed);
  CHECK(states_of(t.agent, "m2") == "sent failed");
  notify(body::ImdnKind::delivery, body::ImdnStatus::delivered);
  CHECK(states_of(t.agent, "m2") == "sent failed");
  CHECK(t.agent.count<TextArrived>() == 0);
}

TEST_CASE("MSRP-85: an offer with no type that we take is 488, and nobody is told") {
  Stranger t({{"image/png"}, {}});
  auto invite = t.core.invite();
  invite.body = t.offer_sdp();
  t.core.send(invite);
  t.lab.run_for(100ms);
  CHECK(t.core.responses("INVITE", 488).size() == 1);
  CHECK(t.agent.count<ChatInvited>() == 0);
  CHECK(t.agent.agent.open_chats() == 0);
}

TEST_CASE("an answer that can not be used ends the call: ACK, BYE, and the chat failed") {
  Stranger t;
  t.start();
  SECTION("no common type") {
    t.core.answer(t.core.last("INVITE"), "t", [](Message& m) {
      m.body.replace(m.body.find("message/cpim"), 12, "image/png");
      m.body.replace(m.body.find("actpass"), 7, "passive");
    });
  }
  SECTION("none at all") {
    t.core.answer(t.core.last("INVITE"), "t", [](Message& m) { m.body.clear(); });
  }
  t.lab.run_for(100ms);
  CHECK(t.core.all("ACK").size() == 1);
  CHECK(t.core.all("BYE").size() == 1);
  CHECK(t.agent.only<ChatFailed>().status == 488);
  CHECK(t.agent.count<ChatAnswered>() == 0);
  CHECK(states_of(t.agent, "ASedjkffjksjldf") == "failed");
  CHECK(t.agent.agent.open_chats() == 0);
}

TEST_CASE(
    "a peer that has not read our offer makes one in its 200: the answer goes in the ACK, the text by MSRP") {
  Stranger t;
  t.start();
  const auto invite = t.core.last("INVITE");
  const auto offer = [&](Message& m) { m.body = t.offer_sdp(); };
  t.core.answer(invite, "t", offer);
  t.lab.run_for(100ms);
  REQUIRE(t.core.all("ACK").size() == 1);
  t.take_answer(t.core.last("ACK"));
  t.lab.run_for(200ms);
  CHECK(t.agent.count<ChatConnected>() == 1);
  REQUIRE(t.got().size() == 1);
  CHECK(t.got()[0] == "cpim(text/plain;charset=UTF-8: text)");
  CHECK(states_of(t.agent, "ASedjkffjksjldf") == "sent");
  // The ACK was lost: the 200 comes again, and so does the answer.
  t.core.answer(invite, "t", offer);
  t.lab.run_for(100ms);
  CHECK(t.core.all("ACK").size() == 2);
  CHECK(t.core.all("ACK")[1].body == t.core.all("ACK")[0].body);
}

TEST_CASE("an INVITE without SDP is answered with our offer, and the answer is in its ACK") {
  Stranger t;
  auto invite = t.core.invite();
  invite.body.clear();
  invite.remove_header("Content-Type");
  t.core.send(invite);
  t.lab.run_for(50ms);
  t.lab.command(t.agent, AcceptChat{t.agent.only<ChatInvited>().chat});
  t.lab.run_for(50ms);
  const auto ok = t.core.responses("INVITE", 200).back();
  const auto media = std::get<Offered>(read_offer(ok)).media;
  REQUIRE(media);
  CHECK(media->setup == body::Setup::actpass);
  t.dialog = *sip::Dialog::from_response(invite, ok);
  auto ack = t.dialog.make_ack(1);
  SECTION("with the answer") {
    t.session = *t.endpoint.open(t.local);
    const auto answered = msrp::answer_offer(*media, t.local, t.at);
    REQUIRE(answered);
    ack.add_header("Content-Type", "application/sdp");
    ack.body = body::format_sdp(body::make_msrp_sdp(answered->media, 7, 7));
    t.core.send(ack);
    t.take_answer(ok);
    t.lab.run_for(100ms);
    CHECK(t.agent.count<ChatConnected>() == 1);
    t.write_text("w1", "there");
    CHECK(texts_of(t.agent) == "there");
  }
  SECTION("without") {
    t.core.send(ack);
    t.lab.run_for(100ms);
    CHECK(t.agent.only<ChatEnded>().code == 488);
    CHECK(t.core.all("BYE").size() == 1);
  }
}

TEST_CASE(
    "CHAT-18: a refresh repeats o= line and path, and the session goes on; MSRP-83: a new path moves it") {
  Stranger t;
  t.call();
  t.write_text("w1", "one");
  const auto ok = t.core.responses("INVITE", 200).back();
  const auto dialled = t.lab.wires.dialled();
  auto again = t.dialog.make_request("INVITE");
  again.contacts.push_back(Core::contact("peer"));
  again.add_header("Content-Type", "application/sdp");
  again.body = t.offer_sdp();
  bool moved = false;
  SECTION("the same") {}
  SECTION("a new one") {
    moved = true;
    t.local.uri.session_id = "anew";
    t.session = {};
    again.body = t.offer_sdp();
  }
  t.core.send(again);
  t.lab.run_for(100ms);
  const auto second = t.core.responses("INVITE", 200).back();
  REQUIRE(second.cseq.number == again.cseq.number);
  CHECK(body_line(second.body, "o=") == body_line(ok.body, "o="));
  CHECK(body_line(second.body, "a=path:") == body_line(ok.body, "a=path:"));
  t.core.send(t.dialog.make_ack(again.cseq.number));
  t.lab.run_for(100ms);
  if (moved) t.take_answer(second);
  t.lab.run_for(100ms);
  t.write_text("w2", "two");
  CHECK(texts_of(t.agent) == "one|two");
  if (!moved) CHECK(t.lab.wires.dialled() == dialled);
  CHECK(t.agent.count<ChatEnded>() == 0);
}

TEST_CASE("a decline that the network passes on fails what waits; any other BYE lets it open a new session") {
  Calling t;
  t.lab.wires.cut_at = [](const std::string&) { return false; };
  // Not yet answered when the BYE comes.
  SendText send{outgoing_chat(1), {}};
  send.text.message_id = "m2";
  send.text.text = "hi";
  t.lab.command(t.agent, send);
  auto bye = t.dialog.make_request("BYE");
  int code = 603;
  SECTION("declined") {}
  SECTION("idle") { code = 200; }
  bye.add_header("Reason", "SIP;cause=" + std::to_string(code) + ";text=\"words\"");
  t.core.send(bye);
  t.lab.run_for(12ms);
  CHECK(t.agent.only<ChatEnded>().code == code);
  t.lab.run_for(100ms);
  if (code == 603) {
    CHECK(states_of(t.agent, "m2") == "failed");
    CHECK(t.core.all("INVITE").size() == 1);
  } else {
    CHECK(states_of(t.agent, "m2").empty());
    REQUIRE(t.core.all("INVITE").size() == 2);
    CHECK(t.core.last("INVITE").body.find("imdn.Message-ID: m2") != std::string::npos);
    CHECK(t.core.last("INVITE").to_tag().empty());
  }
}

TEST_CASE("a session that breaks before the ACK ends its dialog when that has come") {
  Stranger t;
  auto invite = t.core.invite();
  invite.body = t.offer_sdp();
  t.core.send(invite);
  t.lab.run_for(50ms);
  t.lab.wires.refusing = true;
  t.lab.command(t.agent, AcceptChat{t.agent.all<ChatInvited>().back().chat});
  t.lab.run_for(100ms);
  CHECK(t.core.all("BYE").empty());
  t.dialog = *sip::Dialog::from_response(invite, t.core.responses("INVITE", 200).back());
  t.core.send(t.dialog.make_ack(1));
  t.lab.run_for(100ms);
  CHECK(t.core.all("BYE").size() == 1);
  CHECK(t.agent.only<ChatEnded>().code == 408);
  CHECK_FALSE(t.agent.only<ChatEnded>().by_us);
}

TEST_CASE(
    "IMDN-13: only a registered user's notifications go by MESSAGE; a core that forgot it gets a REGISTER") {
  Stranger t({{"message/cpim"}, {"*"}}, [](AgentConfig& config) {
    config.expect_registered = true;
    config.accept_unknown_users = false;
  });
  t.register_user();
  t.call();
  t.write_text("w1", "one");
  t.write_text("w2", "two");
  const auto chat = t.agent.all<ChatInvited>().back().chat;
  t.bye(200);
  const auto registers = t.core.all("REGISTER").size();
  SECTION("a 403 is tried once more") {
    t.lab.command(t.agent, SendState{chat, "w1", MessageState::displayed});
    t.lab.command(t.agent, SendState{chat, "w2", MessageState::displayed});
    t.lab.run_for(100ms);
    REQUIRE(t.core.all("MESSAGE").size() == 1);
    t.core.reply(t.core.last("MESSAGE"), 403);
    t.lab.run_for(100ms);
    CHECK(t.core.all("REGISTER").size() > registers);
    REQUIRE(t.core.all("MESSAGE").size() == 2);
    CHECK(t.core.last("MESSAGE").body == t.core.all("MESSAGE")[0].body);
    t.core.reply(t.core.last("MESSAGE"), 403);
    t.lab.run_for(100ms);
    REQUIRE(t.core.all("MESSAGE").size() == 3);  // given up: the next one
    CHECK(t.core.last("MESSAGE").body.find("w2") != std::string::npos);
    t.core.reply(t.core.last("MESSAGE"), 202);
    t.lab.run_for(100ms);
    CHECK(t.core.all("MESSAGE").size() == 3);
  }
  SECTION("nobody is registered") {
    t.lab.command(t.agent, Unregister{"sip:bob@domain.com"});
    t.lab.run_for(100ms);
    t.lab.command(t.agent, SendState{chat, "w1", MessageState::displayed});
    t.lab.run_for(100ms);
    CHECK(t.core.all("MESSAGE").empty());
    t.register_user();  // until somebody is
    REQUIRE(t.core.all("MESSAGE").size() == 1);
    CHECK(t.core.last("MESSAGE").body.find("w1") != std::string::npos);
    t.core.reply(t.core.last("MESSAGE"), 202);
    t.lab.run_for(100ms);
    CHECK(t.core.all("MESSAGE").size() == 1);
  }
  SECTION("what its user writes behind it brings that back") {
    t.lab.command(t.agent, Unregister{"sip:bob@domain.com"});
    t.lab.run_for(100ms);
    t.lab.command(t.agent, SendState{chat, "w1", MessageState::displayed});
    t.lab.run_for(100ms);
    t.lab.command(t.agent,
                  OpenThread{outgoing_chat(9), "sip:bob@domain.com", t.agent.all<ChatInvited>().back().from});
    SendText text{outgoing_chat(9), {}, {}};
    text.text.message_id = "b1";
    text.text.text = "I am back";
    t.lab.command(t.agent, text);
    t.lab.run_for(100ms);
    CHECK(t.agent.agent.is_registered("sip:bob@domain.com"));
    REQUIRE(t.core.all("MESSAGE").size() == 1);  // in order, one at a time
    CHECK(t.core.last("MESSAGE").body.find("w1") != std::string::npos);
    t.core.reply(t.core.last("MESSAGE"), 202);
    t.lab.run_for(100ms);
    REQUIRE(t.core.all("MESSAGE").size() == 2);
    CHECK(t.core.last("MESSAGE").body.find("b1") != std::string::npos);
  }
  SECTION("its user leaves while it is on its way") {
    t.lab.command(t.agent, SendState{chat, "w1", MessageState::displayed});
    t.lab.run_for(100ms);
    t.lab.command(t.agent, Unregister{"sip:bob@domain.com"});
    t.lab.run_for(100ms);
    t.core.reply(t.core.last("MESSAGE"), 403);
    t.lab.run_for(100ms);
    CHECK(t.core.all("MESSAGE").size() == 1);
    t.register_user();
    REQUIRE(t.core.all("MESSAGE").size() == 2);
    CHECK(t.core.last("MESSAGE").body == t.core.all("MESSAGE")[0].body);
  }
}

TEST_CASE("IMDN-14: an invitation that brings a stored notification tells it, and shows no text") {
  Calling t;
  t.say("m2", "hi");
  t.bye(200);
  body::ChatText stored;
  stored.message_id = "n1";
  stored.content_type = "message/imdn+xml";
  body::Imdn imdn;
  imdn.message_id = "m2";
  stored.text = body::format_imdn(imdn);
  auto invite = t.core.invite();
  invite.from.uri = *sip::parse_uri("sip:carol@domain.com");
  t.session = {};
  t.local.uri.session_id = "anew";
  const auto sdp = body::parse_sdp(t.offer_sdp());
  const auto typed = body::make_chat_body({stored, *sdp}, t.random);
  invite.set_header("Content-Type", typed.content_type);
  invite.body = typed.content;
  t.core.send(invite);
  t.lab.run_for(100ms);
  CHECK(states_of(t.agent, "m2") == "sent delivered");
  CHECK_FALSE(t.agent.only<ChatInvited>().text);
}

TEST_CASE("a text with a content type that is none is refused, and nothing of it is sent") {
  Calling t;
  for (const char* type : {"text", "text/plain\r\nX-Injected: yes", "/"}) t.say("bad", "x", type);
  CHECK(states_of(t.agent, "bad") == "failed failed failed");
  CHECK(t.got().empty());
}

TEST_CASE("IMDN-10: notifications in one bundle are told each") {
  Calling t;
  t.say("m2", "hi");
  t.say("m3", "there");
  std::string parts;
  for (const char* id : {"m2", "m3"}) {
    body::Imdn imdn;
    imdn.message_id = id;
    imdn.kind = body::ImdnKind::display;
    imdn.status = body::ImdnStatus::displayed;
    parts += "--b\r\nContent-Type: message/imdn+xml\r\n\r\n" + body::format_imdn(imdn) + "\r\n";
  }
  t.write("message/cpim",
          "From: <sip:carol@domain.com>\r\nTo: <sip:bob@domain.com>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
          "imdn.Message-ID: n1\r\n\r\nContent-Type: multipart/mixed;boundary=b\r\n"
          "Content-Disposition: notification\r\n\r\n" +
              parts + "--b--\r\n");
  CHECK(states_of(t.agent, "m2") == "sent delivered displayed");
  CHECK(states_of(t.agent, "m3") == "sent delivered displayed");
  CHECK(t.agent.count<TextArrived>() == 0);
}
