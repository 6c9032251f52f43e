#include "body/chat_body.hpp"

#include "body/multipart.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;

constexpr int kMaxDepth = 3;  // a multipart in a multipart is seen in the field, deeper ones are not
constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";
constexpr std::string_view kDefaultType = "text/plain;charset=UTF-8";

std::string address_value(const std::string& uri) {
  return format_cpim_address({{}, uri.empty() ? std::string(kAnonymous) : uri});
}

bool lists(std::string_view values, std::string_view wanted) {
  for (const auto piece : core::split(values, ',')) {
    if (core::iequals(core::trim(piece.substr(0, piece.find(';'))), wanted)) return true;
  }
  return false;
}

Part typed_part(std::string content_type, std::string content) {
  Part part;
  part.headers.push_back({"Content-Type", std::move(content_type)});
  part.headers.push_back({"Content-Length", std::to_string(content.size())});
  part.content = std::move(content);
  return part;
}

Result<void> read_body(const MediaType& type, std::string_view content, int depth, ChatBody& out);

Result<void> read_parts(const MediaType& type, std::string_view content, int depth, ChatBody& out) {
  if (depth == kMaxDepth) {
    return Error(Errc::too_large,
                 "chat body: multiparts are nested more than " + std::to_string(kMaxDepth) + " deep");
  }
  const auto boundary = type.param("boundary");
  if (!boundary)
    return malformed("chat body: expected a boundary parameter in " + core::quoted(type.to_string()));
  RCS_TRY(const auto parts, parse_multipart(content, *boundary));
  // Of alternatives one that we take is enough (RFC 2046 section 5.1.4).
  const bool alternatives = type.type == "multipart/alternative";
  std::optional<Error> refusal;
  bool any = false;
  for (const auto& part : parts) {
    if (part.headers.empty() && part.content.empty()) continue;
    auto taken = [&]() -> Result<void> {
      RCS_TRY(const auto part_type, part.media_type());
      return read_body(part_type, part.content, depth + 1, out);
    }();
    if (taken) {
      any = true;
      continue;
    }
    if (taken.error().code() != Errc::unsupported) return taken.error();
    if (is_optional(part)) continue;
    if (!alternatives) return taken.error();
    refusal = taken.error();
  }
  if (refusal && !any) return *refusal;
  return {};
}

// Fills what `out` does not have yet: of two bodies of a kind the first counts.
Result<void> read_body(const MediaType& type, std::string_view content, int depth, ChatBody& out) {
  if (core::istarts_with(type.type, "multipart/")) return read_parts(type, content, depth, out);
  if (type.type == "application/sdp") {
    RCS_TRY(auto sdp, parse_sdp(content));
    if (!out.sdp) out.sdp = std::move(sdp);
    return {};
  }
  if (type.type == "message/cpim") {
    RCS_TRY(const auto cpim, parse_cpim(content));
    if (!out.text) out.text = read_chat_cpim(cpim);
    return {};
  }
  return Error(Errc::unsupported, "chat body: expected message/cpim, application/sdp or multipart/*, got " +
                                      core::quoted(type.type));
}

}  // namespace

Cpim make_chat_cpim(const ChatText& text) {
  Cpim cpim;
  cpim.add({}, "From", address_value(text.from));
  cpim.add({}, "To", address_value(text.to));
  if (text.date_time) cpim.add({}, "DateTime", core::format_rfc3339(*text.date_time));
  if (!text.message_id.empty()) {
    cpim.add(kImdnNamespace, "Message-ID", text.message_id);
    std::string wanted;
    const auto want = [&](bool is_wanted, std::string_view word) {
      if (!is_wanted) return;
      if (!wanted.empty()) wanted += ", ";
      wanted += word;
    };
    want(text.want_delivery, "positive-delivery");
    want(text.want_failure, "negative-delivery");
    want(text.want_display, "display");
    if (!wanted.empty()) cpim.add(kImdnNamespace, "Disposition-Notification", wanted);
  }
  cpim.content.headers.push_back(
      {"Content-Type", text.content_type.empty() ? std::string(kDefaultType) : text.content_type});
  cpim.content.content = text.text;
  return cpim;
}

ChatText read_chat_cpim(const Cpim& cpim) {
  ChatText out;
  if (const auto from = cpim.from()) out.from = from->uri;
  if (const auto to = cpim.to()) out.to = to->uri;
  if (const auto* id = cpim.imdn("Message-ID")) out.message_id = core::trim(*id);
  if (const auto* when = cpim.header({}, "DateTime")) {
    if (const auto time = core::parse_rfc3339(core::trim(*when))) out.date_time = *time;
  }
  const auto* wanted = cpim.imdn("Disposition-Notification");
  out.want_delivery = wanted && lists(*wanted, "positive-delivery");
  out.want_display = wanted && lists(*wanted, "display");
  out.want_failure = wanted && lists(*wanted, "negative-delivery");
  const auto* type = find_mime(cpim.content.headers, "Content-Type");
  out.content_type = type ? *type : "text/plain;charset=us-ascii";
  out.text = cpim.content.content;
  return out;
}

TypedBody make_chat_body(const ChatBody& body, core::Random& random) {
  if (!body.text && !body.sdp) return {};
  if (!body.text) return {"application/sdp", format_sdp(*body.sdp)};
  auto cpim = format_cpim(make_chat_cpim(*body.text));
  if (!body.sdp) return {"message/cpim", std::move(cpim)};
  std::vector<Part> parts;
  parts.push_back(typed_part("message/cpim", std::move(cpim)));
  parts.push_back(typed_part("application/sdp", format_sdp(*body.sdp)));
  const auto boundary = make_boundary(parts, random);
  return {"multipart/mixed;boundary=\"" + boundary + '"', format_multipart(parts, boundary)};
}

Result<ChatBody> read_chat_body(std::string_view content_type, std::string_view content) {
  ChatBody out;
  if (core::trim(content_type).empty() && content.empty()) return out;
  RCS_TRY(const auto type, parse_media_type(content_type));
  RCS_CHECK_OK(read_body(type, content, 0, out));
  return out;
}

}  // namespace rcs::body
