#pragma once
// multipart/* bodies (RFC 2046 section 5.1), rules MIME-1 to MIME-6.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "body/mime.hpp"
#include "core/random.hpp"

namespace rcs::body {

inline constexpr std::size_t kMaxParts = 32;  ///< a chat INVITE has two; aggregated notifications a handful

/// The parts between the delimiters; preamble and epilogue dropped. A missing close delimiter is taken as the
/// end of the body. Errors: malformed (no delimiter, bad boundary, bad part header), too_large.
Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary);
/// A random boundary (quotable token, at most 70 characters) that stands in none of the parts (MIME-1).
std::string make_boundary(const std::vector<Part>& parts, core::Random& random);
/// MIME-6: who can not read it may skip it. A part that says nothing about that has to be understood.
bool is_optional(const Part& part);
std::string format_multipart(const std::vector<Part>& parts, std::string_view boundary);

}  // namespace rcs::body
