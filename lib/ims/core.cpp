#include "ims/core.hpp"

#include <utility>

#include "ims/list_server.hpp"
#include "ims/role_cscf.hpp"

namespace rcs::ims {
namespace {

Directory make_directory(const CoreConfig& config) {
  DirectoryConfig directory_config;
  directory_config.domain = config.domain;
  directory_config.numbers = config.numbers;
  directory_config.users = config.users;
  Directory directory(std::move(directory_config));
  for (std::size_t i = 0; i < kCoreNodes.size(); ++i) {
    directory.add_node(std::string(kCoreNodes[i]), config.addresses[i]);
  }
  return directory;
}

Places places_of(const Directory& directory, NodeId self) {
  return Places{.self = self,
                .o_cscf = directory.node_named("o-cscf"),
                .o_imas = directory.node_named("o-imas"),
                .t_cscf = directory.node_named("t-cscf"),
                .t_imas = directory.node_named("t-imas")};
}

}  // namespace

ByCoreNode<std::unique_ptr<Role>> make_roles(const CoreConfig& config, const Directory& directory) {
  const FilterSet filters(config.profile,
                          [&](const std::string& server) { return directory.node_named(server); });
  const auto places = [&](std::string_view name) { return places_of(directory, directory.node_named(name)); };
  ImasConfig t_imas;
  t_imas.back_to_back = true;
  t_imas.answer_mode = config.answer_mode;
  t_imas.ack_timeout = 64 * config.timers.t1;
  t_imas.ring_timeout = config.ring_timeout;
  t_imas.idle_timeout = config.idle_timeout;
  t_imas.store_for = config.store_for;
  t_imas.max_stored_per_user = config.max_stored_per_user;
  t_imas.interworking = config.interworking;
  t_imas.page_answer_within = 16 * config.timers.t1;
  const OptionsConfig options{.mode = config.options_mode, .answer_within = 16 * config.timers.t1};
  return {std::make_unique<CscfRole>(CscfPart::originating, places("o-cscf"), filters),
          std::make_unique<ListServerRole>(ListServerConfig{}, places("o-imas")),
          std::make_unique<CscfRole>(CscfPart::terminating, places("t-cscf"), filters),
          std::make_unique<ImasRole>(t_imas, places("t-imas")),
          std::make_unique<OptionsRole>(options, places("options-as")),
          std::make_unique<PresenceRole>(config.presence, places("ps"))};
}

Core::Core(CoreConfig config, const core::RandomSource& random)
    : config_(std::move(config)), directory_(make_directory(config_)) {
  auto roles = make_roles(config_, directory_);
  for (std::size_t i = 0; i < kCoreNodes.size(); ++i) {
    randoms_.push_back(std::make_unique<core::Random>(random.stream(kCoreNodes[i], "sip")));
    nodes_.push_back(make_node(i, std::move(roles[i])));
  }
}

std::unique_ptr<SipNode> Core::make_node(std::size_t index, std::unique_ptr<Role> role) {
  SipNodeConfig node_config;
  node_config.self = directory_.node_named(kCoreNodes[index]);
  node_config.o_cscf = directory_.node_named("o-cscf");
  node_config.t_cscf = directory_.node_named("t-cscf");
  node_config.back_to_back = kCoreNodes[index] == "t-imas";
  node_config.serves_lists = kCoreNodes[index] == "o-imas";
  node_config.serves_presence = kCoreNodes[index] == "ps";
  if (kCoreNodes[index] == "o-cscf") node_config.authentication = config_.authentication;
  if (node_config.authentication && node_config.authentication->realm.empty())
    node_config.authentication->realm = config_.domain;
  node_config.msrp = config_.msrp;
  // Its clients may sit behind NATs: they dial.
  if (node_config.msrp) node_config.msrp->lets_dial = true;
  node_config.stores_messages = config_.answer_mode == AnswerMode::store_and_forward;
  node_config.interworking = config_.interworking && node_config.stores_messages;
  node_config.timers = config_.timers;
  node_config.invite_timeout = config_.ring_timeout + std::chrono::seconds(200);  // timer C: over 3 minutes
  node_config.wall = config_.wall;
  node_config.record_steps = config_.record_steps;
  return std::make_unique<SipNode>(std::move(node_config), std::move(role), directory_, *randoms_[index]);
}

void Core::restart(std::string_view name) {
  const auto index = core_node_index(name);
  if (index < nodes_.size())
    nodes_[index] = make_node(index, std::move(make_roles(config_, directory_)[index]));
}

SipNode* Core::node(std::string_view name) {
  const auto index = core_node_index(name);
  return index < nodes_.size() ? nodes_[index].get() : nullptr;
}

const NodeAddress& Core::address(std::string_view name) const {
  return directory_.address(directory_.node_named(name));
}

void Core::set_address(std::string_view name, NodeAddress address) {
  directory_.set_address(directory_.node_named(name), std::move(address));
  if (auto* bound = node(name)) bound->address_changed();
}

void Core::set_tls_address(std::string_view name, NodeAddress address) {
  directory_.set_tls_address(directory_.node_named(name), std::move(address));
  if (auto* bound = node(name)) bound->address_changed();
}

void Core::set_msrp(msrp::ListeningAt at) {
  at.lets_dial = true;
  config_.msrp = at;
  if (auto* bound = node("t-imas")) bound->take_msrp_at(std::move(at));
}

std::size_t Core::stored_for(const sip::Uri& user) {
  const auto* imas = dynamic_cast<const ImasRole*>(&node("t-imas")->role());
  return imas == nullptr ? 0 : imas->stored_for(directory_.user(user));
}

}  // namespace rcs::ims
