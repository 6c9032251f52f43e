#include "cli/tool.hpp"

#include <CLI/CLI.hpp>

#include "support/catch.hpp"

using rcs::cli::Exit;

namespace {

int run(std::vector<std::string> arguments, const std::function<Exit(CLI::App&)>& body) {
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), "tool");
  for (auto& argument : arguments) argv.push_back(argument.data());
  rcs::cli::CommonOptions options;
  return rcs::cli::run_tool(
      static_cast<int>(argv.size()), argv.data(), "tool", "A tool.", "  tool\n",
      [&](CLI::App& app) { rcs::cli::add_common_options(app, options, 7); }, body);
}

}  // namespace

TEST_CASE("a tool's exit code is its body's, 2 for wrong usage and 4 for a fault of its own") {
  CHECK(run({}, [](CLI::App&) { return Exit::ok; }) == 0);
  CHECK(run({}, [](CLI::App&) { return Exit::refused; }) == 1);
  CHECK(run({"--no-such-option"}, [](CLI::App&) { return Exit::ok; }) == 2);
  CHECK(run({"--timeout", "-1"}, [](CLI::App&) { return Exit::ok; }) == 2);
  CHECK(run({"--color", "pink"}, [](CLI::App&) { return Exit::ok; }) == 2);
  CHECK(run({}, [](CLI::App&) -> Exit { throw std::runtime_error("broken"); }) == 4);
  CHECK(run({"--version"}, [](CLI::App&) { return Exit::refused; }) == 0);
}

TEST_CASE("every error code has the exit code its reader expects") {
  using rcs::core::Errc;
  using rcs::core::Error;
  CHECK(rcs::cli::exit_for(Error(Errc::malformed)) == Exit::usage);
  CHECK(rcs::cli::exit_for(Error(Errc::refused)) == Exit::refused);
  CHECK(rcs::cli::exit_for(Error(Errc::timed_out)) == Exit::unreachable);
  CHECK(rcs::cli::exit_for(Error(Errc::unreachable)) == Exit::unreachable);
  CHECK(rcs::cli::exit_for(Error(Errc::internal)) == Exit::internal);
}

TEST_CASE("a file that can not be read is named with the reason") {
  const auto result = rcs::cli::read_input("/no/such/file");
  REQUIRE_FALSE(result);
  CHECK(result.error().detail() == "/no/such/file: No such file or directory");
  const auto large = rcs::cli::read_input(RCS_SOURCE_DIR "/LICENSE", 10);
  REQUIRE_FALSE(large);
  CHECK(large.error().code() == rcs::core::Errc::too_large);
}
