// Sessions of JSON signalling over the gateway: how they open, for whom, and what happens when their
// WebSocket goes.

#include "gateway/jsonrtc_client.hpp"

using namespace gateway_test;

namespace {

std::vector<bool> held(const Driver& driver) {
  std::vector<bool> out;
  for (const auto& command : driver.commands<chat::HoldQueries>()) out.push_back(command.hold);
  return out;
}

gateway::Config with_tokens() {
  auto config = paper_config();
  config.development = false;
  config.tokens = {{"everybody", "*", {}, ""}, {"only-events", kMira, {"event"}, ""}};
  return config;
}

}  // namespace

TEST_CASE("WSC-03: the subprotocol is agreed on, and the path names the application") {
  auto config = paper_config();
  Driver driver(config);
  const auto chosen = [](Driver& at, const std::string& target, const std::string& offer) {
    const auto id = at.send(handshake("dev-" + kMira, target, offer));
    const auto* accept = at.seen(id).last<core::WebAccept>();
    return accept != nullptr ? accept->subprotocol : std::to_string(at.status(id));
  };
  CHECK(chosen(driver, "/ws/rcs", "soap, jsonrtc.rcsgw.v1") == "jsonrtc.rcsgw.v1");
  CHECK(chosen(driver, "/ws/rcs", "webrtc.oracle.com") == "400");
  CHECK(chosen(driver, "/ws/rcs", "") == "400");
  CHECK(chosen(driver, "/ws/other", "jsonrtc.rcsgw.v1") == "404");
  CHECK(chosen(driver, "/ws", "jsonrtc.rcsgw.v1") == "404");
  auto plain = handshake("dev-" + kMira);
  plain.upgrade = false;
  CHECK(driver.status(driver.send(plain)) == 426);
  config.jsonrtc.compat_subprotocol = true;
  config.jsonrtc.application = "shop";
  Driver other(config);
  CHECK(chosen(other, "/ws/shop", "webrtc.oracle.com, jsonrtc.rcsgw.v1") == "webrtc.oracle.com");
  CHECK(chosen(other, "/ws/rcs", "webrtc.oracle.com") == "404");
}

TEST_CASE("WSC-05 API-103: pages of origins that are not configured get no WebSocket") {
  auto config = paper_config();
  config.allowed_origins = {"https://app.example"};
  Driver driver(config);
  const auto from = [&](const char* origin) {
    auto request = handshake("dev-" + kMira);
    request.headers.emplace_back("Origin", origin);
    return driver.status(driver.send(request));
  };
  CHECK(from("https://evil.example") == 403);
  CHECK(from("https://app.example") == 0);
}

TEST_CASE("WSC-05: who the session is for is told by token, ticket, or in connect") {
  Driver driver(with_tokens());
  CHECK(driver.status(driver.send(handshake("wrong"))) == 401);
  CHECK(driver.status(driver.send(handshake("everybody", "/ws/rcs?oauth_token=everybody"))) == 400);
  const auto answer_to = [&](core::WebId id, const json& header) {
    auto asks = frame("request", "register", "connect", header);
    asks["control"]["sequence"] = 1;
    driver.text(id, asks.dump());
    const auto texts = driver.seen(id).texts();
    return texts.empty() ? json() : json::parse(texts.back());
  };
  const auto closed = [&](core::WebId id) {
    const auto* close = driver.seen(id).last<core::WebClose>();
    return close == nullptr ? 0 : close->code;
  };
  const json mira{{"initiator", uri_of(kMira)}};

  SECTION("a token of the handshake") {
    const auto id = driver.send(handshake("everybody"));
    // It is good for everybody, so somebody has to be named.
    CHECK(Client::error(answer_to(id, json::object())) == 400);
    CHECK(Client::error(answer_to(id, {{"initiator", "two words"}})) == 400);
    CHECK(Client::error(answer_to(id, {{"initiator", uri_of(kMira)}, {"oauth_token", "everybody"}})) == 400);
    CHECK(answer_to(id, mira)["control"]["type"] == "response");
  }
  SECTION("a token in connect") {
    const auto id = driver.send(handshake(""));
    CHECK(answer_to(id, {{"initiator", uri_of(kMira)}, {"oauth_token", "only-events"}})["control"]["type"] ==
          "response");
  }
  SECTION("a token that is not good for the initiator") {
    const auto id = driver.send(handshake("only-events"));
    CHECK(Client::error(answer_to(id, {{"initiator", uri_of(kOtto)}})) == 403);
    CHECK(closed(id) == 0);
    CHECK(answer_to(id, json::object())["control"]["type"] == "response");
  }
  SECTION("none, or a bad one") {
    for (const auto& header :
         {mira, json{{"initiator", uri_of(kMira)}, {"oauth_token", "wrong"}}, json{{"oauth_token", ""}}}) {
      const auto id = driver.send(handshake(""));
      CHECK(Client::error(answer_to(id, header)) == 401);
      CHECK(closed(id) == 4401);
    }
  }
  SECTION("nothing within 10 s") {
    const auto id = driver.send(handshake(""));
    driver.advance(9900ms);
    CHECK(closed(id) == 0);
    driver.advance(200ms);
    CHECK(closed(id) == 4401);
  }
  SECTION("a ticket, once, good for what its token was good for") {
    Driver::Headers headers{{"Authorization", "Bearer only-events"}};
    const auto given =
        driver.body(driver.send("POST", "/1.0/RCS/" + kMira + "/Event/Ticket", "", headers))["ticket"];
    const auto target = "/ws/rcs?ticket=" + given.get<std::string>();
    CHECK(driver.status(driver.send(handshake("everybody", target))) == 400);
    const auto id = driver.send(handshake("", target));
    CHECK(answer_to(id, json::object())["control"]["type"] == "response");
    CHECK(driver.status(driver.send(handshake("", target))) == 401);
    auto asks = frame("request", "capability", "enquiry", {{"target", uri_of(kOtto)}});
    asks["control"]["sequence"] = 2;
    driver.text(id, asks.dump());
    CHECK(Client::error(json::parse(driver.seen(id).texts().back())) == 403);
    CHECK(held(driver).empty());
  }
}

