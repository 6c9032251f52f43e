// A World on loopback sockets: core and gateway of this process, clients that reach them as any other would.

#include <map>

#include "chat/agent.hpp"
#include "core/text.hpp"
#include "harness/live_media.hpp"
#include "harness/live_stage.hpp"
#include "harness/live_web_port.hpp"
#include "harness/scenario_core.hpp"
#include "harness/web_tap.hpp"
#include "harness/world.hpp"

namespace rcs::harness {
namespace {

class LiveWorld final : public World {
 public:
  LiveWorld(const scenario::Scenario& scenario, std::uint64_t seed) : scenario_(scenario), seed_(seed) {}

  core::Result<void> open() {
    RCS_TRY(core_, LiveCore::open(loop_, core_options()));
    RCS_TRY(gateway_, LiveGateway::open(loop_, gateway_options(0, 0)));
    http_ = gateway_->http();
    sip_ = gateway_->sip();
    return {};
  }

  core::Instant now() const override { return loop_.now(); }
  core::WallClock wall() const override { return loop_.wall(); }
  bool run_until(const std::function<bool()>& done, core::Duration limit) override {
    return loop_.run_until(done, limit);
  }
  void run_for(core::Duration span) override {
    loop_.run_until([] { return false; }, span);
  }
  trace::Recorder& recorder() override { return recorder_; }

  std::unique_ptr<WebPort> make_web_port(const std::string& name) override {
    http::Url url;
    url.host = http_.host;
    url.port = http_.port;
    return make_traced_web_port(make_live_web_port(loop_, url), recorder_, name, "gateway",
                                [this] { return loop_.now(); });
  }

  core::Result<std::unique_ptr<SipClient>> make_sip_client(
      const std::string& name, std::function<void(const chat::Event&)> on_event) override {
    auto client = std::make_unique<Client>(*this, name, std::move(on_event));
    RCS_CHECK_OK(client->open());
    return std::unique_ptr<SipClient>(std::move(client));
  }

  bool gateway_registered(const std::string& user) const override {
    return gateway_ && gateway_->is_registered(user);
  }

  core::Result<void> stop_node(const std::string& name) override {
    if (name != "gateway") return core_->stop(name);
    gateway_.reset();
    return {};
  }
  core::Result<void> start_node(const std::string& name) override {
    if (name != "gateway") return core_->start(name);
    if (gateway_) return {};
    RCS_TRY(gateway_, LiveGateway::open(loop_, gateway_options(http_.port, sip_.port)));
    return {};
  }
  core::Result<void> cut_media(const std::string& name) override {
    const auto client = media_.find(name);
    if (client != media_.end()) {
      client->second->cut();
    } else if (name == "gateway" && gateway_) {
      gateway_->cut_media();
    } else if (name == "t-imas") {
      core_->cut_media();
    } else {
      return core::Error(core::Errc::unknown,
                         "expected an actor with MSRP connections, got " + core::quoted(name));
    }
    return {};
  }

 private:
  class Client final : public SipClient {
   public:
    Client(LiveWorld& world, const std::string& name, std::function<void(const chat::Event&)> on_event)
        : world_(world),
          name_(name),
          random_(world.seed_, name, "sip client"),
          tap_(world.recorder_, name, world.names()),
          driver_(world.loop_, &tap_, [this, on_event = std::move(on_event)](const chat::Event& event) {
            if (const auto* effect = std::get_if<node::StreamEffect>(&event)) return media_->act(*effect);
            on_event(event);
          }) {}
    ~Client() override {
      world_.media_.erase(name_);
      if (media_) media_->close();
      driver_.close();
    }

