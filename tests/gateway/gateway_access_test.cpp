// Who gets in: routes, methods, tokens, scopes, tickets, origins, limits; and what errors look like.

#include "gateway/gateway_fixture.hpp"

using namespace gateway_test;

namespace {

const std::string kJack = "01087654321";
const std::string kFriend = "01012345678";
const std::string kChats = "/1.0/RCS/01087654321/Chat";

gateway::Config with_tokens() {
  auto config = paper_config();
  config.development = false;
  config.tokens = {{"tok-jack", kJack, {}, "laptop"},
                   {"tok-any", "*", {}, ""},
                   {"tok-presence", kJack, {"presence"}, ""},
                   {"tok-chat", kJack, {"chat"}, ""}};
  return config;
}

Driver::Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

}  // namespace

TEST_CASE("API-92 API-94 API-95: who may read whose chats") {
  struct Row {
    std::string authorization;
    int status;
    std::string code;
    std::string challenge;
  };
  const std::string plain = "Bearer realm=\"rcs\"";
  const auto row = GENERATE_COPY(
      Row{"", 401, "unauthorized", plain}, Row{"Basic dG9rLWphY2s=", 401, "unauthorized", plain},
      Row{"Bearer nonsense", 401, "invalid-token", plain + ", error=\"invalid_token\""},
      Row{"Bearer ", 401, "invalid-token", plain + ", error=\"invalid_token\""},
      Row{"Bearer dev-01087654321", 401, "invalid-token", plain + ", error=\"invalid_token\""},
      Row{"Bearer tok-presence", 403, "insufficient-scope",
          plain + ", error=\"insufficient_scope\", scope=\"chat\""},
      Row{"Bearer tok-jack", 200, "", ""}, Row{"bearer tok-jack", 200, "", ""},
      Row{"Bearer tok-chat", 200, "", ""}, Row{"Bearer tok-any", 200, "", ""});
  CAPTURE(row.authorization);
  Driver driver(with_tokens());
  Driver::Headers headers;
  if (!row.authorization.empty()) headers.emplace_back("Authorization", row.authorization);
  const auto id = driver.send("GET", kChats, {}, headers);
  CHECK(driver.status(id) == row.status);
  CHECK(driver.code(id) == row.code);
  CHECK(driver.header(id, "WWW-Authenticate") == row.challenge);
}

TEST_CASE("API-94: a token of somebody else is 403, also where nothing is known of the id") {
  Driver driver(with_tokens());
  const auto id = driver.send("GET", "/1.0/RCS/01099999999/Chat", {}, bearer("tok-jack"));
  CHECK(driver.status(id) == 403);
  CHECK(driver.code(id) == "forbidden");
  CHECK(driver.commands<chat::Register>().empty());
}

TEST_CASE("API-90 API-07: the token in the header or in the body, never both") {
  Driver driver;
  const auto post = [&](const std::string& token_member, Driver::Headers headers) {
    static int n = 0;
    const auto data = R"({"data":{"message_id":"m)" + std::to_string(++n) +
                      R"(","recipient":["01012345678"],"subject":"x"})";
    return driver.send("POST", kChats, data + token_member + "}", std::move(headers));
  };
  const auto good = bearer("dev-01087654321");
  CHECK(driver.status(post("", {})) == 401);
  CHECK(driver.status(post("", good)) == 0);
  CHECK(driver.status(post(R"(,"oauth_token":"dev-01087654321")", {})) == 0);
  CHECK(driver.status(post(R"(,"Oauth_token":"dev-01087654321")", {})) == 0);
  CHECK(driver.status(post(R"(,"OAUTH_TOKEN":"dev-01087654321")", {})) == 401);
  const auto both = post(R"(,"oauth_token":"dev-01087654321")", good);
  CHECK(driver.status(both) == 400);
  CHECK(driver.code(both) == "invalid-request");
  CHECK(driver.status(post(R"(,"oauth_token":"dev-01087654321","Oauth_token":"dev-01087654321")", {})) ==
        400);
  CHECK(driver.status(post(R"(,"oauth_token":7)", {})) == 400);
  auto twice = good;
  twice.emplace_back("authorization", "Bearer dev-01087654321");
  CHECK(driver.status(post("", twice)) == 400);
}

