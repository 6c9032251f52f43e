#include "harness/live_gateway.hpp"

#include "gateway/gateway.hpp"
#include "store/memory_log.hpp"

namespace rcs::harness {

LiveGateway::LiveGateway(net::Loop& loop, LiveGatewayOptions options)
    : loop_(loop),
      options_(std::move(options)),
      gateway_random_(options_.random.stream("gateway", "api")),
      agent_random_(options_.random.stream("gateway", "sip")),
      log_(std::make_unique<store::MemoryLog>(gateway_random_.token(8))) {}

LiveGateway::~LiveGateway() {
  if (server_) server_->close();
  if (media_) media_->close();
  if (driver_) driver_->close();
}

net::Address LiveGateway::http() const { return server_->local(); }
net::Address LiveGateway::sip() const { return sip_address_; }

core::Result<std::unique_ptr<LiveGateway>> LiveGateway::open(net::Loop& loop, LiveGatewayOptions options) {
  std::unique_ptr<LiveGateway> gateway(new LiveGateway(loop, std::move(options)));
  RCS_CHECK_OK(gateway->bind());
  return gateway;
}

core::Result<void> LiveGateway::bind() {
  if (options_.recorder != nullptr) {
    sip_tap_ = std::make_unique<net::SipTap>(*options_.recorder, "gateway", options_.hop_names);
    web_tap_ = std::make_unique<WebTap>(*options_.recorder, "gateway", options_.user_names);
  }
  http::Server::Handlers handlers;
  handlers.on_request = [this](core::WebId id, const core::WebRequest& request) {
    const auto now = loop_.now();
    const trace::Handling handling(options_.recorder);
    if (web_tap_) web_tap_->on_request(now, id, request);
    gateway::GatewayOutbox out;
    gateway_->on_request(now, id, request, out);
    carry_out(out);
  };
  handlers.on_text = [this](core::WebId id, const std::string& text) {
    gateway::GatewayOutbox out;
    gateway_->on_text(loop_.now(), id, text, out);
    carry_out(out);
  };
  handlers.on_gone = [this](core::WebId id) {
    if (web_tap_) web_tap_->on_gone(id);
    gateway::GatewayOutbox out;
    gateway_->on_gone(loop_.now(), id, out);
    carry_out(out);
  };
  RCS_TRY(server_, http::Server::open(loop_, options_.listen, {}, std::move(handlers)));

  driver_ = std::make_unique<net::SipDriver<chat::Agent, chat::Event>>(
      loop_, sip_tap_.get(), [this](const chat::Event& event) {
        const auto* effect = std::get_if<node::StreamEffect>(&event);
        if (effect != nullptr) return media_->act(*effect);
        gateway::GatewayOutbox out;
        gateway_->on_chat_event(loop_.now(), event, out);
        carry_out(out);
      });
  RCS_TRY(sip_address_, driver_->open(options_.sip, options_.on_warning, options_.sip_tls));
  chat::AgentConfig agent;
  agent.host = sip_address_.host;
  agent.port = sip_address_.port;
  agent.core = options_.core;
  agent.messages_by_tcp = options_.messages_by_tcp;
  agent.login_of = options_.login_of;
  agent.timers = options_.timers;
  agent.wall = loop_.wall();
  RCS_CHECK_OK(bind_media());
  if (media_) agent.msrp = media_->at();
  agent_ = std::make_unique<chat::Agent>(std::move(agent), agent_random_);
  driver_->attach(*agent_);

  options_.config.wall = loop_.wall();
  if (options_.config.public_url.empty())
    options_.config.public_url = "http://" + server_->local().to_string();
  gateway_ = std::make_unique<gateway::Gateway>(options_.config, gateway_random_, *log_);
  timers_ = std::make_unique<net::NodeTimers>(loop_, [this](core::Instant now, node::TimerKey key) {
    gateway::GatewayOutbox out;
    gateway_->on_timer(now, key, out);
    carry_out(out);
  });
  return {};
}

core::Result<void> LiveGateway::bind_media() {
  if (!options_.msrp) return {};
  LiveMediaOptions options;
  options.bind = *options_.msrp;
  options.actor = "gateway";
  options.recorder = options_.recorder;
  options.names = options_.msrp_names;
  RCS_TRY(media_, LiveMedia::open(loop_, std::move(options)));
  media_->attach([this](node::ConnectionId id, const node::StreamNews& news) {
    driver_->act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
      agent.on_stream(now, id, news, out);
    });
  });
  return {};
}

void LiveGateway::shut_down(std::function<void()> done) {
  server_->drain(std::move(done));  // first, so that what is answered now says that the connection ends
  gateway::GatewayOutbox out;
  gateway_->shut_down(loop_.now(), out);
  carry_out(out);
}

void LiveGateway::carry_out(gateway::GatewayOutbox& out) {
  using Box = gateway::GatewayOutbox;
  for (auto& effect : out.take()) {
    if (auto* send = std::get_if<Box::Send>(&effect)) {
      if (web_tap_) web_tap_->on_action(loop_.now(), send->to, send->message);
      server_->act(send->to, std::move(send->message));
    } else if (auto* arm = std::get_if<Box::Arm>(&effect)) {
      timers_->arm(arm->key, arm->after);
    } else if (auto* cancel = std::get_if<Box::Cancel>(&effect)) {
      timers_->cancel(cancel->key);
    } else {
      driver_->act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& box) {
        agent.execute(now, std::move(std::get<Box::Emit>(effect).event), box);
      });
    }
  }
}

}  // namespace rcs::harness
