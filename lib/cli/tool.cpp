#include "cli/tool.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/text.hpp"

namespace rcs::cli {
namespace {

constexpr double kMaxTimeoutSeconds = 365 * 86400.0;  // durations are 64-bit nanoseconds

// The one mutable global of the process: the name under which it speaks, set once by run_tool before anything
// else runs.
std::string& tool_name() {
  static std::string name = "rcsgw";
  return name;
}

}  // namespace

Exit exit_for(const core::Error& error) {
  switch (error.code()) {
    case core::Errc::malformed:
    case core::Errc::too_large:
    case core::Errc::unsupported:
    case core::Errc::unknown:
      return Exit::usage;
    case core::Errc::refused:
      return Exit::refused;
    case core::Errc::unreachable:
    case core::Errc::timed_out:
      return Exit::unreachable;
    case core::Errc::internal:
      return Exit::internal;
  }
  return Exit::internal;
}

void add_common_options(CLI::App& app, CommonOptions& options, double default_timeout) {
  options.timeout_seconds = default_timeout;
  app.add_flag("-v,--verbose", options.verbosity, "Say more on standard error; repeat for still more");
  app.add_flag("-q,--quiet", options.quiet, "Say nothing but failures");
  app.add_flag("--json", options.json, "One JSON object a line on standard output");
  app.add_option_function<std::string>(
         "--color",
         [&options](const std::string& word) {
           if (word != "auto" && word != "always" && word != "never") {
             throw CLI::ValidationError("--color",
                                        "expected auto, always or never, got " + core::quoted(word));
           }
           options.color = word == "auto"     ? Color::automatic
                           : word == "always" ? Color::always
                                              : Color::never;
         },
         "Colours: auto, always or never")
      ->option_text("auto|always|never");
  app.add_option_function<double>(
         "--timeout",
         [&options](const double& seconds) {
           if (!(seconds > 0) || seconds > kMaxTimeoutSeconds) {
             throw CLI::ValidationError("--timeout", "expected seconds, more than 0 and at most a year");
           }
           options.timeout_seconds = seconds;
         },
         "Give up after this many seconds")
      ->option_text("SECONDS");
  app.add_option("--trace", options.trace_file,
                 "Write every message sent and received, one JSON object a line")
      ->option_text("FILE");
}

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

bool wants_color(Color color, int fd) {
  if (color != Color::automatic) return color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  return is_terminal(fd) && (no_color == nullptr || *no_color == '\0');
}

void say(std::string_view words) {
  std::fprintf(stderr, "%s: %.*s\n", tool_name().c_str(), static_cast<int>(words.size()), words.data());
}

Exit fail(const core::Error& error) {
  say(error.detail());
  return exit_for(error);
}

int run_tool(int argc, char** argv, std::string_view name, std::string_view description,
             std::string_view examples, const std::function<void(CLI::App&)>& declare,
             const std::function<Exit(CLI::App&)>& body) {
  tool_name() = name;
  CLI::App app{std::string(description), std::string(name)};
  app.set_version_flag("--version", std::string(name) + " " RCS_VERSION);
  app.footer("Examples:\n" + std::string(examples));
  try {
    declare(app);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version: printed on standard output
    say(std::string(error.what()) + " (try " + std::string(name) + " --help)");
    return static_cast<int>(Exit::usage);
  }
  try {
    const Exit code = body(app);
    if (std::fflush(stdout) != 0 && code == Exit::ok) {
      say(std::string("standard output: ") + std::strerror(errno));
      return static_cast<int>(Exit::unreachable);
    }
    return static_cast<int>(code);
  } catch (const std::exception& error) {
    say(std::string("internal error: ") + error.what());
    return static_cast<int>(Exit::internal);
  }
}

core::Result<std::string> read_input(const std::string& path, std::size_t max_bytes) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  const auto error = [&] { return core::Error(core::Errc::unknown, path + ": " + std::strerror(errno)); };
  if (file == nullptr) return error();
  std::string out;
  char block[65536];
  for (;;) {
    const auto n = std::fread(block, 1, sizeof block, file);
    out.append(block, n);
    if (n < sizeof block || out.size() > max_bytes) break;
  }
  const bool failed = std::ferror(file) != 0;
  const auto reason = error();
  if (file != stdin) std::fclose(file);
  if (failed) return reason;
  if (out.size() > max_bytes)
    return core::Error(core::Errc::too_large,
                       path + ": expected at most " + std::to_string(max_bytes) + " octets");
  return out;
}

}  // namespace rcs::cli
