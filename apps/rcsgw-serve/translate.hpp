#pragma once
// rcsgw-serve translate: offline, one message at a time.

#include <functional>
#include <string>

#include "cli/tool.hpp"

namespace CLI {
class App;
}

namespace rcs::serve {

/// Runs the subcommand with the configuration file and the domain of the main options.
using Translation = std::function<cli::Exit(const std::string& config, const std::string& domain)>;
/// SAFETY: `common` outlives what is returned.
Translation add_translate_command(CLI::App& app, const cli::CommonOptions& common);

}  // namespace rcs::serve
