// Which media types match a list of SDP (RFC 4975 section 8.6, rule MSRP-41).

#include <algorithm>

#include "core/text.hpp"
#include "msrp/content_types.hpp"
#include "msrp/endpoint.hpp"

namespace rcs::msrp {
namespace {

bool matches(std::string_view pattern, std::string_view type) {
  if (pattern == "*") return true;
  if (pattern.ends_with("/*")) return core::istarts_with(type, pattern.substr(0, pattern.size() - 1));
  return core::iequals(pattern, type);
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view content_type) {
  const auto type = core::trim(content_type.substr(0, content_type.find(';')));
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, type); });
}

}  // namespace

bool Types::takes(std::string_view content_type) const { return any_matches(accepted, content_type); }

bool Types::takes_wrapped(std::string_view content_type) const {
  if (any_matches(wrapped, content_type) || any_matches(accepted, content_type)) return true;
  // Who takes nothing but containers, and says nothing about what is in them, takes what comes.
  return wrapped.empty() && std::all_of(accepted.begin(), accepted.end(), is_container);
}

}  // namespace rcs::msrp
