#pragma once
// Whom to ask about: the arguments, and a list on standard input.

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::options {

/// As many as the client keeps (chat::kMaxCapabilityContacts), in lines of about 80 octets.
inline constexpr std::size_t kMaxContacts = 100'000;
inline constexpr std::size_t kMaxListOctets = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxContactOctets = 256;

/// The arguments, with the lines of `list` in place of each "-": blanks at the ends, empty lines and those
/// that begin with # are left out. Errors: malformed, names the place and the contact; too_large.
core::Result<std::vector<std::string>> gather_contacts(const std::vector<std::string>& arguments,
                                                       std::string_view list, const std::string& domain);

}  // namespace rcs::options
