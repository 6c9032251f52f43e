// A World in one process and virtual time: the same nodes as on sockets, simulated links between them.

#include <array>

#include "chat/agent.hpp"
#include "core/text.hpp"
#include "gateway/gateway.hpp"
#include "harness/msrp_tap.hpp"
#include "harness/scenario_core.hpp"
#include "harness/virtual_sip.hpp"
#include "harness/virtual_streams.hpp"
#include "harness/virtual_web.hpp"
#include "harness/web_tap.hpp"
#include "harness/world.hpp"
#include "store/memory_log.hpp"

namespace rcs::harness {
namespace {

constexpr std::uint16_t kSipPort = 5060;
constexpr std::uint16_t kMsrpPort = 2855;
constexpr std::string_view kMsrpNode = "t-imas";
constexpr std::int64_t kVirtualEpochMs =
    1'325'412'610'000;  // 2012-01-01T10:10:10Z, the date of the published example

std::string node_host(std::size_t index) { return "10.0.0." + std::to_string(index + 1); }
constexpr const char* kGatewayHost = "10.0.1.1";
constexpr std::string_view kClients = "10.0.2.";
std::string client_host(std::size_t index) { return std::string(kClients) + std::to_string(index + 1); }

/// Ends of links are SIP addresses or, on the web, names.
sim::Links::ModelOf model_of(const VirtualNetwork& network) {
  return [access = network.access, core = network.core](std::string_view from, std::string_view to) {
    const auto outside = [](std::string_view end) {
      return end.starts_with(kClients) || end == VirtualWeb::kGatewayEnd;
    };
    return outside(from) || outside(to) ? access : core;
  };
}

msrp::ListeningAt msrp_at(const std::string& host) {
  msrp::ListeningAt at;
  at.host = host;
  at.port = kMsrpPort;
  return at;
}

ims::CoreConfig core_config(const scenario::Scenario& scenario, core::WallClock wall) {
  const auto& network = scenario.network;
  ims::CoreConfig config;
  config.domain = network.domain;
  config.users = users_of(scenario);
  for (std::size_t i = 0; i < config.addresses.size(); ++i) config.addresses[i] = {node_host(i), kSipPort};
  config.profile = profile_of(network.profile);
  config.answer_mode = answer_mode_of(network);
  config.options_mode = options_mode_of(network);
  config.interworking = network.interworking;
  config.wall = wall;
  if (network.msrp) config.msrp = msrp_at(config.addresses[ims::core_node_index(kMsrpNode)].host);
  return config;
}

class VirtualWorld final : public World {
 public:
  using Names = net::ActorNames;
  VirtualWorld(const scenario::Scenario& scenario, VirtualNetwork network, std::uint64_t seed)
      : scenario_(scenario),
        seed_(seed),
        wall_{kVirtualEpochMs},
        lost_(std::move(network.lost)),
        links_(model_of(network), seed),
        sip_(wheel_, links_,
             [this](const sip::Hop& from, const sip::Hop& to, const sip::Message& message) {
               return loses(from, to, message);
             }),
        web_(wheel_, links_),
        streams_(wheel_, links_),
        core_(core_config(scenario, wall_), core::RandomSource(seed)) {
    streams_.set_faults(std::move(network.stream_faults));
    for (std::size_t i = 0; i < ims::kCoreNodes.size(); ++i) start_core_node(i);
    start_gateway();
  }

  core::Instant now() const override { return wheel_.now(); }
  core::WallClock wall() const override { return wall_; }
  bool run_until(const std::function<bool()>& done, core::Duration limit) override {
    return wheel_.run_until(done, limit);
  }
  void run_for(core::Duration span) override { wheel_.run_for(span); }
  trace::Recorder& recorder() override { return recorder_; }

  std::unique_ptr<WebPort> make_web_port(const std::string& name) override {
    return make_traced_web_port(web_.make_port(name), recorder_, name, "gateway",
                                [this] { return wheel_.now(); });
  }
  core::Result<std::unique_ptr<SipClient>> make_sip_client(
      const std::string& name, std::function<void(const chat::Event&)> on_event) override;
  bool gateway_registered(const std::string& user) const override {
    return gateway_ && gateway_->agent.is_registered(user);
  }
  core::Result<void> stop_node(const std::string& name) override;
  core::Result<void> start_node(const std::string& name) override;
  core::Result<void> cut_media(const std::string& name) override;

