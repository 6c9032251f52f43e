#include "ims/chat_content.hpp"

#include "body/cpim.hpp"
#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "core/text.hpp"

namespace rcs::ims {
namespace {

std::string_view without_parameters(std::string_view media_type) {
  return core::trim(media_type.substr(0, media_type.find(';')));
}

ContentKind kind_of_type(std::string_view media_type) {
  const auto type = without_parameters(media_type);
  if (core::iequals(type, body::kComposingType)) return ContentKind::composing;
  return core::iequals(type, body::kImdnType) ? ContentKind::notice : ContentKind::text;
}

}  // namespace

ContentKind content_kind(std::string_view content_type, std::string_view content) {
  if (!core::iequals(without_parameters(content_type), "message/cpim")) return kind_of_type(content_type);
  const auto cpim = body::parse_cpim(content);
  if (!cpim) return ContentKind::text;
  const auto* disposition = body::find_mime(cpim->content.headers, "Content-Disposition");
  if (disposition != nullptr && core::iequals(without_parameters(*disposition), "notification"))
    return ContentKind::notice;  // also several of them in one multipart (IMDN-10)
  const auto* inner = body::find_mime(cpim->content.headers, "Content-Type");
  return inner == nullptr ? ContentKind::text : kind_of_type(*inner);
}

}  // namespace rcs::ims
