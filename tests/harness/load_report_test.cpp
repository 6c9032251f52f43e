#include "harness/load_report.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/text.hpp"
#include "harness/load_charts.hpp"
#include "harness/load_tables.hpp"
#include "sim/pairs.hpp"
#include "support/catch.hpp"

using namespace rcs;
using harness::LoadOptions;
using harness::LoadResult;

namespace {

constexpr double kCapacity = 1;  // of a node, so low that several machines are needed

LoadOptions few_users() {
  LoadOptions options;
  options.model.population.users = 500;
  options.model.population.share_open_api = 0.4;
  options.model.length = std::chrono::hours(1);
  options.model.shards = 8;
  options.replications = 2;
  options.seed = 7;
  return options;
}

LoadResult run(const LoadOptions& options) {
  auto result = harness::run_load(options, [](const harness::LoadProgress&) { return true; });
  REQUIRE(result);
  return std::move(*result);
}

/// So rare that none begins.
LoadOptions no_sessions() {
  auto options = few_users();
  options.model.mean_per_day = 1e-6;
  options.model.length = std::chrono::minutes(1);
  options.replications = 1;
  return options;
}

/// The lines of an RFC 4180 text, without the heading, in cells.
std::vector<std::vector<std::string>> rows_of(const std::string& csv) {
  std::vector<std::vector<std::string>> out;
  std::string_view rest = csv;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    REQUIRE(line.size() < rest.size());  // the last line ends too
    rest.remove_prefix(line.size() + 2);
    const auto cells = core::split(line, ',');
    out.emplace_back(cells.begin(), cells.end());
  }
  REQUIRE_FALSE(out.empty());
  out.erase(out.begin());
  return out;
}

