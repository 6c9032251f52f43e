#pragma once
// Which characters may stand where. Every octet of every head passes here, so this is written for speed.

#include <string_view>

namespace rcs::msrp {

/// Transaction ids and Message-IDs (MSRP-1).
bool is_ident(std::string_view text);
/// A control character that no head may hold: all but the tab.
bool has_control(std::string_view text);

}  // namespace rcs::msrp
