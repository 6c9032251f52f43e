#include "body/pidf.hpp"

#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

constexpr std::string_view kWhat = "presence";
constexpr std::string_view kPidfNamespace = "urn:ietf:params:xml:ns:pidf";
constexpr const char* kServiceNamespace = "urn:oma:xml:prs:pidf:oma-pres";
constexpr const char* kCapsNamespace = "urn:ietf:params:xml:ns:pidf:caps";

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  for (const auto& node : parent.children()) {
    if (xml::local_name(node) == name) return node;
  }
  return {};
}

std::string text_in(const pugi::xml_node& parent, std::string_view name) {
  const auto node = child(parent, name);
  return node ? xml::text_of(node) : std::string();
}

std::optional<bool> truth_in(const pugi::xml_node& parent, std::string_view name) {
  const auto text = text_in(parent, name);
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::optional<PresenceTuple> read_tuple(const pugi::xml_node& node) {
  const auto status = child(node, "status");
  if (!status) return std::nullopt;
  PresenceTuple out;
  out.id = node.attribute("id").value();
  out.open = text_in(status, "basic") == "open";
  if (const auto service = child(node, "service-description")) {
    out.service_id = text_in(service, "service-id");
    out.version = text_in(service, "version");
    out.description = text_in(service, "description");
  }
  if (const auto caps = child(node, "servcaps"))
    out.media = {truth_in(caps, "audio"), truth_in(caps, "video")};
  out.contact = text_in(node, "contact");
  if (const auto time = core::parse_rfc3339(text_in(node, "timestamp"))) out.timestamp = *time;
  return out;
}

void write_tuple(pugi::xml_node root, const PresenceTuple& tuple) {
  auto node = root.append_child("tuple");
  node.append_attribute("id") = tuple.id.c_str();
  auto status = node.append_child("status");
  xml::add_text(status, "basic", tuple.open ? "open" : "closed");
  if (!tuple.service_id.empty()) {
    auto service = node.append_child("op:service-description");
    xml::add_text(service, "op:service-id", tuple.service_id);
    if (!tuple.version.empty()) xml::add_text(service, "op:version", tuple.version);
    if (!tuple.description.empty()) xml::add_text(service, "op:description", tuple.description);
  }
  if (tuple.media.audio || tuple.media.video) {
    auto caps = node.append_child("caps:servcaps");
    if (tuple.media.audio) xml::add_text(caps, "caps:audio", *tuple.media.audio ? "true" : "false");
    if (tuple.media.video) xml::add_text(caps, "caps:video", *tuple.media.video ? "true" : "false");
  }
  if (!tuple.contact.empty()) xml::add_text(node, "contact", tuple.contact);
  if (tuple.timestamp) xml::add_text(node, "timestamp", core::format_rfc3339(*tuple.timestamp));
}

}  // namespace

Result<Presence> parse_pidf(std::string_view text) {
  pugi::xml_document document;
  RCS_CHECK_OK(xml::load(document, text, kWhat, "presence", kMaxPidfOctets));
  const auto root = document.document_element();
  Presence out;
  out.entity = core::trim(root.attribute("entity").value());
  for (const auto& node : root.children()) {
    if (xml::local_name(node) != "tuple") continue;
    if (out.tuples.size() == kMaxTuples)
      return core::Error(core::Errc::too_large,
                         "presence: more than " + std::to_string(kMaxTuples) + " tuples");
    if (auto tuple = read_tuple(node)) out.tuples.push_back(std::move(*tuple));
  }
  return out;
}

std::string format_pidf(const Presence& presence) {
  pugi::xml_document document;
  auto root = xml::start(document, "presence", kPidfNamespace);
  root.append_attribute("xmlns:op") = kServiceNamespace;
  root.append_attribute("xmlns:caps") = kCapsNamespace;
  root.append_attribute("entity") = presence.entity.c_str();
  for (const auto& tuple : presence.tuples) write_tuple(root, tuple);
  return xml::save(document);
}

}  // namespace rcs::body
