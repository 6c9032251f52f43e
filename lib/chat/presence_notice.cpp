#include "chat/presence_notice.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "body/multipart.hpp"
#include "body/rlmi.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::string_view kRelated = "multipart/related";

Refusal refuse(int status, std::string reason) { return {status, one_line(reason, kMaxReason), {}}; }
Refusal refuse_type() { return {415, {}, {{"Accept", std::string(kPresenceTypes)}}}; }
Refusal refuse_body(const core::Error& error) {
  return refuse(error.code() == core::Errc::too_large ? 413 : 400, error.detail());
}

std::string_view without_angles(std::string_view id) {
  id = core::trim(id);
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  return id;
}

const body::Part* part_of(const std::vector<body::Part>& parts, std::string_view cid) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const body::Part& part) {
    const auto* id = body::find_mime(part.headers, "Content-ID");
    return id != nullptr && without_angles(*id) == without_angles(cid);
  });
  return found == parts.end() ? nullptr : &*found;
}

/// The root: the part that `start` names, else the first (RFC 2387 section 3.2).
const body::Part* root_of(const std::vector<body::Part>& parts, const body::MediaType& type) {
  const auto start = type.param("start");
  const auto* named = start ? part_of(parts, *start) : nullptr;
  return named != nullptr || parts.empty() ? named : &parts.front();
}

bool is_of_type(const body::Part& part, std::string_view type) {
  const auto media = part.media_type();
  return media && media->type == type;
}

/// The entry of a contact; in a list of one that one, however it is called.
const body::RlmiResource* resource_of(const body::Rlmi& list, const UserKey& contact) {
  for (const auto& resource : list.resources) {
    const auto uri = sip::parse_uri(resource.uri);
    if (uri && key_of(*uri) == contact) return &resource;
  }
  return list.resources.size() == 1 ? &list.resources.front() : nullptr;
}

/// Of several devices one that has a document, else one that tells why there is none.
std::optional<Refusal> read_member(const body::RlmiResource& resource, const std::vector<body::Part>& parts,
                                   PresenceNotice& notice) {
  for (const auto& instance : resource.instances) {
    const auto* part = instance.cid.empty() ? nullptr : part_of(parts, instance.cid);
    if (part != nullptr && is_of_type(*part, body::kPidfType)) {
      auto document = body::parse_pidf(part->content);
      if (!document) return refuse_body(document.error());
      notice.document = std::move(*document);
      return std::nullopt;
    }
  }
  for (const auto& instance : resource.instances) {
    if (instance.state != body::RlmiState::terminated) continue;
    notice.terminated = true;
    notice.reason = instance.reason;
  }
  return std::nullopt;
}

std::optional<Refusal> read_list(const body::MediaType& type, const std::string& body, const UserKey& contact,
                                 PresenceNotice& notice) {
  const auto parts = body::parse_multipart(body, type.param("boundary").value_or(""));
  if (!parts) return refuse_body(parts.error());
  const auto* root = root_of(*parts, type);
  if (root == nullptr || !is_of_type(*root, body::kRlmiType))
    return refuse(400, "multipart/related: expected application/rlmi+xml as its root");
  const auto list = body::parse_rlmi(root->content);
  if (!list) return refuse_body(list.error());
  const auto* resource = resource_of(*list, contact);
  return resource == nullptr ? std::nullopt : read_member(*resource, *parts, notice);
}

std::optional<Refusal> read_body(const sip::Message& notify, const UserKey& contact, PresenceNotice& notice) {
  if (notify.body.empty()) return std::nullopt;
  const auto* header = notify.header("Content-Type");
  const auto type = body::parse_media_type(header == nullptr ? "" : *header);
  if (!type) return refuse_type();
  if (type->type == kRelated) return read_list(*type, notify.body, contact, notice);
  if (type->type != body::kPidfType) return refuse_type();
  auto document = body::parse_pidf(notify.body);
  if (!document) return refuse_body(document.error());
  notice.document = std::move(*document);
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> refuse_event(const sip::Message& notify) {
  const auto* header = notify.header("Event");
  const auto event = body::parse_media_type(header == nullptr ? "" : *header);
  if (event && event->type == kPresenceEvent) return std::nullopt;
  return Refusal{489, {}, {{"Allow-Events", std::string(kPresenceEvent)}}};
}

std::variant<PresenceNotice, Refusal> read_notice(const sip::Message& notify, const UserKey& contact) {
  if (auto refusal = refuse_event(notify)) return std::move(*refusal);
  const auto* header = notify.header("Subscription-State");
  const auto state = body::parse_media_type(header == nullptr ? "" : *header);
  if (!state) return refuse(400, "Subscription-State: expected active, pending or terminated");
  PresenceNotice notice;
  notice.terminated = state->type == "terminated";
  if (notice.terminated) notice.reason = core::to_lower(state->param("reason").value_or(""));
  if (auto refusal = read_body(notify, contact, notice)) return std::move(*refusal);
  return notice;
}

}  // namespace rcs::chat
