#pragma once
// All contacts asked for, a bounded number at once, and what was learned printed; with --watch again and
// again.

#include <string>
#include <vector>

#include "cli/tool.hpp"
#include "net/loop.hpp"
#include "rcs-options/asker.hpp"
#include "rcs-options/options.hpp"

namespace rcs::options {

/// `interrupted`: somebody has stopped the loop; what is known by then is printed. SAFETY: it outlives the
/// call.
cli::Exit ask_all(net::Loop& loop, const Options& options, std::vector<std::string> contacts, Asker& asker,
                  const bool& interrupted);

}  // namespace rcs::options
