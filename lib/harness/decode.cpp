#include "harness/decode.hpp"

#include <nlohmann/json.hpp>

#include "body/chat_body.hpp"
#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "body/multipart.hpp"
#include "body/pidf.hpp"
#include "body/recipient_list.hpp"
#include "body/rlmi.hpp"
#include "core/text.hpp"
#include "msrp/decoder.hpp"
#include "scenario/scenario.hpp"
#include "sip/codec.hpp"

namespace rcs::harness {
namespace {

using core::Result;
using nlohmann::ordered_json;

/// Octets as a JSON string, or as {"base64": ...} when they are no UTF-8.
ordered_json text_or_base64(std::string_view octets) {
  if (core::is_utf8(octets)) return std::string(octets);
  return {{"base64", core::base64_encode(octets)}};
}

ordered_json headers_json(const body::MimeHeaders& headers) {
  auto out = ordered_json::array();
  for (const auto& header : headers)
    out.push_back({{"name", header.name}, {"value", text_or_base64(header.value)}});
  return out;
}

ordered_json body_json(std::string_view content_type, std::string_view content);

ordered_json imdn_json(const body::Imdn& imdn) {
  constexpr const char* kKinds[] = {"delivery", "display", "processing"};
  constexpr const char* kStatuses[] = {"delivered", "displayed", "processed", "stored",
                                       "failed",    "forbidden", "error"};
  ordered_json out{{"message_id", imdn.message_id},
                   {"datetime", imdn.date_time},
                   {"notification", kKinds[static_cast<int>(imdn.kind)]},
                   {"status", kStatuses[static_cast<int>(imdn.status)]}};
  if (!imdn.recipient_uri.empty()) out["recipient_uri"] = imdn.recipient_uri;
  if (!imdn.original_recipient_uri.empty()) out["original_recipient_uri"] = imdn.original_recipient_uri;
  if (!imdn.subject.empty()) out["subject"] = imdn.subject;
  return out;
}

ordered_json composing_json(const body::Composing& composing) {
  ordered_json out{{"state", composing.active ? "active" : "idle"}};
  if (composing.last_active) out["lastactive"] = core::format_rfc3339(*composing.last_active);
  if (!composing.content_type.empty()) out["contenttype"] = composing.content_type;
  if (composing.refresh) out["refresh"] = *composing.refresh;
  return out;
}

ordered_json recipients_json(const std::vector<body::Recipient>& recipients) {
  constexpr const char* kCopies[] = {"bcc", "cc", "to"};
  ordered_json out = ordered_json::array();
  for (const auto& recipient : recipients) {
    ordered_json entry{{"uri", text_or_base64(recipient.uri)},
                       {"copy", kCopies[static_cast<int>(recipient.copy)]}};
    if (recipient.anonymize) entry["anonymize"] = true;
    if (recipient.count > 1) entry["count"] = recipient.count;
    out.push_back(std::move(entry));
  }
  return out;
}

ordered_json presence_json(const body::Presence& presence) {
  ordered_json out{{"entity", text_or_base64(presence.entity)}, {"tuples", ordered_json::array()}};
  for (const auto& tuple : presence.tuples) {
    ordered_json entry{{"id", text_or_base64(tuple.id)}, {"basic", tuple.open ? "open" : "closed"}};
    if (!tuple.service_id.empty()) entry["service"] = tuple.service_id;
    if (!tuple.version.empty()) entry["version"] = tuple.version;
    if (!tuple.description.empty()) entry["description"] = tuple.description;
    if (tuple.media.audio) entry["audio"] = *tuple.media.audio;
    if (tuple.media.video) entry["video"] = *tuple.media.video;
    if (!tuple.contact.empty()) entry["contact"] = tuple.contact;
    if (tuple.timestamp) entry["timestamp"] = core::format_rfc3339(*tuple.timestamp);
    out["tuples"].push_back(std::move(entry));
  }
  return out;
}

ordered_json rlmi_json(const body::Rlmi& list) {
  constexpr const char* kStates[] = {"active", "pending", "terminated"};
  ordered_json out{{"uri", text_or_base64(list.uri)},
                   {"version", list.version},
                   {"full", list.full_state},
                   {"resources", ordered_json::array()}};
  for (const auto& resource : list.resources) {
    auto instances = ordered_json::array();
    for (const auto& instance : resource.instances) {
      ordered_json entry{{"id", text_or_base64(instance.id)},
                         {"state", kStates[static_cast<std::size_t>(instance.state)]}};
      if (!instance.reason.empty()) entry["reason"] = text_or_base64(instance.reason);
      if (!instance.cid.empty()) entry["cid"] = text_or_base64(instance.cid);
      instances.push_back(std::move(entry));
    }
    out["resources"].push_back({{"uri", text_or_base64(resource.uri)}, {"instances", std::move(instances)}});
  }
  return out;
}

ordered_json part_json(const body::Part& part) {
  const auto* type = body::find_mime(part.headers, "Content-Type");
  return {{"headers", headers_json(part.headers)},
          {"body", body_json(type == nullptr ? "text/plain" : *type, part.content)}};
}

ordered_json cpim_json(const body::Cpim& cpim) {
  auto headers = ordered_json::array();
  for (const auto& header : cpim.headers) {
    ordered_json entry{{"name", header.name}, {"value", text_or_base64(header.value)}};
    if (!header.ns.empty()) entry["namespace"] = header.ns;
    if (!header.params.empty()) entry["params"] = header.params;
    headers.push_back(std::move(entry));
  }
  return {{"headers", std::move(headers)}, {"content", part_json(cpim.content)}};
}

ordered_json attributes_json(const std::vector<body::SdpAttribute>& attributes) {
  auto out = ordered_json::array();
  for (const auto& attribute : attributes)
    out.push_back(
        text_or_base64(attribute.value.empty() ? attribute.name : attribute.name + ":" + attribute.value));
  return out;
}

ordered_json sdp_json(const body::Sdp& sdp) {
  ordered_json out{{"origin",
                    {{"user", text_or_base64(sdp.origin_user)},
                     {"session_id", sdp.session_id},
                     {"version", sdp.session_version},
                     {"address", text_or_base64(sdp.origin_address)}}},
                   {"session_name", text_or_base64(sdp.session_name)},
                   {"connection", text_or_base64(sdp.connection)},
                   {"attributes", attributes_json(sdp.attributes)},
                   {"media", ordered_json::array()}};
  for (const auto& media : sdp.media) {
    auto formats = ordered_json::array();
    for (const auto& format : media.formats) formats.push_back(text_or_base64(format));
    out["media"].push_back({{"media", text_or_base64(media.media)},
                            {"port", media.port},
                            {"protocol", text_or_base64(media.protocol)},
                            {"formats", std::move(formats)},
                            {"connection", text_or_base64(media.connection)},
                            {"attributes", attributes_json(media.attributes)}});
  }
  return out;
}

ordered_json multipart_json(const std::vector<body::Part>& parts) {
  auto out = ordered_json::array();
  for (const auto& part : parts) out.push_back(part_json(part));
  return {{"parts", std::move(out)}};
}

/// A body by its type; one that does not read as its type is shown as text with the reason.
ordered_json body_json(std::string_view content_type, std::string_view content) {
  const auto type = body::parse_media_type(content_type);
  const auto refused = [&](const core::Error& error) -> ordered_json {
    return {{"error", error.detail()}, {"octets", text_or_base64(content)}};
  };
  if (!type) return refused(type.error());
  if (type->type == "application/sdp") {
    const auto sdp = body::parse_sdp(content);
    return sdp ? ordered_json{{"sdp", sdp_json(*sdp)}} : refused(sdp.error());
  }
  if (type->type == "message/cpim") {
    const auto cpim = body::parse_cpim(content);
    return cpim ? ordered_json{{"cpim", cpim_json(*cpim)}} : refused(cpim.error());
  }
  if (type->type == body::kImdnType) {
    const auto imdn = body::parse_imdn(content);
    return imdn ? ordered_json{{"imdn", imdn_json(*imdn)}} : refused(imdn.error());
  }
  if (type->type == body::kComposingType) {
    const auto composing = body::parse_composing(content);
    return composing ? ordered_json{{"iscomposing", composing_json(*composing)}} : refused(composing.error());
  }
  if (type->type == body::kPidfType) {
    const auto presence = body::parse_pidf(content);
    return presence ? ordered_json{{"presence", presence_json(*presence)}} : refused(presence.error());
  }
  if (type->type == body::kRlmiType) {
    const auto list = body::parse_rlmi(content);
    return list ? ordered_json{{"rlmi", rlmi_json(*list)}} : refused(list.error());
  }
  if (type->type == body::kRecipientListType) {
    const auto list = body::parse_recipient_list(content);
    return list ? ordered_json{{"recipients", recipients_json(*list)}} : refused(list.error());
  }
  if (type->type.starts_with("multipart/")) {
    const auto parts = body::parse_multipart(content, type->param("boundary").value_or(""));
    return parts ? multipart_json(*parts) : refused(parts.error());
  }
  return text_or_base64(content);
}

ordered_json uri_json(const sip::Uri& uri) {
  ordered_json out{
      {"scheme", uri.scheme}, {"user", text_or_base64(uri.user)}, {"host", text_or_base64(uri.host)}};
  if (uri.port != 0) out["port"] = uri.port;
  for (const auto& param : uri.params) {
    if (param.value) {
      out["params"][param.name] = text_or_base64(*param.value);
    } else {
      out["params"][param.name] = true;
    }
  }
  if (!uri.headers.empty()) out["headers"] = text_or_base64(uri.headers);
  return out;
}

ordered_json addresses_json(const std::vector<sip::NameAddr>& addresses) {
  auto out = ordered_json::array();
  for (const auto& address : addresses) out.push_back(text_or_base64(address.to_string()));
  return out;
}

ordered_json sip_json(const sip::Message& message) {
  ordered_json out;
  if (message.is_request()) {
    out["method"] = message.method;
    out["request_uri"] = text_or_base64(message.request_uri.to_string());
  } else {
    out["status"] = message.status;
    out["reason"] = text_or_base64(message.reason);
  }
  auto vias = ordered_json::array();
  for (const auto& via : message.vias) vias.push_back(text_or_base64(via.to_string()));
  out["via"] = std::move(vias);
  out["from"] = text_or_base64(message.from.to_string());
  out["to"] = text_or_base64(message.to.to_string());
  out["call_id"] = text_or_base64(message.call_id);
  out["cseq"] = {{"number", message.cseq.number}, {"method", message.cseq.method}};
  if (message.max_forwards) out["max_forwards"] = *message.max_forwards;
  if (!message.contacts.empty()) out["contact"] = addresses_json(message.contacts);
  if (message.contact_star) out["contact"] = "*";
  if (!message.routes.empty()) out["route"] = addresses_json(message.routes);
  if (!message.record_routes.empty()) out["record_route"] = addresses_json(message.record_routes);
  auto headers = ordered_json::array();
  for (const auto& header : message.headers)
    headers.push_back({{"name", header.name}, {"value", text_or_base64(header.value)}});
  out["headers"] = std::move(headers);
  if (!message.body.empty()) {
    const auto* type = message.header("Content-Type");
    out["body"] = body_json(type == nullptr ? "application/octet-stream" : *type, message.body);
  }
  return out;
}

ordered_json range_json(const msrp::ByteRange& range) {
  ordered_json out{{"start", range.start}};
  if (range.end) out["end"] = *range.end;
  if (range.total) out["total"] = *range.total;
  return out;
}

ordered_json msrp_head_json(const msrp::Head& head) {
  ordered_json out{{"transaction_id", head.transaction_id}};
  if (head.is_request()) {
    out["method"] = head.method;
  } else {
    out["status"] = head.status;
    if (!head.comment.empty()) out["comment"] = text_or_base64(head.comment);
  }
  out["to_path"] = text_or_base64(head.to_path);
  out["from_path"] = text_or_base64(head.from_path);
  if (!head.message_id.empty()) out["message_id"] = head.message_id;
  if (head.success_report) out["success_report"] = *head.success_report;
  if (head.failure_report) {
    constexpr const char* kWishes[] = {"yes", "partial", "no"};
    out["failure_report"] = kWishes[static_cast<int>(*head.failure_report)];
  }
  if (head.byte_range) out["byte_range"] = range_json(*head.byte_range);
  if (head.report_status) {
    out["report_status"] = {{"code", head.report_status->code},
                            {"comment", text_or_base64(head.report_status->comment)}};
  }
  if (!head.use_nickname.empty()) out["use_nickname"] = text_or_base64(head.use_nickname);
  for (const auto& header : head.others) {
    out["headers"].push_back({{"name", header.name}, {"value", text_or_base64(header.value)}});
  }
  if (!head.content_type.empty()) out["content_type"] = text_or_base64(head.content_type);
  return out;
}

/// All requests and responses of a stream, a whole message's body by its type.
Result<ordered_json> msrp_json(std::string_view octets) {
  msrp::Decoder decoder;
  decoder.feed(octets);
  auto out = ordered_json::array();
  msrp::Head head;
  std::string content;
  while (auto item = decoder.next()) {
    if (auto* error = std::get_if<core::Error>(&*item)) return std::move(*error);
    if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item)) {
      head = *arrived->head;
      content.clear();
      out.push_back(msrp_head_json(head));
      if (!arrived->defect.empty()) out.back()["defect"] = arrived->defect;
    } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
      content += part->octets;
    } else {
      const auto flag = std::get<msrp::End>(*item).flag;
      const bool whole = flag == msrp::Flag::last && (!head.byte_range || head.byte_range->start == 1);
      if (head.has_body)
        out.back()["body"] = whole ? body_json(head.content_type, content) : text_or_base64(content);
      out.back()["flag"] = std::string(1, static_cast<char>(flag));
    }
  }
  if (!decoder.between_messages()) {
    return core::malformed("MSRP: expected an end-line, the octets end after " +
                           std::to_string(octets.size()));
  }
  ordered_json stream{{"messages", std::move(out)}};
  return Result<ordered_json>(boost::system::in_place_value, std::move(stream));
}

