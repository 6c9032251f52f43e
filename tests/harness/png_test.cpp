#include "harness/png.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/report.hpp"
#include "support/catch.hpp"

using namespace rcs;

namespace {

constexpr const char* kSvg =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"320\" height=\"258\"><rect width=\"9\" "
    "height=\"9\"/></svg>";

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("rcs-png-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const char* name, const char* content) const {
    const auto file = (path / name).string();
    REQUIRE(harness::write_file(file, content));
    return file;
  }
};

/// No program is found in the meantime.
struct EmptyPath {
  std::string before = std::getenv("PATH");
  EmptyPath() { ::setenv("PATH", "/nonexistent", 1); }
  ~EmptyPath() { ::setenv("PATH", before.c_str(), 1); }
};

std::string octets(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("A PNG is drawn beside an SVG, in its size") {
  const Folder folder;
  const auto drawn = harness::draw_pngs({folder.write("-a.svg", kSvg), folder.write("b.svg", kSvg)});
  if (!drawn && drawn.error().code() == core::Errc::unsupported && std::getenv("CI") == nullptr) {
    WARN("skipped: " << drawn.error().detail());
    return;
  }
  REQUIRE(drawn);
  for (const auto* name : {"-a.png", "b.png"}) {
    const auto png = octets(folder.path / name);
    REQUIRE(png.size() > 24);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    // Width and height, four octets each, highest first (ISO/IEC 15948, IHDR).
    CHECK(png.substr(16, 8) == std::string("\0\0\1\x40\0\0\1\2", 8));
  }
  const auto refused = harness::draw_pngs({folder.write("broken.svg", "<svg")});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == core::Errc::refused);
  CHECK(refused.error().detail().find("broken.png: expected a picture of") != std::string::npos);
}

TEST_CASE("Without the program the error names the package that has it") {
  const Folder folder;
  const EmptyPath nothing;
  const auto drawn = harness::draw_pngs({folder.write("a.svg", kSvg)});
  REQUIRE_FALSE(drawn);
  CHECK(drawn.error().code() == core::Errc::unsupported);
  CHECK(drawn.error().detail() == "rsvg-convert is not installed; install the package librsvg2-bin");
  CHECK_FALSE(std::filesystem::exists(folder.path / "a.png"));
}
