#include "body/iscomposing.hpp"

#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

constexpr std::string_view kNamespace = "urn:ietf:params:xml:ns:im-iscomposing";

}  // namespace

Result<Composing> parse_composing(std::string_view text) {
  pugi::xml_document document;
  RCS_CHECK_OK(xml::load(document, text, "isComposing", "isComposing", kMaxComposingOctets));
  Composing out;
  bool told = false;
  for (const auto& child : document.document_element().children()) {
    const auto name = xml::local_name(child);
    const auto value = xml::text_of(child);
    if (name == "state" && !told) {
      told = true;
      out.active = value == "active";
    } else if (name == "lastactive") {
      if (const auto time = core::parse_rfc3339(value)) out.last_active = *time;
    } else if (name == "contenttype") {
      out.content_type = value;
    } else if (name == "refresh") {
      const auto seconds = core::parse_u32(value);
      if (seconds && *seconds > 0) out.refresh = seconds;
    }
  }
  if (!told) return core::malformed("isComposing: expected a state, found none");
  return out;
}

std::string format_composing(const Composing& composing) {
  pugi::xml_document document;
  auto root = xml::start(document, "isComposing", kNamespace);
  xml::add_text(root, "state", composing.active ? "active" : "idle");
  if (composing.last_active) xml::add_text(root, "lastactive", core::format_rfc3339(*composing.last_active));
  if (!composing.content_type.empty()) xml::add_text(root, "contenttype", composing.content_type);
  if (composing.refresh) xml::add_text(root, "refresh", std::to_string(*composing.refresh));
  return xml::save(document);
}

}  // namespace rcs::body
