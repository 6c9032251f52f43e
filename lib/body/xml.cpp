#include <cstring>
#include <sstream>

#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body::xml {

std::string_view namespace_of(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  const std::string wanted =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  for (auto at = node; at; at = at.parent()) {
    if (const auto declared = at.attribute(wanted.c_str())) return declared.value();
  }
  return {};
}

namespace {

std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!core::has_control({&c, 1})) out += c;
  }
  return out;
}

}  // namespace

std::string text_of(const pugi::xml_node& node) {
  return std::string(core::trim(without_controls(node.text().get())));
}

core::Result<void> load(pugi::xml_document& document, std::string_view octets, std::string_view what,
                        std::string_view root, std::size_t max) {
  const std::string words(what);
  if (octets.size() > max)
    return core::Error(core::Errc::too_large, words + ": more than " + std::to_string(max) + " octets");
  // What is not UTF-8 would be read wrong, and written wrong again.
  if (!core::is_utf8(octets)) return core::malformed(words + ": expected UTF-8");
  const auto parsed =
      document.load_buffer(octets.data(), octets.size(),
                           pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol, pugi::encoding_utf8);
  if (!parsed) {
    return core::malformed(words + ": " + parsed.description() + " at octet " +
                           std::to_string(parsed.offset));
  }
  if (local_name(document.document_element()) != root) {
    return core::malformed(words + ": expected the root element " + std::string(root) + ", got " +
                           core::quoted(document.document_element().name()));
  }
  return {};
}

std::string save(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default | pugi::format_no_declaration, pugi::encoding_utf8);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";
  for (const char c : out.str()) {
    if (c == '\n') text += '\r';
    text += c;
  }
  return text;
}

pugi::xml_node start(pugi::xml_document& document, const char* root, std::string_view name_space) {
  auto node = document.append_child(root);
  node.append_attribute("xmlns") = std::string(name_space).c_str();
  return node;
}

void add_text(pugi::xml_node parent, const char* name, std::string_view text) {
  parent.append_child(name).append_child(pugi::node_pcdata).set_value(without_controls(text).c_str());
}

}  // namespace rcs::body::xml
