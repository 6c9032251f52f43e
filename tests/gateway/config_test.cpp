#include "gateway/config.hpp"

#include "gateway/json_in.hpp"
#include "gateway/route.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace rcs;
using namespace std::chrono_literals;
using gateway::config_from_json;

namespace {

std::string fault(std::string_view text) {
  const auto config = config_from_json(text);
  return config ? "taken" : config.error().detail();
}

}  // namespace

TEST_CASE("API-93: a configuration file, all members") {
  const auto config = config_from_json(R"({
    "public_url": "https://rcs.example/", "domain": "ims.example", "development": false,
    "tokens": [{"token": "abc", "rcs_id": "01012345678", "scopes": ["chat"], "client": "phone"},
               {"token": "root", "rcs_id": "*"}],
    "allowed_origins": ["https://app.example"], "country_code": "82", "trunk_prefix": "0",
    "international_prefixes": ["00", "001"], "raw_ids": false, "allow_foreign_domains": true,
    "id_form": "e164", "uri_form": "tel",
    "limits": {"json_body": 1024, "messages_per_second": 0, "retained_events": 5, "retention_seconds": 60,
               "device_ttl_seconds": 0.01},
    "post_wait_seconds": 0, "poll_default_seconds": 1.5, "poll_max_seconds": 9, "heartbeat_seconds": 0.01,
    "stream_life_seconds": 60, "idempotency_seconds": 10})");
  REQUIRE(config);
  CHECK(config->public_url == "https://rcs.example");
  CHECK(config->domain == "ims.example");
  CHECK_FALSE(config->development);
  REQUIRE(config->tokens.size() == 2);
  CHECK(config->tokens[0].scopes == std::vector<std::string>{"chat"});
  CHECK(config->tokens[0].client == "phone");
  CHECK(config->id_form == gateway::IdForm::e164);
  CHECK(config->uri_form == gateway::UriForm::tel);
  CHECK(config->limits.json_body == 1024);
  CHECK(config->limits.retention == 60s);
  CHECK(config->limits.device_ttl == 10ms);
  CHECK(config->post_wait == 0s);
  CHECK(config->poll_default == 1500ms);
  CHECK(config->heartbeat == 10ms);
  CHECK(config_from_json("{}"));
}

TEST_CASE("API-93: development mode is what a file without tokens means, and can be said") {
  CHECK(config_from_json("{}")->development);
  CHECK_FALSE(config_from_json(R"({"tokens":[{"token":"a","rcs_id":"1"}]})")->development);
  CHECK(config_from_json(R"({"tokens":[{"token":"a","rcs_id":"1"}],"development":true})")->development);
  CHECK(fault(R"({"development":false})") ==
        "development: expected true, or tokens: without either nobody gets in");
  CHECK(fault(R"({"development":false,"tokens":[]})").find("development: expected") == 0);
}

