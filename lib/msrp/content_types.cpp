#include "msrp/content_types.hpp"

#include <algorithm>
#include <array>

#include "body/cpim.hpp"
#include "core/text.hpp"

namespace rcs::msrp {
namespace {

constexpr std::string_view kCpim = "message/cpim";

std::string_view without_parameters(std::string_view content_type) {
  return core::trim(content_type.substr(0, content_type.find(';')));
}

template <std::size_t N>
bool is_one_of(std::string_view content_type, const std::array<std::string_view, N>& types) {
  const auto type = without_parameters(content_type);
  return std::any_of(types.begin(), types.end(), [&](auto each) { return core::iequals(each, type); });
}

}  // namespace

bool is_cpim(std::string_view content_type) { return core::iequals(without_parameters(content_type), kCpim); }

bool is_container(std::string_view content_type) {
  static constexpr std::array<std::string_view, 4> kTypes = {kCpim, "multipart/mixed",
                                                             "multipart/alternative", "multipart/signed"};
  return is_one_of(content_type, kTypes);
}

bool is_control_type(std::string_view content_type) {
  static constexpr std::array<std::string_view, 2> kTypes = {"message/imdn+xml",
                                                             "application/im-iscomposing+xml"};
  return is_one_of(content_type, kTypes);
}

std::optional<std::string> type_inside(std::string_view content_type, std::string_view content) {
  if (!is_cpim(content_type)) return std::nullopt;
  const auto cpim = body::parse_cpim(content.substr(0, kMaxCpimHeaders));
  if (!cpim) return std::nullopt;
  auto type = cpim->content.media_type();
  if (!type) return std::nullopt;
  return std::move(type->type);
}

}  // namespace rcs::msrp
