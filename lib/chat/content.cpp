#include "chat/content.hpp"

#include <utility>

#include "body/cpim.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

core::Result<Content> read_wrapped(const body::Cpim& cpim) {
  const auto* content_type = body::find_mime(cpim.content.headers, "Content-Type");
  if (content_type != nullptr && plain_type(*content_type) == body::kComposingType) {
    RCS_TRY(auto composing, body::parse_composing(cpim.content.content));
    return Content(std::move(composing));
  }
  RCS_TRY(auto notifications, body::read_imdn_cpim(cpim));
  if (!notifications.empty()) return Content(std::move(notifications));
  return Content(TextContent{body::read_chat_cpim(cpim), receipt_of(cpim)});
}

}  // namespace

std::string plain_type(std::string_view content_type) {
  return core::to_lower(core::trim(content_type.substr(0, content_type.find(';'))));
}

core::Result<Content> read_content(std::string_view content_type, std::string content) {
  const auto type = plain_type(content_type);
  if (type == kCpimType) {
    RCS_TRY(const auto cpim, body::parse_cpim(content));
    return read_wrapped(cpim);
  }
  if (type == body::kComposingType) {
    RCS_TRY(auto composing, body::parse_composing(content));
    return Content(std::move(composing));
  }
  TextContent bare;
  bare.text.content_type = content_type;
  bare.text.text = std::move(content);
  bare.text.want_delivery = bare.text.want_display = false;
  return Content(std::move(bare));
}

}  // namespace rcs::chat
