#include "harness/report.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using rcs::harness::FinishedRun;

namespace {

FinishedRun failed_run() {
  FinishedRun run;
  run.scenario.name = "a<b";
  run.scenario.file = "dir/a.yaml";
  run.scenario.actors.push_back(
      {.name = "jack", .kind = rcs::scenario::ActorKind::api, .id = "0101", .line = 3});
  run.result.failures.push_back({14, "expected \"x\" & got <y>"});
  run.seed = 9;
  rcs::trace::Record post;
  post.id = {1};
  post.from = "jack";
  post.to = "gateway";
  post.protocol = rcs::trace::Protocol::http;
  post.label = "POST";
  run.result.records.push_back(post);
  return run;
}

}  // namespace

TEST_CASE("JUnit XML names the scenario, its file and line, with everything escaped") {
  const auto xml = rcs::harness::junit_xml({failed_run()});
  CHECK(xml.find("tests=\"1\" failures=\"1\"") != std::string::npos);
  CHECK(xml.find("name=\"a&lt;b\"") != std::string::npos);
  CHECK(xml.find("dir/a.yaml:14: expected &quot;x&quot; &amp; got &lt;y&gt;</failure>") != std::string::npos);
}

TEST_CASE("a run's JSON line carries verdict, counts by rule and failures with their lines") {
  const auto json = nlohmann::json::parse(rcs::harness::run_json(failed_run()));
  CHECK(json["passed"] == false);
  CHECK(json["mode"] == "virtual");
  CHECK(json["counts"]["paper"]["jack"] == 1);
  CHECK(json["failures"][0]["line"] == 14);
}

TEST_CASE("the device table compares further runs with the first") {
  auto first = failed_run();
  auto second = failed_run();
  second.scenario.name = "second";
  auto answer = second.result.records[0];
  answer.id = {2};
  std::swap(answer.from, answer.to);
  answer.label = "200 POST";
  second.result.records.push_back(answer);
  const auto table = rcs::harness::device_table({first, second});
  CHECK(table.find("ratio") != std::string::npos);
  CHECK(table.find("2.00") != std::string::npos);
}

TEST_CASE("a report that can not be written names the file and the reason") {
  const auto written = rcs::harness::write_file("/no/such/folder/x", "text");
  REQUIRE_FALSE(written);
  CHECK(written.error().detail() == "/no/such/folder/x: No such file or directory");
}
