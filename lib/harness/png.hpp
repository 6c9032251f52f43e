#pragma once
// PNG pictures for what takes no SVG, drawn by rsvg-convert where that is installed.

#include <string>
#include <vector>

#include "core/result.hpp"

namespace rcs::harness {

/// Draws NAME.png beside each NAME.svg. Errors: unsupported (the program is not there; says which package has
/// it), refused (it failed; names the file).
core::Result<void> draw_pngs(const std::vector<std::string>& svgs);

}  // namespace rcs::harness
