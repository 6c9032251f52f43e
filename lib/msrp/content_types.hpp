#pragma once
// What follows from the media type of a message (rules MSRP-41, MSRP-59, MSRP-61). Private to the endpoint
// and to chat rooms.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rcs::msrp {

/// Octets of a CPIM in which its headers have to stand: real ones have about 600.
inline constexpr std::size_t kMaxCpimHeaders = 16 << 10;

bool is_cpim(std::string_view content_type);
/// Types that every endpoint takes, for what is inside of them (MSRP-59).
bool is_container(std::string_view content_type);
/// Not for a person: notifications and composing states, which flow whatever the direction (MSRP-61).
bool is_control_type(std::string_view content_type);
/// The type of what a message/cpim holds; nullopt: it is no CPIM, or can not be read. A beginning of the
/// content with its headers is enough.
std::optional<std::string> type_inside(std::string_view content_type, std::string_view content);

}  // namespace rcs::msrp
