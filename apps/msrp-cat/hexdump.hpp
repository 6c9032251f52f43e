#pragma once
// Octets as they cross a connection, for a person's eyes.

#include <cstdint>
#include <string>
#include <string_view>

namespace rcs::cat {

/// Sixteen octets a line: "> 00000010  4d 53 52 50 ...  MSRP...". `offset` is of the first octet.
std::string hexdump(char direction, std::uint64_t offset, std::string_view octets);

}  // namespace rcs::cat