std::string printed(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

/// A multipart body given alone: with its MIME header fields, or from its first delimiter line.
Result<std::string> bare_multipart_json(std::string_view octets) {
  std::string boundary;
  if (!octets.starts_with("--")) {
    auto rest = octets;
    RCS_TRY(const auto headers, body::take_mime_headers(rest));
    if (const auto* type = body::find_mime(headers, "Content-Type")) {
      RCS_TRY(const auto media, body::parse_media_type(*type));
      boundary = media.param("boundary").value_or("");
    }
    octets = rest;
  } else {
    const auto line = octets.substr(2, octets.find_first_of("\r\n") - 2);
    boundary = std::string(core::trim(line));
  }
  RCS_TRY(const auto parts, body::parse_multipart(octets, boundary));
  return printed(multipart_json(parts));
}

Result<std::string> decode(std::string_view kind, std::string_view octets, const std::string& file_name) {
  if (kind == "sip") {
    RCS_TRY(const auto message, sip::decode(octets));
    return printed(sip_json(message));
  }
  if (kind == "sdp") {
    RCS_TRY(const auto sdp, body::parse_sdp(octets));
    return printed(sdp_json(sdp));
  }
  if (kind == "cpim") {
    RCS_TRY(const auto cpim, body::parse_cpim(octets));
    return printed(cpim_json(cpim));
  }
  if (kind == "multipart") return bare_multipart_json(octets);
  if (kind == "msrp") {
    RCS_TRY(const auto json, msrp_json(octets));
    return printed(json);
  }
  if (kind == "imdn") {
    RCS_TRY(const auto imdn, body::parse_imdn(octets));
    return printed(imdn_json(imdn));
  }
  if (kind == "iscomposing") {
    RCS_TRY(const auto composing, body::parse_composing(octets));
    return printed(composing_json(composing));
  }
  if (kind == "pidf") {
    RCS_TRY(const auto presence, body::parse_pidf(octets));
    return printed(presence_json(presence));
  }
  if (kind == "rlmi") {
    RCS_TRY(const auto list, body::parse_rlmi(octets));
    return printed(rlmi_json(list));
  }
  if (kind == "resource-lists") {
    RCS_TRY(const auto list, body::parse_recipient_list(octets));
    return printed({{"recipients", recipients_json(list)}});
  }
  if (kind == "uri") {
    while (!octets.empty() && (octets.back() == '\n' || octets.back() == '\r')) octets.remove_suffix(1);
    RCS_TRY(const auto uri, sip::parse_uri(octets));
    return printed(uri_json(uri));
  }
  if (kind == "scenario") {
    const auto parsed = scenario::parse_scenario(octets, file_name);
    if (!parsed.diagnostics.empty()) return core::malformed(scenario::format_diagnostics(parsed.diagnostics));
    return printed({{"scenario", parsed.scenario.name},
                    {"title", parsed.scenario.title},
                    {"actors", parsed.scenario.actors.size()},
                    {"steps", parsed.scenario.steps.size()}});
  }
  std::string known;
  for (const auto& name : decode_kinds()) known += (known.empty() ? "" : ", ") + name;
  return core::Error(core::Errc::unsupported,
                     "--kind: expected one of " + known + ", got " + core::quoted(kind));
}

}  // namespace

