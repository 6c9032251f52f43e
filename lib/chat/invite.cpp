#include "chat/invite.hpp"

#include <algorithm>
#include <array>

#include "body/mime.hpp"
#include "chat/pager_request.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::array<std::string_view, 1> kKnownOptions = {"timer"};
constexpr std::array<std::string_view, 1> kNotifyOptions = {
    "eventlist"};  // what a SUBSCRIBE of ours supports
constexpr std::array<std::string_view, 6> kTaken = {"INVITE",  "BYE",     "UPDATE",
                                                    "OPTIONS", "MESSAGE", "NOTIFY"};
/// Methods we know of but do not take: 405; any other is 501 (RFC 3261 sections 8.2.1 and 21.5.2).
constexpr std::array<std::string_view, 6> kNotTaken = {"REFER",   "SUBSCRIBE", "INFO",
                                                       "PUBLISH", "PRACK",     "REGISTER"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string transport_param(const AgentConfig& config) {
  return config.core.transport == sip::Transport::udp ? "" : sip::name(config.core.transport);
}

Refusal refuse(int status, std::string reason = {}) { return {status, std::move(reason), {}}; }

Refusal refuse(int status, std::string_view name, std::string_view value) {
  return {status, {}, {{std::string(name), std::string(value)}}};
}

bool is_identity_coding(const sip::Message& request) {
  const auto* coding = request.header("Content-Encoding");
  return coding == nullptr || core::iequals(core::trim(*coding), "identity");
}

Refusal refuse_body(const core::Error& error) {
  if (error.code() == core::Errc::unsupported) return refuse(415, "Accept", kAcceptedTypes);
  return refuse(error.code() == core::Errc::too_large ? 413 : 400, one_line(error.detail(), kMaxReason));
}

void add_session_headers(sip::Message& invite, const AgentConfig& config) {
  invite.add_header("Supported", "timer");
  invite.add_header("Session-Expires", std::to_string(sip::kSessionExpires) + ";refresher=uac");
  invite.add_header("Allow", kChatMethods);
  invite.add_header("User-Agent", config.user_agent);
}

}  // namespace

std::string uri_host(std::string_view host) {
  const bool bare_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  return bare_ipv6 ? "[" + std::string(host) + "]" : std::string(host);
}

sip::NameAddr make_contact(const AgentConfig& config, const std::string& user) {
  auto contact = contact_address(config, user);
  contact.params.push_back({std::string(kChatTag), std::nullopt});
  return contact;
}

sip::NameAddr contact_address(const AgentConfig& config, const std::string& user) {
  sip::NameAddr contact;
  contact.uri = sip::make_sip_uri(user, uri_host(config.host), config.port);
  if (const auto transport = transport_param(config); !transport.empty()) {
    contact.uri.params.push_back({"transport", transport});
  }
  return contact;
}

bool is_core(const sip::Uri& uri, const AgentConfig& config) {
  return uri.host == uri_host(config.core.host) && (uri.port == 0 || uri.port == config.core.port);
}

sip::NameAddr core_route(const AgentConfig& config) {
  sip::NameAddr route;
  route.uri = sip::make_sip_uri("", uri_host(config.core.host), config.core.port);
  if (const auto transport = transport_param(config); !transport.empty()) {
    route.uri.params.push_back({"transport", transport});
  }
  route.uri.params.push_back({"lr", std::nullopt});
  return route;
}

LocalMedia make_media(core::Random& random) {
  // RFC 8866 asks for a number; 53 bits also fit programs that keep it in a double.
  return {random.below(std::uint64_t{1} << 53) + 1, random.token(14)};
}

body::Sdp make_sdp(const AgentConfig& config, const LocalMedia& media,
                   const std::optional<body::MsrpMedia>& offer) {
  body::MsrpMedia own;
  own.address = config.host;
  own.port = 9;
  own.path = "msrp://" + uri_host(config.host) + ":9/" + media.msrp_session + ";tcp";
  own.accept_types = kMsrpTypes;
  own.accept_wrapped_types = kMsrpWrappedTypes;
  own.setup = offer && offer->setup == body::Setup::active ? body::Setup::passive : body::Setup::active;
  return body::make_msrp_sdp(own, media.sdp_id, media.sdp_id);
}

void set_sdp(sip::Message& message, const body::Sdp& sdp) {
  message.set_header("Content-Type", "application/sdp");
  message.body = body::format_sdp(sdp);
}

core::Result<void> check_content_type(const std::string& text) {
  const auto type = body::parse_media_type(text);
  if (!core::has_control(text) && type && type->type.find('/') != std::string::npos) return {};
  return core::malformed("content type: expected type/subtype, got " + core::quoted(text));
}