TEST_CASE("a configuration error names the member and the wish") {
  CHECK(fault("[]").find("expected a JSON object") != std::string::npos);
  CHECK(fault(R"({"domian":"x"})") == "domian: no such member");
  CHECK(fault(R"({"limits":{"json_boody":1}})") == "limits.json_boody: no such member");
  CHECK(fault(R"({"tokens":[{"token":"a","rcs_id":"1","x":1}]})") == "tokens[0].x: no such member");
  CHECK(fault(R"({"tokens":{}})") == "tokens: expected an array, got object");
  CHECK(fault(R"({"tokens":[{"token":"a","rcs_id":"b c"}]})") == "tokens[0].rcs_id: expected an RCS ID or *");
  CHECK(fault(R"({"tokens":[7]})").find("tokens[0]: expected an object") == 0);
  CHECK(fault(R"({"tokens":[{"rcs_id":"1"}]})").find("tokens[0].token: expected") == 0);
  CHECK(fault(R"({"tokens":[{"token":"a","rcs_id":"1","scopes":["chats"]}]})")
            .find("tokens[0].scopes: expected") == 0);
  CHECK(fault(R"({"post_wait_seconds":"10"})") ==
        "post_wait_seconds: expected seconds, 0 or more, got a string");
  CHECK(fault(R"({"heartbeat_seconds":0})") == "heartbeat_seconds: expected seconds, at least 0.01, got 0");
  CHECK(fault(R"({"poll_max_seconds":1e300})").find("poll_max_seconds: expected") == 0);
  CHECK(
      fault(R"({"limits":{"retained_events":-1}})").find("limits.retained_events: expected a whole number") ==
      0);
  CHECK(fault(R"({"limits":[]})").find("limits: expected an object") == 0);
  CHECK(fault(R"({"id_form":"global"})") == "id_form: expected local or e164, got a string");
  CHECK(fault(R"({"public_url":"ftp://x"})").find("public_url: expected") == 0);
  CHECK(fault(R"({"public_url":"http://x\r\ny"})").find("public_url: expected") == 0);
  CHECK(fault(R"({"domain":"a b"})").find("domain: expected") == 0);
  CHECK(fault(R"({"country_code":"+82"})").find("country_code: expected") == 0);
  CHECK(fault(R"({"international_prefixes":[""]})").find("international_prefixes: expected") == 0);
  CHECK(fault(R"({"allowed_origins":["https://a.example/path"]})").find("allowed_origins: expected") == 0);
  CHECK(fault(R"({"raw_ids":1})") == "raw_ids: expected true or false, got 1");
}

TEST_CASE("API-99: a configuration error never repeats a token") {
  const auto words = fault(R"({"tokens":[{"token":"SECRET","rcs_id":"1"},{"token":"SECRET","rcs_id":"2"}]})");
  CHECK(words == "tokens[1].token: stands in tokens[0] too");
  CHECK(fault(R"({"tokens":"SECRET"})").find("SECRET") == std::string::npos);
  CHECK(fault(R"({"tokens":[{"token":"SEC RET","rcs_id":"1"}]})").find("SEC") == std::string::npos);
  CHECK(fault(R"({"domain":"x","SECRET)").find("SECRET") == std::string::npos);
}

TEST_CASE("API-73: JSON is one object, UTF-8, without doubles, not too deep") {
  using gateway::parse_object;
  CHECK(parse_object("{}"));
  CHECK(parse_object(R"({"a":{"b":1},"c":{"b":2}})"));
  CHECK(parse_object(R"({"a":[{"b":1},{"b":2}]})"));
  CHECK_FALSE(parse_object(""));
  CHECK_FALSE(parse_object("[]"));
  CHECK_FALSE(parse_object("7"));
  CHECK_FALSE(parse_object(R"({"a":1,"a":1})"));
  CHECK_FALSE(parse_object(R"({"x":{"a":1,"b":{},"a":2}})"));
  CHECK_FALSE(parse_object(R"({"a":1,"\u0061":2})"));
  CHECK_FALSE(parse_object("{\"a\":\"\xC3\"}"));
  CHECK_FALSE(parse_object("{\"a\":\"\xED\xA0\x80\"}"));
  CHECK_FALSE(parse_object(R"({"a":"\ud800"})"));
  CHECK_FALSE(parse_object(std::string_view("{}\0x", 4)));
  CHECK_FALSE(parse_object("{} x"));
  CHECK_FALSE(parse_object("{\"a\":\"\n\"}"));
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(parse_object(nested(32)));
  CHECK_FALSE(parse_object(nested(33)));
  CHECK_FALSE(parse_object("{\"a\":" + std::string(1'000'000, '[')));
}

TEST_CASE("CMT-73: text is cut at a character's border") {
  using gateway::cut_utf8;
  CHECK(cut_utf8("abc", 3) == "abc");
  CHECK(cut_utf8("abcd", 3) == "abc");
  CHECK(cut_utf8("ab\xC3\xA9", 3) == "ab");
  CHECK(cut_utf8("ab\xE2\x82\xAC", 4) == "ab");
  CHECK(cut_utf8("a\xF0\x9F\x98\x80z", 4) == "a");
  CHECK(cut_utf8("a\xF0\x9F\x98\x80z", 5) == "a\xF0\x9F\x98\x80");
  CHECK(gateway::to_utf8("a\xFFz") == "a\xEF\xBF\xBDz");
}

TEST_CASE("API-74: paths are case-sensitive, a slash at the end is none") {
  using gateway::parse_target;
  using gateway::Resource;
  const auto resource = [](std::string_view text) {
    const auto target = parse_target(text);
    REQUIRE(target);
    return target->resource;
  };
  CHECK(resource("/") == Resource::versions);
  CHECK(resource("/1.0") == Resource::version);
  CHECK(resource("/1.0/") == Resource::version);
  CHECK(resource("/1.0/RCS/1/Chat") == Resource::chats);
  CHECK(resource("/1.0/RCS/1/Chat/?limit=1") == Resource::chats);
  CHECK(resource("/1.0/RCS/1/chat") == Resource::none);
  CHECK(resource("/1.0/rcs/1/Chat") == Resource::none);
  CHECK(resource("/1.0/RCS/1/Chat/1-001") == Resource::chat);
  CHECK(resource("/1.0/RCS/1/Event/Ticket/") == Resource::ticket);
  CHECK(resource("/1.0/RCS/1/Event/Device") == Resource::devices);
  CHECK(resource("/1.0/RCS/1/Chat/1-001/Message") == Resource::texts);
  CHECK(resource("/1.0/RCS/1/Chat/1-001/Messages") == Resource::none);
  CHECK(resource("/1.0//1/Chat") == Resource::none);
  CHECK(resource("/2.0/RCS/1/Chat") == Resource::other_version);
  CHECK(resource("/favicon.ico") == Resource::none);
  const auto target = parse_target("/1.0/RCS/%2B8210/Chat/%2B8210-001?a=%41&b&c==");
  REQUIRE(target);
  CHECK(target->rcs_id == "+8210");
  CHECK(target->instance == "+8210-001");
  CHECK(*target->parameter("a") == "A");
  CHECK(target->parameter("b")->empty());
  CHECK(*target->parameter("c") == "=");
  CHECK(target->parameter("d") == nullptr);
  CHECK_FALSE(parse_target("/%4"));
  CHECK_FALSE(parse_target("/?a=%zz"));
  CHECK_FALSE(parse_target("*"));
  CHECK_FALSE(parse_target("http://x/"));
  CHECK_FALSE(parse_target("/" + std::string(9000, 'a')));
}
