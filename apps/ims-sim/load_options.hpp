#pragma once
// The options of ims-sim load. They are declared once, with CLI11; a configuration file gives values to the
// same options, so that what a file and the command line may say can not drift apart.

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "harness/load_run.hpp"
#include "harness/load_sweep.hpp"
#include "ims-sim/live_load_command.hpp"
#include "scenario/scenario.hpp"

namespace CLI {
class App;
}

namespace rcs::ims_sim {

struct LoadCommandOptions {
  harness::LoadOptions load;
  std::vector<harness::SweepAxis> sweeps;
  std::string receivers;  ///< a file of pairs; empty: none
  std::string out;        ///< a folder; empty: no report
  double node_capacity = 20'000;
  LiveOptions live;
  std::string config;
  std::string folder;  ///< that files to read are named from; empty: the working directory
};

/// Each option checks its value as it is read. SAFETY: `options` outlives the parsing.
void add_load_options(CLI::App& command, LoadCommandOptions& options);

/// Gives the values of a configuration file to those options that the command line left out. What it says is
/// wrong with the file; then nothing was given.
std::vector<scenario::Diagnostic> apply_load_config(std::string_view yaml, const std::string& file,
                                                    CLI::App& command, LoadCommandOptions& options);

/// Reads the file of pairs, if there is one, when all other options are known. Errors: malformed, too_large
/// or unknown, names the file and the line.
core::Result<void> read_receivers(LoadCommandOptions& options);

/// All that is wrong with a configuration file; the pairs that it names are not read.
std::vector<scenario::Diagnostic> check_load_config(std::string_view yaml, const std::string& file);

}  // namespace rcs::ims_sim