 private:
  using AgentDriver = VirtualSipDriver<chat::Agent, chat::Event>;
  using NodeDriver = VirtualSipDriver<ims::SipNode, ims::NodeEvent>;

  /// The MSRP connections of one actor, and the record of them.
  class Media {
   public:
    Media(VirtualWorld& world, const std::string& actor, const std::string& host,
          VirtualStreams::OnNews on_news)
        : world_(world),
          actor_(actor),
          tap_(world.recorder_, actor, world.msrp_names()),
          port_(world.streams_.attach(host, [this, on_news = std::move(on_news)](
                                                node::ConnectionId id, const node::StreamNews& news) {
            tap_.on_news(world_.wheel_.now(), id, news);
            on_news(id, news);
            tap_.done();
          })) {
      port_->listen(kMsrpPort);
      world_.media_of_[actor_] = this;
    }
    ~Media() { world_.media_of_.erase(actor_); }
    Media(const Media&) = delete;
    Media& operator=(const Media&) = delete;

    void act(node::StreamEffect effect) {
      tap_.on_action(world_.wheel_.now(), effect.connection, effect.action);
      port_->act(effect.connection, std::move(effect.action));
    }
    void cut() { port_->cut(); }

   private:
    VirtualWorld& world_;
    std::string actor_;
    MsrpTap tap_;
    std::unique_ptr<VirtualStreams::Port> port_;
  };

  struct GatewayParts {
    /// One that is started again must not use the names of the one before it again: `life` counts them.
    GatewayParts(VirtualWorld& world, const gateway::Config& config, chat::AgentConfig agent_config,
                 std::uint64_t life)
        : api_random(world.seed_ + life, "gateway", "api"),
          sip_random(world.seed_ + life, "gateway", "sip"),
          log(api_random.token(8)),
          agent(std::move(agent_config), sip_random),
          meaning(config, api_random, log),
          sip_tap(world.recorder_, "gateway", world.names()),
          web_tap(world.recorder_, "gateway", world.user_names()),
          timers(world.wheel_, [&world, this](core::Instant now, node::TimerKey key) {
            gateway::GatewayOutbox out;
            meaning.on_timer(now, key, out);
            world.carry_out(*this, out);
          }) {}
    core::Random api_random;
    core::Random sip_random;
    store::MemoryLog log;
    chat::Agent agent;
    gateway::Gateway meaning;
    net::SipTap sip_tap;
    WebTap web_tap;
    sim::NodeTimers timers;
    std::unique_ptr<AgentDriver> driver;
    std::unique_ptr<Media> media;
  };

  class Client final : public SipClient {
   public:
    Client(VirtualWorld& world, const std::string& name, chat::AgentConfig config,
           std::function<void(const chat::Event&)> on_event)
        : random_(world.seed_, name, "sip client"),
          agent_(std::move(config), random_),
          tap_(world.recorder_, name, world.names()),
          driver_(world.wheel_, world.sip_, {sip::Transport::udp, config_host(world), kSipPort, {}}, agent_,
                  tap_,
                  [this, on_event = std::move(on_event)](const chat::Event& event) {
                    if (const auto* effect = std::get_if<node::StreamEffect>(&event))
                      return media_->act(*effect);
                    on_event(event);
                  }),
          media_(world.make_media(name, config_host(world), driver_)) {}
    void execute(chat::Command command) override {
      driver_.act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
        agent.execute(now, std::move(command), out);
      });
    }

   private:
    static std::string config_host(const VirtualWorld& world) { return client_host(world.clients_ - 1); }
    core::Random random_;
    chat::Agent agent_;
    net::SipTap tap_;
    AgentDriver driver_;
    std::unique_ptr<Media> media_;
  };

