#include "ims-sim/pictures.hpp"

#include "harness/png.hpp"

namespace rcs::ims_sim {

void draw_pictures(const std::vector<std::string>& svgs, const cli::CommonOptions& common) {
  const auto drawn = harness::draw_pngs(svgs);
  if (!drawn && !common.quiet) cli::say("no PNG pictures: " + drawn.error().detail());
}

}  // namespace rcs::ims_sim