TEST_CASE("API-91 API-99: a token in the URL is refused, and no answer repeats a token") {
  Driver driver;
  const auto id = driver.send("GET", kChats + "?access_token=dev-01087654321");
  CHECK(driver.status(id) == 400);
  CHECK(driver.seen(id).reply()->body.find("dev-") == std::string::npos);
  for (const auto& header : {"Bearer SECRET", "SECRET", "Basic SECRET"}) {
    const auto bad = driver.send("GET", kChats, {}, {{"Authorization", header}});
    CHECK(driver.seen(bad).reply()->body.find("SECRET") == std::string::npos);
  }
  const auto body = driver.send("POST", kChats, R"({"oauth_token":"SECRET","data":{}})");
  CHECK(driver.status(body) == 401);
  CHECK(driver.seen(body).reply()->body.find("SECRET") == std::string::npos);
}

TEST_CASE("API-91: a ticket opens one event connection of one device within 30 s") {
  Driver driver;
  const auto issued = driver.as(kJack, "POST", "/Event/Ticket?device=tab");
  REQUIRE(driver.status(issued) == 200);
  CHECK(driver.body(issued)["expires_in"] == 30);
  const auto ticket = driver.body(issued)["ticket"].get<std::string>();
  const std::string events = "/1.0/RCS/01087654321/Event?timeout=0&ticket=";
  CHECK(driver.status(driver.send("GET", kChats + "?ticket=" + ticket)) == 401);
  CHECK(driver.status(driver.send("GET", events + ticket + "&device=other")) == 403);
  CHECK(driver.status(driver.send("GET", events + ticket)) == 401);

  const auto use = [&](const std::string& user, core::Duration later) {
    const auto fresh =
        driver.body(driver.as(kJack, "POST", "/Event/Ticket?device=tab"))["ticket"].get<std::string>();
    driver.advance(later);
    return driver.send("GET", "/1.0/RCS/" + user + "/Event?timeout=0&ticket=" + fresh);
  };
  const auto good = use(kJack, 29s);
  CHECK(driver.status(good) == 204);
  CHECK(driver.header(good, "Link").find("device=tab") != std::string::npos);
  CHECK(driver.status(use(kJack, 30s)) == 401);
  CHECK(driver.status(use(kFriend, 1s)) == 403);
  const auto twice = driver.send("GET", events + "x", {}, bearer("dev-01087654321"));
  CHECK(driver.status(twice) == 400);
}

TEST_CASE("API-91: tickets that are not used have an end") {
  Driver driver;
  for (int i = 0; i < 100; ++i) CHECK(driver.status(driver.as(kJack, "POST", "/Event/Ticket")) == 200);
  const auto over = driver.as(kJack, "POST", "/Event/Ticket");
  CHECK(driver.status(over) == 429);
  CHECK(driver.header(over, "Retry-After") == "30");
  driver.advance(30s);
  CHECK(driver.status(driver.as(kJack, "POST", "/Event/Ticket")) == 200);
}

TEST_CASE("API-123: one user has one path form, others are sent there") {
  auto config = paper_config();
  config.country_code = "82";
  Driver driver(config);
  const auto id = driver.send("POST", "/1.0/RCS/%2B821087654321/Chat?limit=2", "{}");
  CHECK(driver.status(id) == 308);
  CHECK(driver.header(id, "Location") == "http://1.1.1.1:1001/1.0/RCS/01087654321/Chat?limit=2");
  const auto poll =
      driver.send("GET", "/1.0/RCS/01087654321/Event?timeout=0", {}, bearer("dev-+821087654321"));
  CHECK(driver.status(poll) == 204);
  CHECK(driver.status(driver.send("GET", "/1.0/RCS/010-8765-4321/Chat", {}, bearer("dev-01087654321"))) ==
        308);
}

TEST_CASE("API-74: methods") {
  Driver driver;
  const auto patch = driver.as(kJack, "PATCH", "/Chat");
  CHECK(driver.status(patch) == 405);
  CHECK(driver.header(patch, "Allow") == "GET, HEAD, POST, OPTIONS");
  CHECK(driver.status(driver.as(kJack, "POST", "/Event")) == 405);
  CHECK(driver.status(driver.as(kJack, "get", "/Chat")) == 405);
  CHECK(driver.status(driver.send("DELETE", "/")) == 405);
  const auto head = driver.as(kJack, "HEAD", "/Chat");
  CHECK(driver.status(head) == 200);
  CHECK(driver.seen(head).reply()->body.empty());
  CHECK(driver.status(driver.as(kJack, "GET", "/Chat/")) == 200);
  const auto options = driver.send("OPTIONS", kChats + "/x");
  CHECK(driver.status(options) == 204);
  CHECK(driver.header(options, "Allow") == "GET, HEAD, PUT, DELETE, OPTIONS");
}

