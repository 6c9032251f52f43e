#include "harness/live_core.hpp"

#include "core/text.hpp"

namespace rcs::harness {
namespace {

constexpr std::string_view kMsrpNode = "t-imas";

ims::CoreConfig core_config(const LiveCoreOptions& options, core::WallClock wall) {
  ims::CoreConfig config;
  config.domain = options.domain;
  config.numbers = options.numbers;
  config.users = options.users;
  for (std::size_t i = 0; i < config.addresses.size(); ++i)
    config.addresses[i] = {options.host, options.ports[i]};
  config.profile = options.profile;
  config.answer_mode = options.answer_mode;
  config.options_mode = options.options_mode;
  config.interworking = options.interworking;
  config.authentication = options.authentication;
  config.timers = options.timers;
  config.wall = wall;
  return config;
}

core::Result<std::size_t> index_of(std::string_view node) {
  const auto index = ims::core_node_index(node);
  if (index < ims::kCoreNodes.size()) return index;
  return core::Error(
      core::Errc::unknown,
      "node: expected o-cscf, o-imas, t-cscf, t-imas, options-as or ps, got " + core::quoted(node));
}

}  // namespace

LiveCore::LiveCore(net::Loop& loop, LiveCoreOptions options)
    : loop_(loop), options_(std::move(options)), core_(core_config(options_, loop.wall()), options_.random) {}

LiveCore::~LiveCore() {
  if (media_) media_->close();
  for (auto& driver : drivers_) {
    if (driver) driver->close();
  }
}

core::Result<std::unique_ptr<LiveCore>> LiveCore::open(net::Loop& loop, LiveCoreOptions options) {
  std::unique_ptr<LiveCore> core(new LiveCore(loop, std::move(options)));
  for (std::size_t i = 0; i < ims::kCoreNodes.size(); ++i)
    RCS_CHECK_OK(core->bind(i, core->options_.ports[i]));
  if (core->options_.msrp) RCS_CHECK_OK(core->bind_media(*core->options_.msrp));
  return core;
}

core::Result<void> LiveCore::bind(std::size_t index, std::uint16_t port) {
  const std::string name(ims::kCoreNodes[index]);
  if (options_.recorder != nullptr)
    taps_[index] = std::make_unique<net::SipTap>(*options_.recorder, name, options_.names);
  auto driver = std::make_unique<Driver>(loop_, taps_[index].get(), [this](const ims::NodeEvent& event) {
    const auto* effect = std::get_if<node::StreamEffect>(&event);
    if (effect != nullptr && media_) media_->act(*effect);
    const auto* notice = std::get_if<ims::Notice>(&event);
    if (notice != nullptr && options_.on_notice) options_.on_notice(*notice, core_.directory());
  });
  const bool is_entry = index == 0;
  RCS_TRY(const auto bound,
          driver->open({options_.host, port}, options_.on_warning, is_entry ? options_.tls : net::SipTls()));
  if (const auto secure = driver->local_tls(); secure.port != 0) {
    options_.tls.listen = secure;  // a restart finds it at the same port
    core_.set_tls_address(name, {secure.host, secure.port});
  }
  core_.set_address(name, {bound.host, bound.port});
  driver->attach(core_.at(index));
  drivers_[index] = std::move(driver);
  return {};
}

core::Result<void> LiveCore::bind_media(const net::Address& at) {
  LiveMediaOptions options;
  options.bind = at;
  options.actor = kMsrpNode;
  options.recorder = options_.recorder;
  options.names = options_.msrp_names;
  RCS_TRY(media_, LiveMedia::open(loop_, std::move(options)));
  msrp_ = media_->local();
  core_.set_msrp(media_->at());
  media_->attach([this, &driver = *drivers_[ims::core_node_index(kMsrpNode)]](node::ConnectionId id,
                                                                              const node::StreamNews& news) {
    driver.act([&](core::Instant now, ims::SipNode& node, ims::NodeOutbox& out) {
      node.on_stream(now, id, news, out);
    });
  });
  return {};
}

sip::Hop LiveCore::entry() const {
  const auto& address = core_.address(ims::kCoreNodes[0]);
  return {sip::Transport::udp, address.host, address.port, {}};
}

sip::Hop LiveCore::tls_entry() const {
  const auto at = options_.tls.listen.value_or(net::Address());
  return {sip::Transport::tls, at.host, at.port, {}};
}

std::string LiveCore::name_of(const sip::Hop& hop) const {
  const auto& secure = options_.tls.listen;
  if (hop.transport == sip::Transport::tls && secure && secure->port == hop.port)
    return std::string(ims::kCoreNodes[0]);
  for (const auto node : ims::kCoreNodes) {
    const auto& address = core_.address(node);
    if (address.port == hop.port && address.host == hop.host) return std::string(node);
  }
  return {};
}

core::Result<void> LiveCore::stop(std::string_view node) {
  RCS_TRY(const auto index, index_of(node));
  if (media_ && node == kMsrpNode) {
    media_->close();
    media_.reset();
  }
  if (drivers_[index]) drivers_[index]->close();
  drivers_[index].reset();
  core_.restart(node);
  return {};
}

core::Result<void> LiveCore::start(std::string_view node) {
  RCS_TRY(const auto index, index_of(node));
  if (drivers_[index]) return {};
  RCS_CHECK_OK(bind(index, core_.address(node).port));
  if (node == kMsrpNode && msrp_.port != 0) RCS_CHECK_OK(bind_media(msrp_));
  return {};
}

}  // namespace rcs::harness
