#include "harness/live_agent.hpp"

#include "core/text.hpp"

namespace rcs::harness {
namespace {

std::unique_ptr<net::SipTap> make_tap(const LiveAgentOptions& options) {
  if (options.recorder == nullptr) return nullptr;
  auto names = options.names;
  if (!names) names = [](const sip::Hop& hop) { return hop.host + ":" + std::to_string(hop.port); };
  return std::make_unique<net::SipTap>(*options.recorder, options.actor, std::move(names));
}

}  // namespace

LiveAgent::LiveAgent(net::Loop& loop, const LiveAgentOptions& options, OnEvent on_event)
    : loop_(loop),
      on_event_(std::move(on_event)),
      tap_(make_tap(options)),
      driver_(loop, tap_.get(), [this](const chat::Event& event) {
        const auto* effect = std::get_if<node::StreamEffect>(&event);
        if (effect == nullptr) return on_event_(event);
        if (media_) media_->act(*effect);
      }) {}

LiveAgent::~LiveAgent() {
  if (media_) media_->close();
  driver_.close();
}

core::Result<std::unique_ptr<LiveAgent>> LiveAgent::open(net::Loop& loop, LiveAgentOptions options,
                                                         core::Random& random, OnEvent on_event) {
  std::unique_ptr<LiveAgent> out(new LiveAgent(loop, options, std::move(on_event)));
  if (options.messages) RCS_CHECK_OK(out->open_media(options));
  net::SipTls tls;
  if (options.agent.core.transport == sip::Transport::tls) {
    RCS_TRY(tls, net::make_dialling_tls(options.tls));
  }
  RCS_TRY(out->local_, out->driver_.open(options.bind, std::move(options.on_warning), std::move(tls)));
  auto config = std::move(options.agent);
  config.host = out->local_.host;
  config.port = out->local_.port;
  config.wall = loop.wall();
  if (out->media_) config.msrp = out->media_->at();
  out->agent_ = std::make_unique<chat::Agent>(std::move(config), random);
  out->driver_.attach(*out->agent_);
  return out;
}

core::Result<void> LiveAgent::open_media(const LiveAgentOptions& options) {
  LiveMediaOptions media;
  media.bind = {options.bind.host, 0};
  media.actor = options.actor;
  media.recorder = options.recorder;
  RCS_TRY(media_, LiveMedia::open(loop_, std::move(media)));
  media_->attach([this](node::ConnectionId id, const node::StreamNews& news) {
    driver_.act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
      agent.on_stream(now, id, news, out);
    });
  });
  return {};
}

void LiveAgent::execute(chat::Command command) {
  driver_.act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
    agent.execute(now, std::move(command), out);
  });
}

decltype(chat::AgentConfig::login_of) login_of(std::string user, std::string password) {
  if (password.empty()) return {};
  return [user = std::move(user), password = std::move(password)](const sip::Uri& identity) {
    return std::optional(core::DigestCredentials{user.empty() ? identity.user : user, password});
  };
}

core::Result<void> lead_to_core(chat::AgentConfig& agent, const std::string& uri) {
  RCS_TRY(const auto parsed, sip::parse_uri(uri));
  if (!parsed.is_sip()) return core::malformed("--core: expected sip:HOST:PORT, got " + core::quoted(uri));
  agent.core = sip::hop_of(parsed);
  agent.messages_by_tcp = !sip::names_transport(parsed);
  return {};
}

std::string contact_uri(const std::string& id, const std::string& domain) {
  return id.find(':') != std::string::npos ? id : "sip:" + id + "@" + domain;
}

}  // namespace rcs::harness