  Names names() const {
    return [this](const sip::Hop& hop) {
      const auto found = actor_at_.find(hop.host);
      return found == actor_at_.end() ? hop.host : found->second;
    };
  }
  MsrpNames msrp_names() const {
    return [name = names()](const std::string& host, std::uint16_t port) {
      return name(sip::Hop{sip::Transport::tcp, host, port, {}});
    };
  }
  template <class Driver>
  std::unique_ptr<Media> make_media(const std::string& actor, const std::string& host, Driver& driver) {
    return std::make_unique<Media>(
        *this, actor, host, [&driver](node::ConnectionId id, const node::StreamNews& news) {
          driver.act([&](core::Instant now, auto& node, auto& out) { node.on_stream(now, id, news, out); });
        });
  }
  UserNames user_names() const {
    return [this](const std::string& rcs_id) {
      for (const auto& actor : scenario_.actors) {
        if (actor.id == rcs_id) return actor.name;
      }
      return rcs_id;
    };
  }
  bool loses(const sip::Hop& from, const sip::Hop& to, const sip::Message& message) {
    if (lost_.empty()) return false;
    const auto name = names();
    for (auto& lost : lost_) {
      if (lost.copies == 0 || lost.label != net::label_of(message) || lost.from != name(from) ||
          lost.to != name(to))
        continue;
      --lost.copies;
      return true;
    }
    return false;
  }
  sip::Hop entry() const { return {sip::Transport::udp, node_host(0), kSipPort, {}}; }

  void start_core_node(std::size_t index);
  void start_gateway();
  void carry_out(GatewayParts& parts, gateway::GatewayOutbox& out);

  const scenario::Scenario& scenario_;
  std::uint64_t seed_;
  core::WallClock wall_;
  trace::Recorder recorder_;
  sim::Wheel wheel_;
  std::vector<LostMessage> lost_;  ///< what is still to be lost on purpose
  sim::Links links_;
  VirtualSip sip_;
  VirtualWeb web_;
  VirtualStreams streams_;
  std::map<std::string, Media*> media_of_;
  ims::Core core_;
  std::map<std::string, std::string> actor_at_;
  ims::ByCoreNode<std::unique_ptr<net::SipTap>> taps_;
  ims::ByCoreNode<std::unique_ptr<NodeDriver>> nodes_;
  std::unique_ptr<Media> core_media_;
  std::unique_ptr<GatewayParts> gateway_;
  std::uint64_t gateway_lives_ = 0;
  std::size_t clients_ = 0;
};

void VirtualWorld::start_core_node(std::size_t index) {
  const std::string name(ims::kCoreNodes[index]);
  actor_at_[node_host(index)] = name;
  taps_[index] = std::make_unique<net::SipTap>(recorder_, name, names());
  nodes_[index] = std::make_unique<NodeDriver>(
      wheel_, sip_, sip::Hop{sip::Transport::udp, node_host(index), kSipPort, {}}, core_.at(index),
      *taps_[index], [this](const ims::NodeEvent& event) {
        const auto* effect = std::get_if<node::StreamEffect>(&event);
        if (effect != nullptr && core_media_) core_media_->act(*effect);
      });
  if (name == kMsrpNode && scenario_.network.msrp)
    core_media_ = make_media(name, node_host(index), *nodes_[index]);
}

void VirtualWorld::start_gateway() {
  actor_at_[kGatewayHost] = "gateway";
  gateway::Config config;
  config.public_url = std::string("http://") + kGatewayHost + ":8080";
  config.domain = scenario_.network.domain;
  config.wall = wall_;
  chat::AgentConfig agent;
  agent.host = kGatewayHost;
  agent.port = kSipPort;
  agent.core = entry();
  agent.core.transport = transport_of(scenario_.network);
  agent.wall = wall_;
  if (scenario_.network.msrp) agent.msrp = msrp_at(kGatewayHost);
  gateway_ = std::make_unique<GatewayParts>(*this, config, std::move(agent), gateway_lives_++);
  auto& parts = *gateway_;
  parts.driver =
      std::make_unique<AgentDriver>(wheel_, sip_, sip::Hop{sip::Transport::udp, kGatewayHost, kSipPort, {}},
                                    parts.agent, parts.sip_tap, [this, &parts](const chat::Event& event) {
                                      const auto* effect = std::get_if<node::StreamEffect>(&event);
                                      if (effect != nullptr) return parts.media->act(*effect);
                                      gateway::GatewayOutbox out;
                                      parts.meaning.on_chat_event(wheel_.now(), event, out);
                                      carry_out(parts, out);
                                    });
  parts.media = make_media("gateway", kGatewayHost, *parts.driver);
  VirtualWeb::Server server;
  server.on_request = [this, &parts](core::WebId id, const core::WebRequest& request) {
    const trace::Handling handling(&recorder_);
    parts.web_tap.on_request(wheel_.now(), id, request);
    gateway::GatewayOutbox out;
    parts.meaning.on_request(wheel_.now(), id, request, out);
    carry_out(parts, out);
  };
  server.on_text = [this, &parts](core::WebId id, const std::string& text) {
    gateway::GatewayOutbox out;
    parts.meaning.on_text(wheel_.now(), id, text, out);
    carry_out(parts, out);
  };
  server.on_gone = [this, &parts](core::WebId id) {
    parts.web_tap.on_gone(id);
    gateway::GatewayOutbox out;
    parts.meaning.on_gone(wheel_.now(), id, out);
    carry_out(parts, out);
  };
  web_.serve(std::move(server));
}

