#pragma once
// Small XML documents by pugixml, as the body formats read and write them: no DTD, no entities of a
// document's own, names compared without their prefix. For .cpp files of this room.

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::body::xml {

/// The name without its prefix.
inline std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// The namespace an element is in, by the nearest declaration of its prefix; empty: none.
std::string_view namespace_of(const pugi::xml_node& node);

/// The text of an element, without blanks around it and without the control characters that XML has no place
/// for.
std::string text_of(const pugi::xml_node& node);

/// A document of at most `max` octets whose root has this name. Errors: malformed (`what` begins the words),
/// too_large.
core::Result<void> load(pugi::xml_document& document, std::string_view octets, std::string_view what,
                        std::string_view root, std::size_t max);

/// With an XML declaration; lines end in CRLF, as all lines around it do.
std::string save(const pugi::xml_document& document);

/// A root element with its default namespace.
pugi::xml_node start(pugi::xml_document& document, const char* root, std::string_view name_space);
/// Appends <name>text</name>; control characters, which no XML can hold, are left out.
void add_text(pugi::xml_node parent, const char* name, std::string_view text);

}  // namespace rcs::body::xml
