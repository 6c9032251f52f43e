#pragma once
// The subcommands of ims-sim: each adds its options to the application and gives back what runs them.

#include <functional>

#include "cli/tool.hpp"

namespace CLI {
class App;
}

namespace rcs::ims_sim {

using Run = std::function<cli::Exit()>;

/// SAFETY: `common` outlives the returned function.
Run add_core_command(CLI::App& app, const cli::CommonOptions& common);
Run add_run_command(CLI::App& app, const cli::CommonOptions& common);
Run add_lint_command(CLI::App& app, const cli::CommonOptions& common);
Run add_load_command(CLI::App& app, const cli::CommonOptions& common);
Run add_decode_command(CLI::App& app, const cli::CommonOptions& common);

}  // namespace rcs::ims_sim