const std::vector<std::string>& decode_kinds() {
  static const std::vector<std::string> kinds = {"sip",  "sdp",         "multipart", "cpim", "msrp",
                                                 "imdn", "iscomposing", "pidf",      "rlmi", "resource-lists",
                                                 "uri",  "scenario"};
  return kinds;
}

std::string guess_kind(std::string_view octets) {
  const auto line = octets.substr(0, octets.find_first_of("\r\n"));
  if (line.starts_with("SIP/2.0 ") || line.ends_with(" SIP/2.0")) return "sip";
  if (line == "v=0") return "sdp";
  if (line.starts_with("--") || core::istarts_with(line, "Content-Type: multipart/")) return "multipart";
  if (line.starts_with("From: ") || line.starts_with("NS: ") || line.starts_with("To: ")) return "cpim";
  if (line.starts_with("MSRP ")) return "msrp";
  if (line.starts_with('<')) {
    if (octets.find("isComposing") != std::string_view::npos) return "iscomposing";
    if (octets.find("urn:ietf:params:xml:ns:imdn") != std::string_view::npos) return "imdn";
    if (octets.find("urn:ietf:params:xml:ns:pidf") != std::string_view::npos) return "pidf";
    if (octets.find("urn:ietf:params:xml:ns:rlmi") != std::string_view::npos) return "rlmi";
    if (octets.find("resource-lists") != std::string_view::npos) return "resource-lists";
  }
  if (octets.find("scenario:") != std::string_view::npos) return "scenario";
  if (line.starts_with("sip:") || line.starts_with("sips:") || line.starts_with("tel:")) return "uri";
  return {};
}

Result<std::string> decode_to_json(std::string_view kind, std::string_view octets,
                                   const std::string& file_name) {
  return decode(kind, octets, file_name);
}

}  // namespace rcs::harness