    core::Result<void> open() {
      RCS_TRY(const auto bound, driver_.open({"127.0.0.1", 0}));
      world_.clients_[bound.port] = name_;
      chat::AgentConfig config;
      config.host = bound.host;
      config.port = bound.port;
      config.core = world_.core_->entry();
      config.wall = world_.loop_.wall();
      shape_client(world_.scenario_, name_, config);
      if (world_.scenario_.network.msrp) RCS_CHECK_OK(open_media(config));
      agent_ = std::make_unique<chat::Agent>(std::move(config), random_);
      driver_.attach(*agent_);
      return {};
    }
    core::Result<void> open_media(chat::AgentConfig& config) {
      LiveMediaOptions options;
      options.actor = name_;
      options.recorder = &world_.recorder_;
      options.names = world_.msrp_names();
      RCS_TRY(media_, LiveMedia::open(world_.loop_, std::move(options)));
      media_->attach([this](node::ConnectionId id, const node::StreamNews& news) {
        driver_.act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
          agent.on_stream(now, id, news, out);
        });
      });
      world_.media_[name_] = media_.get();
      config.msrp = media_->at();
      return {};
    }
    void execute(chat::Command command) override {
      driver_.act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
        agent.execute(now, std::move(command), out);
      });
    }

   private:
    LiveWorld& world_;
    std::string name_;
    core::Random random_;
    net::SipTap tap_;
    std::unique_ptr<chat::Agent> agent_;
    net::SipDriver<chat::Agent, chat::Event> driver_;
    std::unique_ptr<LiveMedia> media_;
  };

  net::ActorNames names() const {
    return [this](const sip::Hop& hop) {
      if (const auto node = core_ ? core_->name_of(hop) : std::string(); !node.empty()) return node;
      const auto client = clients_.find(hop.port);
      if (client != clients_.end()) return client->second;
      return std::string("gateway");
    };
  }
  MsrpNames msrp_names() const {
    return [this](const std::string& host, std::uint16_t port) {
      if (core_ && core_->msrp().port == port) return std::string("t-imas");
      for (const auto& [name, media] : media_) {
        if (media->local().port == port) return name;
      }
      return gateway_ && gateway_->msrp().port == port ? std::string("gateway")
                                                       : host + ":" + std::to_string(port);
    };
  }
  UserNames user_names() const {
    return [this](const std::string& rcs_id) {
      for (const auto& actor : scenario_.actors) {
        if (actor.id == rcs_id) return actor.name;
      }
      return rcs_id;
    };
  }

  LiveCoreOptions core_options() {
    LiveCoreOptions options;
    options.domain = scenario_.network.domain;
    options.profile = profile_of(scenario_.network.profile);
    options.answer_mode = answer_mode_of(scenario_.network);
    options.options_mode = options_mode_of(scenario_.network);
    options.interworking = scenario_.network.interworking;
    options.users = users_of(scenario_);
    options.random = core::RandomSource(seed_);
    options.recorder = &recorder_;
    options.names = names();
    options.msrp_names = msrp_names();
    if (scenario_.network.msrp) options.msrp = net::Address{"127.0.0.1", 0};
    return options;
  }
  LiveGatewayOptions gateway_options(std::uint16_t http_port, std::uint16_t sip_port) {
    LiveGatewayOptions options;
    options.listen = {"127.0.0.1", http_port};
    options.sip = {"127.0.0.1", sip_port};
    options.core = core_->entry();
    options.core.transport = transport_of(scenario_.network);
    options.config.domain = scenario_.network.domain;
    options.config.public_url.clear();
    // One that is started again must not use the names of the one before it again.
    options.random = core::RandomSource(seed_ + gateway_lives_++);
    options.recorder = &recorder_;
    options.hop_names = names();
    options.user_names = user_names();
    options.msrp_names = msrp_names();
    if (scenario_.network.msrp) options.msrp = net::Address{"127.0.0.1", 0};
    return options;
  }

  const scenario::Scenario& scenario_;
  std::uint64_t seed_;
  net::Loop loop_;
  trace::Recorder recorder_;
  std::map<std::uint16_t, std::string> clients_;
  std::map<std::string, LiveMedia*> media_;  ///< of the clients
  std::unique_ptr<LiveCore> core_;
  std::unique_ptr<LiveGateway> gateway_;
  std::uint64_t gateway_lives_ = 0;
  net::Address http_;
  net::Address sip_;
};

}  // namespace

core::Result<std::unique_ptr<World>> make_live_world(const scenario::Scenario& scenario, std::uint64_t seed) {
  auto world = std::make_unique<LiveWorld>(scenario, seed);
  RCS_CHECK_OK(world->open());
  return std::unique_ptr<World>(std::move(world));
}

}  // namespace rcs::harness