sip::Message make_invite(InvitePlan plan, const AgentConfig& config, body::Sdp sdp, Instant now,
                         core::Random& random) {
  sip::Message invite;
  invite.method = "INVITE";
  invite.request_uri = plan.to;
  invite.max_forwards = 70;
  invite.routes = std::move(plan.routes);
  invite.from.uri = plan.from;
  sip::set_param(invite.from.params, "tag", random.token(12));
  invite.to.uri = plan.to;
  invite.call_id = random.token(20);
  invite.cseq = {1, "INVITE"};
  invite.contacts.push_back(make_contact(config, plan.contact_user));
  sip::NameAddr preferred;
  preferred.uri = plan.preferred_identity;
  invite.add_header("P-Preferred-Identity", preferred.to_string());
  invite.add_header("Accept-Contact", "*;" + std::string(kChatTag) + ";explicit;require");
  invite.add_header("Contribution-ID", random.hex(32));
  add_session_headers(invite, config);
  if (const auto subject = one_line(plan.subject, kMaxSubject); !subject.empty()) {
    invite.add_header("Subject", subject);
  }
  body::ChatBody content{std::move(plan.text), std::move(sdp)};
  if (content.text) {
    content.text->from = plan.from.to_string();
    content.text->to = plan.to.to_string();
    if (!content.text->date_time) content.text->date_time = config.wall.at(now);
  }
  auto typed = body::make_chat_body(content, random);
  invite.add_header("Content-Type", typed.content_type);
  invite.body = std::move(typed.content);
  return invite;
}

std::variant<Offered, Refusal> read_offer(const sip::Message& request) {
  const auto* type = request.header("Content-Type");
  if (request.body.empty()) return Offered{};
  if (type == nullptr) return refuse(400, "body without Content-Type");
  if (!is_identity_coding(request)) return refuse(415, "Accept-Encoding", "identity");
  auto body = body::read_chat_body(*type, request.body);
  if (!body) return refuse_body(body.error());
  Offered offered{std::nullopt, std::move(body->text)};
  if (body->sdp) {
    offered.media = body::msrp_media(*body->sdp);
    if (!offered.media) return refuse(488);
  }
  return offered;
}

core::Result<body::MsrpMedia> read_media(const sip::Message& message, body::Setup unsaid) {
  const auto* type = message.header("Content-Type");
  if (type == nullptr || message.body.empty()) return core::malformed("SDP: expected an answer, got none");
  RCS_TRY(const auto body, body::read_chat_body(*type, message.body));
  if (!body.sdp) return core::malformed("SDP: expected an answer, got " + core::quoted(*type));
  auto media = body::msrp_media(*body.sdp, unsaid);
  if (!media) return core::Error(core::Errc::unsupported, "SDP: expected a usable m=message line, got none");
  return std::move(*media);
}

std::optional<Refusal> screen(const sip::Message& request) {
  if (!contains(kTaken, request.method)) {
    return refuse(contains(kNotTaken, request.method) ? 405 : 501, "Allow", kOwnMethods);
  }
  if (!can_be_called(request.request_uri)) return refuse(416);
  std::string unknown;
  for (const auto value : request.header_values("Require")) {
    for (const auto piece : core::split(value, ',')) {
      const auto option = core::trim(piece);
      const auto word = core::to_lower(option);
      const bool is_known =
          request.method == "NOTIFY" ? contains(kNotifyOptions, word) : contains(kKnownOptions, word);
      if (option.empty() || is_known) continue;
      unknown.append(unknown.empty() ? "" : ", ").append(option);
    }
  }
  if (!unknown.empty()) return refuse(420, "Unsupported", unknown);
  return std::nullopt;
}

std::string own_methods(const ServiceSet& services) {
  std::string methods;
  for (const auto method : core::split(kOwnMethods, ',')) {
    if (core::trim(method) == "MESSAGE" && !services.has(Service::standalone)) continue;
    methods.append(methods.empty() ? "" : ", ").append(core::trim(method));
  }
  return methods;
}

std::optional<Refusal> screen_service(const sip::Message& request, const ServiceSet& services) {
  if (request.method == "MESSAGE" && !services.has(Service::standalone))
    return refuse(405, "Allow", own_methods(services));
  if (request.method != "INVITE") return std::nullopt;
  const bool is_taken = is_large_message(request)
                            ? services.has(Service::standalone_large) || services.has(Service::standalone)
                            : services.has(Service::chat);
  if (is_taken) return std::nullopt;
  return refuse(488);
}

std::optional<Refusal> refuse_timer(const sip::SessionTimerAnswer& answer) {
  if (answer.status == 200) return std::nullopt;
  auto refusal = refuse(answer.status);
  if (answer.min_se != 0) refusal.headers.push_back({"Min-SE", std::to_string(answer.min_se)});
  return refusal;
}

}  // namespace rcs::chat
