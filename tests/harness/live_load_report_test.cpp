#include "harness/live_load_report.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;

namespace {

const std::string kStrange = "POST 400 <b> & \"bad, request\"";

harness::LiveSession session(core::Duration due, core::Duration took) {
  harness::LiveSession out;
  out.sender = 3;
  out.receiver = 4;
  out.intended = due;
  out.sent = due + 1ms;
  out.reached = {due + took, due + 2 * took, due + 3 * took};
  out.over = due + 3 * took;
  return out;
}

/// Ten that went well, one refused in strange words, one that nobody answered, one that was not begun.
harness::LiveResult some_result() {
  harness::LiveResult result;
  result.options.url = "http://127.0.0.1:8080";
  result.options.speed = 600;
  result.options.model.population.users = 40;
  result.options.model.length = 1h;
  result.run.window = 6s;
  result.run.users = 12;
  for (int i = 0; i < 10; ++i) result.run.sessions.push_back(session(i * 100ms, (i + 1) * 1ms));
  auto refused = session(2s, 1ms);
  refused.reached = {};
  refused.failure = kStrange;
  result.run.sessions.push_back(refused);
  auto waited = session(3s, 1ms);
  waited.reached[2].reset();
  waited.over = 63s;
  waited.failure = "no event accepted in time";
  waited.waited = true;
  result.run.sessions.push_back(waited);
  auto missing = harness::LiveSession{};
  missing.intended = 4s;
  result.run.sessions.push_back(missing);
  result.tally = harness::tally_live_load(result.run, 10ms);
  return result;
}

}  // namespace

TEST_CASE("the JSON of a live load carries its verdict, counts and latencies") {
  const auto text = harness::live_json(some_result());
  CHECK(text.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["valid"] == true);
  CHECK(json["reason"] == "");
  CHECK(json["options"]["users"] == 40);
  CHECK(json["options"]["share_open_api"] == 1);
  CHECK(json["sessions"] == nlohmann::json{{"offered", 13}, {"begun", 12}, {"completed", 10}, {"failed", 2}});
  // 40 users, 25 a day, 600 times as fast.
  CHECK(json["per_second"]["mean_of_the_law"].get<double>() == Approx(40 * 25 * 600 / 86400.0));
  CHECK(json["per_second"]["offered"].get<double>() == Approx(13 / 6.0));
  CHECK(json["lateness_ms"]["max"] == 1.0);
  CHECK(json["failures"][kStrange] == 1);
  const auto& answered = json["latency_ms"]["answered"]["from_intended"];
  CHECK(answered["sessions"] == 11);
  CHECK(answered["p50"] == 5.0);
  CHECK(answered["max"] == 10.0);
  CHECK(answered["at_least"].empty());
  CHECK(json["latency_ms"]["answered"]["from_sent"]["max"] == 9.0);
  const auto& accepted = json["latency_ms"]["accepted"]["from_intended"];
  CHECK(accepted["unanswered"] == 1);
  CHECK(accepted["p50"] == 18.0);
  CHECK(accepted["max"] == 60000.0);
  CHECK(accepted["at_least"] == nlohmann::json{"p99", "p99.9", "max"});
}

TEST_CASE("the JSON of a live load says why it is invalid") {
  auto result = some_result();
  result.tally = harness::tally_live_load(result.run, 0ms);
  const auto json = nlohmann::json::parse(harness::live_json(result));
  CHECK(json["valid"] == false);
  CHECK(json["reason"].get<std::string>().starts_with("the generator was late: 12 of 12"));
  CHECK(harness::live_text(result).find("INVALID") != std::string::npos);
  CHECK(harness::live_text(some_result()).find("INVALID") == std::string::npos);
}

TEST_CASE("the CSV of a live load has a line for each session") {
  const auto csv = harness::live_sessions_csv(some_result());
  const auto lines = core::split(csv, '\n');
  REQUIRE(lines.size() == 1 + 13 + 1);
  CHECK(lines[0] ==
        "session,sender,receiver,intended_ms,sent_ms,answered_ms,initiate_ms,accepted_ms,outcome\r");
  CHECK(lines[2] == "2,01000000003,01000000004,100.000,101.000,102.000,104.000,106.000,completed\r");
  CHECK(lines[11] ==
        "11,01000000003,01000000004,2000.000,2001.000,,,,\"POST 400 <b> & \"\"bad, request\"\"\"\r");
  CHECK(lines[12].ends_with(",3001.000,3002.000,,\"no event accepted in time\"\r"));
  CHECK(lines[13].ends_with(",4000.000,,,,,not begun\r"));
  CHECK(lines[14].empty());
}

TEST_CASE("the page of a live load has both pictures and lets no foreign words become markup") {
  const auto result = some_result();
  const auto page = harness::live_html(result);
  CHECK(page.find(harness::live_latency_svg(result)) != std::string::npos);
  CHECK(page.find(harness::live_quantiles_svg(result)) != std::string::npos);
  CHECK(page.find("<b>") == std::string::npos);
  CHECK(page.find("&lt;b&gt; &amp; ") != std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
}

TEST_CASE("tables of a live load mark lower bounds and name every failure") {
  const auto text = harness::live_text(some_result());
  CHECK(text.find("\u2265 60,000.0") != std::string::npos);
  CHECK(text.find("no event accepted in time") != std::string::npos);
  CHECK(text.find(kStrange) != std::string::npos);
  CHECK(text.find("12 of them took part") != std::string::npos);
}

TEST_CASE("a live load without sessions has a report too") {
  harness::LiveResult result;
  result.run.window = 1s;
  result.tally = harness::tally_live_load(result.run, 10ms);
  for (const auto& picture : {harness::live_latency_svg(result), harness::live_quantiles_svg(result)}) {
    CHECK(picture.find("no session was") != std::string::npos);
    CHECK(picture.find("nan") == std::string::npos);
    CHECK(picture.find("inf") == std::string::npos);
  }
  CHECK(nlohmann::json::parse(harness::live_json(result))["sessions"]["offered"] == 0);
  CHECK(harness::live_text(result).find("Latency") == std::string::npos);
}