void VirtualWorld::carry_out(GatewayParts& parts, gateway::GatewayOutbox& out) {
  using Box = gateway::GatewayOutbox;
  for (auto& effect : out.take()) {
    if (auto* send = std::get_if<Box::Send>(&effect)) {
      parts.web_tap.on_action(wheel_.now(), send->to, send->message);
      web_.act(send->to, std::move(send->message));
    } else if (auto* arm = std::get_if<Box::Arm>(&effect)) {
      parts.timers.arm(arm->key, arm->after);
    } else if (auto* cancel = std::get_if<Box::Cancel>(&effect)) {
      parts.timers.cancel(cancel->key);
    } else {
      parts.driver->act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& box) {
        agent.execute(now, std::move(std::get<Box::Emit>(effect).event), box);
      });
    }
  }
}

core::Result<std::unique_ptr<SipClient>> VirtualWorld::make_sip_client(
    const std::string& name, std::function<void(const chat::Event&)> on_event) {
  chat::AgentConfig config;
  config.host = client_host(clients_++);
  config.port = kSipPort;
  config.core = entry();
  config.wall = wall_;
  if (scenario_.network.msrp) config.msrp = msrp_at(config.host);
  actor_at_[config.host] = name;
  shape_client(scenario_, name, config);
  if (const auto* actor = scenario_.actor(name); actor != nullptr && !actor->host.empty()) {
    sip_.name_host(actor->host, config.host);
    config.host = actor->host;
    actor_at_[config.host] = name;
  }
  return std::unique_ptr<SipClient>(
      std::make_unique<Client>(*this, name, std::move(config), std::move(on_event)));
}

core::Result<void> VirtualWorld::stop_node(const std::string& name) {
  if (name == "gateway") {
    web_.stop();
    gateway_.reset();
    return {};
  }
  for (std::size_t i = 0; i < ims::kCoreNodes.size(); ++i) {
    if (ims::kCoreNodes[i] != name) continue;
    if (name == kMsrpNode) core_media_.reset();
    nodes_[i].reset();
    core_.restart(name);
    return {};
  }
  return core::Error(core::Errc::unknown,
                     "stop: expected a node of the core or gateway, got " + core::quoted(name));
}

core::Result<void> VirtualWorld::start_node(const std::string& name) {
  if (name == "gateway") {
    if (!gateway_) start_gateway();
    return {};
  }
  for (std::size_t i = 0; i < ims::kCoreNodes.size(); ++i) {
    if (ims::kCoreNodes[i] != name) continue;
    if (!nodes_[i]) start_core_node(i);
    return {};
  }
  return core::Error(core::Errc::unknown,
                     "start: expected a node of the core or gateway, got " + core::quoted(name));
}

core::Result<void> VirtualWorld::cut_media(const std::string& name) {
  const auto found = media_of_.find(name);
  if (found == media_of_.end())
    return core::Error(core::Errc::unknown,
                       "expected an actor with MSRP connections, got " + core::quoted(name));
  found->second->cut();
  return {};
}

}  // namespace

VirtualNetwork network_of(const scenario::Scenario& scenario) {
  const auto& network = scenario.network;
  const auto shape = network.delay_max > network.delay_min ? sim::DelayModel::Shape::uniform
                                                           : sim::DelayModel::Shape::constant;
  const sim::LinkModel link{{shape, network.delay_min, network.delay_max}, network.loss};
  return {link, link, {}};
}

core::Result<std::unique_ptr<World>> make_virtual_world(const scenario::Scenario& scenario,
                                                        std::uint64_t seed) {
  return make_virtual_world(scenario, network_of(scenario), seed);
}

std::unique_ptr<World> make_virtual_world(const scenario::Scenario& scenario, VirtualNetwork network,
                                          std::uint64_t seed) {
  return std::make_unique<VirtualWorld>(scenario, std::move(network), seed);
}

}  // namespace rcs::harness
