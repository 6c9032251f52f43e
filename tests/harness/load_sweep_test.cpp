#include "harness/load_sweep.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using harness::parse_sweep;
using harness::SweepAxis;

namespace {

std::string fault(std::string_view text) {
  const auto axis = parse_sweep(text);
  return axis ? std::string("taken") : axis.error().detail();
}

harness::LoadOptions small_options() {
  harness::LoadOptions options;
  options.model.population.users = 300;
  options.model.shards = 4;
  options.model.length = 1h;
  options.threads = 1;
  return options;
}

core::Result<harness::SweepResult> sweep(const harness::LoadOptions& options, std::vector<SweepAxis> axes) {
  return harness::run_sweep(options, std::move(axes), [](const auto&) { return true; });
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("A sweep names a parameter and its values, as a range or a list") {
  CHECK(parse_sweep("mean=5..50:5")->values.size() == 10);
  CHECK(parse_sweep("mean=5..50:5")->values.back() == 50);
  CHECK(parse_sweep("share-open-api=0..1:0.1")->values.size() == 11);
  CHECK(parse_sweep("share-open-api=0..1:0.1")->values.back() == Approx(1));
  CHECK(parse_sweep("users=1000,20000")->values == std::vector<double>{1000, 20000});
  CHECK(parse_sweep("hours=3..3:1")->values == std::vector<double>{3});
}

TEST_CASE("A wrong sweep is told by its parameter and the wish") {
  CHECK(fault("mean").find("expected users, mean, share-open-api, zipf, loss or hours") == 0);
  CHECK(fault("speed=1,2").find("expected users, mean") == 0);
  for (const auto* text : {"mean=", "mean=5..1:1", "mean=1..5", "mean=1..5:0", "mean=1..5:-1", "mean=1,x",
                           "mean=1,,2", "mean=9999", "mean=nan", "mean=0..1:0.00000001", "mean=5:1..9"}) {
    INFO(text);
    CHECK(fault(text).find("mean: expected FROM..TO:STEP") == 0);
  }
  CHECK(fault("share-open-api=0,1.5").find("share-open-api: expected") == 0);
}

TEST_CASE("Every point of the grid is run, the last parameter fastest") {
  const auto result =
      sweep(small_options(), {*parse_sweep("mean=10,100"), *parse_sweep("share-open-api=0,0.5,1")});
  REQUIRE(result);
  REQUIRE(result->points.size() == 6);
  CHECK(result->points[1].values == std::vector<double>{10, 0.5});
  CHECK(result->points[3].values == std::vector<double>{100, 0});
  for (const auto& point : result->points) {
    CHECK(point.result.options.model.mean_per_day == point.values[0]);
    CHECK(point.result.options.model.population.share_open_api == point.values[1]);
  }
  CHECK(result->points[3].result.replications[0].sessions() >
        result->points[0].result.replications[0].sessions());
}

TEST_CASE("The table has a line for each replication of each point, the picture a line for each kind") {
  auto options = small_options();
  options.replications = 3;
  const auto result = sweep(options, {*parse_sweep("mean=50..150:50"), *parse_sweep("share-open-api=0,0.5")});
  REQUIRE(result);
  const auto csv = harness::sweep_csv(*result);
  CHECK(lines_of(csv) == 1 + 6 * 3);
  CHECK(csv.find("mean,share-open-api,replication,seed,sessions,") == 0);
  const auto text = harness::sweep_text(*result);
  CHECK(lines_of(text) == 2 + 6);
  // Where nobody is behind the open API there is neither a mean nor a ratio.
  CHECK(text.find("  -  ") != std::string::npos);
  const auto svg = harness::sweep_svg(*result);
  CHECK(svg.find("nan") == std::string::npos);
  std::size_t lines = 0;
  for (auto at = svg.find("<polyline"); at != std::string::npos; at = svg.find("<polyline", at + 1)) ++lines;
  CHECK(lines == 3);  // standard at both shares, open API where somebody has it
}

TEST_CASE("A grid that is too large, or a parameter that stands twice, is refused before anything runs") {
  const auto words = [](std::vector<SweepAxis> axes) {
    return sweep(small_options(), std::move(axes)).error().detail();
  };
  CHECK(words({}).find("sweep: expected 1 to 3 parameters") == 0);
  CHECK(words({*parse_sweep("mean=1,2"), *parse_sweep("mean=3,4")}) == "sweep: mean: stands twice");
  CHECK(words({*parse_sweep("mean=1..1000:1"), *parse_sweep("zipf=0..2:0.1")}).find("sweep: more than") == 0);
  CHECK(words({*parse_sweep("users=1000,1")}).find("at users=1: users: expected 2 to") == 0);
}