TEST_CASE("WSC-20: connect opens a session and has the user registered") {
  Driver driver;
  Client client(driver, kMira);
  const auto answer = client.connect({{"version", "1.0"}});
  CHECK(answer["control"]["type"] == "response");
  CHECK(answer["control"]["package_type"] == "register");
  CHECK(answer["control"]["sequence"] == 1);
  CHECK(answer["control"]["ack_sequence"] == 1);
  CHECK(answer["control"]["correlation_id"] == "c1");
  CHECK(answer["control"]["version"] == "1.0");
  CHECK(answer["header"]["action"] == "connect");
  CHECK(answer["header"]["expires"] == 60);
  REQUIRE(driver.commands<chat::Register>().size() == 1);
  CHECK(driver.commands<chat::Register>()[0].user == uri_of(kMira));
  driver.advance(60s);
  CHECK(client.closed() == 0);
}

TEST_CASE("WSC-28: what becomes of the registration is told to the sessions of the user") {
  Driver driver;
  Connected client(driver, kMira);
  Connected other(driver, kOtto);
  driver.chat(chat::RegistrationFailed{uri_of(kMira), 403, "Forbidden", true});
  const auto failed = client.only();
  CHECK(failed["control"]["type"] == "message");
  CHECK(failed["control"]["package_type"] == "register");
  CHECK(failed["header"] == json({{"action", "notify"},
                                  {"initiator", uri_of(kMira)},
                                  {"state", "failed"},
                                  {"response_code", 403},
                                  {"reason", "Forbidden"}}));
  driver.chat(chat::Registered{uri_of(kMira), 3600s});
  CHECK(client.only()["header"]["state"] == "registered");
  driver.chat(chat::Unregistered{uri_of(kMira)});
  CHECK(client.only()["header"]["state"] == "unregistered");
  CHECK(other.all().empty());
}

TEST_CASE("WSC-13: another major version is refused") {
  Driver driver;
  Client client(driver, kMira);
  CHECK(Client::error(client.connect({{"version", 2}})) == 505);
  CHECK(client.closed() == 4505);
  CHECK(Client(driver, kMira).connect({{"version", "1.7"}})["control"]["type"] == "response");
}

TEST_CASE("WSC-15: what can not be taken is answered with an error, and the connection stays") {
  Driver driver;
  Client early(driver, kMira);
  CHECK(Client::error(early.ask(frame("request", "messaging", "send"))) == 400);
  early.raw("no JSON");
  CHECK(Client::error(early.only()) == 400);
  early.say(frame("response", "register", "connect"));
  CHECK(early.all().empty());

  Connected client(driver, kMira);
  CHECK(Client::error(client.ask(frame("request", "toast", "start"))) == 404);
  CHECK(Client::error(client.ask(frame("request", "capability", "start"))) == 405);
  CHECK(Client::error(client.ask(frame("request", "messaging", "start"))) == 405);
  CHECK(Client::error(client.ask(frame("request", "register", "start"))) == 405);
  CHECK(Client::error(client.ask(frame("shout", "capability", "enquiry"))) == 400);
  CHECK(Client::error(client.ask(frame("message", "capability", "enquiry"))) == 400);
  CHECK(Client::error(client.ask({{"control", {{"type", "request"}, {"package_type", "capability"}}}})) ==
        400);
  client.raw("no JSON");
  CHECK(Client::error(client.only()) == 400);
  // An error is answered by nothing, not even a bad one.
  client.say({{"control", {{"type", "error"}, {"package_type", "capability"}}}});
  CHECK(client.all().empty());
  auto foreign = frame("request", "capability", "enquiry", {{"target", uri_of(kOtto)}});
  foreign["control"]["session_id"] = "s-other";
  CHECK(Client::error(client.ask(foreign)) == 400);
  CHECK(client.closed() == 0);
}

