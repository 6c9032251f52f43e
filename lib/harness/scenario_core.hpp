#pragma once
// The core a scenario asks for, in the terms of the ims room.

#include "ims/core.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

ims::Profile profile_of(const std::vector<scenario::ProfileRow>& rows);

}  // namespace rcs::harness
