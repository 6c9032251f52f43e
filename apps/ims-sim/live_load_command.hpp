#pragma once
// ims-sim load --live: the load of a population against a running gateway.

#include <string>

#include "cli/tool.hpp"
#include "core/result.hpp"
#include "harness/load_run.hpp"

namespace CLI {
class App;
}

namespace rcs::ims_sim {

struct LiveOptions {
  std::string url;  ///< of the gateway; empty: nothing of this is asked for
  double speed = 1;
  double late_ms = 10;
  std::string token;

  bool wanted() const { return !url.empty(); }
};

/// Adds --live and the options that go with it to `load`. SAFETY: `options` outlives the parsing.
void add_live_options(CLI::App& command, LiveOptions& options);

/// After all options are known: those that mean nothing to a live load, or nothing without one, are refused
/// rather than ignored. Errors: malformed, names the option.
core::Result<void> check_live_options(const CLI::App& command, const LiveOptions& options,
                                      const cli::CommonOptions& common);

/// `out`: a folder for the report; empty: none.
cli::Exit run_live(const LiveOptions& options, const harness::LoadOptions& load, const std::string& out,
                   const cli::CommonOptions& common);

}  // namespace rcs::ims_sim
