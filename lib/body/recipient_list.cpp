#include "body/recipient_list.hpp"

#include <algorithm>
#include <map>

#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::malformed;

constexpr std::string_view kWhat = "recipient list";
constexpr std::string_view kListNamespace = "urn:ietf:params:xml:ns:resource-lists";
constexpr const char* kCopyNamespace = "urn:ietf:params:xml:ns:copycontrol";
constexpr const char* kAnonymous = "sip:anonymous@anonymous.invalid";
constexpr int kMaxDepth = 8;  // lists in lists

const char* word_of(CopyControl copy) {
  return copy == CopyControl::to ? "to" : copy == CopyControl::cc ? "cc" : "bcc";
}

/// By its name without a prefix; an attribute has no namespace of its own without one, and peers mix them up.
std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
  for (const auto& attribute : node.attributes()) {
    const std::string_view full = attribute.name();
    const auto colon = full.find(':');
    if ((colon == std::string_view::npos ? full : full.substr(colon + 1)) == name) return attribute.value();
  }
  return {};
}

Result<Recipient> read_entry(const pugi::xml_node& entry) {
  Recipient out;
  out.uri = core::trim(attribute(entry, "uri"));
  if (out.uri.empty() || core::has_control(out.uri))
    return malformed("recipient list: entry: expected a uri, got " + core::quoted(out.uri));
  const auto copy = attribute(entry, "copyControl");
  out.copy = core::iequals(copy, "to")   ? CopyControl::to
             : core::iequals(copy, "cc") ? CopyControl::cc
                                         : CopyControl::bcc;
  const auto anonymize = attribute(entry, "anonymize");
  out.anonymize = anonymize == "true" || anonymize == "1";
  out.count = std::max<std::uint32_t>(1, core::parse_u32(attribute(entry, "count")).value_or(1));
  return out;
}

Result<void> read_list(const pugi::xml_node& list, int depth, std::vector<Recipient>& out) {
  if (depth > kMaxDepth) return malformed("recipient list: lists more than 8 deep");
  for (const auto& child : list.children()) {
    const auto name = xml::local_name(child);
    if (name == "entry-ref" || name == "external")
      return malformed("recipient list: expected entries, got a reference to them: " + std::string(name));
    if (name == "list") RCS_CHECK_OK(read_list(child, depth + 1, out));
    if (name != "entry") continue;
    if (out.size() == kMaxRecipients)
      return core::Error(core::Errc::too_large,
                         "recipient list: more than " + std::to_string(kMaxRecipients) + " entries");
    RCS_TRY(auto entry, read_entry(child));
    out.push_back(std::move(entry));
  }
  return {};
}

}  // namespace

Result<std::vector<Recipient>> parse_recipient_list(std::string_view text) {
  pugi::xml_document document;
  RCS_CHECK_OK(xml::load(document, text, kWhat, "resource-lists", kMaxRecipientListOctets));
  std::vector<Recipient> out;
  RCS_CHECK_OK(read_list(document.document_element(), 0, out));
  return out;
}

std::string format_recipient_list(const std::vector<Recipient>& recipients) {
  pugi::xml_document document;
  auto root = xml::start(document, "resource-lists", kListNamespace);
  root.append_attribute("xmlns:cp") = kCopyNamespace;
  auto list = root.append_child("list");
  for (const auto& recipient : recipients) {
    auto entry = list.append_child("entry");
    entry.append_attribute("uri") = recipient.uri.c_str();
    entry.append_attribute("cp:copyControl") = word_of(recipient.copy);
    if (recipient.anonymize) entry.append_attribute("cp:anonymize") = "true";
    if (recipient.count > 1) entry.append_attribute("cp:count") = recipient.count;
  }
  return xml::save(document);
}

std::vector<Recipient> merge_recipients(const std::vector<Recipient>& recipients,
                                        const std::function<std::string(const std::string& uri)>& key) {
  std::vector<Recipient> out;
  std::map<std::string, std::size_t> places;
  for (const auto& recipient : recipients) {
    const auto [place, is_new] = places.emplace(key(recipient.uri), out.size());
    if (is_new) {
      out.push_back(recipient);
      continue;
    }
    auto& first = out[place->second];
    first.copy = std::max(first.copy, recipient.copy);
    first.anonymize = first.anonymize || recipient.anonymize;
  }
  return out;
}

std::vector<Recipient> recipient_history(const std::vector<Recipient>& recipients) {
  std::vector<Recipient> out;
  std::map<CopyControl, std::size_t> anonymous;
  for (const auto& recipient : recipients) {
    if (recipient.copy == CopyControl::bcc) continue;
    if (!recipient.anonymize) {
      out.push_back({recipient.uri, recipient.copy, false, 1});
      continue;
    }
    const auto [place, is_new] = anonymous.emplace(recipient.copy, out.size());
    if (is_new) {
      out.push_back({kAnonymous, recipient.copy, false, 1});
    } else {
      ++out[place->second].count;
    }
  }
  return out;
}

}  // namespace rcs::body
