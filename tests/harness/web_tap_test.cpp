#include "harness/web_tap.hpp"

#include "support/catch.hpp"

using rcs::core::WebId;
using rcs::core::WebReply;
using rcs::core::WebRequest;

TEST_CASE("XLAT-4 API-99: tokens and tickets are blanked in records") {
  WebRequest request;
  request.method = "POST";
  request.target = "/1.0/RCS/0108/Event?ticket=secret1&since=x";
  request.headers = {{"Authorization", "Bearer secret2"}, {"Host", "h"}};
  request.body = R"({"data":{"subject":"hi"},"oauth_token":"secret3"})";
  const auto content = rcs::harness::traced_content(request);
  CHECK(content.find("secret") == std::string::npos);
  CHECK(content.find("since=x") != std::string::npos);
  CHECK(content.find("\"subject\":\"hi\"") != std::string::npos);
}

TEST_CASE("an answer names its request as its cause, and an event is a record of its own") {
  rcs::trace::Recorder recorder;
  rcs::harness::WebTap tap(recorder, "gateway",
                           [](const std::string& id) { return id == "0108" ? "jack" : id; });
  WebRequest post;
  post.method = "POST";
  post.target = "/1.0/RCS/0108/Chat";
  post.body = R"({"data":{"message_id":"m1"}})";
  tap.on_request({}, WebId{1}, post);
  tap.on_action({}, WebId{1}, WebReply{200, {}, R"({"data":{"message_id":"m1"}})"});
  recorder.done();
  WebRequest poll;
  poll.method = "GET";
  poll.target = "/1.0/RCS/0108/Event";
  tap.on_request({}, WebId{2}, poll);
  tap.on_action({}, WebId{2}, WebReply{200, {}, R"({"type":"chat","data":{"status":"trying"},"id":"e.1"})"});
  const auto& records = recorder.records();
  REQUIRE(records.size() == 4);
  CHECK(records[0].from == "jack");
  CHECK(records[0].message_id == "m1");
  CHECK(records[1].label == "200 POST");
  CHECK(records[1].cause == records[0].id);
  CHECK(records[3].label == "trying");
  CHECK(records[3].protocol == rcs::trace::Protocol::event);
}
