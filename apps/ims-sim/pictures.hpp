#pragma once
// PNG beside the pictures of a report.

#include <string>
#include <vector>

#include "cli/tool.hpp"

namespace rcs::ims_sim {

/// A report is whole without: says on standard error, unless quiet, why there are none.
void draw_pictures(const std::vector<std::string>& svgs, const cli::CommonOptions& common);

}  // namespace rcs::ims_sim
