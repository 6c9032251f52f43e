#pragma once
// The lines of a head to a Head, one by one and without their line ends. Private to the decoder, which finds
// the lines.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "msrp/message.hpp"

namespace rcs::msrp {

/// `head` is emptied, but keeps its memory, and takes the start-line. Errors: malformed; then nobody knows
/// where this message ends.
core::Result<void> read_start_line(std::string_view line, Head& head);

/// The header line number `index`, counted from 0. What is wrong with it, empty when nothing is; `head` is as
/// it was then.
std::string read_header(std::string_view line, std::size_t index, Head& head);

/// What is wrong with a head whose lines are all read; empty when nothing is.
std::string review(const Head& head);

}  // namespace rcs::msrp