/// Every element closed in order, every attribute quoted, no `<` or `&` astray; the words of what is wrong.
std::string first_flaw(const std::string& markup) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < markup.size(); ++at) {
    if (markup[at] == '&' && markup.find(';', at) > at + 6) return "a bare & in " + markup.substr(at, 20);
    if (markup[at] != '<') continue;
    const auto end = markup.find('>', at);
    if (end == std::string::npos) return "a bare < in " + markup.substr(at, 20);
    const auto tag = markup.substr(at + 1, end - at - 1);
    at = end;
    if (tag.starts_with("!")) continue;
    if (tag.find('<') != std::string::npos) return "a bare < in " + tag;
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "an open quote in " + tag;
    if (tag.ends_with("/")) continue;
    const auto name = tag.substr(tag[0] == '/', tag.find(' ') - (tag[0] == '/'));
    if (tag[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// Numbers that are none, as printf writes them where a word could stand.
bool has_no_number(const std::string& text) {
  for (const char* none : {"\"nan", "\"-nan", "\"inf", "\"-inf", ",nan", ",-nan", ",inf", ",-inf", " nan",
                           " -nan", " inf ", " -inf", ">nan", ">inf", ">-nan", ":null", "NaN"}) {
    if (text.find(none) != std::string::npos) return true;
  }
  return false;
}

/// The sum of the percentages in the tooltips of the bars of a kind of client.
double shares_drawn(const std::string& picture, const std::string& client) {
  double sum = 0;
  for (auto at = picture.find("<title>" + client + ", "); at != std::string::npos;
       at = picture.find("<title>" + client + ", ", at + 1)) {
    sum += std::stod(picture.substr(picture.find("messages: ", at) + 10));
  }
  return sum;
}

std::vector<std::string> pictures(const LoadResult& result) {
  return {harness::load_rules_svg(result), harness::load_day_svg(result), harness::load_devices_svg(result)};
}

}  // namespace

TEST_CASE("the JSON of a load run carries the numbers of the result") {
  const auto result = run(few_users());
  const auto text = harness::load_json(result, kCapacity);
  CHECK(text.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["options"]["users"] == 500);
  CHECK(json["options"]["hours"] == 1.0);
  CHECK(json["options"]["access_delay"]["shape"] == "constant");
  REQUIRE(json["rules"].size() == result.rules.size());
  CHECK(json["rules"][0]["rule"] == "paper");
  CHECK(json["rules"][0]["standard"]["sender"] == result.rules[0].standard[0]);
  CHECK(json["rules"][0]["ratio"] == result.rules[0].ratio());
  REQUIRE(json["replications"].size() == 2);
  std::uint64_t sessions = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& outcome = result.replications[i];
    const auto& found = json["replications"][i];
    sessions += outcome.sessions();
    CHECK(found["seed"] == 7 + i);
    CHECK(found["sessions"]["total"] == outcome.sessions());
    CHECK(found["hops"] == outcome.tally.hops);
    CHECK(found["devices"]["open_api"]["total"]["mean"] == outcome.devices[1].total.mean());
    CHECK(found["devices"]["standard"]["sender"]["max"] == outcome.devices[0].as_sender.max());
    CHECK(found["nodes"][0]["node"] == "gateway");
    CHECK(found["nodes"][1]["messages"] == outcome.nodes[1].messages);
    CHECK(found["delays"]["standard_to_standard"]["answered_ms"]["p95"] ==
          static_cast<double>(outcome.tally.answered[0].quantile(0.95)) / 1000);
  }
  CHECK(sessions > 0);
  CHECK(json["summary"]["sessions"]["total"] == sessions);
  const double means[] = {result.replications[0].devices[0].total.mean(),
                          result.replications[1].devices[0].total.mean()};
  CHECK(json["summary"]["devices_by_rule"]["paper"]["standard"]["total"]["mean"]["mean"].get<double>() ==
        Approx((means[0] + means[1]) / 2));
  const auto& mean = json["summary"]["devices"]["standard"]["total"]["mean"];
  CHECK(mean["mean"].get<double>() == Approx((means[0] + means[1]) / 2));
  CHECK(mean["half_width_95"].get<double>() == Approx(sim::half_width_95({means[0], means[1]})));
}

TEST_CASE("a load report does not depend on the number of threads") {
  auto options = few_users();
  options.threads = 1;
  const auto one = run(options);
  options.threads = 2;
  const auto two = run(options);
  CHECK(harness::load_json(one, kCapacity) == harness::load_json(two, kCapacity));
  CHECK(harness::load_html(one, kCapacity) == harness::load_html(two, kCapacity));
  CHECK(harness::load_text(one, kCapacity) == harness::load_text(two, kCapacity));
}

TEST_CASE("the load CSVs have a line for every minute and user, and their sums are the totals") {
  const auto result = run(few_users());
  std::size_t lines = 0;
  std::uint64_t messages = 0;
  for (const auto& outcome : result.replications) {
    for (const auto& node : outcome.nodes) {
      lines += node.by_minute.size();
      messages += node.messages;
    }
  }
  const auto by_minute = rows_of(harness::load_by_minute_csv(result));
  CHECK(by_minute.size() == lines);
  CHECK(by_minute.front()[0] == "1");
  CHECK(by_minute.back()[0] == "2");
  std::uint64_t sum = 0;
  for (const auto& row : by_minute) sum += core::parse_u64(row.at(3)).value();
  CHECK(sum == messages);

  std::map<std::string, std::uint64_t> users;
  std::uint64_t low = 0, high = 0, expected = 0;
  for (const auto& row : rows_of(harness::load_devices_csv(result))) {
    const auto count = core::parse_u64(row.at(4)).value();
    users[row[1]] += count;
    if (row[1] != "total") continue;
    low += core::parse_u64(row[2]).value() * count;
    high += core::parse_u64(row[3]).value() * count;
  }
  for (const auto* role : {"sender", "receiver", "total"}) CHECK(users[role] == 2 * 500);
  for (const auto& outcome : result.replications) {
    for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
      const auto& flow = outcome.tally.sessions[kind];
      expected += flow * (result.options.model.flows[kind].messages(sim::kSender, 0) +
                          result.options.model.flows[kind].messages(sim::kReceiver, 0));
    }
  }
  // Below 256 a bar is one value.
  CHECK(low == expected);
  CHECK(high == expected);
}

