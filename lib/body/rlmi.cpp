#include "body/rlmi.hpp"

#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::malformed;

constexpr std::string_view kWhat = "resource list state";
constexpr std::string_view kRlmiNamespace = "urn:ietf:params:xml:ns:rlmi";

std::string attribute(const pugi::xml_node& node, const char* name) {
  return std::string(core::trim(node.attribute(name).value()));
}

const char* word_of(RlmiState state) {
  return state == RlmiState::active ? "active" : state == RlmiState::terminated ? "terminated" : "pending";
}

RlmiState state_of(std::string_view word) {
  if (core::iequals(word, "active")) return RlmiState::active;
  return core::iequals(word, "terminated") ? RlmiState::terminated : RlmiState::pending;
}

RlmiInstance read_instance(const pugi::xml_node& node) {
  RlmiInstance out;
  out.id = attribute(node, "id");
  out.state = state_of(attribute(node, "state"));
  if (out.state == RlmiState::terminated) out.reason = core::to_lower(attribute(node, "reason"));
  out.cid = attribute(node, "cid");
  return out;
}

/// `room`: instances that may still come.
Result<RlmiResource> read_resource(const pugi::xml_node& node, std::size_t& room) {
  RlmiResource out;
  out.uri = attribute(node, "uri");
  if (out.uri.empty() || core::has_control(out.uri))
    return malformed("resource list state: resource: expected a uri, got " + core::quoted(out.uri));
  for (const auto& child : node.children()) {
    if (xml::local_name(child) != "instance") continue;
    if (room == 0) {
      return core::Error(core::Errc::too_large, "resource list state: more than " +
                                                    std::to_string(kMaxRlmiInstances) + " instances");
    }
    --room;
    out.instances.push_back(read_instance(child));
  }
  return out;
}

}  // namespace

Result<Rlmi> parse_rlmi(std::string_view text) {
  pugi::xml_document document;
  RCS_CHECK_OK(xml::load(document, text, kWhat, "list", kMaxRlmiOctets));
  const auto root = document.document_element();
  Rlmi out;
  out.uri = attribute(root, "uri");
  const auto version = core::parse_u32(attribute(root, "version"));
  if (!version) {
    return malformed("resource list state: version: expected a number, got " +
                     core::quoted(attribute(root, "version")));
  }
  out.version = *version;
  const auto full = attribute(root, "fullState");
  out.full_state = full == "true" || full == "1";
  std::size_t room = kMaxRlmiInstances;
  for (const auto& node : root.children()) {
    if (xml::local_name(node) != "resource") continue;
    if (out.resources.size() == kMaxRlmiResources) {
      return core::Error(core::Errc::too_large, "resource list state: more than " +
                                                    std::to_string(kMaxRlmiResources) + " resources");
    }
    RCS_TRY(auto resource, read_resource(node, room));
    out.resources.push_back(std::move(resource));
  }
  return out;
}

std::string format_rlmi(const Rlmi& rlmi) {
  pugi::xml_document document;
  auto root = xml::start(document, "list", kRlmiNamespace);
  root.append_attribute("uri") = rlmi.uri.c_str();
  root.append_attribute("version") = std::to_string(rlmi.version).c_str();
  root.append_attribute("fullState") = rlmi.full_state ? "true" : "false";
  for (const auto& resource : rlmi.resources) {
    auto node = root.append_child("resource");
    node.append_attribute("uri") = resource.uri.c_str();
    for (const auto& instance : resource.instances) {
      auto child = node.append_child("instance");
      child.append_attribute("id") = instance.id.c_str();
      child.append_attribute("state") = word_of(instance.state);
      if (instance.state == RlmiState::terminated) child.append_attribute("reason") = instance.reason.c_str();
      if (!instance.cid.empty()) child.append_attribute("cid") = instance.cid.c_str();
    }
  }
  return xml::save(document);
}

}  // namespace rcs::body
