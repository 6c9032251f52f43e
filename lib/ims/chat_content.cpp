#include "ims/chat_content.hpp"

#include <utility>

#include "body/chat_body.hpp"
#include "body/cpim.hpp"
#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "core/text.hpp"

namespace rcs::ims {
namespace {

std::string_view without_parameters(std::string_view media_type) {
  return core::trim(media_type.substr(0, media_type.find(';')));
}

ContentKind kind_of_type(std::string_view media_type) {
  const auto type = without_parameters(media_type);
  if (core::iequals(type, body::kComposingType)) return ContentKind::composing;
  return core::iequals(type, body::kImdnType) ? ContentKind::notice : ContentKind::text;
}

ContentKind kind_of_cpim(const body::Cpim& cpim) {
  const auto* disposition = body::find_mime(cpim.content.headers, "Content-Disposition");
  if (disposition != nullptr && core::iequals(without_parameters(*disposition), "notification"))
    return ContentKind::notice;  // also several of them in one multipart (IMDN-10)
  const auto* inner = body::find_mime(cpim.content.headers, "Content-Type");
  return inner == nullptr ? ContentKind::text : kind_of_type(*inner);
}

bool is_anonymous(const std::string& uri) { return uri.find("anonymous.invalid") != std::string::npos; }

}  // namespace

bool is_cpim(std::string_view content_type) {
  return core::iequals(without_parameters(content_type), "message/cpim");
}

bool is_plain_text(std::string_view content_type) {
  return core::iequals(without_parameters(content_type), "text/plain");
}

ContentKind content_kind(std::string_view content_type, std::string_view content) {
  if (!is_cpim(content_type)) return kind_of_type(content_type);
  const auto cpim = body::parse_cpim(content);
  return cpim ? kind_of_cpim(*cpim) : ContentKind::text;
}

ContentFacts facts_of(std::string_view content_type, std::string_view content) {
  if (!is_cpim(content_type)) return {kind_of_type(content_type), {}};
  const auto cpim = body::parse_cpim(content);
  if (!cpim) return {};
  ContentFacts facts{kind_of_cpim(*cpim), {}};
  if (facts.kind == ContentKind::text) {
    if (const auto* id = cpim->imdn("Message-ID")) facts.id = core::trim(*id);
  } else if (facts.kind == ContentKind::notice) {
    const auto notices = body::read_imdn_cpim(*cpim);
    if (notices && !notices->empty()) facts.id = notices->front().message_id;
  }
  return facts;
}

std::optional<std::string> failure_notice(std::string_view content_type, std::string_view content,
                                          std::string id, core::UnixMs now, std::string recipient) {
  if (!is_cpim(content_type)) return std::nullopt;
  const auto cpim = body::parse_cpim(content);
  if (!cpim || kind_of_cpim(*cpim) != ContentKind::text) return std::nullopt;  // IMDN-5
  auto text = body::read_chat_cpim(*cpim);
  if (!text.want_failure || text.message_id.empty()) return std::nullopt;
  if (!recipient.empty()) text.to = std::move(recipient);
  body::ImdnMessage notice;
  notice.message_id = std::move(id);
  notice.date_time = now;
  notice.imdn.kind = body::ImdnKind::delivery;
  notice.imdn.status = body::ImdnStatus::failed;
  notice.imdn.message_id = std::move(text.message_id);
  if (const auto* written = cpim->header({}, "DateTime")) notice.imdn.date_time = core::trim(*written);
  if (!is_anonymous(text.to)) notice.imdn.recipient_uri = text.to;
  notice.from = std::move(text.to);
  notice.to = std::move(text.from);
  auto told = body::make_imdn_cpim(notice);
  std::size_t routes = 0;
  for (const auto& header : cpim->headers) {
    const bool is_route = header.ns == body::kImdnNamespace && header.name == "IMDN-Record-Route";
    if (is_route && routes++ < kMaxIntermediaries)
      told.add(body::kImdnNamespace, "IMDN-Route", header.value);  // IMDN-6
  }
  return body::format_cpim(told);
}

}  // namespace rcs::ims
