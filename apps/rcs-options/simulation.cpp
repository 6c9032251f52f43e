#include "rcs-options/simulation.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::options {
namespace {

std::string known_services() {
  std::string out;
  for (const auto& service : chat::service_names())
    out += (out.empty() ? "" : ", ") + std::string(service.id);
  return out;
}

void take_warnings(const Options& options, std::function<void(const std::string&)>& on_warning) {
  if (options.common.quiet) return;
  on_warning = [](const std::string& words) { cli::say(words); };
}

}  // namespace

core::Result<OnlineUser> parse_online(const std::string& text) {
  const auto sign = text.find('=');
  OnlineUser out{text.substr(0, sign), {}};
  if (out.id.empty())
    return core::malformed("--online: expected ID or ID=SERVICE,..., got " + core::quoted(text));
  if (sign == std::string::npos) return out;
  out.services.emplace();
  for (auto rest = std::string_view(text).substr(sign + 1); !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto word = rest.substr(0, comma);
    const auto service = chat::parse_service(word);
    if (!service)
      return core::malformed("--online: no service " + core::quoted(word) + "; expected " + known_services());
    out.services->set(*service);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return out;
}

core::Result<std::unique_ptr<Simulation>> Simulation::open(net::Loop& loop, const Options& options,
                                                           trace::Recorder* recorder) {
  std::unique_ptr<Simulation> out(new Simulation(options));
  RCS_CHECK_OK(out->open_core(loop, recorder));
  RCS_CHECK_OK(out->register_users(loop, recorder));
  return out;
}

core::Result<void> Simulation::open_core(net::Loop& loop, trace::Recorder* recorder) {
  harness::LiveCoreOptions core;
  core.domain = options_.domain;
  core.random = harness::random_source(options_.seed);
  core.recorder = recorder;
  core.names = [this](const sip::Hop& hop) { return name_of(hop); };
  take_warnings(options_, core.on_warning);
  RCS_TRY(core_, harness::LiveCore::open(loop, std::move(core)));
  return {};
}

core::Result<void> Simulation::register_users(net::Loop& loop, trace::Recorder* recorder) {
  if (options_.online.empty()) return {};
  harness::LiveAgentOptions devices;
  devices.actor = "devices";
  devices.messages = false;
  devices.agent.core = core_->entry();
  devices.recorder = recorder;
  devices.names = [this](const sip::Hop& hop) { return name_of(hop); };
  take_warnings(options_, devices.on_warning);
  const auto on_event = [this](const chat::Event& event) {
    if (const auto* up = std::get_if<chat::Registered>(&event)) registered_[up->user] = true;
    if (const auto* failed = std::get_if<chat::RegistrationFailed>(&event))
      trouble_ = failed->user + ": " + std::to_string(failed->status) + " " + failed->reason;
  };
  RCS_TRY(devices_, harness::LiveAgent::open(loop, std::move(devices), random_, on_event));
  for (const auto& text : options_.online) {
    RCS_TRY(const auto user, parse_online(text));
    const auto uri = harness::contact_uri(user.id, options_.domain);
    registered_[uri] = false;
    if (user.services) devices_->execute(chat::OfferServices{uri, *user.services});
    devices_->execute(chat::Register{uri});
  }
  const auto all_up = [this] {
    return std::all_of(registered_.begin(), registered_.end(), [](const auto& user) { return user.second; });
  };
  const bool over = loop.run_until([&] { return !trouble_.empty() || all_up(); }, options_.common.timeout());
  if (!trouble_.empty()) return core::malformed("--online: " + trouble_);
  if (!over) return core::Error(core::Errc::timed_out, "--online: the users did not register in time");
  return {};
}

std::string Simulation::core_uri() const {
  return "sip:" + net::Address{core_->entry().host, core_->entry().port}.to_string();
}

std::string Simulation::name_of(const sip::Hop& hop) const {
  if (const auto node = core_ ? core_->name_of(hop) : std::string(); !node.empty()) return node;
  return devices_ && devices_->local().port == hop.port ? "devices" : options_.from;
}

}  // namespace rcs::options
