// The table of rooms, held against every include and against the tokens that would let a clock, a thread or a
// socket into a pure room.

#include <map>
#include <regex>
#include <set>
#include <string>

#include "house/source_files.hpp"
#include "support/catch.hpp"

namespace {

using Rooms = std::set<std::string>;

/// What each room may include; the same table stands in lib/README.md.
const std::map<std::string, Rooms>& may_use() {
  static const Rooms kL1 = {"core", "body", "sip", "msrp", "node", "trace", "scenario", "store"};
  static const auto with = [](Rooms rooms, const Rooms& more) {
    rooms.insert(more.begin(), more.end());
    return rooms;
  };
  static const Rooms kL4 = with(kL1, {"chat", "ims", "gateway", "net", "http", "sim"});
  static const std::map<std::string, Rooms> kTable = {
      {"core", {}},
      {"node", {"core"}},
      {"body", {"core"}},
      {"sip", {"core", "node"}},
      {"msrp", {"core", "node", "body"}},
      {"trace", {"core"}},
      {"scenario", {"core"}},
      {"store", {"core"}},
      {"chat", kL1},
      {"ims", kL1},
      {"gateway", {"core", "body", "node", "chat", "store"}},
      {"net", kL1},
      {"http", {"core", "net"}},
      {"sim", {"core", "node", "trace"}},
      {"harness", kL4},
      {"cli", {"core"}},
      {"apps", with(kL4, {"harness", "cli"})},
  };
  return kTable;
}

const Rooms kPure = {"core",     "node",  "body", "sip", "msrp",   "trace",
                     "scenario", "store", "chat", "ims", "gateway"};

}  // namespace

TEST_CASE("every room includes only the rooms its row of the table allows") {
  const std::regex include(R"re(#include\s+"([a-z_]+)/)re");
  for (const auto& file : house::source_files()) {
    INFO(file.path);
    const auto row = may_use().find(file.room);
    REQUIRE(row != may_use().end());
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), include), end; it != end; ++it) {
      const std::string used = (*it)[1];
      INFO("includes " << used);
      CHECK((used == file.room || row->second.count(used) == 1));
    }
  }
}

TEST_CASE("the pure rooms know no clock, no thread, no lock and no socket") {
  const std::regex banned(
      R"re(steady_clock::now|system_clock::now|high_resolution_clock|std::thread|std::jthread|std::mutex|<thread>|<mutex>|boost/asio|boost/beast|sys/socket|shared_ptr|sleep_for|gettimeofday|clock_gettime|std::random_device|[^_a-z]rand\()re");
  for (const auto& file : house::source_files()) {
    if (kPure.count(file.room) == 0) continue;
    std::smatch match;
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, match, banned));
  }
}

TEST_CASE("heavy third-party headers stay out of headers") {
  const std::regex heavy(
      R"re(#include\s+<(boost/asio|boost/beast|CLI/|nlohmann/json\.hpp|yaml-cpp/|sofia-sip/|pugixml))re");
  for (const auto& file : house::source_files()) {
    if (!file.path.ends_with(".hpp")) continue;
    // A header beside the sources of one room, with "_impl" in its name, is private to them.
    if (file.path.find("_impl.hpp") != std::string::npos) continue;
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, heavy));
  }
}

TEST_CASE("no room is a drawer for leftovers") {
  for (const auto& file : house::source_files()) {
    INFO(file.path);
    for (const auto* name : {"util", "common", "helper", "manager", "misc"})
      CHECK(file.path.find(name) == std::string::npos);
  }
}

TEST_CASE("lib/README.md names every room") {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/lib/README.md");
  std::stringstream text;
  text << in.rdbuf();
  for (const auto& file : house::source_files()) {
    if (file.room == "apps") continue;
    INFO(file.room);
    CHECK(text.str().find("`" + file.room + "`") != std::string::npos);
  }
}
