#include "chat/pager_request.hpp"

#include <algorithm>
#include <utility>

#include "body/inflate.hpp"
#include "body/list_message.hpp"
#include "core/date.hpp"
#include "core/text.hpp"
#include "sip/codec.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kContributionIdLength = 32;  // hex digits
constexpr std::size_t kMaxConversationId = 64;     // octets; 32 are usual
constexpr std::string_view kPagerService = "3gpp-service.ims.icsi.oma.cpm.msg";
constexpr std::string_view kMixedType = "multipart/mixed";
constexpr std::string_view kLargeService = "3gpp-service.ims.icsi.oma.cpm.largemsg";

std::string urn_of(std::string_view service) { return "urn:urn-7:" + std::string(service); }
sip::Param icsi_tag(std::string_view service) { return sip::make_list_tag(sip::kIcsiRef, {urn_of(service)}); }

void add_service_headers(sip::Message& request, std::string_view service, const std::string& conversation_id,
                         core::Random& random) {
  request.set_header("Accept-Contact", "*" + sip::format_params({icsi_tag(service)}));
  request.set_header("P-Preferred-Service", urn_of(service));
  request.set_header("Conversation-ID", conversation_id);
  request.set_header("Contribution-ID", random.hex(kContributionIdLength));
}

Refusal refuse(const core::Error& error) {
  const int status = error.code() == core::Errc::too_large ? 413 : 400;
  return {status, one_line(error.detail(), kMaxReason), {}};
}

/// The body without its Content-Encoding.
std::variant<std::string, Refusal> unpacked_body(const sip::Message& request) {
  const auto* coding = request.header("Content-Encoding");
  auto body = body::without_coding(coding == nullptr ? std::string() : *coding, request.body);
  if (body) return std::move(*body);
  if (body.error().code() == core::Errc::unsupported)
    return Refusal{415, {}, {{"Accept-Encoding", std::string(body::kContentCodings)}}};
  return refuse(body.error());
}

bool is_taken_type(std::string_view type) {
  return type == "text/plain" || type == kCpimType || type == body::kComposingType;
}

Refusal refuse_type() { return {415, {}, {{"Accept", std::string(kMessageTypes)}}}; }

/// The message in a multipart.
std::variant<Content, Refusal> read_part(std::string_view content_type, std::string_view body) {
  auto part = body::take_message_part(content_type, body);
  if (!part && part.error().code() == core::Errc::unsupported) return refuse_type();
  if (!part) return refuse(part.error());
  const auto* type = *part ? body::find_mime((*part)->headers, "Content-Type") : nullptr;
  const auto inner_type = type == nullptr ? std::string("text/plain") : *type;
  if (!*part || !is_taken_type(plain_type(inner_type))) return refuse_type();
  auto content = read_content(inner_type, std::move((*part)->content));
  if (content) return std::move(*content);
  return refuse(content.error());
}

}  // namespace

void write_message(sip::Message& request, const MessageOwed& owed, const AgentConfig& config, Instant now,
                   core::Random& random) {
  if (owed.conversation_id.empty()) {
    request.add_header("Accept-Contact", "*;" + std::string(kChatTag));
  } else {
    add_service_headers(request, kPagerService, owed.conversation_id, random);
  }
  request.add_header("User-Agent", config.user_agent);
  if (owed.item.kind == PagerItem::Kind::composing || owed.now_or_never) {
    request.add_header("Expires", "0");  // nobody keeps it for later (ISC-7)
  } else if (owed.deadline) {
    const auto left = core::to_ms(std::max(*owed.deadline - now, core::Duration{}));
    request.add_header("Expires", std::to_string((left + 999) / 1000));
    request.add_header("Date", core::format_date(config.wall.at(now)));
  }
  request.add_header("Content-Type", owed.content_type);
  request.body = owed.content;
}

std::size_t octets_of_request(const sip::Message& request, const AgentConfig& config) {
  auto sent = request;
  sip::Via via;
  via.host = uri_host(config.host);
  via.port = config.port;
  via.params = {{"branch", "z9hG4bK0123456789abcdef"}, {"rport", std::nullopt}};
  sent.vias.insert(sent.vias.begin(), std::move(via));
  return sip::encode(sent).size();
}

std::variant<Content, Refusal> read_message(const sip::Message& request) {
  const auto* content_type = request.header("Content-Type");
  if (content_type == nullptr) return Refusal{400, "expected a Content-Type, got none", {}};
  const auto type = plain_type(*content_type);
  const bool is_multipart = type == kMixedType;
  if (!is_multipart && !is_taken_type(type)) return refuse_type();
  auto body = unpacked_body(request);
  if (auto* refusal = std::get_if<Refusal>(&body)) return std::move(*refusal);
  if (is_multipart) return read_part(*content_type, std::get<std::string>(body));
  auto content = read_content(*content_type, std::move(std::get<std::string>(body)));
  if (content) return std::move(*content);
  return refuse(content.error());
}

bool has_expired(const sip::Message& request, core::UnixMs now) {
  const auto seconds = request.expires();
  const auto* date = request.header("Date");
  if (!seconds || date == nullptr) return false;
  const auto from = core::parse_date(*date);
  return from && from->value + std::int64_t{*seconds} * 1000 < now.value;
}

std::string conversation_id_of(const sip::Message& request) {
  const auto* id = request.header("Conversation-ID");
  return id != nullptr && id->size() <= kMaxConversationId && core::is_token(*id) ? *id : std::string();
}

void mark_large_message(sip::Message& invite, const std::string& conversation_id, core::Random& random) {
  add_service_headers(invite, kLargeService, conversation_id, random);
  for (auto& contact : invite.contacts) {
    sip::remove_param(contact.params, kChatTag);
    sip::remove_param(contact.params, sip::kIcsiRef);
    contact.params.push_back(icsi_tag(kLargeService));
  }
}

bool is_large_message(const sip::Message& invite) {
  const auto values = invite.header_values("Accept-Contact");
  return std::any_of(values.begin(), values.end(), [](std::string_view value) {
    const auto preferences = sip::parse_preferences(value);
    return std::any_of(preferences.begin(), preferences.end(), [](const sip::Params& tags) {
      return sip::has_feature(tags, sip::kIcsiRef, urn_of(kLargeService));
    });
  });
}

}  // namespace rcs::chat