TEST_CASE("WSC-41: packages are called what the configuration calls them") {
  auto config = paper_config();
  config.jsonrtc.packages.capability = "caps";
  Driver driver(config);
  Connected client(driver, kMira);
  CHECK(Client::error(client.ask(frame("request", "capability", "enquiry"))) == 404);
  client.say(frame("request", "caps", "enquiry", {{"target", uri_of(kOtto)}}));
  CHECK(driver.commands<chat::QueryCapabilities>().size() == 1);
}

TEST_CASE("WSC-22: a frame that comes twice is dealt with once") {
  Driver driver;
  Connected client(driver, kMira);
  auto asks = frame("request", "capability", "enquiry", {{"target", uri_of(kOtto)}});
  asks["control"]["sequence"] = ++client.sequence;
  client.say(asks);
  client.say(asks);
  CHECK(driver.commands<chat::QueryCapabilities>().size() == 1);
}

TEST_CASE("WSC-25 WSC-29: a session goes on over another WebSocket, which replaces the first") {
  Driver driver;
  Connected client(driver, kMira);
  const auto session = client.session;
  const auto first = client.id;
  const bool gone = GENERATE(true, false);
  if (gone) driver.gone(first);
  client.dial();
  const auto answer = client.connect({{"session_id", session}, {"ack_sequence", 1}});
  CHECK(answer["control"]["session_id"] == session);
  CHECK(answer["control"]["ack_sequence"] == client.sequence);
  const auto* close = driver.seen(first).last<core::WebClose>();
  CHECK((close != nullptr) == !gone);
  if (close != nullptr) CHECK(close->code == 4409);
  // The first is nobody's any more.
  driver.gone(first);
  driver.advance(120s);
  CHECK(Client::error(client.ask(frame("request", "toast", "start"))) == 404);
  CHECK(driver.commands<chat::Register>().size() == 1);
}

TEST_CASE("WSC-26 WSC-27: a session that was cut is gone after its time") {
  Driver driver;
  Connected client(driver, kMira);
  const auto session = client.session;
  driver.gone(client.id);
  driver.advance(59s);
  client.dial();
  CHECK(client.connect({{"session_id", session}, {"ack_sequence", 1}})["control"]["type"] == "response");
  driver.gone(client.id);
  driver.advance(61s);
  client.dial();
  const auto answer = client.connect({{"session_id", session}});
  CHECK(Client::error(answer) == 404);
  CHECK(answer["header"]["reason"] == "session-gone");
  CHECK_FALSE(answer["control"].contains("sequence"));
  // On the same connection a new one is to be had; the client counts on, or anew.
  CHECK(client.connect()["control"]["type"] == "response");
  CHECK(client.session != session);
}

TEST_CASE("WSC-30: nobody resumes the session of another") {
  Driver driver;
  Connected client(driver, kMira);
  Client thief(driver, kOtto);
  CHECK(thief.connect({{"session_id", client.session}})["header"]["reason"] == "session-gone");
  CHECK(client.closed() == 0);
}

TEST_CASE("WSC-30: what waits for one token is not given to one that is good for less") {
  Driver driver(with_tokens());
  const auto connect = [&](const std::string& token, json control) {
    const auto id = driver.send(handshake(token));
    auto asks = frame("request", "register", "connect", {{"initiator", uri_of(kMira)}});
    asks["control"].update(control);
    driver.text(id, asks.dump());
    return json::parse(driver.seen(id).texts().back());
  };
  const auto session = connect("everybody", {{"sequence", 1}})["control"]["session_id"];
  REQUIRE(session.is_string());
  CHECK(Client::error(connect("only-events", {{"sequence", 2}, {"session_id", session}})) == 403);
  CHECK(connect("everybody", {{"sequence", 2}, {"session_id", session}})["control"]["session_id"] == session);
}

