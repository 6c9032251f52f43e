#pragma once
// What octets are: any format the toolkit reads, as JSON, or why it is refused.

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::harness {

/// sip, sdp, multipart, cpim, msrp, imdn, iscomposing, pidf, rlmi, resource-lists, uri, scenario.
const std::vector<std::string>& decode_kinds();
/// The likely kind of some octets; empty when nothing fits.
std::string guess_kind(std::string_view octets);
/// JSON text of what `octets` say as `kind`. Bodies inside are decoded too where their type is known. Errors:
/// malformed, too_large, unsupported (names an unknown kind and the known ones).
core::Result<std::string> decode_to_json(std::string_view kind, std::string_view octets,
                                         const std::string& file_name);

}  // namespace rcs::harness