TEST_CASE("the load tables show what the result has") {
  const auto result = run(few_users());
  const auto text = harness::load_text(result, kCapacity);
  CHECK(text.ends_with("\n"));
  for (const auto* words :
       {"500\n", "40 % of them", "standard to open API", "o-cscf", "wire         ws", " +- "})
    CHECK(text.find(words) != std::string::npos);
  for (const auto& table : harness::load_tables(result, kCapacity)) {
    for (const auto& row : table.rows) CHECK(row.size() == (table.head.empty() ? 2 : table.head.size()));
  }
  const auto tables = harness::load_tables(result, kCapacity);
  const auto by_rule = std::find_if(tables.begin(), tables.end(), [](const harness::LoadTable& table) {
    return table.title == "Messages at a user's device by every rule";
  });
  REQUIRE(by_rule != tables.end());
  CHECK(by_rule->rows.size() == 5 * 2);
  for (const auto& row : by_rule->rows) {
    for (std::size_t i = 2; i < row.size(); ++i) CHECK(row[i] != "-");
  }
  auto alone = few_users();
  alone.replications = 1;
  alone.model.population.share_open_api = 0;
  const auto standard = harness::load_text(run(alone), kCapacity);
  CHECK(standard.find(" +- ") == std::string::npos);
  CHECK(standard.find("to open API") == std::string::npos);
}

TEST_CASE("the report of a load run says where its receivers come from") {
  sim::PairsReader reader(500);
  REQUIRE(reader.feed("1 2\n3 4\n3 5\n"));
  auto options = few_users();
  options.model.population.pairs = std::make_shared<const sim::Pairs>(*reader.finish());
  const auto result = run(options);
  CHECK(harness::load_text(result, kCapacity).find("3 pairs from a file; other senders: all users alike") !=
        std::string::npos);
  const auto json = nlohmann::json::parse(harness::load_json(result, kCapacity));
  CHECK(json["options"]["receiver_pairs"] == 3);
}

TEST_CASE("as many machines as the busiest minute needs") {
  const auto result = run(few_users());
  const auto json = nlohmann::json::parse(harness::load_json(result, 1));
  const auto& node = json["summary"]["nodes"][1];
  const auto busiest =
      std::max(result.replications[0].nodes[1].busiest(), result.replications[1].nodes[1].busiest());
  CHECK(busiest > 60);
  CHECK(node["machines"] == (busiest + 59) / 60);
  CHECK(nlohmann::json::parse(harness::load_json(result, 0))["summary"]["nodes"][1]["machines"] == 0);
}

TEST_CASE("the load pictures and page are well formed and hold the data") {
  const auto result = run(few_users());
  const auto rules = harness::load_rules_svg(result);
  const auto day = harness::load_day_svg(result);
  const auto devices = harness::load_devices_svg(result);
  CHECK(occurrences(rules, "</title></rect>") == 2 * result.rules.size());
  for (const auto& count : result.rules)
    CHECK(rules.find(">\u00d7 " + harness::number_text(count.ratio(), 2) + "<") != std::string::npos);
  CHECK(occurrences(day, "<polyline") == result.replications[0].nodes.size());
  CHECK(devices.find("open API: mean") != std::string::npos);
  REQUIRE(first_flaw("<a><b></a></b>") != "");
  const auto html = harness::load_html(result, kCapacity);
  for (const auto& picture : pictures(result)) {
    CHECK(first_flaw(picture) == "");
    CHECK_FALSE(has_no_number(picture));
    CHECK(html.find(picture) != std::string::npos);
  }
  CHECK(first_flaw(html) == "");
  CHECK(html.find("<script") == std::string::npos);
  for (const auto& table : harness::load_tables(result, kCapacity))
    CHECK(html.find("<h2>" + table.title.substr(0, 12)) != std::string::npos);
}

