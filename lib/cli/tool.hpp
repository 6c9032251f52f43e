#pragma once
// What every tool shares: exit codes, the options all of them take, how a failure is told, colour. CLI11
// stays in the .cpp files.

#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace CLI {
class App;
}

namespace rcs::cli {

enum class Exit : int {
  ok = 0,           ///< success, and only then
  refused = 1,      ///< the peer said no, or an expectation was not met
  usage = 2,        ///< wrong usage, configuration or scenario file
  unreachable = 3,  ///< could not reach, or timed out
  internal = 4,     ///< our own fault
  interrupted = 130,
};

Exit exit_for(const core::Error& error);

enum class Color { automatic, always, never };

struct CommonOptions {
  int verbosity = 0;  ///< -v repeated
  bool quiet = false;
  bool json = false;
  Color color = Color::automatic;
  double timeout_seconds = 30;
  std::string trace_file;  ///< empty: no trace; "-": standard output

  core::Duration timeout() const {
    return std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>(timeout_seconds));
  }
};

/// Adds -v, -q, --json, --color, --timeout, --trace. `default_timeout`: seconds.
void add_common_options(CLI::App& app, CommonOptions& options, double default_timeout = 30);

/// Is standard output (1) or error (2) to be coloured? `automatic`: when it is a terminal and NO_COLOR is
/// unset.
bool wants_color(Color color, int fd);
bool is_terminal(int fd);

/// A tool's main: names itself, takes the arguments, runs `body` and turns what it returns or throws into an
/// exit code. `declare` adds options and subcommands and must set callbacks through `body` only. Messages:
/// "TOOL: words" on standard error.
int run_tool(int argc, char** argv, std::string_view name, std::string_view description,
             std::string_view examples, const std::function<void(CLI::App&)>& declare,
             const std::function<Exit(CLI::App&)>& body);

/// "TOOL: words" on standard error; the tool's name is the one run_tool was given.
void say(std::string_view words);
Exit fail(const core::Error& error);

/// All of a file, or of standard input for "-". Errors: unknown (no such file; names it and the reason),
/// too_large.
core::Result<std::string> read_input(const std::string& path, std::size_t max_bytes = 64 * 1024 * 1024);

}  // namespace rcs::cli
