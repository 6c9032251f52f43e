#include "harness/translate.hpp"

#include <algorithm>

#include "body/chat_body.hpp"
#include "body/multipart.hpp"
#include "chat/agent.hpp"
#include "core/text.hpp"
#include "sip/codec.hpp"

namespace rcs::harness {
namespace {

using gateway::Explained;

constexpr std::uint64_t kSeed = 1;
constexpr core::Instant kNow{std::chrono::seconds(1)};
constexpr std::int64_t kDateMs =
    1'325'412'610'000 - 1000;  // now is 2012-01-01T10:10:10Z, the date of the published example

chat::AgentConfig agent_config(const gateway::Config& config) {
  chat::AgentConfig agent;
  agent.host = "1.1.1.2";
  agent.port = 1002;
  agent.core = {sip::Transport::udp, config.domain, 5060, {}};
  agent.expect_registered = false;
  agent.accept_unknown_users = true;
  agent.wall = core::WallClock{kDateMs};
  return agent;
}

struct Source {
  std::string_view header;
  std::string_view source;
};
/// Where the header fields of the INVITE come from that no member of the request decides.
constexpr Source kSipSources[] = {
    {"Via", "generated: own address, transport by size (over 1300 octets: TCP), random branch"},
    {"Max-Forwards", "constant"},
    {"Route", "where requests go first: the core, or the Service-Route of the registration"},
    {"From", "path {RCS ID} at the domain; random tag"},
    {"To", "data.recipient at the domain"},
    {"Call-ID", "generated: random"},
    {"CSeq", "generated: 1 INVITE"},
    {"Contact", "generated: own address, chat service tag"},
    {"P-Preferred-Identity", "path {RCS ID} at the domain"},
    {"Subject", "data.subject, control characters replaced, cut to 1 KiB"},
    {"Accept-Contact", "constant: the chat service tag"},
    {"Contribution-ID", "generated: random"},
    {"Supported", "constant: session timers"},
    {"Session-Expires", "constant"},
    {"Allow", "constant: what the client takes"},
    {"User-Agent", "constant"},
    {"Content-Type", "generated: the type of the body, random boundary"},
    {"Content-Length", "counted from the octets sent"},
};
constexpr Source kCpimSources[] = {
    {"From", "path {RCS ID} at the domain"},
    {"To", "data.recipient at the domain"},
    {"DateTime", "generated: the time of sending"},
    {"Message-ID", "data.message_id"},
    {"Disposition-Notification", "constant: both notifications"},
};

template <std::size_t N>
std::string source_of(const Source (&table)[N], std::string_view name) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const Source& s) { return core::iequals(s.header, name); });
  return found == std::end(table) ? "generated" : std::string(found->source);
}

/// Every line of the message's head and of its CPIM part, with its source.
void explain_sip(std::string_view octets, const sip::Message& message, std::vector<Explained>& out) {
  const auto head = octets.substr(0, octets.find("\r\n\r\n"));
  bool first = true;
  for (auto rest = head; !rest.empty();) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    if (first) {
      out.push_back({"request line", std::string(line), "data.recipient at the domain"});
      first = false;
    } else if (const auto field = core::split_once(line, ':')) {
      out.push_back({std::string(field->first), std::string(core::trim(field->second)),
                     source_of(kSipSources, field->first)});
    }
  }
  const auto* type = message.header("Content-Type");
  const auto media = body::parse_media_type(type == nullptr ? "" : *type);
  if (!media) return;
  const auto parts = body::parse_multipart(message.body, media->param("boundary").value_or(""));
  if (!parts) return;
  for (const auto& part : *parts) {
    const auto part_type = part.media_type();
    if (!part_type || part_type->type != "message/cpim") continue;
    const auto cpim = body::parse_cpim(part.content);
    if (!cpim) continue;
    for (const auto& header : cpim->headers) {
      out.push_back({"CPIM " + std::string(header.ns == body::kImdnNamespace ? "imdn." : "") + header.name,
                     header.value, source_of(kCpimSources, header.name)});
    }
    out.push_back({"CPIM content", cpim->content.content, "data.subject, octet by octet"});
  }
}

}  // namespace

core::Result<Translated> translate_post(std::string_view json, std::string_view rcs_id,
                                        const gateway::Config& config) {
  std::vector<Explained> why;
  RCS_TRY(auto start, gateway::start_chat_from_post(json, rcs_id, config, chat::outgoing_chat(1), &why));
  core::Random random(kSeed);
  chat::Agent agent(agent_config(config), random);
  chat::AgentOutbox out;
  agent.execute(kNow, std::move(start), out);
  for (const auto& effect : out.effects()) {
    const auto* send = std::get_if<chat::AgentOutbox::Send>(&effect);
    if (send == nullptr || send->message.method != "INVITE") continue;
    Translated translated;
    translated.text = sip::encode(send->message);
    explain_sip(translated.text, send->message, translated.explanation);
    return translated;
  }
  return core::Error(core::Errc::internal, "the client made no INVITE of it");
}

core::Result<Translated> translate_invite(std::string_view octets, const gateway::Config& config) {
  RCS_TRY(auto message, sip::decode(octets));
  if (message.method != "INVITE")
    return core::Error(core::Errc::unsupported, "expected an INVITE, got " + sip::summary(message));
  core::Random random(kSeed);
  chat::Agent agent(agent_config(config), random);
  chat::AgentOutbox out;
  agent.on_message(kNow, {sip::Transport::tcp, "1.1.1.4", 1004, {}}, std::move(message), out);
  std::string refused;
  for (const auto& effect : out.effects()) {
    if (const auto* send = std::get_if<chat::AgentOutbox::Send>(&effect);
        send != nullptr && send->message.status >= 300)
      refused = sip::summary(send->message);
    const auto* emit = std::get_if<chat::AgentOutbox::Emit>(&effect);
    const auto* invited = emit == nullptr ? nullptr : std::get_if<chat::ChatInvited>(&emit->event);
    if (invited == nullptr) continue;
    const auto uri = sip::parse_uri(invited->user);
    const auto owner = uri ? uri->user : invited->user;
    const auto instance = config.public_url + "/1.0/RCS/" + core::percent_encode(owner) + "/Chat/" +
                          core::percent_encode(owner) + "-001";
    Translated translated;
    translated.text = gateway::initiate_event_json(
        *invited, config, instance, "epoch.1", agent_config(config).wall.at(kNow), &translated.explanation);
    return translated;
  }
  return core::Error(core::Errc::refused,
                     "no event: it would be answered " + (refused.empty() ? "by nothing yet" : refused));
}

}  // namespace rcs::harness