TEST_CASE("WSC-40: shutdown of register ends the session") {
  Driver driver;
  Connected client(driver, kMira);
  const auto answer = client.ask(frame("request", "register", "shutdown"));
  CHECK(answer["control"]["type"] == "response");
  CHECK(answer["header"]["action"] == "shutdown");
  CHECK(client.closed() == 1000);
  const auto session = client.session;
  client.dial();
  CHECK(Client::error(client.connect({{"session_id", session}})) == 404);
}

TEST_CASE("WSC-20: connect within a session is answered, for another session it is refused") {
  Driver driver;
  Connected client(driver, kMira);
  const auto session = client.session;
  CHECK(client.connect({{"session_id", session}})["control"]["session_id"] == session);
  CHECK(Client::error(client.connect({{"session_id", "s-other"}})) == 400);
}

TEST_CASE("CAP-40: queries are held while a session can answer them") {
  Driver driver;
  Connected one(driver, kMira);
  CHECK(held(driver) == std::vector<bool>{true});
  CHECK(driver.commands<chat::HoldQueries>()[0].user == uri_of(kMira));
  Connected two(driver, kMira);
  driver.gone(one.id);
  CHECK(held(driver).size() == 1);
  driver.gone(two.id);
  CHECK(held(driver) == std::vector<bool>{true, false});
  two.dial();
  two.connect({{"session_id", two.session}});
  CHECK(held(driver) == std::vector<bool>{true, false, true});
  two.ask(frame("request", "register", "shutdown"));
  CHECK(held(driver) == std::vector<bool>{true, false, true, false});
  driver.advance(120s);
  CHECK(held(driver).size() == 4);
}

TEST_CASE("CAP-40: the queries of a user who comes back are held again") {
  Driver driver;
  Connected one(driver, kMira);
  driver.chat(chat::Registered{uri_of(kMira), 600s});
  CHECK(held(driver) == std::vector<bool>{true, true});
  driver.chat(chat::Registered{uri_of(kOtto), 600s});
  CHECK(held(driver).size() == 2);
}

TEST_CASE("WSC-43: a client that says too much at once is cut off, and can come again") {
  Driver driver;
  Connected client(driver, kMira);
  for (int i = 0; i < 210 && client.closed() == 0; ++i) client.raw("{}");
  CHECK(client.closed() == 4429);
  client.dial();
  CHECK(client.connect({{"session_id", client.session}, {"ack_sequence", 300}})["control"]["type"] ==
        "response");
}

TEST_CASE("WSC-04: a frame that is too large ends the connection") {
  Driver driver;
  Connected client(driver, kMira);
  client.raw("{\"a\":\"" + std::string(256 * 1024, 'x') + "\"}");
  CHECK(client.closed() == 1009);
}

TEST_CASE("WSC-27: an eleventh session of a user needs one that was cut to go") {
  Driver driver;
  std::vector<std::unique_ptr<Connected>> all;
  for (int i = 0; i < 10; ++i) all.push_back(std::make_unique<Connected>(driver, kMira));
  Client more(driver, kMira);
  CHECK(Client::error(more.connect()) == 503);
  driver.gone(all[3]->id);
  CHECK(more.connect()["control"]["type"] == "response");
  all[3]->dial();
  CHECK(Client::error(all[3]->connect({{"session_id", all[3]->session}})) == 404);
}

TEST_CASE("CMT-59: a server that goes down says so on signalling connections, too") {
  Driver driver;
  Connected client(driver, kMira);
  Client early(driver, kOtto);
  driver.shut_down();
  CHECK(client.closed() == 1012);
  CHECK(early.closed() == 1012);
}

TEST_CASE("WSC-03 WSC-41: the configuration names the application, the times and the packages") {
  const auto read = gateway::config_from_json(
      R"({"jsonrtc":{"application":"shop","compat_subprotocol":true,"resume_seconds":5,"ack_seconds":0.1,)"
      R"("packages":{"messaging":"texts"}}})");
  REQUIRE(read);
  CHECK(read->jsonrtc.application == "shop");
  CHECK(read->jsonrtc.compat_subprotocol);
  CHECK(read->jsonrtc.times.resume == 5s);
  CHECK(read->jsonrtc.times.ack == 100ms);
  CHECK(read->jsonrtc.packages.messaging == "texts");
  CHECK(read->jsonrtc.packages.capability == "capability");
  for (const auto* bad : {R"({"jsonrtc":{"application":"a/b"}})", R"({"jsonrtc":{"package":{}}})",
                          R"({"jsonrtc":[]})", R"({"jsonrtc":{"packages":{"messaging":"capability"}}})",
                          R"({"jsonrtc":{"packages":{"calls":"x"}}})"}) {
    INFO(bad);
    CHECK_FALSE(gateway::config_from_json(bad));
  }
}