TEST_CASE("API-110 API-45: versions, and resources that are not served") {
  Driver driver;
  CHECK(driver.body(driver.send("GET", "/"))["versions"][0]["version"] == "1.0");
  const auto version = driver.body(driver.send("GET", "/1.0/"));
  CHECK(version["features"] == json::array({"chat", "message", "composing", "event", "standalone",
                                            "capability", "registration", "signalling"}));
  CHECK(version["limits"]["json_body"] == 65536);
  const auto other = driver.send("GET", "/2.0/RCS/01087654321/Chat");
  CHECK(driver.status(other) == 404);
  CHECK(driver.code(other) == "version-unknown");
  CHECK(driver.body(other)["versions"] == json::array({"1.0"}));
  for (const auto* path : {"/Group", "/File", "/Presence", "/Profile", "/Chat/x/Message", "/nothing"}) {
    const auto id = driver.as(kJack, "GET", path);
    CHECK(driver.status(id) == 404);
    CHECK(driver.code(id) == "not-found");
  }
  CHECK(driver.status(driver.as(kJack, "GET", "/Chat/01087654321-001")) == 404);
}

TEST_CASE("API-100 API-102: CORS headers for configured origins, also on errors") {
  auto config = paper_config();
  config.allowed_origins = {"https://app.example"};
  Driver driver(config);
  const auto known = driver.as(kJack, "GET", "/Chat", {}, {{"Origin", "https://app.example"}});
  CHECK(driver.header(known, "Access-Control-Allow-Origin") == "https://app.example");
  CHECK(driver.header(known, "Vary") == "Origin");
  CHECK(driver.header(known, "Access-Control-Expose-Headers") ==
        "RCS-Next-Cursor, Link, Retry-After, WWW-Authenticate, ETag");
  CHECK(driver.header(known, "Access-Control-Allow-Credentials").empty());
  const auto error = driver.send("GET", kChats, {}, {{"Origin", "https://app.example"}});
  CHECK(driver.status(error) == 401);
  CHECK(driver.header(error, "Access-Control-Allow-Origin") == "https://app.example");
  const auto unknown = driver.as(kJack, "GET", "/Chat", {}, {{"Origin", "https://evil.example"}});
  CHECK(driver.header(unknown, "Access-Control-Allow-Origin").empty());
  config.allowed_origins = {"*"};
  Driver open(config);
  const auto any = open.as(kJack, "GET", "/Chat", {}, {{"Origin", "https://evil.example"}});
  CHECK(open.header(any, "Access-Control-Allow-Origin") == "*");
}

TEST_CASE("API-101: a preflight needs no token") {
  auto config = paper_config();
  config.allowed_origins = {"https://app.example"};
  Driver driver(config);
  const auto id = driver.send("OPTIONS", kChats, {},
                              {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}});
  CHECK(driver.status(id) == 204);
  CHECK(driver.header(id, "Access-Control-Allow-Methods") == "GET, HEAD, POST, OPTIONS");
  CHECK(driver.header(id, "Access-Control-Allow-Headers") ==
        "Authorization, Content-Type, Last-Event-ID, Idempotency-Key");
  CHECK(driver.header(id, "Access-Control-Max-Age") == "600");
  CHECK(driver.header(id, "Access-Control-Allow-Origin") == "https://app.example");
}

TEST_CASE("API-103: WebSocket upgrades are held to the same origins") {
  auto config = paper_config();
  config.allowed_origins = {"https://app.example"};
  Driver driver(config);
  const auto opened = [&](const std::string& origin) {
    Driver::Headers headers;
    if (!origin.empty()) headers.emplace_back("Origin", origin);
    const auto id = driver.socket(kJack, "/Event", headers);
    return driver.seen(id).last<core::WebAccept>() != nullptr;
  };
  CHECK(opened(""));
  CHECK(opened("https://app.example"));
  CHECK(opened("http://1.1.1.1:1001"));
  CHECK_FALSE(opened("https://evil.example"));
  CHECK_FALSE(opened("null"));
}

