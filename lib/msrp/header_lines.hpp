#pragma once
// Headers as they came, line by line, for who passes a request on (RelayOutlet, AnchorLane) and changes
// nothing of them but, where a chunk becomes several, its Byte-Range.

#include <string>
#include <string_view>

#include "msrp/message.hpp"

namespace rcs::msrp {

/// `lines`, each with its line end, with this Byte-Range instead of their own.
std::string with_byte_range(std::string_view lines, const ByteRange& range);

}  // namespace rcs::msrp