TEST_CASE("the picture of messages at devices draws all users of each kind") {
  auto result = run(no_sessions());
  auto& devices = result.replications[0].devices;
  devices[0].total = devices[1].total = {};
  SECTION("small numbers") {
    for (std::uint64_t value = 0; value < 200; ++value) devices[0].total.add(2 * value, 1 + value % 7);
    for (std::uint64_t value = 30; value < 90; ++value) devices[1].total.add(3 * value, 1 + value % 5);
  }
  SECTION("large ones close together, of which one bar of a histogram holds several") {
    for (const std::uint64_t value : {100'001, 100'002, 100'900}) devices[0].total.add(value);
    devices[1].total.add(100'003, 9);
  }
  const auto picture = harness::load_devices_svg(result);
  CHECK(first_flaw(picture) == "");
  CHECK(shares_drawn(picture, "standard") == Approx(100).margin(0.5));
  CHECK(shares_drawn(picture, "open API") == Approx(100).margin(0.5));
}

TEST_CASE("the picture of messages at devices says how many users it leaves out") {
  auto result = run(no_sessions());
  auto& total = result.replications[0].devices[0].total;
  total = {};
  total.add(10, 995);
  total.add(70'000, 5);
  CHECK(harness::load_devices_svg(result).find("; 5 with more, up to 70,000<") != std::string::npos);
}

TEST_CASE("a load run without any session has a report without a number that is none") {
  const auto result = run(no_sessions());
  REQUIRE(result.replications[0].sessions() == 0);
  const auto text = harness::load_text(result, kCapacity);
  CHECK(text.find("Set-up delay") == std::string::npos);
  CHECK_FALSE(has_no_number(text));
  const auto json = harness::load_json(result, kCapacity);
  CHECK_FALSE(has_no_number(json));
  CHECK(nlohmann::json::parse(json)["summary"]["delays"].empty());
  CHECK(harness::load_devices_svg(result).find(">-0<") == std::string::npos);
  CHECK(harness::load_day_svg(result).find("no chat was set up") != std::string::npos);
  for (const auto& picture : pictures(result)) {
    CHECK(first_flaw(picture) == "");
    CHECK_FALSE(has_no_number(picture));
  }
  CHECK(first_flaw(harness::load_html(result, kCapacity)) == "");
}

TEST_CASE("a load report is a folder of files, and one that can not be made is named") {
  const auto result = run(no_sessions());
  const auto folder =
      std::filesystem::temp_directory_path() / ("load_report_test." + std::to_string(getpid()));
  const auto written = harness::write_load_report(result, kCapacity, (folder / "deep").string());
  REQUIRE(written);
  for (const auto* name :
       {"by-minute.csv", "devices.csv", "rules.svg", "day.svg", "devices.svg", "report.html"})
    CHECK(std::filesystem::file_size(folder / "deep" / name) > 0);
  std::ostringstream json;
  json << std::ifstream(folder / "deep" / "result.json").rdbuf();
  CHECK(json.str() == harness::load_json(result, kCapacity) + "\n");
  const auto under_a_file = (folder / "deep" / "result.json" / "x").string();
  const auto refused = harness::write_load_report(result, kCapacity, under_a_file);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail().find(under_a_file) != std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("an axis ends at a round number that is not less than what is drawn") {
  const auto labels = [](double most) {
    std::string out;
    for (const auto& tick : harness::round_ticks(most, 5)) out += tick.label + " ";
    return out;
  };
  CHECK(labels(10) == "0 2 4 6 8 10 ");
  CHECK(labels(11) == "0 5 10 15 ");
  CHECK(labels(0.3) == "0.0 0.1 0.2 0.3 ");
  CHECK(labels(4'100) == "0 1,000 2,000 3,000 4,000 5,000 ");
  CHECK(labels(0) == "0.0 0.2 0.4 0.6 0.8 1.0 ");
}

TEST_CASE("numbers are grouped by thousands") {
  CHECK(harness::number_text(0) == "0");
  CHECK(harness::number_text(999) == "999");
  CHECK(harness::number_text(-1234567.891, 2) == "-1,234,567.89");
  CHECK(harness::short_text(1234.5) == "1,234.5");
  CHECK(harness::short_text(20) == "20");
  CHECK(harness::minute_text(25 * 60 + 3) == "25:03");
}