TEST_CASE("API-80 API-83: the form of errors") {
  Driver driver;
  const auto id = driver.send("GET", "/1.0/RCS/a%20b/Chat");
  CHECK(driver.status(id) == 400);
  CHECK(driver.header(id, "Content-Type") == "application/problem+json;charset=utf-8");
  CHECK(driver.header(id, "Cache-Control") == "no-store");
  const auto body = driver.body(id);
  CHECK(body["type"] == "http://1.1.1.1:1001/1.0/problem/bad-id");
  CHECK(body["title"] == "No valid RCS ID");
  CHECK(body["status"] == 400);
  CHECK(body["code"] == "bad-id");
  CHECK(body["detail"].get<std::string>().find("expected") != std::string::npos);
  const auto plain = driver.send("GET", "/nothing", {}, {{"Accept", "application/json"}});
  CHECK(driver.header(plain, "Content-Type") == "application/json;charset=utf-8");
  const auto both =
      driver.send("GET", "/nothing", {}, {{"Accept", "application/json, application/problem+json"}});
  CHECK(driver.header(both, "Content-Type") == "application/problem+json;charset=utf-8");
}

TEST_CASE("API-72 API-73: bodies") {
  Driver driver;
  const auto status = [&](const std::string& body,
                          const std::string& type = "application/json;charset=utf-8") {
    return driver.status(driver.as(kJack, "POST", "/Chat", body, {{"Content-Type", type}}));
  };
  const auto good = Driver::post_body(kFriend, "x", "m1");
  CHECK(status("") == 400);
  CHECK(status("[]") == 400);
  CHECK(status("{") == 400);
  CHECK(status("{}") == 400);
  CHECK(status(R"({"data":1})") == 400);
  CHECK(status(R"({"data":{"recipient":["1"],"subject":"x"},"data":{}})") == 400);
  CHECK(status(good, "text/plain") == 415);
  CHECK(status(good, "application/json;charset=iso-8859-1") == 415);
  CHECK(status(good, "application/jsonx") == 415);
  CHECK(status("{\"data\":\"" + std::string(65'536, 'x') + "\"}") == 413);
  CHECK(driver.commands<chat::StartChat>().empty());
  CHECK(status(good, "Application/JSON") == 0);
  CHECK(driver.commands<chat::StartChat>().size() == 1);
}

TEST_CASE("API-72 API-46 API-80: what is wrong with a POST is told, all of it") {
  Driver driver;
  const auto post = [&](const std::string& data) {
    return driver.as(kJack, "POST", "/Chat", R"({"data":)" + data + "}");
  };
  const auto all = post(R"({"message_id":"","recipient":[]})");
  CHECK(driver.status(all) == 400);
  CHECK(driver.body(all)["errors"].size() == 3);
  const auto code = [&](const std::string& data) {
    const auto id = post(data);
    return std::to_string(driver.status(id)) + " " + driver.code(id);
  };
  CHECK(code(R"({"recipient":"01012345678","subject":"x"})") == "400 bad-request");
  CHECK(code(R"({"recipient":[1],"subject":"x"})") == "400 bad-request");
  CHECK(code(R"({"recipient":["1"],"subject":5})") == "400 bad-request");
  CHECK(code(R"({"recipient":["a b"],"subject":"x"})") == "400 bad-id");
  CHECK(code(R"({"recipient":["sip:x@evil.com"],"subject":"x"})") == "400 bad-id");
  CHECK(code(R"({"recipient":["1","2"],"subject":"x"})") == "501 not-implemented");
  CHECK(code(R"({"recipient":["1"],"subject":"x","message_id":"a\r\nb"})") == "400 bad-request");
  CHECK(code(R"({"recipient":["1"],"subject":"x","message_id":" a"})") == "400 bad-request");
  CHECK(code(R"({"recipient":["1"],"subject":"x","message_id":"é"})") == "400 bad-request");
  CHECK(code(R"({"recipient":["1"],"subject":"x","message_id":")" + std::string(129, 'a') + "\"}") ==
        "400 bad-request");
  const json many = std::vector<std::string>(101, "1");
  CHECK(code(json{{"recipient", many}, {"subject", "x"}}.dump()) == "400 bad-request");
  CHECK(driver.commands<chat::StartChat>().empty());
  CHECK(code(R"({"recipient":["1"],"subject":"","message_id":")" + std::string(128, 'a') + "\"}") == "0 ");
}

TEST_CASE("API-72: messages per second and token") {
  auto config = paper_config();
  config.limits.messages_per_second = 3;
  Driver driver(config);
  for (int i = 0; i < 3; ++i)
    CHECK(driver.status(driver.post(kJack, kFriend, "x", "m" + std::to_string(i))) == 0);
  const auto over = driver.post(kJack, kFriend, "x", "m3");
  CHECK(driver.status(over) == 429);
  CHECK(driver.code(over) == "rate-limited");
  CHECK(driver.header(over, "Retry-After") == "1");
  CHECK(driver.status(driver.post(kFriend, kJack, "x", "m3")) == 0);
  driver.advance(334ms);
  CHECK(driver.status(driver.post(kJack, kFriend, "x", "m3")) == 0);
  CHECK(driver.status(driver.post(kJack, kFriend, "x", "m4")) == 429);
}

TEST_CASE("API-72: open chats of a user have an end; finished ones make room") {
  auto config = paper_config();
  config.limits.chats_per_user = 2;
  Driver driver(config);
  driver.post(kJack, kFriend, "x", "m1");
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(1), true});
  driver.post(kJack, kFriend, "x", "m2");
  const auto over = driver.post(kJack, kFriend, "x", "m3");
  CHECK(driver.status(over) == 429);
  CHECK(driver.code(over) == "too-many-chats");
  driver.chat(Driver::invitation(1, kJack, kFriend, "x", "y"));
  CHECK(driver.commands<chat::DeclineChat>().at(0).status == 486);
  driver.chat(chat::ChatEnded{chat::outgoing_chat(1), 200, "", false});
  CHECK(driver.status(driver.post(kJack, kFriend, "x", "m3")) == 0);
  driver.chat(chat::ChatAnswered{chat::outgoing_chat(3), true});
  CHECK(driver.statuses(kJack) == std::vector<std::string>{"trying", "ended", "trying"});
}

