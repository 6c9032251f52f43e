#include "body/pidf_elements.hpp"

#include <set>
#include <sstream>

#include "body/pidf.hpp"
#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

constexpr std::string_view kWhat = "presence";
constexpr std::string_view kPidfNamespace = "urn:ietf:params:xml:ns:pidf";
constexpr std::string_view kDeclaration = "xmlns";
constexpr std::size_t kMaxNamespaces = 64;  // a full document of RCS has six

core::Error fault(const std::string& words) { return core::malformed("presence: " + words); }

std::string as_text(const pugi::xml_node& node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw, pugi::encoding_utf8);
  return out.str();
}

bool is_pidf(const pugi::xml_node& node, std::string_view name) {
  return xml::local_name(node) == name && xml::namespace_of(node) == kPidfNamespace;
}

core::Result<void> check_tuple(const pugi::xml_node& tuple) {
  const std::string id = tuple.attribute("id").value();
  if (id.empty()) return fault("expected a tuple with an id");
  for (const auto& status : tuple.children()) {
    if (!is_pidf(status, "status")) continue;
    for (const auto& value : status.children()) {
      if (value.type() == pugi::node_element) return {};
    }
  }
  return fault("tuple " + core::quoted(id) + ": expected a status with something in it");
}

/// What the root declares, each prefix once: the first of two is the one that counts.
core::Result<std::vector<pugi::xml_attribute>> declarations_of(const pugi::xml_node& root) {
  std::vector<pugi::xml_attribute> found;
  std::set<std::string_view> names;
  for (const auto& attribute : root.attributes()) {
    const std::string_view name = attribute.name();
    if (!name.starts_with(kDeclaration)) continue;
    const auto prefix = name.substr(kDeclaration.size());  // empty, or with its colon before it
    if (!prefix.empty() && prefix.front() != ':') continue;
    if (!names.insert(name).second) continue;
    if (found.size() >= kMaxNamespaces)
      return core::Error(core::Errc::too_large,
                         "presence: more than " + std::to_string(kMaxNamespaces) + " namespaces");
    found.push_back(attribute);
  }
  return found;
}

/// The document around it goes: what it declares comes along, as far as the element uses it.
void declare_namespaces(const std::vector<pugi::xml_attribute>& declarations, pugi::xml_node element) {
  const std::string text = as_text(element);
  bool has_default = false;
  for (const auto& attribute : declarations) {
    const auto prefix = std::string_view(attribute.name()).substr(kDeclaration.size());
    has_default = has_default || prefix.empty();
    if (element.attribute(attribute.name())) continue;
    const bool is_needed = prefix.empty()
                               ? attribute.value() != kPidfNamespace
                               : text.find(std::string(prefix.substr(1)) + ":") != std::string::npos;
    if (is_needed) element.append_copy(attribute);
  }
  // Without a prefix and without a declaration it is in no namespace, and has to stay there.
  if (!has_default && !element.attribute("xmlns")) element.append_attribute("xmlns").set_value("");
}

}  // namespace

core::Result<PresenceElements> take_presence_elements(std::string_view text, std::string_view id_prefix) {
  pugi::xml_document document;
  RCS_CHECK_OK(xml::load(document, text, kWhat, "presence", kMaxPidfOctets));
  const auto root = document.document_element();
  if (xml::namespace_of(root) != kPidfNamespace)
    return fault("expected the namespace " + std::string(kPidfNamespace));
  RCS_TRY(const auto declarations, declarations_of(root));
  PresenceElements out;
  std::set<std::string> ids;
  std::size_t elements = 0;
  for (auto element : root.children()) {
    if (element.type() != pugi::node_element) continue;
    const bool is_tuple = is_pidf(element, "tuple");
    if (is_tuple) RCS_CHECK_OK(check_tuple(element));
    if (++elements > kMaxTuples)
      return core::Error(core::Errc::too_large,
                         "presence: more than " + std::to_string(kMaxTuples) + " elements");
    if (auto id = element.attribute("id")) {
      if (!ids.insert(id.value()).second)
        return fault("expected ids that differ, got " + core::quoted(id.value()) + " twice");
      id.set_value((std::string(id_prefix) + id.value()).c_str());
    }
    auto& kind = is_tuple ? out.tuples : is_pidf(element, "note") ? out.notes : out.others;
    declare_namespaces(declarations, element);
    kind += as_text(element);
    if (out.size() > kMaxPidfOctets)
      return core::Error(core::Errc::too_large, "presence: more than " + std::to_string(kMaxPidfOctets) +
                                                    " octets with all its namespaces");
  }
  return out;
}

std::string presence_document(std::string_view entity, const std::vector<const PresenceElements*>& parts) {
  pugi::xml_document document;
  auto root = xml::start(document, "presence", kPidfNamespace);
  root.append_attribute("entity") = std::string(entity).c_str();
  root.append_child(pugi::node_pcdata);  // so that it is written with an end tag, which the rest goes before
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n" + as_text(root);
  std::string inside;
  for (const auto* part : parts) inside += part->tuples;
  for (const auto* part : parts) inside += part->notes;
  for (const auto* part : parts) inside += part->others;
  text.insert(text.rfind("</"), inside);
  return text + "\r\n";
}

}  // namespace rcs::body
