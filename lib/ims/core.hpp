#pragma once
// A whole simulated IMS core: o-cscf (where devices enter), o-imas, t-cscf (registrar and location of
// everybody), t-imas, options-as and ps (presence), each with an address of its own, so that every hop of a
// call can be seen. Drivers, live or virtual, bind the nodes; the core does no I/O.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ims/directory.hpp"
#include "ims/profile.hpp"
#include "ims/role_imas.hpp"
#include "ims/role_options.hpp"
#include "ims/role_presence.hpp"
#include "ims/sip_node.hpp"
#include "msrp/listening.hpp"

namespace rcs::ims {

inline constexpr std::array<std::string_view, 6> kCoreNodes = {"o-cscf", "o-imas",     "t-cscf",
                                                               "t-imas", "options-as", "ps"};
template <class T>
using ByCoreNode = std::array<T, kCoreNodes.size()>;  ///< in the order of kCoreNodes
/// kCoreNodes.size() for a name that is not among them.
constexpr std::size_t core_node_index(std::string_view name) {
  std::size_t index = 0;
  while (index < kCoreNodes.size() && kCoreNodes[index] != name) ++index;
  return index;
}

struct CoreConfig {
  std::string domain = "domain.com";
  NumberPlan numbers;
  std::vector<std::string> users;  ///< provisioned ones; empty: every user of the domain is known
  ByCoreNode<NodeAddress> addresses = {NodeAddress{"127.0.0.1", 5060}, NodeAddress{"127.0.0.1", 5061},
                                       NodeAddress{"127.0.0.1", 5062}, NodeAddress{"127.0.0.1", 5063},
                                       NodeAddress{"127.0.0.1", 5064}, NodeAddress{"127.0.0.1", 5065}};
  Profile profile = default_profile();
  AnswerMode answer_mode = AnswerMode::store_and_forward;
  OptionsMode options_mode = OptionsMode::device;
  PresenceConfig presence;
  /// What o-cscf asks of devices; its realm is the domain where it says none.
  std::optional<AuthenticationConfig> authentication;
  sip::TimerValues timers;
  Duration ring_timeout = std::chrono::seconds(300);
  Duration idle_timeout = std::chrono::seconds(300);
  Duration store_for = std::chrono::hours(24);
  std::size_t max_stored_per_user = 1000;
  bool interworking = true;  ///< messages without a session may go in chats, and back
  /// Where t-imas takes MSRP connections; none: chats are set up, and carry nothing.
  std::optional<msrp::ListeningAt> msrp;
  core::WallClock wall;
  bool record_steps = false;
};

class Core {
 public:
  /// Every node draws from a stream of its own.
  Core(CoreConfig config, const core::RandomSource& random);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  /// nullptr for a name that is not of kCoreNodes.
  SipNode* node(std::string_view name);
  /// In the order of kCoreNodes.
  SipNode& at(std::size_t index) { return *nodes_[index]; }
  static constexpr std::size_t size() { return kCoreNodes.size(); }
  /// Where devices send their requests.
  SipNode& entry() { return *nodes_[0]; }
  const NodeAddress& address(std::string_view name) const;
  /// A node was bound elsewhere (port 0 picks one): before its first message.
  void set_address(std::string_view name, NodeAddress address);
  /// And where it takes TLS, if anywhere: before that, too.
  void set_tls_address(std::string_view name, NodeAddress address);
  /// The same for MSRP connections of t-imas.
  void set_msrp(msrp::ListeningAt at);

  Directory& directory() { return directory_; }
  const Directory& directory() const { return directory_; }
  /// A node that was killed comes back with nothing of what it knew. Its driver must be gone.
  void restart(std::string_view name);

  /// Messages waiting for a user, by its public identity.
  std::size_t stored_for(const sip::Uri& user);

 private:
  std::unique_ptr<SipNode> make_node(std::size_t index, std::unique_ptr<Role> role);

  CoreConfig config_;
  Directory directory_;
  std::vector<std::unique_ptr<core::Random>> randoms_;
  std::vector<std::unique_ptr<SipNode>> nodes_;
};

/// The roles of such a core without text, for runs on Signals alone. The directory knows the nodes.
ByCoreNode<std::unique_ptr<Role>> make_roles(const CoreConfig& config, const Directory& directory);

}  // namespace rcs::ims