TEST_CASE("B.5: what a SIP result becomes") {
  struct Row {
    int sip;
    int http;
    std::string code;
  };
  const auto row = GENERATE(
      Row{404, 404, "contact-unknown"}, Row{604, 404, "contact-unknown"}, Row{484, 404, "contact-unknown"},
      Row{480, 409, "contact-unavailable"}, Row{486, 409, "contact-unavailable"},
      Row{487, 409, "contact-unavailable"}, Row{600, 409, "contact-unavailable"}, Row{603, 409, "declined"},
      Row{403, 403, "forbidden-by-network"}, Row{606, 403, "forbidden-by-network"},
      Row{401, 502, "network-auth-failed"}, Row{407, 502, "network-auth-failed"},
      Row{408, 504, "network-timeout"}, Row{504, 504, "network-timeout"}, Row{413, 413, "too-large"},
      Row{513, 413, "too-large"}, Row{415, 415, "not-acceptable-by-peer"},
      Row{488, 415, "not-acceptable-by-peer"}, Row{503, 503, "network-busy"}, Row{400, 502, "network-error"},
      Row{500, 502, "network-error"}, Row{699, 502, "network-error"}, Row{302, 502, "network-error"});
  CAPTURE(row.sip);
  Driver driver;
  const auto id = driver.post(kJack, kFriend, "x", "m1");
  driver.chat(chat::ChatFailed{chat::outgoing_chat(1), row.sip, "Why \xFF", 7});
  CHECK(driver.status(id) == row.http);
  CHECK(driver.code(id) == row.code);
  CHECK(driver.body(id)["sip_status"] == row.sip);
  CHECK(driver.body(id)["sip_reason"] == "Why \xEF\xBF\xBD");
  CHECK(driver.header(id, "Retry-After") == (row.sip == 503 ? "7" : ""));
  CHECK(driver.statuses(kJack).empty());
  CHECK(driver.status(driver.as(kJack, "GET", "/Chat/01087654321-001")) == 404);
}
