#pragma once
// The plain shape in which nearly every peer writes the fields that a message keeps typed: short, on one
// line, nothing quoted but a display name, no comments, no escapes, no IPv6. A field of this shape is read
// without sofia-sip, which would take it too and find the same in it; for any other shape these functions say
// no, and the field is sofia's. Inside this room only.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sip/message.hpp"

namespace rcs::sip {

/// One address with at most a quoted name. What parse_name_addr has taken and is of this shape, sofia takes.
bool is_plain_address(std::string_view text);
/// SIP/2.0/UDP host:port;name=value, and nothing else; or a list of such, which is put behind `out`. False:
/// it is not of the plain shape, and `out` may have got a part of it.
bool read_plain_vias(std::string_view text, std::vector<Via>& out);
bool is_plain_call_id(std::string_view text);
std::optional<std::uint32_t> read_plain_max_forwards(std::string_view text);

}  // namespace rcs::sip
